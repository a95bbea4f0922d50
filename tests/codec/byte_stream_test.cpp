// SPDX-License-Identifier: GPL-2.0-or-later
#include "byte_stream.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace websocket {
namespace {

constexpr Nanoseconds ms = 1'000'000;
constexpr std::uint32_t gib = std::uint32_t{1} << 30;
constexpr std::size_t piece_overhead = 128;  ///< what the limit counts for a waiting piece beyond its bytes

StreamSegment segment(std::uint32_t sequence, std::string_view text, Nanoseconds time = 0) {
  StreamSegment result;
  result.sequence = sequence;
  result.length = static_cast<std::uint32_t>(text.size());
  result.captured = as_bytes(text);
  result.time = time;
  return result;
}

/// `text` was captured of `length` bytes on the wire.
StreamSegment cut_segment(std::uint32_t sequence, std::string_view text, std::uint32_t length, PacketIndex packet) {
  StreamSegment result = segment(sequence, text);
  result.length = length;
  result.packet = packet;
  return result;
}

/// Everything next() gives: bytes as they are, a gap of 3 as [3], 3 bytes cut from packet 7 as {3@7}.
std::string drain(ByteStream& stream) {
  std::string log;
  while (const std::optional<Run> run = stream.next()) {
    if (run->gap == 0) {
      log += as_text(run->bytes);
    } else if (run->cause == GapCause::not_captured) {
      log += "[" + std::to_string(run->gap) + "]";
    } else {
      log += "{" + std::to_string(run->gap) + "@" + std::to_string(run->packet) + "}";
    }
  }
  return log;
}

std::string feed(ByteStream& stream, const StreamSegment& next_segment) {
  stream.insert(next_segment);
  return drain(stream);
}

std::string acknowledge(ByteStream& stream, std::uint32_t sequence, Nanoseconds now) {
  stream.acknowledge(sequence, now);
  return drain(stream);
}

std::string flush(ByteStream& stream) {
  stream.flush();
  return drain(stream);
}

// ---- in order

TEST(ByteStream, NothingInsertedGivesNothing) {
  ByteStream stream(100);
  EXPECT_FALSE(stream.next());
  EXPECT_EQ(stream.offset(), 0U);
  EXPECT_EQ(stream.next_sequence(), 100U);
  EXPECT_FALSE(stream.has_waiting());
}

TEST(ByteStream, InOrderBytesAreNotCopied) {
  ByteStream stream(100);
  const std::string text = "hello";
  StreamSegment hello = segment(100, text, 77);
  hello.packet = 9;
  hello.packet_offset = 54;
  EXPECT_TRUE(stream.insert(hello));
  const auto run = stream.next();
  ASSERT_TRUE(run);
  EXPECT_EQ(run->bytes.data(), hello.captured.data());
  EXPECT_EQ(run->bytes.size(), 5U);
  EXPECT_EQ(run->offset, 0U);
  EXPECT_EQ(run->gap, 0U);
  EXPECT_EQ(run->packet, 9U);
  EXPECT_EQ(run->packet_offset, 54U);
  EXPECT_EQ(run->time, 77);
  EXPECT_FALSE(stream.next());
  EXPECT_EQ(stream.offset(), 5U);
  EXPECT_EQ(stream.next_sequence(), 105U);
}

TEST(ByteStream, InOrderBytesInFrontOfWaitingOnesAreNotCopied) {
  ByteStream stream(0);
  feed(stream, segment(4, "efgh"));
  const std::string text = "abcd";
  stream.insert(segment(0, text));
  const auto run = stream.next();
  ASSERT_TRUE(run);
  EXPECT_EQ(static_cast<const void*>(run->bytes.data()), text.data());
  EXPECT_EQ(drain(stream), "efgh");
}

TEST(ByteStream, EmptySegmentIsNothingNew) {
  ByteStream stream(0);
  EXPECT_FALSE(stream.insert(segment(0, "")));
  EXPECT_FALSE(stream.insert(segment(5, "")));
  EXPECT_EQ(drain(stream), "");
  EXPECT_FALSE(stream.has_waiting());
}

TEST(ByteStream, OnlyLengthCountsOfALongerCapture) {
  ByteStream stream(0);
  EXPECT_EQ(feed(stream, cut_segment(0, "abcXX", 3, 1)), "abc");
  EXPECT_EQ(feed(stream, cut_segment(5, "fgXX", 2, 1)), "");
  EXPECT_EQ(feed(stream, segment(3, "de")), "defg");
}

TEST(ByteStreamDeathTest, InsertBeforeDrainingIsAMistake) {
  ByteStream stream(0);
  stream.insert(segment(0, "abc"));
  EXPECT_DEBUG_DEATH(stream.insert(segment(3, "def")), "drain");
}

// ---- duplicates and overlaps

TEST(ByteStream, DuplicateIsNothingNew) {
  ByteStream stream(100);
  feed(stream, segment(100, "abcdef"));
  EXPECT_FALSE(stream.insert(segment(100, "abcdef")));
  EXPECT_FALSE(stream.insert(segment(102, "XX")));
  EXPECT_FALSE(stream.insert(segment(90, "XXXXXXXXXXXXXXXX")));
  EXPECT_FALSE(stream.insert(segment(100 - gib, "X")));
  EXPECT_EQ(drain(stream), "");
}

TEST(ByteStream, DuplicateOfWaitingBytesIsNothingNew) {
  ByteStream stream(0);
  EXPECT_TRUE(stream.insert(segment(2, "cdef")));
  EXPECT_FALSE(stream.insert(segment(2, "XXXX")));
  EXPECT_FALSE(stream.insert(segment(3, "XX")));
  EXPECT_EQ(stream.waiting(), 4U);
  EXPECT_EQ(feed(stream, segment(0, "ab")), "abcdef");
}

TEST(ByteStream, KeepAliveIsADuplicate) {
  ByteStream stream(100);
  feed(stream, segment(100, "abc"));
  EXPECT_FALSE(stream.insert(segment(102, std::string_view("\0", 1))));
  EXPECT_EQ(drain(stream), "");
  EXPECT_EQ(stream.offset(), 3U);
}

TEST(ByteStream, KeepAliveBeforeTheFirstByteIsADuplicate) {
  ByteStream stream(0);
  EXPECT_FALSE(stream.insert(segment(0xFFFFFFFFU, "X")));
  EXPECT_EQ(drain(stream), "");
}

TEST(ByteStream, DeliveredPartIsTrimmed) {
  ByteStream stream(100);
  feed(stream, segment(100, "abc"));
  StreamSegment overlapping = segment(101, "XXdef");
  overlapping.packet_offset = 40;
  EXPECT_TRUE(stream.insert(overlapping));
  const auto run = stream.next();
  ASSERT_TRUE(run);
  EXPECT_EQ(as_text(run->bytes), "def");
  EXPECT_EQ(run->offset, 3U);
  EXPECT_EQ(run->packet_offset, 42U);
}

TEST(ByteStream, OverlapOnBothSidesOfWaitingPieceKeepsTheFirst) {
  ByteStream stream(0);
  feed(stream, segment(4, "EF"));
  EXPECT_TRUE(stream.insert(segment(2, "cdxxgh")));
  EXPECT_EQ(stream.waiting(), 6U);
  EXPECT_EQ(feed(stream, segment(0, "ab")), "abcdEFgh");
}

TEST(ByteStream, SegmentIsSplitAroundSeveralWaitingPieces) {
  ByteStream stream(0);
  feed(stream, segment(2, "CD"));
  feed(stream, segment(6, "G"));
  feed(stream, segment(9, "JKL"));
  EXPECT_EQ(feed(stream, segment(0, "abxxefxhixx")), "abCDefGhiJKL");
  EXPECT_EQ(stream.waiting(), 0U);
}

TEST(ByteStream, SegmentBetweenWaitingPiecesOverlapsBoth) {
  ByteStream stream(0);
  feed(stream, segment(1, "BC"));
  feed(stream, segment(5, "FG"));
  feed(stream, segment(2, "xdex"));
  EXPECT_EQ(feed(stream, segment(0, "a")), "aBCdeFG");
}

TEST(ByteStream, WaitingPiecesKnowTheirPacketAndPlace) {
  ByteStream stream(0);
  feed(stream, segment(3, "D"));
  StreamSegment around = segment(2, "c_e", 5);
  around.packet = 8;
  around.packet_offset = 54;
  stream.insert(around);
  stream.insert(segment(0, "ab"));
  stream.next();
  const auto before = stream.next().value();
  EXPECT_EQ(before.packet, 8U);
  EXPECT_EQ(before.packet_offset, 54U);
  EXPECT_EQ(before.time, 5);
  stream.next();
  const auto after = stream.next().value();
  EXPECT_EQ(after.offset, 4U);
  EXPECT_EQ(after.packet, 8U);
  EXPECT_EQ(after.packet_offset, 56U);
}

TEST(ByteStream, OutOfOrderBytesAreCopied) {
  ByteStream stream(0);
  std::string text = "cd";
  feed(stream, segment(2, text));
  text = "??";
  EXPECT_EQ(feed(stream, segment(0, "ab")), "abcd");
}

// ---- sequence numbers

TEST(ByteStream, SequenceNumbersWrapOffsetsDoNot) {
  ByteStream stream(0xFFFFFFFEU);
  EXPECT_EQ(feed(stream, segment(1, "def")), "");
  EXPECT_EQ(feed(stream, segment(0xFFFFFFFEU, "abc")), "abcdef");
  EXPECT_EQ(stream.offset(), 6U);
  EXPECT_EQ(stream.next_sequence(), 4U);
  EXPECT_FALSE(stream.insert(segment(0xFFFFFFFEU, "abcdef")));
}

TEST(ByteStream, OffsetsGoBeyond4GiB) {
  ByteStream stream(7);
  for (int round = 0; round < 5; ++round) feed(stream, cut_segment(stream.next_sequence(), "", gib, 1));
  EXPECT_EQ(stream.offset(), std::uint64_t{5} * gib);
  EXPECT_EQ(stream.next_sequence(), 7 + gib);
  stream.insert(segment(7 + gib, "abc"));
  EXPECT_EQ(stream.next().value().offset, std::uint64_t{5} * gib);
}

TEST(ByteStream, JumpOfMoreThan1GiBIsIgnored) {
  ByteStream stream(100);
  EXPECT_FALSE(stream.insert(segment(100 + gib + 1, "x")));
  EXPECT_FALSE(stream.has_waiting());
  EXPECT_TRUE(stream.insert(segment(100 + gib, "x")));
  EXPECT_TRUE(stream.has_waiting());
  EXPECT_EQ(flush(stream), "[1073741824]x");
}

TEST(ByteStream, FarthestDistanceIsIgnored) {
  ByteStream stream(0);
  EXPECT_FALSE(stream.insert(segment(0x80000000U, "x")));
  EXPECT_FALSE(stream.insert(segment(0x7FFFFFFFU, "x")));
  EXPECT_FALSE(stream.has_waiting());
}

// ---- the snapshot's cut

TEST(ByteStream, CutTailIsAGapWithoutWaiting) {
  ByteStream stream(0);
  StreamSegment cut = cut_segment(0, "abc", 10, 7);
  cut.packet_offset = 54;
  cut.time = 5;
  EXPECT_TRUE(stream.insert(cut));
  EXPECT_EQ(as_text(stream.next().value().bytes), "abc");
  const auto gap = stream.next().value();
  EXPECT_EQ(gap.cause, GapCause::cut_by_snapshot);
  EXPECT_EQ(gap.offset, 3U);
  EXPECT_EQ(gap.gap, 7U);
  EXPECT_TRUE(gap.bytes.empty());
  EXPECT_EQ(gap.packet, 7U);
  EXPECT_EQ(gap.packet_offset, 57U);
  EXPECT_EQ(gap.time, 5);
  EXPECT_EQ(feed(stream, segment(10, "k")), "k");
}

TEST(ByteStream, WaitingCutTailIsAGapInOrder) {
  ByteStream stream(0);
  EXPECT_EQ(feed(stream, cut_segment(2, "cd", 5, 7)), "");
  EXPECT_EQ(feed(stream, segment(7, "h")), "");
  EXPECT_EQ(stream.waiting(), 3U);
  EXPECT_EQ(feed(stream, segment(0, "ab")), "abcd{3@7}h");
}

TEST(ByteStream, SegmentWithoutAnyCapturedByteIsAGap) {
  ByteStream stream(0);
  EXPECT_EQ(feed(stream, cut_segment(0, "", 4, 3)), "{4@3}");
  EXPECT_EQ(feed(stream, cut_segment(6, "", 4, 4)), "");
  EXPECT_TRUE(stream.has_waiting());
  EXPECT_EQ(feed(stream, segment(4, "ef")), "ef{4@4}");
}

TEST(ByteStream, WaitingBytesWinOverCut) {
  ByteStream stream(0);
  feed(stream, segment(4, "EF"));
  EXPECT_EQ(feed(stream, cut_segment(0, "a", 8, 7)), "a{3@7}EF{2@7}");
}

TEST(ByteStream, LaterBytesWinOverWaitingCut) {
  ByteStream stream(0);
  feed(stream, cut_segment(1, "b", 9, 7));
  EXPECT_TRUE(stream.insert(segment(4, "ef")));
  EXPECT_EQ(stream.waiting(), 3U);
  stream.insert(segment(0, "a"));
  for (int run = 0; run < 4; ++run) stream.next();
  const auto rest = stream.next().value();
  EXPECT_EQ(rest.offset, 6U);
  EXPECT_EQ(rest.gap, 4U);
  EXPECT_EQ(rest.packet, 7U);
  EXPECT_EQ(rest.packet_offset, 5U);
  EXPECT_EQ(drain(stream), "");
}

TEST(ByteStream, LaterBytesReplaceWholeWaitingCut) {
  ByteStream stream(0);
  feed(stream, cut_segment(1, "b", 4, 7));
  EXPECT_EQ(feed(stream, segment(0, "axcdef")), "abcdef");
}

TEST(ByteStream, FirstOfTwoCutsIsKept) {
  ByteStream stream(0);
  feed(stream, cut_segment(2, "", 3, 7));
  EXPECT_TRUE(stream.insert(cut_segment(1, "", 6, 8)));
  EXPECT_FALSE(stream.insert(cut_segment(1, "", 6, 9)));
  EXPECT_EQ(feed(stream, segment(0, "a")), "a{1@8}{3@7}{2@8}");
}

TEST(ByteStream, RetransmissionOfDeliveredCutIsADuplicate) {
  ByteStream stream(0);
  feed(stream, cut_segment(0, "ab", 6, 7));
  EXPECT_FALSE(stream.insert(segment(0, "abcdef")));
  EXPECT_EQ(feed(stream, segment(0, "abcdefg")), "g");
}

TEST(ByteStream, TrimmedIntoTheCutPartIsACut) {
  ByteStream stream(0);
  feed(stream, segment(0, "abcd"));
  EXPECT_EQ(feed(stream, cut_segment(0, "ab", 6, 7)), "{2@7}");
}

// ---- giving up holes

/// "abc" delivered, a hole of 2 at 3, then `later` segments of one byte, one each millisecond from 0 on.
ByteStream with_hole(int later) {
  ByteStream stream(0);
  feed(stream, segment(0, "abc"));
  for (int i = 0; i < later; ++i) {
    EXPECT_EQ(feed(stream, segment(static_cast<std::uint32_t>(5 + i), "x", i * ms)), "");
  }
  return stream;
}

TEST(ByteStream, UnacknowledgedHoleWaits) {
  ByteStream stream = with_hole(20);
  EXPECT_EQ(acknowledge(stream, 3, 1000 * ms), "");
  EXPECT_EQ(feed(stream, segment(3, "de")), "dexxxxxxxxxxxxxxxxxxxx");
}

TEST(ByteStream, AcknowledgedHoleWaitsForFourLaterSegments) {
  ByteStream stream = with_hole(3);
  EXPECT_EQ(acknowledge(stream, 8, 3 * ms), "");
  EXPECT_EQ(feed(stream, segment(8, "y", 3 * ms)), "[2]xxxy");
}

TEST(ByteStream, HoleIsGivenUpWhenAcknowledgedAfterFourLaterSegments) {
  ByteStream stream = with_hole(4);
  EXPECT_EQ(acknowledge(stream, 5, 4 * ms), "[2]xxxx");
}

TEST(ByteStream, PartlyAcknowledgedHoleWaits) {
  ByteStream stream = with_hole(4);
  EXPECT_EQ(acknowledge(stream, 4, 1000 * ms), "");
  EXPECT_EQ(acknowledge(stream, 5, 1000 * ms), "[2]xxxx");
}

TEST(ByteStream, AcknowledgedHoleWaits50MsSinceTheFirstLaterSegment) {
  ByteStream stream = with_hole(3);
  EXPECT_EQ(acknowledge(stream, 8, 50 * ms - 1), "");
  EXPECT_EQ(acknowledge(stream, 8, 50 * ms), "[2]xxx");
}

TEST(ByteStream, TimeIsJudgedAtInsertToo) {
  ByteStream stream = with_hole(1);
  acknowledge(stream, 6, 1 * ms);
  EXPECT_EQ(feed(stream, segment(0, "abc", 49 * ms)), "");
  EXPECT_EQ(feed(stream, segment(0, "abc", 50 * ms)), "[2]x");
}

TEST(ByteStream, FirstLaterSegmentIsTheFirstToCome) {
  ByteStream stream(0);
  feed(stream, segment(8, "i", 0));
  feed(stream, segment(4, "e", 30 * ms));
  EXPECT_EQ(acknowledge(stream, 9, 50 * ms - 1), "");
  EXPECT_EQ(acknowledge(stream, 9, 50 * ms), "[4]e[3]i");
}

TEST(ByteStream, EachHoleHasItsOwnFirstLaterSegment) {
  ByteStream stream(0);
  feed(stream, segment(4, "e", 0));
  feed(stream, segment(8, "i", 30 * ms));
  EXPECT_EQ(acknowledge(stream, 9, 50 * ms), "[4]e");
  EXPECT_EQ(acknowledge(stream, 9, 80 * ms - 1), "");
  EXPECT_EQ(acknowledge(stream, 9, 80 * ms), "[3]i");
}

TEST(ByteStream, EachHoleCountsTheSegmentsBehindIt) {
  ByteStream stream(0);
  for (const std::uint32_t sequence : {1U, 3U, 5U, 7U, 9U}) feed(stream, segment(sequence, "x"));
  EXPECT_EQ(acknowledge(stream, 10, 1), "[1]x[1]x");
  EXPECT_EQ(feed(stream, segment(10, "y", 1)), "[1]x");
}

TEST(ByteStream, DuplicatesAreNotLaterSegments) {
  ByteStream stream = with_hole(3);
  acknowledge(stream, 8, 3 * ms);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(feed(stream, segment(5, "xxx", 3 * ms)), "");
  for (int i = 0; i < 10; ++i) EXPECT_EQ(feed(stream, segment(0, "abc", 3 * ms)), "");
}

TEST(ByteStream, SegmentInSeveralPiecesIsOneLaterSegment) {
  ByteStream stream(0);
  feed(stream, segment(3, "x"));
  feed(stream, segment(5, "x"));
  feed(stream, segment(2, "y_y_y"));
  EXPECT_EQ(acknowledge(stream, 7, 1), "");
  EXPECT_EQ(feed(stream, segment(7, "z")), "[2]yxyxyz");
}

TEST(ByteStream, LateSegmentThatFillsItsHoleIsInTime) {
  ByteStream stream = with_hole(3);
  acknowledge(stream, 8, 3 * ms);
  EXPECT_EQ(feed(stream, segment(3, "de", 1000 * ms)), "dexxx");
}

TEST(ByteStream, BytesWinUntilTheGapIsDelivered) {
  ByteStream stream = with_hole(4);
  stream.acknowledge(9, 4 * ms);
  EXPECT_EQ(feed(stream, segment(3, "d")), "d[1]xxxx");
}

TEST(ByteStream, PartlyFilledHoleIsAShorterGap) {
  ByteStream stream = with_hole(4);
  EXPECT_EQ(feed(stream, segment(4, "e")), "");
  EXPECT_EQ(acknowledge(stream, 9, 4 * ms), "[1]exxxx");
}

TEST(ByteStream, BytesOfAGivenUpHoleAreDuplicates) {
  ByteStream stream = with_hole(4);
  acknowledge(stream, 9, 4 * ms);
  EXPECT_FALSE(stream.insert(segment(3, "de")));
  EXPECT_EQ(drain(stream), "");
  EXPECT_EQ(stream.offset(), 9U);
}

TEST(ByteStream, TimeGoingBackDoesNotGiveUp) {
  ByteStream stream = with_hole(2);
  EXPECT_EQ(acknowledge(stream, 7, -1000 * ms), "");
  EXPECT_EQ(feed(stream, segment(7, "y", std::numeric_limits<Nanoseconds>::min())), "");
  EXPECT_EQ(acknowledge(stream, 8, 49 * ms), "");
  EXPECT_EQ(acknowledge(stream, 8, std::numeric_limits<Nanoseconds>::max()), "[2]xxy");
}

TEST(ByteStream, ExtremeTimesDoNotOverflow) {
  ByteStream stream(0);
  feed(stream, segment(1, "b", std::numeric_limits<Nanoseconds>::min()));
  EXPECT_EQ(acknowledge(stream, 2, std::numeric_limits<Nanoseconds>::max()), "[1]b");
}

TEST(ByteStream, HoleGivenUpButNotYetDeliveredDoesNotHideTheNext) {
  ByteStream stream(0);
  feed(stream, segment(1, "b", 100 * ms));
  feed(stream, segment(3, "d", 0));
  stream.acknowledge(2, 150 * ms);
  EXPECT_EQ(acknowledge(stream, 4, 100 * ms), "[1]b[1]d");
}

TEST(ByteStream, HoleAtTheVeryEndIsNotGivenUp) {
  ByteStream stream(0);
  feed(stream, segment(0, "abc"));
  EXPECT_EQ(acknowledge(stream, 10, 1000 * ms), "");
  EXPECT_EQ(flush(stream), "");
  EXPECT_EQ(feed(stream, segment(3, "def", 2000 * ms)), "def");
}

TEST(ByteStream, AcknowledgementBeforeTheLaterSegmentsCounts) {
  ByteStream stream(0);
  acknowledge(stream, 100, 0);
  for (const std::uint32_t sequence : {1U, 2U, 3U}) EXPECT_EQ(feed(stream, segment(sequence, "x")), "");
  EXPECT_EQ(feed(stream, segment(4, "x")), "[1]xxxx");
}

TEST(ByteStream, FarAcknowledgementIsIgnored) {
  ByteStream stream = with_hole(4);
  EXPECT_EQ(acknowledge(stream, 3 + gib + 1, 1000 * ms), "");
  EXPECT_EQ(acknowledge(stream, 3 - gib, 1000 * ms), "");
  EXPECT_EQ(acknowledge(stream, 0x80000003U, 1000 * ms), "");
  EXPECT_EQ(acknowledge(stream, 3 + gib, 1000 * ms), "[2]xxxx");
}

TEST(ByteStream, AcknowledgementWrapsWithTheSequenceNumbers) {
  ByteStream stream(0xFFFFFFFFU);
  feed(stream, segment(1, "c"));
  EXPECT_EQ(acknowledge(stream, 0, 100 * ms), "");
  EXPECT_EQ(acknowledge(stream, 2, 100 * ms), "[2]c");
}

TEST(ByteStream, OlderAcknowledgementDoesNotTakeBack) {
  ByteStream stream = with_hole(3);
  acknowledge(stream, 8, 3 * ms);
  acknowledge(stream, 3, 3 * ms);
  EXPECT_EQ(feed(stream, segment(8, "y", 3 * ms)), "[2]xxxy");
}

// ---- the limit

TEST(ByteStream, FirstHoleIsGivenUpBeyondTheLimit) {
  ByteStream stream(0, 2 * (piece_overhead + 3));
  EXPECT_EQ(feed(stream, segment(1, "bcd")), "");
  EXPECT_EQ(feed(stream, segment(6, "ghi")), "");
  EXPECT_EQ(feed(stream, segment(11, "l")), "[1]bcd");
  EXPECT_EQ(stream.waiting(), 4U);
}

TEST(ByteStream, HolesAreGivenUpUntilWithinTheLimit) {
  ByteStream stream(0, 3 * piece_overhead);
  EXPECT_EQ(feed(stream, segment(1, "b")), "");
  EXPECT_EQ(feed(stream, segment(3, "d")), "");
  EXPECT_EQ(feed(stream, segment(5, std::string(2 * piece_overhead, 'x'))), "[1]b[1]d");
  EXPECT_EQ(stream.waiting(), 2 * piece_overhead);
  EXPECT_EQ(feed(stream, segment(1000, "y")), "[1]" + std::string(2 * piece_overhead, 'x'));
  EXPECT_EQ(stream.waiting(), 1U);
}

TEST(ByteStream, LimitZeroKeepsNothing) {
  ByteStream stream(0, 0);
  EXPECT_EQ(feed(stream, segment(2, "c")), "[2]c");
  EXPECT_EQ(feed(stream, segment(3, "d")), "d");
}

TEST(ByteStream, ManyTinyPiecesAreBounded) {
  ByteStream stream(0, 10 * (piece_overhead + 1));
  std::string log;
  for (std::uint32_t i = 0; i < 11; ++i) log += feed(stream, segment(1 + 2 * i, "x"));
  EXPECT_EQ(log, "[1]x");
}

TEST(ByteStream, CutPiecesCountTowardTheLimit) {
  ByteStream stream(0, 10 * piece_overhead);
  std::string log;
  for (std::uint32_t i = 0; i < 11; ++i) log += feed(stream, cut_segment(1 + 1000 * i, "", 900, i));
  EXPECT_EQ(log, "[1]{900@0}");
  EXPECT_EQ(stream.waiting(), 0U);
}

TEST(ByteStream, PiecesThatBecameContiguousDoNotGiveUpTheNextHole) {
  ByteStream stream(0, 2 * (piece_overhead + 1));
  feed(stream, segment(1, "b"));
  feed(stream, segment(5, "f"));
  EXPECT_EQ(feed(stream, segment(0, "axcd")), "abcd");
  EXPECT_EQ(feed(stream, segment(4, "e")), "ef");
}

// ---- flush

TEST(ByteStream, FlushMakesEveryHoleAGap) {
  ByteStream stream(0);
  feed(stream, segment(2, "cd"));
  feed(stream, segment(7, "h"));
  feed(stream, cut_segment(10, "k", 3, 5));
  EXPECT_EQ(flush(stream), "[2]cd[3]h[2]k{2@5}");
  EXPECT_FALSE(stream.has_waiting());
}

TEST(ByteStream, AfterFlushHolesWaitAgain) {
  ByteStream stream(0);
  EXPECT_EQ(flush(stream), "");
  feed(stream, segment(2, "c"));
  flush(stream);
  EXPECT_EQ(feed(stream, segment(4, "e")), "");
  EXPECT_EQ(feed(stream, segment(3, "d")), "de");
}

TEST(ByteStream, FlushBeforeDrainingGivesTheBytesFirst) {
  ByteStream stream(0);
  feed(stream, segment(4, "e"));
  stream.insert(segment(0, "ab"));
  EXPECT_EQ(flush(stream), "ab[2]e");
}

// ---- against a plain model: an array that says for each byte which segment owns it

struct Sent {
  std::string text;    ///< the captured bytes; every segment has content of its own, so that a wrong owner shows
  std::int64_t begin;  ///< may lie before the stream's first byte
  std::uint32_t length;
  std::uint32_t packet_offset;
  PacketIndex packet;
  Nanoseconds time;

