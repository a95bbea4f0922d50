// SPDX-License-Identifier: GPL-2.0-or-later
/// Messages that are decided at the end of the capture are shown in no packet: they waited behind a hole. Their packets
/// may be forgotten by then (tshark -M), and their frames may be in several.
#include <gtest/gtest.h>

#include "support/feeding.h"

namespace wslens::test {
namespace {

namespace ws = websocket;
namespace wst = websocket::test;

constexpr std::string_view deflate = "Sec-WebSocket-Extensions: permessage-deflate\r\n";

enum class History : std::uint8_t { kept, forgotten };

/// A frame of which `lost` bytes were not captured, and behind them one with `payload`, cut behind `cut` bytes, which
/// nobody acknowledges. Then the capture ends.
void end_behind_a_hole(SessionStore& store, std::string_view payload, wst::FrameOptions options, std::size_t cut,
                       History history) {
  constexpr std::size_t lost = 50;
  wst::Tcp tcp;
  tcp.upgrade(deflate, deflate);
  const wst::ByteVector first = wst::server_frame(ws::Opcode::binary, std::string(100, '\xFF'));
  tcp.send(ws::Role::server, ws::Bytes(first).first(first.size() - lost));
  tcp.lose(ws::Role::server, lost);
  tcp.send_cut(ws::Role::server, wst::frame_of(ws::Role::server, ws::Opcode::text, payload, options), cut);
  ConnectionEntry& entry = *store.add_connection();
  std::uint32_t number = 0;
  for (const wst::Packet& each : tcp.take()) feed(store, entry, ++number, each.segment, each.bytes);
  ASSERT_EQ(store.session_count(), 1U);
  if (history == History::forgotten) store.forget_history([](const ConnectionEntry& each) { return each.name; });
  store.flush();
}

/// Texts that are shown in no packet.
std::string texts_in_no_packet(const SessionStore& store, bool compressed) {
  std::string texts;
  for (FrameIndex i = store.frames_begin(); i != store.frames_end(); ++i) {
    const auto message = store.completed_by(i);
    if (!message || message->type != ws::MessageType::text) continue;
    EXPECT_EQ(message->shown_in, none);
    EXPECT_EQ(message->compressed, compressed);
    texts.append(reinterpret_cast<const char*>(message->data), message->data_size);
  }
  return texts;
}

TEST(MessagesInNoPacket, AreKeptWholeOrCutWithTheirPacketsOrWithout) {
  for (const History history : {History::kept, History::forgotten}) {
    for (const bool compressed : {false, true}) {
      const std::string_view payload = compressed ? std::string_view("\xF2\x48\xCD\xC9\xC9\x07\x00", 7) : "Hello";
      for (std::size_t cut = 0; cut <= 2 + payload.size(); ++cut) {
        SessionStore store{StoreLimits{}};
        end_behind_a_hole(store, payload, {.rsv1 = compressed}, cut, history);
        EXPECT_EQ(texts_in_no_packet(store, compressed), "Hello") << cut;
      }
    }
  }
}

}  // namespace
}  // namespace wslens::test
