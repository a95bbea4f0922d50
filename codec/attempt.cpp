// SPDX-License-Identifier: GPL-2.0-or-later
#include "attempt.h"

#include <algorithm>

#include "field_values.h"

namespace websocket {
namespace {

bool has_body(const HttpHead& request) {
  const std::string_view length = request.value("Content-Length");
  return request.has("Transfer-Encoding") || (!length.empty() && length != "0");
}

/// The first and the last packet of a head; its bytes may have come in any order.
std::pair<Moment, Moment> extent(const std::vector<Moment>& packets) {
  const auto earlier = [](const Moment& a, const Moment& b) { return a.packet < b.packet; };
  const auto [first, last] = std::minmax_element(packets.begin(), packets.end(), earlier);
  return {*first, *last};
}

}  // namespace

Attempt::Attempt(Recorder& recorder, const Limits& limits, Trust trust, std::uint32_t client_sequence,
                 std::optional<std::uint32_t> server_sequence)
    : recorder_(&recorder),
      limits_(limits),
      trust_(trust),
      server_known_(server_sequence.has_value()),
      request_end_(client_sequence),
      ends_{End(client_sequence, HeadKind::request, Stage::head, limits),
            End(server_sequence.value_or(0), HeadKind::response, Stage::held, limits)} {}

void Attempt::begin_late() {
  state_ = State::late;
  began_late_ = true;
  for (End& each : ends_) {
    each.stage = Stage::late;
    each.late = std::make_unique<Resync>(std::nullopt);
  }
}

void Attempt::believe() {
  believed_ = true;
  for (End& each : ends_)
    if (each.late) each.late->believe();
}

void Attempt::look_for_frames(Role sender, const Run& run) {
  constexpr std::uint64_t most_bytes = std::uint64_t{96} * 1024;
  constexpr unsigned most_segments = 48;
  Resync& late = *end(sender).late;
  late.add(run);
  const bool long_enough = late.seen() > most_bytes || late.segments() > most_segments;
  if (long_enough && !believed_ && !late.found()) reject(nullptr);
}

bool Attempt::late_start_proven() {
  if (state_ != State::late) return false;
  const auto& client = end(Role::client).late->found();
  const auto& server = end(Role::server).late->found();
  if (believed_ && (client || server)) return may_open();
  if (!client || !server) return false;
  if (client->masked != server->masked) return may_open();
  reject(nullptr);  // RFC 6455 §5.1: the client's frames are masked, the server's are not
  return false;
}

/// False: there is no room for it.
bool Attempt::may_open() {
  if (recorder_->may_open_session()) return true;
  reject(nullptr);
  return false;
}

bool Attempt::open_late(PacketIndex current) {
  // RFC 6455 §5.1: who masks is the client. If only one end is known, that settles it.
  const auto& first = end(Role::client).late->found();
  const auto& second = end(Role::server).late->found();
  const bool turned = second ? second->masked : !first->masked;
  if (turned) std::swap(ends_[0], ends_[1]);
  session_ = &recorder_->open_session();
  session_->late_start = true;
  session_->outcome = Outcome::switched;
  session_->request.cut = session_->response.cut = true;
  session_->response.accept_verdict = AcceptVerdict::unknown;
  trust_ = worse(trust_, Trust::inferred);
  begin_frames();
  std::array<std::deque<Resync::Kept>, 2> taken;
  std::uint64_t skipped = 0;
  for (const Role sender : {Role::client, Role::server}) {
    Resync& late = *end(sender).late;
    taken[static_cast<std::size_t>(sender)] = late.found() ? late.take() : late.take_all();
    skipped += late.skipped();
  }
  session_->note(Finding::late_start, Role::client, skipped, current);
  recorder_->add_finding(*session_, current, Finding::late_start, Role::client, skipped);
  for (const Role sender : {Role::client, Role::server}) {
    if (!end(sender).late->found()) end(sender).frames->lose_framing();
    std::deque<Resync::Kept>& runs = taken[static_cast<std::size_t>(sender)];
    session_->end(sender).unframed += end(sender).late->skipped();
    end(sender).late.reset();
    for (Resync::Kept& kept : runs) {
      kept.run.bytes = kept.bytes;
      const Moment moment{kept.run.packet, kept.run.time};
      if (kept.run.gap == 0 && (!session_->first.happened() || moment.packet < session_->first.packet))
        session_->first = moment;
      end(sender).frames->advance(kept.run, current);
    }
  }
  return turned;
}

void Attempt::begin_server(std::uint32_t sequence) {
  if (server_known_) return;
  server_known_ = true;
  end(Role::server).stream = ByteStream(sequence, limits_.out_of_order_bytes);
}

void Attempt::insert(Role sender, const StreamSegment& segment, std::optional<std::uint32_t> acknowledged) {
  End& mine = end(sender);
  const bool unseen = sender == Role::client && answer_unseen(acknowledged);
  const bool is_new = mine.stream.insert(segment);
  drain(sender, segment.packet);
  // Only now is it known where the request ends. Of one that was cut, that is never known.
  if (unseen && state_ == State::asked && !mine.head.head().cut &&
      sequence_distance(request_end_, segment.sequence + segment.length) > 0)
    proven_early_ = true;
  if (session_ == nullptr) return;
  if (!is_new)
    recorder_->mark(*session_, segment.packet, Mark::repeated);
  else if (sequence_distance(mine.stream.next_sequence(), segment.sequence) >= 0)
    recorder_->mark(*session_, segment.packet, Mark::waiting);
  if (segment.captured.size() < segment.length) recorder_->mark(*session_, segment.packet, Mark::cut);
}

/// Does the acknowledgement number prove that the client had not seen a byte of the answer when it sent this (rule 19)?
bool Attempt::answer_unseen(std::optional<std::uint32_t> acknowledged) {
  const End& server = end(Role::server);
  if (!acknowledged || server.head.taken() != 0) return false;
  if (state_ != State::asked && (state_ != State::candidate || server.stream.offset() != 0)) return false;
  return sequence_distance(*acknowledged, server.stream.next_sequence()) >= 0;
}

void Attempt::acknowledge(Role sender, std::uint32_t sequence, Nanoseconds now, PacketIndex packet) {
  End& peer = end(other(sender));
  if (!peer.stream.has_waiting()) return;  // nothing hangs on it
  peer.stream.acknowledge(sequence, now);
  drain(other(sender), packet);
}

bool Attempt::is_near(Role sender, std::uint32_t sequence) const {
  constexpr std::int32_t most_behind = 1 << 16;
  constexpr std::int32_t most_ahead = 1 << 20;
  const std::int32_t ahead =
      sequence_distance(ends_[static_cast<std::size_t>(sender)].stream.next_sequence(), sequence);
  return ahead >= -most_behind && ahead <= most_ahead;
}

void Attempt::finish(Role sender, std::uint32_t sequence, PacketIndex packet) {
  End& mine = end(sender);
  if (mine.fin || !is_near(sender, sequence)) return;
  mine.fin = sequence;
  check_end_of_stream(sender, packet);
}

void Attempt::finish_here(Role sender, PacketIndex packet) {
  finish(sender, end(sender).stream.next_sequence(), packet);
}

void Attempt::lose(Role sender, std::optional<std::uint32_t> length, PacketIndex current) {
  End& mine = end(sender);
  if (!mine.frames) return mine.stage == Stage::head ? mine.head.cut() : void();
  if (!length) return mine.frames->lose_framing();
  Run hole;
  hole.offset = mine.stream.offset();
  hole.gap = *length;
  mine.frames->advance(hole, current);
}

void Attempt::flush() {
  for (const Role sender : {Role::client, Role::server}) {
    end(sender).stream.flush();
    drain(sender, no_packet);
    lose_bytes_before_fin(sender);
  }
  if (state_ == State::candidate) {
    HttpHeadParser& head = end(Role::client).head;
    head.cut();
    if (head.status() == Status::ok) request_complete(head.head(), no_packet);
  }
}

/// The FIN's own number proves that bytes in front of it were sent, and nothing behind them came to tell.
void Attempt::lose_bytes_before_fin(Role sender) {
  End& mine = end(sender);
  if (!mine.fin || mine.fin_judged) return;
  const std::int32_t missing = sequence_distance(mine.stream.next_sequence(), *mine.fin);
  if (missing <= 0) return;
  if (mine.frames) {
    lose(sender, static_cast<std::uint32_t>(missing), no_packet);
    mine.fin_judged = true;
    mine.stage = Stage::nothing;
  } else if (sender == Role::server && state_ == State::asked && session_ != nullptr) {
    give_up(Outcome::not_captured);
  }
}

bool Attempt::has_waiting() const {
  return std::any_of(ends_.begin(), ends_.end(), [this](const End& e) {
    if (e.stream.has_waiting()) return true;
    if (!e.fin || e.fin_judged) return false;
    return e.frames || (state_ == State::asked && sequence_distance(e.stream.next_sequence(), *e.fin) > 0);
  });
}

void Attempt::drain(Role sender, PacketIndex current) {
  ByteStream& stream = end(sender).stream;
  while (stream.may_have_next()) {
    const auto run = stream.next();
    if (!run) break;
    consume(sender, *run, current);
  }
  check_end_of_stream(sender, current);
}

void Attempt::check_end_of_stream(Role sender, PacketIndex current) {
  End& mine = end(sender);
  if (!mine.fin || mine.fin_judged || !mine.frames || mine.stream.next_sequence() != *mine.fin) return;
  mine.frames->end_of_stream(current);
  mine.fin_judged = true;  // once, however often the FIN is repeated
}

/// Stages only ever go forward: head, held, frames; a run may pass through all of them. Interim responses (1xx) keep
/// the stage.
void Attempt::consume(Role sender, Run run, PacketIndex current) {
  End& mine = end(sender);
  while (mine.stage == Stage::head && (run.gap != 0 || !run.bytes.empty())) {
    consume_head(sender, run);
    if (mine.head.status() == Status::need_more) return;
    finish_head(sender, run.gap != 0, current);
  }
  if (run.gap == 0 && run.bytes.empty()) return;
  if (mine.stage == Stage::held) return hold(sender, run);
  if (mine.stage == Stage::late) return look_for_frames(sender, run);
  if (mine.stage == Stage::frames) mine.frames->advance(run, current);
}

void Attempt::finish_head(Role sender, bool cut, PacketIndex current) {
  HttpHeadParser& head = end(sender).head;
  const bool whole = head.status() == Status::ok;
  if (!whole && cut) was_cut_ = true;
  if (sender == Role::client)
    whole ? request_complete(head.head(), current) : reject(nullptr);
  else
    whole ? response_complete(head.take(), current) : give_up(cut ? Outcome::not_captured : Outcome::not_http);
}

void Attempt::consume_head(Role sender, Run& run) {
  if (run.gap != 0) return end(sender).head.cut();
  mark_head(sender, run);
  const std::size_t used = end(sender).head.advance(run.bytes);
  run.bytes = run.bytes.subspan(used);
  run.offset += used;
  run.packet_offset += static_cast<std::uint32_t>(used);
  if (sender == Role::client)
    request_end_ = end(sender).stream.next_sequence() - static_cast<std::uint32_t>(run.bytes.size());
}

void Attempt::mark_head(Role sender, const Run& run) {
  std::vector<Moment>& packets = end(sender).head_packets;
  if (packets.empty() || packets.back().packet != run.packet) packets.push_back({run.packet, run.time});
  if (sender == Role::server && session_ != nullptr) recorder_->mark(*session_, run.packet, Mark::response);
}

/// A head that was cut in front of its Upgrade field may be one: the answer will tell.
void Attempt::request_complete(const HttpHead& head, PacketIndex current) {
  const bool attempt = is_upgrade_attempt(head);
  if (!attempt && !head.cut) return reject(&head);
  if (attempt && !may_open()) return;
  request_ = judge_request(head);
  state_ = State::asked;
  if (attempt) open_session();
  end(Role::client).stage = Stage::held;
  end(Role::server).stage = Stage::head;
  release(Role::server, current);
}

void Attempt::open_session() {
  session_ = &recorder_->open_session();
  session_->request = std::move(request_);
  const std::vector<Moment>& packets = end(Role::client).head_packets;
  const auto [first, last] = extent(packets);
  session_->request_begins = first;
  session_->request_done = last;
  for (const Moment& moment : packets) recorder_->mark(*session_, moment.packet, Mark::request);
  session_->break_rules(session_->request.violations, Role::client, last.packet);
  recorder_->add_head(*session_, end(Role::client).head.head());
}

void Attempt::reject(const HttpHead* head) {
  state_ = State::rejected;
  request_may_follow_ = head != nullptr && !head->cut && !has_body(*head);
  for (End& each : ends_) each.stage = Stage::nothing;
}

void Attempt::give_up(Outcome outcome) {
  if (session_ == nullptr) return reject(nullptr);
  const std::vector<Moment>& packets = end(Role::server).head_packets;
  if (!packets.empty()) session_->response_begins = packets.front();
  session_->outcome = outcome;
  state_ = State::over;
  for (End& each : ends_) each.stage = Stage::nothing;
}

void Attempt::response_complete(HttpHead&& head, PacketIndex current) {
  if (head.status >= 100 && head.status < 200 && head.status != 101 &&
      !head.cut) {  // RFC 9110 §15.2: the answer follows
    end(Role::server).head = HttpHeadParser(HeadKind::response, limits_.head);
    return;
  }
  if (session_ == nullptr) {
    if (judge_response(head, request_).answer != Answer::switched) return reject(nullptr);
    if (!may_open()) return;
    open_session();
    for (const Moment& moment : end(Role::server).head_packets)
      recorder_->mark(*session_, moment.packet, Mark::response);
  }
  session_->response = judge_response(head, session_->request);
  const auto [first, last] = extent(end(Role::server).head_packets);
  session_->response_begins = first;
  session_->response_done = last;
  session_->break_rules(session_->response.violations, Role::server, last.packet);
  recorder_->add_head(*session_, head);
  if (session_->response.answer != Answer::switched) return give_up(Outcome::refused);
  session_->outcome = Outcome::switched;
  open(head.cut, current);
}

void Attempt::open(bool response_cut, PacketIndex current) {
  if (proven_early_) {
    const PacketIndex packet = current == no_packet ? session_->request_done.packet : current;
    session_->break_rule(Rule::request_followed_by_early_data, Role::client, packet);
  }
  begin_frames();
  if (session_->request.cut) end(Role::client).frames->lose_framing();
  if (response_cut) end(Role::server).frames->lose_framing();
  release(Role::client, current);
}

void Attempt::begin_frames() {
  state_ = State::open;
  for (const Role sender : {Role::client, Role::server}) {
    end(sender).frames.emplace(*recorder_, *session_, sender, limits_.message_bytes, limits_.inflate, pings_);
    end(sender).frames->limit_trust(trust_);
    end(sender).stage = Stage::frames;
  }
}

/// Bytes that came too early to be understood: kept, and taken up when it is their turn.
void Attempt::hold(Role sender, const Run& run) {
  End& mine = end(sender);
  mine.held_bytes += run.bytes.size() + sizeof(Held);
  if (mine.held_bytes > limits_.early_bytes) {
    return give_up(Outcome::not_captured);
  }
  mine.held.push_back({{run.bytes.begin(), run.bytes.end()}, run});
  if (session_ == nullptr || run.gap != 0) return;
  session_->end(sender).early_data = true;
  recorder_->mark(*session_, run.packet, Mark::early);
}

void Attempt::release(Role sender, PacketIndex current) {
  std::vector<Held> held = std::move(end(sender).held);
  end(sender).held.clear();
  for (Held& each : held) {
    each.run.bytes = each.bytes;
    consume(sender, each.run, current);
  }
}

}  // namespace websocket
