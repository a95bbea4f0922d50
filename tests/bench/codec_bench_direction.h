// SPDX-License-Identifier: GPL-2.0-or-later
/// One direction of an open WebSocket, a client's, whose recorder only counts.
#pragma once

#include <array>

#include "direction.h"

namespace websocket::bench {

class CountingRecorder final : public Recorder {
 public:
  bool may_open_session() override { return true; }
  Session& open_session() override { return session; }
  void mark(const Session&, PacketIndex, Mark) override { ++marks; }
  FrameIndex add_plain_frame(const Session&, Role, const PlainFrame& frame) override {
    count(frame.header.payload_length);
    return frames++;
  }
  FrameIndex begin_frame(const Session&, Role) override { return frames++; }
  void add_piece(FrameIndex, const Piece&) override { ++pieces; }
  void set_header(FrameIndex, const FrameHeader&, const ViolationSet&) override {}
  void end_frame(FrameIndex, const FrameDone&) override {}
  void add_finding(const Session&, PacketIndex, Finding, Role, std::uint64_t) override { ++findings; }
  void add_pong(const Session&, const PongSeen&) override {}
  void add_message(const Session&, FrameIndex, Message&& message) override {
    if (message.violations.empty()) count(message.length.value_or(0));
  }

  Session session;
  std::size_t messages = 0, bytes = 0, marks = 0, pieces = 0, findings = 0;
  FrameIndex frames = 0;

 private:
  void count(std::uint64_t length) {
    ++messages;
    bytes += static_cast<std::size_t>(length);
  }
};

struct OpenDirection {
  CountingRecorder recorder;
  std::array<PingLedger, 2> pings;
  Direction direction{recorder, recorder.session, Role::client, MessageAssembler::default_keep_at_most, InflateLimits{},
                      pings};
};

}  // namespace websocket::bench
