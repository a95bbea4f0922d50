// SPDX-License-Identifier: GPL-2.0-or-later
/// -z wslens,har: one HAR 1.2 document with an entry for each session and its messages, as browsers write and read it.
///
/// Sessions interleave and a HAR does not, so the messages wait in a spool, ready to be printed. A filter selects whole
/// sessions, so all messages are spooled.
#include <epan/tap.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <utility>

#include "feed.h"
#include "har_entry.h"
#include "har_head.h"
#include "har_message.h"
#include "json_line.h"
#include "message_walk.h"
#include "reports.h"
#include "spool.h"
#include "taps.h"
#include "utf8.h"

namespace wslens {
namespace {

using websocket::Bytes;
using websocket::Role;

constexpr std::size_t most_in_memory = std::size_t{8} * 1024 * 1024;

/// Nothing is printed: a part of a HAR is none.
[[noreturn]] void fail(const std::string& why) {
  std::fprintf(stderr, "%s: -z wslens,har: %s\n", g_get_prgname(), why.c_str());
  std::exit(1);
}

/// Of one session.
struct Spooled {
  SpoolChain heads;                    ///< members of the request, then of the response
  std::array<SpoolChain, 2> messages;  ///< of each role: the order in a direction is that of its sender
  std::array<SpoolChain, 2> control_frames;
  std::uint64_t incomplete_messages = 0;
  std::uint64_t messages_not_utf8 = 0;
};

/// A time in front of JSON, so that the two directions can be merged.
std::string with_time(std::int64_t time, const std::string& json) {
  return std::string(reinterpret_cast<const char*>(&time), sizeof time) + json;
}

class Har final : public HeadSink {
 public:
  void add_head(SessionIndex session, const websocket::HttpHead& head) override {
    append(of(session).heads, (head.is_request ? "q" : "a") + har_head_members(head));
  }
  void add_message(const MessageRecord& message, Bytes data) {
    Spooled& spooled = of(message.session);
    const auto sender = static_cast<std::size_t>(message.sender);
    if (!websocket::is_data(message.type))
      return append(spooled.control_frames[sender], with_time(message.last_time, har_control_frame(message, data)));
    if (!is_whole(message))
      ++spooled.incomplete_messages;
    else if (message.type == websocket::MessageType::text && !websocket::is_utf8(data))
      ++spooled.messages_not_utf8;
    append(spooled.messages[sender], with_time(message.last_time, har_message(message, data)));
  }
  void packet(packet_info* pinfo, PacketIndex packet) {
    walk_.packet(pinfo, packet, [this](const MessageRecord& message, Bytes data) { add_message(message, data); });
  }
  void rest() {
    if (std::exchange(rest_added_, true)) return;
    walk_.rest([this](const MessageRecord& message, Bytes data) { add_message(message, data); });
  }
  /// The packets come again. The heads do not.
  void forget_messages() {
    walk_ = MessageWalk();
    rest_added_ = false;
    for (Spooled& spooled : sessions_) {
      for (SpoolChain& chain : spooled.messages) spool_.forget(chain);
      for (SpoolChain& chain : spooled.control_frames) spool_.forget(chain);
      spooled.incomplete_messages = spooled.messages_not_utf8 = 0;
    }
  }
  void print(const std::vector<SessionIndex>& sessions);

 private:
  Spooled& of(SessionIndex session) {
    while (sessions_.size() <= session) sessions_.emplace_back();
    return sessions_[session];
  }
  void append(SpoolChain& chain, const std::string& record) {
    if (!spool_.append(chain, record)) fail(spool_.error());
  }
  void print_entry(const SessionEntry& entry);
  HarNotes notes_of(const Spooled& spooled);
  void print_items(const char* key, const std::array<SpoolChain, 2>& chains);

  Spool spool_{most_in_memory};
  std::deque<Spooled> sessions_;  ///< chains may not move
  MessageWalk walk_;
  bool rest_added_ = false;
};

void put(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size())
    fail("standard output cannot be written: " + std::string(g_strerror(errno)));
}

/// The records of one direction, one of which is at hand.
class Direction {
 public:
  Direction(Spool& spool, const SpoolChain& chain) : reader_(spool, chain) { advance(); }
  [[nodiscard]] bool ended() const { return record_.empty(); }
  /// When it was there for the application: not before those in front of it.
  [[nodiscard]] std::int64_t time() const { return time_; }
  [[nodiscard]] std::string_view json() const { return std::string_view(record_).substr(sizeof(std::int64_t)); }
  void advance() {
    if (!reader_.next(record_)) return record_.clear();
    std::int64_t time = 0;
    std::memcpy(&time, record_.data(), sizeof time);
    time_ = std::max(time_, time);
  }

