// SPDX-License-Identifier: GPL-2.0-or-later
#include "resync.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "support/bytes.h"
#include "support/wire.h"

namespace websocket {
namespace {

using test::bytes_of;
using test::ByteVector;
using test::close_frame;
using test::frame_of;
using test::FrameOptions;
using test::hex;
using test::joined;

constexpr Role client = Role::client;
constexpr Role server = Role::server;
constexpr Role roles[] = {client, server};
constexpr std::optional<Role> not_known = std::nullopt;

using Random = std::mt19937;
std::size_t up_to(Random& random, std::size_t most) { return random() % (most + 1); }

/// Bytes that begin no frame: opcode 3, reserved bits.
ByteVector filler(std::size_t size) { return ByteVector(size, 0xF3); }

ByteVector noise(Random& random, std::size_t size) {
  ByteVector bytes(size);
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random());
  return bytes;
}

/// Segments, one after the other; looks for frames after each, as its user does.
class Stream {
 public:
  explicit Stream(std::optional<Role> sender) : resync(sender) {}

  Stream& add(const ByteVector& bytes) {
    Run run;
    run.offset = offset_;
    run.bytes = bytes;
    run.packet = ++packets_;
    run.packet_offset = packet_offset;
    return feed(run, bytes.size());
  }
  Stream& lose(std::uint64_t size) {
    Run run;
    run.offset = offset_;
    run.gap = size;
    return feed(run, size);
  }
  bool found() { return resync.found().has_value(); }
  [[nodiscard]] std::uint64_t offset() const { return offset_; }

  static constexpr std::uint32_t packet_offset = 1000;
  Resync resync;

 private:
  Stream& feed(const Run& run, std::uint64_t size) {
    offset_ += size;
    resync.add(run);
    resync.found();
    return *this;
  }

