// SPDX-License-Identifier: GPL-2.0-or-later
/// The messages of one direction: fragments and control frames, text, losses, compression, what is kept, what is
/// broken.
#include "message_assembler.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#if defined(__SANITIZE_ADDRESS__)
#define WSLENS_ADDRESS_SANITIZER
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WSLENS_ADDRESS_SANITIZER
#endif
#endif
#if defined(WSLENS_ADDRESS_SANITIZER)
#include <sanitizer/allocator_interface.h>
#else
#include <malloc.h>
#endif

#include "deflate_data.h"
#include "masking.h"
#include "support/bytes.h"
#include "support/wire.h"

namespace websocket {
namespace {

using test::ByteVector;
using test::Deflater;
using test::FixedBlock;
using test::hex;
using test::joined;
using test::noise;
using test::prose;

struct Kind {
  bool fin = true;
  bool rsv1 = false;
  bool one_piece = false;
};
constexpr Kind whole{};
constexpr Kind part{.fin = false};
constexpr Kind in_one_piece{.one_piece = true};
constexpr Kind compressed{.rsv1 = true};
constexpr Kind compressed_part{.fin = false, .rsv1 = true};

/// A MessageAssembler whose frames are made up as they are needed: masked if a client sends them, one packet each.
class Assembly {
 public:
  explicit Assembly(Role sender = Role::client, std::size_t keep_at_most = MessageAssembler::default_keep_at_most)
      : assembler(sender, keep_at_most), sender_(sender) {}

  ViolationSet begin(Opcode opcode, std::uint64_t length, Kind kind = whole) {
    header_ = FrameHeader{};
    header_.fin = kind.fin;
    header_.rsv1 = kind.rsv1;
    header_.opcode = opcode;
    header_.masked = sender_ == Role::client;
    if (header_.masked) header_.masking_key = {1, 2, 3, 4};
    header_.payload_length = length;
    header_.size = header_.masked ? 6 : 2;
    offset_ = 0;
    const ViolationSet broken = assembler.begin_frame(header_, kind.one_piece);
    ++packet;
    assembler.touch(packet, Nanoseconds{packet} * 10);
    return broken;
  }
  void payload(Bytes bytes) {
    ByteVector masked(bytes.begin(), bytes.end());
    if (header_.masked) apply_mask(masked, header_.masking_key, offset_);
    assembler.add_payload(masked, offset_);
    offset_ += masked.size();
  }
  void lose(std::uint64_t bytes) {
    assembler.add_lost(bytes);
    offset_ += bytes;
  }
  std::optional<Message> end() { return assembler.end_frame(frame++); }

  std::optional<Message> take(Opcode opcode, Bytes bytes, Kind kind = whole) {
    violations = begin(opcode, bytes.size(), kind);
    payload(bytes);
    return end();
  }
  std::optional<Message> take(Opcode opcode, std::string_view text, Kind kind = whole) {
    return take(opcode, as_bytes(text), kind);
  }
  /// The first `seen` bytes; the others are lost.
  std::optional<Message> take_cut(Opcode opcode, Bytes bytes, std::size_t seen, Kind kind = whole) {
    violations = begin(opcode, bytes.size(), kind);
    payload(bytes.first(seen));
    lose(bytes.size() - seen);
    return end();
  }

  MessageAssembler assembler;
  ViolationSet violations;  ///< of the last frame
  PacketIndex packet = 0;
  FrameIndex frame = 0;

