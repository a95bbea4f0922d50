// SPDX-License-Identifier: GPL-2.0-or-later
#include "tls_watch.h"

#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace websocket {
namespace {

using Octets = std::vector<std::uint8_t>;

constexpr std::uint8_t alert = 21;
constexpr std::uint8_t handshake = 22;
constexpr std::uint8_t data = TlsWatch::application_data;
constexpr std::uint32_t overhead = 17;  // TLS 1.3: inner type and tag
constexpr std::uint32_t first_sequence = 0xFFFFFF00;

/// A record on the wire; its content has bytes that look like headers.
Octets record(std::uint8_t type, std::uint32_t plain, std::uint32_t more = overhead) {
  const std::uint32_t size = plain + more;
  Octets bytes{type, 3, 3, static_cast<std::uint8_t>(size >> 8), static_cast<std::uint8_t>(size)};
  for (std::uint32_t i = 0; i < size; ++i) bytes.push_back(i % 2 == 0 ? data : 3);
  return bytes;
}

/// One direction; each call of send() is a segment.
class Wire {
 public:
  Wire& send(const Octets& bytes) {
    StreamSegment segment;
    segment.sequence = next_;
    segment.length = static_cast<std::uint32_t>(bytes.size());
    segment.captured = bytes;
    segment.packet = ++packets_;
    watch.insert(segment);
    next_ += segment.length;
    return *this;
  }
  Wire& send_in(const Octets& bytes, std::size_t size) {
    for (std::size_t at = 0; at < bytes.size(); at += size)
      send({bytes.begin() + static_cast<std::ptrdiff_t>(at),
            bytes.begin() + static_cast<std::ptrdiff_t>(std::min(at + size, bytes.size()))});
    return *this;
  }
  /// Not captured, but the peer has it.
  Wire& lose(std::size_t size) {
    next_ += static_cast<std::uint32_t>(size);
    return *this;
  }
  Wire& acknowledged() {
    watch.acknowledge(next_, 1'000'000'000);
    return *this;
  }
  /// The records of `plain` sizes are decrypted: what is missing in front of each, "-", "some" or bytes.
  std::string decrypt(const std::vector<std::uint32_t>& plain, std::uint8_t type = data) {
    std::vector<DecryptedRecord> records;
    records.reserve(plain.size());
    for (const std::uint32_t size : plain) records.push_back({type, size});
    return told(watch.account_for(records));
  }
  std::string rest() { return told({watch.account_for_rest()}); }

  static std::string told(const std::vector<MissingRecords>& answers) {
    std::string text;
    for (const MissingRecords& answer : answers) {
      if (!text.empty()) text += " ";
      EXPECT_TRUE(answer.any || !answer.size);
      text += !answer.any ? "-" : answer.size ? std::to_string(*answer.size) : "some";
    }
    return text;
  }

  TlsWatch watch{first_sequence};

 private:
  std::uint32_t next_ = first_sequence;
  PacketIndex packets_ = 0;
};

Octets joined(const std::vector<Octets>& parts) {
  Octets all;
  for (const Octets& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

/// The handshake is over, and records of 100 and 50 bytes were decrypted: the overhead is known.
Wire begun() {
  Wire wire;
  wire.send(record(handshake, 80)).send(record(data, 100));
  EXPECT_EQ(wire.decrypt({}), "");
  wire.send(record(data, 50));
  EXPECT_EQ(wire.decrypt({100, 50}), "- -");
  wire.send(record(data, 70));
  EXPECT_EQ(wire.decrypt({70}), "-");
  return wire;
}

TEST(TlsWatch, WhereAllIsDecryptedNothingIsMissing) {
  Wire wire = begun();
  for (const std::uint32_t size : {0U, 1U, 1000U, 16384U}) {
    wire.send(record(data, size));
    EXPECT_EQ(wire.decrypt({size}), "-");
  }
  EXPECT_EQ(wire.rest(), "-");
}

TEST(TlsWatch, ARecordThatWasNotDecryptedIsMissingInFrontOfTheNext) {
  Wire wire = begun();
  wire.send(joined({record(data, 30), record(data, 40)}));
  EXPECT_EQ(wire.decrypt({40}), "30");
  wire.send(record(data, 10));
  EXPECT_EQ(wire.decrypt({10}), "-");
}

TEST(TlsWatch, HoweverTheRecordsAreCutIntoSegments) {
  const Octets bytes = joined({record(data, 30), record(data, 40), record(data, 5)});
  std::size_t ways = 0;
  for (std::size_t size = 1; size <= bytes.size(); ++size, ++ways) {
    Wire missing = begun();
    missing.send_in(bytes, size);
    EXPECT_EQ(missing.decrypt({40, 5}), "30 -") << size;
    Wire all = begun();
    all.send_in(bytes, size);
    EXPECT_EQ(all.decrypt({30, 40, 5}), "- - -") << size;
  }
  EXPECT_EQ(ways, 75 + 3 * (5 + overhead));
}

TEST(TlsWatch, ARecordCountsOnceItIsWhole) {
  const Octets bytes = joined({record(data, 30), record(data, 40)});
  for (std::size_t cut = 1; cut < bytes.size(); ++cut) {
    Wire wire = begun();
    wire.send({bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(cut)});
    const bool first_whole = cut >= 30 + 5 + overhead;
    EXPECT_EQ(wire.rest(), first_whole ? "30" : "-") << cut;
  }
}

struct Case {
  std::string_view where;
  std::vector<std::uint32_t> sent;
  std::vector<std::uint32_t> decrypted;
  std::string_view told;
  std::string_view rest;
};

TEST(TlsWatch, TheSizeOfWhatIsMissingIsKnownWhereverItIs) {
  const Case cases[] = {
      {"in front", {10, 20, 30}, {20, 30}, "10 -", "-"},
      {"in the middle", {10, 20, 30}, {10, 30}, "- 20", "-"},
      {"at the end", {10, 20, 30}, {10, 20}, "- -", "30"},
      {"two in a row", {10, 20, 30, 40}, {10, 40}, "- 50", "-"},
      {"two by themselves", {10, 20, 30, 40, 50}, {10, 30, 50}, "- 20 40", "-"},
      {"of the same size", {10, 10, 30}, {10, 30}, "- 10", "-"},
      {"an empty one", {10, 0, 30}, {10, 30}, "- 0", "-"},
      {"all", {10, 20}, {}, "", "30"},
  };
  for (const Case& each : cases) {
    Wire wire = begun();
    Octets all;
    for (const std::uint32_t size : each.sent) all = joined({all, record(data, size)});
    wire.send(all);
    EXPECT_EQ(wire.decrypt(each.decrypted), each.told) << each.where;
    EXPECT_EQ(wire.rest(), each.rest) << each.where;
    EXPECT_EQ(wire.rest(), "-") << each.where << ", asked again";
  }
}

TEST(TlsWatch, WhereTheOverheadVariesTheSizeIsNotKnown) {
  Wire wire = begun();
  wire.send(record(data, 10, overhead + 6));  // padding
  EXPECT_EQ(wire.decrypt({10}), "-");
  wire.send(joined({record(data, 30), record(data, 40)}));
  EXPECT_EQ(wire.decrypt({40}), "some");
  wire.send(record(data, 30));
  EXPECT_EQ(wire.rest(), "some");
}

TEST(TlsWatch, WhatWasSaidToBeMissingIsNotSaidAgainOfTheNextRecords) {
  for (const bool overhead_known : {true, false}) {
    Wire wire = begun();
    wire.send(record(data, 10, overhead_known ? overhead : overhead + 6));
    EXPECT_EQ(wire.decrypt({10}), "-");
    wire.send(joined({record(data, 30), record(data, 40)}));
    EXPECT_EQ(wire.decrypt({40}), overhead_known ? "30" : "some");
    wire.send(joined({record(data, 30), record(data, 40)}));
    EXPECT_EQ(wire.decrypt({30, 40}), "- -") << overhead_known;
    EXPECT_EQ(wire.rest(), "-") << overhead_known;
  }
}

TEST(TlsWatch, TheOverheadIsThatOfTheFirstRecordsToo) {
  for (const std::uint32_t each : {17U, 24U, 32U}) {
    Wire wire;
    wire.send(record(data, 100, each));
    EXPECT_EQ(wire.decrypt({100}), "-");
    wire.send(joined({record(data, 30, each), record(data, 40, each)}));
    EXPECT_EQ(wire.decrypt({40}), "30") << each;
  }
}

TEST(TlsWatch, InTls12AnAlertThatIsNotDecryptedIsNoMissingData) {
  Wire wire = begun();
  wire.send(joined({record(data, 30), record(alert, 2)}));
  EXPECT_EQ(wire.decrypt({30}), "-");
  EXPECT_EQ(wire.rest(), "-");
}

TEST(TlsWatch, InTls12ADecryptedAlertIsItsOwnRecord) {
  Wire wire = begun();
  wire.send(joined({record(data, 30), record(alert, 2)}));
  const std::vector<DecryptedRecord> both{{data, 30}, {alert, 2}};
  EXPECT_EQ(Wire::told(wire.watch.account_for(both)), "- -");
  EXPECT_EQ(wire.rest(), "-");
  wire.send(joined({record(data, 30), record(alert, 2)}));
  EXPECT_EQ(wire.decrypt({2}, alert), "30");
}

/// RFC 8446 §5.2: on the wire each is application data, whatever it is inside.
TEST(TlsWatch, InTls13ATicketOrAnAlertIsARecordLikeAllOthers) {
  for (const std::uint8_t inner : {handshake, alert}) {
    Wire wire = begun();
    wire.send(joined({record(data, 200), record(data, 30)}));
    const std::vector<DecryptedRecord> both{{inner, 200}, {data, 30}};
    EXPECT_EQ(Wire::told(wire.watch.account_for(both)), "- -");
    wire.send(record(data, 2));
    EXPECT_EQ(wire.decrypt({2}, inner), "-");
    wire.send(joined({record(data, 60), record(data, 2)}));
    EXPECT_EQ(wire.decrypt({2}, inner), "60");
    EXPECT_EQ(wire.rest(), "-");
  }
}

TEST(TlsWatch, BeforeTheFirstApplicationDataNothingIsJudged) {
  Wire wire;
  wire.send(joined({record(handshake, 80), record(20, 1), record(data, 500), record(data, 300)}));
  EXPECT_EQ(wire.rest(), "-");
  EXPECT_EQ(wire.decrypt({300}, handshake), "-");  // of TLS 1.3's handshake, some without keys
  wire.send(joined({record(data, 50), record(data, 60)}));
  EXPECT_EQ(wire.decrypt({60}), "-");
  wire.send(joined({record(data, 50), record(data, 60)}));
  EXPECT_NE(wire.decrypt({60}), "-");
}

TEST(TlsWatch, WithoutKeysItIsGivenUp) {
  Wire wire;
  for (int i = 0; i < 5000; ++i) wire.send(record(data, 1));
  EXPECT_EQ(wire.rest(), "-");
}

TEST(TlsWatch, AGapInsideARecordHidesNothingBehindIt) {
  const Octets first = record(data, 300);
  Wire wire = begun();
  wire.send({first.begin(), first.begin() + 100}).lose(100).send({first.begin() + 200, first.end()}).acknowledged();
  wire.send(record(data, 40));
  EXPECT_EQ(wire.decrypt({40}), "300");
  wire.send(record(data, 7));
  EXPECT_EQ(wire.decrypt({7}), "-");
}

TEST(TlsWatch, AGapUpToTheEndOfARecordEndsIt) {
  const Octets first = record(data, 300);
  Wire wire = begun();
  wire.send({first.begin(), first.begin() + 100}).lose(first.size() - 100).send(record(data, 40)).acknowledged();
  EXPECT_EQ(wire.decrypt({40}), "300");
}

TEST(TlsWatch, AfterAGapOverAHeaderOnlyThatSomethingIsMissingIsKnown) {
  const Octets first = record(data, 300);
  for (const std::size_t keep : {std::size_t{0}, std::size_t{3}, std::size_t{100}}) {
    Wire wire = begun();
    if (keep != 0) wire.send({first.begin(), first.begin() + static_cast<std::ptrdiff_t>(keep)});
    wire.lose(first.size() - keep + 2).send(record(data, 40)).acknowledged();
    EXPECT_EQ(wire.decrypt({40}), "some") << keep;
    EXPECT_EQ(wire.decrypt({50}), "-") << "said once";
  }
}

TEST(TlsWatch, AtTheEndAGapOverAHeaderIsSomethingOfUnknownSize) {
  Wire wire = begun();
  wire.lose(10).send(record(data, 40)).acknowledged();
  EXPECT_EQ(wire.rest(), "some");
  EXPECT_EQ(wire.rest(), "-");
}

TEST(TlsWatch, SegmentsMayComeInAnyOrderAndTwice) {
  const Octets bytes = joined({record(data, 30), record(data, 40)});
  for (std::size_t cut = 1; cut < bytes.size(); ++cut) {
    TlsWatch watch(first_sequence);
    const auto insert = [&](std::size_t from, std::size_t to) {
      StreamSegment segment;
      segment.sequence = first_sequence + static_cast<std::uint32_t>(from);
      segment.length = static_cast<std::uint32_t>(to - from);
      segment.captured = Bytes(bytes).subspan(from, to - from);
      watch.insert(segment);
    };
    insert(cut, bytes.size());
    insert(cut, bytes.size());
    insert(0, cut);
    insert(0, bytes.size());
    const std::vector<DecryptedRecord> both{{data, 30}, {data, 40}};
    EXPECT_EQ(Wire::told(watch.account_for(both)), "- -");
    EXPECT_EQ(Wire::told({watch.account_for_rest()}), "-") << cut;
  }
}

}  // namespace
}  // namespace websocket