  std::uint64_t offset_ = 0;
  PacketIndex packets_ = 0;
};

std::string long_text(std::size_t size = 40) { return std::string(size, 'x'); }

/// Each with a text and a mask of its own.
ByteVector text_frame(Role sender, std::uint8_t number) {
  FrameOptions options;
  if (sender == client) options.mask = MaskingKey{number, 0xFA, 0x21, static_cast<std::uint8_t>(0xD3 ^ number)};
  return frame_of(sender, Opcode::text, long_text() + std::to_string(number), options);
}

/// A frame of each usual kind, whole.
std::vector<ByteVector> usual_frames(Role sender) {
  return {frame_of(sender, Opcode::text, "Hello, it is me."),
          frame_of(sender, Opcode::binary, "\x01\x02\xFE\xFF"),
          frame_of(sender, Opcode::binary, std::string(300, '\xF3')),
          frame_of(sender, Opcode::ping, "?"),
          frame_of(sender, Opcode::pong, ""),
          close_frame(sender, 1000, "bye")};
}

// ---- where frames are found

TEST(Resync, FindsFramesOfEachKindAtTheFirstSegmentThatTheyBegin) {
  std::size_t pairs = 0;
  for (const Role sender : roles) {
    const std::vector<ByteVector> frames = usual_frames(sender);
    for (const ByteVector& first : frames) {
      for (const ByteVector& second : frames) {
        if (&first == &second) continue;  // what repeats itself may need more evidence
        Stream stream(sender);
        stream.lose(100).add(filler(37));
        EXPECT_FALSE(stream.found());
        stream.add(first).add(second);
        ASSERT_TRUE(stream.found()) << role_name(sender) << " " << pairs;
        const ResyncFound& found = *stream.resync.found();
        EXPECT_EQ(found.offset, 137U);
        EXPECT_EQ(found.frames, 2U);
        EXPECT_EQ(found.masked, sender == client);
        EXPECT_GE(found.evidence, Resync::enough_after_gap);
        ++pairs;
      }
    }
  }
  EXPECT_EQ(pairs, 60U);
}

TEST(Resync, FindsAChainThatBeginsWithAContinuation) {
  for (const Role sender : roles) {
    Stream stream(sender);
    stream.lose(100).add(frame_of(sender, Opcode::continuation, "goes on", {.fin = false}));
    stream.add(frame_of(sender, Opcode::ping, "in between")).add(frame_of(sender, Opcode::continuation, "ends"));
    ASSERT_TRUE(stream.found());
    EXPECT_EQ(stream.resync.found()->offset, 100U);
  }
}

TEST(Resync, FindsAFrameOverSeveralSegmentsAndWithAHoleInItsPayload) {
  for (const Role sender : roles) {
    const ByteVector frame = frame_of(sender, Opcode::binary, std::string(300, '\xF3'));
    const auto piece = [&](std::size_t from, std::size_t to) {
      return ByteVector(frame.begin() + static_cast<std::ptrdiff_t>(from),
                        frame.begin() + static_cast<std::ptrdiff_t>(to));
    };
    Stream stream(sender);
    stream.add(filler(10)).add(piece(0, 100)).lose(100).add(piece(200, frame.size()));
    EXPECT_FALSE(stream.found());
    stream.add(frame_of(sender, Opcode::ping, "")).add(frame_of(sender, Opcode::ping, "?"));
    ASSERT_TRUE(stream.found());
    EXPECT_EQ(stream.resync.found()->offset, 10U);
    EXPECT_EQ(stream.resync.found()->frames, 2U);
  }
}

/// On an idle connection there is nothing else.
TEST(Resync, FindsPingsThatAreAllAlikeIfEachIsASegmentOfItsOwn) {
  for (const Role sender : roles) {
    Stream stream(sender);
    stream.lose(100);
    for (int i = 0; i < 8; ++i) stream.add(frame_of(sender, Opcode::ping, ""));
    ASSERT_TRUE(stream.found());
    EXPECT_EQ(stream.resync.found()->offset, 100U);
  }
}

TEST(Resync, OneFrameIsNotEnough) {
  for (const Role sender : roles) {
    for (const ByteVector& frame : usual_frames(sender)) {
      Stream stream(sender);
      stream.lose(100).add(filler(37)).add(frame);
      EXPECT_FALSE(stream.found());
    }
  }
}

TEST(Resync, AFrameThatHasNotEndedIsNoEvidence) {
  for (const Role sender : roles) {
    Stream stream(sender);
    stream.lose(100).add(frame_of(sender, Opcode::binary, "some"));
    stream.add(frame_of(sender, Opcode::binary, "more", {.claimed_length = 1000}));
    EXPECT_FALSE(stream.found());
  }
}

// ---- in the middle of a segment

TEST(Resync, InTheMiddleOfASegmentMaskedTextsAreFoundAtTheFirst) {
  Stream stream(client);
  stream.add(filler(50));
  stream.add(joined({filler(50), text_frame(client, 1), text_frame(client, 2), text_frame(client, 3)}));
  ASSERT_TRUE(stream.found());
  EXPECT_EQ(stream.resync.found()->offset, 100U);
}

TEST(Resync, InTheMiddleOfASegmentTwoShortFramesAreNotEnough) {
  for (const Role sender : roles) {
    Stream stream(sender);
    const ByteVector frame = frame_of(sender, Opcode::binary, "\xF3\xF3");
    stream.add(filler(50)).add(joined({filler(50), frame, frame, filler(50)}));
    EXPECT_FALSE(stream.found());
  }
}

TEST(Resync, InTheMiddleOfASegmentWhatIsFoundIsATrueBeginning) {
  for (const Role sender : roles) {
    std::vector<std::uint64_t> beginnings;
    ByteVector segment = filler(50);
    for (std::size_t i = 0; i < 12; ++i) {
      beginnings.push_back(segment.size());
      segment = joined({segment, frame_of(sender, i % 2 == 0 ? Opcode::text : Opcode::binary, long_text(10 + i))});
    }
    Stream stream(sender);
    stream.add(segment);
    ASSERT_TRUE(stream.found());
    EXPECT_EQ(std::count(beginnings.begin(), beginnings.end(), stream.resync.found()->offset), 1);
    EXPECT_LE(stream.resync.found()->offset, beginnings[2]);
  }
}

/// The bytes in front happen to look like a header that ends where a true frame begins: it has nothing of its own.
TEST(Resync, AChainThatRunsIntoTheTrueOneByAccidentProvesNothing) {
  for (const Role sender : roles) {
    const ByteVector accident = frame_of(sender, Opcode::binary, std::string(10, '\xF3'));
    Stream stream(sender);
    stream.add(joined({filler(20), accident}));
    for (std::size_t i = 0; i < 3; ++i) stream.add(frame_of(sender, Opcode::binary, std::string(200 + i, '\xF3')));
    ASSERT_TRUE(stream.found());
    EXPECT_EQ(stream.resync.found()->offset, 20 + accident.size());
  }
}

// ---- what breaks a chain

struct Broken {
  std::string_view why;
  std::function<ByteVector(Role)> bad;
  std::function<ByteVector(Role)> good;
  FrameOptions before = {};  ///< of the text in front of it
  bool may_begin = false;    ///< only its place is wrong: a chain may begin with it
};

std::function<ByteVector(Role)> made(Opcode opcode, std::string_view payload, FrameOptions options = {}) {
  return [=](Role sender) { return frame_of(sender, opcode, payload, options); };
}

/// A header as given, in hexadecimal; the mask bit and a key are added for a client; then so many bytes.
std::function<ByteVector(Role)> raw(std::string_view header, std::size_t payload) {
  return [=](Role sender) {
    ByteVector bytes = hex(header);
    if (sender == client) {
      bytes[1] |= 0x80;
      bytes.insert(bytes.end(), {0x37, 0xFA, 0x21, 0x3D});
    }
    bytes.insert(bytes.end(), payload, 'x');
    return bytes;
  };
}

std::vector<Broken> broken_chains() {
  std::vector<Broken> rows = {
      {"the other end's masking", [](Role sender) { return frame_of(other(sender), Opcode::text, "text"); },
       made(Opcode::text, "text")},
      {"RSV2", made(Opcode::text, "text", {.rsv2 = true}), made(Opcode::text, "text")},
      {"RSV3", made(Opcode::text, "text", {.rsv3 = true}), made(Opcode::text, "text")},
      {"RSV1 on a Ping", made(Opcode::ping, "text", {.rsv1 = true}), made(Opcode::ping, "text")},
      {"RSV1 on a continuation",
       made(Opcode::continuation, "text", {.rsv1 = true}),
       made(Opcode::continuation, "text"),
       {.fin = false}},
      {"a 16-bit length below 126", raw("82 7e 00 7d", 125), raw("82 7e 00 7e", 126)},
      {"a 64-bit length below 65536", raw("82 7f 00 00 00 00 00 00 00 05", 5), raw("82 05", 5)},
      {"a fragmented Ping", made(Opcode::ping, "text", {.fin = false}), made(Opcode::ping, "text")},
      {"a Ping of 126 bytes", raw("89 7e 00 7e", 126), raw("82 7e 00 7e", 126)},
      {"a continuation of nothing", made(Opcode::continuation, "text"), made(Opcode::binary, "text"), {}, true},
      {"a message in a message", made(Opcode::text, "text"), made(Opcode::continuation, "text"), {.fin = false}, true},
      {"text that is no UTF-8", made(Opcode::text, "te\xFFt"), made(Opcode::binary, "te\xFFt")},
      {"a surrogate in text", made(Opcode::text, "\xED\xA0\x80"), made(Opcode::text, "\xED\x9F\xBF")},
  };
  for (unsigned opcode = 0; opcode < 16; ++opcode) {
    if (opcode <= 2 || (opcode >= 8 && opcode <= 10)) continue;
    rows.push_back({"a reserved opcode", made(static_cast<Opcode>(opcode), "text"), made(Opcode::binary, "text")});
  }
  for (const std::uint16_t code : {0, 999, 1004, 1005, 1006, 1015, 2999, 5000, 65535}) {
    rows.push_back({"a close code that no end may send", [=](Role sender) { return close_frame(sender, code); },
                    [](Role sender) { return close_frame(sender, 1001); }});
  }
  return rows;
}

TEST(Resync, WhatBreaksAChain) {
  const std::vector<Broken> rows = broken_chains();
  for (const Broken& row : rows) {
    for (const Role sender : roles) {
      const ByteVector before = frame_of(sender, Opcode::text, "in front", row.before);
      EXPECT_TRUE(Stream(sender).lose(9).add(before).add(row.good(sender)).found()) << row.why << ": the good one";
      EXPECT_FALSE(Stream(sender).lose(9).add(before).add(row.bad(sender)).found()) << row.why;
      // A new chain begins behind it, or with it; what is in front of it is no part of that.
      Stream stream(sender);
      stream.lose(9).add(before);
      const ByteVector bad = row.bad(sender);
      const std::uint64_t begin = stream.offset() + (row.may_begin ? 0 : bad.size());
      stream.add(bad);
      for (std::uint8_t i = 0; i < 3; ++i) stream.add(text_frame(sender, i));
      ASSERT_TRUE(stream.found()) << row.why;
      EXPECT_EQ(stream.resync.found()->offset, begin) << row.why;
    }
  }
  EXPECT_EQ(rows.size(), 32U);
}

TEST(Resync, ALengthWithoutMeaningBreaksAChain) {
  for (const Role sender : roles) {
    for (const std::uint64_t length : {std::uint64_t{1} << 63, (std::uint64_t{1} << 63) - 1, std::uint64_t{1} << 41}) {
      Stream stream(sender);
      const ByteVector frame = frame_of(sender, Opcode::binary, "\xF3", {.claimed_length = length});
      stream.lose(9).add(frame).add(frame_of(sender, Opcode::text, "a")).add(frame_of(sender, Opcode::text, "b"));
      ASSERT_TRUE(stream.found());
      EXPECT_EQ(stream.resync.found()->offset, 9 + frame.size());
    }
  }
}

TEST(Resync, TextThatEndsInTheMiddleOfACharacterIsNoReason) {
  for (const Role sender : roles) {
    Stream stream(sender);
    stream.lose(9).add(frame_of(sender, Opcode::text, "\xE2\x82", {.fin = false}));
    stream.add(frame_of(sender, Opcode::continuation, "\xAC"));
    EXPECT_TRUE(stream.found());
  }
}

// ---- where there are no frames

constexpr std::optional<Role> all_senders[] = {client, server, not_known};

void expect_nothing(const std::vector<ByteVector>& segments, const std::string& what) {
  for (const std::optional<Role> sender : all_senders) {
    Stream stream(sender);
    stream.lose(9);
    for (const ByteVector& segment : segments) stream.add(segment);
    const auto& found = stream.resync.found();
    EXPECT_FALSE(found.has_value()) << what << ", " << (sender ? role_name(*sender) : "sender not known") << ": "
                                    << found->frames << " frames, " << found->evidence << " bits, at " << found->offset;
  }
}

TEST(Resync, NothingIsFoundInNoise) {
  constexpr unsigned streams = 1000;
  for (const std::optional<Role> sender : all_senders) {
    for (unsigned seed = 0; seed < streams; ++seed) {
      Random random(seed);
      Stream stream(sender);
      for (std::size_t segments = up_to(random, 60); segments > 0; --segments)
        stream.add(noise(random, 1 + up_to(random, 99)));
      const auto& found = stream.resync.found();
      EXPECT_FALSE(found.has_value()) << "seed " << seed << ": " << found->frames << " frames, " << found->evidence
                                      << " bits";
    }
  }
}

std::vector<ByteVector> cut_into(Random& random, const std::string& text) {
  std::vector<ByteVector> segments;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t size = std::min(1 + up_to(random, 300), text.size() - at);
    segments.push_back(bytes_of(std::string_view(text).substr(at, size)));
    at += size;
  }
  return segments;
}

