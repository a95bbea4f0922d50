// SPDX-License-Identifier: GPL-2.0-or-later
/// -z wslens,story: each session as a ladder in text: time, direction, what happened, and the verdict in one sentence.
#include <epan/tap.h>

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <string>
#include <unordered_map>

#include "annotate.h"
#include "compat.h"
#include "dissector.h"
#include "reports.h"
#include "taps.h"
#include "utf8.h"
#include "words.h"

namespace wslens {
namespace {

using websocket::Moment;
using websocket::Role;

constexpr std::size_t ladder_width = 56;
constexpr std::size_t preview_bytes = 256;
constexpr std::size_t preview_characters = 24;

/// The beginnings of texts, by the frame that completed them: at the end of the file the packets are gone.
std::unordered_map<FrameIndex, std::string> previews;

struct Event {
  Moment moment;
  Role from;
  std::string label;
  std::string note;
};

class Ladder {
 public:
  explicit Ladder(const SessionEntry& entry) : entry_(entry), session_(entry.session) {}

  void print(const std::vector<FrameIndex>& messages) {
    add_opening();
    for (const FrameIndex index : messages) add_message(index);
    add_end();
    std::stable_sort(events_.begin(), events_.end(),
                     [](const Event& a, const Event& b) { return a.moment.packet < b.moment.packet; });
    print_heading();
    for (const Event& event : events_) print_event(event);
    print_verdict();
  }

 private:
  void add(const Moment& moment, Role from, std::string label, std::string note = "") {
    if (moment.happened()) events_.push_back({moment, from, std::move(label), std::move(note)});
  }

  void add_opening() {
    add(session_.syn, Role::client, "SYN", "TCP: the client asks for a connection");
    add(session_.syn_ack, Role::server, "SYN, ACK", "the server agrees");
    add(session_.ack, Role::client, "ACK",
        "connected after " + since(session_.syn, session_.ack) + "; from here both may send");
    const auto& request = session_.request;
    const std::string line = printable(request.method, 10) + " " + printable(request.target, 20);
    const bool compression = request.extensions.has("permessage-deflate");
    if (request.cut)
      add(session_.request_done, Role::client, line, "an upgrade request; the capture does not have all of it");
    else
      add(session_.request_done, Role::client, line + ", Upgrade: websocket",
          std::string("asks to speak WebSocket on this connection") + (compression ? "; offers compression" : ""));
    add_answer();
  }

  void add_answer() {
    if (session_.outcome == websocket::Outcome::not_http)
      add(session_.response_begins, Role::server, "something else", "no HTTP response: no WebSocket is opened");
    if (session_.outcome != websocket::Outcome::switched && session_.outcome != websocket::Outcome::refused) return;
    const auto& response = session_.response;
    const std::string label = std::to_string(response.status) + " " + printable(response.reason, 30);
    if (!session_.switched())
      return add(session_.response_done, Role::server, label, "refused: no WebSocket is opened");
    add(session_.response_done, Role::server, label,
        accept_note() + "; " + lower(negotiation(session_)) + ".\n" +
            "Same connection, same two ports: only the protocol changed");
  }

  std::string accept_note() const {
    switch (session_.response.accept_verdict) {
      case websocket::AcceptVerdict::right:
        return "agreed: the accept value fits the key";
      case websocket::AcceptVerdict::wrong:
        return "the accept value does NOT fit the key";
      case websocket::AcceptVerdict::absent:
        return "the accept value is MISSING";
      case websocket::AcceptVerdict::unknown:
        break;
    }
    return "agreed; the accept value cannot be judged";
  }

  void add_message(FrameIndex index) {
    const MessageRecord message = *completed_message(index);
    const Moment moment{message.last_packet, message.last_time};
    if (message.type == websocket::MessageType::close) return add_close(message, moment);
    std::string label(websocket::message_type_name(message.type));
    if (message.number != 0) label += " " + std::to_string(message.number);
    label += message.length_known ? ", " + size_in_words(message.length) : ", compressed";
    const auto preview = previews.find(index);
    if (preview != previews.end()) label += " \"" + preview->second + "\"";
    std::string note;
    if (message.fragments > 1) note = "in " + std::to_string(message.fragments) + " fragments";
    if (message.lost != 0) note += (note.empty() ? "" : ", ") + size_in_words(message.lost) + " not captured";
    if (message.trust != websocket::Trust::exact)
      note += (note.empty() ? "" : ", ") + std::string("trust: ") + std::string(websocket::trust_name(message.trust));
    add(moment, message.sender, label, note);
  }

