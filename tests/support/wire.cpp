// SPDX-License-Identifier: GPL-2.0-or-later
#include "support/wire.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <regex>
#include <set>
#include <utility>

#include "accept_key.h"
#include "masking.h"

namespace websocket::test {
namespace {

/// Never twice in a row, and not to be foretold by MaskingWatch.
MaskingKey fresh_mask() {
  static std::uint32_t state = 0x37FA213D;  // RFC 6455 §5.7
  state = state * 1664525U + 1013904223U;
  MaskingKey key;
  for (std::size_t i = 0; i < key.size(); ++i) key[i] = static_cast<std::uint8_t>(state >> (8 * i));
  return key;
}

constexpr std::array<std::string_view, 16> mark_names{
    "syn", "syn_ack",  "handshake_ack", "request", "response", "data",     "closing", "fin",
    "rst", "last_ack", "repeated",      "waiting", "early",    "unframed", "member",  "cut"};

std::string quoted(Bytes bytes) { return "\"" + std::string(as_text(bytes)) + "\""; }

std::string outcome_name(Outcome outcome) {
  static constexpr std::array<std::string_view, 5> names{"waiting", "switched", "refused", "not_http", "not_captured"};
  return std::string(names.at(static_cast<std::size_t>(outcome)));
}

std::string describe_end(const EndOfSession& end) {
  std::string text = std::to_string(end.messages) + " messages of " + std::to_string(end.bytes) + " bytes";
  if (end.close.moment.happened()) {
    text += ", close " + (end.close.code ? std::to_string(*end.close.code) : "without code") + " \"" +
            end.close.reason + "\"" + (end.close.body_known ? "" : " body unknown");
  }
  if (end.fin.happened()) text += ", fin";
  if (end.lost != 0) text += ", lost " + std::to_string(end.lost);
  if (end.unframed != 0) text += ", unframed " + std::to_string(end.unframed);
  if (end.framing_lost) text += ", framing lost";
  if (end.early_data) text += ", early data";
  if (end.unfinished_message) text += ", unfinished message";
  return text + "\n";
}

}  // namespace

ByteVector joined(std::initializer_list<ByteVector> parts) {
  ByteVector all;
  for (const ByteVector& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

// ---- frames

ByteVector frame(Opcode opcode, Bytes payload, const FrameOptions& options) {
  FrameHeader header;
  header.fin = options.fin;
  header.rsv1 = options.rsv1;
  header.rsv2 = options.rsv2;
  header.rsv3 = options.rsv3;
  header.opcode = opcode;
  header.masked = options.mask.has_value();
  header.masking_key = options.mask.value_or(MaskingKey{});
  header.payload_length = options.claimed_length.value_or(payload.size());
  ByteVector bytes(max_frame_header_size);
  bytes.resize(encode_frame_header(header, bytes));
  const auto header_size = bytes.size();
  bytes.insert(bytes.end(), payload.begin(), payload.end());
  if (header.masked) apply_mask(MutableBytes(bytes).subspan(header_size), header.masking_key, 0);
  return bytes;
}

ByteVector frame_of(Role sender, Opcode opcode, std::string_view payload, FrameOptions options) {
  if (sender == Role::client && !options.mask) options.mask = fresh_mask();
  return frame(opcode, as_bytes(payload), options);
}

ByteVector client_frame(Opcode opcode, std::string_view payload, const FrameOptions& options) {
  return frame_of(Role::client, opcode, payload, options);
}

ByteVector server_frame(Opcode opcode, std::string_view payload, const FrameOptions& options) {
  return frame_of(Role::server, opcode, payload, options);
}

ByteVector close_frame(Role sender, std::uint16_t code, std::string_view reason) {
  std::string body{static_cast<char>(code >> 8), static_cast<char>(code & 0xFF)};
  return frame_of(sender, Opcode::close, body.append(reason));
}

// ---- compressed messages

struct Deflater::Zlib {
  z_stream stream{};
};

void Deflater::FreeZlib::operator()(Zlib* zlib) const {
  deflateEnd(&zlib->stream);
  delete zlib;
}

Deflater::Deflater(const DeflaterOptions& options) : context_takeover_(options.context_takeover), zlib_(new Zlib) {
  constexpr int memory_level = 8;
  if (deflateInit2(&zlib_->stream, options.level, Z_DEFLATED, -options.window_bits, memory_level, options.strategy) !=
      Z_OK)
    std::abort();
}

ByteVector Deflater::deflate_all(Bytes plain, int flush) {
  z_stream& stream = zlib_->stream;
  stream.next_in = const_cast<Bytef*>(plain.data());  // zlib only reads it
  stream.avail_in = static_cast<uInt>(plain.size());
  ByteVector made;
  std::array<std::uint8_t, 65536> block;  // NOLINT: filled before it is read
  do {
    stream.next_out = block.data();
    stream.avail_out = static_cast<uInt>(block.size());
    deflate(&stream, flush);
    made.insert(made.end(), block.begin(), block.end() - stream.avail_out);
  } while (stream.avail_out == 0);
  return made;
}

ByteVector Deflater::with_tail(Bytes plain) {
  if (!context_takeover_) deflateReset(&zlib_->stream);
  // zlib does not flush twice in a row. This is the empty block that it would write.
  if (plain.empty()) return {0x00, 0x00, 0x00, 0xFF, 0xFF};
  return deflate_all(plain, Z_SYNC_FLUSH);
}

ByteVector Deflater::message(Bytes plain) {
  ByteVector payload = with_tail(plain);
  const ByteVector tail{0x00, 0x00, 0xFF, 0xFF};
  if (payload.size() <= tail.size() || !std::equal(tail.begin(), tail.end(), payload.end() - 4)) std::abort();
  payload.resize(payload.size() - tail.size());
  return payload;
}

ByteVector Deflater::final_block(Bytes plain) {
  if (!context_takeover_) deflateReset(&zlib_->stream);
  ByteVector payload = deflate_all(plain, Z_FINISH);
  std::array<Bytef, 32768> window;  // NOLINT: filled before it is read
  uInt size = 0;
  deflateGetDictionary(&zlib_->stream, window.data(), &size);
  deflateReset(&zlib_->stream);
  deflateSetDictionary(&zlib_->stream, window.data(), size);
  return payload;
}

// ---- the opening handshake

std::string upgrade_request(std::string_view more_fields, std::string_view key) {
  return std::string("GET /chat HTTP/1.1\r\nHost: example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n")
      .append("Sec-WebSocket-Key: ")
      .append(key)
      .append("\r\nSec-WebSocket-Version: 13\r\n")
      .append(more_fields)
      .append("\r\n");
}

std::string upgrade_response(std::string_view more_fields, std::string_view key) {
  return std::string("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n")
      .append("Sec-WebSocket-Accept: ")
      .append(accept_value(key))
      .append("\r\n")
      .append(more_fields)
      .append("\r\n");
}

// ---- TCP

Packet& Tcp::add(Role sender, Bytes bytes) {
  Packet packet;
  std::uint32_t& next = next_[static_cast<std::size_t>(sender)];
  packet.segment.sender = sender == Role::client ? Side::a : Side::b;
  packet.segment.ack = true;
  packet.segment.acknowledgement = next_[static_cast<std::size_t>(other(sender))];
  packet.segment.data.sequence = next;
  packet.segment.data.length = static_cast<std::uint32_t>(bytes.size());
  packet.segment.data.packet_offset = payload_offset;
  packet.bytes.assign(bytes.begin(), bytes.end());
  next += packet.segment.data.length;
  return packets_.emplace_back(std::move(packet));
}

Tcp& Tcp::syn() {
  TcpSegment& segment = add(Role::client).segment;
  segment.syn = true;
  segment.ack = false;
  segment.acknowledgement = 0;
  ++next_[0];
  return *this;
}

Tcp& Tcp::syn_ack() {
  add(Role::server).segment.syn = true;
  ++next_[1];
  return *this;
}

Tcp& Tcp::ack(Role sender) {
  add(sender);
  return *this;
}

Tcp& Tcp::fin(Role sender) {
  add(sender).segment.fin = true;
  ++next_[static_cast<std::size_t>(sender)];
  return *this;
}

Tcp& Tcp::rst(Role sender) {
  add(sender).segment.rst = true;
  return *this;
}

Tcp& Tcp::segments_of(std::size_t size) {
  segment_size_ = size;
  return *this;
}

Tcp& Tcp::send(Role sender, Bytes bytes) {
  while (!bytes.empty()) {
    const std::size_t size = std::min(segment_size_, bytes.size());
    add(sender, bytes.first(size));
    bytes = bytes.subspan(size);
  }
  return *this;
}

Tcp& Tcp::send_cut(Role sender, Bytes bytes, std::size_t cut) {
  return send(sender, bytes.first(cut)).send(sender, bytes.subspan(cut));
}

Tcp& Tcp::lose(Role sender, std::size_t bytes) {
  next_[static_cast<std::size_t>(sender)] += static_cast<std::uint32_t>(bytes);
  return *this;
}

Tcp& Tcp::again() {
  packets_.push_back(Packet(packets_.back()));
  return *this;
}

Tcp& Tcp::upgrade(std::string_view request_fields, std::string_view response_fields) {
  return open()
      .send(Role::client, upgrade_request(request_fields))
      .send(Role::server, upgrade_response(response_fields));
}

void cut_by_snapshot(Packet& packet, std::size_t captured) { packet.bytes.resize(captured); }

// ---- what comes out

bool CollectingRecorder::may_open_session() { return true; }

Session& CollectingRecorder::open_session() {
  Session& session = sessions.emplace_back();
  session.number = static_cast<std::uint32_t>(sessions.size());
  return session;
}

void CollectingRecorder::mark(const Session& session, PacketIndex packet, Mark mark) {
  EXPECT_NE(packet, no_packet);
  marks[{session.number, packet}] |= static_cast<unsigned>(mark);
}

/// The same as in several calls.
FrameIndex CollectingRecorder::add_plain_frame(const Session& session, Role sender, const PlainFrame& plain) {
  const auto size = static_cast<std::uint32_t>(plain.header.size + plain.header.payload_length);
  const FrameIndex index = begin_frame(session, sender);
  frames.at(index).plain = true;
  add_piece(index, {plain.packet, plain.packet_offset, size, 0, false});
  set_header(index, plain.header, {});
  end_frame(index, {plain.header, {}, plain.packet, no_frame, 0});
  Message message;
  message.type = plain.type;
  message.sender = sender;
  message.trust = plain.trust;
  message.in_packet = true;
  message.heartbeat = plain.heartbeat;
  message.number = plain.number;
  message.fragments = 1;
  message.length = plain.header.payload_length;
  message.wire_length = size;
  message.first_packet = message.last_packet = message.shown_in = plain.packet;
  message.first_time = message.last_time = times.at(plain.packet);
  add_message(session, index, std::move(message));
  return index;
}

void CollectingRecorder::add_pong(const Session&, const PongSeen& pong) { pongs.push_back(pong); }

FrameIndex CollectingRecorder::begin_frame(const Session& session, Role sender) {
  SeenFrame& seen = frames.emplace_back();
  seen.session = session.number;
  seen.sender = sender;
  return static_cast<FrameIndex>(frames.size() - 1);
}

void CollectingRecorder::add_piece(FrameIndex index, const Piece& piece) {
  SeenFrame& seen = frames.at(index);
  EXPECT_FALSE(seen.done.has_value());
  EXPECT_GT(piece.length, 0U);
  const std::uint64_t so_far = seen.pieces.empty() ? 0 : seen.pieces.back().frame_offset + seen.pieces.back().length;
  EXPECT_GE(piece.frame_offset, so_far);
  if (!seen.header) {
    EXPECT_EQ(piece.frame_offset, so_far);
  }
  seen.pieces.push_back(piece);
}

void CollectingRecorder::set_header(FrameIndex index, const FrameHeader& header, const ViolationSet&) {
  SeenFrame& seen = frames.at(index);
  EXPECT_FALSE(seen.header.has_value());
  EXPECT_FALSE(seen.done.has_value());
  seen.header = header;
}

void CollectingRecorder::end_frame(FrameIndex index, const FrameDone& done) {
  SeenFrame& seen = frames.at(index);
  EXPECT_FALSE(seen.done.has_value());
  EXPECT_EQ(seen.header, done.header);
  std::uint64_t size = done.lost;
  for (const Piece& piece : seen.pieces) size += piece.length;
  EXPECT_EQ(size, done.header.size + done.header.payload_length);
  seen.done = done;
}

void CollectingRecorder::add_finding(const Session& session, PacketIndex packet, Finding finding, Role in,
                                     std::uint64_t) {
  const auto same = [&](const FindingMet& met) { return met.finding == finding && met.in == in; };
  EXPECT_TRUE(std::any_of(session.findings.begin(), session.findings.end(), same));
  findings.emplace_back(packet, finding);
}

void CollectingRecorder::add_message(const Session& session, FrameIndex last_frame, Message&& message) {
  EXPECT_TRUE(frames.at(last_frame).done.has_value());
  std::uint32_t fragments = 0;
  std::uint64_t wire_length = 0;
  for (FrameIndex index = last_frame; index != no_frame; index = frames.at(index).done->previous_fragment) {
    const SeenFrame& seen = frames.at(index);
    wire_length += seen.header->size + seen.header->payload_length;
    ++fragments;
  }
  EXPECT_EQ(fragments, message.fragments);
  EXPECT_EQ(wire_length, message.wire_length);
  messages.push_back({session.number, last_frame, std::move(message)});
}

std::string Recording::marks(PacketIndex packet, std::uint32_t session) const {
  const auto found = recorder.marks.find({session, packet});
  std::string names;
  for (std::size_t bit = 0; found != recorder.marks.end() && bit < mark_names.size(); ++bit) {
    if ((found->second & 1U << bit) != 0) names.append(names.empty() ? "" : " ").append(mark_names[bit]);
  }
  return names;
}

std::vector<const CollectingRecorder::SeenMessage*> Recording::messages(Role sender, std::uint32_t session) const {
  std::vector<const CollectingRecorder::SeenMessage*> found;
  for (const CollectingRecorder::SeenMessage& seen : recorder.messages) {
    if (seen.session == session && seen.message.sender == sender) found.push_back(&seen);
  }
  return found;
}

ByteVector Recording::payload(FrameIndex index) const {
  const CollectingRecorder::SeenFrame& seen = recorder.frames.at(index);
  const FrameHeader header = seen.header.value_or(FrameHeader{});
  ByteVector all;
  for (const Piece& piece : seen.pieces) {
    const Bytes packet = packets.at(piece.packet - 1).bytes;
    const Bytes in_packet = packet.subspan(piece.packet_offset - payload_offset, piece.length);
    const std::uint64_t skip =
        std::min<std::uint64_t>(piece.length, piece.frame_offset < header.size ? header.size - piece.frame_offset : 0);
    ByteVector bytes(in_packet.begin() + static_cast<std::ptrdiff_t>(skip), in_packet.end());
    if (header.masked) apply_mask(bytes, header.masking_key, piece.frame_offset + skip - header.size);
    all.insert(all.end(), bytes.begin(), bytes.end());
  }
  return all;
}

ByteVector Recording::wire_bytes(const CollectingRecorder::SeenMessage& seen) const {
  ByteVector all;
  for (FrameIndex index = seen.last_frame; index != no_frame;
       index = recorder.frames.at(index).done->previous_fragment) {
    const ByteVector part = payload(index);
    all.insert(all.begin(), part.begin(), part.end());
  }
  return all;
}

ByteVector Recording::bytes(const CollectingRecorder::SeenMessage& seen) const {
  return seen.message.in_packet ? wire_bytes(seen) : seen.message.data;
}

std::string Recording::lines(Role sender, std::uint32_t session) const {
  std::string text;
  for (const CollectingRecorder::SeenMessage* seen : messages(sender, session)) {
    const Message& message = seen->message;
    text += message_type_name(message.type);
    if (is_data(message.type)) text += "#" + std::to_string(message.number);
    text += " " + quoted(bytes(*seen)) + " " + std::string(trust_name(message.trust));
    if (message.lost != 0) text += " lost " + std::to_string(message.lost);
    if (message.fragments != 1) text += " in " + std::to_string(message.fragments);
    text += "\n";
  }
  return text;
}

namespace {

/// Where nothing was lost or compressed, what the message says and what its pieces in the packets say is the same.
void expect_data_is_on_the_wire(const Recording& recording) {
  for (const CollectingRecorder::SeenMessage& seen : recording.recorder.messages) {
    const Message& message = seen.message;
    EXPECT_EQ(message.trust == Trust::truncated, message.lost != 0 && message.trust != Trust::undecodable);
    if (message.in_packet) {
      EXPECT_TRUE(message.data.empty());
      EXPECT_EQ(message.first_packet, message.last_packet);
      EXPECT_EQ(message.shown_in, message.last_packet);
    }
    EXPECT_FALSE(message.compressed && message.in_packet);
    if (message.lost != 0 || message.compressed || message.trust == Trust::undecodable) continue;
    const ByteVector wire = recording.wire_bytes(seen);
    EXPECT_EQ(message.length, wire.size());
    if (message.data_cut) {
      EXPECT_TRUE(std::equal(message.data.begin(), message.data.end(), wire.begin()));
      EXPECT_EQ(message.sha256, sha256_of(wire));
    } else if (!message.in_packet) {
      EXPECT_EQ(message.data, wire);
    }
  }
}

enum class Passing : std::uint8_t { asked, never };

Recording feed(Capture capture, const Limits& limits, bool believe, Passing passing) {
  Recording recording;
  recording.packets = std::move(capture);
  Connection connection(recording.recorder, limits);
  if (believe) connection.believe();
  PacketIndex number = 0;
  for (const Packet& packet : recording.packets) {
    const ByteVector short_lived = packet.bytes;
    TcpSegment segment = packet.segment;
    segment.data.captured = short_lived;
    segment.data.packet = ++number;
    recording.recorder.times[number] = segment.data.time;
    const bool passes = passing == Passing::asked && connection.pass_by(segment);
    recording.referred_to.push_back(!passes && connection.advance(segment));
  }
  connection.flush();
  recording.client = connection.client();
  return recording;
}

/// A segment that passes by leaves what it would leave if it were looked at.
void expect_same(const Recording& recording, const Recording& looked_at) {
  EXPECT_EQ(recording.referred_to, looked_at.referred_to);
  EXPECT_EQ(recording.client, looked_at.client);
  EXPECT_EQ(recording.recorder.marks, looked_at.recorder.marks);
  EXPECT_EQ(recording.recorder.findings, looked_at.recorder.findings);
  EXPECT_EQ(recording.recorder.frames.size(), looked_at.recorder.frames.size());
  EXPECT_EQ(recording.recorder.messages.size(), looked_at.recorder.messages.size());
  ASSERT_EQ(recording.session_count(), looked_at.session_count());
  for (std::uint32_t number = 1; number <= recording.session_count(); ++number) {
    const Session& session = recording.session(number);
    EXPECT_EQ(session.first_on_connection, looked_at.session(number).first_on_connection);
    EXPECT_EQ(session.outcome, looked_at.session(number).outcome);
  }
}

}  // namespace

Recording replay(Capture capture, const Limits& limits, bool believe) {
  const Recording looked_at = feed(capture, limits, believe, Passing::never);
  Recording recording = feed(std::move(capture), limits, believe, Passing::asked);
  expect_same(recording, looked_at);
  expect_data_is_on_the_wire(recording);
  return recording;
}

Recording play(Capture capture, const Limits& limits, Nanoseconds step) {
  PacketIndex number = 0;
  for (Packet& packet : capture) packet.segment.data.time = ++number * step;
  return replay(std::move(capture), limits);
}

std::string verdict_of(const Session& session) { return verdict(session, PlainNumbers()); }

std::string rules_of(const Session& session) {
  std::set<std::string> rules;
  for (const RuleBroken& broken : all_rules(session, std::nullopt)) {
    const RuleInfo& info = rule_info(broken.rule);
    if (info.severity == Severity::note || (broken.of_session && info.phase == Phase::closing)) continue;
    rules.insert(std::string(role_name(broken.by)) + " " + std::string(rule_info(broken.rule).id) + " x" +
                 std::to_string(broken.count));
  }
  std::string text;
  for (const std::string& rule : rules) text += (text.empty() ? "" : ", ") + rule;
  return text;
}

std::string describe(const Recording& recording) {
  static const std::regex when(" after [0-9.e+-]+ m?s|\\(packet [0-9]+\\)");
  std::string text;
  for (const Session& session : recording.recorder.sessions) {
    text += outcome_name(session.outcome) + " " + std::string(session_state_name(session_state(session))) + " " +
            std::string(trust_name(session.trust)) + (session.last_ack.happened() ? " last ack" : "") + "\n";
    text += std::regex_replace(verdict_of(session), when, "") + "\nrules: " + rules_of(session) + "\n";
    for (const Role sender : {Role::client, Role::server}) {
      text += std::string(role_name(sender)) + ": " + describe_end(session.end(sender));
      text += recording.lines(sender, session.number);
    }
  }
  return text;
}

}  // namespace websocket::test