std::string words(Random& random, std::size_t size) {
  std::string text;
  while (text.size() < size) {
    for (std::size_t left = 1 + up_to(random, 8); left > 0; --left) text += static_cast<char>('a' + up_to(random, 25));
    text += up_to(random, 9) == 0 ? "\r\n" : " ";
  }
  return text;
}

TEST(Resync, NothingIsFoundInText) {
  for (unsigned seed = 0; seed < 50; ++seed) {
    Random random(seed);
    expect_nothing(cut_into(random, words(random, 5000)), "seed " + std::to_string(seed));
  }
}

TEST(Resync, NothingIsFoundInTextThatIsNotEnglish) {
  for (unsigned seed = 0; seed < 50; ++seed) {
    Random random(seed);
    std::string text;
    while (text.size() < 5000) {
      text += static_cast<char>(0xD0 + up_to(random, 1));
      text += static_cast<char>(0x80 + up_to(random, 0x3F));
    }
    expect_nothing(cut_into(random, text), "seed " + std::to_string(seed));
  }
}

TEST(Resync, NothingIsFoundInHttp) {
  for (unsigned seed = 0; seed < 50; ++seed) {
    Random random(seed);
    std::vector<ByteVector> segments;
    for (int i = 0; i < 20; ++i) {
      const ByteVector body = noise(random, up_to(random, 500));
      segments.push_back(bytes_of(
          "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n"));
      segments.push_back(body);
    }
    expect_nothing(segments, "seed " + std::to_string(seed));
  }
}