  [[nodiscard]] bool has(std::size_t at) const {
    const auto place = static_cast<std::int64_t>(at);
    return begin <= place && place < begin + length;
  }
  [[nodiscard]] std::size_t place_of(std::size_t at) const {
    return static_cast<std::size_t>(static_cast<std::int64_t>(at) - begin);
  }
};

struct Owner {
  int sent = -1;
  bool cut = false;
  bool operator==(const Owner&) const = default;
};

class Model {
 public:
  Model(std::size_t size, std::size_t limit) : owners_(size), limit_(limit) {}

  bool insert(const Sent& sent) {
    sent_.push_back(sent);
    bool any_new = false;
    for (std::size_t at = delivered_; at < owners_.size(); ++at) any_new |= sent.has(at) && own(at, sent);
    judge(sent.time);
    keep_limit();
    return any_new;
  }

  void acknowledge(std::int64_t until, Nanoseconds now) {
    acknowledged_ = std::max(acknowledged_, until);
    judge(now);
  }

  void flush() {
    for (std::size_t at = delivered_; at < owners_.size(); ++at) {
      if (owned(at)) given_up_ = std::max(given_up_, run_begin(at));
    }
  }

  /// What next() has to give: the kind and the largest end of the run that begins at delivered().
  [[nodiscard]] bool has_next() const { return owned(delivered_) || (delivered_ < given_up_); }
  [[nodiscard]] Owner owner() const { return owners_.at(delivered_); }
  [[nodiscard]] std::size_t run_end() const { return run_end(delivered_); }
  [[nodiscard]] const Sent& sent() const { return sent_.at(static_cast<std::size_t>(owner().sent)); }
  [[nodiscard]] std::size_t delivered() const { return delivered_; }
  void deliver(std::size_t count) { delivered_ += count; }

