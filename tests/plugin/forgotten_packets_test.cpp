// SPDX-License-Identifier: GPL-2.0-or-later
/// What Wireshark's beginning anew (tshark -M) leaves of bytes that were waiting: messages without a packet to be in.
#include <gtest/gtest.h>

#include "support/feeding.h"

namespace wslens::test {
namespace {

namespace ws = websocket;
namespace wst = websocket::test;

constexpr std::string_view deflate = "Sec-WebSocket-Extensions: permessage-deflate\r\n";

/// A frame of which `lost` bytes were not captured, and behind them one with `payload`, which nobody acknowledges. Then
/// all packets are forgotten, and the capture ends.
void end_behind_a_hole(SessionStore& store, std::string_view payload, wst::FrameOptions options) {
  constexpr std::size_t lost = 50;
  ws::test::Tcp tcp;
  tcp.upgrade(deflate, deflate);
  const wst::ByteVector first = wst::server_frame(ws::Opcode::binary, std::string(100, '\xFF'));
  tcp.send(ws::Role::server, ws::Bytes(first).first(first.size() - lost));
  tcp.lose(ws::Role::server, lost);
  tcp.send(ws::Role::server, wst::frame_of(ws::Role::server, ws::Opcode::text, payload, options));
  ConnectionEntry& entry = *store.add_connection();
  std::uint32_t number = 0;
  for (const wst::Packet& each : tcp.take()) feed(store, entry, ++number, each.segment, each.bytes);
  ASSERT_EQ(store.session_count(), 1U);
  store.forget_history([](const ConnectionEntry& each) { return each.name; });
  store.flush();
}

TEST(ForgottenPackets, AMessageOfTheirsIsInNone) {
  for (const bool compressed : {false, true}) {
    SessionStore store{StoreLimits{}};
    const std::string_view payload = compressed ? std::string_view("\xF2\x48\xCD\xC9\xC9\x07\x00", 7) : "Hello";
    end_behind_a_hole(store, payload, {.rsv1 = compressed});
    std::string texts;
    for (FrameIndex i = store.frames_begin(); i != store.frames_end(); ++i) {
      const auto message = store.completed_by(i);
      if (!message || message->type != ws::MessageType::text) continue;
      EXPECT_EQ(message->shown_in, none);
      EXPECT_EQ(message->compressed, compressed);
      texts.append(reinterpret_cast<const char*>(message->data), message->data_size);
    }
    EXPECT_EQ(texts, "Hello");
  }
}

}  // namespace
}  // namespace wslens::test
