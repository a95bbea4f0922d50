// SPDX-License-Identifier: GPL-2.0-or-later
#include "har_entry.h"

#include <ctime>
#include <optional>

#include "har_head.h"
#include "json_line.h"
#include "verdict.h"
#include "words.h"

namespace wslens {
namespace {

using websocket::Moment;
using websocket::Outcome;
using websocket::Role;
using websocket::Session;

using Duration = std::optional<std::int64_t>;  ///< empty: not known, or the capture has the two in the wrong order

constexpr std::int64_t nanoseconds_per_second = 1'000'000'000;

Duration between(const Moment& from, const Moment& to) {
  if (!from.happened() || !to.happened() || to.time < from.time) return std::nullopt;
  return to.time - from.time;
}

/// HAR 1.2's phases. They follow each other from har_start() on; `ssl` is a part of `connect`.
struct Timings {
  Duration blocked, connect, ssl, send, wait, receive;
  [[nodiscard]] std::int64_t sum() const {
    std::int64_t all = 0;
    for (const Duration& each : {blocked, connect, send, wait, receive}) all += each.value_or(0);
    return all;
  }
};

Duration tcp_handshake(const Session& s) { return s.owns_tcp_handshake() ? between(s.syn, s.ack) : std::nullopt; }

Timings timings_of(const Session& s, bool tls) {
  Timings t;
  if (s.late_start) {
    t.receive = between(s.first, s.last);
    return t;
  }
  t.connect = tcp_handshake(s);
  if (t.connect && s.first_on_connection) {
    const Duration until_request = between(s.ack, s.request_begins);
    (tls ? t.ssl : t.blocked) = until_request;
    if (tls) t.connect = *t.connect + until_request.value_or(0);
  }
  t.send = between(s.request_begins, s.request_done);
  t.wait = between(s.request_done, s.response_begins);
  t.receive = between(s.response_begins, s.last);
  return t;
}

std::string object_of(const Timings& t) {
  JsonLine timings;
  const auto add = [&](const char* key, const Duration& duration) {
    duration ? timings.milliseconds(key, *duration) : timings.raw(key, "-1");
  };
  add("blocked", t.blocked);
  add("dns", std::nullopt);
  add("connect", t.connect);
  add("ssl", t.ssl);
  add("send", t.send);
  add("wait", t.wait);
  add("receive", t.receive);
  return timings.take();
}

/// RFC 3339, UTC, with microseconds: more digits than that are refused by some readers.
std::string iso_time(std::int64_t nanoseconds) {
  std::int64_t seconds = nanoseconds / nanoseconds_per_second;
  std::int64_t rest = nanoseconds % nanoseconds_per_second;
  if (rest < 0) {
    rest += nanoseconds_per_second;
    --seconds;
  }
  const auto time = static_cast<std::time_t>(seconds);
  std::tm parts{};
  gmtime_r(&time, &parts);
  char day[40];
  if (std::strftime(day, sizeof day, "%Y-%m-%dT%H:%M:%S", &parts) == 0) return "1970-01-01T00:00:00.000000Z";
  char text[60];
  std::snprintf(text, sizeof text, "%s.%06dZ", day, static_cast<int>(rest / 1000));
  return text;
}

bool is_answered(const Session& s) {
  return !s.late_start && (s.outcome == Outcome::switched || s.outcome == Outcome::refused);
}

/// A WebSocket is asked for by GET (RFC 6455 §4.1), so that much is known even if the request is not.
std::string request_of(const SessionEntry& entry, const HarNotes& notes) {
  const std::string& method = entry.session.request.method;
  JsonLine request;
  request.text("method", method.empty() ? "GET" : method).text("url", entry.url);
  return request.members(notes.request_members.empty() ? har_unknown_request_members() : notes.request_members).take();
}

std::string response_of(const Session& s, const HarNotes& notes) {
  JsonLine response;
  const bool answered = is_answered(s) && !notes.response_members.empty();
  response.number("status", answered ? s.response.status : 0).text("statusText", answered ? s.response.reason : "");
  return response.members(answered ? notes.response_members : har_unknown_response_members()).take();
}

class Comment {
 public:
  void add_if(bool condition, std::string_view sentence) {
    if (!condition) return;
    if (!text_.empty()) text_ += ' ';
    text_ += sentence;
  }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string text_;
};

/// What is not as it looks.
std::string comment_of(const Session& s, const HarNotes& notes) {
  Comment comment;
  comment.add_if(s.late_start,
                 "The capture begins after the opening handshake: path, header fields and answer are not known.");
  comment.add_if(!s.late_start && s.request.cut, "The end of the request's head is not in the capture.");
  comment.add_if(s.outcome == Outcome::waiting, "No answer is in the capture.");
  comment.add_if(s.outcome == Outcome::not_captured, "The answer is not in the capture.");
  comment.add_if(s.outcome == Outcome::not_http, "What the server answered is not HTTP.");
  comment.add_if(is_answered(s) && s.response.cut, "The end of the answer's head is not in the capture.");
  comment.add_if(notes.websocket_disabled, "The protocol WebSocket is disabled: there are no messages here.");
  comment.add_if(s.switched() && !s.complete(),
                 "Bytes of the session are not in the capture or could not be decoded: messages may be missing.");
  comment.add_if(notes.incomplete_messages != 0,
                 "Not whole: " + counted(notes.incomplete_messages, "message") + ", with the type \"error\".");
  comment.add_if(notes.messages_not_utf8 != 0,
                 "Not UTF-8: " + counted(notes.messages_not_utf8, "text") + ", with the bytes in _base64.");
  return comment.text();
}

std::string both(std::uint64_t client, std::uint64_t server) {
  JsonLine line;
  return line.number("client", client).number("server", server).take();
}

void add_marks(JsonLine& line, const SessionEntry& entry) {
  const Session& s = entry.session;
  line.number("_session", s.number).number("_tcp_stream", entry.tcp_stream);
  line.text("_client", entry.address(Role::client)).text("_server", entry.address(Role::server));
  line.text("_trust", websocket::trust_name(s.trust));
  const auto& client = s.end(Role::client);
  const auto& server = s.end(Role::server);
  if (client.lost + server.lost != 0) line.raw("_lost", both(client.lost, server.lost));
  if (client.unframed + server.unframed != 0) line.raw("_unframed", both(client.unframed, server.unframed));
  line.text("_state", websocket::session_state_name(websocket::session_state(s)));
  line.text("_verdict", websocket::verdict(s, *store()));
}

}  // namespace

std::int64_t har_start(const Session& s) {
  if (tcp_handshake(s)) return s.syn.time;
  return s.request_begins.happened() ? s.request_begins.time : s.first.time;
}

std::string har_entry_members(const SessionEntry& entry, const HarNotes& notes) {
  const Session& s = entry.session;
  const Timings timings = timings_of(s, entry.connection->inside_tls());
  JsonLine line;
  line.text("startedDateTime", iso_time(har_start(s))).milliseconds("time", timings.sum());
  line.raw("request", request_of(entry, notes)).raw("response", response_of(s, notes)).raw("cache", "{}");
  line.raw("timings", object_of(timings));
  line.text("serverIPAddress", entry.connection->host[entry.side(Role::server)]);
  line.text("connection", std::to_string(entry.port(Role::server)));
  line.text("_resourceType", "websocket");
  add_marks(line, entry);
  const std::string comment = comment_of(s, notes);
  if (!comment.empty()) line.text("comment", comment);
  return line.take_members();
}

}  // namespace wslens