  [[nodiscard]] std::size_t waiting() const {
    std::size_t count = 0;
    for (std::size_t at = delivered_; at < owners_.size(); ++at) count += owned(at) && !owners_[at].cut ? 1U : 0U;
    return count;
  }
  [[nodiscard]] bool has_waiting() const {
    return std::any_of(owners_.begin() + static_cast<std::ptrdiff_t>(delivered_), owners_.end(),
                       [](const Owner& owner) { return owner.sent >= 0; });
  }

 private:
  [[nodiscard]] bool owned(std::size_t at) const { return at < owners_.size() && owners_[at].sent >= 0; }

  bool own(std::size_t at, const Sent& sent) {
    const bool cut = sent.place_of(at) >= sent.text.size();
    const bool free = !owned(at) || (owners_[at].cut && !cut);
    if (free) owners_[at] = {static_cast<int>(sent_.size()) - 1, cut};
    return free;
  }

  [[nodiscard]] std::size_t run_end(std::size_t at) const {
    std::size_t end = at;
    while (end < owners_.size() && owners_[end] == owners_[at]) ++end;
    return end;
  }
  [[nodiscard]] std::size_t run_begin(std::size_t at) const {
    while (at > 0 && owners_[at - 1] == owners_[at]) --at;
    return at;
  }

