// SPDX-License-Identifier: GPL-2.0-or-later
/// -z flow,wslens,standard: the arrows of Statistics ▸ Flow Graph, "WebSocket lifecycle".
#include <gtest/gtest.h>

#include <regex>

#include "support/truth.h"

namespace wslens::test {
namespace {

using nlohmann::json;

struct Arrow {
  std::string comment;
  bool to_right = false;
  std::string left, right;  ///< ports
};

/// Two lines for each arrow: its label and comment, and the arrow between two ports.
std::vector<Arrow> arrows(const std::string& sample, const Arguments& more = {}) {
  Arguments arguments{"-q", "-z", "flow,wslens,standard"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  const std::regex above(".*\\|(WebSocket [0-9]+: .*)");
  const std::regex line(".*\\(([0-9]+)\\) +(<?)-+(>?) +\\(([0-9]+)\\).*");
  std::vector<Arrow> all;
  std::smatch match;
  for (const std::string& text : lines_of(tshark(sample, arguments).out)) {
    if (std::regex_match(text, match, above)) all.push_back({match[1], false, "", ""});
    if (std::regex_match(text, match, line) && !all.empty())
      all.back() = {all.back().comment, match[3] == ">", match[1], match[4]};
  }
  return all;
}

std::string capitalised(std::string word) {
  word[0] = static_cast<char>(word[0] - 'a' + 'A');
  return word;
}

std::vector<std::string> comments(const std::vector<Arrow>& arrows) {
  std::vector<std::string> all;
  all.reserve(arrows.size());
  for (const Arrow& arrow : arrows) all.push_back(arrow.comment);
  return all;
}

/// On loopback, too, where both ends have one address.
TEST(Flow, ShowsTheWholeLifeBetweenTwoEnds) {
  const std::vector<Arrow> all = arrows("seed-demo", {"-2"});
  EXPECT_EQ(comments(all),
            (std::vector<std::string>{"WebSocket 0: TCP handshake, 1 of 3", "WebSocket 0: TCP handshake, 2 of 3",
                                      "WebSocket 0: TCP handshake, 3 of 3", "WebSocket 0: upgrade request",
                                      "WebSocket 0: the connection becomes a WebSocket",
                                      R"(WebSocket 0: Text 9 B "something")", R"(WebSocket 0: Text 5 B "hello")",
                                      R"(WebSocket 0: Text 10 B "hello too!")", "WebSocket 0: Close without a code",
                                      "WebSocket 0: Close without a code", "WebSocket 0: TCP: will send nothing more",
                                      "WebSocket 0: TCP: will send nothing more", "WebSocket 0: TCP is closed"}));
  const std::vector<bool> to_right{true, false, true, true, false, false, true, false, true, false, false, true, false};
  ASSERT_EQ(all.size(), to_right.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    EXPECT_EQ(all[i].to_right, to_right[i]) << i;
    EXPECT_EQ(all[i].left, "54996") << i;
    EXPECT_EQ(all[i].right, "8080") << i;
  }
}

/// In one pass nothing is known of a session before its request.
TEST(Flow, OnePassShowsTheSameFromTheRequestOn) {
  std::vector<std::string> twice = comments(arrows("seed-demo", {"-2"}));
  twice.erase(twice.begin(), twice.begin() + 3);
  EXPECT_EQ(comments(arrows("seed-demo")), twice);
}

TEST(Flow, HasAnArrowForEachMessageFromItsSender) {
  for (const char* sample : {"simultaneous-directions", "wss-tls13", "reordered"}) {
    std::map<std::string, int> wanted, shown;
    for (const json& message : report(sample, "messages-json"))
      ++wanted[capitalised(message["type"]) + " " + message["direction"].get<std::string>()];
    const std::regex message("WebSocket [0-9]+: (Text|Binary|Ping|Pong|Close)\\b.*");
    std::smatch match;
    for (const Arrow& arrow : arrows(sample)) {
      if (!std::regex_match(arrow.comment, match, message)) continue;
      const bool right_is_server = std::stoi(arrow.right) < std::stoi(arrow.left);
      ++shown[match[1].str() + (arrow.to_right == right_is_server ? " client-to-server" : " server-to-client")];
    }
    EXPECT_EQ(shown, wanted) << sample;
  }
}

TEST(Flow, NamesTheRuleThatAMessageBreaks) {
  const std::vector<std::string> all = comments(arrows("server-violations"));
  EXPECT_TRUE(std::any_of(all.begin(), all.end(), [](const std::string& comment) {
    return comment.find("[breaks rsv1-without-extension]") != std::string::npos;
  }));
}

TEST(Flow, OfACaptureWithoutWebSocketsIsEmpty) { EXPECT_TRUE(arrows("negative-download").empty()); }

}  // namespace
}  // namespace wslens::test
