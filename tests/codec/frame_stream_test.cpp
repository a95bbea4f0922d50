// SPDX-License-Identifier: GPL-2.0-or-later
#include "frame_stream.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "support/bytes.h"
#include "support/wire.h"

namespace websocket {
namespace {

using test::ByteVector;
using test::client_frame;
using test::FrameOptions;
using test::joined;
using test::Pieces;
using test::server_frame;

struct Found {
  FrameHeader header;
  ViolationSet violations;
  ByteVector masked;  ///< payload as on the wire
  std::uint64_t lost = 0;
  bool completed = false;
};

/// Walks runs the way a caller does, and holds each step to frame_stream.h.
class Walker {
 public:
  void bytes(Bytes bytes) {
    Run run;
    while (!bytes.empty() && stream.status() == Status::ok) {
      run.bytes = bytes;
      bytes = bytes.subspan(static_cast<std::size_t>(take(stream.advance(run), bytes.size())));
    }
    left_over += bytes.size();
  }

  void gap(std::uint64_t length) {
    Run run;
    while (length != 0 && stream.status() == Status::ok) {
      run.gap = length;
      length -= take(stream.advance(run), length);
    }
  }

  FrameStream stream;
  std::vector<Found> frames;
  std::size_t left_over = 0;  ///< bytes behind the loss of framing

 private:
  std::uint64_t take(const FrameStep& step, std::uint64_t most) {
    EXPECT_GE(step.taken, 1U);
    EXPECT_LE(step.taken, most);
    if (stream.status() != Status::ok) return step.taken;
    EXPECT_EQ(step.begins, offset_ == 0 && step.taken != 0);
    EXPECT_EQ(step.frame_offset, offset_);
    offset_ += step.taken;
    if (step.begins) frames.emplace_back();
    Found& found = frames.back();
    if (step.header_completed) {
      found.header = stream.header();
      found.violations = stream.violations();
    }
    if (!step.payload.empty() || step.lost != 0) {
      EXPECT_EQ(step.payload_offset, found.masked.size() + found.lost);
    }
    found.masked.insert(found.masked.end(), step.payload.begin(), step.payload.end());
    found.lost += step.lost;
    found.completed = step.frame_completed;
    if (step.frame_completed) offset_ = 0;
    EXPECT_EQ(stream.in_frame(), !step.frame_completed);
    return step.taken;
  }

