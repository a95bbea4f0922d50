// SPDX-License-Identifier: GPL-2.0-or-later
#include "direction.h"

#include <algorithm>

#include "close_payload.h"
#include "frame_rules.h"
#include "masking.h"
#include "permessage_deflate.h"

namespace websocket {
namespace {

using SmallBuffer = std::array<std::uint8_t, 128>;  ///< holds what a control frame may (§5.5), and a heartbeat

Bytes unmasked(const FrameHeader& header, Bytes masked, SmallBuffer& buffer) {
  const std::size_t size = std::min(masked.size(), buffer.size());
  if (!header.masked) return masked.first(size);
  apply_mask(masked.first(size), MutableBytes(buffer).first(size), header.masking_key, 0);
  return Bytes(buffer).first(size);
}

/// An extension that the lens does not know may define them (RFC 6455 §5.2, §9).
void excuse_reserved(ViolationSet& broken) {
  for (const Rule rule : {Rule::rsv1_without_extension, Rule::rsv2_or_rsv3_set, Rule::rsv1_on_control_frame,
                          Rule::rsv1_on_continuation_frame, Rule::opcode_reserved})
    broken.remove(rule);
}

/// And change what a payload is (§5.2, extension data).
void excuse_payload(ViolationSet& broken) {
  for (const Rule rule : {Rule::text_not_utf8, Rule::compressed_data_malformed, Rule::deflate_tail_kept,
                          Rule::deflate_empty_message, Rule::deflate_beyond_window})
    broken.remove(rule);
}

bool names_unknown(const ExtensionList& list) {
  return std::any_of(list.extensions.begin(), list.extensions.end(),
                     [](const Extension& extension) { return extension.name != permessage_deflate_name; });
}

}  // namespace

Direction::Direction(Recorder& recorder, Session& session, Role sender, std::size_t keep_at_most,
                     const std::optional<InflateLimits>& inflate, std::array<PingLedger, 2>& pings)
    : recorder_(&recorder), session_(&session), sender_(sender), messages_(sender, keep_at_most), pings_(&pings) {
  const auto agreed = agreed_deflate(session.response.extensions);
  unknown_extension_ = names_unknown(session.response.extensions);
  // Where the end of the answer was cut away, what was accepted is among what was offered.
  const bool perhaps = session.request.cut || names_unknown(session.request.extensions);
  reserved_unknown_ = unknown_extension_ || (session.response.cut && perhaps);
  rsv1_defined_ = agreed.has_value();
  if (agreed) messages_.agree_on_compression(agreed->of(sender), inflate);
  if (agreed || !session.response.cut) return;
  rsv1_defined_ = true;  // for all that is known
  messages_.infer_compression(inflate);
}

void Direction::advance(const Run& run, PacketIndex current) {
  if (run.gap != 0) note_gap(run, current);
  end().frame_bytes += run.bytes.size();
  take(run, current);
}

void Direction::note(Finding finding, std::uint64_t amount, PacketIndex current) {
  session_->note(finding, sender_, amount, current);
  recorder_->add_finding(*session_, current, finding, sender_, amount);
}

void Direction::note_gap(const Run& run, PacketIndex current) {
  masking_.forget();
  end().lost += run.gap;
  const bool cut = run.cause == GapCause::cut_by_snapshot;
  note(cut ? Finding::snapshot_cut : Finding::gap, run.gap, cut ? run.packet : current);
}

void Direction::take(Run run, PacketIndex current) {
  while (run.gap != 0 || !run.bytes.empty()) {
    if (end().framing_lost) return look_for_frames(run, current);
    const FrameStep step = frames_.advance(run);
    take_step(run, step, current);
    run.offset += step.taken;
    if (run.gap != 0) {
      run.gap -= step.taken;
    } else {
      run.bytes = run.bytes.subspan(static_cast<std::size_t>(step.taken));
      run.packet_offset += static_cast<std::uint32_t>(step.taken);
    }
  }
}

void Direction::lose_framing() {
  end().framing_lost = true;
  messages_.lose_frames();
  resync_ = std::make_unique<Resync>(sender_);
}

void Direction::look_for_frames(const Run& run, PacketIndex current) {
  if (run.gap == 0) {
    end().unframed += run.bytes.size();
    recorder_->mark(*session_, run.packet, Mark::unframed);
    session_->note_bytes({run.packet, run.time});
  }
  resync_->add(run);
  if (resync_->found()) resume(current);
}

void Direction::search_to_the_end(PacketIndex current) {
  if (!resync_) return;
  resync_->believe();
  if (resync_->found()) resume(current);
}

void Direction::resume(PacketIndex current) {
  const ResyncFound found = *resync_->found();
  EndOfSession& mine = end();
  note(Finding::resynchronised, found.evidence, current);
  mine.framing_lost = false;
  frames_ = FrameStream();
  messages_.abandon();
  std::deque<Resync::Kept> runs = resync_->take();
  resync_.reset();
  for (Resync::Kept& kept : runs) {
    kept.run.bytes = kept.bytes;
    mine.unframed -= kept.bytes.size();
    take(kept.run, current);
  }
}

void Direction::take_step(const Run& run, const FrameStep& step, PacketIndex current) {
  if (frames_.status() != Status::ok) return lose_framing();
  if (take_plain_frame(run, step, current)) return;
  if (step.begins) {
    frame_ = recorder_->begin_frame(*session_, sender_);
    first_packet_ = run.packet;
    first_time_ = run.time;
    lost_ = 0;
    violations_ = {};
  }
  if (run.gap == 0) record_piece(run, step, current);
  if (step.header_completed) begin_frame(step.begins && step.frame_completed && run.packet == current);
  const bool touched = step.begins;  // by begin_frame(), if its header is whole
  if (!touched && run.gap == 0 && frames_.header_whole()) messages_.touch(run.packet, run.time);
  if (!step.payload.empty()) messages_.add_payload(step.payload, step.payload_offset);
  if (step.lost != 0) {
    lost_ += step.lost;
    messages_.add_lost(step.lost);
  }
  if (step.frame_completed) end_frame(current);
}

/// The usual case, in one go; false: the frame is not of that kind, and nothing was done.
bool Direction::take_plain_frame(const Run& run, const FrameStep& step, PacketIndex current) {
  const FrameHeader& header = frames_.header();
  if (!step.begins || !step.frame_completed || run.gap != 0 || run.packet != current) return false;
  if (!frames_.violations().empty() || !messages_.is_plain(header)) return false;
  if (!check_frame(header, sender_, rsv1_defined_).empty()) return false;
  const auto message = messages_.take_plain(header, step.payload);
  if (!message) return false;
  const bool heartbeat = message->type == MessageType::text && beats(header, step.payload, run.time);
  const FrameIndex frame = recorder_->add_plain_frame(
      *session_, sender_,
      {header, message->type, message->trust, message->number, current, run.packet_offset, heartbeat});
  recorder_->mark(*session_, current, Mark::data);
  session_->trust = worse(session_->trust, message->trust);
  const Moment now{current, run.time};
  begin_one(header, now);
  session_->note_bytes(now);
  if (is_data(message->type)) {
    count_message(now, now, header.payload_length);
  } else {
    SmallBuffer buffer;  // NOLINT: filled before it is read
    note_heartbeat(message->type, unmasked(header, step.payload, buffer), frame, now);
  }
  return true;
}

bool Direction::beats(const FrameHeader& header, Bytes masked, Nanoseconds time) {
  SmallBuffer buffer;  // NOLINT: filled before it is read
  return masked.size() <= Rhythm::longest && rhythm_.beats(unmasked(header, masked, buffer), time);
}

/// A Ping, or a Pong for one of the peer's (§5.5.3).
void Direction::note_heartbeat(MessageType type, Bytes data, FrameIndex frame, const Moment& moment) {
  const std::size_t mine = static_cast<std::size_t>(sender_);
  const std::size_t peers = static_cast<std::size_t>(other(sender_));
  const bool is_ping = type == MessageType::ping;
  if (is_ping && end().close.moment.happened()) return;  // nobody has to answer it (§5.5.2)
  PingStats& stats = is_ping ? end().pings : session_->end(other(sender_)).pings;
  PingLedger::Ping entry{frame, moment, std::string(as_text(data))};
  const PingLedger::Settled settled =
      is_ping ? (*pings_)[mine].add_ping(stats, std::move(entry)) : (*pings_)[peers].add_pong(stats, std::move(entry));
  if (settled.pings.empty() && !is_ping) recorder_->add_pong(*session_, {frame, no_frame, no_packet, 0, false, false});
  judge_pong(is_ping ? other(sender_) : sender_, settled);
  for (const PingLedger::Ping& ping : settled.pings)
    recorder_->add_pong(*session_, {settled.pong, ping.frame, ping.moment.packet,
                                    settled.moment.time - ping.moment.time, &ping == &settled.pings.back(), is_ping});
}

/// Where bytes are missing another Ping may have been meant.
void Direction::judge_pong(Role sender, const PingLedger::Settled& settled) {
  constexpr Nanoseconds late = Nanoseconds{10} * 1'000'000'000;
  if (settled.pings.empty() || !session_->complete_from_start()) return;
  const Moment& ping = settled.pings.back().moment;
  if (settled.moment.time - ping.time > late) session_->break_rule(Rule::pong_late, sender, settled.moment.packet);
}

void Direction::record_piece(const Run& run, const FrameStep& step, PacketIndex current) {
  const bool late = run.packet != current;
  recorder_->add_piece(
      frame_, Piece{run.packet, run.packet_offset, static_cast<std::uint32_t>(step.taken), step.frame_offset, late});
  last_piece_ = {run.packet, run.time};
  const bool closes = frames_.header().opcode == Opcode::close;
  recorder_->mark(*session_, run.packet, closes ? Mark::closing : Mark::data);
  if (!closes) session_->note_bytes({run.packet, run.time});
}

void Direction::begin_frame(bool one_piece) {
  begin_one(frames_.header(), {first_packet_, first_time_});
  if (!is_control(frames_.header().opcode)) end().announced = frames_.header().payload_length;
  violations_ = frames_.violations();
  violations_.add(check_frame(frames_.header(), sender_, rsv1_defined_));
  if (reserved_unknown_) excuse_reserved(violations_);
  violations_.add(messages_.begin_frame(frames_.header(), one_piece));
  messages_.touch(first_packet_, first_time_);
  recorder_->set_header(frame_, frames_.header(), violations_);
  session_->blame(violations_, sender_, {first_packet_, first_time_});  // now: the frame may never end
}

/// What every frame counts for, in whatever way it came.
void Direction::begin_one(const FrameHeader& header, const Moment& moment) {
  if (++end().frames == 1) end().first_frame = moment;
  if (!header.masked || header.payload_length == 0) return;
  if (const auto rule = masking_.add(header.masking_key)) session_->break_rule(*rule, sender_, moment.packet);
}

void Direction::end_frame(PacketIndex current) {
  if (!is_control(frames_.header().opcode)) end().announced = 0;
  recorder_->end_frame(frame_, FrameDone{frames_.header(), violations_, current, messages_.last_fragment(), lost_});
  auto message = messages_.end_frame(frame_);
  end().open_fragments = unknown_extension_ ? 0 : messages_.open_fragments();
  note_open_fault();
  if (message) finish_message(std::move(*message), current);
}

/// §8.1 asks the peer to fail as soon as it is certain.
void Direction::note_open_fault() {
  if (!messages_.open_text_failed() || unknown_extension_) {
    end().open_fault = {};
    return;
  }
  if (end().open_fault.happened()) return;
  end().open_fault = last_piece_;
  session_->note_fault(rule_info(Rule::text_not_utf8), sender_, last_piece_);
}

void Direction::finish_message(Message&& message, PacketIndex current) {
  message.shown_in = current;
  if (message.context_lost) note(Finding::context_lost, message.wire_length, current);
  if (message.inflating_stopped) note(Finding::inflating_stopped, message.wire_length, current);
  if (message.data_cut) note(Finding::data_cut, message.data.size(), current);
  if (message.type == MessageType::close)
    note_close(message);
  else
    hear(message);
  if (unknown_extension_) excuse_payload(message.violations);
  session_->blame(message.violations, sender_, {message.last_packet, message.last_time});
  if (message.compressed && message.length) {
    CompressionStats& stats = end().compression;
    ++stats.messages;
    stats.compressed += message.payload_length;
    stats.inflated += *message.length;
  }
  session_->trust = worse(session_->trust, message.trust);
  if (is_data(message.type))
    count_message({message.first_packet, message.first_time}, {message.last_packet, message.last_time}, message.length);
  recorder_->add_message(*session_, frame_, std::move(message));
}

/// What take_plain_frame() does of a message or a control frame that came in another way.
void Direction::hear(Message& message) {
  const Moment moment{message.last_packet, message.last_time};
  if (message.lost != 0 || message.in_packet) return;
  if (message.type == MessageType::ping || message.type == MessageType::pong)
    return note_heartbeat(message.type, message.data, frame_, moment);
  if (message.type == MessageType::text && message.fragments == 1 && message.trust != Trust::undecodable)
    message.heartbeat = rhythm_.beats(message.data, message.last_time);
}

void Direction::count_message(const Moment& first, const Moment& last, std::optional<std::uint64_t> length) {
  ++end().messages;
  end().last_length = length.value_or(0);
  end().bytes += length.value_or(0);
  if (!length) end().bytes_known = false;
  if (!session_->first_data.happened() || first.packet < session_->first_data.packet) session_->first_data = first;
  if (!session_->last_data.happened() || last.packet > session_->last_data.packet) session_->last_data = last;
}

/// The first Close of each end is the one that counts (§7.1.5).
void Direction::note_close(Message& message) {
  const bool whole = message.lost == 0;
  ClosePayload payload = whole ? decode_close_payload(message.data) : ClosePayload{};
  const CloseSeen& peers_close = session_->end(other(sender_)).close;
  const bool echoes = peers_close.moment.happened() && peers_close.code == payload.code;
  if (echoes) payload.violations.remove(Rule::close_code_unassigned);  // whoever chose it is to blame
  message.violations.add(payload.violations);
  constexpr std::uint16_t mandatory_extension = 1010;  // §7.4.1: "an endpoint (client)"
  if (sender_ == Role::server && payload.code == mandatory_extension)
    message.violations.add(Rule::close_code_of_the_other_role);
  CloseSeen& close = end().close;
  if (close.moment.happened()) return;
  close.moment = {message.last_packet, message.last_time};
  close.body_known = whole;
  close.code = payload.code;
  close.reason.assign(as_text(payload.reason));
  if (!session_->first_close) session_->first_close = sender_;
  const EndOfSession& peer = session_->end(other(sender_));
  close.peer_announced = peer.announced;
  close.peer_fragments = peer.open_fragments;
  close.peers_last_length = peer.last_length;
  session_->note_reaction(sender_, close.moment);
}

void Direction::end_of_stream(PacketIndex current) {
  search_to_the_end(current);
  if (!end().complete()) return;  // nor is the evidence
  if (!frames_.in_frame() && !messages_.message_open()) return;
  end().unfinished_frame = frames_.in_frame();
  const bool of_message = frames_.header_whole() && !is_control(frames_.header().opcode);
  end().unfinished_message = messages_.message_open() || (frames_.in_frame() && of_message);
}

}  // namespace websocket