TEST(Resync, NothingIsFoundInTls) {
  for (unsigned seed = 0; seed < 50; ++seed) {
    Random random(seed);
    std::vector<ByteVector> segments;
    for (int i = 0; i < 40; ++i) {
      const std::size_t size = 20 + up_to(random, 300);
      const ByteVector header{23, 3, 3, static_cast<std::uint8_t>(size >> 8), static_cast<std::uint8_t>(size)};
      segments.push_back(joined({header, noise(random, size)}));
    }
    expect_nothing(segments, "seed " + std::to_string(seed));
  }
}

/// SUBSCRIBE is 0x82, and its length is one byte: just like a binary frame of a server. But no server subscribes.
TEST(Resync, NothingIsFoundInWhatAnMqttServerSends) {
  constexpr std::uint8_t types[] = {0x20, 0x30, 0x32, 0x40, 0x90, 0xB0, 0xD0};
  for (unsigned seed = 0; seed < 50; ++seed) {
    Random random(seed);
    std::vector<ByteVector> segments;
    for (int i = 0; i < 60; ++i) {
      const std::uint8_t type = types[up_to(random, std::size(types) - 1)];
      const std::string topic = words(random, 3 + up_to(random, 20));
      ByteVector packet{type, static_cast<std::uint8_t>(topic.size() + 2), 0, static_cast<std::uint8_t>(topic.size())};
      packet.insert(packet.end(), topic.begin(), topic.end());
      segments.push_back(packet);
    }
    expect_nothing(segments, "seed " + std::to_string(seed));
  }
}

