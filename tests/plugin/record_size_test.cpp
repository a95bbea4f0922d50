// SPDX-License-Identifier: GPL-2.0-or-later
/// What the store keeps of a capture, measured: it must not grow with the payloads, nor keep them twice.
#include <gtest/gtest.h>
#include <malloc.h>

#include "support/feeding.h"

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
  void feed(const ws::TcpSegment& segment, ws::Bytes bytes) { test::feed(store_, *entry_, ++number_, segment, bytes); }

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

TEST(RecordSize, ACompressedFrameInOnePacketCostsACellAndItsData) {
  constexpr std::size_t count = 20'000, length = 200;
  Feeder feeder(ws::Role::server, "permessage-deflate");
  wst::Deflater deflater;
  const auto send = [&](const std::string& text) {
    feeder.send(wst::frame(ws::Opcode::text, deflater.message(text), {.rsv1 = true}));
  };
  send("the first makes the inflater");
  std::string text(length, 'x');
  const std::size_t before = heap();
  for (std::size_t i = 0; i < count; ++i) {
    text.replace(0, 6, std::to_string(100'000 + i));
    send(text);
  }
  const std::size_t grown = heap() - before;
  const auto message = feeder.store().completed_by(feeder.store().frames_end() - 1);
  ASSERT_TRUE(message.has_value());
  EXPECT_TRUE(message->compressed && message->data_size == length && message->length == length);
  EXPECT_EQ(std::string(message->data, message->data + message->data_size), text);
  const std::size_t vector = sizeof(std::vector<std::uint8_t>) + sizeof(std::uint64_t) + 2 * sizeof(void*);
  const std::size_t allowed = count * (32 + sizeof(PacketRecord) + vector + length);
  EXPECT_LE(grown, allowed + allowed / 10);
}

// ---- what was shown, and is never read again

/// As tshark's only pass does before each packet.
void send_and_forget(Feeder& feeder, ws::Bytes bytes) {
  feeder.send(bytes);
  if (feeder.store().has_to_forget()) feeder.store().forget_shown();
}

TEST(RecordSize, OfWhatWasShownOnlyItsNumberStays) {
  Feeder feeder(ws::Role::client);
  const auto text = wst::client_frame(ws::Opcode::text, std::string(400, 'x'));
  // In two packets, so that it is no plain one.
  const auto first_half = ws::Bytes(text).first(100), second_half = ws::Bytes(text).subspan(100);
  send_and_forget(feeder, text);
  const PacketIndex early = feeder.store().packets_end() - 1;
  const std::uint32_t number = feeder.store().packet(early).number;
  const std::size_t before = heap();
  for (std::size_t i = 0; i < 10'000; ++i) {
    send_and_forget(feeder, text);
    send_and_forget(feeder, first_half);
    send_and_forget(feeder, second_half);
  }
  EXPECT_LE(heap() - before, std::size_t{512} * 1024);
  EXPECT_FALSE(feeder.store().has_packet(early));
  EXPECT_EQ(feeder.store().number_of(early), number);
  EXPECT_EQ(feeder.store().link(early), number);
  EXPECT_EQ(feeder.store().session(0).session.end(ws::Role::client).messages, 20'001U);
}

TEST(RecordSize, WhatIsUnderWayIsNotForgotten) {
  Feeder feeder(ws::Role::server);
  const auto ping = wst::server_frame(ws::Opcode::ping, "still there?");
  send_and_forget(feeder, wst::server_frame(ws::Opcode::text, "begun ", {.fin = false}));
  const FrameIndex begun = feeder.store().frames_end() - 1;
  for (std::size_t i = 0; i < 1000; ++i) send_and_forget(feeder, ping);
  ASSERT_TRUE(feeder.store().has_frame(begun));
  send_and_forget(feeder, wst::server_frame(ws::Opcode::continuation, "and ended"));
  const FrameIndex last = feeder.store().frames_end() - 1;
  EXPECT_EQ(feeder.store().frame(last).previous_fragment, begun);
  EXPECT_EQ(feeder.store().completed_by(last)->length, std::string("begun and ended").size());
  for (std::size_t i = 0; i < 1000; ++i) send_and_forget(feeder, ping);
  EXPECT_FALSE(feeder.store().has_frame(begun));
}

TEST(RecordSize, WhoReadsTheHistoryKeepsIt) {
  Feeder feeder(ws::Role::server);
  const auto ping = wst::server_frame(ws::Opcode::ping, "still there?");
  for (std::size_t i = 0; i < 1000; ++i) feeder.send(ping);
  ASSERT_TRUE(feeder.store().has_to_forget());
  feeder.store().keep_history();
  EXPECT_FALSE(feeder.store().has_to_forget());
}

TEST(RecordSize, NumbersWithoutStepsAreOneRun) {
  NumberRuns runs;
  for (PacketIndex i = 10; i < 1000; ++i) runs.add(i, i + (i < 500 ? 7 : 8));
  for (PacketIndex i = 10; i < 1000; ++i) EXPECT_EQ(runs.find(i), i + (i < 500 ? 7 : 8));
  EXPECT_EQ(runs.find(9), 0U);
  EXPECT_EQ(runs.find(1000), 0U);
}

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
