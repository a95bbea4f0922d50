// SPDX-License-Identifier: GPL-2.0-or-later
/// What is shown on a later pass, or in another order, equals what the first pass showed; links, verdicts and the
/// annotations of TCP packets may be added.
#include <algorithm>
#include <random>
#include <set>
#include <sstream>

#include "support/lens_view.h"
#include "support/sample_test.h"

namespace wslens::test {
namespace {

using nlohmann::json;

class Passes : public EverySample {};

TEST_P(Passes, MessagesAreTheSameInOnePassAndInTwo) {
  EXPECT_EQ(report(GetParam(), "messages-json"), report(GetParam(), "messages-json", {"-2"}));
}

TEST_P(Passes, SessionsAreTheSameInOnePassAndInTwo) {
  EXPECT_EQ(report(GetParam(), "sessions-json"), report(GetParam(), "sessions-json", {"-2"}));
}

std::multiset<std::string> values_of(const std::string& joined) {
  std::multiset<std::string> values;
  std::istringstream stream(joined);
  for (std::string value; std::getline(stream, value, '|');) values.insert(value);
  return values;
}

/// Several values of one field stand as "a|b": the later pass may have more of them, never other ones.
bool may_become(const std::string& first, const std::string& later) {
  const auto before = values_of(first);
  const auto after = values_of(later);
  return std::includes(after.begin(), after.end(), before.begin(), before.end());
}

/// Links are added when their target is known; everything else of a message is final when it is shown first.
bool is_final(const std::string& field) {
  return field.rfind("wslens.message", 0) == 0 && field != "wslens.message.fragment";
}

bool agrees(const std::string& field, const std::string& first, const std::string& later) {
  return is_final(field) ? later == first : may_become(first, later);
}

/// What the lens wrote into the Info column; the rest is Wireshark's own business, which differs between passes by
/// itself.
std::string own_info(const std::string& info) {
  if (info.rfind("client \u2192", 0) == 0 || info.rfind("server \u2192", 0) == 0) return info;
  const std::size_t at =
      std::min(info.find(" [WebSocket "), std::min(info.find(" [client \u2192"), info.find(" [server \u2192")));
  return at == std::string::npos ? "" : info.substr(at);
}

void expect_agreement(int number, const PacketView& first, const PacketView& later) {
  EXPECT_EQ(own_info(later.info).rfind(own_info(first.info), 0), 0U)
      << "packet " << number << ": " << first.info << " / " << later.info;
  for (const auto& [field, value] : first.fields) {
    const auto found = later.fields.find(field);
    ASSERT_NE(found, later.fields.end()) << field << " in packet " << number;
    EXPECT_PRED3(agrees, field, value, found->second) << "packet " << number;
  }
  for (const auto& [field, value] : later.fields)
    EXPECT_TRUE(!is_final(field) || first.fields.count(field) == 1) << field << " in packet " << number;
}

TEST_P(Passes, TheSecondPassOnlyAdds) {
  const auto first = lens_view(GetParam());
  const auto second = lens_view(GetParam(), {"-2"});
  ASSERT_EQ(first.size(), second.size());
  for (const auto& [number, packet] : first) expect_agreement(number, packet, second.at(number));
}

json without_numbers(std::vector<json> objects) {
  for (json& object : objects) {
    object.erase("first_frame");
    object.erase("last_frame");
    object.erase("request_frame");
  }
  return objects;
}

TEST_P(Passes, AReadFilterThatDropsAcknowledgementsChangesNoMessage) {
  EXPECT_EQ(without_numbers(report(GetParam(), "messages-json", {"-2"})),
            without_numbers(report(GetParam(), "messages-json", {"-2", "-R", "tcp.len > 0"})));
}

/// The lens's own entries of a packet, its bytes and data sources, and its own part of the Info column.
json own_part(const json& answer) {
  json own{{"bytes", answer["result"]["bytes"]}, {"ds", answer["result"].value("ds", json::array())}};
  for (const json& node : answer["result"]["tree"]) {
    const std::string filter = node.value("f", "");
    if (filter.rfind("wslens", 0) == 0 || filter.rfind("websocket", 0) == 0) own["tree"].push_back(node);
  }
  own["info"] = own_info(answer["result"]["col"].back());
  return own;
}

json frame_request(int number) {
  return {{"method", "frame"}, {"params", {{"frame", number}, {"proto", true}, {"bytes", true}, {"columns", true}}}};
}

/// As the window does it: any packet, any order, again and again.
TEST_P(Passes, AnyOrderOfClickingShowsTheSame) {
  const int count = static_cast<int>(std::min<std::size_t>(lens_view(GetParam()).size(), 120));
  if (count == 0) GTEST_SKIP() << "no packets";
  std::vector<int> order;
  for (int i = count; i >= 1; --i) order.push_back(i);
  std::mt19937 random(7);
  for (int i = 0; i < 100; ++i) order.push_back(1 + static_cast<int>(random() % static_cast<unsigned>(count)));
  std::vector<json> requests;
  for (int i = 1; i <= count; ++i) requests.push_back(frame_request(i));
  for (const int number : order) requests.push_back(frame_request(number));
  const std::vector<json> answers = sharkd(GetParam(), requests);
  if (GetParam() == "cut-file") GTEST_SKIP() << "sharkd loads no damaged file";
  ASSERT_EQ(answers.size(), requests.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    const json& in_file_order = answers[static_cast<std::size_t>(order[i]) - 1];
    ASSERT_EQ(own_part(in_file_order), own_part(answers[static_cast<std::size_t>(count) + i])) << "packet " << order[i];
  }
}

WSLENS_FOR_EVERY_SAMPLE(Passes);

}  // namespace
}  // namespace wslens::test
