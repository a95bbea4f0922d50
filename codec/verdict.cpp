// SPDX-License-Identifier: GPL-2.0-or-later
#include "verdict.h"

#include <array>
#include <cstdio>

#include "close_code.h"
#include "handshake_failure.h"
#include "utf8.h"

namespace websocket {
namespace {

class Verdict {
 public:
  Verdict(const Session& session, const PacketNumbers& packets) : session_(session), packets_(packets) {}

  std::string sentence() const {
    if (std::string failure = handshake_failure(session_, packets_); !failure.empty()) return failure;
    if (session_.outcome == Outcome::waiting) return still_opening();
    if (session_.outcome == Outcome::not_captured)
      return "Not known: the answer to the upgrade request is missing from the capture, or cut in it.";
    return session_.tcp_ended() ? ended() : still_there();
  }

 private:
  const EndOfSession& end(Role role) const { return session_.end(role); }
  std::string packet(const Moment& moment) const { return std::to_string(packets_.number_of(moment.packet)); }
  static std::string the(Role role) { return "the " + std::string(role_name(role)); }
  bool closed_by(Role role) const { return end(role).close.moment.happened(); }

  std::string still_opening() const {
    if (session_.request.cut)
      return "Still opening: the capture does not have all of the upgrade request, nor an answer to it.";
    return "Still opening: the capture ends before the server answered the upgrade request.";
  }

  std::string still_there() const {
    if (session_.first_close)
      return "Closing: " + the(*session_.first_close) + " began the closing handshake in packet " +
             packet(end(*session_.first_close).close.moment) + "; the capture ends before it was finished.";
    if (session_.first_fin)
      return "Closing: " + the(*session_.first_fin) + " ended its half of the TCP connection (FIN, packet " +
             packet(end(*session_.first_fin).fin) + ") without a Close frame; the capture ends there.";
    return "Still open when the capture ends.";
  }

  std::string ended() const {
    if (closed_by(Role::client) && closed_by(Role::server)) {
      for (const Role role : {Role::client, Role::server})
        if (gave_up_on_peer(session_, role)) return gave_up(role);
      return clean();
    }
    if (session_.first_close) return unanswered_close();
    if (hidden())
      return "Ended: " + tcp_end() + "; a Close frame may be among the bytes that the capture does not have.";
    return "Not closed cleanly: " + tcp_end() + " without any Close frame, as when a program ends or dies." + before() +
           reports();
  }

  std::string gave_up(Role role) const {
    const EndOfSession& mine = end(role);
    const std::string tcp = mine.fin.happened() ? "ended TCP (FIN, packet " + packet(mine.fin) + ")"
                                                : "aborted TCP (RST, packet " + packet(session_.rst) + ")";
    return "Not closed cleanly: " + the(role) + " sent Close " + with_code(mine.close) + " in packet " +
           packet(mine.close.moment) + ", and " + tcp + " without waiting for the answer." + before() + reports();
  }

  // ---- what had gone before

  std::string before() const { return fault() + too_big() + silence() + idle(); }

  /// A Ping without a Pong is how one end finds the other dead.
  std::string silence() const {
    constexpr Nanoseconds worth_saying = 1'000'000'000;
    for (const Role role : {Role::client, Role::server}) {
      const Moment& ping = end(role).pings.oldest_open;
      const bool complete = !hidden() && end(role).pings.given_up == 0;
      const Nanoseconds waited = beginning_of_end().time - ping.time;
      if (ping.happened() && complete && waited >= worth_saying)
        return " A Ping of " + the(role) + " (packet " + packet(ping) + ") had gone unanswered for " +
               duration_in_words(waited) + ".";
    }
    return "";
  }

  Role who_ended() const {
    if (session_.first_close) return *session_.first_close;
    return session_.rst.happened() && !session_.first_fin ? session_.rst_by : session_.first_fin.value_or(Role::client);
  }

  Moment beginning_of_end() const {
    if (session_.first_close) return end(*session_.first_close).close.moment;
    return session_.first_fin ? end(*session_.first_fin).fin : session_.rst;
  }

  /// A broken rule in the packets before is what an end most often gives up on.
  std::string fault() const {
    const Role culprit = other(who_ended());
    const CloseSeen& close = end(who_ended()).close;
    if (close.code && !fails_connection(*close.code)) return "";
    for (const RuleBroken& broken : session_.rules) {
      const bool matters = broken.by == culprit && rule_info(broken.rule).severity == Severity::error;
      const bool earlier = broken.first_packet != no_packet && broken.first_packet > session_.response_done.packet &&
                           broken.first_packet <= beginning_of_end().packet;
      if (matters && earlier)
        return " Before that, " + the(culprit) + " had broken a rule: " + std::string(rule_info(broken.rule).id) +
               " (packet " + packet({broken.first_packet, 0}) + ").";
    }
    return "";
  }

