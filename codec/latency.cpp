// SPDX-License-Identifier: GPL-2.0-or-later
#include "latency.h"

#include <algorithm>
#include <array>

namespace websocket {

std::string_view step_name(Step step) {
  static constexpr std::array<std::string_view, 4> names{"tcp", "tls", "http", "first_message"};
  return names[static_cast<std::size_t>(step)];
}

std::string_view step_in_words(Step step) {
  static constexpr std::array<std::string_view, 4> words{"TCP handshake", "TLS handshake", "HTTP answer",
                                                         "first message"};
  return words[static_cast<std::size_t>(step)];
}

std::vector<Latency> latencies(const Session& session, bool tls) {
  std::vector<Latency> steps;
  const auto add = [&](Step step, const Moment& from, const Moment& to) {
    if (from.happened() && to.happened() && to.time >= from.time) steps.push_back({step, to.time - from.time});
  };
  if (session.owns_tcp_handshake()) add(Step::tcp, session.syn, session.ack);
  if (tls && session.first_on_connection) add(Step::tls, session.ack, session.request_begins);
  add(Step::http, session.request_done, session.response_done);
  if (session.switched()) add(Step::first_message, session.response_done, session.first_data);
  return steps;
}

std::optional<Step> slowest(const std::vector<Latency>& latencies) {
  const auto most = std::max_element(latencies.begin(), latencies.end(),
                                     [](const Latency& a, const Latency& b) { return a.duration < b.duration; });
  return most == latencies.end() ? std::nullopt : std::optional(most->step);
}

}  // namespace websocket