TEST(Resync, NothingIsFoundInOneByteRepeated) {
  for (unsigned value = 0; value < 256; ++value) {
    const ByteVector segment(500, static_cast<std::uint8_t>(value));
    expect_nothing({segment, segment, segment, segment}, "byte " + std::to_string(value));
  }
}

/// Tables and pictures: what repeats itself is no new evidence.
TEST(Resync, NothingIsFoundInAPatternRepeated) {
  for (unsigned seed = 0; seed < 300; ++seed) {
    Random random(seed);
    const std::size_t period = 2 + up_to(random, 14);
    ByteVector pattern = noise(random, period);
    for (std::uint8_t& byte : pattern)
      if (up_to(random, 1) == 0) byte = 0;
    std::vector<ByteVector> segments;
    for (std::size_t at = 0; segments.size() < 3;) {
      ByteVector& segment = segments.emplace_back();
      for (std::size_t left = 700 + up_to(random, 20); left > 0; --left) segment.push_back(pattern[at++ % period]);
    }
    expect_nothing(segments, "seed " + std::to_string(seed));
  }
}

/// Four masked bytes that are taken for a masking key cancel the true one: what comes out is text XOR text, and of
/// ASCII that is ASCII, wherever it is. It has control characters, though, as no text that people send.
TEST(Resync, InTheMiddleOfAMaskedTextTextXorTextIsNoText) {
  for (unsigned seed = 0; seed < 200; ++seed) {
    Random random(seed);
    MaskingKey mask{};
    for (std::uint8_t& byte : mask) byte = static_cast<std::uint8_t>(random());
    ByteVector rest = frame_of(client, Opcode::text, words(random, 2000), {.mask = mask});
    rest.erase(rest.begin(), rest.begin() + 500);
    // What looks like the headers of three short texts, behind each other.
    for (const std::size_t at : {100U, 100U + 46U, 100U + 46U + 46U}) {
      rest[at] = 0x81;
      rest[at + 1] = 0x80 | 40;
    }
    Stream stream(client);
    stream.lose(9).add(rest);
    EXPECT_FALSE(stream.found()) << "seed " << seed;
  }
}

