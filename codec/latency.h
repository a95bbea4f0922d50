// SPDX-License-Identifier: GPL-2.0-or-later
/// How long it took until the WebSocket was of use, step by step.
///
/// Shape   a session -> the steps whose both ends were captured, in their order, and the slowest of them.
/// Units   nanoseconds of the capture's clock: what an observer sees, wherever he stands.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "session.h"

namespace websocket {

enum class Step : std::uint8_t {
  tcp,            ///< SYN to the ACK that ends TCP's handshake
  tls,            ///< from there to the first byte of the request, in TLS
  http,           ///< the request's last packet to the answer's last
  first_message,  ///< the answer to the first packet of a data message
};
std::string_view step_name(Step step);      ///< "tcp", "first_message"
std::string_view step_in_words(Step step);  ///< "TCP handshake"

struct Latency {
  Step step;
  Nanoseconds duration;
};

std::vector<Latency> latencies(const Session& session, bool tls);
std::optional<Step> slowest(const std::vector<Latency>& latencies);

}  // namespace websocket
