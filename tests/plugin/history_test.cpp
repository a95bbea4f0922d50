// SPDX-License-Identifier: GPL-2.0-or-later
/// tshark without -2 and without a report of ours forgets packets that it has shown. Nobody may see that.
#include <gtest/gtest.h>

#include "support/programs.h"

namespace wslens::test {
namespace {

/// All samples one behind the other; but for one that ends in the middle of a packet, where joining ends as well.
std::string all_samples() {
  const std::string folder = temporary_folder("history");
  Arguments join{"mergecap", "-a", "-w", folder + "/all.pcapng"};
  for (const std::string& sample : samples())
    if (sample != "cut-file") join.push_back(readable(sample));
  const Result joined = run(join);
  EXPECT_EQ(joined.status, 0) << joined.err;
  return folder + "/all.pcapng";
}

void expect_same(const Arguments& how) {
  static const std::string capture = all_samples();
  Arguments with_report = how;
  with_report.insert(with_report.end(), {"-z", "wslens,sessions"});
  const Result forgets = tshark(capture, how), remembers = tshark(capture, with_report);
  ASSERT_GT(lines_of(forgets.out).size(), 20'000U) << forgets.err;
  EXPECT_TRUE(remembers.out.starts_with(forgets.out));
}

TEST(History, ThatIsForgottenIsNotMissedInTheTree) { expect_same({"-O", "wslens,websocket"}); }

TEST(History, ThatIsForgottenIsNotMissedInTheList) { expect_same({}); }

}  // namespace
}  // namespace wslens::test
