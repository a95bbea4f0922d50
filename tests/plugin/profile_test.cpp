// SPDX-License-Identifier: GPL-2.0-or-later
/// The profile "WebSocket": its filters, columns and colours, and that installing it touches no user's own.
#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>

#include "support/lens_view.h"

namespace wslens::test {
namespace {

namespace fs = std::filesystem;

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

std::string profile_folder() { return source_path("plugin/profile/WebSocket"); }
std::string profile_file(const std::string& name) { return read_file(profile_folder() + "/" + name); }

/// The lines that are no comments.
std::vector<std::string> entries_of(const std::string& name) {
  std::vector<std::string> entries;
  for (const std::string& line : lines_of(profile_file(name)))
    if (!line.empty() && line[0] != '#') entries.push_back(line);
  return entries;
}

/// Of a line of "a","b"; the file's \x22 stands for a quote.
std::vector<std::string> quoted(const std::string& line) {
  static const std::regex quote_code(R"(\\x22)");
  static const std::regex value(R"re("([^"]*)")re");
  std::vector<std::string> values;
  for (std::sregex_iterator each(line.begin(), line.end(), value), end; each != end; ++each)
    values.push_back(std::regex_replace((*each)[1].str(), quote_code, "\""));
  return values;
}

/// @name@filter@[background][text]
std::vector<std::string> colour_filters() {
  std::vector<std::string> filters;
  for (const std::string& line : entries_of("colorfilters")) {
    const auto begin = line.find('@', 1) + 1;
    filters.push_back(line.substr(begin, line.rfind("@[") - begin));
  }
  return filters;
}

std::vector<std::string> filters() {
  std::vector<std::string> all = colour_filters();
  for (const std::string& line : entries_of("dfilter_buttons")) all.push_back(quoted(line).at(2));
  for (const std::string& line : entries_of("io_graphs")) all.push_back(quoted(line).at(2));
  return all;
}

/// tshark with the profile, which a user of its own has.
std::vector<std::string> with_profile(const std::string& sample, const Arguments& more) {
  const fs::path config = temporary_folder("profile-user");
  const fs::path profile = config / "wireshark/profiles/WebSocket";
  fs::create_directories(profile.parent_path());
  fs::copy(profile_folder(), profile, fs::copy_options::overwrite_existing | fs::copy_options::recursive);
  Arguments command{
      "env", "XDG_CONFIG_HOME=" + config.string(), "tshark", "-C", "WebSocket", "-n", "-2", "-r", readable(sample)};
  command.insert(command.end(), more.begin(), more.end());
  const Result result = run(command);
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(result.err, "");
  return lines_of(result.out);
}

TEST(Profile, EveryFilterCompiles) {
  const std::vector<std::string> all = filters();
  EXPECT_EQ(all.size(), 22U);
  for (const std::string& filter : all) {
    const Result result = tshark("seed-demo", {"-c", "1", "-Y", filter});
    EXPECT_EQ(result.status, 0) << filter << '\n' << result.err;
    EXPECT_EQ(result.err, "") << filter;
  }
}

TEST(Profile, EveryFieldExists) {
  static const std::regex field(R"(wslens(\.[a-z_]+)+)");
  std::set<std::string> used;
  for (const char* name : {"preferences", "colorfilters", "dfilter_buttons", "io_graphs", "recent"}) {
    const std::string text = profile_file(name);
    for (std::sregex_iterator each(text.begin(), text.end(), field), end; each != end; ++each) used.insert(each->str());
  }
  EXPECT_THAT(used, AllOf(Contains("wslens.ping.rtt"), Contains("wslens.finding")));
  for (const std::string& each : used) EXPECT_THAT(lens_fields(), Contains(each));
}

TEST(Profile, ColumnsSayWhoSentWhat) {
  EXPECT_THAT(with_profile("seed-demo", {"-Y", "frame.number == 10"}),
              ElementsAre(HasSubstr("127.0.0.1    0 client-to-server Text 5  WebSocket client")));
  EXPECT_THAT(with_profile("pings", {"-Y", "frame.number == 10"}),
              ElementsAre(HasSubstr("0 server-to-client Pong  0.000400000 WebSocket")));
}

/// The names of the rules that colour the packets that a filter selects.
std::vector<std::string> colours(const std::string& sample, const std::string& filter) {
  const auto lines = with_profile(sample, {"-Y", filter, "-T", "fields", "-e", "frame.coloring_rule.name", "--color"});
  std::set<std::string> names;
  for (const std::string& line : lines) {
    const auto begin = line.find("WebSocket: ");
    names.insert(begin == std::string::npos ? line : line.substr(begin, line.find('\x1b', begin) - begin));
  }
  return {names.begin(), names.end()};
}

TEST(Profile, ColoursSayWhatKindOfPacketItIs) {
  EXPECT_THAT(colours("seed-demo", "frame.number <= 4"), ElementsAre("WebSocket: handshake"));
  EXPECT_THAT(colours("seed-demo", "wslens.message.type"), ElementsAre("WebSocket: text"));
  EXPECT_THAT(colours("seed-demo", "websocket.opcode == 8"), ElementsAre("WebSocket: Close"));
  EXPECT_THAT(colours("seed-demo", "tcp.flags.fin == 1"), ElementsAre("WebSocket: TCP closes"));
  EXPECT_THAT(colours("pings", "frame.number in {8, 10}"), ElementsAre("WebSocket: Ping or Pong"));
  EXPECT_THAT(colours("server-violations", "wslens.rule == \"server-frame-masked\""),
              ElementsAre("WebSocket: broken rule or finding"));
  EXPECT_THAT(colours("lost-segment", "wslens.finding"), ElementsAre("WebSocket: broken rule or finding"));
  EXPECT_THAT(colours("lost-segment", "wslens.message.trust == \"after-gap\" && !wslens.finding && !wslens.rule"),
              ElementsAre("WebSocket: not to be trusted"));
  EXPECT_THAT(colours("mqtt", "wslens.message.type == \"binary\" && !wslens.rule"), ElementsAre("WebSocket: binary"));
}

/// As whoever runs the test: the build folder is his.
Result own(const Arguments& command) { return Process(command, Plugin::absent, Rights::own).finish(); }

TEST(Profile, IsInstalledBesideWiresharksOwn) {
  const fs::path root = temporary_folder("installed");
  const Result result = own({"env", "DESTDIR=" + root.string(), "cmake", "--install", build_folder(), "--component",
                             "profile", "--prefix", "/usr"});
  ASSERT_EQ(result.status, 0) << result.err;
  for (const char* name : {"preferences", "colorfilters", "dfilter_buttons", "io_graphs", "recent"})
    EXPECT_EQ(read_file(root / "usr/share/wireshark/profiles/WebSocket" / name), profile_file(name)) << name;
}

TEST(Profile, APersonalInstallationKeepsTheUsersOwn) {
  const fs::path root = temporary_folder("personal");
  const fs::path home = root / "home";
  const fs::path build = root / "build";
  const Arguments as_home{"env", "HOME=" + home.string(), "XDG_CONFIG_HOME="};
  const auto in_home = [&](const Arguments& command) {
    Arguments full = as_home;
    full.insert(full.end(), command.begin(), command.end());
    return own(full);
  };
  const Result configured = in_home({"cmake", "-G", "Ninja", "-S", source_path(""), "-B", build, "-DBUILD_TESTING=OFF",
                                     "-DWSLENS_INSTALL_PERSONAL=ON"});
  ASSERT_EQ(configured.status, 0) << configured.err;
  const fs::path preferences = home / ".config/wireshark/profiles/WebSocket/preferences";
  const Arguments install{"cmake", "--install", build, "--component", "profile"};
  ASSERT_EQ(in_home(install).status, 0);
  EXPECT_EQ(read_file(preferences), profile_file("preferences"));

  std::ofstream(preferences) << "mine\n";
  ASSERT_EQ(in_home(install).status, 0);
  EXPECT_EQ(read_file(preferences), "mine\n");
}

}  // namespace
}  // namespace wslens::test
