// SPDX-License-Identifier: GPL-2.0-or-later
/// Whatever is missing of a capture, what is called exact was sent: the samples, thinned out, doubled, delayed and cut
/// at random, held against what their endpoints say that they sent.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "digest.h"
#include "support/sample_test.h"
#include "support/truth.h"
#include "support/wire.h"

namespace websocket {
namespace {

using test::ByteVector;
using test::Capture;
using test::Packet;
using test::Recording;
using test::replay;

// ---- a capture file

/// Little endian, at the front.
std::uint64_t little(Bytes bytes, std::size_t at, std::size_t size) {
  std::uint64_t value = 0;
  for (std::size_t i = size; i-- > 0;) value = value << 8 | bytes[at + i];
  return value;
}

std::uint32_t big(Bytes bytes, std::size_t at, std::size_t size) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < size; ++i) value = value << 8 | bytes[at + i];
  return value;
}

struct Frame {
  std::uint16_t link = 0;
  Nanoseconds time = 0;
  Bytes bytes;
};

constexpr std::uint16_t link_null = 0;
constexpr std::uint16_t link_ethernet = 1;
constexpr std::uint16_t link_cooked = 113;

/// The packets of a little-endian pcapng file; one that ends in the middle of a block ends in front of it. Empty: it is
/// none.
std::vector<Frame> frames_of(Bytes file) {
  constexpr std::uint64_t section_header = 0x0A0D0D0A;
  constexpr std::uint64_t interface_description = 1;
  constexpr std::uint64_t enhanced_packet = 6;
  constexpr std::uint16_t resolution_option = 9;
  struct Interface {
    std::uint16_t link;
    Nanoseconds unit;
  };
  std::vector<Interface> interfaces;
  std::vector<Frame> frames;
  if (file.size() < 12 || little(file, 0, 4) != section_header || little(file, 8, 4) != 0x1A2B3C4D) return {};
  while (file.size() >= 12) {
    const std::uint64_t type = little(file, 0, 4);
    const std::uint64_t size = little(file, 4, 4);
    if (size < 12 || size > file.size()) break;
    const Bytes body = file.subspan(8, size - 12);
    file = file.subspan(size);
    if (type == interface_description) {
      interfaces.push_back({static_cast<std::uint16_t>(little(body, 0, 2)), 1000});
      for (std::size_t at = 8; at + 4 <= body.size();) {
        const std::uint64_t length = little(body, at + 2, 2);
        if (little(body, at, 2) == resolution_option && body[at + 4] == 9) interfaces.back().unit = 1;
        at += 4 + (length + 3) / 4 * 4;
      }
    } else if (type == enhanced_packet) {
      const Interface& interface = interfaces.at(little(body, 0, 4));
      const std::uint64_t time = little(body, 4, 4) << 32 | little(body, 8, 4);
      frames.push_back(
          {interface.link, static_cast<Nanoseconds>(time) * interface.unit, body.subspan(20, little(body, 12, 4))});
    }
  }
  return frames;
}

/// The IP packet in a frame; empty: there is none.
Bytes ip_of(const Frame& frame) {
  Bytes bytes = frame.bytes;
  if (frame.link == link_null) return bytes.subspan(4);
  std::size_t at = 12;
  if (frame.link == link_cooked) at = 14;
  if (frame.link != link_ethernet && frame.link != link_cooked) return {};
  constexpr std::uint32_t vlan = 0x8100;
  constexpr std::uint32_t vlan_outside = 0x88A8;
  while (big(bytes, at, 2) == vlan || big(bytes, at, 2) == vlan_outside) at += 4;
  return bytes.subspan(at + 2);
}

struct Endpoint {
  ByteVector address;
  std::uint16_t port = 0;
  bool operator<(const Endpoint& other) const { return std::tie(address, port) < std::tie(other.address, other.port); }
};

struct Ip {
  ByteVector source, destination;
  bool tcp = false;
  bool fragment = false;
  std::size_t length = 0;  ///< of the payload on the wire
  Bytes payload;           ///< captured
};

ByteVector part(Bytes bytes, std::size_t from, std::size_t size) {
  const Bytes found = bytes.subspan(from, size);
  return {found.begin(), found.end()};
}

