// SPDX-License-Identifier: GPL-2.0-or-later
/// Where a Connection leaves what it finds: the caller's records. The codec keeps no history of its own.
///
/// Shape   called while a segment is fed, in the order in which things become known; nothing is ever taken back.
/// A frame is begun, gets its pieces, and is ended; a message comes after the frame that completes it.
#pragma once

#include "frame_header.h"
#include "message.h"
#include "session.h"

namespace websocket {

/// What a packet is to its session; a packet may be several things.
enum class Mark : std::uint16_t {
  syn = 1 << 0,
  syn_ack = 1 << 1,
  handshake_ack = 1 << 2,
  request = 1 << 3,
  response = 1 << 4,
  data = 1 << 5,     ///< brings bytes of frames other than Close
  closing = 1 << 6,  ///< brings bytes of a Close frame
  fin = 1 << 7,
  rst = 1 << 8,
  last_ack = 1 << 9,   ///< acknowledges the last FIN
  repeated = 1 << 10,  ///< all its bytes had been seen before
  waiting = 1 << 11,   ///< its bytes wait: some in front of them are missing so far
  early = 1 << 12,     ///< brings frame bytes before the 101 was seen
  unframed = 1 << 13,  ///< bytes behind a gap that hides where frames begin
  member = 1 << 14,    ///< belongs to the connection, nothing more: a pure ACK
  cut = 1 << 15,       ///< the snapshot length cut bytes of it off
};

/// Bytes of one frame in one packet.
struct Piece {
  PacketIndex packet = no_packet;
  std::uint32_t packet_offset = 0;
  std::uint32_t length = 0;
  std::uint64_t frame_offset = 0;
  bool late = false;  ///< the packet had been shown before these bytes could be placed
};

struct FrameDone {
  FrameHeader header;
  ViolationSet violations;
  PacketIndex shown_in = no_packet;         ///< the packet that completed it; none: decided after the last packet
  FrameIndex previous_fragment = no_frame;  ///< of the same message
  std::uint64_t lost = 0;                   ///< payload bytes that the capture does not have
};

/// The usual frame: whole in the packet that is being fed, a message or a Ping or Pong of its own, breaks no rule.
struct PlainFrame {
  FrameHeader header;
  MessageType type = MessageType::text;
  Trust trust = Trust::exact;
  std::uint32_t number = 0;  ///< of the message; 0: a control frame
  PacketIndex packet = no_packet;
  std::uint32_t packet_offset = 0;  ///< of its first byte
  bool heartbeat = false;           ///< a text that comes again and again, see rhythm.h
};

/// A Pong, and a Ping that it answers (§5.5.3).
struct PongSeen {
  FrameIndex frame = no_frame;
  FrameIndex ping = no_frame;  ///< none: it answers none
  PacketIndex ping_packet = no_packet;
  Nanoseconds round_trip = 0;  ///< from that Ping
  bool directly = false;       ///< it repeats this one; false: a newer one
  bool known_late = false;     ///< the Ping became known after its Pong
};

class Recorder {
 public:
  /// Is there room for one more session? If not, the WebSocket is not followed.
  virtual bool may_open_session() = 0;
  /// Storage for a new session; stays where it is, and has its number.
  virtual Session& open_session() = 0;
  virtual void mark(const Session& session, PacketIndex packet, Mark mark) = 0;
  /// The head of its request, then that of its answer, whole or cut; the session itself keeps only what it needs.
  virtual void add_head(const Session&, const HttpHead&) {}
  /// In one call, so that a recorder can keep it in few bytes; takes the place of all that follows.
  virtual FrameIndex add_plain_frame(const Session& session, Role sender, const PlainFrame& frame) = 0;
  virtual FrameIndex begin_frame(const Session& session, Role sender) = 0;
  virtual void add_piece(FrameIndex frame, const Piece& piece) = 0;
  /// The header is whole; `FrameDone` follows when the payload is.
  virtual void set_header(FrameIndex frame, const FrameHeader& header, const ViolationSet& violations) = 0;
  virtual void end_frame(FrameIndex frame, const FrameDone& done) = 0;
  /// The packet (none: the end of the capture) in which it became known; the session has counted it.
  virtual void add_finding(const Session& session, PacketIndex packet, Finding finding, Role in,
                           std::uint64_t amount) = 0;
  virtual void add_pong(const Session& session, const PongSeen& pong) = 0;
  /// `last_frame` completed it; its other frames hang on that one by previous_fragment.
  virtual void add_message(const Session& session, FrameIndex last_frame, Message&& message) = 0;

 protected:
  ~Recorder() = default;
};

}  // namespace websocket