  std::uint64_t offset_ = 0;
};

ByteVector unmasked(const Found& found) {
  ByteVector bytes = found.masked;
  for (std::size_t i = 0; found.header.masked && i < bytes.size(); ++i) bytes[i] ^= found.header.masking_key[i % 4];
  return bytes;
}

/// `text "Hello" fin`, a frame each line.
std::string describe(const Walker& walker) {
  std::string text;
  for (const Found& found : walker.frames) {
    text += std::string(opcode_name(found.header.opcode)) + " \"" + std::string(as_text(unmasked(found))) + "\"" +
            (found.header.fin ? " fin" : "") + (found.completed ? "" : " under way") + "\n";
  }
  return text;
}

Walker walked(const Pieces& pieces) {
  Walker walker;
  for (const Bytes piece : pieces) walker.bytes(piece);
  return walker;
}

// ---- every way to cut the bytes

TEST(FrameStream, HoweverTheBytesAreCutTheFramesAreTheSame) {
  const std::string long_text(300, 'x');
  FrameOptions first;
  first.fin = false;
  const ByteVector wire = joined({client_frame(Opcode::text, "Hello"), server_frame(Opcode::binary, long_text),
                                  client_frame(Opcode::text, "", first), server_frame(Opcode::ping, ""),
                                  client_frame(Opcode::continuation, "end"), server_frame(Opcode::close, "")});
  const std::string expected = "text \"Hello\" fin\nbinary \"" + long_text +
                               "\" fin\ntext \"\"\nping \"\" fin\ncontinuation \"end\" fin\nclose \"\" fin\n";
  const std::size_t ways =
      test::every_split(wire, [&](const Pieces& pieces) { EXPECT_EQ(describe(walked(pieces)), expected); });
  EXPECT_EQ(ways, wire.size() + 2);
}

TEST(FrameStream, EachFormOfTheHeaderMayBeCutAnywhere) {
  std::size_t forms = 0;
  for (const std::size_t length : {0U, 1U, 125U, 126U, 127U, 65535U, 65536U}) {
    for (const bool masked : {false, true}) {
      const std::string payload(length, 'p');
      const ByteVector wire = masked ? client_frame(Opcode::binary, payload) : server_frame(Opcode::binary, payload);
      for (std::size_t cut = 1; cut < std::min<std::size_t>(wire.size(), max_frame_header_size + 2); ++cut) {
        const Walker walker = walked({Bytes(wire).first(cut), Bytes(wire).subspan(cut)});
        ASSERT_EQ(walker.frames.size(), 1U) << length << " cut at " << cut;
        EXPECT_TRUE(walker.frames[0].completed);
        EXPECT_EQ(walker.frames[0].header.payload_length, length);
        EXPECT_EQ(as_text(unmasked(walker.frames[0])), payload);
      }
      ++forms;
    }
  }
  EXPECT_EQ(forms, 14U);
}

TEST(FrameStream, TheInputIsNotReadBeyondItsEnd) {
  const ByteVector wire = client_frame(Opcode::text, "Hello");
  for (std::size_t size = 1; size <= wire.size(); ++size) {
    const test::GuardPage page(Bytes(wire).first(size));
    EXPECT_EQ(walked({page.bytes()}).frames.size(), 1U);
  }
}

TEST(FrameStream, OpcodeAndFinAreKnownFromTheFirstByte) {
  Walker walker;
  const ByteVector close = test::hex("88");
  walker.bytes(close);
  EXPECT_FALSE(walker.stream.header_whole());
  EXPECT_TRUE(walker.stream.in_frame());
  EXPECT_EQ(walker.stream.header().opcode, Opcode::close);
  EXPECT_TRUE(walker.stream.header().fin);
}

TEST(FrameStream, WhatTheHeaderAloneBreaksBelongsToItsFrame) {
  FrameOptions rsv;
  rsv.rsv2 = true;
  const Walker walker = walked({server_frame(Opcode::text, "a", rsv), server_frame(Opcode::text, "b")});
  ASSERT_EQ(walker.frames.size(), 2U);
  EXPECT_TRUE(walker.frames[0].violations.has(Rule::rsv2_or_rsv3_set));
  EXPECT_TRUE(walker.frames[1].violations.empty());
}

// ---- lengths beyond reason

TEST(FrameStream, AFrameOfTheLargestLegalLengthNeverCompletes) {
  FrameOptions options;
  options.claimed_length = (std::uint64_t{1} << 63) - 1;
  Walker walker = walked({server_frame(Opcode::binary, "abc", options)});
  walker.gap(std::uint64_t{1} << 40);
  walker.bytes(as_bytes("def"));
  ASSERT_EQ(walker.frames.size(), 1U);
  EXPECT_FALSE(walker.frames[0].completed);
  EXPECT_EQ(as_text(walker.frames[0].masked), "abcdef");
  EXPECT_EQ(walker.frames[0].lost, std::uint64_t{1} << 40);
  EXPECT_TRUE(walker.frames[0].violations.empty());
}

TEST(FrameStream, AFrameWithTheTopBitOfItsLengthSetNeverCompletes) {
  for (const std::uint64_t length : {std::uint64_t{1} << 63, ~std::uint64_t{0}}) {
    FrameOptions options;
    options.claimed_length = length;
    Walker walker = walked({server_frame(Opcode::binary, "abc", options)});
    walker.gap(std::uint64_t{1} << 62);
    ASSERT_EQ(walker.frames.size(), 1U);
    EXPECT_FALSE(walker.frames[0].completed);
    EXPECT_EQ(walker.frames[0].header.payload_length, length);
    EXPECT_TRUE(walker.frames[0].violations.has(Rule::length_top_bit_set));
  }
}

// ---- gaps

TEST(FrameStream, AGapInsideAPayloadKeepsTheNextFrame) {
  const ByteVector first = client_frame(Opcode::text, "0123456789");
  Walker walker;
  walker.bytes(Bytes(first).first(8));  // 6 bytes of header, 2 of payload
  walker.gap(5);
  walker.bytes(Bytes(first).subspan(13));
  walker.bytes(client_frame(Opcode::text, "next"));
  ASSERT_EQ(walker.frames.size(), 2U);
  EXPECT_EQ(walker.frames[0].lost, 5U);
  EXPECT_EQ(walker.frames[0].masked.size(), 5U);
  EXPECT_TRUE(walker.frames[0].completed);
  EXPECT_EQ(as_text(unmasked(walker.frames[1])), "next");
}

TEST(FrameStream, AGapOverThePayloadsEndExactlyKeepsTheNextFrame) {
  const ByteVector first = server_frame(Opcode::text, "0123456789");
  for (std::size_t had = 0; had < 10; ++had) {
    Walker walker;
    walker.bytes(Bytes(first).first(2 + had));
    walker.gap(10 - had);
    EXPECT_TRUE(walker.frames.at(0).completed);
    EXPECT_EQ(walker.frames.at(0).lost, 10 - had);
    walker.bytes(server_frame(Opcode::text, "next"));
    ASSERT_EQ(walker.frames.size(), 2U);
    EXPECT_EQ(as_text(walker.frames[1].masked), "next");
  }
}

TEST(FrameStream, AGapOneByteBeyondThePayloadHidesTheNextFrame) {
  const ByteVector first = server_frame(Opcode::text, "0123456789");
  Walker walker;
  walker.bytes(Bytes(first).first(4));
  walker.gap(9);
  EXPECT_TRUE(walker.frames.at(0).completed);
  EXPECT_EQ(walker.frames.at(0).lost, 8U);
  EXPECT_EQ(walker.stream.status(), Status::unframeable);
  walker.bytes(server_frame(Opcode::text, "next"));
  EXPECT_EQ(walker.frames.size(), 1U);
  EXPECT_EQ(walker.left_over, 6U);
}

TEST(FrameStream, AGapInsideAHeaderHidesTheNextFrame) {
  const ByteVector wire = client_frame(Opcode::text, std::string(200, 'x'));
  for (std::size_t have = 0; have < 8; ++have) {
    Walker walker;
    walker.bytes(Bytes(wire).first(have));
    walker.gap(1);
    EXPECT_EQ(walker.stream.status(), Status::unframeable) << have;
  }
}

TEST(FrameStream, AGapBetweenTwoFramesHidesTheNextFrame) {
  Walker walker = walked({server_frame(Opcode::text, "one")});
  EXPECT_EQ(walker.stream.status(), Status::ok);
  walker.gap(1);
  EXPECT_EQ(walker.stream.status(), Status::unframeable);
  EXPECT_EQ(describe(walker), "text \"one\" fin\n");
}

}  // namespace
}  // namespace websocket