Ip parse_ip(Bytes bytes) {
  constexpr std::uint8_t tcp = 6;
  Ip ip;
  if (bytes[0] >> 4 == 4) {
    const std::size_t header = (bytes[0] & 0x0FU) * 4;
    ip.source = part(bytes, 12, 4);
    ip.destination = part(bytes, 16, 4);
    ip.tcp = bytes[9] == tcp;
    ip.fragment = (big(bytes, 6, 2) & 0x3FFF) != 0;
    ip.length = big(bytes, 2, 2) - header;
    ip.payload = bytes.subspan(header);
  } else if (bytes[0] >> 4 == 6) {
    ip.source = part(bytes, 8, 16);
    ip.destination = part(bytes, 24, 16);
    std::size_t at = 40;
    std::uint8_t next = bytes[6];
    constexpr std::uint8_t hop_by_hop = 0;
    constexpr std::uint8_t destination_options = 60;
    while (next == hop_by_hop || next == destination_options) {
      next = bytes[at];
      at += 8 + std::size_t{bytes[at + 1]} * 8;
    }
    ip.tcp = next == tcp;
    ip.length = 40 + big(bytes, 4, 2) - at;
    ip.payload = bytes.subspan(at);
  }
  if (ip.payload.size() > ip.length) ip.payload = ip.payload.first(ip.length);  // Ethernet's padding
  return ip;
}

/// A capture as TCP connections see it.
struct Trace {
  struct Tcp {
    std::size_t connection = 0;
    Packet packet;
  };
  std::vector<Tcp> packets;
  std::vector<std::array<std::uint16_t, 2>> ports;  ///< of each connection, by Side
};

/// None: this small reader cannot read it.
std::optional<Trace> read_trace(const std::string& sample) {
  const std::string file = wslens::test::read_file(wslens::test::source_path("sample-pcaps/" + sample + ".pcapng"));
  Trace trace;
  std::map<std::pair<Endpoint, Endpoint>, std::size_t> connections;
  for (const Frame& frame : frames_of(as_bytes(file))) {
    const Bytes bytes = ip_of(frame);
    if (bytes.empty()) return std::nullopt;
    const Ip ip = parse_ip(bytes);
    if (ip.fragment) return std::nullopt;
    if (!ip.tcp) continue;
    const Bytes tcp = ip.payload;
    const std::size_t header = (tcp[12] >> 4) * std::size_t{4};
    const Endpoint source{ip.source, static_cast<std::uint16_t>(big(tcp, 0, 2))};
    const Endpoint destination{ip.destination, static_cast<std::uint16_t>(big(tcp, 2, 2))};
    const bool turned = destination < source;
    const auto key = turned ? std::pair(destination, source) : std::pair(source, destination);
    const auto [known, is_new] = connections.try_emplace(key, trace.ports.size());
    if (is_new) trace.ports.push_back({key.first.port, key.second.port});
    Trace::Tcp& added = trace.packets.emplace_back();
    added.connection = known->second;
    TcpSegment& segment = added.packet.segment;
    segment.sender = turned ? Side::b : Side::a;
    segment.fin = (tcp[13] & 1) != 0;
    segment.syn = (tcp[13] & 2) != 0;
    segment.rst = (tcp[13] & 4) != 0;
    segment.ack = (tcp[13] & 16) != 0;
    segment.acknowledgement = big(tcp, 8, 4);
    segment.data.sequence = big(tcp, 4, 4);
    segment.data.length = segment.rst ? 0 : static_cast<std::uint32_t>(ip.length - header);
    segment.data.packet_offset = test::payload_offset;
    segment.data.time = frame.time;
    if (!segment.rst) added.packet.bytes = part(tcp, header, tcp.size() - header);
  }
  return trace.packets.empty() ? std::nullopt : std::optional(trace);
}

// ---- what was sent, and what is seen

using wslens::test::Messages;

/// With TCP connections, or ends of them, of which nobody wrote down what they sent: where the truth has no message, it
/// does not say that there is none.
const std::set<std::string> tells_not_all{"one-byte-segments", "failed-handshakes", "server-violations"};

Messages sent_in(const std::string& sample) {
  Messages sent = wslens::test::as_sent(sample);
  return tells_not_all.count(sample) != 0 ? wslens::test::without_empty(sent) : sent;
}

struct SeenMessage {
  std::string text;  ///< as in Messages
  Trust trust;
};

