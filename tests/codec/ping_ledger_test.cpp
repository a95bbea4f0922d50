// SPDX-License-Identifier: GPL-2.0-or-later
/// RFC 6455 §5.5.2-5.5.3: which Pong answers which Ping, and how long it took.
#include "ping_ledger.h"

#include <gtest/gtest.h>

#include "support/wire.h"

namespace websocket {
namespace {

constexpr Nanoseconds millisecond = 1'000'000;

using Frames = std::vector<FrameIndex>;

struct Desk {
  PingLedger ledger;
  PingStats stats;
  FrameIndex next = 10;

  static Frames frames_of(const PingLedger::Settled& settled) {
    Frames answered;
    for (const PingLedger::Ping& ping : settled.pings) answered.push_back(ping.frame);
    return answered;
  }
  Frames ping(std::string data, Nanoseconds time) {
    const FrameIndex frame = next++;
    return frames_of(ledger.add_ping(stats, {frame, {frame, time}, std::move(data)}));
  }
  Frames pong(std::string data, Nanoseconds time) {
    return frames_of(ledger.add_pong(stats, {99, {99, time}, std::move(data)}));
  }
};

TEST(PingLedger, APongAnswersThePingWhoseDataItRepeats) {
  Desk desk;
  desk.ping("a", 0);
  EXPECT_EQ(desk.pong("a", 3 * millisecond), Frames{10});
  EXPECT_EQ(desk.stats.answered, 1U);
  EXPECT_EQ(desk.stats.round_trips.mean(), 3 * millisecond);
  EXPECT_FALSE(desk.stats.oldest_open.happened());
}

TEST(PingLedger, OnePongMayAnswerSeveralPingsAndTheTimeIsThatOfTheLast) {
  Desk desk;
  for (int i = 0; i < 3; ++i) desk.ping(std::to_string(i), i * 10 * millisecond);
  EXPECT_EQ(desk.pong("1", 25 * millisecond), (Frames{10, 11}));
  EXPECT_EQ(desk.stats.round_trips.count(), 1U);
  EXPECT_EQ(desk.stats.round_trips.most(), 15 * millisecond);
  EXPECT_EQ(desk.stats.oldest_open.packet, 12U);
  EXPECT_EQ(desk.pong("2", 30 * millisecond), Frames{12});
}

TEST(PingLedger, OfEqualPingsTheNewestIsRepeated) {
  Desk desk;
  desk.ping("", 0);
  desk.ping("", 20 * millisecond);
  EXPECT_EQ(desk.pong("", 21 * millisecond), (Frames{10, 11}));
  EXPECT_EQ(desk.stats.round_trips.least(), millisecond);
}

TEST(PingLedger, APongThatRepeatsNoPingIsUnsolicitedAndAnswersNothing) {
  Desk desk;
  EXPECT_TRUE(desk.pong("x", 0).empty());
  desk.ping("a", 0);
  EXPECT_TRUE(desk.pong("A", 1).empty());
  EXPECT_TRUE(desk.pong("", 1).empty());
  EXPECT_EQ(desk.stats.unsolicited_pongs, 3U);
  EXPECT_EQ(desk.stats.answered, 0U);
  EXPECT_EQ(desk.stats.oldest_open.packet, 10U);
}

/// A Ping behind a gap becomes known after its Pong.
TEST(PingLedger, APongMayBecomeKnownBeforeItsPing) {
  Desk desk;
  EXPECT_TRUE(desk.pong("a", 5 * millisecond).empty());
  EXPECT_EQ(desk.ping("a", 2 * millisecond), Frames{10});
  EXPECT_EQ(desk.stats.unsolicited_pongs, 0U);
  EXPECT_EQ(desk.stats.answered, 1U);
  EXPECT_EQ(desk.stats.round_trips.mean(), 3 * millisecond);
  EXPECT_FALSE(desk.stats.oldest_open.happened());
  EXPECT_TRUE(desk.pong("b", 10 * millisecond).empty());
  EXPECT_EQ(desk.ping("b", 12 * millisecond), Frames{11}) << "the capture may hold the two the wrong way round";
  EXPECT_EQ(desk.stats.round_trips.count(), 1U) << "and then nobody knows how long it took";
  EXPECT_TRUE(desk.pong("c", 20 * millisecond).empty());
  EXPECT_TRUE(desk.ping("c", 9020 * millisecond).empty()) << "seconds ahead it is none for it";
}

TEST(PingLedger, KnowsAPongWhoseDataIsNearlyThatOfAPing) {
  const auto nearly = [](std::string ping, std::string pong) {
    PingLedger ledger;
    PingStats stats;
    ledger.add_ping(stats, {1, {1, 0}, std::move(ping)});
    ledger.add_pong(stats, {2, {2, 1}, std::move(pong)});
    return stats.near_ping != no_packet;
  };
  EXPECT_TRUE(nearly("12345678", "1234"));
  EXPECT_TRUE(nearly("1234", "1234\n"));
  EXPECT_FALSE(nearly("1234", "5678"));
  EXPECT_FALSE(nearly("1234", "")) << "a heartbeat of its own";
  EXPECT_FALSE(nearly("", "1234"));
  EXPECT_FALSE(nearly("1234", "1234")) << "that is the answer";
}

TEST(PingLedger, ForgetsANearMissOnceThePingHasItsOwnPong) {
  Desk desk;
  desk.ping("heartbeat 17", 0);
  desk.pong("heartbeat 1", 1);
  EXPECT_EQ(desk.stats.near_ping, 10U);
  desk.pong("heartbeat 17", 2);
  EXPECT_EQ(desk.stats.near_ping, no_packet);
  desk.ping("heartbeat 18", 3);
  desk.pong("heartbeat", 4);
  desk.ping("other", 5);
  desk.pong("other", 6);
  EXPECT_EQ(desk.stats.near_ping, 11U) << "passed over";
}

TEST(PingLedger, KnowsTheIntervalAndItsSpread) {
  Desk desk;
  for (const int at : {0, 10, 20, 40}) desk.ping("p", at * millisecond);
  EXPECT_EQ(desk.stats.intervals.count(), 3U);
  EXPECT_EQ(desk.stats.intervals.least(), 10 * millisecond);
  EXPECT_EQ(desk.stats.intervals.most(), 20 * millisecond);
  EXPECT_NEAR(static_cast<double>(desk.stats.intervals.mean()), 13.333e6, 1e3);
  EXPECT_NEAR(static_cast<double>(desk.stats.intervals.spread()), 4.714e6, 1e3);
}

TEST(PingLedger, GivesUpTheOldestBeyondItsBound) {
  Desk desk;
  for (std::size_t i = 0; i <= PingLedger::most_open; ++i) desk.ping(std::to_string(i), 0);
  EXPECT_EQ(desk.stats.given_up, 1U);
  EXPECT_EQ(desk.stats.oldest_open.packet, 11U);
  EXPECT_TRUE(desk.pong("0", 1).empty());
  EXPECT_EQ(desk.pong(std::to_string(PingLedger::most_open), 1).size(), PingLedger::most_open);
}

}  // namespace
}  // namespace websocket
