// SPDX-License-Identifier: GPL-2.0-or-later
#include "mqtt_packets.h"

#include <gtest/gtest.h>

#include <string_view>
#include <vector>

#include "support/bytes.h"

namespace websocket {
namespace {

using test::GuardPage;
using test::hex;

using Octets = std::vector<std::uint8_t>;

/// A packet of so many bytes behind its length field, which is as long as given (0: as short as it can be).
Octets packet(std::size_t remaining, std::size_t length_bytes = 0) {
  Octets bytes{0x30};
  std::size_t value = remaining;
  do {
    const bool more = value > 127 || bytes.size() < length_bytes;
    bytes.push_back(static_cast<std::uint8_t>((value & 0x7F) | (more ? 0x80 : 0)));
    value >>= 7;
  } while ((bytes.back() & 0x80) != 0);
  bytes.resize(bytes.size() + remaining, 0x82);  // would be a packet's first byte
  return bytes;
}

TEST(MqttPackets, NothingIsNoPacket) { EXPECT_EQ(whole_mqtt_packets({}), 0U); }

struct Row {
  std::string_view bytes;
  std::size_t whole;
  std::string_view why;
};

constexpr Row rows[] = {
    {"c0 00", 2, "PINGREQ"},
    {"c0", 0, "a first byte alone"},
    {"c0 00 d0 00", 4, "two packets"},
    {"c0 00 d0", 2, "one, and the beginning of the next"},
    {"30 03 00 01 61", 5, "PUBLISH"},
    {"30 03 00 01", 0, "a byte is missing"},
    {"30 03 00 01 61 30 03 00 01", 5, "of the second one a byte is missing"},
    {"30 80", 0, "the length goes on"},
    {"30 80 00", 3, "a length in two bytes that needs only one"},
    {"30 80 80 80 00", 5, "in four"},
    {"30 80 80 80", 0, "in four, the last is missing"},
    {"30 80 80 80 80", 5, "MQTT 5 §1.5.5: five bytes are no length; there is no end to wait for"},
    {"30 ff ff ff ff 01", 6, "nor here"},
    {"c0 00 30 80 80 80 80 00 00", 9, "the same behind a good one"},
    {"30 ff ff ff 7f", 0, "the longest there is: 268 435 455 bytes"},
};

TEST(MqttPackets, RowsGiveTheBytesOfWholePackets) {
  for (const Row& row : rows) EXPECT_EQ(whole_mqtt_packets(hex(row.bytes)), row.whole) << row.why;
  EXPECT_EQ(std::size(rows), 15U);
}

TEST(MqttPackets, OfEachLengthFieldTheLastByteIsNeeded) {
  std::size_t checked = 0;
  for (const std::size_t remaining : {0U, 1U, 127U, 128U, 16383U, 16384U, 2097151U, 2097152U}) {
    for (const std::size_t length_bytes : {0U, 4U}) {
      Octets bytes = packet(remaining, length_bytes);
      EXPECT_EQ(whole_mqtt_packets(bytes), bytes.size()) << remaining;
      bytes.push_back(0xC0);
      EXPECT_EQ(whole_mqtt_packets(bytes), bytes.size() - 1) << remaining;
      bytes.resize(bytes.size() - 2);
      EXPECT_EQ(whole_mqtt_packets(bytes), 0U) << remaining;
      ++checked;
    }
  }
  EXPECT_EQ(checked, 16U);
}

TEST(MqttPackets, AtEachPlaceWhereTheStreamEndsThePacketsInFrontAreWhole) {
  Octets stream;
  std::vector<std::size_t> ends{0};
  for (const std::size_t remaining : {0U, 5U, 127U, 128U, 300U, 0U, 1U}) {
    const Octets more = packet(remaining);
    stream.insert(stream.end(), more.begin(), more.end());
    ends.push_back(stream.size());
  }
  GuardPage page(stream.size());
  std::size_t last = 0;
  for (std::size_t size = 0; size <= stream.size(); ++size) {
    if (last + 1 < ends.size() && ends[last + 1] == size) ++last;
    ASSERT_EQ(whole_mqtt_packets(page.at_end(Bytes(stream).first(size))), ends[last]) << size;
  }
  EXPECT_EQ(last, 7U);
}

}  // namespace
}  // namespace websocket
