// SPDX-License-Identifier: GPL-2.0-or-later
/// For tests of whole conversations: bytes as they stand on the wire, the TCP segments that carry them, and a Recorder
/// that keeps all it is told.
///
/// Shape   client_frame(), upgrade_request() ... -> bytes; Tcp().open().send(...).take() -> Capture; play(capture) ->
///         Recording; describe(recording) -> one text: equal texts are equal results.
/// Packets are numbered from 1 when they are played, so a capture may be shuffled, doubled or thinned out before.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "connection.h"
#include "session_rules.h"
#include "verdict.h"

namespace websocket::test {

using ByteVector = std::vector<std::uint8_t>;

inline ByteVector bytes_of(std::string_view text) { return {text.begin(), text.end()}; }
ByteVector joined(std::initializer_list<ByteVector> parts);

// ---- frames

struct FrameOptions {
  bool fin = true;
  bool rsv1 = false;
  bool rsv2 = false;
  bool rsv3 = false;
  std::optional<MaskingKey> mask = std::nullopt;
  std::optional<std::uint64_t> claimed_length = std::nullopt;  ///< in the header, whatever the payload's own length
};

ByteVector frame(Opcode opcode, Bytes payload, const FrameOptions& options = {});
/// As the sender ought to send it: a client's is masked.
ByteVector frame_of(Role sender, Opcode opcode, std::string_view payload, FrameOptions options = {});
ByteVector client_frame(Opcode opcode, std::string_view payload, const FrameOptions& options = {});
ByteVector server_frame(Opcode opcode, std::string_view payload, const FrameOptions& options = {});
ByteVector close_frame(Role sender, std::uint16_t code, std::string_view reason = {});

// ---- compressed messages (RFC 7692)

struct DeflaterOptions {
  bool context_takeover = true;
  int window_bits = 15;  ///< from 9 on: zlib makes no raw DEFLATE with 8
  int level = 6;
  int strategy = 0;  ///< zlib's Z_DEFAULT_STRATEGY
};

/// One direction's sender, by zlib.
class Deflater {
 public:
  explicit Deflater(const DeflaterOptions& options = {});

  /// The payload of a message, as §7.2.1 has it: flushed, and without the 00 00 ff ff.
  ByteVector message(Bytes plain);
  ByteVector message(std::string_view plain) { return message(as_bytes(plain)); }
  /// With the 00 00 ff ff left in place.
  ByteVector with_tail(Bytes plain);
  /// The last block has BFINAL set (§7.2.3.4), and no 00 stands behind it. What comes next may refer back over it.
  ByteVector final_block(Bytes plain);

 private:
  struct Zlib;
  struct FreeZlib {
    void operator()(Zlib* zlib) const;
  };
  ByteVector deflate_all(Bytes plain, int flush);

  bool context_takeover_;
  std::unique_ptr<Zlib, FreeZlib> zlib_;
};

// ---- the opening handshake

inline constexpr std::string_view sample_key = "x3JJHMbDL1EzLkh9GBhXDw==";

/// `more_fields`: whole lines.
std::string upgrade_request(std::string_view more_fields = {}, std::string_view key = sample_key);
std::string upgrade_response(std::string_view more_fields = {}, std::string_view key = sample_key);

// ---- TCP

/// Where the TCP payload begins in the packets of a Capture.
inline constexpr std::uint32_t payload_offset = 54;

struct Packet {
  TcpSegment segment;  ///< without its bytes
  ByteVector bytes;    ///< captured
};
using Capture = std::vector<Packet>;

/// Writes down a TCP connection, a packet for each call or piece, with sequence and acknowledgement numbers as they
/// come about when each packet arrives before the next one is sent. The client is Side::a.
class Tcp {
 public:
  explicit Tcp(std::uint32_t client_sequence = 1000, std::uint32_t server_sequence = 50'000)
      : next_{client_sequence, server_sequence} {}

  Tcp& syn();
  Tcp& syn_ack();
  Tcp& ack(Role sender);
  Tcp& fin(Role sender);
  Tcp& rst(Role sender);
  /// The data of one call goes into segments of at most `size` bytes from now on.
  Tcp& segments_of(std::size_t size);
  Tcp& send(Role sender, Bytes bytes);
  Tcp& send(Role sender, std::string_view text) { return send(sender, as_bytes(text)); }
  /// In two segments.
  Tcp& send_cut(Role sender, Bytes bytes, std::size_t cut);
  /// Sent, and seen by the peer, but not captured.
  Tcp& lose(Role sender, std::size_t bytes);
  /// The packet before, once more.
  Tcp& again();

  Tcp& open() { return syn().syn_ack().ack(Role::client); }
  /// open(), then the opening handshake.
  Tcp& upgrade(std::string_view request_fields = {}, std::string_view response_fields = {});
  /// FIN, FIN and the last ACK.
  Tcp& close(Role first) { return fin(first).fin(other(first)).ack(first); }

  [[nodiscard]] std::uint32_t next(Role sender) const { return next_[static_cast<std::size_t>(sender)]; }
  [[nodiscard]] std::size_t count() const { return packets_.size(); }
  Packet& last() { return packets_.back(); }
  Capture take() { return std::exchange(packets_, {}); }

 private:
  Packet& add(Role sender, Bytes bytes = {});

  std::array<std::uint32_t, 2> next_;
  std::size_t segment_size_ = SIZE_MAX;
  Capture packets_;
};

/// After the opening handshake.
inline Tcp opened() { return Tcp().upgrade(); }

/// What the snapshot length leaves of a packet.
void cut_by_snapshot(Packet& packet, std::size_t captured);

// ---- what comes out

/// Holds the codec to the contract of recorder.h while it collects.
class CollectingRecorder final : public Recorder {
 public:
  struct SeenFrame {
    std::uint32_t session = 0;
    Role sender = Role::client;
    bool plain = false;  ///< came in one call: add_plain_frame()
    std::vector<Piece> pieces;
    std::optional<FrameHeader> header;
    std::optional<FrameDone> done;
  };
  struct SeenMessage {
    std::uint32_t session = 0;
    FrameIndex last_frame = no_frame;
    Message message;
  };

