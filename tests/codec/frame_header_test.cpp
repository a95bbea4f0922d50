// SPDX-License-Identifier: GPL-2.0-or-later
#include "frame_header.h"

#include <gtest/gtest.h>

#include <string_view>
#include <vector>

#include "masking.h"
#include "support/bytes.h"

namespace websocket {
namespace {

using test::GuardPage;
using test::hex;

using Octets = std::vector<std::uint8_t>;

ViolationSet set_of(const std::vector<Rule>& rules) {
  ViolationSet set;
  for (const Rule rule : rules) set.add(rule);
  return set;
}

Octets encode(const FrameHeader& header) {
  Octets out(max_frame_header_size, 0xEE);
  out.resize(encode_frame_header(header, out));
  return out;
}

FrameHeader header_of(Opcode opcode, std::uint64_t payload_length, bool masked = false) {
  FrameHeader header;
  header.fin = true;
  header.opcode = opcode;
  header.masked = masked;
  if (masked) header.masking_key = {0x12, 0x34, 0x56, 0x78};
  header.payload_length = payload_length;
  return header;
}

// RFC 6455 §5.7, all of it. The two long frames have 256 and 65536 bytes of any content.
struct Example {
  std::string_view header;
  std::string_view payload;
  bool fin;
  Opcode opcode;
  bool masked;
  std::uint64_t payload_length;
  std::string_view text;  ///< the payload after unmasking
  std::string_view what;
};

const std::vector<Example> examples = {
    {"81 05", "48 65 6c 6c 6f", true, Opcode::text, false, 5, "Hello", "a single-frame unmasked text message"},
    {"81 85 37 fa 21 3d", "7f 9f 4d 51 58", true, Opcode::text, true, 5, "Hello", "a single-frame masked text message"},
    {"01 03", "48 65 6c", false, Opcode::text, false, 3, "Hel", "a fragmented unmasked text message, first"},
    {"80 02", "6c 6f", true, Opcode::continuation, false, 2, "lo", "a fragmented unmasked text message, last"},
    {"89 05", "48 65 6c 6c 6f", true, Opcode::ping, false, 5, "Hello", "unmasked Ping request"},
    {"8a 85 37 fa 21 3d", "7f 9f 4d 51 58", true, Opcode::pong, true, 5, "Hello", "masked Ping response"},
    {"82 7e 01 00", "", true, Opcode::binary, false, 256, "", "256 bytes binary message"},
    {"82 7f 00 00 00 00 00 01 00 00", "", true, Opcode::binary, false, 65536, "", "64 KiB binary message"},
};

TEST(FrameHeader, TheExamplesOfTheRfcAreDecoded) {
  for (const Example& example : examples) {
    SCOPED_TRACE(example.what);
    const Octets header = hex(example.header);
    Octets frame = header;
    Octets payload = hex(example.payload);
    frame.insert(frame.end(), payload.begin(), payload.end());

    const DecodedFrameHeader decoded = decode_frame_header(frame);
    ASSERT_EQ(decoded.status, Status::ok);
    EXPECT_TRUE(decoded.violations.empty());
    EXPECT_EQ(decoded.header.fin, example.fin);
    EXPECT_FALSE(decoded.header.rsv1 || decoded.header.rsv2 || decoded.header.rsv3);
    EXPECT_EQ(decoded.header.opcode, example.opcode);
    EXPECT_EQ(decoded.header.masked, example.masked);
    EXPECT_EQ(decoded.header.payload_length, example.payload_length);
    EXPECT_EQ(decoded.header.size, header.size());
    EXPECT_EQ(encode(decoded.header), header);

    if (example.masked) apply_mask(payload, decoded.header.masking_key, 0);
    EXPECT_EQ(as_text(payload), example.text);
  }
  EXPECT_EQ(examples.size(), 8U);
}

TEST(FrameHeader, EachFirstByteWithEachSecondByteIsDecoded) {
  // 16 opcodes x FIN x RSV1-3 x MASK x all 7-bit lengths; the bytes after them are 01 02 03 ...
  std::size_t checked = 0;
  for (unsigned first = 0; first <= 0xFF; ++first) {
    for (unsigned second = 0; second <= 0xFF; ++second, ++checked) {
      Octets bytes = {static_cast<std::uint8_t>(first), static_cast<std::uint8_t>(second)};
      for (std::uint8_t i = 1; i <= 12; ++i) bytes.push_back(i);
      const unsigned length7 = second % 128;
      const std::size_t key_at = length7 == 126 ? 4 : length7 == 127 ? 10 : 2;

      const auto [status, header, violations] = decode_frame_header(bytes);
      ASSERT_EQ(status, Status::ok);
      ASSERT_EQ(header.fin, first >= 128);
      ASSERT_EQ(header.rsv1, first / 64 % 2 == 1);
      ASSERT_EQ(header.rsv2, first / 32 % 2 == 1);
      ASSERT_EQ(header.rsv3, first / 16 % 2 == 1);
      ASSERT_EQ(static_cast<unsigned>(header.opcode), first % 16);
      ASSERT_EQ(header.masked, second >= 128);
      ASSERT_EQ(header.size, key_at + (header.masked ? 4 : 0));
      ASSERT_EQ(header.size, frame_header_size(bytes));
      const MaskingKey key = {bytes[key_at], bytes[key_at + 1], bytes[key_at + 2], bytes[key_at + 3]};
      ASSERT_EQ(header.masking_key, header.masked ? key : MaskingKey{});
      const std::uint64_t length = length7 == 126 ? 0x0102 : length7 == 127 ? 0x0102030405060708 : length7;
      ASSERT_EQ(header.payload_length, length);

      ViolationSet expected;
      const unsigned opcode = first % 16;
      if ((opcode >= 3 && opcode <= 7) || opcode >= 11) expected.add(Rule::opcode_reserved);
      if (first / 16 % 4 != 0) expected.add(Rule::rsv2_or_rsv3_set);
      if (opcode >= 8 && length7 > 125) expected.add(Rule::control_frame_too_long);
      if (opcode >= 8 && first < 128) expected.add(Rule::control_frame_fragmented);
      ASSERT_EQ(violations, expected) << first << " " << second;
    }
  }
  EXPECT_EQ(checked, 65536U);
}

struct Broken {
  std::string_view header;
  std::vector<Rule> rules;
  std::string_view why;
};

const std::vector<Broken> broken = {
    {"82 7d", {}, "125 fits 7 bits"},
    {"82 7e 00 7e", {}, "126 needs 16 bits"},
    {"82 7e 00 7d", {Rule::length_not_minimal}, "125 in 16 bits (§5.2)"},
    {"82 7e 00 00", {Rule::length_not_minimal}, "0 in 16 bits (§5.2)"},
    {"82 7e ff ff", {}, "65535 needs 16 bits"},
    {"82 7f 00 00 00 00 00 00 ff ff", {Rule::length_not_minimal}, "65535 in 64 bits (§5.2)"},
    {"82 7f 00 00 00 00 00 00 00 05", {Rule::length_not_minimal}, "5 in 64 bits (§5.2)"},
    {"82 7f 00 00 00 00 00 01 00 00", {}, "65536 needs 64 bits"},
    {"82 7f 7f ff ff ff ff ff ff ff", {}, "the longest legal length"},
    {"82 7f 80 00 00 00 00 00 00 00", {Rule::length_top_bit_set}, "§5.2: the most significant bit is 0"},
    {"89 7d", {}, "a Ping of 125 bytes"},
    {"89 7e 00 7e", {Rule::control_frame_too_long}, "a Ping of 126 bytes (§5.5)"},
    {"89 7e 00 05", {Rule::length_not_minimal}, "a short Ping in the long form is not too long"},
    {"8b 00", {Rule::opcode_reserved}, "§5.2: B-F are reserved"},
    {"09 00", {Rule::control_frame_fragmented}, "§5.5: a Ping is whole"},
    {"01 00", {}, "a text message may be fragmented"},
    {"a1 00", {Rule::rsv2_or_rsv3_set}, "RSV2 (§5.2)"},
    {"91 00", {Rule::rsv2_or_rsv3_set}, "RSV3 (§5.2)"},
    {"c1 00", {}, "RSV1 may be agreed on: frame_rules.h judges it"},
    {"3f 7f 80 00 00 00 00 00 00 00",
     {Rule::rsv2_or_rsv3_set, Rule::opcode_reserved, Rule::length_top_bit_set, Rule::control_frame_too_long,
      Rule::control_frame_fragmented},
     "all broken rules are reported, not the first"},
};

TEST(FrameHeader, WhatTheHeaderAloneProvesIsReported) {
  for (const Broken& vector : broken) {
    SCOPED_TRACE(vector.why);
    const DecodedFrameHeader decoded = decode_frame_header(hex(vector.header));
    ASSERT_EQ(decoded.status, Status::ok);
    EXPECT_EQ(decoded.violations, set_of(vector.rules));
  }
  EXPECT_EQ(broken.size(), 20U);
}

TEST(FrameHeader, EachPrefixNeedsMore) {
  GuardPage page;
  std::size_t checked = 0;
  for (const Opcode opcode : {Opcode::text, Opcode::ping}) {
    for (const bool masked : {false, true}) {
      for (const std::uint64_t length : {std::uint64_t{5}, std::uint64_t{126}, std::uint64_t{65536}}) {
        const Octets whole = encode(header_of(opcode, length, masked));
        for (std::size_t size = 0; size < whole.size(); ++size, ++checked) {
          const DecodedFrameHeader decoded = decode_frame_header(page.at_end(Bytes(whole).first(size)));
          ASSERT_EQ(decoded.status, Status::need_more) << size << " of " << whole.size();
          ASSERT_TRUE(decoded.violations.empty());
          ASSERT_EQ(decoded.header, FrameHeader{});
        }
        ASSERT_EQ(decode_frame_header(page.at_end(whole)).status, Status::ok);
      }
    }
  }
  EXPECT_EQ(checked, 2U * (2 + 4 + 10 + 6 + 8 + 14));
}

TEST(FrameHeader, BytesAfterTheHeaderChangeNothing) {
  std::size_t checked = 0;
  for (const Broken& vector : broken) {
    const Octets header = hex(vector.header);
    Octets longer = header;
    longer.insert(longer.end(), 20, 0xFF);
    EXPECT_EQ(decode_frame_header(longer).header, decode_frame_header(header).header) << vector.why;
    EXPECT_EQ(decode_frame_header(longer).violations, decode_frame_header(header).violations) << vector.why;
    ++checked;
  }
  EXPECT_EQ(checked, 20U);
}

struct Length {
  std::uint64_t value;
  std::size_t shortest;  ///< bytes of the extended payload length
};

const std::vector<Length> lengths = {
    {0, 0},
    {1, 0},
    {125, 0},
    {126, 2},
    {127, 2},
    {65535, 2},
    {65536, 8},
    {(std::uint64_t{1} << 32) + 5, 8},
    {(~std::uint64_t{0}) >> 1, 8},
    {std::uint64_t{1} << 63, 8},
};

TEST(FrameHeader, EachHeaderOfEachLengthRoundTrips) {
  std::size_t checked = 0;
  for (const Length& length : lengths) {
    for (unsigned bits = 0; bits < 1U << 9; ++bits) {
      for (const std::size_t form : {std::size_t{0}, std::size_t{2}, std::size_t{8}}) {
        if (form < length.shortest) continue;
        FrameHeader header = header_of(static_cast<Opcode>(bits & 0xF), length.value, (bits & 1U << 4) != 0);
        header.fin = (bits & 1U << 5) != 0;
        header.rsv1 = (bits & 1U << 6) != 0;
        header.rsv2 = (bits & 1U << 7) != 0;
        header.rsv3 = (bits & 1U << 8) != 0;
        header.size = static_cast<std::uint8_t>(2 + form + (header.masked ? 4 : 0));

        const Octets bytes = encode(header);
        ASSERT_EQ(bytes.size(), header.size);
        const DecodedFrameHeader decoded = decode_frame_header(bytes);
        ASSERT_EQ(decoded.status, Status::ok);
        ASSERT_EQ(decoded.header, header);
        ASSERT_EQ(decoded.violations.has(Rule::length_not_minimal), form > length.shortest);
        ++checked;
      }
    }
  }
  EXPECT_EQ(checked, 512U * (3 * 3 + 3 * 2 + 4 * 1));
}

TEST(EncodeFrameHeader, WritesTheShortestFormUnlessAValidLongerOneIsAskedFor) {
  std::size_t checked = 0;
  for (const Length& length : lengths) {
    for (const bool masked : {false, true}) {
      const std::size_t fixed = masked ? 6 : 2;
      for (unsigned size = 0; size <= 0xFF; ++size, ++checked) {
        FrameHeader header = header_of(Opcode::binary, length.value, masked);
        header.size = static_cast<std::uint8_t>(size);
        const bool longer = (size == fixed + 2 || size == fixed + 8) && size > fixed + length.shortest;
        ASSERT_EQ(encode(header).size(), longer ? size : fixed + length.shortest) << length.value << ", " << size;
      }
    }
  }
  EXPECT_EQ(checked, 10U * 2U * 256U);
}

TEST(EncodeFrameHeader, TouchesNothingBeyondTheHeader) {
  std::size_t checked = 0;
  for (const Length& length : lengths) {
    for (const bool masked : {false, true}) {
      Octets out(max_frame_header_size, 0xEE);
      const std::size_t size = encode_frame_header(header_of(Opcode::text, length.value, masked), out);
      for (std::size_t i = size; i < out.size(); ++i) EXPECT_EQ(out[i], 0xEE) << length.value << ", byte " << i;
      ++checked;
    }
  }
  EXPECT_EQ(checked, 20U);
}

TEST(EncodeFrameHeader, FitsItsBufferFlushAgainstAGuardPage) {
  GuardPage page;
  const FrameHeader longest = header_of(Opcode::text, 65536, true);
  const MutableBytes out = page.at_end(Octets(max_frame_header_size));
  EXPECT_EQ(encode_frame_header(longest, out), max_frame_header_size);
  EXPECT_EQ(decode_frame_header(out).header.payload_length, 65536U);
}

}  // namespace
}  // namespace websocket
