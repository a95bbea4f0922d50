// SPDX-License-Identifier: GPL-2.0-or-later
/// One direction of an open WebSocket: runs in, frames and messages out to the recorder, rules and counts into the
/// session.
///
/// Shape   advance(run, current packet), in order; end_of_stream() when the sender's FIN has been reached.
/// After a gap that hides where frames begin they are looked for (resync.h); until they are found, bytes are counted as
/// unframed.
#pragma once

#include "frame_stream.h"
#include "masking_watch.h"
#include "message_assembler.h"
#include "ping_ledger.h"
#include "recorder.h"
#include "resync.h"
#include "rhythm.h"

namespace websocket {

class Direction {
 public:
  /// No `inflate`: compressed messages are undecodable. `pings`: of both ends, by Role.
  Direction(Recorder& recorder, Session& session, Role sender, std::size_t keep_at_most,
            const std::optional<InflateLimits>& inflate, std::array<PingLedger, 2>& pings);

  /// `current`: the packet that is being fed (it may not be the one that brought these bytes), or no_packet.
  void advance(const Run& run, PacketIndex current);
  void limit_trust(Trust trust) { messages_.limit_trust(trust); }
  /// The next bytes cannot be told apart into frames.
  void lose_framing();
  /// No more bytes will come: less evidence has to do.
  void search_to_the_end(PacketIndex current);
  /// The sender's FIN follows the bytes so far.
  void end_of_stream(PacketIndex current);

 private:
  void take_step(const Run& run, const FrameStep& step, PacketIndex current);
  bool take_plain_frame(const Run& run, const FrameStep& step, PacketIndex current);
  void record_piece(const Run& run, const FrameStep& step, PacketIndex current);
  void begin_frame(bool one_piece);
  void end_frame(PacketIndex current);
  void finish_message(Message&& message, PacketIndex current);
  void count_message(const Moment& first, const Moment& last, std::optional<std::uint64_t> length);
  void note_close(Message& message);
  void hear(Message& message);
  void note_open_fault();
  void begin_one(const FrameHeader& header, const Moment& moment);
  void judge_pong(Role sender, const PingLedger::Settled& settled);
  void note_heartbeat(MessageType type, Bytes data, FrameIndex frame, const Moment& moment);
  bool beats(const FrameHeader& header, Bytes masked, Nanoseconds time);
  void take(Run run, PacketIndex current);
  void note_gap(const Run& run, PacketIndex current);
  void note(Finding finding, std::uint64_t amount, PacketIndex current);
  void look_for_frames(const Run& run, PacketIndex current);
  void resume(PacketIndex current);
  EndOfSession& end() { return session_->end(sender_); }

  Recorder* recorder_;
  Session* session_;
  Role sender_;
  bool rsv1_defined_ = false;
  bool unknown_extension_ = false;  ///< was accepted
  bool reserved_unknown_ = false;   ///< or may have been: nobody knows what reserved bits and opcodes mean
  Moment last_piece_;
  FrameStream frames_;
  MessageAssembler messages_;
  std::array<PingLedger, 2>* pings_;
  Rhythm rhythm_;
  MaskingWatch masking_;
  std::unique_ptr<Resync> resync_;  ///< while framing is lost
  FrameIndex frame_ = no_frame;
  PacketIndex first_packet_ = no_packet;  ///< of the frame's first byte, until its header is whole
  Nanoseconds first_time_ = 0;
  std::uint64_t lost_ = 0;  ///< of the frame under way
  ViolationSet violations_;
};

}  // namespace websocket