 private:
  SpoolReader reader_;
  std::string record_;
  std::int64_t time_ = INT64_MIN;
};

/// Both directions in one list, by time; an item a line.
void Har::print_items(const char* key, const std::array<SpoolChain, 2>& chains) {
  Direction client(spool_, chains[static_cast<std::size_t>(Role::client)]);
  Direction server(spool_, chains[static_cast<std::size_t>(Role::server)]);
  put(std::string(",\"") + key + "\":[");
  for (const char* before = "\n"; !client.ended() || !server.ended(); before = ",\n") {
    const bool clients_turn = server.ended() || (!client.ended() && client.time() <= server.time());
    Direction& next = clients_turn ? client : server;
    put(before);
    put(next.json());
    next.advance();
  }
  put("]");
  if (!spool_.error().empty()) fail(spool_.error());
}

HarNotes Har::notes_of(const Spooled& spooled) {
  HarNotes notes;
  notes.incomplete_messages = spooled.incomplete_messages;
  notes.messages_not_utf8 = spooled.messages_not_utf8;
  notes.websocket_disabled = !websocket_enabled();
  SpoolReader heads(spool_, spooled.heads);
  for (std::string head; heads.next(head);)
    (head[0] == 'q' ? notes.request_members : notes.response_members) = head.substr(1);
  return notes;
}

void Har::print_entry(const SessionEntry& entry) {
  const Spooled& spooled = of(entry.session.number);
  put("{" + har_entry_members(entry, notes_of(spooled)));
  print_items("_webSocketMessages", spooled.messages);
  print_items("_webSocketControlFrames", spooled.control_frames);
  put("}");
}

std::string creator() {
  JsonLine line;
  return line.text("name", "WebSocket Lens").text("version", WSLENS_VERSION).take();
}

/// As the HAR specification likes them best.
std::vector<SessionIndex> by_start(std::vector<SessionIndex> sessions) {
  std::stable_sort(sessions.begin(), sessions.end(), [](SessionIndex a, SessionIndex b) {
    return har_start(store()->session(a).session) < har_start(store()->session(b).session);
  });
  return sessions;
}

std::string log_comment() {
  const std::uint64_t missing = store() == nullptr ? 0 : store()->sessions_not_followed();
  if (missing == 0) return {};
  JsonLine line;
  line.text("comment",
            std::to_string(missing) + " WebSockets more were not followed: see the preference wslens.sessions.");
  return line.take_members() + ",";
}

void Har::print(const std::vector<SessionIndex>& sessions) {
  if (store() != nullptr) rest();
  put(R"({"log":{"version":"1.2","creator":)" + creator() + R"(,"pages":[],)" + log_comment() + R"("entries":[)");
  const char* before = "\n";
  for (const SessionIndex session : by_start(sessions)) {
    put(before);
    print_entry(store()->session(session));
    before = ",\n";
  }
  put("\n]}}\n");
  if (std::fflush(stdout) != 0) fail("standard output cannot be written: " + std::string(g_strerror(errno)));
}

Har* the_har = nullptr;  ///< lives as long as the program

tap_packet_status messages_known(void*, packet_info* pinfo, epan_dissect_t*, const void* tap_data, tap_flags_t) {
  the_har->packet(pinfo, packet_of(tap_data));
  return TAP_PACKET_DONT_REDRAW;
}

void forget_messages(void*) { the_har->forget_messages(); }

void print(const std::vector<SessionIndex>& sessions) { the_har->print(sessions); }

}  // namespace

void start_har(const char* filter) {
  if (the_har != nullptr) fail("can be asked for once: standard output holds one document");
  the_har = new Har;
  send_heads_to(the_har);
  // Without the filter: it chooses sessions, and those are whole.
  const GString* error = register_tap_listener(message_tap_name, the_har, nullptr, TL_REQUIRES_NOTHING, forget_messages,
                                               messages_known, nullptr, nullptr);
  check_filter("har", nullptr, error == nullptr ? nullptr : error->str);
  start_session_report("har", filter, print);
}

}  // namespace wslens
