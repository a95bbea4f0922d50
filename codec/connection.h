// SPDX-License-Identifier: GPL-2.0-or-later
/// One TCP connection, watched until it asks for a WebSocket, and then until its end.
///
/// Shape   pass_by(segment), or else advance(segment), in the order of the capture; flush() at its end. The Recorder
///         gets sessions, frames and messages.
/// Cheap   before the first byte of a possible upgrade request there is no state but three moments and a few numbers.
/// A request begins a turn: the connection's first bytes, or the first after the other side spoke, or right
/// behind a request without a body. Bytes in the middle of one side's speech are never taken for a request, whatever
/// they look like.
#pragma once

#include <array>
#include <memory>
#include <optional>

#include "attempt.h"

namespace websocket {

enum class Side : std::uint8_t { a, b };  ///< the two ends, before anybody knows which one is the client
constexpr Side opposite(Side side) { return side == Side::a ? Side::b : Side::a; }

/// RFC 9293 §3.1, as far as it matters here.
struct TcpSegment {
  Side sender = Side::a;
  bool syn = false, ack = false, fin = false, rst = false;
  std::uint32_t acknowledgement = 0;
  /// The bytes are of a stream inside TCP (decrypted TLS), and so are `data.sequence` and `acknowledgement`, which says
  /// how far the peer's stream has come. Segments without bytes are TCP's own all the same.
  bool inside = false;
  /// Bytes in front of these were captured, but could not be decrypted; without a length nobody knows how many.
  bool behind_hole = false;
  std::optional<std::uint32_t> hole;
  StreamSegment data;  ///< sequence, bytes, packet and time; length 0: none. `sequence` is the header's.
};

class Connection {
 public:
  Connection(Recorder& recorder, const Limits& limits) : recorder_(&recorder), limits_(&limits) {}

  /// The user says that it is a WebSocket, wherever the capture begins.
  void believe() { believed_ = true; }
  /// A stream inside TCP begins: what is known of the TCP connection around it. Nothing in it is better than `trust`.
  void begin_inside(const Connection& tcp, Trust trust);
  /// The capture ends, and the last bytes of `sender` could not be decrypted.
  void lose_end(Side sender, std::optional<std::uint32_t> length);

  /// True if anything refers to the packet now.
  bool advance(const TcpSegment& segment);
  /// The same for a segment that nothing hangs on, which is most of what is no WebSocket. False: it was not looked at.
  bool pass_by(const TcpSegment& segment);
  void flush();

  /// Is there an upgrade request, or a WebSocket, that has not ended?
  [[nodiscard]] bool under_way() const { return attempt_ != nullptr; }
  /// The latest session; null: none so far.
  [[nodiscard]] Session* session() { return session_; }
  /// The side that is the session's client.
  [[nodiscard]] Side client() const { return client_; }

 private:
  Role role_of(Side side) const { return side == client_ ? Role::client : Role::server; }
  bool completes_tcp_handshake(const TcpSegment& segment) const;
  bool note_tcp_handshake(const TcpSegment& segment);
  bool note_syn(const TcpSegment& segment);
  bool note_syn_ack(const TcpSegment& segment);
  void begin_anew(const Moment& syn, Side client, std::uint32_t behind_syn);
  bool is_turn(const TcpSegment& segment) const;
  bool may_begin_request(const TcpSegment& segment) const;
  bool begins_out_of_order(const TcpSegment& segment) const;
  void look_for_request(const TcpSegment& segment);
  bool may_be_late_start() const;
  void begin_late_start(const TcpSegment& segment);
  void judge_late_start(PacketIndex packet);
  bool is_ordinary_request(const TcpSegment& segment) const;
  void note_ordinary_request(const TcpSegment& segment);
  void note_turn(const TcpSegment& segment);
  bool advance_stream(const TcpSegment& segment);
  void feed(const TcpSegment& segment);
  bool feed_to_its_end(const TcpSegment& segment);
  bool take_up_next_request(TcpSegment& segment);
  void feed_once(const TcpSegment& segment);
  void take_up_session();
  void retire_attempt();
  bool belongs_to_session(const TcpSegment& segment) const;
  bool note_tcp_end(const TcpSegment& segment);
  void note_fin(const TcpSegment& segment, Moment now);
  void note_knowledge_of_close(const TcpSegment& segment);
  void note_end_of_reading(const TcpSegment& segment);
  void note_last_ack(const TcpSegment& segment, Moment now);

  Recorder* recorder_;
  const Limits* limits_;
  std::uint32_t requests_ = 0;  ///< that might have been upgrade requests
  std::unique_ptr<Attempt> attempt_;
  Session* session_ = nullptr;
  Moment syn_, syn_ack_, ack_;
  Moment doubtful_syn_;  ///< in the middle of a session: the peer may refuse it (RFC 5961 §4)
  std::uint32_t behind_doubtful_syn_ = 0;
  std::array<std::uint32_t, 2> first_sequence_{};  ///< behind the SYN; if the SYN was captured
  std::array<std::uint32_t, 2> fin_sequence_{};    ///< behind the FIN, if it was captured
  std::uint32_t next_request_ = 0;                 ///< where a request may follow the last one, or where that one ended
  Side client_ = Side::a;
  bool believed_ = false;
  bool inside_ = false;  ///< the stream is one inside TCP
  Trust trust_ = Trust::exact;
  bool client_known_ = false;  ///< by its SYN or by an upgrade request
  bool spoken_ = false;        ///< any data so far
  Side last_speaker_ = Side::a;
  bool head_was_cut_ = false;        ///< of what may have been an upgrade
  bool late_start_refuted_ = false;  ///< it began in the middle, and is no WebSocket
  bool had_request_ = false;         ///< next_request_ is meaningful
  bool request_may_follow_ = false;
};

}  // namespace websocket
