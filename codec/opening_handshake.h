// SPDX-License-Identifier: GPL-2.0-or-later
/// RFC 6455 §4: the upgrade request and its answer, judged.
///
/// Shape   HttpHead in -> what a WebSocket needs of it, as values, and every rule it breaks.
/// Errors  none: whatever is missing is empty and reported. What was cut away is not reported as missing.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "extensions.h"
#include "http_head.h"
#include "violation.h"

namespace websocket {

/// Any HTTP/1 request that has `Upgrade: websocket` or any Sec-WebSocket-* field is an attempt.
bool is_upgrade_attempt(const HttpHead& request);

struct UpgradeRequest {
  std::string method;
  std::string target;
  std::string host;
  std::string origin;      ///< empty: none
  std::string user_agent;  ///< empty: none
  std::string key;         ///< the first Sec-WebSocket-Key; empty: none
  std::string version;
  std::vector<std::string> subprotocols;  ///< as offered, in order
  std::string extensions_offered;         ///< the joined field value; empty: none
  ExtensionList extensions;
  bool cut = false;
  ViolationSet violations;
};

enum class AcceptVerdict : std::uint8_t { absent, right, wrong, unknown /* the key or the value was not captured */ };

/// What the status line and the Upgrade field amount to.
enum class Answer : std::uint8_t {
  switched,        ///< 101 to WebSocket (or 101 that does not say to what)
  switched_other,  ///< 101 to another protocol
  refused,         ///< any other status
};

/// What an answer other than 101 says about the way on.
struct Refusal {
  std::string location;     ///< Location field; empty: none
  std::string retry_after;  ///< Retry-After field; empty: none
  std::string versions;     ///< Sec-WebSocket-Version, all of them; empty: none
  std::string challenge;    ///< the scheme of WWW-Authenticate or Proxy-Authenticate; empty: none
};

struct UpgradeResponse {
  Answer answer = Answer::refused;
  std::uint16_t status = 0;
  std::string reason;
  std::string server;           ///< Server field; empty: none
  std::string upgrade;          ///< Upgrade field; empty: none
  std::string accept;           ///< the first Sec-WebSocket-Accept; empty: none
  std::string expected_accept;  ///< recomputed from the request's key; empty: no key
  AcceptVerdict accept_verdict = AcceptVerdict::absent;
  std::optional<std::string> subprotocol;  ///< none: header absent
  std::string extensions_accepted;         ///< the joined field value; empty: none
  ExtensionList extensions;
  std::shared_ptr<const Refusal> refusal;  ///< only of an answer other than 101
  bool cut = false;
  ViolationSet violations;  ///< the rules about a 101 only when answer is `switched`, else those about refusals
};

UpgradeRequest judge_request(const HttpHead& request);
UpgradeResponse judge_response(const HttpHead& response, const UpgradeRequest& request);

/// "ws://host/target" (or "wss://"); an absolute target stands for itself. Empty host: `fallback_host`.
std::string websocket_url(const UpgradeRequest& request, bool tls, std::string_view fallback_host);

}  // namespace websocket
