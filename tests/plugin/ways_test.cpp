// SPDX-License-Identifier: GPL-2.0-or-later
/// Every way of reading shows the same bytes.
#include <glib.h>

#include <algorithm>

#include "support/lens_view.h"
#include "support/sample_test.h"
#include "support/truth.h"

namespace wslens::test {
namespace {

using nlohmann::json;
using Payloads = std::vector<std::string>;

std::string from_hex(const std::string& hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  return bytes;
}

/// In the order in which they became known. Empty ones are left out: not every way can show nothing.
Payloads payloads(const std::vector<json>& messages, bool with_control_frames) {
  Payloads all;
  for (const json& message : messages)
    if ((with_control_frames || message["number"].is_number()) && message["length"] != 0)
      all.push_back(data_of(message));
  return all;
}

/// Long lists of bytes are no help in a message about a failure.
void expect_same(const Payloads& shown, const Payloads& wanted, const std::string& way) {
  EXPECT_EQ(shown.size(), wanted.size()) << way;
  const auto [one, other] = std::mismatch(shown.begin(), shown.end(), wanted.begin(), wanted.end());
  EXPECT_TRUE(one == shown.end() && other == wanted.end()) << way << ": first at " << one - shown.begin();
}

class Ways : public EverySample {};

TEST_P(Ways, EveryPassAndReadFilterReportsTheSameBytes) {
  const Payloads wanted = payloads(expect_as_sent(GetParam()).messages, true);
  expect_same(payloads(report(GetParam(), "messages-json", {"-2", "-R", "tcp.len > 0"}), true), wanted, "-R");
}

TEST_P(Ways, TheFieldHoldsTheSameBytes) {
  const Payloads wanted = payloads(report(GetParam(), "messages-json"), false);
  for (const char* passes : {"-n", "-2"}) {
    Payloads shown;
    for (const FieldRow& row : field_rows(GetParam(), {"wslens.message.payload"}, {passes, "-Y", "wslens.message"}))
      for (const std::string& hex : row[0])
        if (!hex.empty()) shown.push_back(from_hex(hex));
    expect_same(shown, wanted, passes);
  }
}

/// The records of one session: a heading for each message, and its bytes.
Payloads followed(const std::string& out) {
  Payloads records;
  for (std::string line : lines_of(out)) {
    line.erase(0, line.find_first_not_of('\t'));
    if (line.empty() || line.find_first_not_of("0123456789abcdef") != std::string::npos) continue;
    const std::string record = from_hex(line);
    const bool heading = record.find(" to ") < 8 && record.find(" s, packet ") != std::string::npos;
    if (!heading) records.push_back(record);
  }
  return records;
}

TEST_P(Ways, FollowWritesTheSameBytes) {
  std::map<int, std::vector<json>> sessions;
  for (const json& message : report(GetParam(), "messages-json")) sessions[message["session"]].push_back(message);
  for (const auto& [session, messages] : sessions)
    expect_same(followed(tshark(GetParam(), {"-q", "-z", "follow,wslens,raw," + std::to_string(session)}).out),
                payloads(messages, true), "session " + std::to_string(session));
}

std::string from_base64(const std::string& text) {
  gsize size = 0;
  guchar* bytes = g_base64_decode(text.c_str(), &size);
  std::string data(reinterpret_cast<const char*>(bytes), size);
  g_free(bytes);
  return data;
}

/// As the window shows a packet: the bytes on each of its tabs, and those that the items of whole messages stand for.
struct Window {
  Payloads tabs, texts, binaries;
};

void collect_items(const json& nodes, Window& window) {
  for (const json& node : nodes) {
    const std::string filter = node.value("f", "");
    const auto bytes = [&] { return window.tabs.at(node.value("ds", 0)).substr(node["h"][0], node["h"][1]); };
    if (filter.rfind("websocket.payload.text == ", 0) == 0) window.texts.push_back(bytes());
    if (filter.rfind("websocket.payload.unknown == ", 0) == 0) window.binaries.push_back(bytes());
    if (node.contains("n")) collect_items(node["n"], window);
  }
}

Window window_of(const json& result) {
  Window window;
  window.tabs.push_back(from_base64(result["bytes"]));
  for (const json& tab : result.value("ds", json::array())) window.tabs.push_back(from_base64(tab["bytes"]));
  collect_items(result["tree"], window);
  return window;
}

/// Packets that show a message with data, and the window of each.
std::map<int, std::pair<std::vector<json>, Window>> windows(const std::string& sample) {
  std::map<int, std::pair<std::vector<json>, Window>> packets;
  for (const json& message : report(sample, "messages-json"))
    if (message["number"].is_number() && message["length"] != 0)
      packets[message["last_frame"]].first.push_back(message);
  std::vector<json> requests;
  requests.reserve(packets.size());
  for (const auto& [number, packet] : packets)
    requests.push_back({{"method", "frame"}, {"params", {{"frame", number}, {"proto", true}, {"bytes", true}}}});
  const std::vector<json> answers = sharkd(sample, requests);
  EXPECT_EQ(answers.size(), packets.size());
  std::size_t at = 0;
  for (auto& [number, packet] : packets) packet.second = window_of(answers.at(at++)["result"]);
  return packets;
}

Payloads of_type(const std::vector<json>& messages, const char* type) {
  Payloads all;
  for (const json& message : messages)
    if (message["type"] == type) all.push_back(data_of(message));
  return all;
}

TEST_P(Ways, TheWindowShowsTheSameBytes) {
  for (const auto& [number, packet] : windows(GetParam())) {
    const auto& [messages, window] = packet;
    for (const json& message : messages) {
      const auto holds = [&](const std::string& tab) { return tab.find(data_of(message)) != std::string::npos; };
      EXPECT_TRUE(std::any_of(window.tabs.begin(), window.tabs.end(), holds)) << "packet " << number;
    }
    expect_same(window.texts, of_type(messages, "text"), "text in packet " + std::to_string(number));
    expect_same(window.binaries, of_type(messages, "binary"), "binary in packet " + std::to_string(number));
  }
}

INSTANTIATE_TEST_SUITE_P(Sample, Ways,
                         ::testing::Values("simultaneous-directions", "deflate-mixed", "wss-tls13", "python-fragments"),
                         sample_name);

}  // namespace
}  // namespace wslens::test
