// SPDX-License-Identifier: GPL-2.0-or-later
/// wss: with keys the same as in the clear; without keys nothing is claimed.
#include <gtest/gtest.h>

#include <algorithm>

#include "support/lens_view.h"
#include "support/sample_test.h"
#include "support/truth.h"

namespace wslens::test {
namespace {

using nlohmann::json;

class Tls : public EverySample {};

TEST_P(Tls, AWebSocketInTlsIsShownAsInTheClear) {
  const Reports shown = expect_as_sent(GetParam());
  EXPECT_EQ(shown.sessions.size(), truth_document(GetParam())["connections"].size());
  for (const json& session : shown.sessions) {
    EXPECT_EQ(session["tls"], true);
    EXPECT_EQ(session["url"].get<std::string>().rfind("wss://", 0), 0U) << session["url"];
    EXPECT_EQ(session["accept_ok"], true);
    EXPECT_EQ(session["clean"], true);
    EXPECT_EQ(session["trust"], "exact");
    for (const char* frame : {"syn", "syn_ack", "ack", "request", "response", "close_client", "close_server"})
      EXPECT_TRUE(session["frames"][frame].is_number()) << frame;
  }
  for (const json& message : shown.messages) EXPECT_EQ(message["trust"], "exact") << message;
}

TEST_P(Tls, WhatOnlyHttpHandsOverIsInferredAndNeverWrong) {
  const Reports shown = reports(GetParam(), {"-o", "wslens.tls_records:FALSE"});
  EXPECT_TRUE(reports(GetParam(), {"-2", "-o", "wslens.tls_records:FALSE"}).messages == shown.messages);
  int inferred = 0;
  for (const json& message : shown.messages) {
    EXPECT_NE(message["trust"], "exact") << message;
    inferred += message["trust"] == "inferred" ? 1 : 0;
  }
  EXPECT_GT(inferred, 20);
  const Messages sent = as_sent(GetParam());
  for (const auto& [direction, messages] : as_shown(shown, Which::data, {"inferred", "after-gap"}))
    EXPECT_TRUE(is_subsequence(messages, sent.at(direction))) << direction;
}

struct Split {
  std::string capture;  ///< without keys
  std::string keys;     ///< as a key log file
};

std::uint32_t number_at(const std::string& bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value |= std::uint32_t{static_cast<std::uint8_t>(bytes[at + i])} << (8 * i);
  return value;
}

/// Takes the Decryption Secrets Blocks (type 10) out of a pcapng file. tshark 4.0 exports no keys of TLS 1.3.
Split without_keys(const std::string& file) {
  Split split;
  for (std::size_t at = 0; at + 12 <= file.size();) {
    const std::uint32_t size = number_at(file, at + 4);
    if (number_at(file, at) == 10)
      split.keys += file.substr(at + 16, number_at(file, at + 12));
    else
      split.capture += file.substr(at, size);
    at += size;
  }
  return split;
}

/// As a user has them: the capture in one file, the keys in another.
TEST_P(Tls, KeysMayComeFromAFileAndWithoutThemNothingIsClaimed) {
  const Split split = without_keys(read_file(readable(GetParam())));
  ASSERT_FALSE(split.keys.empty());
  const std::string capture = temporary_file("bare.pcapng", split.capture);
  for (const char* passes : {"-n", "-2"}) {
    const Reports without = reports(capture, {passes});
    EXPECT_TRUE(without.sessions.empty() && without.messages.empty()) << passes;
    EXPECT_EQ(tshark(capture, {passes, "-Y", "wslens or websocket"}).out, "") << passes;
  }
  const Reports with = reports(capture, {"-o", "tls.keylog_file:" + temporary_file("keys", split.keys)});
  const Reports wanted = reports(GetParam());
  EXPECT_FALSE(wanted.messages.empty());
  EXPECT_TRUE(with.messages == wanted.messages);
  EXPECT_TRUE(with.sessions == wanted.sessions);
}

INSTANTIATE_TEST_SUITE_P(Sample, Tls,
                         ::testing::Values("wss-tls12", "wss-tls13", "wss-node",
                                           "defect-02-wss-records-in-one-segment"),
                         sample_name);

TEST(TlsRecords, APacketWithSeveralRecordsShowsTheMessagesOfAll) {
  for (const char* sample : {"wss-tls12", "wss-tls13"}) {
    for (const char* passes : {"-n", "-2"}) {
      std::vector<std::vector<std::string>> threes;
      for (const FieldRow& row : field_rows(sample, {"wslens.message.text"}, {passes}))
        if (row[0].size() == 3) threes.push_back(row[0]);
      ASSERT_EQ(threes.size(), 2U) << sample << " " << passes;
      for (std::size_t i = 0; i < 3; ++i) {
        const std::string number = std::to_string(i + 1);
        EXPECT_EQ(threes[0][i], "record " + number + " of the client, in one segment");
        EXPECT_EQ(threes[1][i], "record " + number + " of the server, in one segment");
      }
    }
  }
}

// ---- a record that cannot be decrypted

constexpr const char* altered = "wss-undecrypted-record";

std::string long_message() {
  std::string text;
  for (int i = 0; text.size() < 4200; ++i) {
    char line[40];
    std::snprintf(line, sizeof line, "line %04d of a long message\n", i);
    text += line;
  }
  return text.substr(0, 4200);
}

TEST(TlsUndecrypted, TheMessageThatLostARecordIsTruncatedInFrontOfIt) {
  const Reports shown = reports(altered);
  const auto cut = [](const json& message) { return message["trust"] == "truncated"; };
  ASSERT_EQ(std::count_if(shown.messages.begin(), shown.messages.end(), cut), 1);
  const json message = *std::find_if(shown.messages.begin(), shown.messages.end(), cut);
  EXPECT_EQ(message["length"], 4200);
  EXPECT_EQ(message["lost"], 1000);
  EXPECT_TRUE(message["sha256"].is_null());
  const std::string text = data_of(message);
  EXPECT_EQ(text, long_message().substr(0, text.size()));
  EXPECT_EQ(text.size(), 996U + 1000U);  // the first record begins with a header of 4 bytes
  EXPECT_EQ(shown.sessions.at(0)["lost"], (json{{"client", 0}, {"server", 1000}}));
}

TEST(TlsUndecrypted, OnlyTheServersMessagesBehindItAreAfterTheGap) {
  const Reports shown = reports(altered);
  bool behind = false;
  for (const json& message : shown.messages) {
    const bool by_server = message["direction"] == "server-to-client";
    if (message["trust"] == "truncated") {
      behind = true;
      continue;
    }
    EXPECT_EQ(message["trust"], by_server && behind ? "after-gap" : "exact") << message;
  }
  EXPECT_TRUE(behind);
  const Messages sent = without_empty(as_sent(altered));
  Messages known = as_shown(shown, Which::data, {"exact", "after-gap"});
  EXPECT_EQ(known["40001-443 client-to-server"], sent.at("40001-443 client-to-server"));
  auto server = sent.at("40001-443 server-to-client");
  server.erase(server.begin() + 1);
  EXPECT_EQ(known["40001-443 server-to-client"], server);
  EXPECT_TRUE(reports(altered, {"-2"}).messages == shown.messages);
}

}  // namespace
}  // namespace wslens::test
