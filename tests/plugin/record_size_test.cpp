// SPDX-License-Identifier: GPL-2.0-or-later
/// What the store keeps of a capture, measured: it must not grow with the payloads, nor keep them twice.
#include <gtest/gtest.h>
#include <malloc.h>

#include "session_store.h"
#include "support/wire.h"

namespace wslens::test {
namespace {

namespace ws = websocket;
namespace wst = websocket::test;

std::size_t heap() {
  const struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

/// One connection of a store, fed packet after packet.
class Feeder {
 public:
  /// `sender` says everything behind the handshake.
  explicit Feeder(ws::Role sender, const std::string& extensions = {}) : entry_(store_.add_connection()) {
    const std::string field = extensions.empty() ? std::string{} : "Sec-WebSocket-Extensions: " + extensions + "\r\n";
    wst::Tcp tcp;
    tcp.upgrade(field, field);
    next_.data.sequence = tcp.next(sender);
    next_.acknowledgement = tcp.next(ws::other(sender));
    next_.sender = sender == ws::Role::client ? ws::Side::a : ws::Side::b;
    next_.ack = true;
    for (const wst::Packet& packet : tcp.take()) feed(packet.segment, packet.bytes);
  }
  void send(ws::Bytes bytes) {
    next_.data.length = static_cast<std::uint32_t>(bytes.size());
    feed(next_, bytes);
    next_.data.sequence += next_.data.length;
  }
  SessionStore& store() { return store_; }

 private:
  void feed(ws::TcpSegment segment, ws::Bytes bytes) {
    PacketRecord packet;
    packet.number = ++number_;
    packet.file_offset = number_ * 100;
    packet.time = number_ * 1000;
    packet.payload_offset = wst::payload_offset;
    segment.data.captured = bytes;
    segment.data.time = packet.time;
    store_.begin_packet(packet.number, packet.file_offset);
    store_.feed(*entry_, segment, packet);
  }

  SessionStore store_{StoreLimits{}};
  ConnectionEntry* entry_;
  ws::TcpSegment next_;
  std::uint32_t number_ = 0;
};

wst::ByteVector repeated(const wst::ByteVector& frame, std::size_t count) {
  wst::ByteVector all;
  for (std::size_t i = 0; i < count; ++i) all.insert(all.end(), frame.begin(), frame.end());
  return all;
}

constexpr std::size_t frames = 100'000;

std::uint32_t frame_count(SessionStore& store) { return store.frames_end() - store.frames_begin(); }

void expect_cells_only(std::size_t frames_a_packet) {
  const wst::ByteVector packet = repeated(wst::frame_of(ws::Role::server, ws::Opcode::text, std::string(400, 'x'),
                                                        {.mask = ws::MaskingKey{0x37, 0xfa, 0x21, 0x3d}}),
                                          frames_a_packet);
  Feeder feeder(ws::Role::client);
  const std::size_t before = heap();
  for (std::size_t i = 0; i < frames / frames_a_packet; ++i) feeder.send(packet);
  const std::size_t grown = heap() - before;
  ASSERT_EQ(frame_count(feeder.store()), frames);
  EXPECT_TRUE(feeder.store().completed_by(feeder.store().frames_end() - 1)->in_packet);
  const std::size_t allowed = frames * 32 + frames / frames_a_packet * sizeof(PacketRecord);
  EXPECT_LE(grown, allowed + allowed / 10) << frames_a_packet << " frames a packet";
}

TEST(RecordSize, APlainFrameCosts32BytesAndItsPacketARecord) { expect_cells_only(1); }

TEST(RecordSize, FramesThatShareAPacketShareItsRecord) { expect_cells_only(50); }

/// Text that does not deflate to nothing, and is no list of equal lines.
std::string long_text(std::size_t size) {
  std::string text;
  for (std::uint32_t i = 1; text.size() < size; ++i) text += std::to_string(i * 2654435761U) + " ";
  return text.substr(0, size);
}

constexpr std::size_t megabyte = 1 << 20;

/// How much the heap grew for these bytes, in segments of 1460 bytes, and that they made one message.
std::size_t growth(Feeder& feeder, const wst::ByteVector& bytes, std::size_t length) {
  const std::size_t before = heap();
  for (std::size_t at = 0; at < bytes.size(); at += 1460)
    feeder.send(ws::Bytes(bytes).subspan(at, std::min<std::size_t>(1460, bytes.size() - at)));
  const std::size_t grown = heap() - before;
  const auto message = feeder.store().completed_by(feeder.store().frames_end() - 1);
  EXPECT_TRUE(message.has_value() && message->length == length && message->data_size == length);
  return grown;
}

void expect_kept_once(std::size_t grown, std::size_t packets) {
  const std::size_t records = packets * (sizeof(PacketRecord) + sizeof(PieceRecord));
  EXPECT_GE(grown, megabyte);
  EXPECT_LE(grown, megabyte + megabyte / 10 + records);
}

TEST(RecordSize, AMessageOverManyPacketsIsKeptOnce) {
  Feeder feeder(ws::Role::server);
  const auto bytes = wst::server_frame(ws::Opcode::text, long_text(megabyte));
  expect_kept_once(growth(feeder, bytes, megabyte), bytes.size() / 1460 + 1);
}

TEST(RecordSize, AMessageInFragmentsIsKeptOnce) {
  Feeder feeder(ws::Role::server);
  const std::string text = long_text(megabyte);
  const auto bytes = wst::joined({wst::server_frame(ws::Opcode::text, text.substr(0, 700'000), {.fin = false}),
                                  wst::server_frame(ws::Opcode::continuation, text.substr(700'000))});
  expect_kept_once(growth(feeder, bytes, megabyte), bytes.size() / 1460 + 1);
}

TEST(RecordSize, ACompressedMessageIsKeptOnce) {
  Feeder feeder(ws::Role::server, "permessage-deflate");
  wst::Deflater deflater;
  // The first message makes the inflater, whose window stays.
  const auto first = wst::frame(ws::Opcode::text, deflater.message("warm up"), {.rsv1 = true});
  feeder.send(first);
  const auto bytes = wst::frame(ws::Opcode::text, deflater.message(long_text(megabyte)), {.rsv1 = true});
  expect_kept_once(growth(feeder, bytes, megabyte), bytes.size() / 1460 + 1);
}

}  // namespace
}  // namespace wslens::test
