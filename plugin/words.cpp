// SPDX-License-Identifier: GPL-2.0-or-later
#include "words.h"

#include <charconv>

#include "close_code.h"
#include "close_payload.h"
#include "heartbeat.h"
#include "permessage_deflate.h"
#include "utf8.h"

namespace wslens {
namespace {

using namespace std::string_view_literals;  // of known length: += copies them without looking for their end
using websocket::Mark;
using websocket::Role;

constexpr std::size_t preview_characters = 60;
constexpr std::size_t preview_bytes = 4 * preview_characters + 16;

std::string The(Role role) { return "The " + std::string(websocket::role_name(role)); }

const websocket::Session& session_of(const Shown& shown) { return shown.session->session; }

std::string ports_sentence(const Shown& shown) {
  return "The WebSocket will live on this one connection, between these two ports (client " +
         std::to_string(shown.session->port(Role::client)) + ", server " +
         std::to_string(shown.session->port(Role::server)) + "), to its end.";
}

std::string request_sentence(const Shown& shown) {
  const auto& request = session_of(shown).request;
  std::string text = "The client asks, in HTTP, to speak WebSocket on this same TCP connection.";
  if (request.extensions.has("permessage-deflate")) text += " It offers compression (permessage-deflate).";
  if (request.cut) text += " The capture does not have all of the request.";
  return text;
}

std::string accept_sentence(const websocket::UpgradeResponse& response) {
  switch (response.accept_verdict) {
    case websocket::AcceptVerdict::right:
      return "Its Sec-WebSocket-Accept is the one that belongs to the client's key.";
    case websocket::AcceptVerdict::wrong:
      return "But its Sec-WebSocket-Accept does not belong to the client's key: a client must drop the connection.";
    case websocket::AcceptVerdict::absent:
      return "But Sec-WebSocket-Accept is missing: a client must drop the connection.";
    case websocket::AcceptVerdict::unknown:
      break;
  }
  return "Whether Sec-WebSocket-Accept belongs to the key cannot be told.";
}

/// How each end compresses, if that was agreed.
void compression_sentences(const websocket::Session& session, std::vector<std::string>& out) {
  const auto agreed = websocket::agreed_deflate(session.response.extensions);
  if (!agreed) return;
  for (const Role role : {Role::client, Role::server}) {
    const websocket::DeflateDirection& direction = agreed->of(role);
    out.push_back(The(role) + " may compress with a window of " + size_in_words(1ULL << direction.window_bits) +
                  (direction.context_takeover ? ", which goes on from message to message."
                                              : ", and begins each message with an empty one."));
  }
}

/// Wireshark cuts a line of the tree at 240 characters, so each thought is a line of its own.
void response_sentences(const Shown& shown, std::vector<std::string>& out) {
  const websocket::Session& session = session_of(shown);
  if (session.switched() && !is_in(shown, session.response_done.packet)) {
    out.emplace_back("Part of the server's answer.");
    return;
  }
  // When this was shown first the rest of the answer was still awaited.
  if (session.response.cut) out.emplace_back("Part of the server's answer.");
  switch (session.outcome) {
    case websocket::Outcome::switched:
      out.emplace_back(
          "101, the server agrees: from the next byte on both sides speak WebSocket, on this same TCP connection and "
          "between the same two ports. Only the protocol changes.");
      out.push_back(accept_sentence(session.response));
      out.push_back(negotiation(session) + ".");
      compression_sentences(session, out);
      return;
    case websocket::Outcome::refused:
      out.push_back("The server answers " + std::to_string(session.response.status) + ": no WebSocket is opened.");
      return;
    case websocket::Outcome::not_http:
      out.emplace_back("What the server sends is no HTTP response: no WebSocket is opened.");
      return;
    case websocket::Outcome::waiting:
    case websocket::Outcome::not_captured:
      out.emplace_back("Part of the server's answer.");
  }
}

std::string closing_sentence(const Shown& shown) {
  const websocket::Session& session = session_of(shown);
  const auto& mine = session.end(shown.sender).close;
  if (!is_in(shown, mine.moment.packet)) return "Carries bytes of a Close frame.";
  if (session.first_close == shown.sender)
    return The(shown.sender) +
           " begins the closing handshake with a Close frame. TCP itself stays open until both sides have "
           "sent FIN.";
  return The(shown.sender) +
         " answers the Close: the closing handshake is done. What follows is the end of TCP, which the "
         "server should begin.";
}

void fin_sentences(const Shown& shown, std::vector<std::string>& out) {
  const websocket::Session& session = session_of(shown);
  const bool first = session.first_fin == shown.sender;
  out.push_back(The(shown.sender) + (first ? " closes its half of the TCP connection (FIN): it will send nothing more."
                                           : " closes its half too (FIN): nobody will send anything more."));
  const websocket::EndOfSession& end = session.end(shown.sender);
  const bool all_known = !session.bytes_awaited && end.complete();
  if (first && session.switched() && all_known && !end.close.moment.happened())
    out.push_back(The(shown.sender) + " sent no Close frame before.");
}

/// One mark, one sentence; the order is that of a connection's life.
void tcp_sentences(const Shown& shown, std::vector<std::string>& out) {
  if (shown.packet.has(Mark::syn)) {
    out.emplace_back("TCP handshake, 1 of 3 (SYN): the client asks for a TCP connection.");
    out.push_back(ports_sentence(shown));
  }
  if (shown.packet.has(Mark::syn_ack))
    out.emplace_back("TCP handshake, 2 of 3 (SYN, ACK): the server agrees to the TCP connection.");
  if (shown.packet.has(Mark::handshake_ack))
    out.emplace_back("TCP handshake, 3 of 3 (ACK): the TCP connection stands, and from here on both sides may send.");
}

void end_sentences(const Shown& shown, std::vector<std::string>& out) {
  if (shown.packet.has(Mark::fin)) fin_sentences(shown, out);
  if (shown.packet.has(Mark::last_ack))
    out.emplace_back("The last FIN is acknowledged: the TCP connection, and with it this WebSocket, is over.");
  if (shown.packet.has(Mark::rst))
    out.push_back(The(session_of(shown).rst_by) +
                  " aborts the TCP connection (RST): nothing more can be sent or received on it.");
}

void trouble_sentences(const Shown& shown, std::vector<std::string>& out) {
  if (shown.packet.has(Mark::early)) out.emplace_back("Sent before the server's answer was seen.");
  if (shown.packet.has(Mark::waiting))
    out.emplace_back(
        "When this packet came, bytes in front of its own had not been seen yet: it had to wait for them.");
  if (shown.packet.has(Mark::repeated))
    out.emplace_back("All its bytes were seen before (a retransmission, or the packet captured twice): nothing new.");
  if (shown.packet.has(Mark::unframed))
    out.emplace_back(
        "Behind a gap that hides where the next frame begins: its bytes could be told apart only later, or not at "
        "all.");
  if (shown.packet.has(Mark::cut)) out.emplace_back("The snapshot length of the capture cut bytes of this packet off.");
}

std::string data_sentence(const Shown& shown) {
  unsigned messages = 0;
  unsigned frames = 0;
  for_each_shown_frame(shown, [&](FrameIndex i) {
    ++frames;
    const auto message = completed_message(i);
    if (message && websocket::is_data(message->type)) ++messages;
  });
  std::string text = The(shown.sender) + " sends ";
  if (frames == 0) return text + "a part of a frame.";
  text += frames == 1 ? "a frame" : std::to_string(frames) + " frames";
  if (messages == 0) return text + ".";
  return text + ", completing " + (messages == 1 ? "a message." : std::to_string(messages) + " messages.");
}

std::string rules_in_words(const FrameRecord& frame, const std::optional<MessageRecord>& message) {
  websocket::ViolationSet broken = frame.violations;
  if (message) broken.add(message->violations);
  std::string text;
  if (broken.empty()) return text;
  for (const websocket::RuleInfo& info : websocket::rule_table())
    if (broken.has(info.rule)) text += (text.empty() ? " [breaks " : ", ") + std::string(info.id);
  return text + "]";
}

void add_capitalised(std::string& out, std::string_view word) {
  const std::size_t first = out.size();
  out.append(word);
  if (!word.empty() && word[0] >= 'a' && word[0] <= 'z') out[first] = static_cast<char>(word[0] - 'a' + 'A');
}

void add_size(std::string& out, std::uint64_t bytes) {
  char digits[20 + 2];
  const auto end = std::to_chars(digits, digits + 20, bytes);
  *end.ptr = ' ';
  *(end.ptr + 1) = 'B';
  out.append(digits, static_cast<std::size_t>(end.ptr + 2 - digits));
}

/// Behind a space.
void add_quoted(std::string& out, websocket::Bytes bytes) {
  out += " \""sv;
  websocket::append_printable_text(out, bytes, preview_characters);
  out += '"';
}

void add_length(std::string& out, const MessageRecord& message) {
  if (message.length_known)
    add_size(out, message.length);
  else
    out += "of unknown length";
  if (message.compressed) {
    out += " (compressed, "sv;
    add_size(out, message.wire_length);
    out += " on the wire)"sv;
  }
  if (message.fragments > 1) out += " in " + std::to_string(message.fragments) + " fragments";
  if (message.lost != 0) out += ", " + size_in_words(message.lost) + " of them not captured";
}

void add_message(std::string& out, packet_info* pinfo, const MessageRecord& message) {
  std::uint8_t bytes[preview_bytes];
  const std::size_t have = beginning_of_message(pinfo, message, bytes, sizeof bytes);
  const websocket::Bytes data{bytes, have};
  if (message.type == websocket::MessageType::close && message.lost == 0) {
    out += close_in_words(data);
    return;
  }
  add_capitalised(out, websocket::message_type_name(message.type));
  out += ' ';
  if (message.trust == websocket::Trust::undecodable) {
    out += size_in_words(message.wire_length) + " on the wire, " + (message.compressed ? "compressed, " : "") +
           "not decodable";
    return;
  }
  add_length(out, message);
  const bool readable =
      message.type == websocket::MessageType::text || (!websocket::is_data(message.type) && websocket::is_utf8(data));
  if (readable && have != 0) add_quoted(out, data);
}

std::string fragment_in_words(const FrameRecord& frame) {
  return capitalised(websocket::opcode_name(frame.header.opcode)) + (frame.header.fin ? " frame " : " fragment ") +
         size_in_words(frame.header.payload_length);
}

std::string pong_in_words(FrameIndex index) {
  const auto ping = ping_of(index);
  if (!ping || !ping->round_trip) return "";
  return ", " + websocket::duration_in_words(*ping->round_trip) + " after the Ping";
}

bool packet_brings_frames(const PacketRecord& packet) {
  for (const Mark mark : {Mark::data, Mark::closing, Mark::waiting, Mark::repeated, Mark::early, Mark::unframed})
    if (packet.has(mark)) return true;
  return false;
}

}  // namespace

std::vector<const char*> phases_of(const Shown& shown) {
  const PacketRecord& packet = shown.packet;
  std::vector<const char*> phases;
  if (packet.has(Mark::syn) || packet.has(Mark::syn_ack) || packet.has(Mark::handshake_ack))
    phases.push_back("tcp-handshake");
  if (packet.has(Mark::request)) phases.push_back("upgrade-request");
  if (packet.has(Mark::response)) phases.push_back("upgrade-response");
  const websocket::Session& session = session_of(shown);
  const bool after_answer = session.switched() && session.response_done.packet < shown.first;
  const bool waiting = packet.has(Mark::waiting) && after_answer;
  const bool data = packet.has(Mark::data) || packet.has(Mark::unframed) || packet.has(Mark::early) || waiting;
  if (shown.frames && data) phases.push_back("data");
  if (shown.frames && packet.has(Mark::closing)) phases.push_back("closing");
  if (packet.has(Mark::fin) || packet.has(Mark::rst) || packet.has(Mark::last_ack)) phases.push_back("tcp-close");
  return phases;
}

std::string heading(const Shown& shown) {
  const PacketRecord& packet = shown.packet;
  if (packet.has(Mark::syn)) return "TCP handshake, 1 of 3";
  if (packet.has(Mark::syn_ack)) return "TCP handshake, 2 of 3";
  if (packet.has(Mark::request)) return "upgrade request";
  if (packet.has(Mark::response)) return "answer to the upgrade request";
  if (packet.has(Mark::handshake_ack)) return "TCP handshake, 3 of 3";
  if (!shown.frames && packet_brings_frames(packet)) return "WebSocket is disabled";
  if (packet.has(Mark::closing)) return "closing handshake";
  if (packet.has(Mark::rst)) return "TCP aborted";
  if (packet.has(Mark::repeated)) return "repeated bytes";
  if (packet.has(Mark::data) || packet.has(Mark::waiting) || packet.has(Mark::early)) return "data";
  if (packet.has(Mark::unframed)) return "bytes behind a gap";
  if (packet.has(Mark::fin) || packet.has(Mark::last_ack)) return "end of TCP";
  return "only a TCP acknowledgement";
}

std::vector<std::string> explanations(const Shown& shown) {
  std::vector<std::string> out;
  tcp_sentences(shown, out);
  if (shown.packet.has(Mark::request)) out.push_back(request_sentence(shown));
  if (shown.packet.has(Mark::response)) response_sentences(shown, out);
  if (shown.frames) {
    if (shown.packet.has(Mark::data)) out.push_back(data_sentence(shown));
    if (shown.packet.has(Mark::closing)) out.push_back(closing_sentence(shown));
    trouble_sentences(shown, out);
  }
  end_sentences(shown, out);
  if (out.empty() && !shown.frames && packet_brings_frames(shown.packet))
    out.emplace_back("Bytes of the WebSocket; they are not shown because the protocol WebSocket is disabled.");
  if (out.empty()) out.emplace_back("TCP only: acknowledges what came before, and carries no byte of the WebSocket.");
  return out;
}

std::string capitalised(std::string_view word) {
  std::string text;
  add_capitalised(text, word);
  return text;
}

namespace {

/// Where a line of at most `most` bytes ends; `text` is longer.
std::size_t end_of_line(std::string_view text, std::size_t most) {
  for (const char* end_of_thought : {". ", "; "})
    if (const std::size_t at = text.rfind(end_of_thought, most - 1); at != std::string_view::npos && at >= most / 2)
      return at + 1;
  if (const std::size_t blank = text.rfind(' ', most); blank != std::string_view::npos && blank != 0) return blank;
  const std::size_t whole = websocket::utf8_prefix(websocket::as_bytes(text.substr(0, most)));
  return whole == 0 ? most : whole;
}

}  // namespace

std::vector<std::string> wrapped(std::string_view text, std::size_t most) {
  std::vector<std::string> lines;
  while (text.size() > most) {
    const std::size_t end = end_of_line(text, most);
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(text[end] == ' ' ? end + 1 : end);
  }
  lines.emplace_back(text);
  return lines;
}

std::string counted(std::uint64_t count, const char* noun) {
  return std::to_string(count) + ' ' + noun + (count == 1 ? "" : "s");
}

std::string size_in_words(std::uint64_t bytes) {
  std::string text;
  add_size(text, bytes);
  return text;
}

std::string negotiation(const websocket::Session& session) {
  if (!session.response.extensions_accepted.empty())
    return "Agreed: " + websocket::printable_text(websocket::as_bytes(session.response.extensions_accepted), 200);
  if (session.response.cut) return "What was agreed is not in the capture";
  if (session.request.extensions.has("permessage-deflate")) return "Compression was offered and declined";
  return session.request.extensions_offered.empty() ? "No extension was offered" : "No extension was accepted";
}

std::string close_in_words(websocket::Bytes data) {
  const websocket::ClosePayload close = websocket::decode_close_payload(data);
  if (!close.code) return data.empty() ? "Close without a code" : "Close with a body of one byte";
  std::string text =
      "Close " + std::to_string(*close.code) + " (" + std::string(websocket::close_code_info(*close.code).name) + ")";
  if (close.reason.empty()) return text;
  add_quoted(text, close.reason);
  return text;
}

void add_frame_in_words(std::string& out, packet_info* pinfo, FrameIndex index) {
  const auto message = completed_message(index);
  if (message)
    add_message(out, pinfo, *message);
  else
    out += fragment_in_words(store()->frame(index));
  if (message && message->type == websocket::MessageType::pong) out += pong_in_words(index);
  if (store()->breaks_rules(index)) out += rules_in_words(store()->frame(index), message);
}

std::string frame_in_words(packet_info* pinfo, FrameIndex index) {
  static std::string words;  // outlives what may throw
  words.clear();
  add_frame_in_words(words, pinfo, index);
  return words;
}

std::string message_summary(const MessageRecord& message) {
  std::string text(websocket::message_type_name(message.type));
  if (message.number != 0) text += " " + std::to_string(message.number);
  text += ", ";
  if (message.trust == websocket::Trust::undecodable)
    text += size_in_words(message.wire_length) + " on the wire, ";
  else if (message.length_known)
    text += size_in_words(message.length);
  if (message.fragments > 1) text += " in " + std::to_string(message.fragments) + " fragments";
  if (message.trust != websocket::Trust::exact)
    text += (text.ends_with(", ") ? "" : ", ") + std::string(websocket::trust_name(message.trust));
  if (message.data_cut) text += ", cut";
  return text;
}

std::string piece_in_words(const PieceRecord& piece) {
  const FrameRecord frame = store()->frame(piece.frame);
  if (!frame.header_known) return "the beginning of a frame's header";
  const std::uint64_t first = piece.piece.frame_offset;
  const std::uint64_t size = frame.header.size + frame.header.payload_length;
  const bool wraps = size < frame.header.payload_length;  // a hostile length
  return capitalised(websocket::opcode_name(frame.header.opcode)) + " frame, bytes " + std::to_string(first) + "-" +
         std::to_string(first + piece.piece.length - 1) + " of " +
         (wraps ? "a payload of " + size_in_words(frame.header.payload_length) : std::to_string(size));
}

std::string_view arrow(Role sender) {
  return sender == Role::client ? "client \u2192 server"sv : "server \u2192 client"sv;
}

}  // namespace wslens
