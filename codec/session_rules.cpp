// SPDX-License-Identifier: GPL-2.0-or-later
#include "session_rules.h"

#include <algorithm>

#include "close_code.h"
#include "reaction.h"

namespace websocket {
namespace {

class Judge {
 public:
  Judge(const Session& session, std::optional<Nanoseconds> capture_end) : s_(session), capture_end_(capture_end) {}

  std::vector<RuleBroken> rules() {
    if (s_.outcome == Outcome::waiting) judge_silence();
    if (!s_.switched()) return std::move(broken_);
    judge_use_of_answer();
    for (const Role role : {Role::client, Role::server}) {
      judge_compression(role);
      judge_reaction(role);
      judge_open_message(role);
    }
    if (answer_unusable(s_) || s_.late_start || s_.bytes_awaited) return std::move(broken_);
    judge_closing();
    return std::move(broken_);
  }

 private:
  const EndOfSession& end(Role role) const { return s_.end(role); }
  const CloseSeen& close(Role role) const { return end(role).close; }
  bool closed(Role role) const { return close(role).moment.happened(); }
  bool all_closed() const { return closed(Role::client) && closed(Role::server); }

  void broke(Rule rule, Role by, const Moment& moment) {
    RuleBroken broken{rule, by, 1, moment.packet};
    broken.of_session = true;
    broken_.push_back(broken);
  }

  // ---- opening

  void judge_silence() {
    const bool server_seen =
        s_.syn_ack.happened() || end(Role::server).fin.happened() || (s_.rst.happened() && s_.rst_by == Role::server);
    if (session_state(s_) != SessionState::failed || s_.bytes_awaited || s_.answer_hidden || !server_seen) return;
    broke(Rule::handshake_unanswered, Role::server, beginning_of_end());
  }

  /// §4.1: on these faults "the client MUST _Fail the WebSocket Connection_". What it sent early it may not have meant
  /// so.
  void judge_use_of_answer() {
    const EndOfSession& client = end(Role::client);
    if (answer_is_fatal(s_) && client.messages != 0 && !client.early_data)
      broke(Rule::invalid_response_used, Role::client, client.first_frame);
  }

  // ---- messages

  void judge_compression(Role role) {
    constexpr std::uint32_t enough = 16;
    const CompressionStats& stats = end(role).compression;
    if (stats.messages < enough || stats.compressed <= stats.inflated) return;
    broke(Rule::compression_enlarges, role, s_.last_data);
  }

  void judge_open_message(Role role) {
    const EndOfSession& mine = end(role);
    if (mine.open_fault.happened()) broke(Rule::text_not_utf8, role, mine.open_fault);
    // Nobody has to finish what the peer does not read any more.
    const bool peer_left = s_.first_fin == other(role) || (s_.rst.happened() && s_.rst_by == other(role)) ||
                           (s_.first_close == other(role) && !mine.ended_before_peers_close);
    const bool gave_up = end(other(role)).fault.happened();
    if (s_.inside || s_.bytes_awaited || peer_left || gave_up || !mine.complete()) return;
    if (mine.unfinished_frame) broke(Rule::frame_unfinished, role, mine.fin);
    if (mine.unfinished_message) broke(Rule::message_unfinished, role, mine.fin);
  }

  void judge_reaction(Role culprit) {
    const auto reaction = reaction_to(s_, culprit);
    if (!reaction) return;
    const Role peer = other(culprit);
    if (reaction->kind == ReactionKind::went_on && rule_info(reaction->rule).fatal)
      broke(Rule::violation_not_failed, peer, reaction->moment);
    if (is_over_fault(*reaction)) broke(Rule::failed_without_close, peer, reaction->moment);
  }

  /// TCP ended at once: what comes much later may have another cause.
  static bool is_over_fault(const Reaction& reaction) {
    constexpr Nanoseconds at_once = 1'000'000'000;
    return reaction.kind == ReactionKind::ended_tcp && reaction.after <= at_once;
  }

  // ---- closing

  void judge_closing() {
    judge_pong_data(Role::client);
    judge_pong_data(Role::server);
    if (s_.first_close) {
      judge_answer(*s_.first_close);
      judge_pings(*s_.first_close);
      judge_refused_fragments(*s_.first_close);
    }
    if (!all_closed())
      judge_missing_handshake();
    else
      judge_end_of_tcp();
  }

  void judge_answer(Role first) {
    const Role second = other(first);
    if (!closed(second)) return judge_missing_answer(second);
    if (!close(second).had_peers) return;  // nobody knows whether it is an answer
    if (!*close(second).had_peers) {
      broke(Rule::close_crossed, first, close(second).moment);
      broke(Rule::close_crossed, second, close(second).moment);
    } else if (answers_another_code(close(first), close(second))) {
      broke(Rule::close_code_not_echoed, second, close(second).moment);
    }
  }

  /// Who fails the connection says why, and echoes nothing.
  static bool answers_another_code(const CloseSeen& first, const CloseSeen& second) {
    return first.code && second.code && first.code != second.code && !fails_connection(*second.code);
  }

