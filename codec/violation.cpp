// SPDX-License-Identifier: GPL-2.0-or-later
#include "violation.h"

#include <cassert>

namespace websocket {
namespace {

/// A broken MUST is an error; a broken SHOULD, or what is merely worth a look, a warning. A few MUSTs are no more than
/// that, because chance or something in between may look the same.
constexpr std::array<RuleInfo, rule_count> table = {{
    {Rule::request_method_not_get, "request-method-not-get", Severity::error,
     "The client asked for the upgrade with a method other than GET.", "RFC 6455 §4.1", Duty::client, Phase::request},
    {Rule::request_http_version_too_old, "request-http-version-too-old", Severity::error,
     "The client asked for the upgrade in a version of HTTP before 1.1.", "RFC 6455 §4.1", Duty::client,
     Phase::request},
    {Rule::request_target_malformed, "request-target-malformed", Severity::error,
     "The request target was neither a path nor an http URI, or it had a fragment (#).", "RFC 6455 §4.1", Duty::client,
     Phase::request},
    {Rule::request_host_missing, "request-host-missing", Severity::error,
     "The request did not name a host in a Host field.", "RFC 6455 §4.1", Duty::client, Phase::request},
    {Rule::request_upgrade_missing, "request-upgrade-missing", Severity::error,
     "The request had no Upgrade field that names websocket.", "RFC 6455 §4.1", Duty::client, Phase::request},
    {Rule::request_connection_missing, "request-connection-missing", Severity::error,
     "The request had no Connection field that names Upgrade.", "RFC 6455 §4.1", Duty::client, Phase::request},
    {Rule::request_key_missing, "request-key-missing", Severity::error, "The request had no Sec-WebSocket-Key field.",
     "RFC 6455 §4.1", Duty::client, Phase::request},
    {Rule::request_key_malformed, "request-key-malformed", Severity::error,
     "The Sec-WebSocket-Key of the request was not the base64 form of 16 bytes.", "RFC 6455 §4.1", Duty::client,
     Phase::request},
    {Rule::request_key_repeated, "request-key-repeated", Severity::error,
     "The request had more than one Sec-WebSocket-Key field.", "RFC 6455 §11.3.1", Duty::client, Phase::request},
    {Rule::request_key_not_random, "request-key-not-random", Severity::warning,
     "The Sec-WebSocket-Key of the request was not random: its bytes are all the same, or all printable text.",
     "RFC 6455 §4.1", Duty::client, Phase::request},
    {Rule::request_key_reused, "request-key-reused", Severity::warning,
     "The request had the Sec-WebSocket-Key of an earlier session.", "RFC 6455 §4.1", Duty::client, Phase::request},
    {Rule::request_version_missing, "request-version-missing", Severity::error,
     "The request had no Sec-WebSocket-Version field with the value 13.", "RFC 6455 §4.1", Duty::client,
     Phase::request},
    {Rule::request_version_repeated, "request-version-repeated", Severity::error,
     "The request had more than one Sec-WebSocket-Version field.", "RFC 6455 §11.3.5", Duty::client, Phase::request},
    {Rule::request_origin_missing, "request-origin-missing", Severity::note,
     "A browser sent the request without an Origin field.", "RFC 6455 §4.1", Duty::client, Phase::request},
    {Rule::request_subprotocol_malformed, "request-subprotocol-malformed", Severity::error,
     "The client offered a subprotocol whose name is not a token.", "RFC 6455 §4.1", Duty::client, Phase::request},
    {Rule::request_subprotocol_repeated, "request-subprotocol-repeated", Severity::error,
     "The client offered the same subprotocol more than once.", "RFC 6455 §4.1", Duty::client, Phase::request},
    {Rule::request_extensions_malformed, "request-extensions-malformed", Severity::error,
     "The Sec-WebSocket-Extensions of the request did not follow the grammar.", "RFC 6455 §9.1", Duty::client,
     Phase::request},
    {Rule::request_extension_unregistered, "request-extension-unregistered", Severity::note,
     "The client offered an extension that is not registered.", "RFC 6455 §9.1", Duty::client, Phase::request},
    {Rule::request_deflate_parameters_wrong, "request-deflate-parameters-wrong", Severity::error,
     "The client offered permessage-deflate with parameters that are unknown, repeated or out of range.",
     "RFC 7692 §7.1", Duty::client, Phase::request},
    {Rule::request_with_body, "request-with-body", Severity::warning,
     "The request announced a body, which a server may take for frames.", "RFC 9112 §6", Duty::client, Phase::request},
    {Rule::request_followed_by_early_data, "request-followed-by-early-data", Severity::error,
     "The client sent more bytes after its request before the server had answered.", "RFC 6455 §4.1", Duty::client,
     Phase::request},
    {Rule::request_while_connecting, "request-while-connecting", Severity::note,
     "The client opened this WebSocket while an earlier one to the same server was still connecting.", "RFC 6455 §4.1",
     Duty::client, Phase::request},
    {Rule::reconnect_without_delay, "reconnect-without-delay", Severity::warning,
     "The client connected again within a second for the third time in a row, after connections that had failed.",
     "RFC 6455 §7.2.3", Duty::client, Phase::request},

    {Rule::response_accepts_broken_request, "response-accepts-broken-request", Severity::error,
     "The server answered 101 to a request that it had to refuse.", "RFC 6455 §4.2.1", Duty::server, Phase::response},
    {Rule::response_101_to_http_1_0, "response-101-to-http-1-0", Severity::error,
     "The server answered 101 to a request of HTTP/1.0.", "RFC 9110 §15.2", Duty::server, Phase::response},
    {Rule::response_upgrade_wrong, "response-upgrade-wrong", Severity::error,
     "The response had no Upgrade field with the value websocket.", "RFC 6455 §4.2.2", Duty::server, Phase::response,
     true},
    {Rule::response_connection_missing, "response-connection-missing", Severity::error,
     "The response had no Connection field that names Upgrade.", "RFC 6455 §4.2.2", Duty::server, Phase::response,
     true},
    {Rule::response_accept_missing, "response-accept-missing", Severity::error,
     "The response had no Sec-WebSocket-Accept field.", "RFC 6455 §4.2.2", Duty::server, Phase::response, true},
    {Rule::response_accept_wrong, "response-accept-wrong", Severity::error,
     "The Sec-WebSocket-Accept of the response did not belong to the key of the request.", "RFC 6455 §4.2.2",
     Duty::server, Phase::response, true},
    {Rule::response_accept_repeated, "response-accept-repeated", Severity::error,
     "The response had more than one Sec-WebSocket-Accept field.", "RFC 6455 §11.3.3", Duty::server, Phase::response},
    {Rule::response_extension_not_offered, "response-extension-not-offered", Severity::error,
     "The server accepted an extension that the client had not offered.", "RFC 6455 §9.1", Duty::server,
     Phase::response, true},
    {Rule::response_extensions_malformed, "response-extensions-malformed", Severity::error,
     "The Sec-WebSocket-Extensions of the response did not follow the grammar.", "RFC 6455 §9.1", Duty::server,
     Phase::response, true},
    {Rule::response_extensions_conflict, "response-extensions-conflict", Severity::error,
     "The server accepted two extensions that use the same bit, or one extension twice.", "RFC 7692 §5", Duty::server,
     Phase::response, true},
    {Rule::response_deflate_parameters_wrong, "response-deflate-parameters-wrong", Severity::error,
     "The server accepted permessage-deflate with parameters that are illegal or that no offer allows.",
     "RFC 7692 §7.1", Duty::server, Phase::response, true},
    {Rule::response_subprotocol_not_offered, "response-subprotocol-not-offered", Severity::error,
     "The server chose a subprotocol that the client had not offered.", "RFC 6455 §4.2.2", Duty::server,
     Phase::response, true},
    {Rule::response_subprotocol_repeated, "response-subprotocol-repeated", Severity::error,
     "The response had more than one Sec-WebSocket-Protocol field.", "RFC 6455 §11.3.4", Duty::server, Phase::response},
    {Rule::response_subprotocol_none_chosen, "response-subprotocol-none-chosen", Severity::note,
     "The server chose none of the subprotocols that the client had offered.", "RFC 6455 §4.2.2", Duty::server,
     Phase::response},
    {Rule::response_with_body, "response-with-body", Severity::error, "The 101 announced a body.", "RFC 9110 §8.6",
     Duty::server, Phase::response},
    {Rule::response_versions_missing, "response-versions-missing", Severity::error,
     "The server refused the version without naming those that it speaks.", "RFC 6455 §4.4", Duty::server,
     Phase::response},
    {Rule::response_asks_for_another_step, "response-asks-for-another-step", Severity::note,
     "The server redirected the client, or asked it to log in first.", "RFC 6455 §4.1", Duty::server, Phase::response},
    {Rule::handshake_unanswered, "handshake-unanswered", Severity::note,
     "The connection ended before any answer to the request.", "RFC 6455 §4.1", Duty::server, Phase::response},
    {Rule::invalid_response_used, "invalid-response-used", Severity::error,
     "The client sent messages though the answer was one on which it had to give up.", "RFC 6455 §4.1", Duty::client,
     Phase::response},

    {Rule::client_frame_unmasked, "client-frame-unmasked", Severity::error,
     "The client sent a frame that is not masked.", "RFC 6455 §5.1", Duty::client, Phase::frame, true},
    {Rule::server_frame_masked, "server-frame-masked", Severity::error, "The server sent a frame that is masked.",
     "RFC 6455 §5.1", Duty::server, Phase::frame, true},
    {Rule::masking_key_repeated, "masking-key-repeated", Severity::warning,
     "The client masked two frames in a row with the same key.", "RFC 6455 §5.3", Duty::client, Phase::frame},
    {Rule::masking_key_predictable, "masking-key-predictable", Severity::warning,
     "The client used masking keys that can be foretold: zero, or each as far from the last as that from the one "
     "before.",
     "RFC 6455 §5.3", Duty::client, Phase::frame},
    {Rule::rsv1_without_extension, "rsv1-without-extension", Severity::error,
     "The frame had RSV1 set, but no accepted extension gives that bit a meaning.", "RFC 6455 §5.2", Duty::sender,
     Phase::frame, true},
    {Rule::rsv2_or_rsv3_set, "rsv2-or-rsv3-set", Severity::error,
     "The frame had RSV2 or RSV3 set, but no accepted extension gives those bits a meaning.", "RFC 6455 §5.2",
     Duty::sender, Phase::frame, true},
    {Rule::opcode_reserved, "opcode-reserved", Severity::error, "The frame had an opcode that is reserved.",
     "RFC 6455 §5.2", Duty::sender, Phase::frame, true},
    {Rule::length_not_minimal, "length-not-minimal", Severity::error,
     "The frame gave its payload length in more bytes than were needed.", "RFC 6455 §5.2", Duty::sender, Phase::frame},
    {Rule::length_top_bit_set, "length-top-bit-set", Severity::error,
     "The frame had the most significant bit of its 64-bit payload length set.", "RFC 6455 §5.2", Duty::sender,
     Phase::frame},
    {Rule::frame_length_unreasonable, "frame-length-unreasonable", Severity::warning,
     "The frame announced more than 2 GiB.", "RFC 6455 §10.4", Duty::sender, Phase::frame},
    {Rule::frame_unfinished, "frame-unfinished", Severity::warning, "The connection ended in the middle of the frame.",
     "RFC 6455 §5.2", Duty::sender, Phase::frame},
    {Rule::control_frame_too_long, "control-frame-too-long", Severity::error,
     "The control frame had a payload of more than 125 bytes.", "RFC 6455 §5.5", Duty::sender, Phase::frame},
    {Rule::control_frame_fragmented, "control-frame-fragmented", Severity::error,
     "The control frame was sent as a fragment.", "RFC 6455 §5.5", Duty::sender, Phase::frame},
    {Rule::rsv1_on_control_frame, "rsv1-on-control-frame", Severity::error,
     "The control frame was marked as compressed (RSV1).", "RFC 7692 §6", Duty::sender, Phase::frame, true},
    {Rule::rsv1_on_continuation_frame, "rsv1-on-continuation-frame", Severity::error,
     "The continuation frame was marked as compressed (RSV1), which only the first frame of a message may be.",
     "RFC 7692 §6", Duty::sender, Phase::frame, true},

    {Rule::continuation_without_start, "continuation-without-start", Severity::error,
     "The continuation frame came when no message was begun.", "RFC 6455 §5.4", Duty::sender, Phase::message},
    {Rule::message_interleaved, "message-interleaved", Severity::error,
     "A new message was begun before the last fragment of the one under way.", "RFC 6455 §5.4", Duty::sender,
     Phase::message},
    {Rule::message_unfinished, "message-unfinished", Severity::error,
     "The message was begun, but its last fragment was never sent.", "RFC 6455 §5.4", Duty::sender, Phase::message},
    {Rule::text_not_utf8, "text-not-utf8", Severity::error, "The text message was not valid UTF-8.", "RFC 6455 §5.6",
     Duty::sender, Phase::message, true},
    {Rule::fragmentation_refused, "fragmentation-refused", Severity::error,
     "A fragmented message was refused with 1002, though it broke no rule.", "RFC 6455 §5.4", Duty::receiver,
     Phase::message},
    {Rule::violation_not_failed, "violation-not-failed", Severity::error,
     "The peer broke a rule for which the connection must be failed, and it was not.", "RFC 6455 §7.1.7",
     Duty::receiver, Phase::message},
    {Rule::failed_without_close, "failed-without-close", Severity::warning,
     "After the peer had broken a rule the connection was ended without a Close frame.", "RFC 6455 §7.1.7",
     Duty::receiver, Phase::message},

    {Rule::compressed_data_malformed, "compressed-data-malformed", Severity::error,
     "The compressed message did not inflate, or its data ended in the middle.", "RFC 7692 §7.2.1", Duty::sender,
     Phase::compression},
    {Rule::deflate_tail_kept, "deflate-tail-kept", Severity::error,
     "The compressed message ended with the bytes 00 00 ff ff, which the sender has to remove.", "RFC 7692 §7.2.1",
     Duty::sender, Phase::compression},
    {Rule::deflate_empty_message, "deflate-empty-message", Severity::error,
     "The message was marked as compressed, but had no bytes at all.", "RFC 7692 §7.2.1", Duty::sender,
     Phase::compression},
    {Rule::deflate_beyond_window, "deflate-beyond-window", Severity::error,
     "The compressed message referred back farther than the agreed window.", "RFC 7692 §7.1.2", Duty::sender,
     Phase::compression},
    {Rule::compression_bomb, "compression-bomb", Severity::warning,
     "The compressed message inflated to so much that it was given up: it may be meant to exhaust memory.",
     "RFC 7692 §8", Duty::sender, Phase::compression},
    {Rule::compression_enlarges, "compression-enlarges", Severity::note,
     "The compressed messages were larger than what they hold.", "RFC 7692 §6", Duty::sender, Phase::compression},

    {Rule::ping_unanswered, "ping-unanswered", Severity::error, "A Ping was never answered with a Pong.",
     "RFC 6455 §5.5.2", Duty::receiver, Phase::ping},
    {Rule::pong_data_differs, "pong-data-differs", Severity::error,
     "A Pong held a part of the data of the Ping, or that data and more, but not the same.", "RFC 6455 §5.5.3",
     Duty::receiver, Phase::ping},
    {Rule::pong_late, "pong-late", Severity::warning, "A Pong came more than 10 seconds after its Ping.",
     "RFC 6455 §5.5.2", Duty::receiver, Phase::ping},
    {Rule::ping_after_close, "ping-after-close", Severity::note, "A Ping was sent after the sender's own Close frame.",
     "RFC 6455 §5.5.1", Duty::sender, Phase::ping},

    {Rule::close_payload_one_byte, "close-payload-one-byte", Severity::error,
     "The Close frame had a body of one byte, which is too short for a code.", "RFC 6455 §5.5.1", Duty::sender,
     Phase::closing},
    {Rule::close_reason_not_utf8, "close-reason-not-utf8", Severity::error,
     "The reason in the Close frame was not valid UTF-8.", "RFC 6455 §5.5.1", Duty::sender, Phase::closing},
    {Rule::close_code_not_allowed, "close-code-not-allowed", Severity::error,
     "The Close frame carried a code that must not be sent.", "RFC 6455 §7.4", Duty::sender, Phase::closing},
    {Rule::close_code_unassigned, "close-code-unassigned", Severity::warning,
     "The Close frame carried a code that nobody has registered.", "RFC 6455 §7.4.2", Duty::sender, Phase::closing},
    {Rule::close_code_of_the_other_role, "close-code-of-the-other-role", Severity::warning,
     "The server sent the close code 1010, which is for clients.", "RFC 6455 §7.4.1", Duty::server, Phase::closing},
    {Rule::data_after_close, "data-after-close", Severity::error,
     "A data frame was sent after the sender's own Close frame.", "RFC 6455 §5.5.1", Duty::sender, Phase::closing},
    {Rule::close_repeated, "close-repeated", Severity::warning, "A second Close frame was sent in the same direction.",
     "RFC 6455 §5.5.1", Duty::sender, Phase::closing},
    {Rule::close_code_not_echoed, "close-code-not-echoed", Severity::note,
     "The Close frame was answered with another code.", "RFC 6455 §5.5.1", Duty::receiver, Phase::closing},
    {Rule::close_unanswered, "close-unanswered", Severity::error, "A Close frame was received and not answered.",
     "RFC 6455 §5.5.1", Duty::receiver, Phase::closing},
    {Rule::close_crossed, "close-crossed", Severity::note,
     "Both ends sent a Close frame before they had seen the other's.", "RFC 6455 §7.1.5", Duty::sender, Phase::closing},
    {Rule::tcp_ended_without_close, "tcp-ended-without-close", Severity::note,
     "TCP was ended though not both ends had sent a Close frame.", "RFC 6455 §7.1.4", Duty::sender, Phase::closing},
    {Rule::closing_handshake_skipped, "closing-handshake-skipped", Severity::warning,
     "The client ended TCP without having begun the closing handshake.", "RFC 6455 §7.3", Duty::client, Phase::closing},
    {Rule::tcp_closed_by_client_first, "tcp-closed-by-client-first", Severity::warning,
     "After both Close frames the client ended TCP before the server did.", "RFC 6455 §7.1.1", Duty::client,
     Phase::closing},
    {Rule::tcp_kept_open_after_close, "tcp-kept-open-after-close", Severity::warning,
     "After both Close frames the server left TCP open for more than 3 seconds.", "RFC 6455 §7.1.1", Duty::server,
     Phase::closing},
    {Rule::rst_after_close, "rst-after-close", Severity::warning,
     "After both Close frames TCP was aborted (RST) instead of closed.", "RFC 6455 §7.1.1", Duty::sender,
     Phase::closing},
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

std::string_view duty_name(Duty duty) {
  static constexpr std::array<std::string_view, 4> names{"client", "server", "sender", "receiver"};
  return names[static_cast<std::size_t>(duty)];
}

std::string_view phase_name(Phase phase) {
  static constexpr std::array<std::string_view, 7> names{"request",     "response", "frame",  "message",
                                                         "compression", "ping",     "closing"};
  return names[static_cast<std::size_t>(phase)];
}

}  // namespace websocket
