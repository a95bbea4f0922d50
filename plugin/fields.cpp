// SPDX-License-Identifier: GPL-2.0-or-later
#include "fields.h"

#include <string>
#include <vector>

namespace wslens {

Fields hf;
BuiltinFields builtin;
Subtrees ett;

namespace {

std::array<expert_field, websocket::rule_count> experts;
std::array<expert_field, websocket::finding_count> finding_experts;

/// The blurb is also the field's description in docs/fields.md (tools/regenerate-docs).
hf_register_info row(int* id, const char* name, const char* filter, ftenum type, int display, const char* blurb) {
  *id = -1;
  return {id, {name, filter, type, display, nullptr, 0, blurb, -1, 0, HF_REF_TYPE_NONE, -1, nullptr}};
}

hf_register_info text(int* id, const char* name, const char* filter, const char* blurb) {
  return row(id, name, filter, FT_STRING, BASE_NONE, blurb);
}
hf_register_info link(int* id, const char* name, const char* filter, const char* blurb) {
  return row(id, name, filter, FT_FRAMENUM, BASE_NONE, blurb);
}
hf_register_info number(int* id, const char* name, const char* filter, ftenum type, const char* blurb) {
  return row(id, name, filter, type, BASE_DEC, blurb);
}
hf_register_info yes_no(int* id, const char* name, const char* filter, const char* blurb) {
  return row(id, name, filter, FT_BOOLEAN, BASE_NONE, blurb);
}
hf_register_info duration(int* id, const char* name, const char* filter, const char* blurb) {
  return row(id, name, filter, FT_RELATIVE_TIME, BASE_NONE, blurb);
}
hf_register_info group(int* id, const char* name, const char* filter, const char* blurb) {
  return row(id, name, filter, FT_NONE, BASE_NONE, blurb);
}

// Wireshark keeps pointers into these arrays for as long as it runs.
void register_session_fields(int proto) {
  static hf_register_info rows[] = {
      number(&hf.session, "Session", "wslens.session", FT_UINT32,
             "Number of the session in the file, from 0, in the order in which they were recognised"),
      text(&hf.url, "URL", "wslens.url", "What the client asked for: ws://, the Host field, the target"),
      text(&hf.client, "Client", "wslens.client",
           "Address and port of the end that sent the upgrade request; IPv6 as [::1]:8080"),
      text(&hf.server, "Server", "wslens.server", "Address and port of the end that answered; IPv6 as [::1]:8080"),
      text(&hf.direction, "Direction", "wslens.direction", "client-to-server or server-to-client"),
      text(&hf.phase, "Phase", "wslens.phase",
           "What the packet does: tcp-handshake, upgrade-request, upgrade-response, data, closing (brings bytes of a "
           "Close frame) or tcp-close (FIN, RST, the ACK of the last FIN). A packet may have several; a pure ACK in "
           "between has none"),
      text(&hf.explanation, "What happens here", "wslens.explanation",
           "What the packet does in the life of the session, in sentences, one line for each thought"),
      text(&hf.state, "State at the end of the capture", "wslens.state",
           "opening, open, closing, closed, failed or unknown"),
      text(&hf.verdict, "Verdict", "wslens.verdict", "How the session ended, in one sentence"),
      text(&hf.close_first, "First Close", "wslens.close.first", "Who began the closing handshake: client or server"),
      duration(&hf.close_echo, "Close answered after", "wslens.close.echo", "From the first Close frame to the other"),
      yes_no(&hf.clean, "Closed cleanly", "wslens.clean",
             "Both ends sent a Close frame, then TCP ended, and neither failed the connection (RFC 6455 §7.1.4)"),
      number(&hf.api_code_client, "Code that the client's program reports", "wslens.api_code.client", FT_UINT16,
             "RFC 6455 §7.1.5: that of the Close received; 1005: it had none; 1006: there was none"),
      number(&hf.api_code_server, "Code that the server's program reports", "wslens.api_code.server", FT_UINT16,
             "RFC 6455 §7.1.5: that of the Close received; 1005: it had none; 1006: there was none"),
      yes_no(&hf.heartbeat, "Heartbeat", "wslens.heartbeat",
             "This packet brings nothing but Pings, Pongs and short texts that come again and again"),
      text(&hf.rule, "Broken rule", "wslens.rule",
           "Id of a broken rule that this packet proves. May occur several times"),
      text(&hf.finding, "Finding", "wslens.finding",
           "Id of something that the capture lacks, or that had to be inferred, and that became known in this packet; "
           "behind it, in the tree, how much of it"),
  };
  proto_register_field_array(proto, rows, static_cast<int>(std::size(rows)));
}

void register_link_fields(int proto) {
  static hf_register_info rows[] = {
      link(&hf.frame_syn, "TCP SYN", "wslens.frame.syn", "The client asked for the TCP connection"),
      link(&hf.frame_syn_ack, "TCP SYN-ACK", "wslens.frame.syn_ack", "The server agreed to the TCP connection"),
      link(&hf.frame_ack, "TCP ACK of the handshake", "wslens.frame.ack",
           "The ACK that completes the TCP handshake: the TCP connection stands"),
      link(&hf.frame_request, "Upgrade request", "wslens.frame.request",
           "Packet with the last byte of the upgrade request"),
      link(&hf.frame_response, "Answer to the request", "wslens.frame.response",
           "Packet with the last byte of the head of the answer"),
      link(&hf.frame_first_data, "First data", "wslens.frame.first_data", "First packet with bytes of a data message"),
      link(&hf.frame_last_data, "Last data", "wslens.frame.last_data", "Last packet with bytes of a data message"),
      link(&hf.frame_close_client, "Close from the client", "wslens.frame.close_client",
           "Packet with the last byte of the client's first Close frame"),
      link(&hf.frame_close_server, "Close from the server", "wslens.frame.close_server",
           "Packet with the last byte of the server's first Close frame"),
      link(&hf.frame_fin_client, "TCP FIN from the client", "wslens.frame.fin_client",
           "First FIN of the client, which closed its half of TCP"),
      link(&hf.frame_fin_server, "TCP FIN from the server", "wslens.frame.fin_server",
           "First FIN of the server, which closed its half of TCP"),
      link(&hf.frame_rst, "TCP RST", "wslens.frame.rst", "First RST: the TCP connection was aborted"),
      link(&hf.frame_last_ack, "ACK of the last FIN", "wslens.frame.last_ack",
           "ACK of the second FIN: the TCP connection is over"),
  };
  proto_register_field_array(proto, rows, static_cast<int>(std::size(rows)));
}

void register_handshake_fields(int proto) {
  static hf_register_info rows[] = {
      text(&hf.handshake_key, "Sec-WebSocket-Key", "wslens.handshake.key", "The client's key, from the request"),
      text(&hf.handshake_extensions_offered, "Extensions offered", "wslens.handshake.extensions_offered",
           "What the client offered: Sec-WebSocket-Extensions of the request"),
      text(&hf.handshake_subprotocols_offered, "Subprotocol offered", "wslens.handshake.subprotocol_offered",
           "A subprotocol that the client offered; once for each"),
      number(&hf.handshake_status, "Status", "wslens.handshake.status", FT_UINT16, "HTTP status of the answer"),
      text(&hf.handshake_accept, "Sec-WebSocket-Accept", "wslens.handshake.accept",
           "The server's answer to the key, from the response"),
      text(&hf.handshake_accept_expected, "Accept value that fits the key", "wslens.handshake.accept_expected",
           "The accept value that belongs to the key, recomputed (RFC 6455 §4.2.2)"),
      yes_no(&hf.handshake_accept_ok, "Accept value fits", "wslens.handshake.accept_ok",
             "Whether Sec-WebSocket-Accept is the one that belongs to the key; only on a 101"),
      text(&hf.handshake_check, "Check", "wslens.handshake.check",
           "A field of the opening handshake that matters: right, or WRONG and why"),
      text(&hf.handshake_negotiation, "Negotiation", "wslens.handshake.negotiation",
           "An offer, the answer to it, or what follows from it for one direction"),
      duration(&hf.latency_tcp, "TCP handshake", "wslens.latency.tcp", "From SYN to the ACK that ends TCP's handshake"),
      duration(&hf.latency_tls, "TLS handshake", "wslens.latency.tls",
               "From there to the first byte of the request, in TLS"),
      duration(&hf.latency_http, "HTTP answer", "wslens.latency.http",
               "From the last packet of the request to the last of the answer"),
      duration(&hf.latency_first_message, "First message", "wslens.latency.first_message",
               "From the answer to the first packet of a data message"),
      text(&hf.latency_slowest, "Slowest of them", "wslens.latency.slowest", "The step that took longest"),
      text(&hf.handshake_extensions_accepted, "Extensions accepted", "wslens.handshake.extensions_accepted",
           "What the server accepted: Sec-WebSocket-Extensions of the answer"),
      text(&hf.handshake_subprotocol, "Subprotocol", "wslens.handshake.subprotocol",
           "The subprotocol that the server chose"),
  };
  proto_register_field_array(proto, rows, static_cast<int>(std::size(rows)));
}

void register_message_fields(int proto) {
  static hf_register_info rows[] = {
      group(&hf.message, "Message", "wslens.message",
            "A message, a control frame, or a fragment that is not the last of its message; the fields below belong to "
            "it"),
      number(&hf.message_number, "Number", "wslens.message.number", FT_UINT32,
             "From 1, data messages only, for each direction of a session"),
      text(&hf.message_type, "Type", "wslens.message.type", "text or binary; data messages only"),
      number(&hf.message_length, "Length", "wslens.message.length", FT_UINT64,
             "Application bytes after unmasking, reassembly and inflating; missing where it is not known (undecodable, "
             "or compressed with bytes lost). Data messages only"),
      number(&hf.message_wire_length, "Length on the wire", "wslens.message.wire_length", FT_UINT64,
             "Bytes of all its frames, with their headers. Data messages only"),
      number(&hf.message_fragments, "Frames", "wslens.message.fragments", FT_UINT32,
             "How many frames it came in. Data messages only"),
      link(&hf.message_fragment, "Fragment in", "wslens.message.fragment",
           "Packet that completed one of its frames; once for each frame, if there is more than one"),
      text(&hf.message_text, "Text", "wslens.message.text",
           "The data of a text message, as far as it was captured and kept. U+0000, U+FFFE and U+FFFF, which "
           "Wireshark's strings or XML cannot hold, stand as \\u{0} and so on; hidden in the tree where "
           "websocket.payload.text shows the same"),
      row(&hf.message_payload, "Payload", "wslens.message.payload", FT_BYTES, BASE_NONE,
          "The data of a text or binary message, as far as it was captured and kept; hidden in the tree for text"),
      text(&hf.message_trust, "Trust", "wslens.message.trust",
           "How far the shown bytes can be trusted: exact, inferred, after-gap, truncated or undecodable"),
      yes_no(&hf.message_compressed, "Compressed", "wslens.message.compressed",
             "Present and true where it was sent with permessage-deflate"),
      number(&hf.message_lost, "Bytes not captured", "wslens.message.lost", FT_UINT64,
             "Payload bytes of this message that the capture does not have"),
      link(&hf.message_first_frame, "First packet", "wslens.message.first_frame",
           "First packet with bytes of the message"),
      link(&hf.message_last_frame, "Last packet", "wslens.message.last_frame", "Last packet with bytes of the message"),
      link(&hf.message_negotiated_in, "What RSV1 means was agreed in", "wslens.message.negotiated_in",
           "Packet with the answer to the upgrade request, on compressed messages and wrong RSV1 bits"),
      duration(&hf.ping_rtt, "Round-trip time", "wslens.ping.rtt", "On a Pong: from the Ping that it repeats"),
      link(&hf.ping_request_frame, "Answers the Ping in", "wslens.ping.request_frame",
           "On a Pong: packet with the Ping that it repeats"),
      link(&hf.ping_response_frame, "Answered in", "wslens.ping.response_frame",
           "On a Ping: packet with the Pong that answers it, or a later Ping; known from the second pass on"),
      yes_no(&hf.ping_unsolicited, "Unsolicited", "wslens.ping.unsolicited",
             "On a Pong: it answers no Ping (which is legal)"),
      yes_no(&hf.ping_unanswered, "Never answered", "wslens.ping.unanswered",
             "On a Ping: no Pong came to the end of the capture; known from the second pass on"),
      group(&hf.piece, "Part of a frame", "wslens.piece",
            "The part of a frame that spans packets: the bytes of it in this packet"),
      number(&hf.piece_offset, "Offset in the frame", "wslens.piece.offset", FT_UINT64,
             "Where its first byte stands in the frame, from 0, header included"),
      number(&hf.piece_length, "Length", "wslens.piece.length", FT_UINT32,
             "How many bytes of the frame are in this packet"),
      link(&hf.piece_shown_in, "Frame complete in", "wslens.piece.complete_in",
           "The packet that completes the frame, and shows it"),
      number(&hf.content_from_earlier, "Bytes from earlier messages", "wslens.content.from_earlier", FT_UINT32,
             "Bytes of earlier messages with which the first packet of the subprotocol begins"),
      number(&hf.content_to_next, "Bytes for the next message", "wslens.content.to_next", FT_UINT32,
             "Bytes at the end of the message with which a packet of the subprotocol begins that the next ones go on "
             "with"),
      number(&hf.close_code, "Close code", "wslens.close.code", FT_UINT16, "Status code of the Close frame"),
      text(&hf.close_meaning, "Meaning", "wslens.close.meaning", "The registered name of the code, and what it says"),
      text(&hf.close_reason, "Reason", "wslens.close.reason", "The reason, if the sender gave one"),
  };
  proto_register_field_array(proto, rows, static_cast<int>(std::size(rows)));
}

void register_subtrees() {
  static int* const all[] = {&ett.lens,      &ett.packets, &ett.handshake, &ett.message,  &ett.piece,
                             &ett.websocket, &ett.payload, &ett.close,     &ett.left_out, &ett.text,
                             &ett.text_line, &ett.content, &ett.latencies, &ett.end};
  for (int* each : all) *each = -1;
  proto_register_subtree_array(all, static_cast<int>(std::size(all)));
}

int expert_severity(websocket::Severity severity) {
  if (severity == websocket::Severity::error) return PI_ERROR;
  return severity == websocket::Severity::warning ? PI_WARN : PI_NOTE;
}

/// Wireshark's own groups.
int expert_group(const websocket::RuleInfo& info) {
  using websocket::Rule;
  if (info.rule == Rule::compression_bomb || info.rule == Rule::masking_key_repeated ||
      info.rule == Rule::masking_key_predictable || info.rule == Rule::request_key_not_random)
    return PI_SECURITY;
  if (info.phase == websocket::Phase::request) return PI_REQUEST_CODE;
  return info.phase == websocket::Phase::response ? PI_RESPONSE_CODE : PI_PROTOCOL;
}

/// One filterable expert item for each row of the rule table: "wslens.rule.client-frame-unmasked".
void register_experts(int proto) {
  static std::array<std::string, websocket::rule_count> names;
  static std::array<std::string, websocket::rule_count> sentences;
  static std::array<ei_register_info, websocket::rule_count> rows;
  for (const websocket::RuleInfo& info : websocket::rule_table()) {
    const auto i = static_cast<std::size_t>(info.rule);
    names[i] = "wslens.rule." + std::string(info.id);
    sentences[i] = std::string(info.sentence) + " (" + std::string(info.section) + ")";
    experts[i] = EI_INIT;
    rows[i] = {&experts[i],
               {names[i].c_str(), expert_group(info), expert_severity(info.severity), sentences[i].c_str(), EXPFILL}};
  }
  expert_module_t* module = expert_register_protocol(proto);
  expert_register_field_array(module, rows.data(), static_cast<int>(rows.size()));
}

/// The same for each row of the table of findings: "wslens.finding.capture-gap".
void register_finding_experts(int proto) {
  static std::array<std::string, websocket::finding_count> names;
  static std::array<ei_register_info, websocket::finding_count> rows;
  for (const websocket::FindingInfo& info : websocket::finding_table()) {
    const auto i = static_cast<std::size_t>(info.finding);
    names[i] = "wslens.finding." + std::string(info.id);
    finding_experts[i] = EI_INIT;
    rows[i] = {&finding_experts[i],
               {names[i].c_str(), PI_SEQUENCE, expert_severity(info.severity), info.sentence.data(), EXPFILL}};
  }
  expert_register_field_array(expert_register_protocol(proto), rows.data(), static_cast<int>(rows.size()));
}

/// The built-in's field if it exists and has the type that we are going to give it; -1 otherwise.
int builtin_field(const char* filter, ftenum type) {
  const int id = proto_registrar_get_id_byname(filter);
  if (id <= 0) return -1;
  return proto_registrar_get_nth(static_cast<unsigned>(id))->type == type ? id : -1;
}

}  // namespace

void register_fields(int proto) {
  register_session_fields(proto);
  register_link_fields(proto);
  register_handshake_fields(proto);
  register_message_fields(proto);
  register_subtrees();
  register_experts(proto);
  register_finding_experts(proto);
}

void find_builtin_fields() {
  builtin.fin = builtin_field("websocket.fin", FT_BOOLEAN);
  builtin.rsv = builtin_field("websocket.rsv", FT_UINT8);
  builtin.pmc = builtin_field("websocket.pmc", FT_BOOLEAN);
  builtin.opcode = builtin_field("websocket.opcode", FT_UINT8);
  builtin.mask = builtin_field("websocket.mask", FT_BOOLEAN);
  builtin.payload_length = builtin_field("websocket.payload_length", FT_UINT8);
  builtin.payload_length_16 = builtin_field("websocket.payload_length_ext_16", FT_UINT16);
  builtin.payload_length_64 = builtin_field("websocket.payload_length_ext_64", FT_UINT64);
  builtin.masking_key = builtin_field("websocket.masking_key", FT_BYTES);
  builtin.masked_payload = builtin_field("websocket.masked_payload", ws_payload_type);
  builtin.payload = builtin_field("websocket.payload", ws_payload_type);
  builtin.text = builtin_field("websocket.payload.text", FT_STRING);
  builtin.continuation = builtin_field("websocket.payload.continue", FT_BYTES);
  builtin.close = builtin_field("websocket.payload.close", ws_payload_type);
  builtin.close_code = builtin_field("websocket.payload.close.status_code", FT_UINT16);
  builtin.close_reason = builtin_field("websocket.payload.close.reason", FT_STRING);
  builtin.ping = builtin_field("websocket.payload.ping", FT_BYTES);
  builtin.pong = builtin_field("websocket.payload.pong", FT_BYTES);
  builtin.unknown = builtin_field("websocket.payload.unknown", FT_BYTES);
}

expert_field* expert_of(websocket::Finding finding) { return &finding_experts[static_cast<std::size_t>(finding)]; }
expert_field* expert_of(websocket::Rule rule) { return &experts[static_cast<std::size_t>(rule)]; }

}  // namespace wslens