  void add_close(const MessageRecord& message, const Moment& moment) {
    const auto& close = session_.end(message.sender).close;
    const bool counts = close.moment.packet == moment.packet;
    std::string label = "CLOSE";
    if (counts) label += close.code ? " " + std::to_string(*close.code) : ", no code";
    if (counts && !close.reason.empty()) label += " \"" + printable(close.reason, preview_characters) + "\"";
    const Moment& peer = session_.end(websocket::other(message.sender)).close.moment;
    std::string note;
    if (counts && session_.first_close == message.sender)
      note = std::string("the ") + std::string(websocket::role_name(message.sender)) + " begins the closing handshake";
    else if (counts)
      note = "answered after " + since(peer, moment);
    add(moment, message.sender, label, note);
  }

  void add_end() {
    for (const Role role : {Role::client, Role::server}) {
      const bool first = session_.first_fin == role;
      std::string note = first ? "the " + std::string(websocket::role_name(role)) + " closes TCP first" : "";
      if (first && role == Role::server && session_.first_close) note += ", as it should";
      add(session_.end(role).fin, role, "FIN", note);
    }
    add(session_.rst, session_.rst_by, "RST", "TCP aborted");
    if (session_.last_ack.happened() && session_.first_fin)
      add(session_.last_ack, *session_.first_fin, "ACK", "TCP is closed");
  }

  void print_heading() const {
    const double lasted = static_cast<double>(session_.last.time - session_.first.time) / 1e9;
    std::printf("Session %u   %s   %s <-> %s   tcp.stream %u   lasted %.3f s\n\n", session_.number,
                printable(entry_.url, 80).c_str(), entry_.address(Role::client).c_str(),
                entry_.address(Role::server).c_str(), entry_.connection->tcp_stream, lasted);
    const std::string client = "client :" + std::to_string(entry_.port(Role::client));
    const std::string server = "server :" + std::to_string(entry_.port(Role::server));
    const std::size_t gap =
        ladder_width > client.size() + server.size() ? ladder_width - client.size() - server.size() : 1;
    std::printf("      time   %s%s%s   packet\n", client.c_str(), std::string(gap, ' ').c_str(), server.c_str());
  }

  void print_event(const Event& event) const {
    const double time = static_cast<double>(event.moment.time - session_.first.time) / 1e9;
    std::printf("%10.6f   %s %8u", time, rung(event).c_str(), store()->number_of(event.moment.packet));
    if (event.note.empty()) {
      std::printf("\n");
      return;
    }
    std::printf("  ");
    for (std::size_t from = 0;;) {
      const std::size_t end = event.note.find('\n', from);
      std::printf("%s\n", event.note.substr(from, end == std::string::npos ? end : end - from).c_str());
      if (end == std::string::npos) return;
      from = end + 1;
      std::printf("%*s", static_cast<int>(13 + ladder_width + 11), "");
    }
  }

  static std::string rung(const Event& event) {
    const std::size_t label = characters(event.label);
    const std::size_t dashes = ladder_width > label + 3 ? ladder_width - label - 2 : 1;
    if (event.from == Role::client) return event.label + " " + std::string(dashes, '-') + ">";
    return "<" + std::string(dashes, '-') + " " + event.label;
  }

  void print_verdict() const {
    const auto& client = session_.end(Role::client);
    const auto& server = session_.end(Role::server);
    const std::uint32_t messages = client.messages + server.messages;
    const bool known = client.bytes_known && server.bytes_known;
    const std::string bytes =
        known ? std::to_string(client.bytes + server.bytes) + " bytes" : "compressed and not decoded";
    std::printf("\n%s %u message%s, %s. ", websocket::verdict(session_, *store()).c_str(), messages,
                messages == 1 ? "" : "s", bytes.c_str());
    for (const Role role : {Role::client, Role::server}) print_losses(role);
    if (session_.rules.empty()) std::printf("No rule broken.");
    for (const websocket::RuleBroken& broken : session_.rules) print_rule(broken);
    std::printf("\n\n");
  }

