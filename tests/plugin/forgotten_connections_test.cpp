// SPDX-License-Identifier: GPL-2.0-or-later
/// Which connections the store keeps when Wireshark begins anew (tshark -M): those that are looked at again, no others.
#include <gtest/gtest.h>

#include "support/feeding.h"

namespace wslens::test {
namespace {

namespace ws = websocket;
namespace wst = websocket::test;

class ForgottenConnections : public testing::Test {
 protected:
  ConnectionEntry& connection() { return *store_.add_connection(); }
  void feed(ConnectionEntry& entry, wst::Tcp& tcp) {
    for (const wst::Packet& each : tcp.take()) test::feed(store_, entry, ++number_, each.segment, each.bytes);
  }
  std::size_t left() {
    store_.forget_history([](const ConnectionEntry& entry) { return entry.name; });
    return store_.connection_count();
  }

  SessionStore store_{StoreLimits{}};
  ws::Limits limits_;
  std::uint32_t number_ = 0;
};

TEST_F(ForgottenConnections, OneWithoutAWebSocketGoes) {
  connection();
  EXPECT_EQ(left(), 0U);
}

TEST_F(ForgottenConnections, OneThatASessionNamesStays) {
  ConnectionEntry& entry = connection();
  wst::Tcp tcp;
  tcp.upgrade();
  feed(entry, tcp);
  EXPECT_EQ(left(), 1U);
  entry.connection = ws::Connection(store_, limits_);  // another SYN: it carries another connection now
  EXPECT_EQ(left(), 1U);
  EXPECT_EQ(store_.session(0).connection, &entry);
}

TEST_F(ForgottenConnections, TheOneAroundADecryptedOneStaysWithIt) {
  ConnectionEntry& around = connection();
  ConnectionEntry& decrypted = connection();
  decrypted.around = &around;
  wst::Tcp tcp;
  tcp.upgrade();
  feed(decrypted, tcp);
  EXPECT_EQ(left(), 2U);
}

TEST_F(ForgottenConnections, ADecryptedOneWithoutAWebSocketGoesWithTheOneAround) {
  ConnectionEntry& around = connection();
  connection().around = &around;
  EXPECT_EQ(left(), 0U);
}

}  // namespace
}  // namespace wslens::test
