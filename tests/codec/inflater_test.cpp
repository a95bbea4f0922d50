// SPDX-License-Identifier: GPL-2.0-or-later
/// RFC 7692 §7.2.2, with zlib's deflate as the sender: what was compressed comes out, however it is cut; what is no
/// DEFLATE, hangs on bytes that were lost, reaches beyond the window or grows without end is said to do so; and none of
/// them spoils what does not hang on it.
#include "inflater.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <algorithm>
#include <ostream>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "deflate_data.h"
#include "support/bytes.h"
#include "support/wire.h"

namespace websocket {
namespace {

using test::bytes_of;
using test::ByteVector;
using test::Deflater;
using test::FixedBlock;
using test::hex;
using test::joined;
using test::noise;
using test::prose;
using test::runs;
using test::stored_message;

constexpr std::size_t window_size = 32768;
constexpr std::size_t largest_block = 16384;

std::string describe(const InflateVerdict& verdict) {
  std::string text;
  if (verdict.malformed) text += "malformed ";
  if (verdict.too_long) text += "too long ";
  if (verdict.unknown_bytes) text += "unknown bytes ";
  if (verdict.beyond_window) text += "beyond window ";
  EXPECT_EQ(verdict.good(), !verdict.malformed && !verdict.too_long && !verdict.unknown_bytes);
  return text.empty() ? "good" : text.substr(0, text.size() - 1);
}

struct Inflated {
  std::string verdict;
  ByteVector data;
  bool operator==(const Inflated&) const = default;
};

/// For GoogleTest.
void PrintTo(const Inflated& result, std::ostream* out) {
  *out << result.verdict << ", " << result.data.size() << " bytes: \"" << as_text(result.data).substr(0, 60) << '"';
}

Inflated good(const ByteVector& data) { return {"good", data}; }
Inflated good(std::string_view text) { return {"good", bytes_of(text)}; }

auto into(ByteVector& data) {
  return [&data](Bytes inflated) {
    EXPECT_FALSE(inflated.empty());
    EXPECT_LE(inflated.size(), largest_block);
    data.insert(data.end(), inflated.begin(), inflated.end());
  };
}

Inflated inflate_pieces(Inflater& inflater, const test::Pieces& pieces) {
  Inflated result;
  inflater.begin_message();
  for (const Bytes piece : pieces) inflater.feed(piece, into(result.data));
  result.verdict = describe(inflater.end_message(into(result.data)));
  return result;
}

/// In each way that there is to end it: with the last piece or without it.
Inflated inflate_whole(Inflater& inflater, Bytes payload) {
  static unsigned turn = 0;
  if (++turn % 2 == 0) return inflate_pieces(inflater, {payload});
  Inflated result;
  inflater.begin_message();
  result.verdict = describe(inflater.end_message(payload, into(result.data)));
  return result;
}

/// The verdict alone.
std::string judged(Inflater& inflater, Bytes payload) { return inflate_whole(inflater, payload).verdict; }

Inflater with_takeover() { return Inflater({true, 15}); }
Inflater without_takeover() { return Inflater({false, 15}); }

// ---- what zlib sends

TEST(Inflater, GivesWhatTheSenderCompressed) {
  int messages = 0;
  for (int bits = 9; bits <= 15; ++bits) {
    for (const bool takeover : {false, true}) {
      SCOPED_TRACE(std::to_string(bits) + (takeover ? " with takeover" : " without takeover"));
      Deflater sender({.context_takeover = takeover, .window_bits = bits});
      Inflater inflater({takeover, static_cast<std::uint8_t>(bits)});
      unsigned seed = 0;
      for (const std::size_t size : {0, 1, 2, 3, 100, 1000, 16383, 16384, 16385, 32768, 32769, 65537, 204'800}) {
        for (const ByteVector& plain : {prose(size, 1), noise(size, ++seed), runs(size, seed)}) {
          ASSERT_TRUE(inflate_whole(inflater, sender.message(plain)) == good(plain)) << size;
          ++messages;
        }
      }
    }
  }
  EXPECT_EQ(messages, 7 * 2 * 13 * 3);
}

TEST(Inflater, GivesWhatTheSenderCompressedAtEachLevelAndStrategy) {
  for (const int level : {0, 1, 6, 9}) {
    for (const int strategy : {Z_DEFAULT_STRATEGY, Z_FIXED, Z_HUFFMAN_ONLY, Z_RLE}) {
      Deflater sender({.level = level, .strategy = strategy});
      Inflater inflater = with_takeover();
      for (const ByteVector& plain : {prose(70'000, 1), ByteVector(), runs(9000, 2), prose(5000, 1), noise(70'000, 3)})
        ASSERT_TRUE(inflate_whole(inflater, sender.message(plain)) == good(plain)) << level << " " << strategy;
    }
  }
}

TEST(Inflater, GivesTheSameHoweverAMessageIsCut) {
  for (int bits = 9; bits <= 15; ++bits) {
    for (const bool takeover : {false, true}) {
      Deflater sender({.context_takeover = takeover, .window_bits = bits});
      const ByteVector plain = joined({prose(400, 1), runs(9000, 2)});
      const ByteVector first = sender.message(plain);
      const ByteVector second = sender.message(plain);
      const ByteVector third = sender.message(prose(200, 1));
      const std::size_t ways = test::every_split(second, [&](const test::Pieces& pieces) {
        Inflater inflater({takeover, static_cast<std::uint8_t>(bits)});
        ASSERT_TRUE(inflate_pieces(inflater, pieces.size() == 2 ? test::Pieces{first} : test::byte_by_byte(first)) ==
                    good(plain));
        ASSERT_TRUE(inflate_pieces(inflater, pieces) == good(plain));
        ASSERT_TRUE(inflate_whole(inflater, third) == good(prose(200, 1)));
      });
      EXPECT_EQ(ways, second.size() + 2);
    }
  }
}

TEST(Inflater, WithoutTakeoverEachMessageStandsAlone) {
  Deflater sender({.context_takeover = false});
  const ByteVector plain = prose(3000, 1);
  std::vector<ByteVector> payloads(3);
  for (ByteVector& payload : payloads) payload = sender.message(plain);
  EXPECT_EQ(payloads[0], payloads[2]);
  Inflater inflater = without_takeover();
  for (const std::size_t index : {2, 0, 1}) EXPECT_TRUE(inflate_whole(inflater, payloads.at(index)) == good(plain));
}

TEST(Inflater, WithoutTakeoverAMessageThatRefersToTheOneBeforeIsMalformed) {
  Inflater inflater = without_takeover();
  EXPECT_EQ(inflate_whole(inflater, FixedBlock().literals("abc").message()), good("abc"));
  EXPECT_EQ(judged(inflater, FixedBlock().match(3, 3).message()), "malformed");
  EXPECT_EQ(inflate_whole(inflater, FixedBlock().literals("abc").message()), good("abc"));
}

// ---- the RFC's examples (§7.2.3), and other payloads by hand

struct PayloadVector {
  std::string_view payload;
  std::string_view plain;
  std::string_view why;
};

constexpr PayloadVector right_payloads[] = {
    {"", "", "no bytes at all"},
    {"00", "", "§7.2.3.6: an empty message"},
    {"02 00", "", "an empty fixed block in front of the empty stored one"},
    {"f2 48 cd c9 c9 07 00", "Hello", "§7.2.3.1"},
    {"00 0500 faff 48656c6c6f 00", "Hello", "§7.2.3.3: not compressed"},
    {"f3 48 cd c9 c9 07 00 00", "Hello", "§7.2.3.4: BFINAL"},
    {"f2 48 05 00 0000ffff ca c9 c9 07 00", "Hello", "§7.2.3.5: two blocks"},
    {"f3 48 cd c9 c9 07 00", "Hello", "BFINAL without the 00 behind it"},
    {"f2 48 cd c9 c9 07 00 0000ffff", "Hello", "the tail left in place"},
    {"f3 48 cd c9 c9 07 00 00 0000ffff", "Hello", "BFINAL, and the tail left in place"},
    {"f3 48 cd c9 c9 07 00 f3 48 cd c9 c9 07 00", "HelloHello", "two final blocks"},
    {"f3 48 cd c9 c9 07 00 f3 48 cd c9 c9 07 00 00", "HelloHello", "two final blocks and the 00"},
    {"f3 48 cd c9 c9 07 00 f3 00 11 00 00", "HelloHello", "the second refers back over the first"},
    {"f3 48 cd c9 c9 07 00 f2 00 11 00 00", "HelloHello", "the same, not final"},
    {"03 00 03 00 03 00", "", "empty final blocks"},
    {"03 00 f2 48 cd c9 c9 07 00", "Hello", "one in front"},
    {"01 0500 faff 48656c6c6f", "Hello", "stored and final"},
};

TEST(Inflater, TakesPayloadsAsSection72HasThem) {
  for (const PayloadVector& vector : right_payloads) {
    const ByteVector payload = hex(vector.payload);
    for (const bool takeover : {false, true}) {
      test::every_split(payload, [&](const test::Pieces& pieces) {
        Inflater inflater({takeover, 15});
        EXPECT_EQ(inflate_pieces(inflater, pieces), good(vector.plain)) << vector.why;
        EXPECT_EQ(inflate_whole(inflater, hex("f2 48 cd c9 c9 07 00")), good("Hello")) << "behind: " << vector.why;
      });
    }
  }
  EXPECT_EQ(std::size(right_payloads), 17U);
}

TEST(Inflater, WithTakeoverTheWindowGoesOnBehindEachOfThem) {
  for (const PayloadVector& vector : right_payloads) {
    SCOPED_TRACE(vector.why);
    Inflater inflater = with_takeover();
    EXPECT_EQ(inflate_whole(inflater, FixedBlock().literals("0123456789").message()), good("0123456789"));
    EXPECT_EQ(inflate_whole(inflater, hex(vector.payload)), good(vector.plain));
    const auto back = static_cast<unsigned>(10 + vector.plain.size());
    EXPECT_EQ(inflate_whole(inflater, FixedBlock().match(10, back).message()), good("0123456789"));
  }
}

TEST(Inflater, RepeatsWithTwoBytesWhatTheMessageBeforeSaid) {
  Inflater inflater = with_takeover();  // §7.2.3.2
  EXPECT_EQ(inflate_whole(inflater, hex("f2 48 cd c9 c9 07 00")), good("Hello"));
  EXPECT_EQ(inflate_whole(inflater, hex("f2 00 11 00 00")), good("Hello"));
  EXPECT_EQ(inflate_whole(inflater, hex("f2 00 11 00 00")), good("Hello"));
}

TEST(Inflater, EmptyMessagesLeaveTheWindowAsItIs) {
  Deflater sender;
  Inflater inflater = with_takeover();
  const ByteVector plain = prose(2000, 1);
  EXPECT_EQ(inflate_whole(inflater, sender.message(plain)), good(plain));
  EXPECT_EQ(inflate_whole(inflater, hex("00")), good(""));
  EXPECT_EQ(inflate_whole(inflater, {}), good(""));
  EXPECT_EQ(inflate_pieces(inflater, {}), good(""));
  EXPECT_EQ(inflate_pieces(inflater, {Bytes{}, Bytes{}}), good(""));
  const ByteVector again = sender.message(plain);
  EXPECT_LT(again.size(), 100U);
  EXPECT_EQ(inflate_whole(inflater, again), good(plain));
}

TEST(Inflater, ATailLeftInPlaceChangesNothing) {
  for (const bool takeover : {false, true}) {
    for (const std::size_t size : {0, 1, 1000, 100'000}) {
      Deflater sender({.context_takeover = takeover});
      Inflater inflater({takeover, 15});
      const ByteVector plain = prose(size, 1);
      for (int i = 0; i < 3; ++i) {
        EXPECT_TRUE(inflate_whole(inflater, sender.with_tail(plain)) == good(plain)) << size;
        EXPECT_TRUE(inflate_whole(inflater, sender.message(plain)) == good(plain)) << size;
      }
    }
  }
}

// zlib has nothing more to say then, and forgets that it stands behind a block.
TEST(Inflater, ATailLeftInPlaceChangesNothingWhereTheOutputEndsWithItsBuffer) {
  for (const std::size_t size : {largest_block, 2 * largest_block, 4 * largest_block}) {
    Deflater sender;
    Inflater inflater = with_takeover();
    const ByteVector plain = noise(size, 1);
    EXPECT_TRUE(inflate_whole(inflater, sender.with_tail(plain)) == good(plain)) << size;
    EXPECT_TRUE(inflate_whole(inflater, sender.message(plain)) == good(plain)) << size;
  }
}

TEST(Inflater, AnEmptyReadBehindATailLeftInPlaceChangesNothing) {
  const ByteVector payload = hex("f2 48 cd c9 c9 07 00 0000ffff");
  Inflater inflater = with_takeover();
  EXPECT_EQ(inflate_pieces(inflater, {Bytes(payload), Bytes{}}), good("Hello"));
}

// ---- BFINAL (§7.2.3.4)

TEST(FinalBlocks, AnyNumberOfThemMayStandInAMessageAndReferBackOverEachOther) {
  int checked = 0;
  for (const bool takeover : {false, true}) {
    for (const int bits : {9, 15}) {
      for (const bool zero_behind : {false, true}) {
        for (int count = 1; count <= 5; ++count) {
          const DeflateDirection agreed{takeover, static_cast<std::uint8_t>(bits)};
          Deflater sender({.context_takeover = true, .window_bits = bits});
          Inflater inflater(agreed);
          for (int message = 0; message < (takeover ? 3 : 1); ++message) {
            ByteVector payload;
            ByteVector plain;
            for (int i = 0; i < count; ++i) {
              plain = joined({plain, prose(300, 1)});
              payload = joined({payload, sender.final_block(prose(300, 1))});
            }
            if (zero_behind) payload.push_back(0);
            const ByteVector in_a_block = sender.message(prose(300, 1));
            EXPECT_TRUE(inflate_pieces(inflater, test::byte_by_byte(payload)) == good(plain));
            if (!takeover) continue;
            EXPECT_EQ(inflate_whole(inflater, in_a_block), good(prose(300, 1)));
          }
          ++checked;
        }
      }
    }
  }
  EXPECT_EQ(checked, 2 * 2 * 2 * 5);
}

TEST(FinalBlocks, OfMoreThanABlockOfOutputAreInflatedWhole) {
  for (const std::size_t size : {16383, 16384, 16385, 32768, 65536}) {
    Deflater sender;
    Inflater inflater = with_takeover();
    const ByteVector plain = runs(size, 1);
    const ByteVector payload = joined({sender.final_block(plain), sender.final_block(plain)});
    EXPECT_TRUE(inflate_whole(inflater, payload) == good(joined({plain, plain}))) << size;
    EXPECT_TRUE(inflate_whole(inflater, sender.message(plain)) == good(plain)) << size;
  }
}

// ---- what is no DEFLATE

constexpr PayloadVector wrong_payloads[] = {
    {"06", "", "block type 3"},
    {"07", "", "block type 3, final"},
    {"04", "", "a dynamic block without anything"},
    {"05 ff", "", "dynamic, final"},
    {"00 05", "", "a stored block that ends in its length"},
    {"00 0500 fbff 48656c6c6f 00", "", "NLEN is not the complement of LEN"},
    {"00 0500 faff 4865", "He", "a stored block that ends in its bytes"},
    {"01 0500 faff 4865", "He", "the same, final"},
    {"04 00 fe ff ff ff ff ff ff", "", "more code words than there is room for"},
    {"04 00 00 00 00 00 00 00 00", "", "a dynamic block without any code"},
    {"1b 03 00", "", "length code 286"},
    {"02 02 00 00", "", "a match before the first byte"},
    {"f2 48 cd c9 c9 07 00 06", "Hello", "block type 3 behind a right block"},
    {"f3 48 cd c9 c9 07 00 06", "Hello", "block type 3 behind a final one"},
    {"f3 48 cd c9 c9 07 00 00 05", "Hello", "a stored block that ends early behind a final one"},
    {"f2 48 cd c9 c9 07 00 00", "Hello", "a part of the tail left in place"},
    {"f2 48 cd c9 c9 07 00 0000", "Hello", "a part of the tail left in place"},
    {"f2 48 cd c9 c9 07 00 0000ff", "Hello", "a part of the tail left in place"},
    {"48 65 6c 6c 6f", "", "no DEFLATE at all: Hello"},
};

TEST(MalformedData, IsReportedHoweverItIsCutBehindWhatWasRight) {
  for (const PayloadVector& vector : wrong_payloads) {
    const ByteVector payload = hex(vector.payload);
    for (const bool takeover : {false, true}) {
      for (const std::uint8_t bits : {9, 15}) {
        test::every_split(payload, [&](const test::Pieces& pieces) {
          Inflater inflater({takeover, bits});
          const Inflated result = inflate_pieces(inflater, pieces);
          EXPECT_EQ(result.verdict, "malformed") << vector.why;
          EXPECT_TRUE(as_text(result.data).starts_with(vector.plain)) << vector.why;
          EXPECT_EQ(inflate_whole(inflater, hex("f2 48 cd c9 c9 07 00")), good("Hello")) << "behind: " << vector.why;
        });
      }
    }
  }
  EXPECT_EQ(std::size(wrong_payloads), 19U);
}

struct TooEarly {
  std::string_view name;
  ByteVector plain;
  int level;
  int strategy;
};

/// Every payload has one block, and behind it the beginning of an empty stored one.
const TooEarly too_early[] = {
    {"dynamic", prose(1500, 1), 6, Z_DEFAULT_STRATEGY},     {"fixed", prose(300, 1), 6, Z_FIXED},
    {"without matches", prose(1500, 1), 6, Z_HUFFMAN_ONLY}, {"runs", runs(3000, 1), 6, Z_RLE},
    {"stored", noise(500, 1), 0, Z_DEFAULT_STRATEGY},
};

TEST(MalformedData, IsAMessageThatEndsTooEarly) {
  int cuts = 0;
  for (const TooEarly& each : too_early) {
    for (const bool takeover : {false, true}) {
      const ByteVector payload =
          Deflater({.context_takeover = takeover, .level = each.level, .strategy = each.strategy}).message(each.plain);
      const Bytes all(payload);
      for (std::size_t size = 1; size < payload.size(); ++size, ++cuts) {
        Inflater inflater({takeover, 15});
        const Inflated result = inflate_whole(inflater, all.first(size));
        // Behind a whole block nothing is missing but the 00, and that alone is an empty message.
        const bool only_00_missing = size + 1 == payload.size() && result.data == each.plain;
        const bool only_00_there = size == 1 && payload[0] == 0 && result.data.empty();
        // Any receiver takes the four bytes that it appends (§7.2.2) for the last ones of a stored block.
        const bool tail_was_stored = each.level == 0 && size + 5 == payload.size();
        ASSERT_TRUE(result.verdict == "malformed" || only_00_missing || only_00_there || tail_was_stored)
            << each.name << ", " << size << " of " << payload.size() << ": " << result.verdict;
        ASSERT_EQ(inflate_whole(inflater, FixedBlock().literals("next").message()), good("next"));
      }
    }
  }
  EXPECT_GT(cuts, 4000);
}

TEST(MalformedData, DoesNotSpoilTheNextMessageWithoutTakeover) {
  Deflater sender({.context_takeover = false});
  Inflater inflater = without_takeover();
  const ByteVector plain = prose(2000, 1);
  std::mt19937 random(1);
  int malformed = 0;
  for (int i = 0; i < 2000; ++i) {
    malformed += judged(inflater, noise(1 + random() % 100, random())) == "malformed" ? 1 : 0;
    ASSERT_TRUE(inflate_whole(inflater, sender.message(plain)) == good(plain)) << i;
  }
  EXPECT_GT(malformed, 1900);
}

TEST(MalformedData, IsFollowedByNoFurtherOutput) {
  Inflater inflater = with_takeover();
  ByteVector data;
  inflater.begin_message();
  inflater.feed(FixedBlock().literals("right").block(), into(data));
  inflater.feed(hex("ffff"), into(data));
  inflater.feed(FixedBlock().literals("behind it").message(), into(data));
  EXPECT_EQ(describe(inflater.end_message(into(data))), "malformed");
  EXPECT_EQ(data, bytes_of("right"));
}

// ---- lost bytes, with takeover

/// What may come between the sender's messages and the capture's.
enum class Loss { lose, break_off, malformed, release };
constexpr Loss losses[] = {Loss::lose, Loss::break_off, Loss::malformed, Loss::release};

void suffer(Inflater& inflater, Loss loss) {
  ByteVector ignored;
  switch (loss) {
    case Loss::lose:
      return inflater.lose();
    case Loss::release:
      return inflater.release();
    case Loss::malformed:
      EXPECT_EQ(judged(inflater, hex("07")), "malformed");
      return;
    case Loss::break_off:
      inflater.begin_message();
      inflater.feed(hex("f2 48"), into(ignored));
      EXPECT_EQ(describe(inflater.break_off()), "good");
  }
}

TEST(LostBytes, DoNotHurtAMessageThatRefersToNothingBeforeItself) {
  for (const Loss loss : losses) {
    for (const std::uint8_t bits : {8, 9, 12, 15}) {
      Inflater inflater({true, bits});
      EXPECT_EQ(inflate_whole(inflater, FixedBlock().literals("first").message()), good("first"));
      suffer(inflater, loss);
      EXPECT_EQ(inflate_whole(inflater, FixedBlock().literals("abc").match(6, 3).message()), good("abcabcabc"));
      EXPECT_EQ(inflate_whole(inflater, FixedBlock().match(9, 9).message()), good("abcabcabc")) << "known again";
      EXPECT_EQ(inflate_whole(inflater, hex("00")), good(""));
    }
  }
}

TEST(LostBytes, MakeAMessageThatRefersToThemUnknown) {
  for (const Loss loss : losses) {
    for (const std::uint8_t bits : {8, 9, 12, 15}) {
      Inflater inflater({true, bits});
      EXPECT_EQ(inflate_whole(inflater, FixedBlock().literals("first").message()), good("first"));
      suffer(inflater, loss);
      EXPECT_EQ(judged(inflater, FixedBlock().match(5, 5).message()), "unknown bytes");
      EXPECT_EQ(judged(inflater, FixedBlock().literals("ab").match(3, 3).message()), "unknown bytes") << "by one byte";
      EXPECT_EQ(judged(inflater, FixedBlock().literals("ab").match(3, 2).message()), "good") << "by none";
      EXPECT_EQ(judged(inflater, FixedBlock().match(3, 13).message()), "unknown bytes") << "a copy of unknown ones";
    }
  }
}

TEST(LostBytes, WithoutTakeoverHurtNothing) {
  for (const Loss loss : losses) {
    Deflater sender({.context_takeover = false});
    Inflater inflater = without_takeover();
    const ByteVector plain = prose(2000, 1);
    for (int i = 0; i < 3; ++i) {
      EXPECT_EQ(inflate_whole(inflater, sender.message(plain)), good(plain));
      suffer(inflater, loss);
    }
  }
}

TEST(LostBytes, OfTheFirstMessageAreLostToo) {
  for (const Loss loss : losses) {
    Inflater inflater = with_takeover();
    suffer(inflater, loss);
    EXPECT_EQ(judged(inflater, FixedBlock().literals("x").match(3, 2).message()), "unknown bytes");
    EXPECT_EQ(inflate_whole(inflater, FixedBlock().literals("yz").match(3, 2).message()), good("yzyzy"));
  }
}

TEST(LostBytes, OfASendersUniquePhraseAreMissedWhereItSaysItAgain) {
  const ByteVector phrase = noise(200, 1);
  for (const Loss loss : losses) {
    Deflater sender;
    Inflater inflater = with_takeover();
    sender.message(phrase);
    suffer(inflater, loss);
    const ByteVector other = noise(200, 2);
    EXPECT_EQ(inflate_whole(inflater, sender.message(other)), good(other));
    EXPECT_EQ(judged(inflater, sender.message(phrase)), "unknown bytes");
    EXPECT_EQ(inflate_whole(inflater, sender.message(other)), good(other)) << "what came since is known";
  }
}

/// Behind `known` bytes since the loss: is a match of three bytes, `distance` back, known?
std::string after_loss_and(std::size_t known, unsigned distance, bool in_pieces) {
  Inflater inflater = with_takeover();
  judged(inflater, stored_message(noise(40'000, 1)));
  inflater.lose();
  const ByteVector plain = noise(known, 2);
  Bytes rest(plain);
  while (in_pieces && !rest.empty()) {
    const std::size_t size = std::min<std::size_t>(rest.size(), 1000);
    EXPECT_EQ(judged(inflater, stored_message(rest.first(size))), "good");
    rest = rest.subspan(size);
  }
  EXPECT_EQ(judged(inflater, stored_message(rest)), "good");
  const Inflated result = inflate_whole(inflater, FixedBlock().match(3, distance).message());
  if (result.verdict == "good") {
    const auto from = plain.end() - distance;
    EXPECT_EQ(result.data, ByteVector(from, from + 3)) << known << " " << distance;
  }
  return result.verdict;
}

TEST(LostBytes, AreMissedUntilTheWindowHasPassedOverThem) {
  for (const bool in_pieces : {false, true}) {
    for (const std::size_t known : {3U, 100U, 16'384U, 32'764U, 32'765U, 32'767U, 32'768U, 32'769U, 65'536U}) {
      for (const unsigned distance : {3U, 100U, 101U, 16'384U, 32'766U, 32'767U, 32'768U}) {
        EXPECT_EQ(after_loss_and(known, distance, in_pieces), distance <= known ? "good" : "unknown bytes")
            << known << " " << distance;
      }
    }
  }
}

TEST(LostBytes, CopiedOnStayUnknownAndAreGoneWithTheLastCopy) {
  Inflater inflater = with_takeover();
  judged(inflater, stored_message(noise(window_size, 1)));
  inflater.lose();
  std::size_t since_copy = 0;
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(judged(inflater, FixedBlock().match(10, 100).message()), "unknown bytes");
    since_copy = 0;
    for (; since_copy < 20'000; since_copy += 1000)
      EXPECT_EQ(judged(inflater, stored_message(noise(1000, static_cast<unsigned>(since_copy)))), "good");
    EXPECT_EQ(judged(inflater, FixedBlock().match(10, 20'010).message()), "unknown bytes") << "the copy";
    for (; since_copy < 90'000; since_copy += 1000)
      EXPECT_EQ(judged(inflater, stored_message(noise(1000, static_cast<unsigned>(since_copy)))), "good");
    EXPECT_EQ(judged(inflater, FixedBlock().match(258, 32'768).message()), "good");
    inflater.lose();
  }
}

TEST(LostBytes, AMatchOfWhatItMakesItselfIsKnownOnlyIfItsBeginningIs) {
  for (unsigned distance = 1; distance <= 4; ++distance) {
    Inflater inflater = with_takeover();
    inflater.lose();
    const std::string verdict = judged(inflater, FixedBlock().literals("ab").match(258, distance).message());
    EXPECT_EQ(verdict, distance <= 2 ? "good" : "unknown bytes");
  }
}

TEST(BreakingOff, JudgesWhatCameBefore) {
  struct Row {
    ByteVector before;
    std::string_view verdict;
  };
  const Row rows[] = {
      {{}, "good"},
      {FixedBlock().literals("abc").match(3, 3).message(), "good"},
      {FixedBlock().literals("abc").match(3, 4).message(), "unknown bytes"},
      {FixedBlock().match(3, 1).block(), "unknown bytes"},
      {joined({FixedBlock(true).literals("abc").block(), FixedBlock().match(3, 3).block()}), "good"},
      {joined({FixedBlock(true).literals("abc").block(), FixedBlock().match(3, 4).block()}), "unknown bytes"},
  };
  for (const Row& row : rows) {
    Inflater inflater = with_takeover();
    inflater.lose();
    inflater.begin_message();
    ByteVector data;
    inflater.feed(row.before, into(data));
    EXPECT_EQ(describe(inflater.break_off()), row.verdict);
    EXPECT_EQ(judged(inflater, FixedBlock().literals("x").match(3, 1).message()), "good");
  }
}

TEST(BreakingOff, KeepsSilentAboutAWindowThatIsKnown) {
  const ByteVector plain = prose(1000, 1);
  Deflater sender;
  const ByteVector first = sender.message(plain);
  const ByteVector second = sender.message(plain);
  for (std::size_t size = 0; size <= second.size(); ++size) {
    Inflater inflater = with_takeover();
    judged(inflater, first);
    ByteVector data;
    inflater.begin_message();
    inflater.feed(Bytes(second).first(size), into(data));
    EXPECT_EQ(describe(inflater.break_off()), "good");
    EXPECT_TRUE(data.size() <= plain.size() && std::equal(data.begin(), data.end(), plain.begin()));
    EXPECT_EQ(judged(inflater, second), "unknown bytes");
  }
}

/// The rule of rules, with a sender that repeats itself and a capture that misses a tenth of it in every way.
TEST(LostBytes, AreNeverMadeUp) {
  int good_ones = 0;
  int unknown_ones = 0;
  int broken_off = 0;
  for (unsigned seed = 0; seed < 28; ++seed) {
    const int bits = 9 + static_cast<int>(seed % 7);
    std::mt19937 random(seed);
    Deflater sender({.window_bits = bits});
    Inflater inflater({true, static_cast<std::uint8_t>(bits)});
    bool lost = false;
    for (unsigned i = 0; i < 300; ++i) {
      const ByteVector plain =
          random() % 3 == 0 ? noise(random() % 3000, random() % 20) : prose(random() % 3000, i / 30 + seed);
      const ByteVector payload = sender.message(plain);
      const auto what = random() % 30;
      if (what == 0) {
        inflater.lose();
        lost = true;
        continue;
      }
      if (what == 1) {
        ByteVector data;
        inflater.begin_message();
        inflater.feed(Bytes(payload).first(random() % payload.size()), into(data));
        const InflateVerdict verdict = inflater.break_off();
        ASSERT_TRUE(lost || !verdict.unknown_bytes);
        if (verdict.good()) {
          ASSERT_LE(data.size(), plain.size());
          ASSERT_TRUE(std::equal(data.begin(), data.end(), plain.begin()));
          ++broken_off;
        }
        lost = true;
        continue;
      }
      const Inflated result = inflate_whole(inflater, payload);
      if (result.verdict == "unknown bytes") {
        ASSERT_TRUE(lost);
        ASSERT_EQ(result.data.size(), plain.size()) << "the length is known all the same";
        ++unknown_ones;
      } else {
        ASSERT_TRUE(result == good(plain)) << result.verdict;
        ++good_ones;
      }
    }
  }
  EXPECT_GT(good_ones, 1500);
  EXPECT_GT(unknown_ones, 1500);
  EXPECT_GT(broken_off, 50);
}

// ---- the agreed window (§7.1.2)

TEST(AgreedWindow, IsLeftBehindByADistanceOfOneMore) {
  int checked = 0;
  for (unsigned bits = 8; bits <= 15; ++bits) {
    for (const bool takeover : {false, true}) {
      const unsigned size = 1U << bits;
      for (const unsigned distance : {1U, size - 1, size, size + 1, 2 * size, 32768U}) {
        if (distance > window_size) continue;
        Inflater inflater({takeover, static_cast<std::uint8_t>(bits)});
        const ByteVector plain = noise(window_size, 1);
        const ByteVector payload = joined({test::stored_blocks(plain), FixedBlock().match(200, distance).message()});
        const Inflated result = inflate_whole(inflater, payload);
        EXPECT_EQ(result.verdict, distance > size ? "beyond window" : "good") << bits << " " << distance;
        ASSERT_EQ(result.data.size(), window_size + 200);
        for (std::size_t i = window_size; i < result.data.size(); ++i)
          ASSERT_EQ(result.data[i], result.data[i - distance]);
        ++checked;
        // It holds for a message, not from then on.
        EXPECT_EQ(judged(inflater, FixedBlock().literals("a").match(3, 1).message()), "good");
      }
    }
  }
  EXPECT_EQ(checked, 2 * (8 * 6 - 2));
}

TEST(AgreedWindow, IsExceededByASenderWithALargerOneIffItRefersBackSoFar) {
  const ByteVector phrase = noise(250, 1);
  int beyond = 0;
  for (int bits = 9; bits <= 15; ++bits) {
    for (const std::size_t between : {0, 100, 300, 900, 2000, 4000, 8000, 16'000, 32'000}) {
      for (const bool in_one_message : {false, true}) {
        Deflater sender;
        Inflater inflater({true, static_cast<std::uint8_t>(bits)});
        const ByteVector plain = joined({phrase, noise(between, 2)});
        const bool exceeds = between + phrase.size() > std::size_t{1} << bits;
        const std::string expected = exceeds ? "beyond window" : "good";
        if (in_one_message) {
          const ByteVector all = joined({plain, phrase});
          EXPECT_TRUE(inflate_whole(inflater, sender.message(all)) == (Inflated{expected, all}))
              << bits << " " << between;
        } else {
          EXPECT_TRUE(inflate_whole(inflater, sender.message(plain)) == good(plain));
          EXPECT_TRUE(inflate_whole(inflater, sender.message(phrase)) == (Inflated{expected, phrase}))
              << bits << " " << between;
        }
        beyond += exceeds ? 1 : 0;
      }
    }
  }
  EXPECT_GT(beyond, 40);
}

TEST(AgreedWindow, IsJudgedBehindALossToo) {
  Inflater inflater({true, 9});
  inflater.lose();
  EXPECT_EQ(judged(inflater, FixedBlock().match(3, 513).message()), "unknown bytes beyond window");
  EXPECT_EQ(judged(inflater, stored_message(noise(1000, 1))), "good");
  EXPECT_EQ(judged(inflater, FixedBlock().match(3, 513).message()), "beyond window");
  EXPECT_EQ(judged(inflater, FixedBlock().match(3, 512).message()), "good");
}

// ---- bombs

struct Counted {
  std::string verdict;
  std::uint64_t size = 0;
  std::size_t largest = 0;
};

Counted count(Inflater& inflater, Bytes payload) {
  Counted result;
  const auto sink = [&](Bytes inflated) {
    result.size += inflated.size();
    result.largest = std::max(result.largest, inflated.size());
  };
  inflater.begin_message();
  inflater.feed(payload, sink);
  result.verdict = describe(inflater.end_message(sink));
  return result;
}

TEST(Bombs, AreGivenUpAtTheFloor) {
  const ByteVector bomb = Deflater({.context_takeover = false, .level = 9}).message(ByteVector(16 * 1024 * 1024));
  ASSERT_LT(bomb.size(), 20'000U);
  for (const bool takeover : {false, true}) {
    for (const std::uint8_t bits : {9, 15}) {
      Inflater inflater({takeover, bits});
      judged(inflater, FixedBlock().literals("before").message());
      const Counted result = count(inflater, bomb);
      EXPECT_EQ(result.verdict, "too long");
      EXPECT_GT(result.size, Inflater::expansion_floor);
      EXPECT_LE(result.size, Inflater::expansion_floor + largest_block);
      EXPECT_LE(result.largest, largest_block);
      EXPECT_EQ(judged(inflater, FixedBlock().match(3, 9).message()), takeover ? "unknown bytes" : "malformed");
      EXPECT_EQ(inflate_whole(inflater, FixedBlock().literals("abc").message()), good("abc"));
    }
  }
}

TEST(Bombs, MayComeOneByOne) {
  Deflater sender({.context_takeover = false, .level = 9});
  const ByteVector bomb = sender.message(ByteVector(6 * 1024 * 1024));
  Inflater inflater = without_takeover();
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(count(inflater, bomb).verdict, "too long");
    EXPECT_EQ(inflate_whole(inflater, sender.message(prose(5000, 1))), good(prose(5000, 1)));
  }
}

TEST(Bombs, AreNotWhatStaysBelowTheFloor) {
  Inflater inflater = with_takeover();
  Deflater sender({.level = 9});
  for (const std::size_t size : {Inflater::expansion_floor - 1, Inflater::expansion_floor}) {
    const Counted result = count(inflater, sender.message(ByteVector(size)));
    EXPECT_EQ(result.verdict, "good");
    EXPECT_EQ(result.size, size);
  }
  EXPECT_EQ(count(inflater, sender.message(ByteVector(Inflater::expansion_floor + 1))).verdict, "too long");
}

TEST(Bombs, AreNotWhatExpandsLessThanAThousandTimes) {
  Inflater inflater = with_takeover();
  FixedBlock block;  // 13 bits make 258 bytes
  block.literal('a');
  for (int i = 0; i < 100'000; ++i) block.match(258, 1);
  const Counted result = count(inflater, block.message());
  EXPECT_EQ(result.verdict, "good");
  EXPECT_EQ(result.size, 25'800'001U);
}

TEST(Bombs, EndAtAGibibyteHoweverLittleTheyExpand) {
  Inflater inflater = without_takeover();
  std::uint64_t size = 0;
  const auto sink = [&](Bytes inflated) { size += inflated.size(); };
  inflater.begin_message();
  FixedBlock block(true);
  block.literal('a');
  for (int i = 0; i < 100'000; ++i) block.match(258, 1);
  const ByteVector payload = block.block();
  for (int i = 0; i < 50; ++i) inflater.feed(payload, sink);
  EXPECT_EQ(describe(inflater.end_message(sink)), "too long");
  EXPECT_GT(size, InflateLimits{}.most_inflated);
  EXPECT_LE(size, InflateLimits{}.most_inflated + largest_block);
}

TEST(Bombs, AreWhatTheLimitsSay) {
  Deflater sender({.level = 9});
  const ByteVector zeros = sender.message(ByteVector(5 * 1024 * 1024));
  EXPECT_EQ(count(*std::make_unique<Inflater>(DeflateDirection{}, InflateLimits{1 << 30, 1033}), zeros).verdict,
            "good");
  Inflater strict({}, {1000, 1000});
  EXPECT_EQ(count(strict, Deflater({.level = 9}).message(ByteVector(1000))).verdict, "good");
  EXPECT_EQ(count(strict, Deflater({.level = 9}).message(ByteVector(1001))).verdict, "too long");
}

// What stands behind an error was taken for references beyond the window where the message came in one piece, and not
// where it came in several.
TEST(Malformed, IsJudgedTheSameHoweverItIsCut) {
  const ByteVector text = bytes_of("ST /socket.io/?EIO=4&transport=polling&t=fxtqhqdi&sid=sXGbP5vSuuiKCTFqAAAA HTTP");
  for (const bool takeover : {false, true}) {
    for (std::uint8_t bits = 8; bits <= 15; ++bits) {
      const std::size_t ways = test::every_split(text, [&](const test::Pieces& pieces) {
        Inflater inflater({takeover, bits});
        EXPECT_EQ(inflate_pieces(inflater, pieces).verdict, "malformed") << int{bits} << " " << pieces.size();
      });
      EXPECT_GT(ways, text.size());
    }
  }
}

// ---- memory

TEST(Releasing, LeavesASelfContainedMessageRight) {
  for (const std::uint8_t bits : {9, 15}) {
    Deflater sender({.window_bits = bits});
    Inflater inflater({true, bits});
    const ByteVector plain = prose(3000, 1);
    EXPECT_EQ(inflate_whole(inflater, sender.message(plain)), good(plain));
    const ByteVector again = sender.message(plain);
    for (int i = 0; i < 3; ++i) {
      inflater.release();
      inflater.release();
      EXPECT_EQ(inflate_whole(inflater, Deflater({.window_bits = bits}).message(plain)), good(plain));
    }
    inflater.release();
    EXPECT_EQ(judged(inflater, again), "unknown bytes");
  }
}

// ---- the last piece with the end

/// All that a verdict says.
std::string all_of(const InflateVerdict& verdict) {
  return describe(verdict) + (verdict.empty ? " empty" : "") + (verdict.tail_kept ? " tail kept" : "") +
         (verdict.bomb ? " bomb" : "");
}

TEST(LastPiece, IsJudgedAsIfItHadBeenFedBefore) {
  std::vector<ByteVector> payloads;
  for (const PayloadVector& vector : right_payloads) payloads.push_back(hex(vector.payload));
  for (const PayloadVector& vector : wrong_payloads) payloads.push_back(hex(vector.payload));
  // Each beginning of them too, and a block that ends with its byte, as a sender who does not flush leaves it.
  for (std::size_t i = 0, count = payloads.size(); i < count; ++i)
    for (std::size_t size = 0; size < payloads[i].size(); ++size)
      payloads.emplace_back(payloads[i].begin(), payloads[i].begin() + static_cast<std::ptrdiff_t>(size));
  for (std::size_t size = 1; size < 20; ++size)
    payloads.push_back(FixedBlock().literals(ByteVector(size, 0xF0)).block());
  for (const std::size_t size : {1, 100, 4096, 5000}) {
    payloads.push_back(test::stored_blocks(noise(size, 1)));
    payloads.push_back(stored_message(noise(size, 1)));
    payloads.push_back(Deflater().message(noise(size, 1)));
  }
  std::size_t kept = 0;
  for (const ByteVector& payload : payloads) {
    for (const std::uint8_t bits : {9, 15}) {
      Inflater fed({true, bits});
      Inflater ended({true, bits});
      for (const Bytes message : {Bytes(payload), Bytes(payload)}) {
        ByteVector of_fed;
        ByteVector of_ended;
        fed.begin_message();
        fed.feed(message, into(of_fed));
        const std::string expected = all_of(fed.end_message(into(of_fed)));
        ended.begin_message();
        EXPECT_EQ(all_of(ended.end_message(message, into(of_ended))), expected) << payload.size();
        EXPECT_EQ(of_ended, of_fed);
        kept += expected.ends_with("tail kept") ? 1 : 0;
      }
    }
  }
  EXPECT_GT(payloads.size(), 200U);
  EXPECT_GT(kept, 20U);
}

TEST(LastPiece, MayFollowOthers) {
  Deflater sender;
  Inflater inflater = with_takeover();
  const ByteVector plain = prose(3000, 1);
  for (int round = 0; round < 3; ++round) {
    const ByteVector payload = sender.message(plain);
    ByteVector data;
    inflater.begin_message();
    inflater.feed(Bytes(payload).first(payload.size() / 2), into(data));
    EXPECT_EQ(describe(inflater.end_message(Bytes(payload).subspan(payload.size() / 2), into(data))), "good");
    EXPECT_TRUE(data == plain);
  }
}

TEST(Releasing, BeforeTheFirstMessageIsHarmless) {
  Inflater inflater = without_takeover();
  inflater.release();
  EXPECT_EQ(inflate_whole(inflater, FixedBlock().literals("abc").message()), good("abc"));
}

}  // namespace
}  // namespace websocket
