// SPDX-License-Identifier: GPL-2.0-or-later
#include "byte_stream.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <iterator>
#include <utility>

namespace websocket {

namespace {

/// Farther ahead than the largest window (RFC 7323 §2.3: less than 2^30), so no byte of this connection.
constexpr std::int64_t farthest_ahead = std::int64_t{1} << 30;

/// A clock that was set back gives zero, and extreme times do not overflow.
std::uint64_t elapsed(Nanoseconds from, Nanoseconds to) {
  return to > from ? static_cast<std::uint64_t>(to) - static_cast<std::uint64_t>(from) : 0;
}

template <class Piece>
std::uint64_t end_of(const Piece& piece) {
  return piece.first + piece.second.length;
}

/// Without its bytes or length.
template <class Piece>
Run run_of(const Piece& piece, std::uint64_t offset) {
  Run run;
  run.offset = offset;
  run.packet = piece.packet;
  run.packet_offset = piece.packet_offset;
  run.time = piece.time;
  return run;
}

}  // namespace

bool ByteStream::insert(const StreamSegment& segment) {
  assert(!has_direct() && "drain with next() before the next insert()");
  direct_ = {};                              // not drained: its bytes are dead, so they count as never seen
  delivered_ = std::vector<std::uint8_t>();  // gives the memory back; = {} would not
  const std::optional<Fresh> fresh = trim_delivered(segment);
  const bool any_new = fresh && take(*fresh);
  // Only now, so that a segment that comes late and fills its hole is in time.
  give_up_lost_holes(segment.time);
  give_up_beyond_limit();
  return any_new;
}

void ByteStream::acknowledge(std::uint32_t sequence, Nanoseconds now) {
  const std::int64_t ahead = sequence_distance(next_sequence(), sequence);
  if (ahead > 0 && ahead <= farthest_ahead) {
    acknowledged_ = std::max(acknowledged_, offset_ + static_cast<std::uint64_t>(ahead));
  }
  give_up_lost_holes(now);
}

void ByteStream::flush() {
  if (!waiting_.empty()) give_up_before(waiting_.rbegin()->first);
}

std::optional<Run> ByteStream::next() {
  delivered_ = std::vector<std::uint8_t>();
  if (has_direct()) return deliver_direct();
  if (waiting_.empty()) return std::nullopt;
  const std::uint64_t start = waiting_.begin()->first;
  if (start == offset_) return deliver_waiting();
  if (offset_ < given_up_until_) return deliver_gap(start);
  return std::nullopt;
}

// ---- taking a segment

std::optional<ByteStream::Fresh> ByteStream::trim_delivered(const StreamSegment& segment) const {
  const std::int64_t ahead = sequence_distance(next_sequence(), segment.sequence);
  const std::uint64_t delivered = ahead < 0 ? static_cast<std::uint64_t>(-ahead) : 0;
  if (ahead > farthest_ahead || delivered >= segment.length) return std::nullopt;

  const Bytes captured = segment.captured.first(std::min<std::size_t>(segment.captured.size(), segment.length));
  Fresh fresh;
  fresh.begin = offset_ + static_cast<std::uint64_t>(std::max<std::int64_t>(ahead, 0));
  fresh.end = fresh.begin + (segment.length - delivered);
  fresh.captured = captured.subspan(std::min<std::size_t>(captured.size(), delivered));
  fresh.packet_offset = segment.packet_offset + static_cast<std::uint32_t>(delivered);
  fresh.packet = segment.packet;
  fresh.time = segment.time;
  return fresh;
}

bool ByteStream::take(Fresh fresh) {
  fresh.arrival = ++arrivals_;
  if (fresh.begin == offset_) hand_over(fresh);
  const bool kept = fresh.begin < fresh.end && keep(fresh);
  return kept || has_direct();
}

/// Moves what lies in front of everything that waits from `fresh` to direct_: the usual case, nothing is copied.
void ByteStream::hand_over(Fresh& fresh) {
  const std::uint64_t end = waiting_.empty() ? fresh.end : std::min(fresh.end, waiting_.begin()->first);
  const std::uint64_t length = end - fresh.begin;
  const std::size_t captured = std::min<std::size_t>(fresh.captured.size(), length);
  direct_ = fresh;
  direct_.end = end;
  direct_.captured = fresh.captured.first(captured);
  fresh.begin = end;
  fresh.captured = fresh.captured.subspan(captured);
  fresh.packet_offset += static_cast<std::uint32_t>(length);
}

bool ByteStream::keep(const Fresh& fresh) {
  replace_cut(fresh.begin, fresh.captured_end());
  const bool bytes_kept = fill_holes(fresh, fresh.begin, fresh.captured_end());
  const bool cut_kept = fill_holes(fresh, fresh.captured_end(), fresh.end);
  return bytes_kept || cut_kept;
}

/// Adds the part of `fresh` from begin to end wherever nothing waits yet: what was kept first wins.
bool ByteStream::fill_holes(const Fresh& fresh, std::uint64_t begin, std::uint64_t end) {
  const std::size_t pieces = waiting_.size();
  auto piece = first_ending_after(begin);
  while (begin < end) {
    const std::uint64_t hole_end = piece == waiting_.end() ? end : std::min(end, piece->first);
    if (begin < hole_end) add_piece(piece, fresh, begin, hole_end);
    if (piece == waiting_.end()) break;
    begin = end_of(*piece++);
  }
  return waiting_.size() > pieces;
}

/// Bytes win over the knowledge that they were cut: makes a hole of every cut byte from begin to end.
void ByteStream::replace_cut(std::uint64_t begin, std::uint64_t end) {
  if (begin == end) return;
  auto piece = first_ending_after(begin);
  while (piece != waiting_.end() && piece->first < end) {
    const auto following = std::next(piece);
    if (piece->second.is_cut()) cut_out(piece, begin, end);
    piece = following;
  }
}

/// Leaves of a cut piece only what lies before `begin` and after `end`.
void ByteStream::cut_out(WaitingMap::iterator piece, std::uint64_t begin, std::uint64_t end) {
  const std::uint64_t piece_begin = piece->first;
  const std::uint64_t piece_end = end_of(*piece);
  if (end < piece_end) {
    Waiting rest = piece->second;
    rest.length = static_cast<std::uint32_t>(piece_end - end);
    rest.packet_offset += static_cast<std::uint32_t>(end - piece_begin);
    waiting_.emplace_hint(std::next(piece), end, std::move(rest));
  }
  if (piece_begin < begin) {
    piece->second.length = static_cast<std::uint32_t>(begin - piece_begin);
  } else {
    waiting_.erase(piece);
  }
}

void ByteStream::add_piece(WaitingMap::iterator before, const Fresh& fresh, std::uint64_t begin, std::uint64_t end) {
  Waiting piece;
  if (begin < fresh.captured_end()) {
    const Bytes bytes = fresh.captured.subspan(begin - fresh.begin, end - begin);
    piece.captured.assign(bytes.begin(), bytes.end());
  }
  piece.length = static_cast<std::uint32_t>(end - begin);
  piece.packet_offset = fresh.packet_offset + static_cast<std::uint32_t>(begin - fresh.begin);
  piece.packet = fresh.packet;
  piece.time = fresh.time;
  piece.arrival = fresh.arrival;
  waiting_bytes_ += piece.captured.size();
  waiting_.emplace_hint(before, begin, std::move(piece));
}

ByteStream::WaitingMap::iterator ByteStream::first_ending_after(std::uint64_t offset) {
  const auto after = waiting_.upper_bound(offset);
  if (after == waiting_.begin()) return after;
  const auto before = std::prev(after);
  return end_of(*before) > offset ? before : after;
}

// ---- giving up holes: only noted here, next() makes the gaps, so that bytes that still come before it win

void ByteStream::give_up_before(std::uint64_t offset) { given_up_until_ = std::max(given_up_until_, offset); }

/// From the first hole on, until one that may still be filled. Pieces that next() can give already are noted too,
/// although no hole is in front of them, so that a caller who drains late does not make this walk over them again.
void ByteStream::give_up_lost_holes(Nanoseconds now) {
  if (acknowledged_ <= offset_) return;
  for (auto piece = waiting_.upper_bound(given_up_until_); piece != waiting_.end(); ++piece) {
    const bool hole = end_before(piece) < piece->first;
    if (hole && !is_lost(piece, now)) return;
    give_up_before(piece->first);
  }
}

/// Where the hole in front of a piece begins, if there is one.
std::uint64_t ByteStream::end_before(WaitingMap::const_iterator piece) const {
  return piece == waiting_.begin() ? std::max(offset_, direct_.end) : end_of(*std::prev(piece));
}

void ByteStream::give_up_beyond_limit() {
  std::size_t cost = waiting_bytes_ + waiting_.size() * piece_overhead;
  for (auto piece = waiting_.cbegin(); cost > limit_ && piece != waiting_.cend(); ++piece) {
    give_up_before(piece->first);
    cost -= piece->second.captured.size() + piece_overhead;
  }
}

/// Everything that waits behind the hole came while the hole was there, so the later segments are the ones that own a
/// piece there. Fewer than four segments have a handful of pieces: this looks at no more, however many wait.
bool ByteStream::is_lost(WaitingMap::const_iterator behind_hole, Nanoseconds now) const {
  if (acknowledged_ < behind_hole->first) return false;
  std::array<std::uint64_t, later_segments_until_lost> later{};
  auto later_end = later.begin();
  const Waiting* oldest = &behind_hole->second;
  for (auto piece = behind_hole; piece != waiting_.cend(); ++piece) {
    const Waiting& waiting = piece->second;
    if (std::find(later.begin(), later_end, waiting.arrival) == later_end) *later_end++ = waiting.arrival;
    if (later_end == later.end()) return true;
    if (waiting.arrival < oldest->arrival) oldest = &waiting;
  }
  return elapsed(oldest->time, now) >= static_cast<std::uint64_t>(time_until_lost);
}

// ---- delivering

Run ByteStream::deliver_direct() {
  Run run = run_of(direct_, offset_);
  std::uint64_t length = direct_.captured.size();
  if (length > 0) {
    run.bytes = std::exchange(direct_.captured, {});
  } else {
    length = run.gap = direct_.end - direct_.begin;
    run.cause = GapCause::cut_by_snapshot;
  }
  direct_.begin += length;
  direct_.packet_offset += static_cast<std::uint32_t>(length);
  offset_ += length;
  return run;
}

Run ByteStream::deliver_waiting() {
  Waiting& piece = waiting_.begin()->second;
  Run run = run_of(piece, offset_);
  if (piece.is_cut()) {
    run.gap = piece.length;
    run.cause = GapCause::cut_by_snapshot;
  }
  offset_ += piece.length;
  waiting_bytes_ -= piece.captured.size();
  delivered_ = std::move(piece.captured);
  run.bytes = delivered_;
  waiting_.erase(waiting_.begin());
  return run;
}

Run ByteStream::deliver_gap(std::uint64_t end) {
  Run run;
  run.offset = offset_;
  run.gap = end - offset_;
  offset_ = end;
  return run;
}

}  // namespace websocket