// ---- what is kept, and what is given up

TEST(Resync, KeepsTheLastSegmentsOnlyAndCountsTheOthers) {
  Stream stream(server);
  std::uint64_t captured = 0;
  for (unsigned i = 0; i < 500; ++i) {
    stream.add(filler(1 + i % 7));
    captured += 1 + i % 7;
    EXPECT_EQ(stream.resync.seen(), captured);
    EXPECT_EQ(stream.resync.segments(), i + 1);
  }
  const auto kept = stream.resync.take_all();
  EXPECT_EQ(kept.size(), Resync::most_runs);
  std::uint64_t left = 0;
  for (const Resync::Kept& each : kept) left += each.bytes.size();
  EXPECT_EQ(kept.back().run.offset + kept.back().bytes.size(), captured);
  EXPECT_EQ(stream.resync.skipped() + left, captured);
}

TEST(Resync, KeepsSoManyBytesOnlyAndCountsTheOthers) {
  constexpr std::size_t size = 10'000;
  Stream stream(server);
  for (unsigned i = 0; i < 40; ++i) stream.add(filler(size));
  const std::uint64_t skipped = stream.resync.skipped();
  const auto kept = stream.resync.take_all();
  EXPECT_EQ(kept.size(), Resync::most_bytes / size);
  EXPECT_EQ(skipped, (40 - kept.size()) * size);
  EXPECT_EQ(stream.resync.seen(), 40 * size);
}

TEST(Resync, GapsCountAsNothing) {
  Stream stream(server);
  for (unsigned i = 0; i < 100; ++i) stream.lose(1'000'000).add(filler(1));
  EXPECT_EQ(stream.resync.seen(), 100U);
  EXPECT_EQ(stream.resync.segments(), 100U);
  EXPECT_EQ(stream.resync.skipped(), 100 - Resync::most_runs / 2);
}

