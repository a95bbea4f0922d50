// SPDX-License-Identifier: GPL-2.0-or-later
/// A capture cut in the middle of anything gives marks, never a crash, and nothing wrong is ever called exact.
#include <gtest/gtest.h>

#include <set>

#include "support/sample_test.h"
#include "support/tiny_capture.h"

namespace wslens::test {
namespace {

using Digests = std::multiset<std::string>;

Digests exact_digests(const std::vector<nlohmann::json>& objects) {
  Digests digests;
  for (const nlohmann::json& object : objects)
    if (object["trust"] == "exact" && object["number"].is_number())
      digests.insert(object["direction"].get<std::string>() + object["sha256"].get<std::string>());
  return digests;
}

bool all_known(const Digests& part, const Digests& whole) {
  return std::includes(whole.begin(), whole.end(), part.begin(), part.end());
}

Result messages_and_tree(const std::string& file) {
  return tshark(file, {"-2", "-q", "-z", "wslens,messages-json", "-z", "wslens,story,frame"});
}

const char* const victims[] = {"seed-demo", "simultaneous-directions", "coalesced-101", "many-frames-one-packet",
                               "violations"};

TEST(BadInput, AFileThatEndsAnywhereIsReadToItsEnd) {
  for (const char* sample : victims) {
    const std::string whole = read_file(readable(sample));
    const Digests truth = exact_digests(report(sample, "messages-json"));
    for (std::size_t size = whole.size() - 1; size > 200; size -= std::min(size, whole.size() / 9)) {
      const std::string file = temporary_file("cut.pcapng", whole.substr(0, size));
      const Result shown = tshark(file, {"-2", "-q", "-z", "wslens,messages-json"});
      EXPECT_FALSE(shown.crashed) << sample << " cut at " << size;
      EXPECT_TRUE(all_known(exact_digests(json_lines(shown.out)), truth)) << sample << " cut at " << size;
      EXPECT_FALSE(tshark(file, {"-V"}).crashed) << sample << " cut at " << size;
    }
  }
}

TEST(BadInput, ShortSnapshotsAreMarked) {
  for (const char* sample : victims) {
    const Digests truth = exact_digests(report(sample, "messages-json"));
    for (const char* length : {"40", "60", "70", "75", "90", "150", "250", "400"}) {
      const std::string file = temporary_file("snapshot.pcapng", "");
      const Result cut = run({"sh", "-c", "exec editcap -s " + std::string(length) + " " + readable(sample) + " -"});
      ASSERT_EQ(cut.status, 0) << cut.err;
      const std::string path = temporary_file("snapshot.pcapng", cut.out);
      const Result shown = tshark(path, {"-2", "-q", "-z", "wslens,messages-json"});
      EXPECT_FALSE(shown.crashed) << sample << " -s " << length;
      EXPECT_TRUE(all_known(exact_digests(json_lines(shown.out)), truth)) << sample << " -s " << length;
      EXPECT_FALSE(tshark(path, {"-2", "-V"}).crashed) << sample << " -s " << length;
    }
  }
}

TEST(BadInput, ASnapshotThatCutsTheRequestStillGivesASession) {
  const auto sessions = report("snaplen", "sessions-json");
  ASSERT_EQ(sessions.size(), 1U);
  EXPECT_GT(sessions[0]["lost"]["client"], 0);
  for (const nlohmann::json& message : report("snaplen", "messages-json")) EXPECT_NE(message["trust"], "exact");
}

/// Random bits flipped in a capture, and random packets dropped: anything may come out, but nobody dies.
TEST(BadInput, DamagedPacketsCostNobodyAnything) {
  for (const char* sample : {"seed-demo", "simultaneous-directions", "failed-handshakes"}) {
    for (const char* seed : {"1", "2", "3", "4"}) {
      const std::string path = "damaged-" + std::string(seed) + ".pcapng";
      const Result damaged =
          run({"sh", "-c", "exec editcap -E 0.02 --seed " + std::string(seed) + " -o 34 " + readable(sample) + " -"});
      ASSERT_EQ(damaged.status, 0) << damaged.err;
      const std::string file = temporary_file(path, damaged.out);
      EXPECT_FALSE(messages_and_tree(file).crashed) << sample << " seed " << seed;
      EXPECT_FALSE(tshark(file, {"-2", "-V"}).crashed) << sample << " seed " << seed;
    }
  }
}

const std::string request = tiny_request();
const std::string answer = tiny_answer();
constexpr int ack = TinyCapture::ack;
constexpr int syn = TinyCapture::syn;

/// Wireshark's taps and trees have limits of their own for one packet.
TEST(BadInput, APacketWithThousandsOfFramesLosesNone) {
  std::string pings;
  for (int i = 0; i < 30000; ++i) pings += std::string("\x89\x00", 2);
  TinyCapture capture;
  capture.add(true, 1, 1, ack, request);
  capture.add(false, 1, 1 + static_cast<std::uint32_t>(request.size()), ack, answer);
  capture.add(false, 1 + static_cast<std::uint32_t>(answer.size()), 1 + static_cast<std::uint32_t>(request.size()), ack,
              pings);
  const std::string file = capture.file("pings.pcap");
  EXPECT_EQ(report(file, "messages-json").size(), 30000U);
  const Result tree = tshark(file, {"-V"});
  EXPECT_FALSE(tree.crashed);
  EXPECT_EQ(tree.out.find("Dissector bug"), std::string::npos);
  EXPECT_NE(tree.out.find("and 20000 more frames"), std::string::npos);
}

/// TCP Fast Open (RFC 7413): the request stands in the SYN.
TEST(BadInput, ARequestInTheSynIsFound) {
  TinyCapture capture;
  const auto size = static_cast<std::uint32_t>(request.size());
  capture.add(true, 100, 0, syn, request);
  capture.add(false, 500, 101 + size, syn | ack, "");
  capture.add(true, 101 + size, 501, ack, "");
  capture.add(false, 501, 101 + size, ack, answer + "\x81\x05hello");
  const auto messages = report(capture.file("fast-open.pcap"), "messages-json");
  ASSERT_EQ(messages.size(), 1U);
  EXPECT_EQ(messages[0]["text"], "hello");
}

/// Its length cannot be added to anything without wrapping.
TEST(BadInput, TheLargestLengthIsShownAsItIs) {
  TinyCapture capture;
  const auto size = static_cast<std::uint32_t>(request.size());
  capture.add(true, 1, 1, ack, request);
  capture.add(false, 1, 1 + size, ack, answer + "\x82\x7f" + std::string(8, '\xff') + "abc");
  const Result shown = tshark(capture.file("huge.pcap"), {});
  EXPECT_NE(shown.out.find("of a payload of 18446744073709551615 B"), std::string::npos) << shown.out;
}

/// PDML stays well-formed XML whatever a peer sent: no byte below 0x20 but tab, line feed and carriage return.
TEST(BadInput, PdmlHasNoForbiddenCharacters) {
  for (const char* sample : {"violations", "simultaneous-directions", "failed-handshakes"})
    for (const char c : tshark(sample, {"-2", "-T", "pdml", "-Y", "wslens"}).out)
      ASSERT_TRUE(static_cast<unsigned char>(c) >= 0x20 || c == '\n' || c == '\t' || c == '\r') << sample;
}

}  // namespace
}  // namespace wslens::test
