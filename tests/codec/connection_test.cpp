// SPDX-License-Identifier: GPL-2.0-or-later
/// Connection from end to end, and with it Attempt and Direction: a capture in, sessions and messages out.
#include "connection.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "deflate_data.h"
#include "support/bytes.h"
#include "support/wire.h"

namespace websocket {
namespace {

using test::bytes_of;
using test::ByteVector;
using test::Capture;
using test::client_frame;
using test::close_frame;
using test::describe;
using test::frame_of;
using test::FrameOptions;
using test::joined;
using test::Packet;
using test::Pieces;
using test::play;
using test::Recording;
using test::rules_of;
using test::server_frame;
using test::Tcp;
using test::upgrade_request;
using test::upgrade_response;
using test::verdict_of;

constexpr Role client = Role::client;
constexpr Role server = Role::server;
constexpr FrameOptions part{.fin = false};
constexpr std::string_view get = "GET / HTTP/1.1\r\nHost: example.com\r\n\r\n";
constexpr std::string_view ok_response = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";
constexpr std::string_view refusal = "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n";

#define EXPECT_SAYS(sentence, phrase) EXPECT_NE((sentence).find(phrase), std::string::npos) << (sentence)

Recording played(Tcp& tcp) { return play(tcp.take()); }

/// The marks of a packet. `member` is left out unless it is all that is said.
std::string marks(const Recording& recording, PacketIndex packet, std::uint32_t session = 1) {
  std::string names = recording.marks(packet, session);
  constexpr std::string_view member = " member";
  if (const auto at = names.find(member); at != std::string::npos) names.erase(at, member.size());
  return names;
}

// ---- the whole conversation, however it is cut

struct Turn {
  Role sender;
  ByteVector bytes;
};
using Cutter = std::function<Pieces(std::size_t turn, Bytes bytes)>;

std::vector<Turn> conversation() {
  return {
      {client, bytes_of(upgrade_request())},
      {server, bytes_of(upgrade_response())},
      {client, client_frame(Opcode::text, "Hello")},
      {server,
       joined({server_frame(Opcode::binary, std::string(130, '\x80')), server_frame(Opcode::text, "Gr\xC3\xBC")})},
      {client, joined({client_frame(Opcode::text, "first-", part), client_frame(Opcode::continuation, "")})},
      {client, joined({client_frame(Opcode::text, "\xE2", part), client_frame(Opcode::ping, "?"),
                       client_frame(Opcode::continuation, "", part), client_frame(Opcode::continuation, "\x82\xAC")})},
      {server, joined({server_frame(Opcode::text, "", part), server_frame(Opcode::pong, "?"),
                       server_frame(Opcode::continuation, "end"), server_frame(Opcode::text, "\xFF")})},
      {client, close_frame(client, 1000, "bye")},
      {server, close_frame(server, 1000, "bye")},
  };
}

const std::string expected_conversation =
    "switched closed exact last ack\n"
    "Closed cleanly: the client began the closing handshake, with code 1000 (Normal Closure) and reason \"bye\", and "
    "the "
    "server answered the same. Both programs report 1000.\n"
    "rules: server text-not-utf8 x1\n"
    "client: 3 messages of 14 bytes, close 1000 \"bye\", fin\n"
    "text#1 \"Hello\" exact\n"
    "text#2 \"first-\" exact in 2\n"
    "ping \"?\" exact\n"
    "text#3 \"\xE2\x82\xAC\" exact in 3\n"
    "close \"\x03\xE8"
    "bye\" exact\n"
    "server: 4 messages of 138 bytes, close 1000 \"bye\", fin\n"
    "binary#1 \"" +
    std::string(130, '\x80') +
    "\" exact\n"
    "text#2 \"Gr\xC3\xBC\" exact\n"
    "pong \"?\" exact\n"
    "text#3 \"end\" exact in 2\n"
    "text#4 \"\xFF\" exact\n"
    "close \"\x03\xE8"
    "bye\" exact\n";

Capture conversation_in(const Cutter& cut) {
  Tcp tcp;
  tcp.open();
  const std::vector<Turn> turns = conversation();
  for (std::size_t turn = 0; turn < turns.size(); ++turn) {
    for (const Bytes piece : cut(turn, turns[turn].bytes)) tcp.send(turns[turn].sender, piece);
    tcp.ack(other(turns[turn].sender));
  }
  tcp.close(server);
  return tcp.take();
}

Pieces whole(std::size_t, Bytes bytes) { return {bytes}; }
Pieces single_bytes(std::size_t, Bytes bytes) { return test::byte_by_byte(bytes); }

TEST(EverySplit, WholeTurnsGiveTheExpectedSession) {
  EXPECT_EQ(describe(play(conversation_in(whole))), expected_conversation);
}

TEST(EverySplit, OneByteInEachSegment) {
  EXPECT_EQ(describe(play(conversation_in(single_bytes))), expected_conversation);
}

/// Calls `check` with the conversation cut at each position of each turn.
std::size_t each_cut(const std::function<void(const Capture&, std::size_t first_piece)>& check) {
  std::size_t ways = 0;
  const std::vector<Turn> turns = conversation();
  for (std::size_t turn = 0; turn < turns.size(); ++turn) {
    for (std::size_t at = 1; at < turns[turn].bytes.size(); ++at, ++ways) {
      SCOPED_TRACE("turn " + std::to_string(turn) + " cut at " + std::to_string(at));
      const Capture capture = conversation_in([&](std::size_t index, Bytes bytes) {
        return index == turn ? Pieces{bytes.first(at), bytes.subspan(at)} : Pieces{bytes};
      });
      check(capture, 3 + 2 * turn);
    }
  }
  return ways;
}

TEST(EverySplit, CutAtEachPosition) {
  std::size_t positions = 0;
  for (const Turn& turn : conversation()) positions += turn.bytes.size() - 1;
  const std::size_t ways =
      each_cut([](const Capture& capture, std::size_t) { EXPECT_EQ(describe(play(capture)), expected_conversation); });
  EXPECT_EQ(ways, positions);
}

TEST(EverySplit, CutAtEachPositionAndTheSecondPieceFirst) {
  each_cut([](const Capture& capture, std::size_t first_piece) {
    Capture swapped = capture;
    std::swap(swapped.at(first_piece), swapped.at(first_piece + 1));
    EXPECT_EQ(describe(play(std::move(swapped))), expected_conversation);
  });
}

TEST(EverySplit, CutAtEachPositionAndTheFirstPieceAgainWithTheWhole) {
  each_cut([](const Capture& capture, std::size_t first_piece) {
    Capture overlapping = capture;
    Packet& second = overlapping.at(first_piece + 1);
    const Packet& first = overlapping.at(first_piece);
    second.bytes.insert(second.bytes.begin(), first.bytes.begin(), first.bytes.end());
    second.segment.data.sequence = first.segment.data.sequence;
    second.segment.data.length += first.segment.data.length;
    EXPECT_EQ(describe(play(std::move(overlapping))), expected_conversation);
  });
}

Capture repeated(const Capture& capture, std::size_t later) {
  Capture doubled;
  for (std::size_t i = 0; i < capture.size() + later; ++i) {
    if (i < capture.size()) doubled.push_back(capture[i]);
    if (i >= later) doubled.push_back(capture[i - later]);
  }
  return doubled;
}

TEST(EverySplit, EachSegmentRepeated) {
  for (const std::size_t later : {0U, 1U, 2U, 5U}) {
    SCOPED_TRACE(later);
    EXPECT_EQ(describe(play(repeated(conversation_in(whole), later))), expected_conversation);
    EXPECT_EQ(describe(play(repeated(conversation_in(single_bytes), later))), expected_conversation);
  }
}

TEST(EverySplit, SequenceNumbersThatWrapAround) {
  for (const std::uint32_t begin : {0xFFFFFFFFU, 0xFFFFFFF0U, 0xFFFFFF00U, 0x7FFFFFF0U}) {
    Tcp tcp(begin, begin - 30);
    tcp.upgrade().send(client, client_frame(Opcode::text, std::string(300, 'c')));
    tcp.send(server, server_frame(Opcode::text, std::string(300, 's'))).close(client);
    const Recording recording = played(tcp);
    ASSERT_EQ(recording.session_count(), 1U);
    EXPECT_EQ(recording.lines(client), "text#1 \"" + std::string(300, 'c') + "\" exact\n");
    EXPECT_EQ(recording.lines(server), "text#1 \"" + std::string(300, 's') + "\" exact\n");
    EXPECT_TRUE(recording.session().last_ack.happened());
  }
}

// ---- random conversations: in any order, overlapping, thinned out

struct TrueMessage {
  MessageType type;
  ByteVector bytes;
  std::uint64_t begin = 0;               ///< stream offset of its first frame
  std::uint64_t end = 0;                 ///< behind its last frame
  std::vector<std::uint64_t> positions;  ///< stream offset of each payload byte
};

/// What one end really sends behind its head.
struct TrueStream {
  ByteVector bytes;
  std::vector<bool> in_payload;
  std::vector<TrueMessage> messages;  ///< as they are completed
};

using Random = std::mt19937;

std::size_t up_to(Random& random, std::size_t most) { return random() % (most + 1); }

class StreamWriter {
 public:
  StreamWriter(Random& random, Role sender) : random_(random), sender_(sender) {}

  TrueStream write(std::size_t messages) {
    for (std::size_t i = 0; i < messages; ++i) add_message();
    return std::move(stream_);
  }

 private:
  void add_message() {
    TrueMessage message{
        up_to(random_, 1) == 0 ? MessageType::text : MessageType::binary, {}, stream_.bytes.size(), 0, {}};
    Opcode opcode = message.type == MessageType::text ? Opcode::text : Opcode::binary;
    for (std::size_t left = up_to(random_, 2) + 1; left-- > 0; opcode = Opcode::continuation) {
      add_frame(opcode, left == 0, message);
      if (up_to(random_, 3) == 0) {
        if (left == 0) break;
        add_control();
      }
    }
    if (message.end == 0) return;
    stream_.messages.push_back(std::move(message));
  }

  void add_control() {
    TrueMessage control{MessageType::ping, {}, stream_.bytes.size(), 0, {}};
    add_frame(Opcode::ping, true, control);
    stream_.messages.push_back(std::move(control));
  }

  void add_frame(Opcode opcode, bool fin, TrueMessage& message) {
    const std::size_t size =
        up_to(random_, 9) == 0 && opcode != Opcode::ping ? 126 + up_to(random_, 50) : up_to(random_, 20);
    std::string payload(size, ' ');
    for (char& c : payload) c = static_cast<char>('a' + up_to(random_, 25));
    FrameOptions options;
    options.fin = fin;
    if (sender_ == client)
      for (std::uint8_t& byte : options.mask.emplace()) byte = static_cast<std::uint8_t>(random_());
    const ByteVector frame = frame_of(sender_, opcode, payload, options);
    const std::size_t header = frame.size() - size;
    for (std::size_t i = 0; i < size; ++i) message.positions.push_back(stream_.bytes.size() + header + i);
    message.bytes.insert(message.bytes.end(), payload.begin(), payload.end());
    stream_.bytes.insert(stream_.bytes.end(), frame.begin(), frame.end());
    stream_.in_payload.insert(stream_.in_payload.end(), header, false);
    stream_.in_payload.insert(stream_.in_payload.end(), size, true);
    if (fin) message.end = stream_.bytes.size();
  }

  Random& random_;
  Role sender_;
  TrueStream stream_;
};

struct Scene {
  std::array<TrueStream, 2> streams;
  std::array<std::uint32_t, 2> begin{};  ///< sequence numbers of the streams' first bytes
  std::size_t handshake = 0;             ///< packets of it
  Capture capture;

