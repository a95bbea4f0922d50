// SPDX-License-Identifier: GPL-2.0-or-later
/// permessage-deflate (RFC 7692): each message as its sender had it, and what cannot be inflated is said to be so.
#include <algorithm>
#include <set>

#include "support/lens_view.h"
#include "support/sample_test.h"
#include "support/truth.h"

namespace wslens::test {
namespace {

using nlohmann::json;

bool is_compressed(const json& message) { return message["compressed"] == true; }

/// Data messages of one direction, by number from 1.
std::map<int, json> numbered(const Reports& shown, int session, const std::string& direction) {
  std::map<int, json> messages;
  for (const json& message : shown.messages)
    if (message["session"] == session && message["direction"] == direction && message["number"].is_number())
      messages[message["number"]] = message;
  return messages;
}

/// TCP payload of each direction ("stream source-port"), without its HTTP head, by Wireshark's own count.
std::map<std::string, std::uint64_t> bytes_behind_the_heads(const std::string& sample) {
  std::map<std::string, std::uint64_t> ends, heads;
  for (const FieldRow& row : field_rows(sample, {"tcp.stream", "tcp.srcport", "tcp.seq", "tcp.len", "http"})) {
    const std::string key = row[0].at(0) + " " + row[1].at(0);
    const std::uint64_t size = std::stoull(row[3].at(0));
    if (size != 0) ends[key] = std::max<std::uint64_t>(ends[key], std::stoull(row[2].at(0)) + size - 1);
    if (!row[4].empty()) heads[key] += size;
  }
  for (auto& [key, end] : ends) end -= heads[key];
  return ends;
}

class Compression : public EverySample {};

TEST_P(Compression, EachMessageIsAsItWasSentAndItsLengthsAreRight) {
  const Reports shown = expect_as_sent(GetParam());
  EXPECT_GT(std::count_if(shown.messages.begin(), shown.messages.end(), is_compressed), 0);
  std::map<int, std::pair<std::string, std::string>> ports;
  for (const json& session : shown.sessions) {
    const auto port = [&](const char* end) {
      const std::string address = session[end];
      return std::to_string(session["tcp_stream"].get<int>()) + " " + address.substr(address.rfind(':') + 1);
    };
    ports[session["session"]] = {port("client"), port("server")};
  }
  std::map<std::string, std::uint64_t> on_the_wire;
  for (const json& message : shown.messages) {
    EXPECT_EQ(message["trust"], "exact") << message;
    EXPECT_EQ(message["length"], data_of(message).size());
    const auto& [client, server] = ports.at(message["session"]);
    on_the_wire[message["direction"] == "client-to-server" ? client : server] +=
        message["wire_length"].get<std::uint64_t>();
  }
  const auto sent = bytes_behind_the_heads(GetParam());
  for (const auto& [direction, bytes] : on_the_wire) EXPECT_EQ(bytes, sent.at(direction)) << direction;
}

INSTANTIATE_TEST_SUITE_P(Sample, Compression,
                         ::testing::Values("compressed", "deflate-takeover", "deflate-window-9", "deflate-fragmented",
                                           "deflate-offers", "deflate-mixed", "gorilla-deflate",
                                           "defect-04-one-sided-context", "defect-05-compressed-fragments",
                                           "defect-08-large-masked-compressed", "defect-09-window-bits",
                                           "defect-14-bfinal", "defect-15-two-extension-lines"),
                         sample_name);

TEST(CompressionMixed, EachMessageSaysWhetherItWasCompressed) {
  // A compressed and a plain text, two empty ones, ...; three times.
  const std::string pattern =
      "yes no yes no yes yes no yes "
      "yes no yes no yes yes no yes "
      "yes no yes no yes yes no yes ";
  const Reports shown = reports("deflate-mixed");
  for (const char* direction : {"client-to-server", "server-to-client"}) {
    std::string said;
    for (const auto& [number, message] : numbered(shown, 0, direction)) said += is_compressed(message) ? "yes " : "no ";
    EXPECT_EQ(said, pattern) << direction;
  }
  std::multiset<int> packets;
  for (const json& message : shown.messages)
    if (is_compressed(message)) packets.insert(message["last_frame"].get<int>());
  std::multiset<int> marked;
  for (const FieldRow& row : field_rows("deflate-mixed", {"wslens.message.compressed"}))
    for (std::size_t i = 0; i < row[0].size(); ++i) marked.insert(row.number);
  EXPECT_EQ(marked, packets);
}

// ---- what does not inflate

constexpr const char* broken = "deflate-broken";

std::vector<int> undecodable(const std::map<int, json>& messages) {
  std::vector<int> numbers;
  for (const auto& [number, message] : messages) {
    if (message["trust"] == "exact") continue;
    numbers.push_back(number);
    EXPECT_EQ(message["trust"], "undecodable") << message;
    EXPECT_TRUE(message["length"].is_null() && message["sha256"].is_null() && message["text"].is_null()) << message;
  }
  return numbers;
}

TEST(CompressionBroken, OnlyWhatCannotBeInflatedIsUndecodable) {
  const Reports shown = reports(broken);
  Messages wanted = without_empty(as_sent(broken));
  for (const char* direction : {"client-to-server", "server-to-client"}) {
    EXPECT_EQ(undecodable(numbered(shown, 0, direction)), (std::vector<int>{2, 4, 6})) << direction;
    EXPECT_EQ(undecodable(numbered(shown, 1, direction)), (std::vector<int>{3, 6, 8})) << direction;
    // With context takeover one good message refers back over a broken one: nobody can know what it says.
    auto& second = wanted.at("40002-8080 " + std::string(direction));
    second.erase(second.begin() + 4);
  }
  EXPECT_EQ(as_shown(shown, Which::data, {"exact"}), wanted);
  EXPECT_TRUE(reports(broken, {"-2"}).messages == shown.messages);
}

TEST(CompressionBroken, TheRuleIsReportedByTheSideThatSentIt) {
  const Reports shown = reports(broken);
  ASSERT_EQ(shown.sessions.size(), 2U);
  for (const json& session : shown.sessions) {
    std::map<std::string, int> counts;
    for (const json& rule : session["rules"]) {
      EXPECT_EQ(rule["id"], "compressed-data-malformed");
      counts[rule["by"]] = rule["count"];
    }
    // The message that only refers back over a broken one breaks no rule itself.
    const int count = session["session"] == 0 ? 3 : 2;
    EXPECT_EQ(counts, (std::map<std::string, int>{{"client", count}, {"server", count}}));
  }
  EXPECT_EQ(lines_of(tshark(broken, {"-Y", "wslens.rule.compressed-data-malformed"}).out).size(), 10U);
}

// ---- preferences

TEST(CompressionPreferences, WithoutInflatingOnlyWhatIsPlainIsShown) {
  for (const char* passes : {"-n", "-2"}) {
    const Reports whole = reports("deflate-mixed");
    const Reports shown = reports("deflate-mixed", {passes, "-o", "websocket.decompress:FALSE"});
    ASSERT_EQ(shown.messages.size(), whole.messages.size());
    for (const json& message : whole.messages) {
      json wanted = message;
      if (is_compressed(message)) {
        wanted.erase("base64");
        wanted["trust"] = "undecodable";
        for (const char* key : {"length", "sha256", "text"}) wanted[key] = nullptr;
      }
      EXPECT_EQ(std::count(shown.messages.begin(), shown.messages.end(), wanted),
                std::count(whole.messages.begin(), whole.messages.end(), message))
          << wanted;
    }
    for (const json& session : shown.sessions) EXPECT_TRUE(session["rules"].empty()) << session["rules"];
  }
}

TEST(CompressionPreferences, ACutMessageKeepsItsLengthAndDigest) {
  const Reports whole = reports("deflate-takeover");
  const Reports cut = reports("deflate-takeover", {"-o", "wslens.message_kib:1"});
  EXPECT_TRUE(reports("deflate-takeover", {"-2", "-o", "wslens.message_kib:1"}).messages == cut.messages);
  EXPECT_EQ(as_shown(cut), without_empty(as_sent("deflate-takeover")));
  ASSERT_EQ(cut.messages.size(), whole.messages.size());
  int cuts = 0;
  for (std::size_t i = 0; i < whole.messages.size(); ++i) {
    const std::string all = data_of(whole.messages[i]);
    const std::string kept = data_of(cut.messages[i]);
    const bool is_cut = all.size() > 1024;
    EXPECT_EQ(cut.messages[i].value("data_cut", false), is_cut);
    EXPECT_EQ(cut.messages[i]["length"], all.size());
    EXPECT_EQ(cut.messages[i]["trust"], "exact");
    EXPECT_EQ(kept, all.substr(0, kept.size()));
    EXPECT_TRUE(is_cut ? kept.size() > 1020 && kept.size() <= 1024 : kept.size() == all.size()) << kept.size();
    cuts += is_cut ? 1 : 0;
  }
  EXPECT_GT(cuts, 20);
}

}  // namespace
}  // namespace wslens::test
