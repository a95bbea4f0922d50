// SPDX-License-Identifier: GPL-2.0-or-later
/// Connection where the capture begins in the middle, or where what begins it was cut: what is recognised, what is
/// called how, and what is never taken for a WebSocket.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "connection.h"
#include "support/wire.h"

namespace websocket {
namespace {

using test::ByteVector;
using test::Capture;
using test::client_frame;
using test::close_frame;
using test::Deflater;
using test::frame_of;
using test::FrameOptions;
using test::Packet;
using test::play;
using test::Recording;
using test::replay;
using test::rules_of;
using test::server_frame;
using test::Tcp;
using test::upgrade_request;
using test::upgrade_response;

constexpr Role client = Role::client;
constexpr Role server = Role::server;
constexpr Role roles[] = {client, server};
constexpr FrameOptions part{.fin = false};
constexpr FrameOptions rsv1{.rsv1 = true};

using Random = std::mt19937;

std::string noise(Random& random, std::size_t size) {
  std::string bytes(size, ' ');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

Capture turned(Capture capture) {
  for (Packet& packet : capture) packet.segment.sender = opposite(packet.segment.sender);
  return capture;
}

/// Behind the handshake, which is not captured: both ends send so many texts, in turn.
Tcp& talk(Tcp& tcp, Role first, int texts) {
  for (int i = 1; i <= texts; ++i) {
    for (const Role sender : {first, other(first)}) {
      const std::string text = std::string(role_name(sender)) + " says " + std::to_string(i);
      tcp.send(sender, frame_of(sender, Opcode::text, text));
    }
  }
  return tcp;
}

std::string said(Role sender, int from, int to, std::uint32_t first_number = 1) {
  std::string lines;
  for (int i = from; i <= to; ++i)
    lines += "text#" + std::to_string(first_number++) + " \"" + std::string(role_name(sender)) + " says " +
             std::to_string(i) + "\" inferred\n";
  return lines;
}

std::uint64_t captured_bytes(const Recording& recording) {
  std::uint64_t bytes = 0;
  for (const Packet& packet : recording.packets) bytes += packet.bytes.size();
  return bytes;
}

std::uint64_t framed_bytes(const Recording& recording) {
  std::uint64_t bytes = 0;
  for (const auto& frame : recording.recorder.frames)
    for (const Piece& piece : frame.pieces) bytes += piece.length;
  return bytes;
}

void expect_each_byte_counted(const Recording& recording) {
  const Session& session = recording.session();
  EXPECT_EQ(framed_bytes(recording) + session.end(client).unframed + session.end(server).unframed,
            captured_bytes(recording));
}

const FindingMet* met(const Session& session, Finding finding) {
  const auto is_it = [&](const FindingMet& each) { return each.finding == finding; };
  const auto found = std::find_if(session.findings.begin(), session.findings.end(), is_it);
  return found == session.findings.end() ? nullptr : &*found;
}

// ---- what is recognised

TEST(LateStart, FramesBothWaysAreAWebSocketWhoeverSpeaksFirst) {
  for (const Role first : roles) {
    for (const bool turn : {false, true}) {
      Tcp tcp;
      Capture capture = talk(tcp, first, 5).take();
      const Recording recording = play(turn ? turned(std::move(capture)) : std::move(capture));
      ASSERT_EQ(recording.session_count(), 1U) << role_name(first) << " first";
      const Session& session = recording.session();
      EXPECT_TRUE(session.late_start);
      EXPECT_TRUE(session.switched());
      EXPECT_EQ(session_state(session), SessionState::open);
      EXPECT_EQ(session.trust, Trust::inferred);
      EXPECT_EQ(recording.client, turn ? Side::b : Side::a);
      for (const Role sender : roles) EXPECT_EQ(recording.lines(sender), said(sender, 1, 5));
      EXPECT_EQ(session.first.packet, 1U);
      EXPECT_EQ(rules_of(session), "");
      const FindingMet* late = met(session, Finding::late_start);
      ASSERT_NE(late, nullptr);
      EXPECT_EQ(late->amount, 0U);
      expect_each_byte_counted(recording);
    }
  }
}

TEST(LateStart, GoesOnToAnOrdinaryEnd) {
  Tcp tcp;
  talk(tcp, client, 5).send(client, close_frame(client, 1001, "bye")).send(server, close_frame(server, 1001));
  const Recording recording = play(tcp.close(server).take());
  const Session& session = recording.session();
  EXPECT_EQ(session.end(client).close.code, 1001);
  EXPECT_EQ(session.end(client).close.reason, "bye");
  EXPECT_EQ(session_state(session), SessionState::closed);
  EXPECT_EQ(closed_cleanly(session), true);
}

TEST(LateStart, OneDirectionAloneIsNotEnough) {
  for (const Role sender : roles) {
    Tcp tcp;
    for (int i = 0; i < 40; ++i) tcp.send(sender, frame_of(sender, Opcode::text, "one way")).ack(other(sender));
    EXPECT_EQ(play(tcp.take()).session_count(), 0U);
  }
}

TEST(LateStart, MayBeginInTheMiddleOfAMessageOfEitherEnd) {
  for (const Role sender : roles) {
    for (std::size_t missing = 1; missing < 10; ++missing) {
      const std::string long_text = "a long text, " + std::string(950, 'x') + " of which the beginning is missing";
      Tcp tcp;
      tcp.segments_of(100).send(sender, frame_of(sender, Opcode::text, long_text)).segments_of(SIZE_MAX);
      const std::size_t size = tcp.next(sender) - (sender == client ? 1000 : 50'000);
      talk(tcp, sender, 5);
      Capture capture = tcp.take();
      capture.erase(capture.begin(), capture.begin() + static_cast<std::ptrdiff_t>(missing));
      const Recording recording = play(std::move(capture));
      ASSERT_EQ(recording.session_count(), 1U);
      EXPECT_EQ(recording.lines(sender), said(sender, 1, 5)) << missing;
      EXPECT_EQ(recording.lines(other(sender)), said(other(sender), 1, 5)) << missing;
      EXPECT_EQ(recording.session().end(sender).unframed, size - 100 * missing);
      EXPECT_EQ(met(recording.session(), Finding::late_start)->amount, size - 100 * missing);
      expect_each_byte_counted(recording);
    }
  }
}

TEST(LateStart, OfAMessageThatBeganBeforeOnlyTheNextOnesAreThere) {
  Tcp tcp;
  tcp.send(server, server_frame(Opcode::continuation, "goes on", part));
  tcp.send(server, server_frame(Opcode::continuation, "ends"));
  const Recording recording = play(talk(tcp, client, 5).take());
  ASSERT_EQ(recording.session_count(), 1U);
  EXPECT_EQ(recording.lines(server), said(server, 1, 5));
  EXPECT_EQ(rules_of(recording.session()), "");
}

TEST(LateStart, TheSynMayBeThereAndTheRequestNot) {
  Tcp tcp;
  tcp.open().lose(client, upgrade_request().size()).lose(server, upgrade_response().size());
  const Recording recording = play(talk(tcp, server, 5).take());
  // The SYN says that the bytes in front are missing, not what they were.
  for (const auto& seen : recording.recorder.messages) EXPECT_GE(seen.message.trust, Trust::inferred);
}

TEST(LateStart, NothingIsBetterThanInferred) {
  Random random(1);
  for (int run = 0; run < 50; ++run) {
    Tcp tcp;
    Capture capture = talk(tcp.upgrade(), client, 10).take();
    capture.erase(capture.begin(), capture.begin() + 5 + static_cast<std::ptrdiff_t>(random() % 8));
    const Recording recording = play(std::move(capture));
    ASSERT_EQ(recording.session_count(), 1U);
    for (const auto& seen : recording.recorder.messages) EXPECT_EQ(seen.message.trust, Trust::inferred);
    EXPECT_EQ(recording.lines(client), said(client, 11 - static_cast<int>(recording.messages(client).size()), 10));
    EXPECT_EQ(recording.lines(server), said(server, 11 - static_cast<int>(recording.messages(server).size()), 10));
  }
}

TEST(LateStart, IsOffWhereItIsNotWanted) {
  Limits limits;
  limits.late_start = false;
  Tcp tcp;
  EXPECT_EQ(play(talk(tcp, client, 20).take(), limits).session_count(), 0U);
}

TEST(LateStart, ASegmentThatIsMissingLaterLeavesWhatFollowsAfterAGap) {
  Tcp tcp;
  talk(tcp, client, 5).lose(server, 30);
  for (const std::string_view text : {"then", "later", "still", "on"})
    tcp.send(server, server_frame(Opcode::text, text)).ack(client);
  const Recording recording = play(tcp.take());
  EXPECT_EQ(recording.lines(server), said(server, 1, 5) +
                                         "text#6 \"then\" after-gap\ntext#7 \"later\" after-gap\n"
                                         "text#8 \"still\" after-gap\ntext#9 \"on\" after-gap\n");
  EXPECT_EQ(recording.session().end(server).lost, 30U);
  EXPECT_EQ(recording.session().trust, Trust::after_gap);
}

// ---- compressed

/// Texts without a pattern, so that none but the wanted one is referred to.
std::string letters(unsigned seed) {
  Random random(seed);
  std::string text;
  for (int i = 0; i < 60; ++i) text += static_cast<char>('0' + random() % 75);
  return text;
}

TEST(LateStart, CompressedTextsThatReferToWhatIsMissingAreUndecodableAndTheOthersRight) {
  for (const Role sender : roles) {
    Deflater deflater;
    deflater.message(letters(1));  // before the capture
    Tcp tcp;
    const auto send = [&](const std::string& text) {
      tcp.send(sender, frame_of(sender, Opcode::text, as_text(deflater.message(text)), rsv1));
      tcp.send(other(sender), frame_of(other(sender), Opcode::text, "in between " + std::to_string(tcp.count())));
    };
    send(letters(1));
    send(letters(2));
    send(letters(2) + letters(1));
    send(letters(2) + letters(3));
    send(letters(3));
    const Recording recording = play(tcp.take());
    ASSERT_EQ(recording.session_count(), 1U);
    const auto seen = recording.messages(sender);
    ASSERT_EQ(seen.size(), 5U);
    const std::string expected[] = {"", letters(2), "", letters(2) + letters(3), letters(3)};
    for (std::size_t i = 0; i < 5; ++i) {
      const Message& message = seen[i]->message;
      EXPECT_EQ(message.trust, expected[i].empty() ? Trust::undecodable : Trust::inferred) << i;
      EXPECT_EQ(message.context_lost, expected[i].empty()) << i;
      EXPECT_EQ(as_text(message.data), expected[i]) << i;
      EXPECT_TRUE(message.compressed);
    }
    const FindingMet* lost = met(recording.session(), Finding::context_lost);
    ASSERT_NE(lost, nullptr);
    EXPECT_EQ(lost->count, 2U);
    EXPECT_EQ(rules_of(recording.session()), "");
  }
}

TEST(LateStart, WhatDoesNotInflateAccusesNobody) {
  Tcp tcp;
  talk(tcp, client, 5).send(server, server_frame(Opcode::text, "\xFF\xFF\xFF no DEFLATE", rsv1));
  const Recording recording = play(tcp.take());
  EXPECT_EQ(recording.messages(server).back()->message.trust, Trust::undecodable);
  EXPECT_EQ(rules_of(recording.session()), "");
}

// ---- a request after all

TEST(LateStart, ARequestLaterOnTheSameConnectionWins) {
  Tcp tcp;
  tcp.send(server, std::string(300, 'x')).ack(client).send(server, std::string(300, 'y'));  // the end of a download
  tcp.send(client, upgrade_request()).send(server, upgrade_response());
  tcp.send(client, client_frame(Opcode::text, "Hello")).send(server, server_frame(Opcode::text, "Hello"));
  const Recording recording = play(tcp.take());
  ASSERT_EQ(recording.session_count(), 1U);
  EXPECT_FALSE(recording.session().late_start);
  EXPECT_EQ(met(recording.session(), Finding::late_start), nullptr);
  EXPECT_EQ(recording.lines(client), "text#1 \"Hello\" exact\n");
  EXPECT_EQ(recording.lines(server), "text#1 \"Hello\" exact\n");
}

TEST(LateStart, ARequestBehindSoManyOtherBytesThatItWasGivenUpWinsToo) {
  Random random(1);
  Tcp tcp;
  for (int i = 0; i < 200; ++i) tcp.send(i % 2 == 0 ? client : server, noise(random, 1000));
  tcp.send(server, "x").send(client, upgrade_request()).send(server, upgrade_response());
  tcp.send(client, client_frame(Opcode::text, "Hello"));
  const Recording recording = play(tcp.take());
  ASSERT_EQ(recording.session_count(), 1U);
  EXPECT_EQ(recording.lines(client), "text#1 \"Hello\" exact\n");
}

TEST(LateStart, WhatWasGivenUpIsNotTakenUpAgain) {
  Random random(2);
  Tcp tcp;
  for (int i = 0; i < 200; ++i) tcp.send(i % 2 == 0 ? client : server, noise(random, 1000));
  EXPECT_EQ(play(talk(tcp, client, 20).take()).session_count(), 0U);
}

// ---- what is no WebSocket

std::string tls_record(Random& random) {
  const std::size_t size = 20 + random() % 400;
  return std::string("\x17\x03\x03", 3) + static_cast<char>(size >> 8) + static_cast<char>(size & 0xFF) +
         noise(random, size);
}

std::string mqtt_packet(Random& random, Role sender) {
  constexpr std::uint8_t by_client[] = {0x30, 0x32, 0x40, 0x82, 0x82, 0xA2, 0xC0};
  constexpr std::uint8_t by_server[] = {0x30, 0x32, 0x40, 0x90, 0xB0, 0xD0};
  const std::uint8_t type =
      sender == client ? by_client[random() % std::size(by_client)] : by_server[random() % std::size(by_server)];
  const std::size_t size = 3 + random() % 60;
  return std::string{static_cast<char>(type), static_cast<char>(size), '\0', static_cast<char>(size - 2)} +
         std::string(size - 2, static_cast<char>('a' + random() % 26));
}

struct Protocol {
  std::string_view name;
  std::function<std::string(Random&, Role)> say;
};

const Protocol protocols[] = {
    {"noise", [](Random& random, Role) { return noise(random, 1 + random() % 300); }},
    {"HTTP kept alive",
     [](Random& random, Role sender) {
       const std::string body = noise(random, random() % 300);
       const std::string start = sender == client ? "POST /x HTTP/1.1\r\nHost: h" : "HTTP/1.1 200 OK";
       return start + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
     }},
    {"TLS", [](Random& random, Role) { return tls_record(random); }},
    {"MQTT", mqtt_packet},
    {"frames, none of them masked",
     [](Random& random, Role) {
       return std::string(as_text(server_frame(Opcode::text, std::string(random() % 50, 'x'))));
     }},
    {"frames, all of them masked",
     [](Random& random, Role) {
       return std::string(as_text(client_frame(Opcode::text, std::string(random() % 50, 'x'))));
     }},
    {"zeros", [](Random& random, Role) { return std::string(1 + random() % 300, '\0'); }},
    {"one byte, each end its own",
     [](Random& random, Role sender) { return std::string(1 + random() % 300, sender == client ? '\x82' : '\0'); }},
    {"numbers of four bytes, little endian",
     [](Random& random, Role) {
       std::string bytes;
       for (std::size_t left = 1 + random() % 60; left > 0; --left) {
         const std::uint32_t number = random() % 3 == 0 ? 0 : random() % 300;
         for (int shift = 0; shift < 32; shift += 8) bytes += static_cast<char>(number >> shift);
       }
       return bytes;
     }},
};

TEST(LateStart, OtherProtocolsAreNeverClaimed) {
  for (const Protocol& protocol : protocols) {
    for (unsigned seed = 0; seed < 60; ++seed) {
      Random random(seed);
      Tcp tcp;
      for (int i = 0; i < 80; ++i) {
        const Role sender = roles[random() % 2];
        tcp.send(sender, protocol.say(random, sender));
      }
      const Recording recording = play(tcp.take());
      EXPECT_EQ(recording.session_count(), 0U) << protocol.name << ", seed " << seed;
    }
  }
}

// ---- where somebody says that it is one

TEST(Believed, OneDirectionIsEnoughAndNothingIsBetterThanInferred) {
  for (const Role sender : roles) {
    Tcp tcp;
    tcp.send(sender, frame_of(sender, Opcode::text, "only one")).ack(other(sender));
    tcp.send(sender, frame_of(sender, Opcode::text, "end speaks"));
    Capture capture = tcp.take();
    EXPECT_EQ(replay(capture).session_count(), 0U);
    const Recording recording = replay(std::move(capture), {}, true);
    ASSERT_EQ(recording.session_count(), 1U);
    EXPECT_EQ(recording.lines(sender), "text#1 \"only one\" inferred\ntext#2 \"end speaks\" inferred\n");
    EXPECT_EQ(recording.client, Side::a);
  }
}

TEST(Believed, TheOtherDirectionIsFoundWhenItSpeaks) {
  Tcp tcp;
  for (int i = 0; i < 3; ++i) tcp.send(server, server_frame(Opcode::text, "server first"));
  const Recording recording = replay(talk(tcp, client, 3).take(), {}, true);
  ASSERT_EQ(recording.session_count(), 1U);
  EXPECT_EQ(recording.messages(server).size(), 6U);
  EXPECT_EQ(recording.messages(client).size(), 3U);
  for (const auto& seen : recording.recorder.messages) EXPECT_GE(seen.message.trust, Trust::inferred);
  expect_each_byte_counted(recording);
}

TEST(Believed, ItHoldsWhereLateStartsAreOff) {
  Limits limits;
  limits.late_start = false;
  Tcp tcp;
  EXPECT_EQ(replay(talk(tcp, client, 3).take(), limits, true).session_count(), 1U);
}

TEST(Believed, AHandshakeThatIsThereCountsMore) {
  Tcp tcp;
  tcp.upgrade().send(client, client_frame(Opcode::text, "Hello"));
  const Recording recording = replay(tcp.take(), {}, true);
  ASSERT_EQ(recording.session_count(), 1U);
  EXPECT_FALSE(recording.session().late_start);
  EXPECT_EQ(recording.lines(client), "text#1 \"Hello\" exact\n");
}

// ---- heads that the snapshot length cut

/// Of each head so many bytes are captured.
Recording with_heads_cut(std::size_t request, std::size_t response) {
  Tcp tcp;
  tcp.open().send(client, upgrade_request());
  test::cut_by_snapshot(tcp.last(), request);
  tcp.send(server, upgrade_response());
  test::cut_by_snapshot(tcp.last(), response);
  return play(talk(tcp, client, 5).take());
}

TEST(CutHeads, WhereTheRequestsTargetHasBegunAndTheStatusIsThereItIsAWebSocket) {
  const std::size_t whole_request = upgrade_request().size();
  const std::size_t whole_response = upgrade_response().size();
  const std::size_t status = std::string_view("HTTP/1.1 101 ").size();
  const std::size_t target = std::string_view("GET /").size();
  for (const std::size_t request : {target, target + 3, std::size_t{20}, whole_request - 1, whole_request}) {
    for (const std::size_t response : {status, std::size_t{20}, whole_response - 1, whole_response}) {
      const Recording recording = with_heads_cut(request, response);
      ASSERT_EQ(recording.session_count(), 1U) << request << " " << response;
      const Session& session = recording.session();
      EXPECT_TRUE(session.switched());
      EXPECT_EQ(session.request.cut, request < whole_request);
      EXPECT_EQ(session.response.cut, response < whole_response);
      EXPECT_EQ(rules_of(session), "") << request << " " << response;
      for (const Role sender : roles) {
        const bool cut = sender == client ? session.request.cut : session.response.cut;
        const auto seen = recording.messages(sender);
        ASSERT_EQ(seen.size(), 5U) << request << " " << response;
        for (const auto* each : seen) EXPECT_EQ(each->message.trust, cut ? Trust::after_gap : Trust::exact);
      }
    }
  }
}

TEST(CutHeads, WithLessThanThatFramesTell) {
  const std::size_t status = std::string_view("HTTP/1.1 101 ").size();
  for (const std::size_t request : {std::size_t{0}, std::size_t{2}, std::size_t{4}, upgrade_request().size()}) {
    for (std::size_t response = 0; response < status; ++response) {
      const Recording recording = with_heads_cut(request, response);
      for (const auto& seen : recording.recorder.messages)
        EXPECT_GE(seen.message.trust, Trust::inferred) << request << " " << response;
    }
  }
}

TEST(CutHeads, AnOrdinaryAnswerThatWasCutIsNoWebSocket) {
  Random random(1);
  Tcp tcp;
  tcp.open().send(client, "GET /file HTTP/1.1\r\nHost: example.com\r\n\r\n");
  test::cut_by_snapshot(tcp.last(), 10);
  tcp.send(server, "HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n");
  test::cut_by_snapshot(tcp.last(), 15);
  for (int i = 0; i < 60; ++i) tcp.send(server, noise(random, 1000)).ack(client);
  EXPECT_EQ(play(tcp.take()).session_count(), 0U);
}

}  // namespace
}  // namespace websocket