 private:
  Role sender_;
  FrameHeader header_;
  std::uint64_t offset_ = 0;
};

std::string text_of(const std::optional<Message>& message) {
  return message ? std::string(as_text(message->data)) : "no message";
}

ViolationSet only(Rule rule) {
  ViolationSet set;
  set.add(rule);
  return set;
}

const ViolationSet none;

// ---- messages of one frame

TEST(MessageAssembler, AFrameWithFinIsAMessage) {
  Assembly assembly;
  const auto message = assembly.take(Opcode::text, "Hello");
  ASSERT_TRUE(message);
  EXPECT_EQ(message->type, MessageType::text);
  EXPECT_EQ(message->sender, Role::client);
  EXPECT_EQ(message->trust, Trust::exact);
  EXPECT_EQ(text_of(message), "Hello");
  EXPECT_EQ(message->length, 5U);
  EXPECT_EQ(message->wire_length, 11U);
  EXPECT_EQ(message->fragments, 1U);
  EXPECT_EQ(message->number, 1U);
  EXPECT_FALSE(message->compressed || message->in_packet || message->data_cut);
  EXPECT_TRUE(message->violations.empty());
  EXPECT_EQ(message->sha256, "");
  EXPECT_FALSE(assembly.assembler.message_open());
}

TEST(MessageAssembler, AnEmptyMessageIsAMessage) {
  Assembly assembly(Role::server);
  const auto message = assembly.take(Opcode::binary, "");
  ASSERT_TRUE(message);
  EXPECT_EQ(message->type, MessageType::binary);
  EXPECT_EQ(message->length, 0U);
  EXPECT_EQ(message->trust, Trust::exact);
}

TEST(MessageAssembler, DataMessagesAreNumberedControlFramesAreNot) {
  Assembly assembly;
  EXPECT_EQ(assembly.take(Opcode::text, "a")->number, 1U);
  EXPECT_EQ(assembly.take(Opcode::ping, "b")->number, 0U);
  EXPECT_EQ(assembly.take(Opcode::binary, "c")->number, 2U);
  EXPECT_EQ(assembly.take(Opcode::close, "")->number, 0U);
}

TEST(MessageAssembler, EachControlFrameIsAMessageOfItsType) {
  Assembly assembly(Role::server);
  EXPECT_EQ(assembly.take(Opcode::ping, "a")->type, MessageType::ping);
  EXPECT_EQ(assembly.take(Opcode::pong, "a")->type, MessageType::pong);
  EXPECT_EQ(assembly.take(Opcode::close, "")->type, MessageType::close);
}

TEST(MessageAssembler, AControlFrameIsWholeEvenWithoutFin) {
  Assembly assembly;
  EXPECT_EQ(text_of(assembly.take(Opcode::ping, "a", part)), "a");
  EXPECT_EQ(text_of(assembly.take(Opcode::text, "b")), "b");
}

TEST(MessageAssembler, AReservedOpcodeIsNoMessageAndDisturbsNone) {
  Assembly assembly;
  EXPECT_FALSE(assembly.take(Opcode::text, "a", part));
  for (const int opcode : {3, 7, 11, 15}) EXPECT_FALSE(assembly.take(static_cast<Opcode>(opcode), "junk"));
  EXPECT_EQ(text_of(assembly.take(Opcode::continuation, "b")), "ab");
}

TEST(MessageAssembler, HoweverThePayloadIsCutTheMessageIsTheSame) {
  const std::string payload =
      "Gr\xC3\xBC\xC3\x9F"
      "e, \xE2\x82\xAC \xF0\x9F\x98\x80";
  const std::size_t ways = test::every_split(as_bytes(payload), [&](const test::Pieces& pieces) {
    Assembly assembly;
    assembly.begin(Opcode::text, payload.size());
    for (const Bytes piece : pieces) assembly.payload(piece);
    const auto message = assembly.end();
    ASSERT_TRUE(message);
    EXPECT_EQ(text_of(message), payload);
    EXPECT_TRUE(message->violations.empty());
  });
  EXPECT_EQ(ways, payload.size() + 2);
}

TEST(MessageAssembler, ALongPayloadIsUnmaskedThroughout) {
  ByteVector payload(20'001);
  for (std::size_t i = 0; i < payload.size(); ++i) payload[i] = static_cast<std::uint8_t>(i * 7);
  Assembly assembly;
  EXPECT_EQ(assembly.take(Opcode::binary, Bytes(payload))->data, payload);
  assembly.begin(Opcode::binary, payload.size());
  assembly.payload(Bytes(payload).first(4999));
  assembly.payload(Bytes(payload).subspan(4999));
  EXPECT_EQ(assembly.end()->data, payload);
}

// ---- fragments (§5.4)

TEST(MessageAssembler, FragmentsAreOneMessage) {
  Assembly assembly;
  EXPECT_FALSE(assembly.take(Opcode::text, "Hel", part));
  EXPECT_TRUE(assembly.assembler.message_open());
  EXPECT_EQ(assembly.assembler.last_fragment(), 0U);
  EXPECT_FALSE(assembly.take(Opcode::continuation, "lo, ", part));
  EXPECT_EQ(assembly.assembler.last_fragment(), 1U);
  const auto message = assembly.take(Opcode::continuation, "you");
  EXPECT_EQ(text_of(message), "Hello, you");
  EXPECT_EQ(message->fragments, 3U);
  EXPECT_EQ(message->wire_length, 10U + 18U);
  EXPECT_EQ(message->type, MessageType::text);
  EXPECT_EQ(assembly.assembler.last_fragment(), no_frame);
}

TEST(MessageAssembler, EmptyFragmentsMayStandAnywhere) {
  for (unsigned empty = 0; empty < 8; ++empty) {
    Assembly assembly;
    const std::string_view first = (empty & 1) != 0 ? "" : "a";
    const std::string_view middle = (empty & 2) != 0 ? "" : "b";
    const std::string_view last = (empty & 4) != 0 ? "" : "c";
    EXPECT_FALSE(assembly.take(Opcode::binary, first, part));
    EXPECT_FALSE(assembly.take(Opcode::continuation, middle, part));
    const auto message = assembly.take(Opcode::continuation, last);
    EXPECT_EQ(text_of(message), std::string(first).append(middle).append(last));
    EXPECT_EQ(message->fragments, 3U);
    EXPECT_EQ(message->trust, Trust::exact);
  }
}

TEST(MessageAssembler, AMessageEndedByAnEmptyFragmentDoesNotSwallowTheNext) {
  Assembly assembly;
  EXPECT_FALSE(assembly.take(Opcode::text, "first-", part));
  EXPECT_EQ(text_of(assembly.take(Opcode::continuation, "")), "first-");
  EXPECT_FALSE(assembly.take(Opcode::text, "second-", part));
  EXPECT_EQ(assembly.violations, none);
  EXPECT_EQ(text_of(assembly.take(Opcode::continuation, "end")), "second-end");
}

TEST(MessageAssembler, ControlFramesMayComeBetweenFragments) {
  Assembly assembly;
  EXPECT_FALSE(assembly.take(Opcode::text, "a", part));
  EXPECT_EQ(text_of(assembly.take(Opcode::ping, "ping")), "ping");
  EXPECT_EQ(assembly.assembler.last_fragment(), no_frame);  // none of the ping's
  EXPECT_FALSE(assembly.take(Opcode::continuation, "b", part));
  EXPECT_EQ(text_of(assembly.take(Opcode::pong, "")), "");
  const auto message = assembly.take(Opcode::continuation, "c");
  EXPECT_EQ(text_of(message), "abc");
  EXPECT_EQ(message->fragments, 3U);
  EXPECT_EQ(message->wire_length, 21U);
}

TEST(MessageAssembler, AContinuationWithoutAStartIsReportedAndNoMessage) {
  Assembly assembly;
  EXPECT_FALSE(assembly.take(Opcode::continuation, "stray"));
  EXPECT_EQ(assembly.violations, only(Rule::continuation_without_start));
  EXPECT_FALSE(assembly.assembler.message_open());
  EXPECT_EQ(assembly.take(Opcode::text, "a")->number, 1U);
}

TEST(MessageAssembler, AContinuationWithoutAStartIsNotHeldAgainstItsSenderAfterALoss) {
  Assembly assembly;
  assembly.assembler.limit_trust(Trust::after_gap);
  EXPECT_FALSE(assembly.take(Opcode::continuation, "the end of something"));
  EXPECT_EQ(assembly.violations, none);
}

TEST(MessageAssembler, AWholeMessageInsideAnotherIsReportedAndLeavesTheOpenOneAsItIs) {
  Assembly assembly;
  EXPECT_FALSE(assembly.take(Opcode::text, "a", part));
  const auto intruder = assembly.take(Opcode::binary, "new");
  EXPECT_EQ(assembly.violations, only(Rule::message_interleaved));
  EXPECT_EQ(text_of(intruder), "new");
  EXPECT_EQ(intruder->type, MessageType::binary);
  EXPECT_EQ(intruder->number, 1U);
  EXPECT_EQ(intruder->fragments, 1U);
  EXPECT_EQ(assembly.assembler.last_fragment(), no_frame);
  EXPECT_TRUE(assembly.assembler.message_open());
  const auto open = assembly.take(Opcode::continuation, "b");
  EXPECT_EQ(assembly.violations, none);
  EXPECT_EQ(text_of(open), "ab");
  EXPECT_EQ(open->number, 2U);
  EXPECT_EQ(open->fragments, 2U);
}

TEST(MessageAssembler, AnotherMessagesFirstFragmentReplacesTheOpenOneAndIsReported) {
  Assembly assembly;
  EXPECT_FALSE(assembly.take(Opcode::text, "dropped", part));
  EXPECT_FALSE(assembly.take(Opcode::binary, "ne", part));
  EXPECT_EQ(assembly.violations, only(Rule::message_interleaved));
  const auto message = assembly.take(Opcode::continuation, "w");
  EXPECT_EQ(text_of(message), "new");
  EXPECT_EQ(message->type, MessageType::binary);
  EXPECT_EQ(message->fragments, 2U);
  EXPECT_FALSE(assembly.take(Opcode::continuation, "rest"));
  EXPECT_EQ(assembly.violations, only(Rule::continuation_without_start));
}

// ---- text (§8.1)

TEST(MessageAssembler, ACharacterMayBeCutByFragments) {
  const std::string_view euro = "\xE2\x82\xAC";
  for (std::size_t cut = 0; cut <= euro.size(); ++cut) {
    Assembly assembly;
    assembly.take(Opcode::text, euro.substr(0, cut), part);
    assembly.take(Opcode::ping, "\xFF");
    const auto message = assembly.take(Opcode::continuation, euro.substr(cut));
    EXPECT_EQ(text_of(message), euro);
    EXPECT_EQ(message->violations, none);
  }
}

TEST(MessageAssembler, InvalidTextIsReportedOnTheMessageNotOnItsFrames) {
  Assembly assembly;
  EXPECT_FALSE(assembly.take(Opcode::text, "a\xFF", part));
  EXPECT_EQ(assembly.violations, none);
  const auto message = assembly.take(Opcode::continuation, "\xFE");
  EXPECT_EQ(assembly.violations, none);
  EXPECT_EQ(message->violations, only(Rule::text_not_utf8));
  EXPECT_EQ(text_of(message), "a\xFF\xFE");
}

TEST(MessageAssembler, TextThatEndsInsideACharacterIsReported) {
  Assembly assembly;
  EXPECT_EQ(assembly.take(Opcode::text, "\xE2\x82")->violations, only(Rule::text_not_utf8));
  EXPECT_EQ(assembly.take(Opcode::text, "\xE2\x82", in_one_piece)->violations, only(Rule::text_not_utf8));
}

TEST(MessageAssembler, BinaryMessagesAndPingsAreNoText) {
  Assembly assembly;
  EXPECT_EQ(assembly.take(Opcode::binary, "\xFF")->violations, none);
  EXPECT_EQ(assembly.take(Opcode::ping, "\xFF")->violations, none);
}

TEST(MessageAssembler, TextIsNotJudgedWhenBytesOfItAreLost) {
  Assembly assembly;
  assembly.begin(Opcode::text, 9);
  assembly.payload(as_bytes("\xE2"));
  assembly.lose(3);
  assembly.payload(as_bytes("\xFFtail"));
  EXPECT_EQ(assembly.end()->violations, none);
}

// ---- losses

TEST(MessageAssembler, AMessageThatLostBytesIsTruncatedAndKeepsThoseInFrontOfTheHole) {
  Assembly assembly;
  assembly.begin(Opcode::binary, 10);
  assembly.payload(as_bytes("012"));
  assembly.lose(4);
  assembly.payload(as_bytes("789"));
  const auto message = assembly.end();
  ASSERT_TRUE(message);
  EXPECT_EQ(message->trust, Trust::truncated);
  EXPECT_EQ(text_of(message), "012");
  EXPECT_EQ(message->lost, 4U);
  EXPECT_EQ(message->length, 10U);
}

TEST(MessageAssembler, LossesInSeveralFragmentsAddUp) {
  Assembly assembly;
  assembly.begin(Opcode::binary, 5, part);
  assembly.lose(2);
  assembly.payload(as_bytes("abc"));
  EXPECT_FALSE(assembly.end());
  assembly.begin(Opcode::continuation, 3);
  assembly.payload(as_bytes("d"));
  assembly.lose(2);
  const auto message = assembly.end();
  EXPECT_EQ(message->lost, 4U);
  EXPECT_EQ(message->length, 8U);
  EXPECT_EQ(text_of(message), "");
  EXPECT_EQ(message->trust, Trust::truncated);
}

TEST(MessageAssembler, AMessageBehindALossIsAfterGap) {
  Assembly assembly;
  assembly.begin(Opcode::binary, 1);
  assembly.lose(1);
  assembly.end();
  EXPECT_EQ(assembly.take(Opcode::text, "whole")->trust, Trust::after_gap);
  EXPECT_EQ(assembly.take(Opcode::ping, "")->trust, Trust::after_gap);
}

TEST(MessageAssembler, AControlFrameThatLostBytesLeavesTheMessageAroundItExact) {
  Assembly assembly;
  assembly.take(Opcode::text, "a", part);
  assembly.begin(Opcode::ping, 4);
  assembly.lose(4);
  EXPECT_EQ(assembly.end()->trust, Trust::truncated);
  const auto message = assembly.take(Opcode::continuation, "b");
  EXPECT_EQ(message->trust, Trust::exact);
  EXPECT_EQ(text_of(message), "ab");
  EXPECT_EQ(assembly.take(Opcode::text, "c")->trust, Trust::after_gap);
}

TEST(MessageAssembler, LostBytesOfAReservedFrameCountForNoMessage) {
  Assembly assembly;
  assembly.take(Opcode::text, "a", part);
  assembly.begin(static_cast<Opcode>(3), 4);
  assembly.lose(4);
  EXPECT_FALSE(assembly.end());
  EXPECT_EQ(assembly.take(Opcode::continuation, "b")->lost, 0U);
}

// ---- RSV1 (RFC 7692 §6)

TEST(MessageAssembler, ACompressedMessageIsUndecodableAndTheNextPlainOneExact) {
  Assembly assembly;
  assembly.assembler.agree_on_compression({}, std::nullopt);
  const auto message = assembly.take(Opcode::text, "\xF2\x48\xCD\xC9", compressed);
  ASSERT_TRUE(message);
  EXPECT_TRUE(message->compressed);
  EXPECT_EQ(message->trust, Trust::undecodable);
  EXPECT_FALSE(message->length.has_value());
  EXPECT_TRUE(message->data.empty());
  EXPECT_EQ(message->wire_length, 10U);
  EXPECT_EQ(message->violations, none);
  const auto plain = assembly.take(Opcode::text, "plain");
  EXPECT_EQ(plain->trust, Trust::exact);
  EXPECT_FALSE(plain->compressed);
  EXPECT_EQ(plain->length, 5U);
}

TEST(MessageAssembler, WithoutAnAgreementRsv1MeansUndecodableNotCompressed) {
  Assembly assembly;
  const auto message = assembly.take(Opcode::text, "\xFF", compressed);
  EXPECT_FALSE(message->compressed);
  EXPECT_EQ(message->trust, Trust::undecodable);
  EXPECT_FALSE(message->length.has_value());
  EXPECT_EQ(message->violations, none);
}

TEST(MessageAssembler, Rsv1OfTheFirstFragmentCountsForTheWholeMessage) {
  Assembly assembly;
  assembly.assembler.agree_on_compression({}, std::nullopt);
  assembly.take(Opcode::text, "\x01", {.fin = false, .rsv1 = true});
  const auto message = assembly.take(Opcode::continuation, "\x02");
  EXPECT_TRUE(message->compressed);
  EXPECT_EQ(message->trust, Trust::undecodable);
  EXPECT_FALSE(message->length.has_value());
  // The other way round it breaks a rule (see frame_rules.h) but changes nothing.
  assembly.take(Opcode::text, "a", part);
  EXPECT_EQ(assembly.take(Opcode::continuation, "b", compressed)->trust, Trust::exact);
}

TEST(MessageAssembler, ACompressedMessageThatLostBytesStaysUndecodable) {
  Assembly assembly;
  assembly.assembler.agree_on_compression({}, std::nullopt);
  assembly.begin(Opcode::binary, 5, compressed);
  assembly.lose(5);
  const auto message = assembly.end();
  EXPECT_EQ(message->trust, Trust::undecodable);
  EXPECT_EQ(message->lost, 5U);
}

// ---- compressed messages, inflated

/// permessage-deflate was accepted.
Assembly with_deflate(const DeflateDirection& agreed = {},
                      std::size_t keep_at_most = MessageAssembler::default_keep_at_most, Role sender = Role::client) {
  Assembly assembly(sender, keep_at_most);
  assembly.assembler.agree_on_compression(agreed, InflateLimits{});
  return assembly;
}

void expect_undecodable(const std::optional<Message>& message, const ViolationSet& violations = none) {
  ASSERT_TRUE(message);
  EXPECT_EQ(message->trust, Trust::undecodable);
  EXPECT_TRUE(message->compressed);
  EXPECT_FALSE(message->length.has_value());
  EXPECT_TRUE(message->data.empty());
  EXPECT_FALSE(message->data_cut);
  EXPECT_EQ(message->sha256, "");
  EXPECT_EQ(message->violations, violations);
}

void expect_inflated(const std::optional<Message>& message, Bytes plain, Trust trust = Trust::exact) {
  ASSERT_TRUE(message);
  EXPECT_EQ(message->trust, trust);
  EXPECT_TRUE(message->compressed);
  EXPECT_FALSE(message->in_packet);
  EXPECT_EQ(message->length, plain.size());
  EXPECT_TRUE(std::equal(message->data.begin(), message->data.end(), plain.begin(), plain.end()));
  EXPECT_EQ(message->violations, none);
}

TEST(CompressedMessage, IsWhatItInflatesTo) {
  for (const Role sender : {Role::client, Role::server}) {
    for (const Kind kind : {compressed, Kind{.rsv1 = true, .one_piece = true}}) {
      Assembly assembly = with_deflate({}, MessageAssembler::default_keep_at_most, sender);
      const auto message = assembly.take(Opcode::text, Bytes(hex("f2 48 cd c9 c9 07 00")), kind);
      expect_inflated(message, as_bytes("Hello"));
      EXPECT_EQ(message->type, MessageType::text);
      EXPECT_EQ(message->sender, sender);
      EXPECT_EQ(message->number, 1U);
      EXPECT_EQ(message->fragments, 1U);
      EXPECT_EQ(message->wire_length, 7U + (sender == Role::client ? 6U : 2U));
      EXPECT_EQ(message->sha256, "");
      EXPECT_EQ(assembly.violations, none);
      const auto again = assembly.take(Opcode::binary, Bytes(hex("f2 00 11 00 00")), kind);
      expect_inflated(again, as_bytes("Hello"));
      EXPECT_EQ(again->number, 2U);
    }
  }
}

TEST(CompressedMessage, MayBeEmpty) {
  Assembly assembly = with_deflate();
  expect_inflated(assembly.take(Opcode::text, Bytes(hex("00")), compressed), {});
}

/// §7.2.1 leaves one byte at least; what is meant is clear all the same.
TEST(CompressedMessage, WithoutABytesBreaksARule) {
  Assembly assembly = with_deflate();
  const auto message = assembly.take(Opcode::text, Bytes{}, compressed);
  ASSERT_TRUE(message);
  EXPECT_EQ(message->trust, Trust::exact);
  EXPECT_EQ(message->length, 0U);
  EXPECT_EQ(message->violations, only(Rule::deflate_empty_message));
}

TEST(CompressedMessage, WithItsTailBreaksARule) {
  Assembly assembly = with_deflate();
  Deflater sender;
  const auto message = assembly.take(Opcode::text, sender.with_tail(as_bytes("hello")), compressed);
  ASSERT_TRUE(message);
  EXPECT_EQ(text_of(message), "hello");
  EXPECT_EQ(message->violations, only(Rule::deflate_tail_kept));
  Assembly other = with_deflate();
  Deflater ends;
  EXPECT_EQ(other.take(Opcode::text, ends.final_block(as_bytes("hello")), compressed)->violations, none)
      << "a final block needs no tail (§7.2.3.4)";
}

TEST(CompressedMessage, IsTheSameHoweverItsPayloadIsCut) {
  Deflater sender;
  const ByteVector plain = prose(700, 1);
  const ByteVector payload = sender.message(plain);
  const ByteVector next = sender.message(plain);
  test::every_split(payload, [&](const test::Pieces& pieces) {
    Assembly assembly = with_deflate();
    assembly.begin(Opcode::text, payload.size(), compressed);
    for (const Bytes piece : pieces) assembly.payload(piece);
    expect_inflated(assembly.end(), plain);
    expect_inflated(assembly.take(Opcode::text, Bytes(next), compressed), plain);
  });
}

TEST(CompressedMessage, MayBeFragmentedAnywhereWithControlFramesInBetween) {
  const ByteVector plain = prose(40, 1);
  Deflater sender;
  const ByteVector payload = sender.message(plain);
  const ByteVector next = sender.message(plain);
  const Bytes all(payload);
  for (std::size_t second = 0; second <= all.size(); ++second) {
    for (std::size_t third = second; third <= all.size(); ++third) {
      Assembly assembly = with_deflate();
      EXPECT_FALSE(assembly.take(Opcode::text, all.first(second), compressed_part));
      EXPECT_EQ(text_of(assembly.take(Opcode::ping, "\x07")), "\x07");
      EXPECT_FALSE(assembly.take(Opcode::continuation, all.subspan(second, third - second), part));
      EXPECT_EQ(assembly.take(Opcode::pong, "")->trust, Trust::exact);
      const auto message = assembly.take(Opcode::continuation, all.subspan(third));
      expect_inflated(message, plain);
      EXPECT_EQ(message->fragments, 3U);
      expect_inflated(assembly.take(Opcode::text, Bytes(next), compressed), plain);
    }
  }
}

TEST(CompressedMessage, IsJudgedAsTextByWhatItInflatesTo) {
  struct Row {
    std::string_view text;
    bool valid;
  };
  for (const Row& row : {Row{"\xE2\x82\xAC", true}, Row{"a\xFF", false}, Row{"\xE2\x82", false}, Row{"", true}}) {
    const ByteVector payload = FixedBlock().literals(row.text).message();
    for (std::size_t cut = 0; cut <= payload.size(); ++cut) {
      Assembly assembly = with_deflate();
      assembly.take(Opcode::text, Bytes(payload).first(cut), compressed_part);
      const auto message = assembly.take(Opcode::continuation, Bytes(payload).subspan(cut));
      EXPECT_EQ(message->violations, row.valid ? none : only(Rule::text_not_utf8)) << row.text;
      EXPECT_EQ(text_of(message), row.text);
    }
    Assembly assembly = with_deflate();
    EXPECT_EQ(assembly.take(Opcode::binary, Bytes(payload), compressed)->violations, none);
  }
}

TEST(CompressedMessage, GoesOnFromTheOneBeforeOverPlainOnes) {
  Deflater sender;
  Assembly assembly = with_deflate();
  const ByteVector plain = prose(500, 1);
  expect_inflated(assembly.take(Opcode::text, Bytes(sender.message(plain)), compressed), plain);
  const auto between = assembly.take(Opcode::text, "plain");
  EXPECT_EQ(text_of(between), "plain");
  EXPECT_FALSE(between->compressed);
  EXPECT_EQ(between->trust, Trust::exact);
  EXPECT_EQ(between->number, 2U);
  assembly.take(Opcode::text, "pla", part);
  EXPECT_EQ(text_of(assembly.take(Opcode::continuation, "in")), "plain");
  const ByteVector again = sender.message(plain);
  EXPECT_LT(again.size(), 30U);
  const auto last = assembly.take(Opcode::text, Bytes(again), compressed);
  expect_inflated(last, plain);
  EXPECT_EQ(last->number, 4U);
}

TEST(CompressedMessage, BeyondTheCapLengthAndDigestGoOn) {
  for (const std::size_t cap : {0, 1, 999, 16'384, 49'999}) {
    const ByteVector plain = prose(50'000, 1);
    Deflater sender;
    Assembly assembly = with_deflate({}, cap);
    for (int i = 0; i < 2; ++i) {
      const ByteVector payload = sender.message(plain);
      assembly.take(Opcode::text, Bytes(payload).first(payload.size() / 2), compressed_part);
      const auto message = assembly.take(Opcode::continuation, Bytes(payload).subspan(payload.size() / 2));
      EXPECT_TRUE(message->data_cut);
      EXPECT_TRUE(std::equal(message->data.begin(), message->data.end(), plain.begin(), plain.begin() + cap));
      EXPECT_EQ(message->length, plain.size());
      EXPECT_EQ(message->sha256, sha256_of(plain));
      EXPECT_EQ(message->trust, Trust::exact);
    }
  }
}

TEST(CompressedMessage, BeyondTheCapIsJudgedAsTextAllTheSame) {
  Assembly assembly = with_deflate({}, 2);
  EXPECT_EQ(assembly.take(Opcode::text, Bytes(FixedBlock().literals("abcd\xFF").message()), compressed)->violations,
            only(Rule::text_not_utf8));
}

TEST(CompressedMessage, OfAMebibyteKeepsNoMoreThanItNeeds) {
  const ByteVector plain = prose(1'000'000, 1);
  Assembly assembly = with_deflate();
  const auto message = assembly.take(Opcode::text, Bytes(Deflater().message(plain)), compressed);
  expect_inflated(message, plain);
  EXPECT_LE(message->data.capacity(), plain.size() + plain.size() / 8);
}

// ---- compressed data that is wrong

TEST(CompressedMessage, ThatIsNoDeflateIsReportedAndUndecodable) {
  for (const bool takeover : {false, true}) {
    Assembly assembly = with_deflate({takeover, 15});
    expect_inflated(assembly.take(Opcode::text, Bytes(FixedBlock().literals("a").message()), compressed),
                    as_bytes("a"));
    const auto message = assembly.take(
        Opcode::text, Bytes(joined({FixedBlock().literals("\xFFright so far").block(), hex("ffff")})), compressed);
    expect_undecodable(message, only(Rule::compressed_data_malformed));
    EXPECT_EQ(message->number, 2U);
    expect_inflated(assembly.take(Opcode::text, Bytes(FixedBlock().literals("next").message()), compressed),
                    as_bytes("next"));
  }
}

TEST(CompressedMessage, ThatEndsTooEarlyIsReportedAndUndecodable) {
  const ByteVector payload = FixedBlock().literals("0123456789").message();
  for (std::size_t size = 1; size < payload.size(); ++size) {
    Assembly assembly = with_deflate();
    expect_undecodable(assembly.take(Opcode::text, Bytes(payload).first(size), compressed),
                       only(Rule::compressed_data_malformed));
  }
}

TEST(CompressedMessage, ThatIsABombIsReportedUndecodableAndKeepsNothing) {
  const ByteVector bomb = Deflater({.level = 9}).message(ByteVector(8 * 1024 * 1024));
  for (const std::size_t cap : {std::size_t{10}, MessageAssembler::default_keep_at_most}) {
    Assembly assembly = with_deflate({false, 15}, cap);
    const auto message = assembly.take(Opcode::binary, Bytes(bomb), compressed);
    expect_undecodable(message, only(Rule::compression_bomb));
    EXPECT_EQ(message->data.capacity(), 0U);
    expect_inflated(assembly.take(Opcode::text, Bytes(FixedBlock().literals("next").message()), compressed),
                    as_bytes("next"));
  }
}

TEST(CompressedMessage, ThatRefersBeyondTheAgreedWindowIsReportedAndRight) {
  Assembly assembly = with_deflate({true, 9});
  const ByteVector plain = noise(513, 1);
  expect_inflated(assembly.take(Opcode::binary, Bytes(test::stored_message(plain)), compressed), plain);
  const auto message = assembly.take(Opcode::binary, Bytes(FixedBlock().match(3, 513).message()), compressed);
  EXPECT_EQ(message->violations, only(Rule::deflate_beyond_window));
  EXPECT_EQ(message->trust, Trust::exact);
  EXPECT_EQ(message->data, ByteVector(plain.begin(), plain.begin() + 3));
}

// ---- losses and compression

/// What the sender says next: something that hangs on nothing, and what it said before, which hangs on that.
void expect_next_to_be_known_only_by_itself(Assembly& assembly, Deflater& sender, Bytes said_before) {
  const ByteVector fresh = noise(300, 77);
  expect_inflated(assembly.take(Opcode::binary, Bytes(sender.message(fresh)), compressed), fresh, Trust::after_gap);
  expect_undecodable(assembly.take(Opcode::binary, Bytes(sender.message(said_before)), compressed));
  expect_inflated(assembly.take(Opcode::binary, Bytes(sender.message(fresh)), compressed), fresh, Trust::after_gap);
}

TEST(CompressedMessage, ThatLostBytesIsTruncatedAndKeepsWhatCameOutBeforeTheHole) {
  const ByteVector first = noise(200, 1);
  const ByteVector plain = prose(600, 2);
  std::size_t longest = 0;
  const std::size_t size = [&] {
    Deflater sender;
    sender.message(first);
    return sender.message(plain).size();
  }();
  for (std::size_t seen = 0; seen < size; ++seen) {
    Deflater sender;
    Assembly assembly = with_deflate();
    expect_inflated(assembly.take(Opcode::binary, Bytes(sender.message(first)), compressed), first);
    const auto message = assembly.take_cut(Opcode::text, Bytes(sender.message(plain)), seen, compressed);
    ASSERT_TRUE(message);
    EXPECT_EQ(message->trust, Trust::truncated);
    EXPECT_TRUE(message->compressed);
    EXPECT_EQ(message->lost, size - seen);
    EXPECT_FALSE(message->length.has_value());
    EXPECT_EQ(message->violations, none);
    ASSERT_LE(message->data.size(), plain.size());
    EXPECT_TRUE(std::equal(message->data.begin(), message->data.end(), plain.begin()));
    EXPECT_GE(message->data.size(), longest) << "more was seen, so more is known";
    longest = message->data.size();
    expect_next_to_be_known_only_by_itself(assembly, sender, plain);
  }
  EXPECT_EQ(longest, plain.size());
}

TEST(CompressedMessage, ThatLostBytesKeepsNothingBehindThem) {
  const ByteVector payload = FixedBlock().literals("0123456789").message();
  Assembly assembly = with_deflate();
  assembly.begin(Opcode::text, payload.size() + 10, compressed_part);
  assembly.payload(Bytes(payload).first(4));
  assembly.lose(2);
  assembly.payload(Bytes(payload).subspan(6));
  EXPECT_FALSE(assembly.end());
  EXPECT_FALSE(assembly.take(Opcode::continuation, Bytes(payload), part));
  const auto message = assembly.take_cut(Opcode::continuation, Bytes(payload), 1);
  EXPECT_EQ(message->trust, Trust::truncated);
  EXPECT_EQ(message->lost, 2 + payload.size() - 1);
  EXPECT_EQ(text_of(message), "012");
  EXPECT_EQ(message->fragments, 3U);
}

TEST(CompressedMessage, ThatLostBytesBehindAReferenceToUnknownOnesKeepsNothing) {
  Deflater sender;
  Assembly assembly = with_deflate();
  const ByteVector plain = noise(500, 1);
  assembly.take_cut(Opcode::binary, Bytes(sender.message(plain)), 100, compressed);
  const ByteVector again = sender.message(joined({plain, noise(500, 2)}));
  const auto message = assembly.take_cut(Opcode::binary, Bytes(again), again.size() - 100, compressed);
  expect_undecodable(message);
  EXPECT_EQ(message->lost, 100U);
}

TEST(CompressedMessage, BeyondTheCapThatLostBytesHasNoDigest) {
  Assembly assembly = with_deflate({}, 10);
  const ByteVector payload = Deflater().message(noise(5000, 1));
  const auto message = assembly.take_cut(Opcode::binary, Bytes(payload), 4000, compressed);
  EXPECT_EQ(message->trust, Trust::truncated);
  EXPECT_EQ(message->data.size(), 10U);
  EXPECT_TRUE(message->data_cut);
  EXPECT_EQ(message->sha256, "");
}

TEST(CompressedMessage, WithoutTakeoverIsRightBehindOneThatLostBytes) {
  Deflater sender({.context_takeover = false});
  Assembly assembly = with_deflate({false, 15});
  const ByteVector plain = prose(600, 1);
  const ByteVector payload = sender.message(plain);
  for (std::size_t seen = 0; seen < payload.size(); ++seen) {
    EXPECT_EQ(assembly.take_cut(Opcode::text, Bytes(payload), seen, compressed)->trust, Trust::truncated);
    expect_inflated(assembly.take(Opcode::text, Bytes(payload), compressed), plain, Trust::after_gap);
  }
}

TEST(CompressedMessage, HangsOnNoBytesThatAnUncompressedFrameLost) {
  for (const Opcode opcode : {Opcode::text, Opcode::binary, Opcode::ping, Opcode::pong, static_cast<Opcode>(3)}) {
    Deflater sender;
    Assembly assembly = with_deflate();
    const ByteVector plain = prose(600, 1);
    expect_inflated(assembly.take(Opcode::text, Bytes(sender.message(plain)), compressed), plain);
    assembly.take_cut(opcode, as_bytes("0123456789"), 3);
    expect_inflated(assembly.take(Opcode::text, Bytes(sender.message(plain)), compressed), plain, Trust::after_gap);
  }
}

TEST(CompressedMessage, IsNotHurtByBytesThatAControlFrameInsideItLost) {
  Deflater sender;
  Assembly assembly = with_deflate();
  const ByteVector plain = prose(600, 1);
  const ByteVector payload = sender.message(plain);
  assembly.take(Opcode::text, Bytes(payload).first(100), compressed_part);
  EXPECT_EQ(assembly.take_cut(Opcode::ping, as_bytes("0123456789"), 3)->trust, Trust::truncated);
  expect_inflated(assembly.take(Opcode::continuation, Bytes(payload).subspan(100)), plain);
  expect_inflated(assembly.take(Opcode::text, Bytes(sender.message(plain)), compressed), plain, Trust::after_gap);
}

TEST(CompressedMessage, MayHangOnFramesThatWereLostWhole) {
  Deflater sender;
  Assembly assembly = with_deflate();
  const ByteVector plain = noise(600, 1);
  assembly.take(Opcode::text, Bytes(sender.message(noise(600, 2))), compressed);
  sender.message(plain);
  assembly.assembler.lose_frames();
  expect_next_to_be_known_only_by_itself(assembly, sender, plain);
}

TEST(CompressedMessage, MayHangOnAContinuationWithoutAStart) {
  for (const std::size_t lost : {0, 50}) {
    Deflater sender;
    Assembly assembly = with_deflate();
    const ByteVector plain = noise(600, 1);
    const ByteVector payload = sender.message(plain);
    assembly.assembler.limit_trust(Trust::after_gap);
    EXPECT_FALSE(assembly.take_cut(Opcode::continuation, Bytes(payload), payload.size() - lost));
    expect_next_to_be_known_only_by_itself(assembly, sender, plain);
  }
}

// ---- two messages at once, and compression

TEST(CompressedMessage, IsNotHurtByAWholePlainOneInsideIt) {
  Deflater sender;
  Assembly assembly = with_deflate();
  const ByteVector plain = prose(600, 1);
  const ByteVector payload = sender.message(plain);
  assembly.take(Opcode::text, Bytes(payload).first(100), compressed_part);
  EXPECT_EQ(text_of(assembly.take(Opcode::text, "plain")), "plain");
  EXPECT_EQ(assembly.violations, only(Rule::message_interleaved));
  expect_inflated(assembly.take(Opcode::continuation, Bytes(payload).subspan(100)), plain);
  expect_inflated(assembly.take(Opcode::text, Bytes(sender.message(plain)), compressed), plain);
}

/// As above, but nothing was lost: trust is exact.
void expect_context_to_be_unknown(Assembly& assembly, Deflater& sender, Bytes said_before) {
  const ByteVector fresh = noise(300, 77);
  expect_inflated(assembly.take(Opcode::binary, Bytes(sender.message(fresh)), compressed), fresh);
  expect_undecodable(assembly.take(Opcode::binary, Bytes(sender.message(said_before)), compressed));
  expect_inflated(assembly.take(Opcode::binary, Bytes(sender.message(fresh)), compressed), fresh);
}

TEST(CompressedMessage, WithAWholeCompressedOneInsideItIsUndecodableAndSoIsThatOne) {
  Deflater sender;
  Assembly assembly = with_deflate();
  const ByteVector outer = noise(600, 1);
  const ByteVector inner = noise(600, 2);
  const ByteVector payload = sender.message(outer);
  assembly.take(Opcode::binary, Bytes(payload).first(100), compressed_part);
  const auto intruder = assembly.take(Opcode::binary, Bytes(sender.message(inner)), compressed);
  EXPECT_EQ(assembly.violations, only(Rule::message_interleaved));
  expect_undecodable(intruder);
  EXPECT_EQ(intruder->number, 1U);
  const auto open = assembly.take(Opcode::continuation, Bytes(payload).subspan(100));
  expect_undecodable(open);
  EXPECT_EQ(open->number, 2U);
  expect_context_to_be_unknown(assembly, sender, inner);
}

TEST(CompressedMessage, InsideAPlainOneIsUndecodableAndNothingLaterHangsOnIt) {
  Deflater sender;
  Assembly assembly = with_deflate();
  const ByteVector before = noise(1000, 1);
  const ByteVector inner = noise(600, 2);
  expect_inflated(assembly.take(Opcode::binary, Bytes(sender.message(before)), compressed), before);
  assembly.take(Opcode::text, "pla", part);
  expect_undecodable(assembly.take(Opcode::binary, Bytes(sender.message(inner)), compressed));
  EXPECT_EQ(assembly.violations, only(Rule::message_interleaved));
  const auto open = assembly.take(Opcode::continuation, "in");
  EXPECT_EQ(text_of(open), "plain");
  EXPECT_EQ(open->trust, Trust::exact);
  expect_context_to_be_unknown(assembly, sender, inner);
}

TEST(CompressedMessage, ThatIsReplacedByAPlainOneLeavesTheContextUnknown) {
  Deflater sender;
  Assembly assembly = with_deflate();
  const ByteVector dropped = noise(600, 1);
  const ByteVector payload = sender.message(dropped);
  assembly.take(Opcode::binary, Bytes(payload).first(300), compressed_part);
  assembly.take(Opcode::text, "ne", part);
  EXPECT_EQ(assembly.violations, only(Rule::message_interleaved));
  const auto message = assembly.take(Opcode::continuation, "w");
  EXPECT_EQ(text_of(message), "new");
  EXPECT_FALSE(message->compressed);
  EXPECT_EQ(message->trust, Trust::exact);
  expect_context_to_be_unknown(assembly, sender, dropped);
}

TEST(CompressedMessage, ThatReplacesACompressedOneIsRightIfItStandsAlone) {
  for (const bool alone : {false, true}) {
    Deflater sender;
    Assembly assembly = with_deflate();
    const ByteVector dropped = noise(600, 1);
    const ByteVector plain = alone ? noise(600, 2) : dropped;
    assembly.take(Opcode::binary, Bytes(sender.message(dropped)).first(300), compressed_part);
    const ByteVector payload = sender.message(plain);
    assembly.take(Opcode::binary, Bytes(payload).first(5), compressed_part);
    EXPECT_EQ(assembly.violations, only(Rule::message_interleaved));
    const auto message = assembly.take(Opcode::continuation, Bytes(payload).subspan(5));
    if (alone)
      expect_inflated(message, plain);
    else
      expect_undecodable(message);
  }
}

TEST(CompressedMessage, ThatReplacesAPlainOneGoesOnFromTheOneBefore) {
  Deflater sender;
  Assembly assembly = with_deflate();
  const ByteVector plain = prose(600, 1);
  assembly.take(Opcode::text, Bytes(sender.message(plain)), compressed);
  assembly.take(Opcode::text, "dropped", part);
  const ByteVector again = sender.message(plain);
  assembly.take(Opcode::text, Bytes(again).first(3), compressed_part);
  expect_inflated(assembly.take(Opcode::continuation, Bytes(again).subspan(3)), plain);
}

// ---- compression and Close

TEST(CompressedMessage, BehindACloseIsReportedAndRightIfItStandsAlone) {
  Deflater sender;
  Assembly assembly = with_deflate();
  const ByteVector plain = noise(600, 1);
  assembly.take(Opcode::binary, Bytes(sender.message(plain)), compressed);
  assembly.take(Opcode::close, "");
  const ByteVector fresh = noise(600, 2);
  expect_inflated(assembly.take(Opcode::binary, Bytes(sender.message(fresh)), compressed), fresh);
  EXPECT_EQ(assembly.violations, only(Rule::data_after_close));
  expect_undecodable(assembly.take(Opcode::binary, Bytes(sender.message(plain)), compressed));
}

TEST(CompressedMessage, IsNotHurtByACloseInsideIt) {
  Deflater sender;
  Assembly assembly = with_deflate();
  const ByteVector plain = prose(600, 1);
  const ByteVector payload = sender.message(plain);
  assembly.take(Opcode::text, Bytes(payload).first(100), compressed_part);
  assembly.take(Opcode::close, "");
  expect_inflated(assembly.take(Opcode::continuation, Bytes(payload).subspan(100)), plain);
}

// ---- frames that are messages of their own: is_plain(), take_plain()

FrameHeader header_of(Opcode opcode, bool fin = true, bool rsv1 = false) {
  FrameHeader header;
  header.opcode = opcode;
  header.fin = fin;
  header.rsv1 = rsv1;
  header.masked = true;
  header.masking_key = {0x37, 0xFA, 0x21, 0x3D};
  return header;
}

std::optional<PlainMessage> take_plain(MessageAssembler& assembler, Opcode opcode, std::string_view text) {
  const FrameHeader header = header_of(opcode);
  EXPECT_TRUE(assembler.is_plain(header));
  ByteVector masked = test::bytes_of(text);
  apply_mask(masked, header.masking_key, 0);
  return assembler.take_plain(header, masked);
}

TEST(PlainFrame, IsUncompressedWholeAndInNobodysWay) {
  int plain = 0;
  for (int opcode = 0; opcode < 16; ++opcode) {
    for (const bool fin : {false, true}) {
      for (const bool rsv1 : {false, true}) {
        for (const bool open : {false, true}) {
          for (const bool closed : {false, true}) {
            Assembly assembly = with_deflate();
            if (open) assembly.take(Opcode::text, "a", part);
            if (closed) assembly.take(Opcode::close, "");
            const bool data = opcode == 1 || opcode == 2;
            const bool expected =
                fin && !rsv1 && ((data && !open && !closed) || (opcode == 9 && !closed) || opcode == 10);
            EXPECT_EQ(assembly.assembler.is_plain(header_of(static_cast<Opcode>(opcode), fin, rsv1)), expected)
                << opcode << fin << rsv1 << open << closed;
            plain += expected ? 1 : 0;
          }
        }
      }
    }
  }
  EXPECT_EQ(plain, 2 + 2 + 4);
}

TEST(PlainFrame, IsCountedAmongTheOtherMessages) {
  Assembly assembly;
  const auto first = take_plain(assembly.assembler, Opcode::text,
                                "Gr\xC3\xBC\xC3\x9F"
                                "e");
  ASSERT_TRUE(first);
  EXPECT_EQ(first->type, MessageType::text);
  EXPECT_EQ(first->number, 1U);
  EXPECT_EQ(first->trust, Trust::exact);
  EXPECT_EQ(assembly.take(Opcode::text, "b")->number, 2U);
  const auto third = take_plain(assembly.assembler, Opcode::binary, "\xFF");
  ASSERT_TRUE(third);
  EXPECT_EQ(third->type, MessageType::binary);
  EXPECT_EQ(third->number, 3U);
  EXPECT_EQ(take_plain(assembly.assembler, Opcode::ping, "\xFF")->number, 0U);
  EXPECT_EQ(take_plain(assembly.assembler, Opcode::ping, "\xFF")->type, MessageType::ping);
  EXPECT_EQ(take_plain(assembly.assembler, Opcode::pong, "")->type, MessageType::pong);
  EXPECT_EQ(take_plain(assembly.assembler, Opcode::text, "")->number, 4U);
}

TEST(PlainFrame, OfTextThatIsNotUtf8IsNotTakenAndChangesNothing) {
  Assembly assembly;
  for (const std::string_view text : {"\xFF", "a\xE2\x82", "\xED\xA0\x80"})
    EXPECT_FALSE(take_plain(assembly.assembler, Opcode::text, text).has_value());
  const auto message = assembly.take(Opcode::text, "\xFF");
  EXPECT_EQ(message->number, 1U);
  EXPECT_EQ(message->violations, only(Rule::text_not_utf8));
}

TEST(PlainFrame, OfLongTextIsUnmaskedThroughout) {
  Assembly assembly;
  const ByteVector text = prose(20'001, 1);
  EXPECT_TRUE(take_plain(assembly.assembler, Opcode::text, as_text(text)).has_value());
  ByteVector wrong = text;
  wrong.back() = 0xC3;
  EXPECT_FALSE(take_plain(assembly.assembler, Opcode::text, as_text(wrong)).has_value());
}

TEST(PlainFrame, BehindALossIsAfterGap) {
  Assembly assembly;
  assembly.take_cut(Opcode::ping, as_bytes("abc"), 1);
  EXPECT_EQ(take_plain(assembly.assembler, Opcode::text, "a")->trust, Trust::after_gap);
  EXPECT_EQ(take_plain(assembly.assembler, Opcode::pong, "a")->trust, Trust::after_gap);
}

TEST(PlainFrame, OfAPingBetweenFragmentsLeavesTheirMessageAsItIs) {
  Deflater sender;
  Assembly assembly = with_deflate();
  const ByteVector plain = prose(600, 1);
  const ByteVector payload = sender.message(plain);
  assembly.take(Opcode::text, Bytes(payload).first(100), compressed_part);
  EXPECT_TRUE(take_plain(assembly.assembler, Opcode::ping, "p"));
  EXPECT_EQ(assembly.assembler.last_fragment(), 0U);
  expect_inflated(assembly.take(Opcode::continuation, Bytes(payload).subspan(100)), plain);
  EXPECT_TRUE(take_plain(assembly.assembler, Opcode::binary, "x"));
  expect_inflated(assembly.take(Opcode::text, Bytes(sender.message(plain)), compressed), plain);
}

// ---- what is kept

TEST(MessageAssembler, BeyondTheCapLengthAndDigestGoOn) {
  const std::string payload = "0123456789";
  for (std::size_t cap = 0; cap < payload.size(); ++cap) {
    Assembly assembly(Role::client, cap);
    assembly.take(Opcode::text, payload.substr(0, 3), part);
    const auto message = assembly.take(Opcode::continuation, payload.substr(3));
    EXPECT_TRUE(message->data_cut) << cap;
    EXPECT_EQ(text_of(message), payload.substr(0, cap));
    EXPECT_EQ(message->length, 10U);
    EXPECT_EQ(message->sha256, sha256_of(as_bytes(payload)));
    EXPECT_EQ(message->trust, Trust::exact);
  }
}

TEST(MessageAssembler, AtTheCapNothingIsCut) {
  Assembly assembly(Role::client, 10);
  const auto message = assembly.take(Opcode::text, "0123456789");
  EXPECT_FALSE(message->data_cut);
  EXPECT_EQ(message->sha256, "");
  EXPECT_EQ(text_of(message), "0123456789");
}

TEST(MessageAssembler, BeyondTheCapTextIsJudgedAllTheSame) {
  Assembly assembly(Role::client, 2);
  EXPECT_EQ(assembly.take(Opcode::text, "abcd\xFF")->violations, only(Rule::text_not_utf8));
}

TEST(MessageAssembler, NoDigestIsGivenForAMessageThatLostBytes) {
  Assembly assembly(Role::client, 2);
  assembly.begin(Opcode::binary, 10);
  assembly.payload(as_bytes("01234"));
  assembly.lose(5);
  const auto message = assembly.end();
  EXPECT_EQ(message->sha256, "");
  EXPECT_EQ(text_of(message), "01");
  EXPECT_TRUE(message->data_cut);
}

TEST(MessageAssembler, AMessageInOnePieceKeepsNoData) {
  Assembly assembly(Role::client, 2);
  const auto message = assembly.take(Opcode::text, "Hello", in_one_piece);
  EXPECT_TRUE(message->in_packet);
  EXPECT_TRUE(message->data.empty());
  EXPECT_FALSE(message->data_cut);
  EXPECT_EQ(message->length, 5U);
  EXPECT_EQ(message->violations, none);
}

/// The ping ledger compares it.
TEST(MessageAssembler, TheDataOfAControlFrameIsAlwaysKept) {
  Assembly assembly;
  const auto message = assembly.take(Opcode::ping, "x", in_one_piece);
  EXPECT_FALSE(message->in_packet);
  EXPECT_EQ(text_of(message), "x");
}

TEST(MessageAssembler, AFragmentInOnePieceIsKept) {
  Assembly assembly;
  EXPECT_FALSE(assembly.take(Opcode::text, "a", {.fin = false, .one_piece = true}));
  const auto message = assembly.take(Opcode::continuation, "b", in_one_piece);
  EXPECT_FALSE(message->in_packet);
  EXPECT_EQ(text_of(message), "ab");
}

TEST(MessageAssembler, ACloseIsAlwaysKept) {
  const auto body = hex("03e8 62796521");
  for (const std::size_t cap : {std::size_t{0}, std::size_t{1}, std::size_t{4}, std::size_t{100}}) {
    Assembly assembly(Role::client, cap);
    const auto message = assembly.take(Opcode::close, Bytes(body), in_one_piece);
    EXPECT_FALSE(message->in_packet);
    EXPECT_EQ(message->data, body) << cap;
    EXPECT_FALSE(message->data_cut);
  }
}

// ---- after Close (§5.5.1)

TEST(MessageAssembler, DataAfterCloseIsReported) {
  Assembly assembly;
  assembly.take(Opcode::close, "");
  EXPECT_EQ(assembly.violations, none);
  EXPECT_EQ(text_of(assembly.take(Opcode::text, "late")), "late");
  EXPECT_EQ(assembly.violations, only(Rule::data_after_close));
  assembly.take(Opcode::ping, "");
  EXPECT_EQ(assembly.violations, only(Rule::ping_after_close));
  assembly.take(Opcode::pong, "");
  EXPECT_EQ(assembly.violations, none);
}

TEST(MessageAssembler, TheRestOfAMessageAfterCloseIsReported) {
  Assembly assembly;
  assembly.take(Opcode::text, "a", part);
  assembly.take(Opcode::close, "");
  EXPECT_EQ(text_of(assembly.take(Opcode::continuation, "b")), "ab");
  EXPECT_EQ(assembly.violations, only(Rule::data_after_close));
}

TEST(MessageAssembler, ASecondCloseIsReported) {
  Assembly assembly;
  assembly.take(Opcode::close, "");
  EXPECT_TRUE(assembly.take(Opcode::close, ""));
  EXPECT_EQ(assembly.violations, only(Rule::close_repeated));
}

// ---- packets

TEST(MessageAssembler, TheEarliestAndTheLatestPacketAreKeptWhateverTheirOrder) {
  Assembly assembly;
  assembly.begin(Opcode::text, 3);  // packet 1
  assembly.assembler.touch(9, 900);
  assembly.assembler.touch(4, 400);
  assembly.assembler.touch(no_packet, 0);
  assembly.payload(as_bytes("abc"));
  const auto message = assembly.end();
  EXPECT_EQ(message->first_packet, 1U);
  EXPECT_EQ(message->first_time, 10);
  EXPECT_EQ(message->last_packet, 9U);
  EXPECT_EQ(message->last_time, 900);
}

TEST(MessageAssembler, APacketOfAControlFrameIsNoneOfTheMessageAroundIt) {
  Assembly assembly;
  assembly.take(Opcode::text, "a", part);  // 1
  assembly.take(Opcode::continuation, "b", part);
  assembly.take(Opcode::continuation, "c", part);
  EXPECT_EQ(assembly.take(Opcode::ping, "x")->first_packet, 4U);
  const auto message = assembly.take(Opcode::continuation, "d");
  EXPECT_EQ(message->first_packet, 1U);
  EXPECT_EQ(message->last_packet, 5U);
}

// ---- names

TEST(Message, TypesAndTrustHaveNames) {
  EXPECT_EQ(message_type_name(MessageType::text), "text");
  EXPECT_EQ(message_type_name(MessageType::binary), "binary");
  EXPECT_EQ(message_type_name(MessageType::close), "close");
  EXPECT_EQ(message_type_name(MessageType::ping), "ping");
  EXPECT_EQ(message_type_name(MessageType::pong), "pong");
  EXPECT_EQ(trust_name(Trust::exact), "exact");
  EXPECT_EQ(trust_name(Trust::inferred), "inferred");
  EXPECT_EQ(trust_name(Trust::after_gap), "after-gap");
  EXPECT_EQ(trust_name(Trust::truncated), "truncated");
  EXPECT_EQ(trust_name(Trust::undecodable), "undecodable");
}

TEST(Message, TheWorseOfTwoTrustsWins) {
  EXPECT_EQ(worse(Trust::exact, Trust::after_gap), Trust::after_gap);
  EXPECT_EQ(worse(Trust::undecodable, Trust::truncated), Trust::undecodable);
  EXPECT_EQ(worse(Trust::truncated, Trust::truncated), Trust::truncated);
}

// ---- memory

/// Bytes that are allocated now, zlib's too.
std::size_t allocated() {
#if defined(WSLENS_ADDRESS_SANITIZER)
  return __sanitizer_get_current_allocated_bytes();
#else
  const auto info = mallinfo2();
  return info.uordblks + info.hblkhd;
#endif
}

constexpr std::size_t little = 8192;             // a few small messages, and what else may be about
constexpr std::size_t zlibs_window = 32 * 1024;  // the larger part of what inflating takes

TEST(MessageAssembler, AllocatesForInflatingWithTheFirstCompressedMessageAndFreesItWithTheClose) {
  const ByteVector payload = Deflater().message("Hello");
  const std::size_t before = allocated();
  Assembly assembly;
  assembly.assembler.agree_on_compression({}, InflateLimits{});
  for (int i = 0; i < 100; ++i) EXPECT_EQ(text_of(assembly.take(Opcode::text, "plain")), "plain");
  EXPECT_LT(allocated(), before + little);
  EXPECT_EQ(text_of(assembly.take(Opcode::text, payload, compressed)), "Hello");
  EXPECT_GT(allocated(), before + zlibs_window);
  assembly.take(Opcode::close, "");
  EXPECT_LT(allocated(), before + little);
}

TEST(MessageAssembler, FreesWhatInflatingTookWhenTheMessageThatWasOpenAtTheCloseEnds) {
  const ByteVector payload = Deflater().message("Hello");
  const std::size_t before = allocated();
  Assembly assembly;
  assembly.assembler.agree_on_compression({}, InflateLimits{});
  assembly.take(Opcode::text, Bytes(payload).first(3), compressed_part);
  assembly.take(Opcode::close, "");
  EXPECT_GT(allocated(), before + little);
  EXPECT_EQ(text_of(assembly.take(Opcode::continuation, Bytes(payload).subspan(3))), "Hello");
  EXPECT_LT(allocated(), before + little);
}

TEST(MessageAssembler, AClaimedLengthAllocatesNothing) {
  Assembly assembly;
  const std::size_t before = allocated();
  assembly.begin(Opcode::binary, std::uint64_t{1} << 62);
  assembly.payload(ByteVector(100));
  EXPECT_LT(allocated(), before + little);
}

}  // namespace
}  // namespace websocket
