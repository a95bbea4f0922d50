// SPDX-License-Identifier: GPL-2.0-or-later
#include "message_assembler.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "masking.h"
#include "support/bytes.h"
#include "support/wire.h"

namespace websocket {
namespace {

using test::ByteVector;
using test::hex;

struct Kind {
  bool fin = true;
  bool rsv1 = false;
  bool one_piece = false;
};
constexpr Kind whole{};
constexpr Kind part{.fin = false};
constexpr Kind in_one_piece{.one_piece = true};
constexpr Kind compressed{.rsv1 = true};

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
  assembly.assembler.agree_on_compression({}, false);
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
  assembly.assembler.agree_on_compression({}, false);
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
  assembly.assembler.agree_on_compression({}, false);
  assembly.begin(Opcode::binary, 5, compressed);
  assembly.lose(5);
  const auto message = assembly.end();
  EXPECT_EQ(message->trust, Trust::undecodable);
  EXPECT_EQ(message->lost, 5U);
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
  EXPECT_TRUE(assembly.take(Opcode::ping, "x", in_one_piece)->in_packet);
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

}  // namespace
}  // namespace websocket