std::string direction_of(const Trace& trace, std::size_t connection, Side client, Role sender) {
  const auto& ports = trace.ports[connection];
  const auto at = static_cast<std::size_t>(client);
  return std::to_string(ports[at]) + "-" + std::to_string(ports[1 - at]) + " " + std::string(direction_name(sender));
}

SeenMessage seen_of(const Recording& recording, const test::CollectingRecorder::SeenMessage& seen) {
  const Message& message = seen.message;
  const std::string digest = message.data_cut ? message.sha256 : sha256_of(recording.bytes(seen));
  return {std::string(message_type_name(message.type)) + " " + digest, message.trust};
}

using Seen = std::map<std::string, std::vector<SeenMessage>>;

Seen seen_in(const Trace& trace, bool believe) {
  std::vector<Capture> captures(trace.ports.size());
  for (const Trace::Tcp& each : trace.packets) captures[each.connection].push_back(each.packet);
  Seen seen;
  for (std::size_t connection = 0; connection < captures.size(); ++connection) {
    const Recording recording = replay(std::move(captures[connection]), {}, believe);
    for (const auto& message : recording.recorder.messages) {
      if (!is_data(message.message.type)) continue;
      seen[direction_of(trace, connection, recording.client, message.message.sender)].push_back(
          seen_of(recording, message));
    }
  }
  return seen;
}

/// Fails if a message that is called exact was not sent by that end, in that order.
void expect_exact_was_sent(const Seen& seen, const Messages& sent) {
  for (const auto& [direction, messages] : seen) {
    const auto truth = sent.find(direction);
    if (truth == sent.end()) continue;
    std::size_t at = 0;
    for (std::size_t i = 0; i < messages.size(); ++i) {
      if (messages[i].trust != Trust::exact) continue;
      while (at < truth->second.size() && truth->second[at] != messages[i].text) ++at;
      if (at++ < truth->second.size()) continue;
      ADD_FAILURE() << direction << ": exact, but not sent (or not in this order): message " << i + 1 << ", "
                    << messages[i].text;
      break;
    }
  }
}

void expect_all_are_there(const Seen& seen, const Messages& sent) {
  for (const auto& [direction, truth] : sent) {
    const auto found = seen.find(direction);
    std::vector<std::string> exact;
    if (found != seen.end()) {
      for (const SeenMessage& message : found->second)
        exact.push_back(message.trust == Trust::exact ? message.text : "not exact");
    }
    EXPECT_TRUE(exact == truth) << direction << ": not all is there and exact, " << exact.size() << " of "
                                << truth.size();
  }
}

// ---- what may happen to a capture

using Random = std::mt19937;

std::size_t up_to(Random& random, std::size_t most) { return random() % (most + 1); }
bool chance(Random& random, unsigned per_mille) { return random() % 1000 < per_mille; }