  /// The first byte behind the first hole that is not given up; the end of the stream if there is none.
  [[nodiscard]] std::size_t behind_first_hole() const {
    std::size_t at = delivered_;
    while (owned(at) || at < given_up_) ++at;
    while (at < owners_.size() && !owned(at)) ++at;
    return at;
  }

  void judge(Nanoseconds now) {
    for (std::size_t at = behind_first_hole(); at < owners_.size(); at = behind_first_hole()) {
      if (!is_lost(at, now)) return;
      given_up_ = at;
    }
  }

  [[nodiscard]] bool is_lost(std::size_t behind, Nanoseconds now) const {
    std::set<int> later;
    for (std::size_t at = behind; at < owners_.size(); ++at) {
      if (owned(at)) later.insert(owners_[at].sent);
    }
    const Nanoseconds first = sent_.at(static_cast<std::size_t>(*later.begin())).time;
    const bool acknowledged = acknowledged_ >= static_cast<std::int64_t>(behind);
    return acknowledged && (later.size() >= 4 || now - first >= 50 * ms);
  }

  void keep_limit() {
    for (std::size_t at = behind_first_hole(); cost_from(at) > limit_; at = behind_first_hole()) given_up_ = at;
  }

  [[nodiscard]] std::size_t cost_from(std::size_t at) const {
    std::size_t cost = 0;
    for (; at < owners_.size(); at = run_end(at)) {
      if (owned(at)) cost += piece_overhead + (owners_[at].cut ? 0 : run_end(at) - at);
    }
    return cost;
  }

