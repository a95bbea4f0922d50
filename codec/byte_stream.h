// SPDX-License-Identifier: GPL-2.0-or-later
/// RFC 9293 §3.4: one direction of a TCP connection. Sequence numbers in, bytes in order out.
///
/// Shape   insert() a segment, then next() until it gives nothing; what stays behind a hole is copied and kept.
///         A run is either bytes, each exactly once, with the packet and the place in it that brought them, or a gap of
///         exact length.
/// Units   offsets are bytes from the first sequence number, 64 bits; time is nanoseconds of the capture's clock.
/// Errors  none: duplicates and overlaps are trimmed (what was delivered or kept first wins), a segment too far away is
/// ignored. Bounded at most `limit` bytes wait behind holes; beyond that the first hole is given up as a gap. A hole is
/// given up (becomes a gap) when the peer acknowledged bytes beyond it *and* four later segments have come or 50 ms
/// have passed since the first of them; when the limit is reached; or at flush(). Unacknowledged holes wait: the sender
/// repeats them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "bytes.h"

namespace websocket {

using PacketIndex = std::uint32_t;  ///< the caller's name for a packet; never interpreted
using Nanoseconds = std::int64_t;

struct StreamSegment {
  std::uint32_t sequence = 0;       ///< of the first byte
  std::uint32_t length = 0;         ///< on the wire
  Bytes captured;                   ///< the first bytes of it, at most `length`: a short snapshot has fewer
  std::uint32_t packet_offset = 0;  ///< where `captured` begins in its packet, by the caller's count
  PacketIndex packet = 0;
  Nanoseconds time = 0;
};

enum class GapCause : std::uint8_t {
  not_captured,     ///< no packet of the capture has these bytes
  cut_by_snapshot,  ///< a packet had them, the capture's snapshot length cut them off
};

struct Run {
  std::uint64_t offset = 0;  ///< in the stream
  Bytes bytes;               ///< valid until the next call of insert() or next(); empty for a gap
  std::uint64_t gap = 0;     ///< length of the gap; 0 for bytes
  GapCause cause = GapCause::not_captured;
  PacketIndex packet = 0;           ///< that brought the bytes (for a gap: meaningless unless cut_by_snapshot)
  std::uint32_t packet_offset = 0;  ///< of bytes[0] in that packet
  Nanoseconds time = 0;             ///< of that packet
};

/// Signed distance from a to b on the circle of sequence numbers.
constexpr std::int32_t sequence_distance(std::uint32_t a, std::uint32_t b) { return static_cast<std::int32_t>(b - a); }

class ByteStream {
 public:
  static constexpr std::size_t default_limit = std::size_t{4} * 1024 * 1024;
  static constexpr int later_segments_until_lost = 4;
  static constexpr Nanoseconds time_until_lost = 50'000'000;

  explicit ByteStream(std::uint32_t first_sequence, std::size_t limit = default_limit)
      : first_sequence_(first_sequence), limit_(limit) {}

  /// True if any byte of the segment is new (neither delivered nor waiting nor given up). The caller drains with next()
  /// before `segment.captured` dies.
  bool insert(const StreamSegment& segment);
  /// The peer has acknowledged everything before `sequence`; `now` is the time of the packet that says so.
  void acknowledge(std::uint32_t sequence, Nanoseconds now);
  /// End of the capture: every hole in front of bytes that were captured becomes a gap. Drain with next() afterwards.
  void flush();

  std::optional<Run> next();
  /// False: next() has nothing to give.
  [[nodiscard]] bool may_have_next() const { return has_direct() || !waiting_.empty(); }

  /// How many bytes were delivered or given up.
  [[nodiscard]] std::uint64_t offset() const { return offset_; }
  [[nodiscard]] std::uint32_t next_sequence() const { return first_sequence_ + static_cast<std::uint32_t>(offset_); }
  /// Bytes kept behind holes.
  [[nodiscard]] std::size_t waiting() const { return waiting_bytes_; }
  [[nodiscard]] bool has_waiting() const { return !waiting_.empty(); }

 private:
  /// What is new of a segment, by stream offset: captured bytes up to captured_end(), cut ones from there to `end`.
  struct Fresh {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    Bytes captured;
    std::uint32_t packet_offset = 0;
    PacketIndex packet = 0;
    Nanoseconds time = 0;
    std::uint64_t arrival = 0;

    [[nodiscard]] std::uint64_t captured_end() const { return begin + captured.size(); }
  };
  struct Waiting {
    std::vector<std::uint8_t> captured;  ///< all `length` bytes, or none: then they were cut by the snapshot
    std::uint32_t length = 0;
    std::uint32_t packet_offset = 0;
    PacketIndex packet = 0;
    Nanoseconds time = 0;
    std::uint64_t arrival = 0;  ///< which call of insert() brought it

    [[nodiscard]] bool is_cut() const { return captured.empty(); }
  };
  using WaitingMap = std::map<std::uint64_t, Waiting>;  ///< by stream offset; pieces do not overlap

  /// What a piece costs beyond its bytes, so that a flood of tiny pieces is bounded too.
  static constexpr std::size_t piece_overhead = 128;

  [[nodiscard]] std::optional<Fresh> trim_delivered(const StreamSegment& segment) const;
  bool take(Fresh fresh);
  void hand_over(Fresh& fresh);
  bool keep(const Fresh& fresh);
  bool fill_holes(const Fresh& fresh, std::uint64_t begin, std::uint64_t end);
  void replace_cut(std::uint64_t begin, std::uint64_t end);
  void cut_out(WaitingMap::iterator piece, std::uint64_t begin, std::uint64_t end);
  void add_piece(WaitingMap::iterator before, const Fresh& fresh, std::uint64_t begin, std::uint64_t end);
  [[nodiscard]] WaitingMap::iterator first_ending_after(std::uint64_t offset);

  void give_up_before(std::uint64_t offset);
  void give_up_lost_holes(Nanoseconds now);
  [[nodiscard]] std::uint64_t end_before(WaitingMap::const_iterator piece) const;
  void give_up_beyond_limit();
  [[nodiscard]] bool is_lost(WaitingMap::const_iterator behind_hole, Nanoseconds now) const;

  [[nodiscard]] bool has_direct() const { return direct_.begin < direct_.end; }
  Run deliver_direct();
  Run deliver_waiting();
  Run deliver_gap(std::uint64_t end);

  std::uint32_t first_sequence_;
  std::size_t limit_;
  std::uint64_t offset_ = 0;
  std::uint64_t acknowledged_ = 0;    ///< the peer has everything before this offset
  std::uint64_t given_up_until_ = 0;  ///< holes that begin before this offset are gaps
  std::uint64_t arrivals_ = 0;
  std::size_t waiting_bytes_ = 0;
  Fresh direct_;  ///< in order: a view of the caller's bytes, from offset_ on, in front of everything that waits
  WaitingMap waiting_;
  std::vector<std::uint8_t> delivered_;  ///< keeps the bytes of the last run from waiting_ alive
};

}  // namespace websocket
