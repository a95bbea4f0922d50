// SPDX-License-Identifier: GPL-2.0-or-later
/// A step has a duration only where both of its ends were captured.
#include "latency.h"

#include <gtest/gtest.h>

namespace websocket {
namespace {

Session opened() {
  Session session;
  session.outcome = Outcome::switched;
  session.syn = session.first = {1, 0};
  session.ack = {3, 10};
  session.request_begins = {4, 50};
  session.request_done = {5, 60};
  session.response_done = {6, 160};
  session.first_data = {7, 190};
  return session;
}

std::string described(const Session& session, bool tls) {
  std::string text;
  for (const Latency& each : latencies(session, tls))
    text += std::string(step_name(each.step)) + "=" + std::to_string(each.duration) + " ";
  const auto most = slowest(latencies(session, tls));
  return text + (most ? std::string(step_in_words(*most)) : "none");
}

TEST(Latencies, AreThoseOfEachStepAndTheSlowestIsNamed) {
  EXPECT_EQ(described(opened(), false), "tcp=10 http=100 first_message=30 HTTP answer");
  EXPECT_EQ(described(opened(), true), "tcp=10 tls=40 http=100 first_message=30 HTTP answer");
}

TEST(Latencies, OfWhatWasNotCapturedNothingIsSaid) {
  Session late = opened();
  late.syn = late.ack = {};
  EXPECT_EQ(described(late, true), "http=100 first_message=30 HTTP answer");
  Session refused = opened();
  refused.outcome = Outcome::refused;
  EXPECT_EQ(described(refused, false), "tcp=10 http=100 HTTP answer");
  EXPECT_EQ(described(Session{}, false), "none");
}

TEST(Latencies, OfTcpAndTlsAreThoseOfTheRequestThatTheyWereMadeFor) {
  Session second = opened();  // on the same connection
  second.first = second.request_begins;
  second.first_on_connection = false;
  EXPECT_EQ(described(second, true), "http=100 first_message=30 HTTP answer");
  Session behind_get = opened();  // the first session, but not the first request
  behind_get.first_on_connection = false;
  EXPECT_EQ(described(behind_get, true), "tcp=10 http=100 first_message=30 HTTP answer");
}

TEST(Latencies, AreNeverNegative) {
  Session odd = opened();
  odd.response_done.time = 20;  // the capture's order is not that of its clock
  EXPECT_EQ(described(odd, false), "tcp=10 first_message=170 first message");
}

}  // namespace
}  // namespace websocket