  std::vector<Owner> owners_;
  std::vector<Sent> sent_;
  std::size_t limit_;
  std::size_t delivered_ = 0;
  std::size_t given_up_ = 0;
  std::int64_t acknowledged_ = 0;
};

/// Drives a ByteStream and the model with the same input and compares every run.
class Comparison {
 public:
  Comparison(std::uint32_t first_sequence, std::size_t size, std::size_t limit)
      : first_sequence_(first_sequence), stream_(first_sequence, limit), model_(size, limit) {}

  void insert(const Sent& sent) {
    // Memory of its own, that dies here: a view kept too long is an error under the sanitizer.
    const std::vector<std::uint8_t> captured(sent.text.begin(), sent.text.end());
    StreamSegment segment;
    segment.sequence = sequence_at(sent.begin);
    segment.length = sent.length;
    segment.captured = captured;
    segment.packet_offset = sent.packet_offset;
    segment.packet = sent.packet;
    segment.time = sent.time;
    EXPECT_EQ(stream_.insert(segment), model_.insert(sent));
    drain();
  }

  void acknowledge(std::int64_t until, Nanoseconds now) {
    stream_.acknowledge(sequence_at(until), now);
    model_.acknowledge(until, now);
  }

  void acknowledge_far(std::uint32_t distance, Nanoseconds now) {
    stream_.acknowledge(stream_.next_sequence() + distance, now);
    model_.acknowledge(0, now);
  }