  /// §5.5.1: "If an endpoint receives a Close frame and did not previously send a Close frame, the endpoint MUST send a
  /// Close frame in response." Its FIN shows what it had received.
  void judge_missing_answer(Role second) {
    const EndOfSession& mine = end(second);
    // Who gives up over an error answers nothing any more (§7.1.7).
    const Fault& fault = end(other(second)).fault;
    if (fault.happened() && fault.moment.packet <= close(other(second)).moment.packet) return;
    if (s_.inside || !mine.fin.happened() || mine.ended_before_peers_close || !mine.complete()) return;
    if (mine.fin.packet > close(other(second)).moment.packet) broke(Rule::close_unanswered, second, mine.fin);
  }

  /// §5.5.2. Who answered the Close had read what came before it.
  void judge_pings(Role first) {
    const PingStats& pings = end(first).pings;
    if (!s_.complete() || pings.given_up != 0 || !pings.oldest_open.happened()) return;
    if (is_ordinary_answer(close(other(first)), close(first)))
      broke(Rule::ping_unanswered, other(first), close(other(first)).moment);
  }

  /// §5.5.3. A Pong that resembles a Ping may be one that nobody asked for: its own must have stayed away.
  void judge_pong_data(Role pinger) {
    const PingStats& pings = end(pinger).pings;
    if (pings.near_ping == no_packet || !s_.complete()) return;
    const bool waits = pings.oldest_open.happened() && pings.oldest_open.packet <= pings.near_ping;
    const bool never = s_.first_close == pinger && is_ordinary_answer(close(other(pinger)), close(pinger));
    if (!waits || never) broke(Rule::pong_data_differs, other(pinger), pings.near_miss);
  }

  /// §5.4: who speaks WebSocket must take fragments.
  void judge_refused_fragments(Role first) {
    constexpr std::uint16_t protocol_error = 1002;
    const CloseSeen& mine = close(first);
    if (mine.code != protocol_error || mine.peer_fragments == 0 || !s_.complete()) return;
    const auto is_peers_error = [&](const RuleBroken& broken) {
      return broken.by == other(first) && rule_info(broken.rule).severity == Severity::error;
    };
    if (std::none_of(s_.rules.begin(), s_.rules.end(), is_peers_error))
      broke(Rule::fragmentation_refused, first, mine.moment);
  }

  void judge_missing_handshake() {
    if (!s_.tcp_ended() || !s_.complete()) return;
    const Role ended_it = who_ended_tcp();
    broke(Rule::tcp_ended_without_close, ended_it, beginning_of_end());
    const auto reaction = reaction_to(s_, Role::server);
    const bool had_reason = (reaction && is_over_fault(*reaction)) || s_.first_close;
    if (s_.first_fin == Role::client && !had_reason)
      broke(Rule::closing_handshake_skipped, Role::client, beginning_of_end());
  }

  /// §7.1.1: "the server MUST close TCP first", and at once.
  void judge_end_of_tcp() {
    const Moment& last_close = later(close(Role::client).moment, close(Role::server).moment);
    if (s_.rst.happened() && s_.rst.packet > last_close.packet && !end(s_.rst_by).fin.happened())
      broke(Rule::rst_after_close, s_.rst_by, s_.rst);
    if (s_.first_fin == Role::client) {
      const Moment& fin = end(Role::client).fin;
      if (s_.tcp_ended() && fin.packet > last_close.packet) broke(Rule::tcp_closed_by_client_first, Role::client, fin);
      return;
    }
    judge_delay(last_close);
  }

  void judge_delay(const Moment& last_close) {
    constexpr Nanoseconds patience = Nanoseconds{3} * 1'000'000'000;
    const Moment& fin = end(Role::server).fin;
    if (fin.happened()) {
      if (fin.time - last_close.time > patience) broke(Rule::tcp_kept_open_after_close, Role::server, fin);
    } else if (!s_.rst.happened() && capture_end_ && *capture_end_ - last_close.time > patience) {
      broke(Rule::tcp_kept_open_after_close, Role::server, last_close);
    }
  }

  static const Moment& later(const Moment& a, const Moment& b) { return a.packet > b.packet ? a : b; }

  Role who_ended_tcp() const { return s_.first_fin ? *s_.first_fin : s_.rst_by; }
  const Moment& beginning_of_end() const { return s_.first_fin ? end(*s_.first_fin).fin : s_.rst; }

  const Session& s_;
  std::optional<Nanoseconds> capture_end_;
  std::vector<RuleBroken> broken_;
};

}  // namespace

std::vector<RuleBroken> session_rules(const Session& session, std::optional<Nanoseconds> capture_end) {
  return Judge(session, capture_end).rules();
}

std::vector<RuleBroken> all_rules(const Session& session, std::optional<Nanoseconds> capture_end) {
  std::vector<RuleBroken> all = session.rules;
  const std::vector<RuleBroken> more = session_rules(session, capture_end);
  all.insert(all.end(), more.begin(), more.end());
  std::stable_sort(all.begin(), all.end(), [](const RuleBroken& a, const RuleBroken& b) { return a.rule < b.rule; });
  return all;
}

}  // namespace websocket
