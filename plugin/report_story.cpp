// SPDX-License-Identifier: GPL-2.0-or-later
/// -z wslens,story: each session as a ladder in text: time, direction, what happened, and the verdict in one sentence.
#include <epan/tap.h>

#include <algorithm>
#include <cstdio>
#include <string>
#include <unordered_map>

#include "annotate.h"
#include "compat.h"
#include "dissector.h"
#include "handshake_checks.h"
#include "heartbeat.h"
#include "latency.h"
#include "reports.h"
#include "taps.h"
#include "terminal.h"
#include "utf8.h"
#include "words.h"

namespace wslens {
namespace {

using websocket::Moment;
using websocket::Role;

constexpr std::size_t ladder_width = 44;
constexpr std::size_t note_column = 11 + 3 + ladder_width + 9 + 2;
constexpr std::size_t preview_bytes = 256;
constexpr std::size_t preview_characters = 16;

/// Of a long run of messages and Pings the first and the last are shown.
constexpr std::size_t longest_run = 24;
constexpr std::size_t run_head = 12;
constexpr std::size_t run_tail = 6;

/// The beginnings of texts, by the frame that completed them: at the end of the file the packets are gone.
std::unordered_map<FrameIndex, std::string> previews;

enum class Kind : std::uint8_t { other, message, heartbeat, handshake, close, trouble };

struct Event {
  Moment moment;
  Role from;
  std::string label;
  std::string note;
  Kind kind = Kind::other;
};

const char* paint(Kind kind) {
  switch (kind) {
    case Kind::handshake:
      return paint(Colour::green);
    case Kind::heartbeat:
      return paint(Colour::grey);
    case Kind::close:
      return paint(Colour::yellow);
    case Kind::trouble:
      return paint(Colour::red);
    case Kind::other:
    case Kind::message:
      break;
  }
  return "";
}

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
    for (auto event = events_.cbegin(); event != events_.cend();) event = print_run(event);
    print_latencies();
    print_negotiation();
    print_pings();
    print_silence();
    print_verdict();
  }