  void flush() {
    stream_.flush();
    model_.flush();
    drain();
  }

  void drain() {
    while (const std::optional<Run> run = stream_.next()) {
      ASSERT_TRUE(model_.has_next());
      compare(*run);
      if (::testing::Test::HasFailure()) return;
      model_.deliver(run->gap + run->bytes.size());
    }
    EXPECT_FALSE(model_.has_next());
    EXPECT_EQ(stream_.offset(), model_.delivered());
    EXPECT_EQ(stream_.waiting(), model_.waiting());
    EXPECT_EQ(stream_.has_waiting(), model_.has_waiting());
  }

  [[nodiscard]] std::size_t delivered() const { return model_.delivered(); }
  [[nodiscard]] std::size_t gaps() const { return gaps_; }
  [[nodiscard]] std::size_t cuts() const { return cuts_; }
  [[nodiscard]] const std::string& bytes() const { return bytes_; }

 private:
  [[nodiscard]] std::uint32_t sequence_at(std::int64_t at) const {
    return first_sequence_ + static_cast<std::uint32_t>(at);
  }

  void compare(const Run& run) {
    ASSERT_EQ(run.offset, model_.delivered());
    ASSERT_NE(run.gap > 0, !run.bytes.empty());
    ASSERT_LE(run.offset + run.gap + run.bytes.size(), model_.run_end());
    if (run.gap > 0) {
      compare_gap(run);
    } else {
      compare_bytes(run);
    }
  }