  std::string too_big() const {
    constexpr std::uint16_t message_too_big = 1009;
    const Role by = who_ended();
    const CloseSeen& close = end(by).close;
    if (close.code != message_too_big || hidden()) return "";
    const std::string who = the(other(by));
    if (close.peer_announced != 0)
      return " Just then " + who + " was sending a frame of " + std::to_string(close.peer_announced) + " bytes.";
    if (close.peers_last_length == 0) return "";
    return " The last message of " + who + " had " + std::to_string(close.peers_last_length) + " bytes.";
  }

  std::string idle() const {
    const Moment& last = session_.last_bytes.happened() ? session_.last_bytes : session_.response_done;
    if (!last.happened() || hidden()) return "";
    const Nanoseconds quiet = beginning_of_end().time - last.time;
    if (quiet < notable_silence) return "";
    return " Nothing had been sent for " + duration_in_words(quiet) + " before.";
  }

  bool hidden() const { return !session_.complete(); }

  std::string tcp_end() const {
    if (session_.first_fin && !(session_.rst.happened() && !end(*session_.first_fin).fin.happened()))
      return the(*session_.first_fin) + " ended the TCP connection (FIN, packet " +
             packet(end(*session_.first_fin).fin) + ")";
    return the(session_.rst_by) + " aborted the TCP connection (RST, packet " + packet(session_.rst) + ")";
  }

  std::string clean() const {
    const Role first = session_.first_close.value_or(Role::client);
    std::string text = "Closed cleanly: " + the(first) + " began the closing handshake, " + codes(first) + echo(first) +
                       "." + before() + reports();
    if (session_.rst.happened())
      text += " Afterwards " + the(session_.rst_by) + " aborted TCP with RST (packet " + packet(session_.rst) + ").";
    return text;
  }

  std::string codes(Role first) const {
    const auto& a = end(first).close;
    const auto& b = end(other(first)).close;
    if (a.body_known && b.body_known && !a.code && !b.code)
      return "and neither side gave a code" + std::string(echo(first).empty() ? "" : "; the answer came");
    if (a.code && a.code == b.code) return with_code(a) + ", and " + the(other(first)) + " answered the same";
    return with_code(a) + "; " + the(other(first)) + " answered " + with_code(b);
  }

  std::string echo(Role first) const {
    const auto waited = first == session_.first_close ? close_echo(session_) : std::nullopt;
    return waited && *waited > 0 ? " after " + duration_in_words(*waited) : "";
  }

  static std::string with_code(const CloseSeen& close) {
    if (!close.body_known) return "with a body that the capture does not have";
    if (!close.code) return "without a code";
    std::string text =
        "with code " + std::to_string(*close.code) + " (" + std::string(close_code_info(*close.code).name) + ")";
    if (!close.reason.empty()) text += " and reason \"" + printable_text(as_bytes(close.reason), 40) + "\"";
    return text;
  }

  std::string unanswered_close() const {
    const Role first = *session_.first_close;
    const std::string began =
        the(first) + " sent Close " + with_code(end(first).close) + " in packet " + packet(end(first).close.moment);
    if (hidden()) return "Ended: " + began + "; an answer may be among the bytes that the capture does not have.";
    return "Not closed cleanly: " + began + ", and " + the(other(first)) + " never answered it; " + tcp_end() + "." +
           before() + reports();
  }

  std::string reports() const {
    const auto client = api_code(session_, Role::client);
    const auto server = api_code(session_, Role::server);
    if (!client || !server) return "";
    if (*client == *server) return " Both programs report " + std::to_string(*client) + ".";
    return " The client's program reports " + std::to_string(*client) + ", the server's " + std::to_string(*server) +
           ".";
  }

  const Session& session_;
  const PacketNumbers& packets_;
};

std::string failure_in_short(const Session& session) {
  if (session.outcome == Outcome::waiting) return "no answer";
  return session.outcome == Outcome::not_http ? "answer is no HTTP"
                                              : "answer " + std::to_string(session.response.status);
}

std::string close_in_short(const Session& session) {
  if (!session.first_close) return "no Close";
  const CloseSeen& close = session.end(*session.first_close).close;
  if (!close.body_known) return "code not captured";
  return close.code ? std::to_string(*close.code) : "no code";
}

}  // namespace

std::string duration_in_words(Nanoseconds duration) {
  constexpr double second = 1e9;
  const auto nanoseconds = static_cast<double>(duration);
  std::array<char, 40> text{};
  if (nanoseconds >= 100 * second)
    std::snprintf(text.data(), text.size(), "%.0f s", nanoseconds / second);
  else if (nanoseconds >= second)
    std::snprintf(text.data(), text.size(), "%.3g s", nanoseconds / second);
  else
    std::snprintf(text.data(), text.size(), "%.3g ms", nanoseconds / 1e6);
  return text.data();
}

std::string verdict(const Session& session, const PacketNumbers& packets) {
  return Verdict(session, packets).sentence();
}

std::string ending_in_short(const Session& session) {
  const SessionState state = session_state(session);
  if (state == SessionState::failed) return failure_in_short(session);
  if (state != SessionState::closed) return "";
  const auto clean = closed_cleanly(session);
  if (!clean) return "not known";
  return (*clean ? "cleanly, " : "not cleanly, ") + close_in_short(session);
}

}  // namespace websocket
