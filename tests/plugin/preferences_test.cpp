// SPDX-License-Identifier: GPL-2.0-or-later
/// Protocols ▸ WebSocket Lens: each preference says in a sentence what it costs, and a cap that is changed holds.
#include <gmock/gmock.h>

#include <map>

#include "support/programs.h"

namespace wslens::test {
namespace {

using testing::ElementsAre;
using testing::Key;

/// What stands above each of ours in Wireshark's list of all preferences, as one line.
std::map<std::string, std::string> sentences() {
  std::map<std::string, std::string> found;
  std::string above;
  for (const std::string& line : lines_of(run({"tshark", "-G", "defaultprefs"}).out)) {
    if (line.starts_with("# ")) above += line.substr(1);
    if (line.starts_with("#wslens.")) found[line.substr(8, line.find(':') - 8)] = above;
    if (!line.starts_with("# ")) above.clear();
  }
  return found;
}

TEST(Preferences, EachSaysWhatItCosts) {
  const auto all = sentences();
  EXPECT_THAT(all, ElementsAre(Key("expansion"), Key("file_mib"), Key("inflated_mib"), Key("late_start"),
                               Key("message_kib"), Key("out_of_order_kib"), Key("sessions"), Key("tls_records")));
  for (const auto& [name, sentence] : all) EXPECT_THAT(sentence, testing::ContainsRegex("[Cc]osts? ")) << name;
}

TEST(Preferences, AChangedCapHolds) {
  const auto session_of_packet_10 = [](const Arguments& more) {
    Arguments arguments{"-Y", "frame.number == 10", "-T", "fields", "-e", "wslens.session"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return tshark("seed-demo", arguments).out;
  };
  EXPECT_EQ(session_of_packet_10({}), "0\n");
  EXPECT_EQ(session_of_packet_10({"-o", "wslens.sessions:0"}), "\n") << "no session may be followed";
}

}  // namespace
}  // namespace wslens::test