  void compare_gap(const Run& run) {
    const Owner owner = model_.owner();
    ASSERT_EQ(run.gap, model_.run_end() - model_.delivered());
    ASSERT_EQ(run.cause, owner.cut ? GapCause::cut_by_snapshot : GapCause::not_captured);
    ASSERT_EQ(owner.cut, owner.sent >= 0);
    if (owner.cut) compare_origin(run);
    (owner.cut ? cuts_ : gaps_) += 1;
  }

  void compare_bytes(const Run& run) {
    const Owner owner = model_.owner();
    ASSERT_TRUE(owner.sent >= 0 && !owner.cut);
    compare_origin(run);
    const Sent& sent = model_.sent();
    ASSERT_EQ(as_text(run.bytes), sent.text.substr(sent.place_of(run.offset), run.bytes.size()));
    bytes_ += as_text(run.bytes);
  }

  void compare_origin(const Run& run) {
    const Sent& sent = model_.sent();
    ASSERT_EQ(run.packet, sent.packet);
    ASSERT_EQ(run.packet_offset, sent.packet_offset + sent.place_of(run.offset));
    ASSERT_EQ(run.time, sent.time);
  }

  std::uint32_t first_sequence_;
  ByteStream stream_;
  Model model_;
  std::size_t gaps_ = 0;
  std::size_t cuts_ = 0;
  std::string bytes_;
};

class Random {
 public:
  explicit Random(std::uint32_t seed) : engine_(seed) {}