  [[nodiscard]] const TrueStream& stream(Role role) const { return streams[static_cast<std::size_t>(role)]; }
};

/// Both ends talk at once, in segments of 1 to 40 bytes.
Scene random_scene(Random& random) {
  Scene scene;
  Tcp tcp(static_cast<std::uint32_t>(random()), static_cast<std::uint32_t>(random()));
  tcp.open().segments_of(100).send(client, upgrade_request()).send(server, upgrade_response());
  scene.handshake = tcp.count();
  std::array<std::size_t, 2> sent{};
  for (const Role role : {client, server}) {
    scene.streams[static_cast<std::size_t>(role)] = StreamWriter(random, role).write(up_to(random, 5) + 1);
    scene.begin[static_cast<std::size_t>(role)] = tcp.next(role);
  }
  while (sent[0] < scene.streams[0].bytes.size() || sent[1] < scene.streams[1].bytes.size()) {
    const std::size_t who = up_to(random, 1);
    const Bytes rest = Bytes(scene.streams[who].bytes).subspan(sent[who]);
    const std::size_t size = std::min(up_to(random, 39) + 1, rest.size());
    tcp.send(static_cast<Role>(who), rest.first(size));
    sent[who] += size;
  }
  tcp.ack(client).ack(server);
  scene.capture = tcp.take();
  return scene;
}

/// Here and there some of the same bytes again, in segments cut differently.
void add_overlaps(Scene& scene, Random& random) {
  for (std::size_t i = scene.handshake; i < scene.capture.size(); ++i) {
    if (up_to(random, 3) != 0) continue;
    Packet again = scene.capture[i];
    const std::size_t who = again.segment.sender == Side::a ? 0 : 1;
    const Bytes stream = scene.streams[who].bytes;
    const std::size_t at = again.segment.data.sequence - scene.begin[who];
    const std::size_t from = at - std::min(at, up_to(random, 30));
    const std::size_t to = std::min(at + up_to(random, 30), stream.size());
    again.bytes.assign(stream.begin() + static_cast<std::ptrdiff_t>(from),
                       stream.begin() + static_cast<std::ptrdiff_t>(to));
    again.segment.data.sequence = scene.begin[who] + static_cast<std::uint32_t>(from);
    again.segment.data.length = static_cast<std::uint32_t>(again.bytes.size());
    scene.capture.insert(scene.capture.begin() + static_cast<std::ptrdiff_t>(++i), std::move(again));
  }
}

void expect_all_messages(const Scene& scene, const Recording& recording) {
  ASSERT_EQ(recording.session_count(), 1U);
  EXPECT_EQ(rules_of(recording.session()), "");
  EXPECT_EQ(recording.session().trust, Trust::exact);
  for (const Role sender : {client, server}) {
    const auto seen = recording.messages(sender);
    const std::vector<TrueMessage>& truth = scene.stream(sender).messages;
    ASSERT_EQ(seen.size(), truth.size());
    std::uint32_t number = 0;
    for (std::size_t i = 0; i < seen.size(); ++i) {
      const Message& message = seen[i]->message;
      EXPECT_EQ(message.type, truth[i].type);
      EXPECT_EQ(message.trust, Trust::exact);
      EXPECT_EQ(message.number, is_data(message.type) ? ++number : 0);
      EXPECT_EQ(recording.bytes(*seen[i]), truth[i].bytes);
    }
  }
}

constexpr unsigned random_runs = 700;

TEST(RandomOrder, AnyOrderGivesAllMessagesExactly) {
  for (unsigned seed = 0; seed < random_runs && !::testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    Scene scene = random_scene(random);
    add_overlaps(scene, random);
    const auto begin = scene.capture.begin() + static_cast<std::ptrdiff_t>(scene.handshake);
    // Acknowledgements that run ahead of the capture would say that bytes are missing for good.
    for (auto packet = begin; packet != scene.capture.end(); ++packet)
      packet->segment.acknowledgement = scene.begin[packet->segment.sender == Side::a ? 1 : 0];
    std::shuffle(begin, scene.capture.end(), random);
    expect_all_messages(scene, play(scene.capture));
  }
}

TEST(RandomOrder, SegmentsThatAreALittleLateGiveAllMessagesExactly) {
  for (unsigned seed = 0; seed < random_runs && !::testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    Scene scene = random_scene(random);
    add_overlaps(scene, random);
    // A segment is overtaken by three others at most: one more, and it counts as lost.
    std::vector<std::pair<std::size_t, Packet>> order;
    for (std::size_t i = 0; i < scene.capture.size(); ++i)
      order.emplace_back(i < scene.handshake ? i : i + up_to(random, 3), scene.capture[i]);
    std::stable_sort(order.begin(), order.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    Capture late;
    for (auto& [key, packet] : order) late.push_back(std::move(packet));
    expect_all_messages(scene, play(std::move(late)));
  }
}

/// Which bytes of a stream are in the capture, up to the last that a packet had (the snapshot may have cut it off).
std::vector<bool> captured_bytes(const Scene& scene, Role sender) {
  const auto who = static_cast<std::size_t>(sender);
  std::vector<bool> have(scene.streams[who].bytes.size());
  std::int32_t known = 0;
  for (const Packet& packet : scene.capture) {
    if (packet.segment.sender != (sender == client ? Side::a : Side::b) || packet.segment.syn) continue;
    const std::int32_t at = sequence_distance(scene.begin[who], packet.segment.data.sequence);
    const auto length = static_cast<std::int32_t>(packet.segment.data.length);
    if (length != 0) known = std::max(known, at + length);
    for (std::size_t i = 0; at >= 0 && i < packet.bytes.size(); ++i) have.at(static_cast<std::size_t>(at) + i) = true;
  }
  have.resize(static_cast<std::size_t>(known));
  return have;
}

/// What must be seen of a message, where `have` is what was captured: "truncated 3 lost "abc"".
std::string expected_line(const TrueMessage& truth, const std::vector<bool>& have) {
  std::string text;
  std::size_t lost = 0;
  for (std::size_t i = 0; i < truth.bytes.size(); ++i) {
    if (!have[truth.positions[i]]) ++lost;
    if (lost == 0) text += static_cast<char>(truth.bytes[i]);
  }
  const bool hole_before = std::find(have.begin(), have.begin() + static_cast<std::ptrdiff_t>(truth.begin), false) !=
                           have.begin() + static_cast<std::ptrdiff_t>(truth.begin);
  const Trust trust = lost != 0 ? Trust::truncated : hole_before ? Trust::after_gap : Trust::exact;
  return std::string(message_type_name(truth.type)) + " " + std::string(trust_name(trust)) + " " +
         std::to_string(lost) + " lost of " + std::to_string(truth.bytes.size()) + " \"" + text + "\"";
}

std::string seen_line(const Recording& recording, const test::CollectingRecorder::SeenMessage& seen) {
  const Message& message = seen.message;
  return std::string(message_type_name(message.type)) + " " + std::string(trust_name(message.trust)) + " " +
         std::to_string(message.lost) + " lost of " + std::to_string(message.length.value_or(0)) + " \"" +
         std::string(as_text(recording.bytes(seen))) + "\"";
}

struct Expected {
  std::vector<std::string> lines;       ///< of messages in front of the first header byte that is missing
  std::vector<std::string> may_follow;  ///< of those behind it: where frames begin may be found again
  std::uint64_t lost = 0;
  std::uint64_t captured = 0;
};

/// A hole that nothing follows is not known to be one.
Expected expected_of(const TrueStream& stream, std::vector<bool> have) {
  const std::size_t known = have.size();
  std::size_t framed = 0;
  while (framed < known && (have[framed] || stream.in_payload[framed])) ++framed;
  Expected expected;
  for (const bool byte : have) ++(byte ? expected.captured : expected.lost);
  have.resize(stream.bytes.size());
  for (const TrueMessage& truth : stream.messages)
    (truth.end <= framed ? expected.lines : expected.may_follow).push_back(expected_line(truth, have));
  return expected;
}

bool stand_in_order(const std::vector<std::string>& lines, const std::vector<std::string>& whole) {
  auto at = whole.begin();
  for (const std::string& line : lines) {
    at = std::find(at, whole.end(), line);
    if (at++ == whole.end()) return false;
  }
  return true;
}

std::uint64_t framed_bytes(const Recording& recording, Role sender) {
  std::uint64_t bytes = 0;
  for (const auto& frame : recording.recorder.frames)
    for (const Piece& piece : frame.pieces) bytes += frame.sender == sender ? piece.length : 0;
  return bytes;
}

void thin_out(Scene& scene, Random& random, std::size_t from) {
  Capture kept;
  for (std::size_t i = 0; i < scene.capture.size(); ++i) {
    Packet& packet = scene.capture[i];
    const std::size_t fate = i < from ? 99 : up_to(random, 9);
    if (fate == 0) continue;
    if (fate == 1) test::cut_by_snapshot(packet, up_to(random, packet.bytes.size()));
    kept.push_back(packet);
    if (fate == 2) kept.push_back(std::move(packet));
  }
  scene.capture = std::move(kept);
}

TEST(RandomLoss, WhatIsSeenIsWhatTheCaptureProvesAndWhatIsFoundAgainWasSent) {
  std::size_t exact = 0;
  std::size_t after_gap = 0;
  std::size_t truncated = 0;
  std::size_t unframed = 0;
  std::size_t found_again = 0;
  for (unsigned seed = 0; seed < random_runs && !::testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    Scene scene = random_scene(random);
    thin_out(scene, random, scene.handshake);
    const Recording recording = play(scene.capture);
    ASSERT_EQ(recording.session_count(), 1U);
    EXPECT_EQ(rules_of(recording.session()), "");
    for (const Role sender : {client, server}) {
      const Expected expected = expected_of(scene.stream(sender), captured_bytes(scene, sender));
      std::vector<std::string> lines;
      for (const auto* seen : recording.messages(sender)) {
        lines.push_back(seen_line(recording, *seen));
        exact += seen->message.trust == Trust::exact;
        after_gap += seen->message.trust == Trust::after_gap;
        truncated += seen->message.trust == Trust::truncated;
      }
      ASSERT_GE(lines.size(), expected.lines.size());
      const auto behind = lines.begin() + static_cast<std::ptrdiff_t>(expected.lines.size());
      EXPECT_EQ(std::vector(lines.begin(), behind), expected.lines);
      EXPECT_TRUE(stand_in_order({behind, lines.end()}, expected.may_follow)) << *behind;
      const EndOfSession& end = recording.session().end(sender);
      EXPECT_EQ(end.lost, expected.lost);
      EXPECT_EQ(end.unframed + framed_bytes(recording, sender), expected.captured);
      found_again += behind != lines.end();
      unframed += end.unframed != 0;
    }
  }
  // Each kind was there, or the test proves nothing.
  for (const std::size_t count : {exact, after_gap, truncated, unframed}) EXPECT_GT(count, random_runs / 5);
  EXPECT_GT(found_again, random_runs / 50);
}

TEST(RandomLoss, NothingIsInventedWhateverIsMissingOfTheHandshakeToo) {
  std::size_t sessions = 0;
  for (unsigned seed = 0; seed < random_runs && !::testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    Scene scene = random_scene(random);
    thin_out(scene, random, 0);
    const Recording recording = play(scene.capture);
    ASSERT_LE(recording.session_count(), 1U);
    sessions += recording.session_count();
    for (const Role sender : {client, server}) {
      const std::vector<TrueMessage>& truth = scene.stream(sender).messages;
      auto at = truth.begin();
      for (const auto* seen : recording.messages(sender)) {
        const ByteVector bytes = recording.bytes(*seen);
        at = std::find_if(at, truth.end(), [&](const TrueMessage& each) {
          return seen->message.type == each.type && seen->message.length == each.bytes.size() &&
                 bytes.size() + (seen->message.lost != 0 ? seen->message.lost : 0) <= each.bytes.size() &&
                 std::equal(bytes.begin(), bytes.end(), each.bytes.begin());
        });
        ASSERT_NE(at++, truth.end()) << seen_line(recording, *seen);
        if (seen->message.trust <= Trust::after_gap) {
          EXPECT_EQ(bytes.size(), seen->message.length);
        }
      }
    }
  }
  EXPECT_GT(sessions, random_runs / 4);
}

// ---- gaps

TEST(Gap, InsideAPayloadTruncatesThatMessageAndLeavesTheNextAfterGap) {
  const ByteVector first = server_frame(Opcode::text, "0123456789");
  Tcp tcp;
  tcp.upgrade().send(server, server_frame(Opcode::text, "before"));
  tcp.send(server, Bytes(first).first(5)).lose(server, 4).send(server, Bytes(first).subspan(9));
  tcp.send(server, server_frame(Opcode::text, "after"));
  const Recording recording = played(tcp);
  EXPECT_EQ(recording.lines(server),
            "text#1 \"before\" exact\ntext#2 \"012\" truncated lost 4\ntext#3 \"after\" after-gap\n");
  EXPECT_EQ(recording.session().trust, Trust::truncated);
  EXPECT_EQ(recording.session().end(server).lost, 4U);
  EXPECT_FALSE(recording.session().end(server).framing_lost);
}

TEST(Gap, OverAHeaderLeavesUnframedBytesAndNothingInvented) {
  Tcp tcp;
  tcp.upgrade().send(server, server_frame(Opcode::text, "before")).lose(server, 7);
  tcp.send(server, "no frame").send(client, client_frame(Opcode::text, "other way"));
  tcp.close(client);
  const Recording recording = played(tcp);
  EXPECT_EQ(recording.lines(server), "text#1 \"before\" exact\n");
  EXPECT_EQ(recording.lines(client), "text#1 \"other way\" exact\n");
  const EndOfSession& end = recording.session().end(server);
  EXPECT_TRUE(end.framing_lost);
  EXPECT_EQ(end.lost, 7U);
  EXPECT_EQ(end.unframed, 8U);
  EXPECT_EQ(marks(recording, 7), "waiting unframed");
  EXPECT_SAYS(verdict_of(recording.session()), "a Close frame may be among the bytes");
}

/// How the frames are found: resync_test.cpp.
TEST(Gap, OverAHeaderEndsWhereFramesAreFoundAgain) {
  for (const Role sender : {client, server}) {
    const auto text = [&](std::string_view payload) { return frame_of(sender, Opcode::text, payload); };
    const ByteVector cut = text("this one lost its header");
    Tcp tcp;
    tcp.upgrade().send(sender, text("before")).lose(sender, 10).send(sender, Bytes(cut).subspan(10));
    tcp.send(sender, text("Hello")).send(sender, text("again")).send(sender, text("and on"));
    const Recording recording = played(tcp);
    EXPECT_EQ(recording.lines(sender),
              "text#1 \"before\" exact\ntext#2 \"Hello\" after-gap\ntext#3 \"again\" after-gap\n"
              "text#4 \"and on\" after-gap\n");
    const EndOfSession& end = recording.session().end(sender);
    EXPECT_FALSE(end.framing_lost);
    EXPECT_EQ(end.lost, 10U);
    EXPECT_EQ(end.unframed, cut.size() - 10);
    EXPECT_EQ(recording.session().end(other(sender)).lost + recording.session().end(other(sender)).unframed, 0U);
    ASSERT_EQ(recording.session().findings.size(), 2U);
    const FindingMet& gap = recording.session().findings[0];
    EXPECT_EQ(gap.finding, Finding::gap);
    EXPECT_EQ(gap.amount, 10U);
    const FindingMet& found = recording.session().findings[1];
    EXPECT_EQ(found.finding, Finding::resynchronised);
    EXPECT_EQ(found.in, sender);
    EXPECT_GE(found.amount, Resync::enough_if_told);
    EXPECT_EQ(marks(recording, 7), "waiting unframed");
    EXPECT_EQ(rules_of(recording.session()), "");
  }
}

/// At the sender's FIN no more evidence will come: less has to do.
TEST(Gap, OverAHeaderEndsAtTheLastFrameTooIfTheSendersFinFollows) {
  for (const bool fin : {true, false}) {
    Tcp tcp;
    tcp.upgrade().send(server, server_frame(Opcode::text, "before")).lose(server, 7);
    const ByteVector close = close_frame(server, 1000, "bye");
    tcp.send(server, close);
    if (fin) tcp.close(server);
    const Recording recording = played(tcp);
    const EndOfSession& end = recording.session().end(server);
    EXPECT_EQ(end.close.code, fin ? std::optional<std::uint16_t>(1000) : std::nullopt);
    EXPECT_EQ(end.unframed, fin ? 0U : close.size());
    EXPECT_EQ(recording.session().trust, fin ? Trust::after_gap : Trust::exact);
  }
}

TEST(Gap, OverTheMiddleOfAMessageEndsThatMessage) {
  Tcp tcp;
  tcp.upgrade().send(server, server_frame(Opcode::text, "one ", part));
  const ByteVector middle = server_frame(Opcode::continuation, "two ", part);
  tcp.lose(server, middle.size()).send(server, server_frame(Opcode::continuation, "three ", part));
  tcp.send(server, server_frame(Opcode::continuation, "four"));
  tcp.send(server, server_frame(Opcode::text, "next")).send(server, server_frame(Opcode::text, "and on"));
  const Recording recording = played(tcp);
  EXPECT_EQ(recording.lines(server), "text#1 \"next\" after-gap\ntext#2 \"and on\" after-gap\n");
  EXPECT_EQ(recording.session().end(server).unframed, 0U);
  EXPECT_EQ(rules_of(recording.session()), "");
}

TEST(Gap, IsGivenUpAfterFourLaterSegmentsOnceThePeerAcknowledged) {
  const ByteVector first = server_frame(Opcode::text, "0123456789");
  Tcp tcp;
  tcp.upgrade().send(server, Bytes(first).first(4)).lose(server, 8);
  for (int i = 0; i < 4; ++i) tcp.send(server, server_frame(Opcode::text, "later")).ack(client);
  const Recording recording = played(tcp);
  const auto seen = recording.messages(server);
  ASSERT_EQ(seen.size(), 5U);
  EXPECT_EQ(seen[0]->message.shown_in, 13U);  // the fourth: an earlier ACK said that the client has the bytes
  EXPECT_EQ(seen[0]->message.lost, 8U);
}

TEST(Gap, AtTheEndOfTheCaptureIsDecidedByFlush) {
  const ByteVector first = server_frame(Opcode::text, "0123456789");
  Tcp tcp;
  tcp.upgrade().send(server, Bytes(first).first(4)).lose(server, 4).send(server, Bytes(first).subspan(8));
  const Recording recording = played(tcp);
  const auto seen = recording.messages(server);
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_EQ(seen[0]->message.shown_in, no_packet);
  EXPECT_EQ(seen[0]->message.last_packet, 7U);
  EXPECT_TRUE(recording.recorder.frames.at(0).pieces.at(1).late);
}

TEST(Gap, BytesCutByTheSnapshotAreLost) {
  Tcp tcp;
  tcp.upgrade().send(client, client_frame(Opcode::binary, "0123456789"));
  test::cut_by_snapshot(tcp.last(), 9);
  tcp.send(client, client_frame(Opcode::text, "next"));
  const Recording recording = played(tcp);
  EXPECT_EQ(recording.lines(client), "binary#1 \"012\" truncated lost 7\ntext#2 \"next\" after-gap\n");
  EXPECT_EQ(marks(recording, 6), "data cut");
}

TEST(Gap, InTextHidesItsRulesToo) {
  const ByteVector first = server_frame(Opcode::text, "\xE2\x82\xAC\xE2\x82\xAC");
  Tcp tcp;
  tcp.upgrade().send(server, Bytes(first).first(3)).lose(server, 1).send(server, Bytes(first).subspan(4));
  EXPECT_EQ(rules_of(played(tcp).session()), "");
}

TEST(Gap, InACloseLeavesItsBodyUnknown) {
  const ByteVector close = close_frame(client, 1000, "reason");
  Tcp tcp;
  tcp.upgrade().send(client, Bytes(close).first(7));
  tcp.lose(client, close.size() - 8).send(client, Bytes(close).last(1));
  const Recording recording = played(tcp);
  const CloseSeen& seen = recording.session().end(client).close;
  EXPECT_TRUE(seen.moment.happened());
  EXPECT_FALSE(seen.body_known);
  EXPECT_FALSE(seen.code.has_value());
  EXPECT_EQ(rules_of(recording.session()), "");
}

TEST(Gap, AFrameThatWaitedIsShownWhereTheHoleIsFilled) {
  const ByteVector text = server_frame(Opcode::text, "0123456789");
  Tcp tcp;
  tcp.upgrade().send_cut(server, text, 5).ack(client);
  Capture capture = tcp.take();
  std::swap(capture[5], capture[6]);
  const Recording recording = play(std::move(capture));
  const auto seen = recording.messages(server);
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_EQ(seen[0]->message.shown_in, 7U);
  EXPECT_EQ(seen[0]->message.first_packet, 6U);
  EXPECT_EQ(seen[0]->message.last_packet, 7U);
  EXPECT_EQ(marks(recording, 6), "data waiting");
  EXPECT_EQ(marks(recording, 7), "data");
  const auto& pieces = recording.recorder.frames.at(0).pieces;
  ASSERT_EQ(pieces.size(), 2U);
  EXPECT_FALSE(pieces[0].late);
  EXPECT_TRUE(pieces[1].late);
}

// ---- messages

TEST(Messages, FragmentsWithControlFramesInBetweenAndEachDirectionByItself) {
  Tcp tcp;
  tcp.upgrade().send(client, client_frame(Opcode::text, "c1", part));
  tcp.send(server, server_frame(Opcode::binary, "s1", part)).send(client, client_frame(Opcode::ping, "p"));
  tcp.send(server, server_frame(Opcode::pong, "p")).send(client, client_frame(Opcode::continuation, "", part));
  tcp.send(server, server_frame(Opcode::continuation, "s2")).send(client, client_frame(Opcode::continuation, "c2"));
  const Recording recording = played(tcp);
  EXPECT_EQ(recording.lines(client), "ping \"p\" exact\ntext#1 \"c1c2\" exact in 3\n");
  EXPECT_EQ(recording.lines(server), "pong \"p\" exact\nbinary#1 \"s1s2\" exact in 2\n");
  EXPECT_EQ(rules_of(recording.session()), "");
}

TEST(Messages, AnEmptyLastFragmentEndsItsMessage) {
  Tcp tcp;
  tcp.upgrade()
      .send(server, server_frame(Opcode::text, "first-", part))
      .send(server, server_frame(Opcode::continuation, ""));
  tcp.send(server, server_frame(Opcode::text, "second-", part)).send(server, server_frame(Opcode::continuation, "end"));
  EXPECT_EQ(played(tcp).lines(server), "text#1 \"first-\" exact in 2\ntext#2 \"second-end\" exact in 2\n");
}

TEST(Messages, InvalidTextIsReportedOnceOnTheMessage) {
  Tcp tcp;
  tcp.upgrade()
      .send(client, client_frame(Opcode::text, "\xFF", part))
      .send(client, client_frame(Opcode::continuation, "\xFF"));
  const Recording recording = played(tcp);
  EXPECT_EQ(rules_of(recording.session()), "client text-not-utf8 x1");
  for (const auto& frame : recording.recorder.frames) EXPECT_TRUE(frame.done->violations.empty());
}

TEST(Messages, AFrameInOnePacketKeepsNoData) {
  Tcp tcp;
  tcp.upgrade().send(client, joined({client_frame(Opcode::text, "Hello"), client_frame(Opcode::text, "you")}));
  const Recording recording = played(tcp);
  for (const auto* seen : recording.messages(client)) EXPECT_TRUE(seen->message.in_packet);
  EXPECT_EQ(recording.lines(client), "text#1 \"Hello\" exact\ntext#2 \"you\" exact\n");
}

TEST(Messages, BeyondTheCapDataIsCutButLengthAndDigestAreOfTheWhole) {
  const std::string long_text(1000, 'x');
  Limits limits;
  limits.message_bytes = 10;
  Tcp tcp;
  tcp.upgrade().segments_of(100).send(server, server_frame(Opcode::text, long_text));
  tcp.send(server, close_frame(server, 1000, "a reason"));
  const Recording recording = play(tcp.take(), limits);
  const Message& message = recording.messages(server).at(0)->message;
  EXPECT_TRUE(message.data_cut);
  EXPECT_EQ(as_text(message.data), std::string(10, 'x'));
  EXPECT_EQ(message.length, 1000U);
  EXPECT_EQ(message.sha256, sha256_of(as_bytes(long_text)));
  EXPECT_EQ(message.trust, Trust::exact);
  EXPECT_EQ(recording.session().end(server).bytes, 1000U);
}

TEST(Messages, TheCapDoesNotCutTheReasonOfAClose) {
  Limits limits;
  limits.message_bytes = 0;
  Tcp tcp;
  tcp.upgrade().send(server, close_frame(server, 1000, "a reason"));
  const Recording recording = play(tcp.take(), limits);
  EXPECT_EQ(recording.session().end(server).close.code, 1000);
  EXPECT_EQ(recording.session().end(server).close.reason, "a reason");
  EXPECT_EQ(rules_of(recording.session()), "");
}

constexpr std::string_view deflate = "Sec-WebSocket-Extensions: permessage-deflate\r\n";
constexpr FrameOptions rsv1{.rsv1 = true};

/// RFC 7692 §7.2.3.1: "Hello".
ByteVector compressed_hello(Role sender) {
  return frame_of(sender, Opcode::text, as_text(test::hex("f2 48 cd c9 c9 07 00")), rsv1);
}

TEST(Messages, WithPermessageDeflateRsv1MeansCompressed) {
  Tcp tcp;
  tcp.upgrade(deflate, deflate).send(server, compressed_hello(server));
  tcp.send(server, server_frame(Opcode::text, "plain"));
  const Recording recording = played(tcp);
  EXPECT_EQ(recording.lines(server), "text#1 \"Hello\" exact\ntext#2 \"plain\" exact\n");
  const auto seen = recording.messages(server);
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_TRUE(seen[0]->message.compressed);
  EXPECT_EQ(seen[0]->message.length, 5U);
  EXPECT_EQ(seen[0]->message.wire_length, 9U);
  EXPECT_FALSE(seen[1]->message.compressed);
  EXPECT_EQ(rules_of(recording.session()), "");
  EXPECT_EQ(recording.session().end(server).messages, 2U);
  EXPECT_EQ(recording.session().end(server).bytes, 10U);
  EXPECT_TRUE(recording.session().end(server).bytes_known);
}

TEST(Messages, ThatAreCompressedAreUndecodableWhenNothingIsToBeInflated) {
  Limits limits;
  limits.inflate.reset();
  Tcp tcp;
  tcp.upgrade(deflate, deflate).send(server, compressed_hello(server));
  tcp.send(server, server_frame(Opcode::text, "plain"));
  const Recording recording = play(tcp.take(), limits);
  const auto seen = recording.messages(server);
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_TRUE(seen[0]->message.compressed);
  EXPECT_EQ(seen[0]->message.trust, Trust::undecodable);
  EXPECT_FALSE(seen[0]->message.length.has_value());
  EXPECT_TRUE(seen[0]->message.data.empty());
  EXPECT_EQ(seen[1]->message.trust, Trust::exact);
  EXPECT_EQ(rules_of(recording.session()), "");
  EXPECT_EQ(recording.session().end(server).bytes, 5U);
  EXPECT_FALSE(recording.session().end(server).bytes_known);
  EXPECT_TRUE(recording.session().end(client).bytes_known);
}

TEST(Messages, AreInflatedByWhatWasAgreedForTheirDirection) {
  constexpr std::string_view offer = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n";
  constexpr std::string_view answer =
      "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=9; server_no_context_takeover\r\n";
  const ByteVector plain = test::noise(600, 1);
  const ByteVector first = test::stored_message(plain);
  const ByteVector back = test::FixedBlock().match(3, 600).message();
  Tcp tcp;
  tcp.upgrade(offer, answer);
  for (const Role sender : {client, server}) {
    tcp.send(sender, frame_of(sender, Opcode::binary, as_text(first), rsv1));
    tcp.send(sender, frame_of(sender, Opcode::binary, as_text(back), rsv1));
  }
  const Recording recording = played(tcp);
  EXPECT_EQ(rules_of(recording.session()), "client deflate-beyond-window x1, server compressed-data-malformed x1");
  ASSERT_EQ(recording.messages(client).size(), 2U);
  EXPECT_EQ(recording.messages(client)[1]->message.data, ByteVector(plain.begin(), plain.begin() + 3));
  ASSERT_EQ(recording.messages(server).size(), 2U);
  EXPECT_EQ(recording.messages(server)[0]->message.data, plain);
  EXPECT_EQ(recording.messages(server)[1]->message.trust, Trust::undecodable);
}

/// Both ends talk, compressed and plain, whole and in fragments.
Capture compressed_conversation(std::size_t segment_size) {
  Tcp tcp;
  tcp.upgrade(deflate, deflate).segments_of(segment_size);
  for (const Role sender : {client, server}) {
    test::Deflater deflater;
    for (unsigned i = 0; i < 4; ++i) {
      const ByteVector payload = deflater.message(test::prose(150, i / 2));
      const std::string_view text = as_text(payload);
      tcp.send(sender,
               joined({frame_of(sender, Opcode::text, text.substr(0, text.size() / 2), {.fin = false, .rsv1 = true}),
                       frame_of(sender, Opcode::ping, "?"),
                       frame_of(sender, Opcode::continuation, text.substr(text.size() / 2))}));
      tcp.send(sender, joined({frame_of(sender, Opcode::binary, "plain"),
                               frame_of(sender, Opcode::text, as_text(deflater.message("\xC3\xBC")), rsv1)}));
    }
  }
  tcp.close(client);
  return tcp.take();
}

TEST(EverySplit, OfCompressedMessagesGivesTheSame) {
  std::string expected;
  int number = 0;
  for (unsigned i = 0; i < 4; ++i) {
    const ByteVector text = test::prose(150, i / 2);
    expected +=
        "ping \"?\" exact\ntext#" + std::to_string(++number) + " \"" + std::string(as_text(text)) + "\" exact in 2\n";
    expected += "binary#" + std::to_string(++number) + " \"plain\" exact\n";
    expected += "text#" + std::to_string(++number) + " \"\xC3\xBC\" exact\n";
  }
  for (std::size_t size = 1; size <= 150; ++size) {
    const Recording recording = play(compressed_conversation(size));
    EXPECT_EQ(recording.lines(client), expected) << size;
    EXPECT_EQ(recording.lines(server), expected) << size;
    EXPECT_EQ(rules_of(recording.session()), "") << size;
  }
}

TEST(Messages, ThatAreCompressedAreNotMadeUpWhereFramesWereLost) {
  const ByteVector plain = test::noise(500, 1);
  const ByteVector fresh = test::noise(500, 2);
  test::Deflater deflater;
  const auto frame_with = [&](const ByteVector& bytes) {
    return server_frame(Opcode::binary, as_text(deflater.message(bytes)), rsv1);
  };
  Tcp tcp;
  tcp.upgrade(deflate, deflate);
  const ByteVector first = frame_with(plain);
  tcp.send(server, Bytes(first).first(200)).lose(server, 100).send(server, Bytes(first).subspan(300));
  tcp.send(server, frame_with(plain)).send(server, frame_with(fresh)).send(server, frame_with(fresh));
  const Recording recording = played(tcp);
  const auto seen = recording.messages(server);
  ASSERT_EQ(seen.size(), 4U);
  EXPECT_EQ(seen[0]->message.trust, Trust::truncated);
  EXPECT_EQ(seen[0]->message.lost, 100U);
  EXPECT_GT(seen[0]->message.data.size(), 100U);
  EXPECT_TRUE(std::equal(seen[0]->message.data.begin(), seen[0]->message.data.end(), plain.begin()));
  EXPECT_EQ(seen[1]->message.trust, Trust::undecodable);
  for (const std::size_t i : {2, 3}) {
    EXPECT_EQ(seen[i]->message.trust, Trust::after_gap);
    EXPECT_EQ(seen[i]->message.data, fresh);
  }
  EXPECT_EQ(rules_of(recording.session()), "");
  EXPECT_FALSE(recording.session().end(server).bytes_known);
}

TEST(Messages, WithoutAnAgreementRsv1IsReported) {
  Tcp tcp;
  tcp.upgrade(deflate)
      .send(client, client_frame(Opcode::text, "\xF2", rsv1))
      .send(client, client_frame(Opcode::text, "a"));
  const Recording recording = played(tcp);
  const auto seen = recording.messages(client);
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_FALSE(seen[0]->message.compressed);
  EXPECT_EQ(seen[0]->message.trust, Trust::undecodable);
  EXPECT_EQ(seen[1]->message.trust, Trust::exact);
  EXPECT_EQ(rules_of(recording.session()), "client rsv1-without-extension x1");
}

// ---- frames recorded in one call, and in very many

/// Of each frame, in order: came it in one call?
std::string plain_frames(const Recording& recording) {
  std::string text;
  for (const auto& frame : recording.recorder.frames) text += frame.plain ? 'p' : '-';
  return text;
}

struct PlainRow {
  std::string_view name;
  Role sender;
  std::vector<ByteVector> frames;
  std::string_view plain;
};

TEST(PlainFrames, AreWholeUncompressedMessagesThatBreakNoRule) {
  const PlainRow rows[] = {
      {"text", client, {client_frame(Opcode::text, "Gr\xC3\xBC")}, "p"},
      {"empty text", server, {server_frame(Opcode::text, "")}, "p"},
      {"binary", server, {server_frame(Opcode::binary, "\xFF")}, "p"},
      {"long", server, {server_frame(Opcode::binary, std::string(70'000, 'x'))}, "p"},
      {"Ping and Pong", client, {client_frame(Opcode::ping, "\xFF"), client_frame(Opcode::pong, "")}, "pp"},
      {"fragments", server, {server_frame(Opcode::text, "a", part), server_frame(Opcode::continuation, "b")}, "--"},
      {"Ping between fragments",
       server,
       {server_frame(Opcode::text, "a", part), server_frame(Opcode::ping, ""), server_frame(Opcode::continuation, "b"),
        server_frame(Opcode::text, "c")},
       "-p-p"},
      {"compressed", server, {compressed_hello(server), server_frame(Opcode::text, "a")}, "-p"},
      {"bad UTF-8", client, {client_frame(Opcode::text, "\xFF"), client_frame(Opcode::text, "a")}, "-p"},
      {"not masked", client, {server_frame(Opcode::text, "a")}, "-"},
      {"masked", server, {client_frame(Opcode::text, "a")}, "-"},
      {"RSV2", server, {server_frame(Opcode::text, "a", {.rsv2 = true})}, "-"},
      {"RSV1 on a Ping", server, {server_frame(Opcode::ping, "a", rsv1)}, "-"},
      {"fragmented Ping", server, {server_frame(Opcode::ping, "a", part)}, "-"},
      {"long Ping", server, {server_frame(Opcode::ping, std::string(126, 'x'))}, "-"},
      {"reserved opcode", server, {server_frame(static_cast<Opcode>(3), "a")}, "-"},
      {"length not minimal", server, {test::hex("82 7e 0001 61")}, "-"},
      {"stray continuation", server, {server_frame(Opcode::continuation, "a")}, "-"},
      {"interleaved", server, {server_frame(Opcode::text, "a", part), server_frame(Opcode::text, "b")}, "--"},
      {"Close, and data behind it",
       server,
       {close_frame(server, 1000), server_frame(Opcode::text, "a"), server_frame(Opcode::ping, "")},
       "---"},
  };
  for (const PlainRow& row : rows) {
    for (const bool in_one_packet : {false, true}) {
      Tcp tcp;
      tcp.upgrade(deflate, deflate);
      ByteVector all;
      for (const ByteVector& frame : row.frames) all = joined({all, frame});
      if (in_one_packet) tcp.send(row.sender, all);
      for (const ByteVector& frame : row.frames) {
        if (!in_one_packet) tcp.send(row.sender, frame);
      }
      EXPECT_EQ(plain_frames(played(tcp)), row.plain) << row.name;
    }
  }
}

TEST(PlainFrames, StandInThePacketThatIsBeingFed) {
  const ByteVector text = server_frame(Opcode::text, "0123456789");
  for (std::size_t cut = 1; cut < text.size(); ++cut) {
    Tcp tcp;
    tcp.upgrade().send_cut(server, text, cut).send(server, text);
    EXPECT_EQ(plain_frames(played(tcp)), "-p") << "spans packets";
  }
  Tcp tcp;
  tcp.upgrade().send(server, text).send(server, text);
  Capture capture = tcp.take();
  std::swap(capture[5], capture[6]);
  EXPECT_EQ(plain_frames(play(std::move(capture))), "p-") << "the second waited";
}

TEST(PlainFrames, SayWhatTheOthersSay) {
  Tcp tcp;
  tcp.upgrade().send(client, joined({client_frame(Opcode::text, "Hello"), client_frame(Opcode::ping, "?")}));
  const Recording recording = played(tcp);
  ASSERT_EQ(plain_frames(recording), "pp");
  const auto& frames = recording.recorder.frames;
  EXPECT_EQ(frames[0].pieces.at(0).packet_offset, test::payload_offset);
  EXPECT_EQ(frames[1].pieces.at(0).packet_offset, test::payload_offset + 11);
  EXPECT_EQ(recording.payload(0), bytes_of("Hello"));
  EXPECT_EQ(recording.payload(1), bytes_of("?"));
  EXPECT_EQ(recording.messages(client).at(1)->message.number, 0U);
  EXPECT_EQ(marks(recording, 6), "data");
  EXPECT_EQ(recording.session().end(client).messages, 1U);
  EXPECT_EQ(recording.session().end(client).bytes, 5U);
  EXPECT_EQ(recording.session().first_data.packet, 6U);
  EXPECT_EQ(recording.session().last_data.packet, 6U);
}

TEST(PlainFrames, BehindALossAreAfterGap) {
  const ByteVector text = server_frame(Opcode::text, "0123456789");
  Tcp tcp;
  tcp.upgrade().send(server, Bytes(text).first(4)).lose(server, 4).send(server, Bytes(text).subspan(8));
  tcp.ack(client).send(server, text).send(server, text).send(server, text).send(server, text);
  tcp.ack(client).send(server, text);
  const Recording recording = played(tcp);
  EXPECT_EQ(plain_frames(recording).back(), 'p');
  EXPECT_EQ(recording.messages(server).back()->message.trust, Trust::after_gap);
  EXPECT_EQ(recording.session().trust, Trust::truncated);
}

TEST(ManyPieces, OneFrameOverThreeThousandPackets) {
  const ByteVector plain = test::noise(30'000, 1);
  for (const Role sender : {client, server}) {
    Tcp tcp;
    tcp.upgrade().segments_of(10).send(sender, frame_of(sender, Opcode::binary, as_text(plain)));
    const std::size_t packets = tcp.count();
    const Recording recording = played(tcp);
    ASSERT_EQ(recording.recorder.frames.size(), 1U);
    EXPECT_EQ(recording.recorder.frames[0].pieces.size(), 3001U);
    const auto seen = recording.messages(sender);
    ASSERT_EQ(seen.size(), 1U);
    EXPECT_EQ(seen[0]->message.data, plain);
    EXPECT_EQ(seen[0]->message.trust, Trust::exact);
    EXPECT_EQ(seen[0]->message.first_packet, 6U);
    EXPECT_EQ(seen[0]->message.last_packet, packets);
  }
}

TEST(ManyPieces, OneMessageOfTwoThousandFragments) {
  const ByteVector plain = test::noise(4000, 1);
  const ByteVector payload = test::Deflater().message(plain);
  for (const bool compressed : {false, true}) {
    const std::string_view all = as_text(compressed ? payload : plain);
    Tcp tcp;
    tcp.upgrade(deflate, deflate);
    for (std::size_t i = 0; i < 2000; ++i) {
      const FrameOptions options{.fin = i == 1999, .rsv1 = compressed && i == 0};
      tcp.send(client, client_frame(i == 0 ? Opcode::binary : Opcode::continuation,
                                    i == 1999 ? all.substr(2 * i) : all.substr(2 * i, 2), options));
    }
    const Recording recording = played(tcp);
    EXPECT_EQ(recording.recorder.frames.size(), 2000U);
    const auto seen = recording.messages(client);
    ASSERT_EQ(seen.size(), 1U);
    EXPECT_EQ(seen[0]->message.fragments, 2000U);
    EXPECT_EQ(seen[0]->message.data, plain);
    EXPECT_EQ(seen[0]->message.trust, Trust::exact);
    EXPECT_EQ(rules_of(recording.session()), "");
  }
}

// ---- rules about the order of frames

struct RuleRow {
  std::string_view name;
  std::vector<ByteVector> frames;  ///< of the server
  std::string_view rules;
};

TEST(Rules, EachBrokenOneIsReportedForItsSender) {
  const RuleRow rows[] = {
      {"right", {server_frame(Opcode::text, "a")}, ""},
      {"interleaved",
       {server_frame(Opcode::text, "a", part), server_frame(Opcode::text, "b"),
        server_frame(Opcode::continuation, "c")},
       "server message-interleaved x1"},
      {"interleaved fragments",
       {server_frame(Opcode::text, "a", part), server_frame(Opcode::text, "b", part),
        server_frame(Opcode::continuation, "c"), server_frame(Opcode::continuation, "d")},
       "server continuation-without-start x1, server message-interleaved x1"},
      {"no start", {server_frame(Opcode::continuation, "a")}, "server continuation-without-start x1"},
      {"data after Close",
       {close_frame(server, 1000), server_frame(Opcode::text, "a"), server_frame(Opcode::text, "b")},
       "server data-after-close x2"},
      {"ping after Close", {close_frame(server, 1000), server_frame(Opcode::ping, "")}, ""},
      {"two Closes", {close_frame(server, 1000), close_frame(server, 1001)}, "server close-repeated x1"},
      {"Close of one byte", {server_frame(Opcode::close, "\x03")}, "server close-payload-one-byte x1"},
      {"Close with a code that must not be sent", {close_frame(server, 1005)}, "server close-code-not-allowed x1"},
      {"Close with bad text", {close_frame(server, 1000, "\xFF")}, "server close-reason-not-utf8 x1"},
      {"Close without a body", {server_frame(Opcode::close, "")}, ""},
      {"masked", {client_frame(Opcode::text, "a")}, "server server-frame-masked x1"},
      {"reserved opcode", {server_frame(static_cast<Opcode>(3), "a")}, "server opcode-reserved x1"},
  };
  for (const RuleRow& row : rows) {
    Tcp tcp;
    tcp.upgrade();
    for (const ByteVector& frame : row.frames) tcp.send(server, frame);
    EXPECT_EQ(rules_of(played(tcp).session()), row.rules) << row.name;
  }
}

TEST(Rules, TheFirstCloseOfAnEndCounts) {
  Tcp tcp;
  tcp.upgrade().send(server, close_frame(server, 1001, "first")).send(server, close_frame(server, 1002, "second"));
  const Recording recording = played(tcp);
  EXPECT_EQ(recording.session().end(server).close.code, 1001);
  EXPECT_EQ(recording.session().end(server).close.reason, "first");
  EXPECT_EQ(recording.session().end(server).close.moment.packet, 6U);
}

TEST(Rules, AMessageThatIsOpenAtTheFinIsUnfinished) {
  const ByteVector text = server_frame(Opcode::text, "0123456789");
  for (const bool between_fragments : {false, true}) {
    Tcp tcp;
    tcp.upgrade();
    if (between_fragments)
      tcp.send(server, server_frame(Opcode::text, "0123", part));
    else
      tcp.send(server, Bytes(text).first(6));
    tcp.fin(server);
    const Recording recording = played(tcp);
    EXPECT_EQ(rules_of(recording.session()), between_fragments
                                                 ? "server message-unfinished x1"
                                                 : "server frame-unfinished x1, server message-unfinished x1");
    EXPECT_TRUE(recording.session().end(server).unfinished_message);
    EXPECT_TRUE(recording.messages(server).empty());
  }
}

TEST(Rules, AnUnfinishedMessageIsReportedOnceHoweverOftenTheFinIsRepeated) {
  Tcp tcp;
  tcp.upgrade().send(server, server_frame(Opcode::text, "0123", part)).fin(server).again().again();
  EXPECT_EQ(rules_of(played(tcp).session()), "server message-unfinished x1");
}

TEST(Rules, AMessageIsNotCalledUnfinishedWhenBytesWereLost) {
  const ByteVector text = server_frame(Opcode::text, std::string(100, 'x'));
  Tcp inside;
  inside.upgrade()
      .send(server, Bytes(text).first(6))
      .lose(server, 10)
      .send(server, Bytes(text).subspan(16, 20))
      .fin(server);
  EXPECT_EQ(rules_of(played(inside).session()), "");
  Tcp before_fin;
  before_fin.upgrade().send(server, Bytes(text).first(6)).lose(server, 96).fin(server);
  EXPECT_EQ(rules_of(played(before_fin).session()), "");
}

TEST(Rules, AMessageThatEndsBeforeTheFinIsFinishedEvenWhenItCameLate) {
  Tcp tcp;
  tcp.upgrade().send(server, server_frame(Opcode::text, "late")).fin(server);
  Capture capture = tcp.take();
  std::swap(capture[5], capture[6]);
  const Recording recording = play(std::move(capture));
  EXPECT_EQ(rules_of(recording.session()), "");
  EXPECT_EQ(recording.lines(server), "text#1 \"late\" exact\n");
}

TEST(Rules, LengthsBeyondReasonNeverComplete) {
  for (const std::uint64_t length : {(std::uint64_t{1} << 63) - 1, std::uint64_t{1} << 63, ~std::uint64_t{0}}) {
    Tcp tcp;
    tcp.upgrade().send(client, client_frame(Opcode::binary, "abc", {.claimed_length = length}));
    tcp.lose(client, 5000).send(client, std::string(2000, 'x')).ack(server);
    const Recording recording = played(tcp);
    EXPECT_TRUE(recording.recorder.messages.empty());
    ASSERT_EQ(recording.recorder.frames.size(), 1U);
    EXPECT_FALSE(recording.recorder.frames[0].done.has_value());
    EXPECT_EQ(recording.recorder.frames[0].header->payload_length, length);
    EXPECT_EQ(recording.session().end(client).lost, 5000U);
    EXPECT_EQ(rules_of(recording.session()),
              length >> 63 == 0 ? "client frame-length-unreasonable x1" : "client length-top-bit-set x1");
  }
}

// ---- data before the answer (§4.1)

TEST(EarlyData, BeforeTheAnswerIsHeldParsedAndReported) {
  Tcp tcp;
  tcp.open().send(client, upgrade_request()).send(client, client_frame(Opcode::text, "early"));
  tcp.send(server, upgrade_response()).send(client, client_frame(Opcode::text, "later"));
  const Recording recording = played(tcp);
  EXPECT_EQ(recording.lines(client), "text#1 \"early\" exact\ntext#2 \"later\" exact\n");
  EXPECT_EQ(rules_of(recording.session()), "client request-followed-by-early-data x1");
  EXPECT_TRUE(recording.session().end(client).early_data);
  EXPECT_EQ(marks(recording, 5), "data early");
  EXPECT_EQ(recording.messages(client).at(0)->message.shown_in, 6U);
  EXPECT_FALSE(recording.messages(client).at(0)->message.in_packet);
}

TEST(EarlyData, InTheRequestsOwnSegmentIsReported) {
  Tcp tcp;
  tcp.open().send(client, joined({bytes_of(upgrade_request()), client_frame(Opcode::text, "early")}));
  tcp.send(server, upgrade_response());
  const Recording recording = played(tcp);
  EXPECT_EQ(recording.lines(client), "text#1 \"early\" exact\n");
  EXPECT_EQ(rules_of(recording.session()), "client request-followed-by-early-data x1");
}

TEST(EarlyData, IsNotReportedWhenItsAcknowledgementShowsThatTheAnswerWasSeen) {
  Tcp tcp;
  tcp.open().send(client, upgrade_request()).send(server, upgrade_response());
  tcp.send(client, client_frame(Opcode::text, "not early"));
  Capture capture = tcp.take();
  std::swap(capture[4], capture[5]);  // captured in the wrong order
  const Recording recording = play(std::move(capture));
  EXPECT_EQ(recording.lines(client), "text#1 \"not early\" exact\n");
  EXPECT_EQ(rules_of(recording.session()), "");
}

TEST(EarlyData, ARepeatedRequestIsNone) {
  Tcp tcp;
  tcp.open().send(client, upgrade_request()).again().send(server, upgrade_response());
  const Recording recording = played(tcp);
  EXPECT_EQ(rules_of(recording.session()), "");
  EXPECT_EQ(marks(recording, 5), "repeated");
  EXPECT_FALSE(recording.session().end(client).early_data);
}

TEST(EarlyData, TheRestOfARequestThatWasCutIsNone) {
  const std::string request = upgrade_request("Cookie: " + std::string(300, 'c') + "\r\n");
  Tcp tcp;
  tcp.open().send_cut(client, as_bytes(request), 300);
  Capture capture = tcp.take();
  test::cut_by_snapshot(capture[3], 200);
  test::cut_by_snapshot(capture[4], 100);
  tcp.send(server, upgrade_response());
  for (Packet& packet : tcp.take()) capture.push_back(std::move(packet));
  const Recording recording = play(std::move(capture));
  ASSERT_EQ(recording.session_count(), 1U);
  EXPECT_TRUE(recording.session().switched());
  EXPECT_EQ(rules_of(recording.session()), "");
}

TEST(EarlyData, BeyondTheLimitTheAnswerIsNotKnown) {
  Limits limits;
  limits.early_bytes = 500;
  Tcp tcp;
  tcp.open().send(client, upgrade_request());
  for (int i = 0; i < 10; ++i) tcp.send(client, client_frame(Opcode::text, std::string(100, 'x')));
  tcp.send(server, upgrade_response());
  const Recording recording = play(tcp.take(), limits);
  ASSERT_EQ(recording.session_count(), 1U);
  EXPECT_EQ(recording.session().outcome, Outcome::not_captured);
  EXPECT_TRUE(recording.recorder.messages.empty());
}

TEST(EarlyData, OfAServerThatAnswersWhileTheRequestIsIncompleteWaits) {
  const std::string request = upgrade_request();
  Tcp tcp;
  tcp.open().send_cut(client, as_bytes(request), 50);
  tcp.send(server, joined({bytes_of(upgrade_response()), server_frame(Opcode::text, "Hello")}));
  Capture capture = tcp.take();
  std::rotate(capture.begin() + 3, capture.begin() + 4, capture.end());  // the request's first half was captured last
  const Recording recording = play(std::move(capture));
  EXPECT_EQ(recording.lines(server), "text#1 \"Hello\" exact\n");
  EXPECT_EQ(recording.messages(server).at(0)->message.shown_in, 6U);
  EXPECT_EQ(rules_of(recording.session()), "");
}

// ---- what had gone before an end

TEST(Before, ACloseWith1009NamesTheFrameThatWasUnderWay) {
  const ByteVector large = client_frame(Opcode::binary, std::string(5000, 'x'));
  Tcp tcp;
  tcp.upgrade().send(client, client_frame(Opcode::text, "small")).send(client, Bytes(large).first(2000));
  tcp.send(server, close_frame(server, 1009)).fin(server).send(client, Bytes(large).subspan(2000)).fin(client);
  const std::string verdict = verdict_of(played(tcp).session());
  EXPECT_NE(verdict.find("Just then the client was sending a frame of 5000 bytes."), std::string::npos) << verdict;
}

TEST(Before, SilenceEndsWithTheFirstByteOfAFrame) {
  constexpr Nanoseconds second = 1'000'000'000;
  const ByteVector slow = client_frame(Opcode::binary, std::string(60, 'x'));
  Tcp tcp;
  tcp.upgrade().segments_of(2).send(client, slow).close(server);
  const Recording recording = play(tcp.take(), {}, second);
  EXPECT_EQ(recording.session().longest_silence, second);
  EXPECT_EQ(verdict_of(recording.session()).find("Nothing had been sent"), std::string::npos);
}

TEST(Before, ALostAnswerInFrontOfAFinIsNotCalledMissing) {
  Tcp tcp;
  tcp.open().send(client, upgrade_request()).lose(server, 120).fin(server).fin(client);
  const Recording recording = played(tcp);
  EXPECT_EQ(recording.session().outcome, Outcome::not_captured);
  EXPECT_EQ(verdict_of(recording.session()).rfind("Not known", 0), 0U) << verdict_of(recording.session());
}

// ---- attempts

TEST(Attempts, AnyMethodIsAnAttempt) {
  for (const std::string_view method : {"GET", "POST", "CONNECT", "FOO"}) {
    std::string request = upgrade_request();
    request.replace(0, 3, method);
    Tcp tcp;
    tcp.open().send(client, request).send(server, upgrade_response());
    const Recording recording = played(tcp);
    ASSERT_EQ(recording.session_count(), 1U) << method;
    EXPECT_TRUE(recording.session().switched());
    EXPECT_EQ(recording.session().request.method, method);
    EXPECT_EQ(rules_of(recording.session()),
              method == "GET" ? "" : "client request-method-not-get x1, server response-accepts-broken-request x1");
  }
}

TEST(Attempts, ARefusedOneMayBeFollowedByAnotherOnTheSameConnection) {
  Tcp tcp;
  tcp.open().send(client, upgrade_request()).send(server, refusal);
  tcp.send(client, upgrade_request("Authorization: Basic eDp5\r\n")).send(server, upgrade_response());
  tcp.send(client, client_frame(Opcode::text, "in")).close(client);
  const Recording recording = played(tcp);
  ASSERT_EQ(recording.session_count(), 2U);
  EXPECT_EQ(recording.session(1).outcome, Outcome::refused);
  EXPECT_EQ(recording.session(1).response.status, 401);
  EXPECT_EQ(verdict_of(recording.session(1)),
            "Failed: the server answered 401 Unauthorized instead of 101: the client has to log in first.");
  EXPECT_TRUE(recording.session(2).switched());
  EXPECT_EQ(recording.lines(client, 1), "");
  EXPECT_EQ(recording.lines(client, 2), "text#1 \"in\" exact\n");
  EXPECT_EQ(session_state(recording.session(2)), SessionState::closed);
  // The TCP handshake belongs to the first, the end to the last.
  EXPECT_EQ(marks(recording, 1, 1), "syn");
  EXPECT_EQ(marks(recording, 1, 2), "");
  EXPECT_EQ(marks(recording, 5, 1), "response");
  EXPECT_EQ(marks(recording, 6, 2), "request");
  EXPECT_EQ(marks(recording, 9, 1), "");
  EXPECT_EQ(marks(recording, 9, 2), "fin");
  EXPECT_EQ(recording.session(1).first.packet, 1U);
  EXPECT_EQ(recording.session(2).first.packet, 6U);
}

TEST(Attempts, InterimResponsesArePassedOver) {
  Tcp tcp;
  tcp.open().send(client, upgrade_request());
  tcp.send(server, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + upgrade_response());
  tcp.send(server, server_frame(Opcode::text, "in"));
  const Recording recording = played(tcp);
  EXPECT_TRUE(recording.session().switched());
  EXPECT_EQ(recording.session().response.status, 101);
  EXPECT_EQ(recording.lines(server), "text#1 \"in\" exact\n");
}

TEST(Attempts, A101ToAnotherProtocolIsNoWebSocket) {
  Tcp tcp;
  tcp.open().send(client, upgrade_request());
  tcp.send(server, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\nwhatever follows");
  const Recording recording = played(tcp);
  EXPECT_EQ(recording.session().outcome, Outcome::refused);
  EXPECT_SAYS(verdict_of(recording.session()), "h2c");
  EXPECT_TRUE(recording.recorder.frames.empty());
}

TEST(Attempts, AnAnswerThatIsNoHttp) {
  Tcp tcp;
  tcp.open().send(client, upgrade_request()).send(server, "SSH-2.0-OpenSSH_9.2\r\n").close(server);
  const Recording recording = played(tcp);
  EXPECT_EQ(recording.session().outcome, Outcome::not_http);
  EXPECT_EQ(recording.session().response_begins.packet, 5U);
  EXPECT_SAYS(verdict_of(recording.session()), "in packet 5 is no HTTP response");
}

TEST(Attempts, NoAnswer) {
  Tcp open;
  open.open().send(client, upgrade_request()).ack(server);
  EXPECT_SAYS(verdict_of(played(open).session()), "Still opening");
  Tcp finished;
  finished.open().send(client, upgrade_request()).close(server);
  EXPECT_SAYS(verdict_of(played(finished).session()),
              "the server closed the TCP connection (FIN, packet 5) before any");
  Tcp aborted;
  aborted.open().send(client, upgrade_request()).rst(server);
  EXPECT_SAYS(verdict_of(played(aborted).session()),
              "the server aborted the TCP connection (RST, packet 5) before any");
}

TEST(Attempts, AnAnswerThatWasNotCaptured) {
  Tcp tcp;
  tcp.open()
      .send(client, upgrade_request())
      .lose(server, 200)
      .send(server, server_frame(Opcode::text, "a"))
      .ack(client);
  const Recording recording = played(tcp);
  EXPECT_EQ(recording.session().outcome, Outcome::not_captured);
  EXPECT_TRUE(recording.recorder.frames.empty());
}

TEST(Attempts, TheWrongAcceptValue) {
  Tcp tcp;
  tcp.open().send(client, upgrade_request()).send(server, upgrade_response({}, "another key")).close(client);
  const Recording recording = played(tcp);
  EXPECT_EQ(rules_of(recording.session()), "server response-accept-wrong x1");
  EXPECT_SAYS(verdict_of(recording.session()), "does not fit the client's key");
}

TEST(Attempts, BehindPipelinedRequestsInOneSegment) {
  Tcp tcp;
  tcp.open().send(client, std::string(get).append(get).append(upgrade_request()));
  tcp.send(server, upgrade_response()).send(client, client_frame(Opcode::text, "in"));
  const Recording recording = played(tcp);
  ASSERT_EQ(recording.session_count(), 1U);
  EXPECT_EQ(recording.lines(client), "text#1 \"in\" exact\n");
  EXPECT_EQ(marks(recording, 4), "request");
}

TEST(Attempts, BehindOrdinaryRequestsAndTheirAnswers) {
  Tcp tcp;
  tcp.open();
  for (int i = 0; i < 3; ++i) tcp.send(client, get).send(server, ok_response);
  tcp.send(client, upgrade_request()).send(server, upgrade_response()).send(server, server_frame(Opcode::text, "in"));
  const Recording recording = played(tcp);
  ASSERT_EQ(recording.session_count(), 1U);
  EXPECT_EQ(recording.lines(server), "text#1 \"in\" exact\n");
  EXPECT_EQ(marks(recording, 4), "");
  EXPECT_FALSE(recording.referred_to.at(4));
}

/// What is said in front of an upgrade: requests with and without a body, one behind the other and in pieces, answers,
/// repetitions, bytes that are no HTTP. (replay() compares what passes by with what is looked at.)
TEST(Attempts, BehindAnything) {
  const std::string post = "POST / HTTP/1.1\r\nContent-Length: 4\r\n\r\n";
  const std::string turns[] = {std::string(get),
                               std::string(get) + std::string(get),
                               post,
                               "body",
                               std::string(ok_response),
                               std::string(refusal),
                               "\x16\x03\x01",
                               std::string(get.substr(0, 20)),
                               std::string(get.substr(20)),
                               std::string(get) + "GET",
                               upgrade_request()};
  std::mt19937 random(11);
  std::size_t switched = 0;
  for (int i = 0; i < 3000; ++i) {
    Tcp tcp;
    if (random() % 8 != 0) tcp.open();
    for (auto count = random() % 8; count > 0; --count) {
      const Role sender = random() % 3 == 0 ? server : client;
      tcp.send(sender, turns[random() % std::size(turns)]);
      if (random() % 4 == 0) tcp.ack(other(sender));
    }
    tcp.send(client, upgrade_request()).send(server, upgrade_response()).send(server, server_frame(Opcode::text, "in"));
    Capture capture = tcp.take();
    if (random() % 3 == 0) capture.erase(capture.begin() + static_cast<std::ptrdiff_t>(random() % capture.size()));
    if (random() % 3 == 0) capture.insert(capture.end() - 2, Packet(capture[random() % capture.size()]));
    const Recording recording = play(std::move(capture));
    switched += recording.session_count() != 0 && recording.session().switched() ? 1 : 0;
    ASSERT_FALSE(HasFailure()) << "capture " << i;
  }
  EXPECT_GT(switched, 1000U);
}

TEST(Attempts, OrdinaryHttpIsNone) {
  Tcp tcp;
  tcp.open();
  for (int i = 0; i < 3; ++i) tcp.send(client, get).send(server, ok_response).ack(client);
  tcp.close(client);
  const Recording recording = played(tcp);
  EXPECT_EQ(recording.session_count(), 0U);
  EXPECT_TRUE(recording.recorder.marks.empty());
}

TEST(Attempts, ARequestInsideAPostBodyIsNone) {
  const std::string post = "POST /upload HTTP/1.1\r\nHost: example.com\r\nContent-Length: 5000\r\n\r\n";
  for (const bool same_segment : {false, true}) {
    Tcp tcp;
    tcp.open();
    if (same_segment)
      tcp.send(client, post + upgrade_request());
    else
      tcp.send(client, post).ack(server).send(client, upgrade_request()).send(client, upgrade_request());
    tcp.send(server, upgrade_response());
    EXPECT_EQ(played(tcp).session_count(), 0U);
  }
}

TEST(Attempts, ARequestInsideADownloadIsNone) {
  Tcp without_syn;
  without_syn.send(client, get).send(server, "HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n").ack(client);
  without_syn.send(server, upgrade_request()).ack(client).send(server, upgrade_request());
  EXPECT_EQ(played(without_syn).session_count(), 0U);
  Tcp with_syn;
  with_syn.open().send(client, get).send(server, upgrade_request());
  EXPECT_EQ(played(with_syn).session_count(), 0U);
}

TEST(Attempts, ARepeatedRequestIsNoSecondOne) {
  Tcp answered;
  answered.open().send(client, upgrade_request());
  const Packet request = answered.last();
  answered.send(server, refusal);
  Capture capture = answered.take();
  capture.push_back(request);
  EXPECT_EQ(play(capture).session_count(), 1U);

  Tcp switched;
  switched.upgrade().send(server, server_frame(Opcode::text, "in"));
  capture = switched.take();
  capture.push_back(request);
  const Recording recording = play(std::move(capture));
  EXPECT_EQ(recording.session_count(), 1U);
  EXPECT_EQ(marks(recording, 7), "repeated");
}

TEST(Attempts, WithoutTheTcpHandshakeASessionIsFoundToo) {
  Tcp tcp;
  tcp.send(client, upgrade_request()).send(server, upgrade_response()).send(server, server_frame(Opcode::text, "in"));
  const Recording recording = played(tcp);
  ASSERT_EQ(recording.session_count(), 1U);
  EXPECT_FALSE(recording.session().syn.happened());
  EXPECT_EQ(recording.session().first.packet, 1U);
  EXPECT_EQ(recording.lines(server), "text#1 \"in\" exact\n");
}

TEST(Attempts, TheClientIsWhoeverAsks) {
  Tcp tcp;
  tcp.upgrade().send(client, client_frame(Opcode::text, "in"));
  Capture capture = tcp.take();
  for (Packet& packet : capture) packet.segment.sender = opposite(packet.segment.sender);
  EXPECT_EQ(play(std::move(capture)).lines(client), "text#1 \"in\" exact\n");
}

TEST(Attempts, ANewSynOnTheSamePortsStartsAfresh) {
  Tcp first(1000, 50'000);
  first.upgrade().send(client, client_frame(Opcode::text, "one", part));
  Tcp second(900, 20'000);  // below the first, as if it were a repetition
  second.upgrade().send(client, client_frame(Opcode::text, "two")).close(client);
  Capture capture = first.take();
  for (Packet& packet : second.take()) capture.push_back(std::move(packet));
  const Recording recording = play(std::move(capture));
  ASSERT_EQ(recording.session_count(), 2U);
  EXPECT_EQ(session_state(recording.session(1)), SessionState::open);
  EXPECT_EQ(recording.lines(client, 1), "");
  EXPECT_EQ(recording.lines(client, 2), "text#1 \"two\" exact\n");
  EXPECT_EQ(marks(recording, 7, 2), "syn");
  EXPECT_EQ(marks(recording, 7, 1), "");
}

TEST(Attempts, ARepeatedSynDoesNotStartAfresh) {
  Tcp tcp;
  tcp.syn().again().syn_ack().again().ack(client).send(client, upgrade_request()).send(server, upgrade_response());
  const Recording recording = played(tcp);
  ASSERT_EQ(recording.session_count(), 1U);
  EXPECT_EQ(recording.session().syn.packet, 1U);
  EXPECT_EQ(recording.session().syn_ack.packet, 3U);
  EXPECT_EQ(recording.session().ack.packet, 5U);
}

TEST(Attempts, TheFirstSegmentOfTheRequestMayComeLast) {
  Tcp tcp;
  tcp.open().segments_of(60).send(client, upgrade_request()).segments_of(1000);
  const std::size_t last = tcp.count();
  tcp.send(server, upgrade_response());
  Capture capture = tcp.take();
  std::reverse(capture.begin() + 3, capture.begin() + static_cast<std::ptrdiff_t>(last));
  const Recording recording = play(std::move(capture));
  ASSERT_EQ(recording.session_count(), 1U);
  EXPECT_TRUE(recording.session().switched());
  for (PacketIndex packet = 4; packet <= last; ++packet) EXPECT_EQ(marks(recording, packet), "request") << packet;
}

TEST(Attempts, AfterALostFirstRequestTheNextOneIsFound) {
  // Half of all first sequence numbers lie "before" zero.
  for (const std::uint32_t begin : {1000U, 0x90000000U}) {
    Tcp tcp(begin, 50'000);
    tcp.open().lose(client, get.size()).send(client, get).send(server, ok_response);
    for (int i = 0; i < 5; ++i) tcp.send(client, get).send(server, ok_response);
    tcp.send(client, upgrade_request()).send(server, upgrade_response());
    EXPECT_EQ(played(tcp).session_count(), 1U) << begin;
  }
}

TEST(Attempts, ARequestCutByTheSnapshotBehindItsUpgradeFieldIsOne) {
  const std::string request = upgrade_request();
  Tcp tcp;
  tcp.open().send(client, request);
  test::cut_by_snapshot(tcp.last(), request.find("Connection"));
  tcp.send(server, upgrade_response()).send(client, client_frame(Opcode::text, "unframed"));
  tcp.send(server, server_frame(Opcode::text, "framed"));
  const Recording recording = played(tcp);
  ASSERT_EQ(recording.session_count(), 1U);
  EXPECT_TRUE(recording.session().request.cut);
  EXPECT_TRUE(recording.session().switched());
  EXPECT_EQ(rules_of(recording.session()), "");
  EXPECT_EQ(recording.lines(client), "");
  EXPECT_EQ(recording.session().end(client).unframed, 14U);
  EXPECT_EQ(marks(recording, 4), "request cut");
  EXPECT_EQ(marks(recording, 6), "unframed");
  EXPECT_EQ(recording.lines(server), "text#1 \"framed\" exact\n");
}

TEST(Attempts, OfARequestCutInFrontOfItsUpgradeFieldTheAnswerTells) {
  const std::string request = upgrade_request();
  for (const std::string& answer : {upgrade_response(), std::string(ok_response)}) {
    const bool is_one = answer != ok_response;
    Tcp tcp;
    tcp.open().send(client, request);
    test::cut_by_snapshot(tcp.last(), request.find("Upgrade"));
    tcp.send(server, answer);
    if (is_one) tcp.send(server, server_frame(Opcode::text, "framed"));
    const Recording recording = played(tcp);
    ASSERT_EQ(recording.session_count(), is_one ? 1U : 0U);
    if (!is_one) continue;
    EXPECT_EQ(recording.lines(server), "text#1 \"framed\" exact\n");
    EXPECT_SAYS(marks(recording, 4), "request");
    EXPECT_EQ(marks(recording, 5), "response");
    EXPECT_EQ(rules_of(recording.session()), "");
  }
}

TEST(Attempts, BehindARequestThatWasCutAndAnOrdinaryAnswerTheNextIsFound) {
  Tcp tcp;
  tcp.open().send(client, get);
  test::cut_by_snapshot(tcp.last(), 20);
  tcp.send(server, ok_response).send(client, upgrade_request()).send(server, upgrade_response());
  const Recording recording = played(tcp);
  ASSERT_EQ(recording.session_count(), 1U);
  EXPECT_TRUE(recording.session().switched());
  EXPECT_EQ(recording.session().request_begins.packet, 6U);
}

TEST(Attempts, ARequestThatTheCaptureEndsInIsOneIfItsUpgradeFieldIsThere) {
  const std::string request = upgrade_request();
  for (const std::string_view end_before : {"Connection", "Upgrade"}) {
    Tcp tcp;
    tcp.open().send(client, std::string_view(request).substr(0, request.find(end_before)));
    const Recording recording = played(tcp);
    ASSERT_EQ(recording.session_count(), end_before == "Connection" ? 1U : 0U);
    if (recording.session_count() == 0) continue;
    EXPECT_TRUE(recording.session().request.cut);
    EXPECT_EQ(recording.session().last.packet, 4U);
    EXPECT_EQ(session_state(recording.session()), SessionState::opening);
  }
}

TEST(Attempts, AResponseCutByTheSnapshotLeavesTheServerUnframed) {
  const std::string response = upgrade_response();
  Tcp tcp;
  tcp.open().send(client, upgrade_request()).send(server, response);
  test::cut_by_snapshot(tcp.last(), 60);
  tcp.send(server, server_frame(Opcode::text, "a")).send(client, client_frame(Opcode::text, "b"));
  const Recording recording = played(tcp);
  EXPECT_TRUE(recording.session().switched());
  EXPECT_TRUE(recording.session().response.cut);
  EXPECT_EQ(recording.lines(server), "");
  EXPECT_EQ(recording.session().end(server).unframed, 3U);
  EXPECT_EQ(recording.lines(client), "text#1 \"b\" exact\n");
  EXPECT_EQ(rules_of(recording.session()), "");
}

TEST(Attempts, AResponseInSegmentsOutOfOrder) {
  Tcp tcp;
  tcp.open().send(client, upgrade_request()).segments_of(50).send(server, upgrade_response());
  tcp.send(server, server_frame(Opcode::text, "in"));
  Capture capture = tcp.take();
  std::reverse(capture.begin() + 4, capture.end());
  const Recording recording = play(std::move(capture));
  EXPECT_EQ(recording.lines(server), "text#1 \"in\" exact\n");
  EXPECT_EQ(marks(recording, 5), "data waiting");
  EXPECT_EQ(marks(recording, 6), "response waiting");
}

TEST(Attempts, TheAnswerBeginsAtTheRequestsAcknowledgement) {
  Tcp tcp;
  tcp.open().send(client, get).send(server, ok_response);
  Packet old = tcp.last();
  tcp.send(client, upgrade_request());
  Capture capture = tcp.take();
  capture.push_back(std::move(old));  // repeated behind the request: it is no answer to it
  tcp.send(server, upgrade_response()).send(server, server_frame(Opcode::text, "in"));
  for (Packet& packet : tcp.take()) capture.push_back(std::move(packet));
  const Recording recording = play(std::move(capture));
  ASSERT_EQ(recording.session_count(), 1U);
  EXPECT_TRUE(recording.session().switched());
  EXPECT_EQ(recording.lines(server), "text#1 \"in\" exact\n");
}

TEST(Attempts, OfHeadsBeyondTheLimitOnlyTheBeginningCounts) {
  Limits limits;
  limits.head = 300;
  const std::string cookie = "Cookie: " + std::string(300, 'c') + "\r\n";
  Tcp request;
  request.open().send(client, upgrade_request(cookie)).send(server, upgrade_response());
  request.send(server, server_frame(Opcode::text, "framed"));
  const Recording cut_request = play(request.take(), limits);
  ASSERT_EQ(cut_request.session_count(), 1U);
  EXPECT_TRUE(cut_request.session().request.cut);
  EXPECT_TRUE(cut_request.session().switched());
  EXPECT_TRUE(cut_request.session().end(client).framing_lost);
  EXPECT_EQ(cut_request.lines(server), "text#1 \"framed\" exact\n");
  Tcp response;
  response.upgrade({}, "Set-" + cookie).send(client, client_frame(Opcode::text, "framed"));
  const Recording cut_response = play(response.take(), limits);
  EXPECT_TRUE(cut_response.session().switched());
  EXPECT_TRUE(cut_response.session().response.cut);
  EXPECT_EQ(cut_response.lines(client), "text#1 \"framed\" exact\n");
  EXPECT_EQ(rules_of(cut_response.session()), "");
}

TEST(Attempts, HeadsWhoseStartLineIsBeyondTheLimitAreNone) {
  Limits limits;
  limits.head = 12;
  Tcp request;
  request.open().send(client, "SUBSCRIBEMANY / HTTP/1.1\r\n\r\n").send(server, upgrade_response());
  EXPECT_EQ(play(request.take(), limits).session_count(), 0U);
}

// ---- the end of TCP, and what each packet is

TEST(Packets, EachHasItsMarks) {
  Tcp tcp;
  tcp.upgrade();                                                                           // 1-5
  tcp.send(client, client_frame(Opcode::text, "a")).ack(server);                           // 6, 7
  tcp.send(server, server_frame(Opcode::ping, "")).again();                                // 8, 9
  tcp.send(client, client_frame(Opcode::pong, ""));                                        // 10
  tcp.send(client, joined({client_frame(Opcode::text, "b"), close_frame(client, 1000)}));  // 11
  tcp.send(server, close_frame(server, 1000));                                             // 12
  tcp.fin(server).ack(client).fin(client).ack(server);                                     // 13-16
  const Recording recording = played(tcp);
  const std::string_view expected[] = {"syn",    "syn_ack", "handshake_ack", "request", "response",     "data",
                                       "member", "data",    "repeated",      "data",    "data closing", "closing",
                                       "fin",    "member",  "fin",           "last_ack"};
  ASSERT_EQ(recording.packets.size(), std::size(expected));
  for (PacketIndex packet = 1; packet <= std::size(expected); ++packet) {
    EXPECT_EQ(marks(recording, packet), expected[packet - 1]) << packet;
  }
  const Session& session = recording.session();
  EXPECT_EQ(session.syn.packet, 1U);
  EXPECT_EQ(session.syn_ack.packet, 2U);
  EXPECT_EQ(session.ack.packet, 3U);
  EXPECT_EQ(session.request_begins.packet, 4U);
  EXPECT_EQ(session.request_done.packet, 4U);
  EXPECT_EQ(session.response_begins.packet, 5U);
  EXPECT_EQ(session.response_done.packet, 5U);
  EXPECT_EQ(session.first_data.packet, 6U);
  EXPECT_EQ(session.last_data.packet, 11U);
  EXPECT_EQ(session.end(client).close.moment.packet, 11U);
  EXPECT_EQ(session.end(server).close.moment.packet, 12U);
  EXPECT_EQ(session.end(server).fin.packet, 13U);
  EXPECT_EQ(session.end(client).fin.packet, 15U);
  EXPECT_EQ(session.last_ack.packet, 16U);
  EXPECT_EQ(session.first_close, client);
  EXPECT_EQ(session.first_fin, server);
  EXPECT_EQ(session.first.packet, 1U);
  EXPECT_EQ(session.last.packet, 16U);
  EXPECT_EQ(session.last.time, 16 * test::default_step);
}

TEST(Packets, AFinMayBringData) {
  Tcp tcp;
  tcp.upgrade().send(server, close_frame(server, 1000));
  tcp.last().segment.fin = true;
  const Recording recording = played(tcp);
  EXPECT_EQ(marks(recording, 6), "closing fin");
  EXPECT_EQ(recording.session().end(server).fin.packet, 6U);
  EXPECT_EQ(rules_of(recording.session()), "");
}

TEST(Packets, BothEndsMayFinAtOnce) {
  Tcp tcp;
  tcp.upgrade();
  const std::uint32_t client_saw = tcp.next(server);
  tcp.fin(server).fin(client);
  tcp.last().segment.acknowledgement = client_saw;
  tcp.ack(server).ack(client);
  const Recording recording = played(tcp);
  EXPECT_EQ(marks(recording, 8), "last_ack");  // acknowledges the client's FIN, which was the last
  EXPECT_EQ(recording.session().first_fin, server);
  EXPECT_EQ(session_state(recording.session()), SessionState::closed);
}

TEST(Packets, ARepeatedFinChangesNothing) {
  Tcp tcp;
  tcp.upgrade().fin(server).again().fin(client).again().ack(server).again();
  const Recording recording = played(tcp);
  EXPECT_EQ(recording.session().end(server).fin.packet, 6U);
  EXPECT_EQ(recording.session().end(client).fin.packet, 8U);
  EXPECT_EQ(recording.session().last_ack.packet, 10U);
}

TEST(Packets, ARstEndsTheSession) {
  Tcp tcp;
  tcp.upgrade().send(client, client_frame(Opcode::text, "a")).rst(server).rst(server);
  const Recording recording = played(tcp);
  EXPECT_EQ(marks(recording, 7), "rst");
  EXPECT_EQ(recording.session().rst.packet, 7U);
  EXPECT_EQ(recording.session().rst_by, server);
  EXPECT_EQ(session_state(recording.session()), SessionState::closed);
  EXPECT_EQ(verdict_of(recording.session()),
            "Not closed cleanly: the server aborted the TCP connection (RST, packet 7) without any Close frame, as "
            "when a program ends or dies. Both programs report 1006.");
}

TEST(Packets, DataThatWasCapturedBehindTheLastAckIsStillTaken) {
  Tcp tcp;
  tcp.upgrade().send(server, close_frame(server, 1000)).close(server);
  Capture capture = tcp.take();
  std::rotate(capture.begin() + 5, capture.begin() + 6, capture.end());
  const Recording recording = play(std::move(capture));
  EXPECT_TRUE(recording.session().last_ack.happened());
  EXPECT_EQ(recording.session().end(server).close.code, 1000);
}

TEST(Packets, OfOrdinaryRequestsBehindAFailedAttemptAreNotItsOwn) {
  Tcp tcp;
  tcp.open().send(client, upgrade_request()).send(server, refusal).send(client, get).send(server, ok_response);
  tcp.ack(client).close(client);
  const Recording recording = played(tcp);
  EXPECT_EQ(marks(recording, 6), "");
  EXPECT_EQ(marks(recording, 7), "");
  EXPECT_EQ(marks(recording, 9), "fin");
  EXPECT_EQ(marks(recording, 11), "last_ack");
}

// ---- verdicts end to end; the sentences themselves: verdict_test.cpp

TEST(Verdicts, FollowFromTheCapture) {
  struct Row {
    std::string_view phrase;
    std::function<void(Tcp&)> then;
  };
  const Row rows[] = {
      {"Still open when the capture ends.", [](Tcp&) {}},
      {"Closing: the client began the closing handshake in packet 6",
       [](Tcp& tcp) { tcp.send(client, close_frame(client, 1000)); }},
      {"Closing: the server ended its half of the TCP connection (FIN, packet 6)", [](Tcp& tcp) { tcp.fin(server); }},
      {"Not closed cleanly: the client ended the TCP connection (FIN, packet 6) without any Close frame",
       [](Tcp& tcp) { tcp.close(client); }},
      {"the server never answered it; the server ended the TCP connection (FIN, packet 7)",
       [](Tcp& tcp) { tcp.send(client, close_frame(client, 1000)).close(server); }},
      {"The client's program reports 4000, the server's 1000.",
       [](Tcp& tcp) {
         tcp.send(client, close_frame(client, 1000)).send(server, close_frame(server, 4000)).close(server);
       }},
      {"Both programs report 1005.",
       [](Tcp& tcp) {
         tcp.send(server, server_frame(Opcode::close, "")).send(client, client_frame(Opcode::close, "")).close(server);
       }},
      {"Afterwards the client aborted TCP with RST (packet 8).",
       [](Tcp& tcp) {
         tcp.send(server, close_frame(server, 1000)).send(client, close_frame(client, 1000)).rst(client);
       }},
  };
  for (const Row& row : rows) {
    Tcp tcp;
    tcp.upgrade();
    row.then(tcp);
    EXPECT_SAYS(verdict_of(played(tcp).session()), row.phrase);
  }
}

}  // namespace
}  // namespace websocket