/// Each packet is overtaken by `most` others at most, and by none that was sent a second later: no network keeps one
/// for as long as that (and a keep-alive that comes before the byte it stands for would be that byte). Only those move
/// of which `may_move` says so.
template <typename MayMove>
void delay(Trace& trace, Random& random, std::size_t most, MayMove may_move) {
  constexpr Nanoseconds longest = 1'000'000'000;
  std::vector<Nanoseconds> times;
  for (const Trace::Tcp& each : trace.packets) times.push_back(each.packet.segment.data.time);
  std::vector<std::pair<std::size_t, Trace::Tcp>> order;
  for (Trace::Tcp& each : trace.packets) {
    const std::size_t at = order.size();
    std::size_t to = std::min(at + (may_move(each) ? up_to(random, most) : 0), times.size() - 1);
    while (times[to] - times[at] >= longest) --to;
    order.emplace_back(to, std::move(each));
  }
  std::stable_sort(order.begin(), order.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  for (std::size_t i = 0; i < order.size(); ++i) {
    trace.packets[i] = std::move(order[i].second);
    trace.packets[i].packet.segment.data.time = times[i];
  }
}

void double_some(Trace& trace, Random& random, unsigned per_mille) {
  std::vector<Trace::Tcp> all;
  for (Trace::Tcp& each : trace.packets) {
    all.push_back(each);
    if (chance(random, per_mille)) all.push_back(std::move(each));
  }
  trace.packets = std::move(all);
}

void drop_some(Trace& trace, Random& random, unsigned per_mille) {
  std::erase_if(trace.packets, [&](const Trace::Tcp&) { return chance(random, per_mille); });
}

/// Once, so many in a row.
void drop_in_a_row(Trace& trace, Random& random, std::size_t most) {
  const std::size_t from = up_to(random, trace.packets.size());
  const std::size_t to = std::min(trace.packets.size(), from + 1 + up_to(random, most));
  trace.packets.erase(trace.packets.begin() + static_cast<std::ptrdiff_t>(from),
                      trace.packets.begin() + static_cast<std::ptrdiff_t>(to));
}

void drop_first(Trace& trace, std::size_t count) {
  trace.packets.erase(trace.packets.begin(), trace.packets.begin() + static_cast<std::ptrdiff_t>(count));
}

void cut(Packet& packet, std::size_t most) {
  if (packet.bytes.size() > most) packet.bytes.resize(most);
}

void cut_some(Trace& trace, Random& random, unsigned per_mille) {
  for (Trace::Tcp& each : trace.packets)
    if (chance(random, per_mille)) cut(each.packet, up_to(random, each.packet.bytes.size()));
}

void cut_all(Trace& trace, std::size_t most) {
  for (Trace::Tcp& each : trace.packets) cut(each.packet, most);
}

unsigned some_rate(Random& random) {
  constexpr unsigned rates[] = {0, 2, 10, 50, 200};
  return rates[up_to(random, std::size(rates) - 1)];
}

void damage(Trace& trace, Random& random) {
  drop_some(trace, random, some_rate(random));
  double_some(trace, random, some_rate(random));
  cut_some(trace, random, some_rate(random));
  constexpr std::size_t windows[] = {0, 1, 3, 10};
  delay(trace, random, windows[up_to(random, 3)], [](const Trace::Tcp&) { return true; });
}

/// What happens in the run of a seed. Returns its name.
std::string happen(Trace& trace, Random& random, unsigned seed) {
  const std::size_t size = trace.packets.size();
  switch (seed % 6) {
    case 0:
      drop_first(trace, up_to(random, size * 2 / 3));
      return "late start";
    case 1:
      drop_first(trace, up_to(random, size / 2));
      damage(trace, random);
      return "late start and damage";
    case 2:
      cut_all(trace, up_to(random, 250));
      return "snapshot length";
    case 3:
      drop_in_a_row(trace, random, 1 + up_to(random, 5));
      drop_in_a_row(trace, random, up_to(random, 5));
      return "a few in a row are missing";
    default:
      damage(trace, random);
      return "damage";
  }
}

// ---- the runs

/// What a run costs, more or less: bytes of the capture and of its messages.
std::size_t cost_of(const std::string& sample, const Trace& trace) {
  std::size_t cost = trace.packets.size() * 500;
  for (const Trace::Tcp& each : trace.packets) cost += each.packet.bytes.size();
  const nlohmann::json document = wslens::test::truth_document(sample);
  for (const nlohmann::json& connection : document["connections"]) {
    for (const char* name : {"client", "server"}) {
      const nlohmann::json end = connection.value(name, nlohmann::json::object());
      const nlohmann::json sent = end.value("sent", nlohmann::json::array());
      for (const nlohmann::json& message : sent) cost += message["len"].get<std::size_t>();
    }
  }
  return cost;
}

unsigned runs_for(std::size_t cost) {
  constexpr std::size_t budget = 30'000'000;
  return static_cast<unsigned>(std::clamp<std::size_t>(budget / cost, 12, 240));
}

struct Tally {
  std::map<Trust, std::array<std::size_t, 2>> counts;  ///< by trust: all, and those that were sent

  void count(const Seen& seen, const Messages& sent) {
    for (const auto& [direction, messages] : seen) {
      const auto truth = sent.find(direction);
      if (truth == sent.end()) continue;
      const std::set<std::string> known(truth->second.begin(), truth->second.end());
      for (const SeenMessage& message : messages) {
        ++counts[message.trust][0];
        counts[message.trust][1] += known.count(message.text);
      }
    }
  }
};

class Property : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    const std::string& name = GetParam();
    const bool in_tls = name.starts_with("wss-") || name.starts_with("defect-02-");
    if (in_tls || name == "http2" || name.starts_with("negative-")) GTEST_SKIP() << "no WebSocket, or not in the clear";
    sent_ = sent_in(name);
    if (sent_.empty()) GTEST_SKIP() << "nobody says what was sent";
    const auto trace = read_trace(name);
    if (!trace) GTEST_SKIP() << "not for this test's reader";
    trace_ = *trace;
    lossy_ = wslens::test::truth_document(name).value("lossy", false);
    runs_ = runs_for(cost_of(name, trace_));
  }

  Trace trace_;
  Messages sent_;
  bool lossy_ = false;
  unsigned runs_ = 0;
};

