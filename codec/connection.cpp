// SPDX-License-Identifier: GPL-2.0-or-later
#include "connection.h"

#include "ordinary_request.h"

namespace websocket {
namespace {

/// How far ahead the first segment of a connection may be and still count as out of order.
constexpr std::int32_t out_of_order_window = 65536;

Moment moment_of(const TcpSegment& segment) { return {segment.data.packet, segment.data.time}; }

}  // namespace

bool Connection::advance(const TcpSegment& segment) {
  const bool handshake = note_tcp_handshake(segment);
  if (!segment.syn) return advance_stream(segment) || handshake;
  TcpSegment behind_syn = segment;
  ++behind_syn.data.sequence;  // RFC 9293 §3.4: the SYN takes a number of its own, in front of any data
  return advance_stream(behind_syn) || handshake;
}

bool Connection::advance_stream(const TcpSegment& segment) {
  const bool in_the_dark = attempt_ != nullptr && attempt_->state() == Attempt::State::late;
  if (in_the_dark && segment.data.length != 0 && may_begin_request(segment)) attempt_.reset();
  if (attempt_ == nullptr && segment.data.length != 0) look_for_request(segment);
  if (attempt_ != nullptr) feed(segment);
  note_turn(segment);
  const bool member = belongs_to_session(segment);
  if (member && !note_tcp_end(segment)) recorder_->mark(*session_, segment.data.packet, Mark::member);
  if (session_ != nullptr && (session_->first_fin || session_->rst.happened())) {
    session_->bytes_awaited = attempt_ != nullptr && attempt_->has_waiting();
    if (attempt_ != nullptr && session_->last_ack.happened() && !session_->bytes_awaited) retire_attempt();
  }
  return member || attempt_ != nullptr;  // a late start may yet be proven by it
}

bool Connection::pass_by(const TcpSegment& segment) {
  if (attempt_ != nullptr || session_ != nullptr || segment.syn || completes_tcp_handshake(segment)) return false;
  if (segment.data.length == 0) return true;
  if (is_turn(segment)) {
    if (is_ordinary_request(segment)) {
      note_ordinary_request(segment);
      return true;
    }
    if (could_begin_request(segment.data.captured)) return false;
  }
  if (begins_out_of_order(segment) || may_be_late_start()) return false;
  note_turn(segment);
  return true;
}

/// Its head is whole, and all that there is.
bool Connection::is_ordinary_request(const TcpSegment& segment) const {
  const Bytes bytes = segment.data.captured;
  return segment.data.length == bytes.size() && bytes.size() <= limits_->head && !segment.behind_hole &&
         segment.inside == inside_ && !begins_out_of_order(segment) && ordinary_request_size(bytes) == bytes.size();
}

/// What is left of an Attempt to which it came.
void Connection::note_ordinary_request(const TcpSegment& segment) {
  ++requests_;
  client_ = segment.sender;
  head_was_cut_ = false;
  had_request_ = request_may_follow_ = true;
  next_request_ = segment.data.sequence + segment.data.length;
  note_turn(segment);
}

void Connection::note_turn(const TcpSegment& segment) {
  if (segment.data.length == 0) return;
  spoken_ = true;
  last_speaker_ = segment.sender;
}

void Connection::begin_inside(const Connection& tcp, Trust trust) {
  inside_ = true;
  trust_ = trust;
  syn_ = tcp.syn_;
  syn_ack_ = tcp.syn_ack_;
  ack_ = tcp.ack_;
  client_ = tcp.client_;
  client_known_ = tcp.client_known_;
}

void Connection::lose_end(Side sender, std::optional<std::uint32_t> length) {
  if (attempt_ != nullptr) attempt_->lose(role_of(sender), length, no_packet);
}

/// RFC 9293 §3.5.
bool Connection::note_tcp_handshake(const TcpSegment& segment) {
  if (segment.rst) return false;
  if (segment.syn) return segment.ack ? note_syn_ack(segment) : note_syn(segment);
  if (!completes_tcp_handshake(segment)) return false;
  ack_ = moment_of(segment);
  return true;
}

/// If it is no SYN.
bool Connection::completes_tcp_handshake(const TcpSegment& segment) const {
  return segment.ack && !segment.rst && syn_ack_.happened() && !ack_.happened() && segment.sender == client_;
}

/// A SYN with another sequence number opens a new connection on the same ports, unless a session is under way: then its
/// peer answers with its old numbers (RFC 5961 §4), and only a SYN-ACK would prove it.
bool Connection::note_syn(const TcpSegment& segment) {
  const std::uint32_t behind_syn = segment.data.sequence + 1;
  if (syn_.happened() && first_sequence_[static_cast<std::size_t>(segment.sender)] == behind_syn) return false;
  if (session_ != nullptr && attempt_ != nullptr && !session_->tcp_ended()) {
    doubtful_syn_ = moment_of(segment);
    behind_doubtful_syn_ = behind_syn;
    return true;
  }
  begin_anew(moment_of(segment), segment.sender, behind_syn);
  return true;
}

bool Connection::note_syn_ack(const TcpSegment& segment) {
  if (doubtful_syn_.happened() && segment.acknowledgement == behind_doubtful_syn_)
    begin_anew(Moment(doubtful_syn_), opposite(segment.sender), behind_doubtful_syn_);
  if (syn_ack_.happened()) return false;
  syn_ack_ = moment_of(segment);
  client_ = opposite(segment.sender);
  client_known_ = true;
  first_sequence_[static_cast<std::size_t>(segment.sender)] = segment.data.sequence + 1;
  return true;
}

void Connection::begin_anew(const Moment& syn, Side client, std::uint32_t behind_syn) {
  flush();
  const bool inside = inside_;
  const bool believed = believed_;
  const Trust trust = trust_;
  *this = Connection(*recorder_, *limits_);
  inside_ = inside;
  believed_ = believed;
  trust_ = trust;
  syn_ = syn;
  client_ = client;
  client_known_ = true;
  first_sequence_[static_cast<std::size_t>(client)] = behind_syn;
}

bool Connection::may_begin_request(const TcpSegment& segment) const {
  return is_turn(segment) && could_begin_request(segment.data.captured);
}

bool Connection::is_turn(const TcpSegment& segment) const {
  if (client_known_ && segment.sender != client_) return false;
  const std::int32_t behind_last = sequence_distance(next_request_, segment.data.sequence);
  if (had_request_ && behind_last < 0) return false;  // a repetition
  const bool turn = !spoken_ || last_speaker_ != segment.sender;
  return turn || (request_may_follow_ && behind_last == 0);
}

/// The very first data segment, but not the first bytes: those are late.
bool Connection::begins_out_of_order(const TcpSegment& segment) const {
  if (spoken_ || had_request_ || !syn_.happened() || segment.sender != client_) return false;
  const std::int32_t ahead =
      sequence_distance(first_sequence_[static_cast<std::size_t>(client_)], segment.data.sequence);
  return ahead > 0 && ahead < out_of_order_window;
}

/// Its beginning was not captured, and there is nothing better to go by.
bool Connection::may_be_late_start() const {
  if (believed_) return !syn_.happened() || had_request_ || head_was_cut_;
  return limits_->late_start && !late_start_refuted_ && (head_was_cut_ || (!syn_.happened() && !had_request_));
}

/// The roles are provisional, unless the SYN told them.
void Connection::begin_late_start(const TcpSegment& segment) {
  if (!segment.ack && !segment.inside) return;
  if (!client_known_) client_ = segment.sender;
  const bool by_client = segment.sender == client_;
  const std::uint32_t mine = segment.data.sequence;
  const std::uint32_t peers = segment.acknowledgement;
  attempt_ = std::make_unique<Attempt>(*recorder_, *limits_, trust_, by_client ? mine : peers,
                                       std::optional(by_client ? peers : mine));
  attempt_->begin_late();
  if (believed_) attempt_->believe();
}

void Connection::judge_late_start(PacketIndex packet) {
  if (!attempt_->late_start_proven()) return;
  if (attempt_->open_late(packet)) client_ = opposite(client_);
}

void Connection::look_for_request(const TcpSegment& segment) {
  const bool out_of_order = begins_out_of_order(segment);
  if (!out_of_order && !may_begin_request(segment)) {
    if (may_be_late_start()) begin_late_start(segment);
    return;
  }
  const std::uint32_t begin =
      out_of_order ? first_sequence_[static_cast<std::size_t>(segment.sender)] : segment.data.sequence;
  client_ = segment.sender;
  // RFC 7413: a request in the SYN itself acknowledges nothing; the server's numbers begin with its SYN-ACK.
  const bool server_known = segment.ack || segment.inside;
  ++requests_;
  attempt_ = std::make_unique<Attempt>(*recorder_, *limits_, trust_, begin,
                                       server_known ? std::optional(segment.acknowledgement) : std::nullopt);
}

void Connection::feed(const TcpSegment& segment) {
  if (!feed_to_its_end(segment)) return;
  TcpSegment rest = segment;
  while (take_up_next_request(rest) && feed_to_its_end(rest)) {
  }
}

/// Is the attempt over?
bool Connection::feed_to_its_end(const TcpSegment& segment) {
  feed_once(segment);
  const Attempt::State state = attempt_->state();
  if (state != Attempt::State::rejected && state != Attempt::State::over) return false;
  retire_attempt();
  return true;
}

/// Pipelined: it may stand in the same segment, of which only it is left then.
bool Connection::take_up_next_request(TcpSegment& segment) {
  const std::int32_t used = sequence_distance(segment.data.sequence, next_request_);
  if (!request_may_follow_ || used <= 0 || static_cast<std::size_t>(used) >= segment.data.captured.size()) return false;
  segment.data.sequence = next_request_;
  segment.data.captured = segment.data.captured.subspan(static_cast<std::size_t>(used));
  segment.data.length -= static_cast<std::uint32_t>(used);
  segment.data.packet_offset += static_cast<std::uint32_t>(used);
  look_for_request(segment);
  return attempt_ != nullptr;
}

void Connection::feed_once(const TcpSegment& segment) {
  const Role sender = role_of(segment.sender);
  if (inside_ && !segment.inside) {  // TCP's numbers are not those of the stream
    if (segment.fin) attempt_->finish_here(sender, segment.data.packet);
    return;
  }
  const auto acknowledged = segment.ack ? std::optional(segment.acknowledgement) : std::nullopt;
  if (segment.syn && segment.ack) attempt_->begin_server(segment.data.sequence);
  if (segment.behind_hole) attempt_->lose(sender, segment.hole, segment.data.packet);
  if (segment.data.length != 0) attempt_->insert(sender, segment.data, acknowledged);
  if (segment.ack) attempt_->acknowledge(sender, segment.acknowledgement, segment.data.time, segment.data.packet);
  if (segment.fin) attempt_->finish(sender, segment.data.sequence + segment.data.length, segment.data.packet);
  note_knowledge_of_close(segment);
  if (attempt_->state() == Attempt::State::late) judge_late_start(segment.data.packet);
  if (attempt_->session() != nullptr && attempt_->session() != session_) take_up_session();
}

/// Had the sender of a Close received the one that its peer had sent? (RFC 6455 §7.1.5)
void Connection::note_knowledge_of_close(const TcpSegment& segment) {
  if (session_ == nullptr || !segment.ack || inside_) return;
  const Role sender = role_of(segment.sender);
  CloseSeen& close = session_->end(sender).close;
  if (close.moment.packet != segment.data.packet || !session_->end(other(sender)).close.moment.happened()) return;
  close.had_peers = attempt_->acknowledged_ahead(sender, segment.acknowledgement) >= 0;
}

void Connection::retire_attempt() {
  if (attempt_->was_late()) {
    late_start_refuted_ = true;
    attempt_.reset();
    return;
  }
  head_was_cut_ = attempt_->was_cut();
  had_request_ = true;
  next_request_ = attempt_->request_end();
  request_may_follow_ = attempt_->request_may_follow();
  attempt_.reset();
}

/// After a failed attempt the connection may go on with ordinary requests, which are not the session's; nor is a SYN in
/// the middle of it.
bool Connection::belongs_to_session(const TcpSegment& segment) const {
  if (session_ == nullptr || doubtful_syn_.packet == segment.data.packet) return false;
  return attempt_ != nullptr || session_->switched() || segment.data.length == 0 ||
         session_->response_done.packet == segment.data.packet ||
         session_->response_begins.packet == segment.data.packet;
}

void Connection::take_up_session() {
  const bool first = session_ == nullptr;
  session_ = attempt_->session();
  client_known_ = true;
  session_->first_on_connection = requests_ <= 1;
  session_->inside = inside_;
  session_->syn = syn_;
  session_->syn_ack = syn_ack_;
  session_->ack = ack_;
  if (!session_->late_start) session_->first = first && syn_.happened() ? syn_ : session_->request_begins;
  session_->last = session_->request_done;
  if (!first) return;  // the TCP handshake's packets belong to the first session that they carried
  if (syn_.happened()) recorder_->mark(*session_, syn_.packet, Mark::syn);
  if (syn_ack_.happened()) recorder_->mark(*session_, syn_ack_.packet, Mark::syn_ack);
  if (ack_.happened()) recorder_->mark(*session_, ack_.packet, Mark::handshake_ack);
}

/// FIN, RST, and the acknowledgement of the last FIN; they belong to the connection's latest session.
bool Connection::note_tcp_end(const TcpSegment& segment) {
  const Moment now = moment_of(segment);
  session_->last = now;
  const bool ends = segment.fin || segment.rst;
  if (ends && attempt_ != nullptr && !inside_ && !attempt_->is_near(role_of(segment.sender), segment.data.sequence))
    return false;
  if (segment.rst) {
    if (!session_->rst.happened()) {
      session_->rst = now;
      session_->rst_by = role_of(segment.sender);
      session_->note_reaction(session_->rst_by, now);
      note_end_of_reading(segment);
    }
    recorder_->mark(*session_, now.packet, Mark::rst);
    return true;
  }
  note_last_ack(segment, now);
  if (segment.fin) note_fin(segment, now);
  return segment.fin || session_->last_ack.packet == now.packet;
}

void Connection::note_fin(const TcpSegment& segment, Moment now) {
  const Role sender = role_of(segment.sender);
  recorder_->mark(*session_, now.packet, Mark::fin);
  EndOfSession& end = session_->end(sender);
  if (end.fin.happened()) return;
  end.fin = now;
  session_->note_reaction(sender, now);
  note_end_of_reading(segment);
  fin_sequence_[static_cast<std::size_t>(segment.sender)] = segment.data.sequence + segment.data.length + 1;
  if (!session_->first_fin) session_->first_fin = sender;
}

/// Had the sender received a Close of its peer when it ended TCP? A FIN acknowledges what was received by then.
void Connection::note_end_of_reading(const TcpSegment& segment) {
  const Role sender = role_of(segment.sender);
  const bool closed = session_->end(other(sender)).close.moment.happened();
  bool received = closed;
  if (segment.ack && attempt_ != nullptr && !inside_) {
    const std::int32_t ahead = attempt_->acknowledged_ahead(sender, segment.acknowledgement);
    received = ahead > 0 || (ahead == 0 && closed);  // ahead: of bytes that were not captured so far
    const bool no_answer = sender == Role::client && session_->outcome == Outcome::waiting;
    if (no_answer && ahead > 1) session_->answer_hidden = true;  // a FIN takes one number
  }
  if (!received) session_->end(sender).ended_before_peers_close = true;
}

void Connection::note_last_ack(const TcpSegment& segment, Moment now) {
  if (session_->last_ack.happened() || !segment.ack || !session_->tcp_ended() || session_->rst.happened()) return;
  const Role last_fin = other(*session_->first_fin);
  if (role_of(segment.sender) == last_fin) return;
  const Side peer = opposite(segment.sender);
  if (sequence_distance(fin_sequence_[static_cast<std::size_t>(peer)], segment.acknowledgement) < 0) return;
  session_->last_ack = now;
  recorder_->mark(*session_, now.packet, Mark::last_ack);
}

void Connection::flush() {
  if (attempt_ == nullptr) return;
  attempt_->flush();
  if (session_ != nullptr) session_->bytes_awaited = false;
  if (attempt_->session() != nullptr && attempt_->session() != session_) take_up_session();
}

}  // namespace websocket
