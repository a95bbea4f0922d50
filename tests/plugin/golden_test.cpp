// SPDX-License-Identifier: GPL-2.0-or-later
/// What the lens shows of every sample, held against a file that a person has read.
///
/// tools/regenerate-goldens writes the files anew; their diff is read before it is committed.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>

#include "support/lens_view.h"
#include "support/sample_test.h"

namespace wslens::test {
namespace {

constexpr int packets_shown = 60;  // of a large capture the beginning, and every message and session
constexpr std::size_t longest_value = 400;

/// "packet 8  " and what is ours of its Info column. The rest is what TCP and HTTP say, each version in its own words:
/// about reassembly, about acknowledgements, about what is inside a CONNECT tunnel.
std::string lens_part_of_info(const std::string& line) {
  static const std::regex ours(R"((packet \d+  )(?:.*?((client → server|server → client|\[WebSocket \d).*)|.*))");
  return std::regex_replace(line, ours, "$1$2");
}

/// Each golden has the words of 4.0; where a later version is tested, both are compared without them.
std::string comparable(const std::string& text) {
  if (!is_later_than_4_0) return text;
  std::string out;
  for (const std::string& line : lines_of(text))
    out += (line.starts_with("packet ") ? lens_part_of_info(line) : line) + "\n";
  return out;
}

std::string golden_path(const std::string& sample) { return source_path("tests/plugin/golden/" + sample + ".golden"); }

std::string shortened(const std::string& value) {
  if (value.size() <= longest_value) return value;
  std::size_t end = longest_value;
  while ((static_cast<unsigned char>(value[end]) & 0xC0) == 0x80) --end;  // not inside a character
  return value.substr(0, end) + "... (" + std::to_string(value.size()) + " bytes)";
}

std::string packets_text(const std::string& sample) {
  std::string text;
  int shown = 0;
  for (const auto& [number, packet] : lens_view(sample, {"-2"})) {
    if (packet.fields.empty()) continue;
    if (++shown > packets_shown) return text + "(and more packets)\n";
    text += "packet " + std::to_string(number) + "  " + shortened(packet.info) + "\n";
    for (const auto& [field, value] : packet.fields) text += "  " + field + ": " + shortened(value) + "\n";
  }
  return text;
}

std::string objects_text(const std::string& sample, const std::string& report_name) {
  std::string text;
  for (nlohmann::json& object : report(sample, report_name)) {
    for (const char* key : {"text", "base64"})
      if (object.contains(key) && object[key].is_string()) object[key] = shortened(object[key].get<std::string>());
    text += object.dump() + "\n";
  }
  return text;
}

std::string shown_now(const std::string& sample) {
  return packets_text(sample) + "\nmessages\n" + objects_text(sample, "messages-json") + "\nsessions\n" +
         objects_text(sample, "sessions-json");
}

/// The little-endian number that a pcapng file has at `at`.
std::size_t number_at(const std::string& file, std::size_t at) {
  std::size_t value = 0;
  for (std::size_t i = 4; i-- > 0;) value = value << 8 | static_cast<unsigned char>(file[at + i]);
  return value;
}

/// Where an Ethernet frame's IPv4 packet ends: what follows is padding. Other frames end where they end.
std::size_t end_of_packet(const std::string& frame) {
  if (frame.size() < 34 || frame[12] != 0x08 || frame[13] != 0x00) return frame.size();
  const std::size_t length = static_cast<unsigned char>(frame[16]) * 256U + static_cast<unsigned char>(frame[17]);
  return std::min(frame.size(), 14 + length);
}

/// The capture with the last byte of packet `number` changed (pcapng: enhanced packet blocks, type 6).
std::string with_changed_packet(std::string file, int number) {
  int packet = 0;
  for (std::size_t at = 0; at + 28 <= file.size(); at += number_at(file, at + 4)) {
    if (number_at(file, at + 4) == 0) break;
    if (number_at(file, at) != 6 || ++packet != number) continue;
    char& last = file[at + 28 + end_of_packet(file.substr(at + 28, number_at(file, at + 20))) - 1];
    last = static_cast<char>(last ^ 0x01);
    break;
  }
  return file;
}

/// The sample's bytes as pcapng, whatever format its file has.
std::string as_pcapng(const std::string& sample) {
  std::string bytes = read_file(readable(sample));
  if (bytes.starts_with("\x0A\x0D\x0D\x0A")) return bytes;
  Result result = run({"editcap", "-F", "pcapng", readable(sample), "-"});
  EXPECT_EQ(result.status, 0) << result.err;
  return std::move(result.out);
}

class Golden : public EverySample {};

TEST_P(Golden, WhatIsShownIsWhatAPersonHasRead) {
  const std::string now = shown_now(GetParam());
  if (std::getenv("WSLENS_REGENERATE") != nullptr) {
    std::ofstream(golden_path(GetParam()), std::ios::binary) << now;
    GTEST_SKIP() << "written anew: read the diff";
  }
  const std::string golden = read_file(golden_path(GetParam()));
  ASSERT_FALSE(golden.empty()) << "a sample without a golden: tools/regenerate-goldens";
  const std::vector<std::string> want = lines_of(comparable(golden));
  const std::vector<std::string> have = lines_of(comparable(now));
  for (std::size_t i = 0; i < std::max(want.size(), have.size()); ++i)
    ASSERT_EQ(i < want.size() ? want[i] : "(end)", i < have.size() ? have[i] : "(end)") << "line " << i + 1;
}

/// The first packet with a message of which all is known, best an uncompressed one in one frame: the last bits of
/// others may mean nothing. 0: there is none.
int packet_with_data(const std::string& sample) {
  int packet = 0;
  for (const nlohmann::json& message : report(sample, "messages-json")) {
    if (!message["sha256"].is_string() || message["length"] == 0) continue;
    const bool in_one_packet = message["fragments"] == 1 && message["first_frame"] == message["last_frame"];
    if (in_one_packet && message["compressed"] == false) return message["last_frame"];
    if (packet == 0) packet = message["first_frame"];
  }
  return packet;
}

/// Flips one bit of the first packet that brought data, or takes a whole sample away: a golden that does not notice is
/// worthless.
TEST_P(Golden, APlantedChangeInTheCaptureIsNoticed) {
  const std::string golden = read_file(golden_path(GetParam()));
  ASSERT_FALSE(golden.empty());
  const int packet = packet_with_data(GetParam());
  const std::string other = GetParam() == "seed-demo" ? "vlan" : "seed-demo";
  const std::string file = packet == 0
                               ? readable(other)
                               : temporary_file("changed.pcapng", with_changed_packet(as_pcapng(GetParam()), packet));
  EXPECT_NE(comparable(shown_now(file)), comparable(golden));
}

/// Otherwise the test above would find a difference that nobody planted.
TEST(Goldens, ACaptureInAnotherFileFormatShowsTheSame) {
  for (const char* sample : {"envelope-gzip", "envelope-pcap"})
    EXPECT_TRUE(comparable(shown_now(temporary_file("same.pcapng", as_pcapng(sample)))) ==
                comparable(read_file(golden_path(sample))))
        << sample;
}

WSLENS_FOR_EVERY_SAMPLE(Golden);

TEST(Goldens, EachBelongsToASample) {
  std::set<std::string> goldens;
  for (const auto& entry : std::filesystem::directory_iterator(source_path("tests/plugin/golden")))
    goldens.insert(entry.path().stem());
  const std::vector<std::string> names = samples();
  EXPECT_EQ(goldens, std::set<std::string>(names.begin(), names.end()));
  EXPECT_GE(names.size(), 40U);
}

TEST(Goldens, EveryFieldOccursInSomeGolden) {
  std::string all;
  for (const std::string& name : samples()) all += read_file(golden_path(name));
  ASSERT_GT(lens_fields().size(), 40U);
  for (const std::string& field : lens_fields()) EXPECT_NE(all.find("  " + field + ": "), std::string::npos) << field;
}

}  // namespace
}  // namespace wslens::test
