// SPDX-License-Identifier: GPL-2.0-or-later
#include "violation.h"

#include <cassert>

namespace websocket {
namespace {

/// A broken MUST is an error; a broken SHOULD, or what is merely worth a look, a warning.
constexpr std::array<RuleInfo, rule_count> table = {{
    {Rule::request_method_not_get, "request-method-not-get", Severity::error,
     "The client asked for the upgrade with a method other than GET.", "RFC 6455 §4.1", Duty::client},
    {Rule::request_http_version_too_old, "request-http-version-too-old", Severity::error,
     "The client asked for the upgrade in a version of HTTP before 1.1.", "RFC 6455 §4.1", Duty::client},
    {Rule::request_host_missing, "request-host-missing", Severity::error,
     "The request did not name a host in a Host field.", "RFC 6455 §4.1", Duty::client},
    {Rule::request_upgrade_missing, "request-upgrade-missing", Severity::error,
     "The request had no Upgrade field that names websocket.", "RFC 6455 §4.1", Duty::client},
    {Rule::request_connection_missing, "request-connection-missing", Severity::error,
     "The request had no Connection field that names Upgrade.", "RFC 6455 §4.1", Duty::client},
    {Rule::request_key_missing, "request-key-missing", Severity::error, "The request had no Sec-WebSocket-Key field.",
     "RFC 6455 §4.1", Duty::client},
    {Rule::request_key_malformed, "request-key-malformed", Severity::error,
     "The Sec-WebSocket-Key of the request was not the base64 form of 16 bytes.", "RFC 6455 §4.1", Duty::client},
    {Rule::request_key_repeated, "request-key-repeated", Severity::error,
     "The request had more than one Sec-WebSocket-Key field.", "RFC 6455 §11.3.1", Duty::client},
    {Rule::request_version_missing, "request-version-missing", Severity::error,
     "The request had no Sec-WebSocket-Version field with the value 13.", "RFC 6455 §4.1", Duty::client},
    {Rule::request_version_repeated, "request-version-repeated", Severity::error,
     "The request had more than one Sec-WebSocket-Version field.", "RFC 6455 §11.3.5", Duty::client},
    {Rule::request_subprotocol_malformed, "request-subprotocol-malformed", Severity::error,
     "The client offered a subprotocol whose name is not a token.", "RFC 6455 §4.1", Duty::client},
    {Rule::request_subprotocol_repeated, "request-subprotocol-repeated", Severity::error,
     "The client offered the same subprotocol more than once.", "RFC 6455 §4.1", Duty::client},
    {Rule::request_extensions_malformed, "request-extensions-malformed", Severity::error,
     "The Sec-WebSocket-Extensions of the request did not follow the grammar.", "RFC 6455 §9.1", Duty::client},
    {Rule::request_deflate_parameters_wrong, "request-deflate-parameters-wrong", Severity::error,
     "The client offered permessage-deflate with parameters that are unknown, repeated or out of range.",
     "RFC 7692 §7.1", Duty::client},
    {Rule::request_followed_by_early_data, "request-followed-by-early-data", Severity::error,
     "The client sent more bytes after its request before the server had answered.", "RFC 6455 §4.1", Duty::client},

    {Rule::response_upgrade_wrong, "response-upgrade-wrong", Severity::error,
     "The response had no Upgrade field with the value websocket.", "RFC 6455 §4.2.2", Duty::server},
    {Rule::response_connection_missing, "response-connection-missing", Severity::error,
     "The response had no Connection field that names Upgrade.", "RFC 6455 §4.2.2", Duty::server},
    {Rule::response_accept_missing, "response-accept-missing", Severity::error,
     "The response had no Sec-WebSocket-Accept field.", "RFC 6455 §4.2.2", Duty::server},
    {Rule::response_accept_wrong, "response-accept-wrong", Severity::error,
     "The Sec-WebSocket-Accept of the response did not belong to the key of the request.", "RFC 6455 §4.2.2",
     Duty::server},
    {Rule::response_accept_repeated, "response-accept-repeated", Severity::error,
     "The response had more than one Sec-WebSocket-Accept field.", "RFC 6455 §11.3.3", Duty::server},
    {Rule::response_extension_not_offered, "response-extension-not-offered", Severity::error,
     "The server accepted an extension that the client had not offered.", "RFC 6455 §9.1", Duty::server},
    {Rule::response_extensions_malformed, "response-extensions-malformed", Severity::error,
     "The Sec-WebSocket-Extensions of the response did not follow the grammar.", "RFC 6455 §9.1", Duty::server},
    {Rule::response_deflate_parameters_wrong, "response-deflate-parameters-wrong", Severity::error,
     "The server accepted permessage-deflate with parameters that are illegal or that no offer allows.",
     "RFC 7692 §7.1", Duty::server},
    {Rule::response_subprotocol_not_offered, "response-subprotocol-not-offered", Severity::error,
     "The server chose a subprotocol that the client had not offered.", "RFC 6455 §4.2.2", Duty::server},
    {Rule::response_subprotocol_repeated, "response-subprotocol-repeated", Severity::error,
     "The response had more than one Sec-WebSocket-Protocol field.", "RFC 6455 §11.3.4", Duty::server},

    {Rule::client_frame_unmasked, "client-frame-unmasked", Severity::error,
     "The client sent a frame that is not masked.", "RFC 6455 §5.1", Duty::client},
    {Rule::server_frame_masked, "server-frame-masked", Severity::error, "The server sent a frame that is masked.",
     "RFC 6455 §5.1", Duty::server},
    {Rule::rsv1_without_extension, "rsv1-without-extension", Severity::error,
     "The frame had RSV1 set, but no accepted extension gives that bit a meaning.", "RFC 6455 §5.2", Duty::sender},
    {Rule::rsv2_or_rsv3_set, "rsv2-or-rsv3-set", Severity::error,
     "The frame had RSV2 or RSV3 set, but no accepted extension gives those bits a meaning.", "RFC 6455 §5.2",
     Duty::sender},
    {Rule::opcode_reserved, "opcode-reserved", Severity::error, "The frame had an opcode that is reserved.",
     "RFC 6455 §5.2", Duty::sender},
    {Rule::length_not_minimal, "length-not-minimal", Severity::error,
     "The frame gave its payload length in more bytes than were needed.", "RFC 6455 §5.2", Duty::sender},
    {Rule::length_top_bit_set, "length-top-bit-set", Severity::error,
     "The frame had the most significant bit of its 64-bit payload length set.", "RFC 6455 §5.2", Duty::sender},
    {Rule::control_frame_too_long, "control-frame-too-long", Severity::error,
     "The control frame had a payload of more than 125 bytes.", "RFC 6455 §5.5", Duty::sender},
    {Rule::control_frame_fragmented, "control-frame-fragmented", Severity::error,
     "The control frame was sent as a fragment.", "RFC 6455 §5.5", Duty::sender},
    {Rule::rsv1_on_control_frame, "rsv1-on-control-frame", Severity::error,
     "The control frame was marked as compressed (RSV1).", "RFC 7692 §6", Duty::sender},
    {Rule::rsv1_on_continuation_frame, "rsv1-on-continuation-frame", Severity::error,
     "The continuation frame was marked as compressed (RSV1), which only the first frame of a message may be.",
     "RFC 7692 §6", Duty::sender},

    {Rule::continuation_without_start, "continuation-without-start", Severity::error,
     "The continuation frame came when no message was begun.", "RFC 6455 §5.4", Duty::sender},
    {Rule::message_interleaved, "message-interleaved", Severity::error,
     "A new message was begun before the last fragment of the one under way.", "RFC 6455 §5.4", Duty::sender},
    {Rule::message_unfinished, "message-unfinished", Severity::error,
     "The message was begun, but its last fragment was never sent.", "RFC 6455 §5.4", Duty::sender},
    {Rule::text_not_utf8, "text-not-utf8", Severity::error, "The text message was not valid UTF-8.", "RFC 6455 §5.6",
     Duty::sender},

    {Rule::compressed_data_malformed, "compressed-data-malformed", Severity::error,
     "The compressed message did not inflate, or its data ended in the middle.", "RFC 7692 §7.2.1", Duty::sender},
    {Rule::deflate_beyond_window, "deflate-beyond-window", Severity::error,
     "The compressed message referred back farther than the agreed window.", "RFC 7692 §7.1.2", Duty::sender},
    {Rule::compression_bomb, "compression-bomb", Severity::warning,
     "The compressed message inflated to so much that it was given up: it may be meant to exhaust memory.",
     "RFC 7692 §8", Duty::sender},

    {Rule::close_payload_one_byte, "close-payload-one-byte", Severity::error,
     "The Close frame had a body of one byte, which is too short for a code.", "RFC 6455 §5.5.1", Duty::sender},
    {Rule::close_reason_not_utf8, "close-reason-not-utf8", Severity::error,
     "The reason in the Close frame was not valid UTF-8.", "RFC 6455 §5.5.1", Duty::sender},
    {Rule::close_code_not_allowed, "close-code-not-allowed", Severity::error,
     "The Close frame carried a code that must not be sent.", "RFC 6455 §7.4", Duty::sender},
    {Rule::data_after_close, "data-after-close", Severity::error,
     "A data frame was sent after the sender's own Close frame.", "RFC 6455 §5.5.1", Duty::sender},
    {Rule::close_repeated, "close-repeated", Severity::warning, "A second Close frame was sent in the same direction.",
     "RFC 6455 §5.5.1", Duty::sender},
}};

consteval bool every_row_stands_at_its_rule() {
  for (std::size_t i = 0; i < table.size(); ++i) {
    if (static_cast<std::size_t>(table[i].rule) != i) return false;
  }
  return true;
}
static_assert(every_row_stands_at_its_rule(),
              "rows must stand in the order of the enum: rule_info() takes them by index");

}  // namespace

std::span<const RuleInfo> rule_table() { return table; }

const RuleInfo& rule_info(Rule rule) {
  const auto index = static_cast<std::size_t>(rule);
  assert(index < table.size());
  return table[index];
}

std::string_view severity_name(Severity severity) {
  switch (severity) {
    case Severity::note:
      return "note";
    case Severity::warning:
      return "warning";
    case Severity::error:
      return "error";
  }
  assert(false && "no such severity");
  return "error";
}

}  // namespace websocket
