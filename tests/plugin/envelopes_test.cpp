// SPDX-License-Identifier: GPL-2.0-or-later
/// Whatever is around TCP (link layers, tunnels, fragments, file formats), the session in it is the same.
#include <algorithm>
#include <random>
#include <set>

#include "support/lens_view.h"
#include "support/sample_test.h"
#include "support/truth.h"

namespace wslens::test {
namespace {

using nlohmann::json;

std::vector<std::string> envelopes() {
  std::vector<std::string> names = samples();
  std::erase_if(names, [](const std::string& name) { return name.rfind("envelope-", 0) != 0; });
  return names;
}

class Envelope : public EverySample {};

TEST_P(Envelope, TheSessionsInItAreWhole) {
  const Reports shown = expect_as_sent(GetParam(), Which::data_and_pings);
  EXPECT_EQ(shown.sessions.size(), truth_document(GetParam())["connections"].size());
  for (const json& session : shown.sessions) {
    EXPECT_EQ(session["clean"], true);
    EXPECT_EQ(session["trust"], "exact");
    EXPECT_TRUE(session["rules"].empty()) << session["rules"];
  }
}

struct Row {
  std::set<std::string> streams, sessions, phases;
  std::vector<std::string> messages;
  bool icmp = false;
};

std::set<std::string> as_set(const std::vector<std::string>& values) { return {values.begin(), values.end()}; }

std::map<int, Row> rows(const std::string& sample) {
  std::map<int, Row> all;
  for (const FieldRow& row : field_rows(
           sample, {"tcp.stream", "wslens.session", "wslens.phase", "wslens.message.number", "icmp.type"}, {"-2"}))
    all[row.number] = {as_set(row[0]), as_set(row[1]), as_set(row[2]), row[3], !row[4].empty()};
  return all;
}

void expect_tied(const json& session, const std::map<int, Row>& packets) {
  const std::string number = std::to_string(session["session"].get<int>());
  const std::string stream = std::to_string(session["tcp_stream"].get<int>());
  const std::map<std::string, std::string> phases{
      {"syn", "tcp-handshake"},       {"syn_ack", "tcp-handshake"},     {"ack", "tcp-handshake"},
      {"request", "upgrade-request"}, {"response", "upgrade-response"}, {"first_data", "data"},
      {"last_data", "data"},          {"close_client", "closing"},      {"close_server", "closing"},
      {"fin_client", "tcp-close"},    {"fin_server", "tcp-close"}};
  for (const auto& [frame, phase] : phases) {
    const Row& packet = packets.at(session["frames"][frame]);
    EXPECT_EQ(packet.phases.count(phase), 1U) << frame;
    EXPECT_EQ(packet.sessions.count(number), 1U) << frame;
  }
  // Copies of the handshake may stand apart; from the request on every packet belongs to it.
  for (const auto& [packet, row] : packets) {
    if (row.streams.count(stream) == 0 || row.icmp || packet < session["frames"]["request"]) continue;
    EXPECT_EQ(row.sessions.count(number), 1U) << "packet " << packet;
  }
}

TEST_P(Envelope, PacketsAreTiedFromSynToLastAckAndMessagesStandWhereTheyEnd) {
  const std::map<int, Row> packets = rows(GetParam());
  const Reports known = reports(GetParam());
  for (const json& session : known.sessions) expect_tied(session, packets);
  std::map<int, std::vector<std::string>> wanted, shown;
  for (const json& message : known.messages)
    if (message["number"].is_number())
      wanted[message["last_frame"]].push_back(std::to_string(message["number"].get<int>()));
  for (const auto& [packet, row] : packets)
    if (!row.messages.empty()) shown[packet] = row.messages;
  EXPECT_EQ(shown, wanted);
}

INSTANTIATE_TEST_SUITE_P(Sample, Envelope, ::testing::ValuesIn(envelopes()), sample_name);

TEST(Envelopes, ThereAreFourteen) { EXPECT_EQ(envelopes().size(), 14U); }

TEST(Envelopes, WhatAnIcmpErrorQuotesIsNeverFedNorMarked) {
  int quotes = 0;
  for (const auto& [number, row] : rows("envelope-icmp-quote")) {
    if (!row.icmp) continue;
    ++quotes;
    EXPECT_TRUE(row.sessions.empty() && row.phases.empty() && row.messages.empty()) << "packet " << number;
  }
  EXPECT_EQ(quotes, 3);
  for (const char* passes : {"-n", "-2"})
    EXPECT_EQ(tshark("envelope-icmp-quote", {passes, "-Y", "icmp and wslens"}).out, "") << passes;
  for (const json& message : reports("envelope-icmp-quote").messages)
    EXPECT_EQ(data_of(message).find("never sent"), std::string::npos);
}

/// In the order of the tree.
using TextsByPacket = std::map<int, std::vector<std::string>>;

void collect_texts(const json& nodes, std::vector<std::string>& texts) {
  const std::string text = "websocket.payload.text == ";
  for (const json& node : nodes) {
    if (const std::string filter = node.value("f", ""); filter.rfind(text, 0) == 0)
      texts.push_back(filter.substr(text.size()));
    if (node.contains("n")) collect_texts(node["n"], texts);
  }
}

/// As sharkd shows these packets, one after the other.
TextsByPacket texts_in_sharkd(const std::string& sample, const std::vector<int>& order) {
  std::vector<json> requests;
  requests.reserve(order.size());
  for (const int number : order)
    requests.push_back({{"method", "frame"}, {"params", {{"frame", number}, {"proto", true}}}});
  const std::vector<json> answers = sharkd(sample, requests);
  TextsByPacket texts;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    std::vector<std::string> of_packet;
    collect_texts(answers[i]["result"]["tree"], of_packet);
    const auto [known, added] = texts.emplace(order[i], of_packet);
    EXPECT_TRUE(added || known->second == of_packet) << "packet " << order[i];
  }
  return texts;
}

TEST(Envelopes, BothSegmentsOfAFrameAreShownOnBothPassesAndInAnyOrder) {
  const std::string sample = "envelope-two-tcp-in-one-frame";
  const TextsByPacket some{{11, {"one: the first segment of a frame", "one: the second segment of a frame"}},
                           {12, {"one: behind an ACK"}},
                           {13, {"one: beside two", "two: beside one"}},
                           {14, {"two: beside one", "one: beside two"}}};
  for (const char* passes : {"-n", "-2"}) {
    TextsByPacket shown;
    for (const FieldRow& row : field_rows(sample, {"wslens.message.text"}, {passes}))
      if (some.count(row.number) != 0) shown[row.number] = row[0];
    EXPECT_EQ(shown, some) << passes;
  }
  std::vector<int> order;
  for (int i = 32; i >= 1; --i) order.push_back(i);
  std::mt19937 random(11);
  for (int i = 0; i < 64; ++i) order.push_back(1 + static_cast<int>(random() % 32));
  const TextsByPacket in_window = texts_in_sharkd(sample, order);
  for (const auto& [number, texts] : some) {
    std::vector<std::string> quoted;
    for (const std::string& text : texts) quoted.push_back("\"" + text + "\"");
    EXPECT_EQ(in_window.at(number), quoted) << "packet " << number;
  }
}

TEST(Envelopes, TheFormatOfTheFileChangesNothing) {
  const auto wanted = reports("envelope-pcap");
  ASSERT_FALSE(wanted.messages.empty());
  for (const char* format : {"pcapng", "nsecpcap"}) {
    const Result converted =
        run({"sh", "-c", "exec editcap -F " + std::string(format) + " " + readable("envelope-pcap") + " -"});
    ASSERT_EQ(converted.status, 0) << converted.err;
    EXPECT_TRUE(reports(temporary_file("converted", converted.out)).messages == wanted.messages) << format;
  }
  const Result unpacked = run({"gzip", "-dc", readable("envelope-gzip")});
  ASSERT_EQ(unpacked.status, 0) << unpacked.err;
  const auto packed = reports("envelope-gzip");
  EXPECT_TRUE(reports(temporary_file("unpacked.pcapng", unpacked.out)).messages == packed.messages);
  EXPECT_TRUE(packed.messages == wanted.messages);
}

}  // namespace
}  // namespace wslens::test