TEST_P(Property, WhatIsCalledExactWasSentWhateverIsMissing) {
  Tally tally;
  for (unsigned seed = 0; seed < runs_ && !HasFailure(); ++seed) {
    Random random(seed);
    Trace trace = trace_;
    const std::string what = happen(trace, random, seed);
    const bool believe = chance(random, 200);
    SCOPED_TRACE(GetParam() + ", seed " + std::to_string(seed) + ": " + what + (believe ? ", believed" : ""));
    const Seen seen = seen_in(trace, believe);
    expect_exact_was_sent(seen, sent_);
    tally.count(seen, sent_);
  }
  for (const auto& [trust, counts] : tally.counts)
    RecordProperty(std::string(trust_name(trust)), std::to_string(counts[1]) + " of " + std::to_string(counts[0]));
  RecordProperty("runs", static_cast<int>(runs_));
}

/// Are there segments in it that come late, again, or twice?
bool is_in_order(const Trace& trace) {
  std::map<std::pair<std::size_t, Side>, std::uint32_t> next;
  for (const Trace::Tcp& each : trace.packets) {
    const TcpSegment& segment = each.packet.segment;
    if (segment.data.length == 0) continue;
    const auto [known, is_first] = next.try_emplace({each.connection, segment.sender}, segment.data.sequence);
    if (sequence_distance(known->second, segment.data.sequence) < 0) return false;
    known->second = segment.data.sequence + segment.data.length;
  }
  return true;
}

/// No pause is longer than `most`.
void shorten_pauses(Trace& trace, Nanoseconds most) {
  Nanoseconds before = trace.packets.front().packet.segment.data.time;
  Nanoseconds now = before;
  for (Trace::Tcp& each : trace.packets) {
    Nanoseconds& time = each.packet.segment.data.time;
    now += std::clamp<Nanoseconds>(time - before, 0, most);
    before = std::exchange(time, now);
  }
}

/// The opening handshakes stand where they are: what is behind the first server's bytes on each connection that are not
/// in order with the client's would not be an answer.
std::vector<std::size_t> handshake_ends(const Trace& trace) {
  std::vector<Capture> captures(trace.ports.size());
  for (const Trace::Tcp& each : trace.packets) captures[each.connection].push_back(each.packet);
  std::vector<std::size_t> ends;
  for (Capture& capture : captures) {
    const std::size_t size = capture.size();
    const Recording recording = replay(std::move(capture));
    std::size_t end = size;
    if (!recording.recorder.sessions.empty() && recording.recorder.sessions.back().switched())
      end = std::min<std::size_t>(size, recording.recorder.sessions.back().response_done.packet);
    ends.push_back(end);
  }
  return ends;
}

TEST_P(Property, WhereNothingIsMissingAllIsThereAndExact) {
  if (lossy_) GTEST_SKIP() << "something is missing from the beginning";
  constexpr Nanoseconds longest_pause = 10'000'000;  // three of them are less than the 50 ms that make a loss
  constexpr std::size_t most_overtaking = 3;         // four would make it, too
  const bool may_delay = is_in_order(trace_);
  const std::vector<std::size_t> ends = handshake_ends(trace_);
  for (unsigned seed = 0; seed < runs_ / 2 && !HasFailure(); ++seed) {
    SCOPED_TRACE(GetParam() + ", seed " + std::to_string(seed));
    Random random(seed);
    Trace trace = trace_;
    shorten_pauses(trace, longest_pause);
    if (may_delay) {
      std::vector<std::size_t> before(ends.size());
      delay(trace, random, seed % (most_overtaking + 1),
            [&](const Trace::Tcp& each) { return ++before[each.connection] > ends[each.connection]; });
    }
    double_some(trace, random, some_rate(random) * 2);
    const Seen seen = seen_in(trace, false);
    expect_exact_was_sent(seen, sent_);
    expect_all_are_there(seen, sent_);
  }
}

WSLENS_FOR_EVERY_SAMPLE(Property);

}  // namespace
}  // namespace websocket
