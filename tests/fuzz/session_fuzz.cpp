// SPDX-License-Identifier: GPL-2.0-or-later
/// A whole TCP connection: an opening handshake chosen by the input, then what both ends say, cut into segments by the
/// input. If nothing happens to the segments, the cuts do not change what comes out. In the other mode they are lost,
/// doubled, swapped and cut by a snapshot, and the recorder's contract must hold all the same.
#include <gtest/gtest.h>

#include <regex>

#include "input.h"
#include "support/wire.h"

namespace {

using namespace websocket;
using test::Tcp;

struct Handshake {
  std::string_view request, response;
};
constexpr Handshake handshakes[] = {
    {"", ""},
    {"Sec-WebSocket-Extensions: permessage-deflate\r\n", "Sec-WebSocket-Extensions: permessage-deflate\r\n"},
    {"Sec-WebSocket-Extensions: permessage-deflate\r\n",
     "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; client_no_context_takeover\r\n"},
    {"Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n",
     "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=9; server_max_window_bits=9\r\n"},
    {"Sec-WebSocket-Protocol: mqtt\r\n", "Sec-WebSocket-Protocol: mqtt\r\n"},
};

struct Speech {
  Role sender;
  std::vector<std::uint8_t> bytes;
};

Limits small_limits() {
  Limits limits;
  limits.message_bytes = 4096;
  limits.out_of_order_bytes = 4096;
  limits.inflate = InflateLimits{std::uint64_t{1} << 18, 1000};
  return limits;
}

Tcp begin(std::uint8_t choice) {
  Tcp tcp;
  if (choice % 8 == 7) return tcp.ack(Role::client);  // the capture begins in the middle
  if (choice % 8 == 6) return tcp.open();             // the input has its own heads
  const Handshake& handshake = handshakes[choice % std::size(handshakes)];
  return tcp.upgrade(handshake.request, handshake.response);
}

std::vector<Speech> speeches(fuzz::Input& input) {
  std::vector<Speech> all;
  while (!input.empty() && all.size() < 64) {
    const std::uint8_t head = input.byte();
    all.push_back({(head & 1) != 0 ? Role::client : Role::server, input.bytes(1 + (head >> 1) * std::size_t{8})});
  }
  return all;
}

test::Capture in_segments_of(std::uint8_t choice, const std::vector<Speech>& all, std::size_t size) {
  Tcp tcp = begin(choice);
  tcp.segments_of(size);
  for (const Speech& each : all)
    if (!each.bytes.empty()) tcp.send(each.sender, each.bytes);
  return tcp.close(Role::client).take();
}

/// What a network and a capture do to packets.
void spoil(test::Capture& capture, fuzz::Input fates) {
  for (std::size_t i = 0; i < capture.size() && !fates.empty(); ++i) {
    const std::uint8_t fate = fates.byte();
    if (fate % 16 == 1) capture.erase(capture.begin() + static_cast<std::ptrdiff_t>(i));
    if (fate % 16 == 2) capture.insert(capture.begin() + static_cast<std::ptrdiff_t>(i), test::Packet(capture[i]));
    if (fate % 16 == 3 && i != 0) std::swap(capture[i], capture[i - 1]);
    if (fate % 16 == 4) test::cut_by_snapshot(capture[i], std::min<std::size_t>(capture[i].bytes.size(), fate / 16));
    if (fate % 16 == 5) capture[i].segment.data.sequence += fate;
    if (fate % 16 == 6) capture[i].segment.acknowledgement += std::uint32_t{fate} * 64;
  }
}

/// Packets are numbered otherwise when they are cut otherwise, and their times follow their numbers.
std::string without_numbers(const std::string& text) {
  static const std::regex number("packets? [0-9]+|[0-9.e+-]+ [nmµ]?s\\b");
  return std::regex_replace(text, number, "*");
}

/// Whether an end should have failed the connection is judged only where the error came in another packet than its
/// sender's Close, so that hangs on the cuts.
std::string without_reactions(const std::string& text) {
  static const std::regex reaction("(, )?(client|server) violation-not-failed x[0-9]+"), begin("rules: (, )?");
  return std::regex_replace(std::regex_replace(text, reaction, ""), begin, "rules: ");
}

std::string outcome(test::Capture capture) {
  return without_reactions(without_numbers(test::describe(test::play(std::move(capture), small_limits()))));
}

}  // namespace

void fuzz_one(Bytes bytes) {
  ::testing::GTEST_FLAG(break_on_failure) = true;  // the recorder's expectations end the run
  fuzz::Input input(bytes);
  const std::uint8_t choice = input.byte();
  const std::size_t size = std::size_t{1} + input.byte();
  const bool spoilt = (choice & 0x80) != 0;
  const std::vector<std::uint8_t> fates = spoilt ? input.bytes(input.byte()) : std::vector<std::uint8_t>();
  const std::vector<Speech> all = speeches(input);
  test::Capture cut = in_segments_of(choice, all, size);
  if (spoilt) {
    spoil(cut, fuzz::Input(fates));
    outcome(std::move(cut));
    return;
  }
  const std::string in_pieces = outcome(std::move(cut));
  if (choice % 8 >= 6) return;  // where a head or a late start is recognised depends on the packets
  const std::string whole = outcome(in_segments_of(choice, all, SIZE_MAX));
  if (whole != in_pieces) std::fprintf(stderr, "---- whole\n%s---- in pieces\n%s", whole.c_str(), in_pieces.c_str());
  fuzz::check(whole == in_pieces, "cuts do not change what comes out");
}