 private:
  void add(const Moment& moment, Role from, std::string label, std::string note = "", Kind kind = Kind::other) {
    if (moment.happened()) events_.push_back({moment, from, std::move(label), std::move(note), kind});
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
          std::string("asks to speak WebSocket on this connection") + (compression ? "; offers compression" : ""),
          Kind::handshake);
    add_answer();
  }

  void add_answer() {
    if (session_.outcome == websocket::Outcome::not_http)
      add(session_.response_begins, Role::server, "something else", "no HTTP response: no WebSocket is opened");
    if (session_.outcome != websocket::Outcome::switched && session_.outcome != websocket::Outcome::refused) return;
    const auto& response = session_.response;
    const std::string label = std::to_string(response.status) + " " + printable(response.reason, 30);
    if (!session_.switched())
      return add(session_.response_done, Role::server, label, "refused: no WebSocket is opened", Kind::trouble);
    add(session_.response_done, Role::server, label,
        accept_note() + "; " + lower(negotiation(session_)) + ". " +
            "Same connection, same two ports: only the protocol changed",
        Kind::handshake);
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
    std::string note = heartbeat_note(index, message);
    if (message.fragments > 1) note = "in " + std::to_string(message.fragments) + " fragments";
    if (message.lost != 0) note += (note.empty() ? "" : ", ") + size_in_words(message.lost) + " not captured";
    if (message.trust != websocket::Trust::exact)
      note += (note.empty() ? "" : ", ") + std::string("trust: ") + std::string(websocket::trust_name(message.trust));
    add(moment, message.sender, label, note,
        websocket::is_data(message.type) && !message.heartbeat ? Kind::message : Kind::heartbeat);
  }

  static std::string heartbeat_note(FrameIndex index, const MessageRecord& message) {
    if (message.heartbeat) return "comes again and again";
    if (message.type == websocket::MessageType::pong) {
      const auto ping = ping_of(index);
      if (ping)
        return "answers packet " + std::to_string(store()->number_of(ping->packet)) +
               (ping->round_trip ? " after " + websocket::duration_in_words(*ping->round_trip) : "");
      return is_unsolicited(index, message) ? "unsolicited" : "";
    }
    if (message.type == websocket::MessageType::ping && stayed_unanswered(index, message)) return "never answered";
    return "";
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
    add(moment, message.sender, label, note, Kind::close);
  }

  void add_end() {
    for (const Role role : {Role::client, Role::server}) {
      const bool first = session_.first_fin == role;
      std::string note = first ? "the " + std::string(websocket::role_name(role)) + " closes TCP first" : "";
      if (first && role == Role::server && session_.first_close) note += ", as it should";
      add(session_.end(role).fin, role, "FIN", note);
    }
    add(session_.rst, session_.rst_by, "RST", "TCP aborted", Kind::trouble);
    if (session_.last_ack.happened() && session_.first_fin)
      add(session_.last_ack, *session_.first_fin, "ACK", "TCP is closed");
  }

  void print_heading() const {
    const double lasted = static_cast<double>(session_.last.time - session_.first.time) / 1e9;
    std::printf("%sSession %u   %s%s\n", paint(Kind::handshake), session_.number, printable(entry_.url, 80).c_str(),
                plain());
    std::printf("%s <-> %s   tcp.stream %u   lasted %.3f s\n\n", entry_.address(Role::client).c_str(),
                entry_.address(Role::server).c_str(), entry_.tcp_stream, lasted);
    const std::string client = "client :" + std::to_string(entry_.port(Role::client));
    const std::string server = "server :" + std::to_string(entry_.port(Role::server));
    const std::size_t gap =
        ladder_width > client.size() + server.size() ? ladder_width - client.size() - server.size() : 1;
    std::printf("       time   %s%s%s   packet\n", client.c_str(), std::string(gap, ' ').c_str(), server.c_str());
  }

  using Events = std::vector<Event>;

  static bool is_of_run(const Event& event) { return event.kind == Kind::message || event.kind == Kind::heartbeat; }

  /// Prints the event, or the run of messages that begins with it; returns the one behind.
  Events::const_iterator print_run(Events::const_iterator first) const {
    const auto end = std::find_if_not(first, events_.cend(), is_of_run);
    if (end - first <= static_cast<std::ptrdiff_t>(longest_run)) {
      print_event(*first);
      return first + 1;
    }
    const auto folded = first + run_head;
    const auto tail = end - run_tail;
    for (auto each = first; each != folded; ++each) print_event(*each);
    print_folded(folded, tail);
    for (auto each = tail; each != end; ++each) print_event(*each);
    return end;
  }

  static void print_folded(Events::const_iterator first, Events::const_iterator end) {
    const auto heartbeats = std::count_if(first, end, [](const Event& e) { return e.kind == Kind::heartbeat; });
    const auto of_client = std::count_if(first, end, [](const Event& e) { return e.from == Role::client; });
    std::printf("%*s... %td more, %td of the client and %td of the server; %td of them heartbeats ...\n", 14, "",
                end - first, of_client, (end - first) - of_client, heartbeats);
  }

  void print_event(const Event& event) const {
    const double time = static_cast<double>(event.moment.time - session_.first.time) / 1e9;
    const std::string beginning = rung(event);
    std::printf("%11.6f   %s%s%s %8u", time, paint(event.kind), beginning.c_str(), plain(),
                store()->number_of(event.moment.packet));
    if (event.note.empty()) {
      std::printf("\n");
      return;
    }
    std::printf("  ");
    const std::size_t over = characters(beginning) > ladder_width ? characters(beginning) - ladder_width : 0;
    print_wrapped(event.note, note_column + over, note_column);
  }

  void print_latencies() const {
    const auto steps = websocket::latencies(session_, entry_.connection->inside_tls());
    if (steps.empty()) return;
    const auto most = websocket::slowest(steps);
    std::string text;
    for (const websocket::Latency& each : steps) {
      text += (text.empty() ? "" : ", ") + std::string(websocket::step_in_words(each.step)) + " " +
              websocket::duration_in_words(each.duration);
      if (steps.size() > 1 && each.step == most) text += " (the slowest)";
    }
    std::printf("\n");
    print_wrapped("Opening: " + text + ".", 0, 9);
  }

  void print_negotiation() const {
    for (const std::string& line : websocket::negotiation_lines(session_.request, session_.response))
      print_wrapped(line, 0, 2);
  }

  void print_silence() const {
    if (session_.longest_silence < websocket::notable_silence) return;
    print_wrapped("Longest silence: " + websocket::duration_in_words(session_.longest_silence) + ".", 0, 2);
  }

  void print_pings() const {
    for (const Role role : {Role::client, Role::server}) {
      const websocket::PingStats& pings = session_.end(role).pings;
      if (pings.sent == 0) continue;
      std::string text = "Pings of the " + std::string(websocket::role_name(role)) + ": " + std::to_string(pings.sent) +
                         ", " + std::to_string(pings.answered) + " answered";
      if (pings.round_trips.count() != 0)
        text += ", round trip " + websocket::duration_in_words(pings.round_trips.least()) + " to " +
                websocket::duration_in_words(pings.round_trips.most()) + ", mean " +
                websocket::duration_in_words(pings.round_trips.mean());
      if (pings.intervals.count() != 0)
        text += "; every " + websocket::duration_in_words(pings.intervals.mean()) + ", jitter " +
                websocket::duration_in_words(pings.intervals.spread());
      print_wrapped(text + ".", 0, 2);
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
    std::string text = websocket::verdict(session_, *store()) + " " + std::to_string(messages) +
                       (messages == 1 ? " message, " : " messages, ") + bytes + ".";
    for (const Role role : {Role::client, Role::server}) text += losses(role);
    const std::vector<websocket::RuleBroken> rules = store()->rules_of(session_);
    if (std::all_of(rules.begin(), rules.end(), is_note)) text += " No rule broken.";
    std::printf("\n%s", bold());
    print_wrapped(text, 0, 0);
    std::printf("%s", plain());
    for (const websocket::RuleBroken& broken : rules) print_wrapped("  " + in_words(broken), 0, 4);
    std::printf("\n");
  }

  std::string losses(Role role) const {
    const auto& end = session_.end(role);
    const std::string who(websocket::role_name(role));
    std::string text;
    if (end.lost != 0)
      text += " The capture lacks " + std::to_string(end.lost) + " bytes of what the " + who + " sent.";
    if (end.unframed != 0)
      text += " " + std::to_string(end.unframed) + " bytes of the " + who +
              " are not decoded: something missing in front of them hides where frames begin.";
    return text;
  }

  static bool is_note(const websocket::RuleBroken& broken) {
    return websocket::rule_info(broken.rule).severity == websocket::Severity::note;
  }

  static std::string in_words(const websocket::RuleBroken& broken) {
    const websocket::RuleInfo& info = websocket::rule_info(broken.rule);
    const std::string times = broken.count == 1 ? "" : std::to_string(broken.count) + " times, first in ";
    return std::string(websocket::severity_name(info.severity)) + " by the " +
           std::string(websocket::role_name(broken.by)) + ", " + times + "packet " +
           std::to_string(store()->number_of(broken.first_packet)) + ": " + std::string(info.sentence) + " (" +
           std::string(info.section) + ")";
  }

  static std::string printable(const std::string& text, std::size_t most) {
    return websocket::printable_text(websocket::as_bytes(text), most);
  }

  static std::string lower(std::string text) {
    if (!text.empty() && text[0] >= 'A' && text[0] <= 'Z') text[0] = static_cast<char>(text[0] - 'A' + 'a');
    return text;
  }

  static std::string since(const Moment& from, const Moment& to) {
    if (!from.happened()) return "an unknown time";
    return websocket::duration_in_words(to.time - from.time);
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
  for_each_message(packet_of(tap_data), [&](const MessageRecord& message) {
    if (message.type != websocket::MessageType::text) return;
    std::uint8_t bytes[preview_bytes];
    const std::size_t size = beginning_of_message(pinfo, message, bytes, sizeof bytes);
    if (size != 0) keep_preview(message.last_frame, bytes, size);
  });
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