TEST(Resync, FramesAreFoundBehindAnyAmountOfOtherBytes) {
  for (const Role sender : roles) {
    Stream stream(sender);
    for (unsigned i = 0; i < 300; ++i) stream.add(filler(1000));
    stream.add(frame_of(sender, Opcode::binary, "a")).add(frame_of(sender, Opcode::binary, "b"));
    ASSERT_TRUE(stream.found());
    EXPECT_EQ(stream.resync.found()->offset, 300'000U);
  }
}

TEST(Resync, SoAreFramesThatBeginInTheMiddleOfASegmentOnly) {
  for (const unsigned others : {1U, 31U, 63U, 64U, 65U, 300U}) {
    Stream stream(client);
    for (unsigned i = 0; i < others; ++i) stream.add(filler(100));
    stream.add(joined({filler(50), text_frame(client, 1), text_frame(client, 2), text_frame(client, 3)}));
    // It need not look at once, but before the frames are given up.
    for (std::size_t i = 1; i < Resync::most_runs; ++i) stream.add(filler(100));
    ASSERT_TRUE(stream.found()) << others;
    EXPECT_EQ(stream.resync.found()->offset, others * 100 + 50);
  }
}

TEST(Resync, TakeGivesWhatBeginsWithTheFirstFrameAndNothingElse) {
  const ByteVector texts = joined({text_frame(client, 1), text_frame(client, 2), text_frame(client, 3)});
  for (const std::size_t in_front : {0U, 1U, 50U}) {
    Stream stream(client);
    stream.lose(5).add(filler(30));
    const ByteVector segment = joined({filler(in_front), texts});
    const ByteVector last = frame_of(client, Opcode::ping, "last");
    stream.add(segment);
    if (!stream.found()) stream.add(last);  // at the end of it, one segment is enough
    ASSERT_TRUE(stream.found());
    const std::uint64_t offset = stream.resync.found()->offset;
    EXPECT_EQ(offset, 35 + in_front);
    auto runs = stream.resync.take();
    ASSERT_FALSE(runs.empty());
    EXPECT_EQ(runs[0].run.offset, offset);
    EXPECT_EQ(runs[0].run.packet, 2U);
    EXPECT_EQ(runs[0].run.packet_offset, Stream::packet_offset + in_front);
    EXPECT_EQ(runs[0].bytes, texts);
    EXPECT_EQ(stream.resync.skipped(), 30 + in_front);
  }
}

TEST(Resync, TakeGivesTheGapsBehindTheFirstFrameToo) {
  const ByteVector frame = frame_of(server, Opcode::binary, std::string(50, '\xF3'));
  Stream stream(server);
  stream.add(filler(30)).add(ByteVector(frame.begin(), frame.begin() + 10)).lose(20);
  stream.add(ByteVector(frame.begin() + 30, frame.end())).add(text_frame(server, 1)).add(text_frame(server, 2));
  ASSERT_TRUE(stream.found());
  const auto runs = stream.resync.take();
  ASSERT_GE(runs.size(), 4U);
  EXPECT_EQ(runs[0].run.offset, 30U);
  EXPECT_EQ(runs[1].run.gap, 20U);
  EXPECT_EQ(runs[2].run.offset, 60U);
}

// ---- where not even the sender is known

TEST(Resync, WithoutTheSenderMoreEvidenceIsNeeded) {
  static_assert(Resync::enough_if_told < Resync::enough_after_gap);
  static_assert(Resync::enough_after_gap < Resync::enough_late_start);
  for (const Role sender : roles) {
    Stream known(sender);
    Stream unknown(not_known);
    const ByteVector frame = frame_of(sender, Opcode::binary, "\xF3");
    const ByteVector another = frame_of(sender, Opcode::binary, "\xF3\xF3");
    known.add(frame).add(another);
    unknown.add(frame).add(another);
    EXPECT_TRUE(known.found());
    EXPECT_FALSE(unknown.found());
    for (int i = 0; i < 3; ++i) unknown.add(frame_of(sender, Opcode::binary, std::string(7, static_cast<char>(i))));
    ASSERT_TRUE(unknown.found());
    EXPECT_EQ(unknown.resync.found()->masked, sender == client);
    EXPECT_GE(unknown.resync.found()->evidence, Resync::enough_late_start);
  }
}

TEST(Resync, WithoutTheSenderAllFramesAreMaskedOrNoneIs) {
  Stream stream(not_known);
  for (int i = 0; i < 40; ++i) stream.add(frame_of(roles[i % 2], Opcode::binary, "\xF3\xF3"));
  EXPECT_FALSE(stream.found());
}

TEST(Resync, WhoIsToldThatThereAreFramesNeedsOnlyOne) {
  for (const Role sender : roles) {
    for (const std::optional<Role> known : {std::optional(sender), not_known}) {
      Stream stream(known);
      stream.add(filler(20)).add(frame_of(sender, Opcode::text, "Hello"));
      EXPECT_FALSE(stream.found());
      stream.resync.believe();
      stream.add(frame_of(sender, Opcode::text, "Hello"));
      ASSERT_TRUE(stream.found());
      EXPECT_EQ(stream.resync.found()->offset, 20U);
    }
  }
}

}  // namespace
}  // namespace websocket
