// SPDX-License-Identifier: GPL-2.0-or-later
/// One attempt to open a WebSocket on a TCP connection, from the first byte of a possible upgrade request on.
///
/// Shape   segments of both ends in; a Session, once the request proves to be an upgrade request (RFC 6455 §4.1);
/// frames and
///         messages, once the answer is a 101 (§4.2.2).
/// Units   sequence numbers as on the wire.
/// Bounded heads by HttpHeadParser's limit, early bytes and out-of-order bytes by Limits.
/// The server's stream begins at the request's acknowledgement number: what the server sent before is no answer to it.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "direction.h"
#include "http_head.h"

namespace websocket {

/// Caps; decided once, when a file is opened.
struct Limits {
  std::size_t head = std::size_t{64} * 1024;
  std::size_t early_bytes = std::size_t{1024} * 1024;
  std::size_t out_of_order_bytes = ByteStream::default_limit;
  std::size_t message_bytes = MessageAssembler::default_keep_at_most;
  std::optional<InflateLimits> inflate = InflateLimits{};  ///< empty: compressed messages stay undecodable
  bool late_start = true;                                  ///< recognise a WebSocket whose handshake was not captured
};

class Attempt {
 public:
  enum class State : std::uint8_t {
    candidate,  ///< the request is under way
    rejected,   ///< it is no upgrade request
    asked,      ///< it is one, and there is a session; or its head was cut before it could be told
    late,       ///< no request was captured: frames are looked for in both directions
    open,       ///< 101
    over,       ///< any other answer
  };

  /// `server_sequence`: none if the request stands in the SYN; begin_server() gives it then.
  /// Nothing is better than `trust`.
  Attempt(Recorder& recorder, const Limits& limits, Trust trust, std::uint32_t client_sequence,
          std::optional<std::uint32_t> server_sequence);

  /// The capture began in the middle: which end is the client is not known, so the roles are provisional.
  void begin_late();
  /// Somebody knows that it is a WebSocket: one direction's frames are enough, and less evidence.
  void believe();
  /// There are frames in both directions, masked in one of them: open_late() may be called.
  [[nodiscard]] bool late_start_proven();
  /// Opens the session; true if the roles had to be exchanged.
  bool open_late(PacketIndex current);

  /// The SYN-ACK: the server's bytes begin at `sequence`. Ignored if that is known.
  void begin_server(std::uint32_t sequence);

  /// A segment of `sender` with at least one byte; `acknowledged` is its acknowledgement number, if it has one.
  void insert(Role sender, const StreamSegment& segment, std::optional<std::uint32_t> acknowledged);
  /// `sender` acknowledges what its peer sent before `sequence`; `packet` says so.
  void acknowledge(Role sender, std::uint32_t sequence, Nanoseconds now, PacketIndex packet);
  /// Could a FIN or RST with this number be meant for this connection? (RFC 5961 §3: a receiver would not take others.)
  [[nodiscard]] bool is_near(Role sender, std::uint32_t sequence) const;
  /// `sender` will send nothing from `sequence` on.
  void finish(Role sender, std::uint32_t sequence, PacketIndex packet);
  /// The same where that is not known as a sequence number: nothing follows what has come.
  void finish_here(Role sender, PacketIndex packet);
  /// What `sender` sent next is not known. Without a length nobody knows how much that was.
  void lose(Role sender, std::optional<std::uint32_t> length, PacketIndex current);
  /// The capture ends: what waits is decided now.
  void flush();

  [[nodiscard]] State state() const { return state_; }
  /// What could have told whether it is one was not captured.
  [[nodiscard]] bool was_cut() const { return was_cut_ && session_ == nullptr; }
  /// It began without a request, and no session came of it.
  [[nodiscard]] bool was_late() const { return began_late_ && session_ == nullptr; }
  [[nodiscard]] Session* session() { return session_; }
  /// Where the bytes after the request's head begin; meaningful from `asked` or `rejected` on.
  [[nodiscard]] std::uint32_t request_end() const { return request_end_; }
  /// A rejected request without a body: another request may follow at request_end().
  [[nodiscard]] bool request_may_follow() const { return request_may_follow_; }
  /// How far an acknowledgement of `sender` goes beyond what was taken of its peer's stream; negative: not so far.
  [[nodiscard]] std::int32_t acknowledged_ahead(Role sender, std::uint32_t acknowledgement) const {
    return sequence_distance(ends_[static_cast<std::size_t>(other(sender))].stream.next_sequence(), acknowledgement);
  }
  /// Captured bytes, or a FIN, wait for others in front of them.
  [[nodiscard]] bool has_waiting() const;

 private:
  enum class Stage : std::uint8_t { head, held, late, frames, nothing };
  struct Held {
    std::vector<std::uint8_t> bytes;
    Run run;
  };
  struct End {
    End(std::uint32_t first_sequence, HeadKind kind, Stage first_stage, const Limits& limits)
        : stream(first_sequence, limits.out_of_order_bytes), stage(first_stage), head(kind, limits.head) {}

    ByteStream stream;
    Stage stage;
    HttpHeadParser head;
    std::vector<Held> held;
    std::size_t held_bytes = 0;
    std::vector<Moment> head_packets;  ///< that brought bytes of the head
    std::optional<Direction> frames;
    std::unique_ptr<Resync> late;
    std::optional<std::uint32_t> fin;  ///< sequence number behind the last byte
    bool fin_judged = false;
  };

  bool answer_unseen(std::optional<std::uint32_t> acknowledged);
  End& end(Role role) { return ends_[static_cast<std::size_t>(role)]; }
  void drain(Role sender, PacketIndex current);
  void consume(Role sender, Run run, PacketIndex current);
  void consume_head(Role sender, Run& run);
  void finish_head(Role sender, bool cut, PacketIndex current);
  void hold(Role sender, const Run& run);
  void request_complete(const HttpHead& head, PacketIndex current);
  bool may_open();
  void lose_bytes_before_fin(Role sender);
  void open_session();
  void reject(const HttpHead* head);
  void response_complete(HttpHead&& head, PacketIndex current);
  void give_up(Outcome outcome);
  void open(bool response_cut, PacketIndex current);
  void release(Role sender, PacketIndex current);
  void look_for_frames(Role sender, const Run& run);
  void begin_frames();
  void check_end_of_stream(Role sender, PacketIndex current);
  void mark_head(Role sender, const Run& run);

  Recorder* recorder_;
  Limits limits_;
  Trust trust_;
  State state_ = State::candidate;
  bool server_known_;  ///< where the server's stream begins
  Session* session_ = nullptr;
  UpgradeRequest request_;  ///< until there is a session
  std::uint32_t request_end_ = 0;
  bool request_may_follow_ = false;
  bool began_late_ = false;
  bool believed_ = false;
  bool was_cut_ = false;
  bool proven_early_ = false;  ///< client bytes were sent before the client could have seen an answer
  std::array<PingLedger, 2> pings_;
  std::array<End, 2> ends_;
};

}  // namespace websocket