  std::int64_t between(std::int64_t least, std::int64_t most) {
    return least + static_cast<std::int64_t>(engine_() % static_cast<std::uint64_t>(most - least + 1));
  }
  bool one_in(std::int64_t count) { return between(1, count) == 1; }
  /// Half of them wrap within the stream.
  std::uint32_t first_sequence() {
    return one_in(2) ? 0U - static_cast<std::uint32_t>(between(0, 150)) : static_cast<std::uint32_t>(engine_());
  }
  std::string text(std::int64_t size) {
    std::string result(static_cast<std::size_t>(size), '\0');
    for (char& character : result) character = static_cast<char>(between(0, 255));
    return result;
  }
  template <class Items>
  void shuffle(Items& items) {
    for (std::size_t i = items.size(); i > 1; --i) {
      std::swap(items[i - 1], items[static_cast<std::size_t>(between(0, static_cast<std::int64_t>(i) - 1))]);
    }
  }

 private:
  std::mt19937 engine_;
};

/// Somewhere near what was delivered last, within a stream of `size` bytes; content of its own.
Sent random_segment(Random& random, std::size_t delivered, std::int64_t size, PacketIndex packet, Nanoseconds time) {
  const std::int64_t around = static_cast<std::int64_t>(delivered) + random.between(-15, 40);
  const std::int64_t begin =
      random.one_in(4) ? static_cast<std::int64_t>(delivered) : std::clamp<std::int64_t>(around, -5, size);
  const std::int64_t length = std::min(random.between(0, random.one_in(8) ? 60 : 12), size - begin);
  const std::int64_t captured = random.one_in(4) ? random.between(0, length) : length;
  return {.text = random.text(captured),
          .begin = begin,
          .length = static_cast<std::uint32_t>(length),
          .packet_offset = static_cast<std::uint32_t>(random.between(0, 100)),
          .packet = packet,
          .time = time};
}

void random_acknowledgement(Random& random, Comparison& comparison, Nanoseconds now) {
  if (random.one_in(8)) {
    comparison.acknowledge_far(gib + static_cast<std::uint32_t>(random.between(1, 2 * std::int64_t{gib})), now);
  } else {
    comparison.acknowledge(static_cast<std::int64_t>(comparison.delivered()) + random.between(-10, 40), now);
  }
  // Not drained at times: bytes may still come before the gap is made.
  if (random.one_in(2)) comparison.drain();
}

struct Totals {
  std::size_t gaps = 0;
  std::size_t cuts = 0;
  std::size_t bytes = 0;
};

void compare_random_stream(std::uint32_t seed, Totals& totals) {
  Random random(seed);
  const std::int64_t size = random.between(1, 200);
  const std::size_t limit =
      random.one_in(3) ? static_cast<std::size_t>(random.between(0, 1500)) : ByteStream::default_limit;
  Comparison comparison(random.first_sequence(), static_cast<std::size_t>(size), limit);
  Nanoseconds now = 0;
  for (PacketIndex packet = 0; packet < 40 && !::testing::Test::HasFailure(); ++packet) {
    now += random.one_in(10) ? random.between(-100, 100) * ms : random.between(0, 10) * ms;
    if (random.one_in(3)) random_acknowledgement(random, comparison, now);
    if (random.one_in(50)) comparison.flush();
    comparison.insert(random_segment(random, comparison.delivered(), size, packet, now));
  }
  comparison.flush();
  totals.gaps += comparison.gaps();
  totals.cuts += comparison.cuts();
  totals.bytes += comparison.bytes().size();
}

TEST(ByteStreamModel, EveryRunIsTheModels) {
  Totals totals;
  for (std::uint32_t seed = 0; seed < 4000; ++seed) {
    SCOPED_TRACE(seed);
    compare_random_stream(seed, totals);
    ASSERT_FALSE(HasFailure());
  }
  // The comparison means something only if all of it occurred often.
  EXPECT_GT(totals.gaps, 4000U);
  EXPECT_GT(totals.cuts, 4000U);
  EXPECT_GT(totals.bytes, 100'000U);
}

/// The whole of `text` in pieces, and then some pieces of it again.
std::vector<Sent> lossless_segments(Random& random, const std::string& text) {
  std::vector<Sent> segments;
  const auto add = [&](std::size_t begin, std::size_t length) {
    const std::string part = text.substr(begin, length);
    segments.push_back({part, static_cast<std::int64_t>(begin), static_cast<std::uint32_t>(part.size()), 0, 0, 0});
    return part.size();
  };
  for (std::size_t at = 0; at < text.size();) at += add(at, static_cast<std::size_t>(random.between(1, 20)));
  for (int again = 0; again < 5; ++again) {
    add(static_cast<std::size_t>(random.between(0, static_cast<std::int64_t>(text.size()))), 20);
  }
  random.shuffle(segments);
  return segments;
}

TEST(ByteStreamModel, LosslessInputInAnyOrderGivesExactlyTheBytes) {
  for (std::uint32_t seed = 0; seed < 1000; ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    const std::string text = random.text(random.between(1, 200));
    Comparison comparison(random.first_sequence(), text.size(), ByteStream::default_limit);
    for (const Sent& sent : lossless_segments(random, text)) comparison.insert(sent);
    ASSERT_EQ(comparison.bytes(), text);
    ASSERT_EQ(comparison.gaps() + comparison.cuts(), 0U);
    ASSERT_FALSE(HasFailure());
  }
}

}  // namespace
}  // namespace websocket