  void print_losses(Role role) const {
    const auto& end = session_.end(role);
    const std::string who(websocket::role_name(role));
    if (end.lost != 0) std::printf("The capture lacks %" PRIu64 " bytes of what the %s sent. ", end.lost, who.c_str());
    if (end.unframed != 0)
      std::printf("%" PRIu64
                  " bytes of the %s are not decoded: something missing in front of them hides where frames begin. ",
                  end.unframed, who.c_str());
  }

  static void print_rule(const websocket::RuleBroken& broken) {
    const websocket::RuleInfo& info = websocket::rule_info(broken.rule);
    const std::string severity(websocket::severity_name(info.severity));
    const std::string by(websocket::role_name(broken.by));
    const std::string what = std::string(info.sentence) + " (" + std::string(info.section) + ")";
    const std::string times = broken.count == 1 ? "" : std::to_string(broken.count) + " times, first in ";
    std::printf("\n  %s by the %s, %spacket %u: %s", severity.c_str(), by.c_str(), times.c_str(),
                store()->number_of(broken.first_packet), what.c_str());
  }

  static std::string printable(const std::string& text, std::size_t most) {
    return websocket::printable_text(websocket::as_bytes(text), most);
  }

  static std::string lower(std::string text) {
    if (!text.empty() && text[0] >= 'A' && text[0] <= 'Z') text[0] = static_cast<char>(text[0] - 'A' + 'a');
    return text;
  }

  /// UTF-8 characters, not bytes: what a terminal shows.
  static std::size_t characters(const std::string& text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
  }

  static std::string since(const Moment& from, const Moment& to) {
    if (!from.happened()) return "an unknown time";
    char text[40];
    std::snprintf(text, sizeof text, "%.3g ms", static_cast<double>(to.time - from.time) / 1e6);
    return text;
  }

  const SessionEntry& entry_;
  const websocket::Session& session_;
  std::vector<Event> events_;
};

/// A leaf without epan calls.
void keep_preview(FrameIndex index, const std::uint8_t* bytes, std::size_t size) {
  previews[index] = websocket::printable_text({bytes, size}, preview_characters);
}

tap_packet_status messages_known(void*, packet_info* pinfo, epan_dissect_t*, const void* tap_data, tap_flags_t) {
  const PacketRecord& packet = store()->packet(packet_of(tap_data));
  for (FrameIndex i = packet.first_shown; i != none; i = store()->next_shown(i)) {
    const auto message = completed_message(i);
    if (!message || message->type != websocket::MessageType::text) continue;
    std::uint8_t bytes[preview_bytes];
    const std::size_t size = beginning_of_message(pinfo, *message, bytes, sizeof bytes);
    if (size != 0) keep_preview(i, bytes, size);
  }
  return TAP_PACKET_DONT_REDRAW;
}

void forget_previews(void*) { previews.clear(); }

std::vector<std::vector<FrameIndex>> messages_by_session() {
  std::vector<std::vector<FrameIndex>> all(store()->session_count());
  if (!websocket_enabled()) return all;
  for (FrameIndex i = store()->frames_begin(); i != store()->frames_end(); ++i) {
    const auto message = completed_message(i);
    if (message) all[message->session].push_back(i);
  }
  return all;
}

void print(const std::vector<SessionIndex>& sessions) {
  if (sessions.empty()) {
    std::printf("WebSocket Lens: no WebSocket session to show.\n");
    return;
  }
  const auto messages = messages_by_session();
  for (const SessionIndex index : sessions) Ladder(store()->session(index)).print(messages[index]);
}

}  // namespace

void start_story(const char* filter) {
  const GString* error = register_tap_listener(message_tap_name, &previews, nullptr, TL_REQUIRES_NOTHING,
                                               forget_previews, messages_known, nullptr, nullptr);
  check_filter("story", nullptr, error == nullptr ? nullptr : error->str);
  start_session_report("story", filter, print);
}

}  // namespace wslens