  bool may_open_session() override;
  Session& open_session() override;
  void mark(const Session& session, PacketIndex packet, Mark mark) override;
  FrameIndex add_plain_frame(const Session& session, Role sender, const PlainFrame& plain) override;
  FrameIndex begin_frame(const Session& session, Role sender) override;
  void add_piece(FrameIndex index, const Piece& piece) override;
  void set_header(FrameIndex index, const FrameHeader& header, const ViolationSet& violations) override;
  void end_frame(FrameIndex index, const FrameDone& done) override;
  void add_finding(const Session& session, PacketIndex packet, Finding finding, Role in, std::uint64_t amount) override;
  void add_pong(const Session& session, const PongSeen& pong) override;
  void add_message(const Session& session, FrameIndex last_frame, Message&& message) override;

  std::vector<PongSeen> pongs;
  std::map<PacketIndex, Nanoseconds> times;  ///< of the packets, filled by play()
  std::deque<Session> sessions;              ///< numbered from 1; stay where they are
  std::vector<SeenFrame> frames;
  std::vector<SeenMessage> messages;
  std::vector<std::pair<PacketIndex, Finding>> findings;
  std::map<std::pair<std::uint32_t, PacketIndex>, unsigned> marks;  ///< by session number and packet
};

/// A capture that was played, and what became of it.
class Recording {
 public:
  CollectingRecorder recorder;
  Capture packets;                ///< packet n stands at n - 1
  std::vector<bool> referred_to;  ///< what Connection said of each
  Side client = Side::a;          ///< who it is in the end

  [[nodiscard]] std::size_t session_count() const { return recorder.sessions.size(); }
  /// Of number 1. There must be one.
  [[nodiscard]] const Session& session(std::uint32_t number = 1) const { return recorder.sessions.at(number - 1); }
  /// The marks of a packet, e.g. "request repeated".
  [[nodiscard]] std::string marks(PacketIndex packet, std::uint32_t session = 1) const;
  /// Of one direction, in order; control frames too.
  [[nodiscard]] std::vector<const CollectingRecorder::SeenMessage*> messages(Role sender,
                                                                             std::uint32_t session = 1) const;
  /// Unmasked bytes of a frame's payload, as far as its pieces have them.
  [[nodiscard]] ByteVector payload(FrameIndex frame) const;
  /// What the message's frames say its payload is. Not for messages that lost some.
  [[nodiscard]] ByteVector wire_bytes(const CollectingRecorder::SeenMessage& seen) const;
  /// The message's bytes: its data, or those in the packet.
  [[nodiscard]] ByteVector bytes(const CollectingRecorder::SeenMessage& seen) const;
  /// One direction's messages: `text#1 "Hello" exact`, one a line.
  [[nodiscard]] std::string lines(Role sender, std::uint32_t session = 1) const;
};

inline constexpr Nanoseconds default_step = 10'000;  ///< between two packets

/// Feeds the packets, then ends the capture. Each packet's bytes die after it was fed.
Recording play(Capture capture, const Limits& limits = {}, Nanoseconds step = default_step);

/// The same with the times that the packets have; `believe`: the user says that it is a WebSocket.
Recording replay(Capture capture, const Limits& limits = {}, bool believe = false);

/// The number of a packet is its index.
class PlainNumbers final : public PacketNumbers {
 public:
  std::uint32_t number_of(PacketIndex packet) const override { return packet; }
  std::optional<std::uint32_t> session_with_accept(std::string_view accept, std::uint32_t before) const override {
    if (accept != accept_of_session_3 || before <= 3) return std::nullopt;
    return 3;
  }
  static constexpr std::string_view accept_of_session_3 = "the accept value of session 3";
};
std::string verdict_of(const Session& session);

/// The ids of the broken rules that are no mere notes, but for those of how it was closed, sorted: "client
/// text-not-utf8 x1".
std::string rules_of(const Session& session);
/// Sessions, messages, rules, closes and sentences, without what depends on how the bytes were cut into packets.
std::string describe(const Recording& recording);

}  // namespace websocket::test
