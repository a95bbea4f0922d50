// SPDX-License-Identifier: GPL-2.0-or-later
/// Each chain gives back what was appended to it, whatever fits into memory; errors are said.
#include "spool.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <array>
#include <csignal>
#include <random>

namespace wslens::test {
namespace {

constexpr std::size_t chain_count = 17;
using Chains = std::array<SpoolChain, chain_count>;
using Lists = std::array<std::vector<std::string>, chain_count>;

std::vector<std::string> records_of(Spool& spool, const SpoolChain& chain) {
  std::vector<std::string> records;
  SpoolReader reader(spool, chain);
  for (std::string record; reader.next(record);) records.push_back(record);
  return records;
}

/// In any order, of any length: empty ones, and ones longer than what may stay in memory or the reader takes at once.
void append_at_random(Spool& spool, Chains& chains, Lists& lists, int count) {
  std::mt19937 random(11);
  for (int i = 0; i < count; ++i) {
    const std::size_t chain = random() % chain_count;
    const std::size_t size = i % 100 == 99 ? 150'000 : random() % 200;
    lists[chain].emplace_back(size, static_cast<char>('a' + i % 26));
    ASSERT_TRUE(spool.append(chains[chain], lists[chain].back())) << spool.error();
  }
}

TEST(Spool, EachChainHasItsRecordsInTheirOrder) {
  for (const std::size_t memory : {std::size_t{0}, std::size_t{1000}, std::size_t{1} << 30}) {
    Chains chains;
    Lists lists;
    Spool spool(memory);
    append_at_random(spool, chains, lists, 1000);
    EXPECT_EQ(spool.file_size() != 0, memory < 10'000);
    for (std::size_t i = 0; i < chain_count; ++i)
      EXPECT_TRUE(records_of(spool, chains[i]) == lists[i]) << "chain " << i << ", " << memory << " bytes in memory";
  }
}

TEST(Spool, AForgottenChainIsEmptyAndTakesRecordsAnew) {
  for (const std::size_t memory : {std::size_t{0}, std::size_t{1000}}) {
    SpoolChain chain, other;
    Spool spool(memory);
    ASSERT_TRUE(spool.append(chain, "before") && spool.append(other, "stays"));
    spool.forget(chain);
    EXPECT_TRUE(records_of(spool, chain).empty());
    ASSERT_TRUE(spool.append(chain, "after"));
    EXPECT_EQ(records_of(spool, chain), std::vector<std::string>{"after"});
    EXPECT_EQ(records_of(spool, other), std::vector<std::string>{"stays"});
  }
}

TEST(Spool, AWriteThatFailsIsSaidOnceAndForAll) {
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit small = before;
  small.rlim_cur = 4096;
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  SpoolChain chain;
  Spool spool(0);
  const bool fits = spool.append(chain, std::string(1000, 'x'));
  const bool too_much = spool.append(chain, std::string(5000, 'x'));
  const std::string error = spool.error();
  const bool more = spool.append(chain, "x");
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  EXPECT_TRUE(fits);
  EXPECT_FALSE(too_much);
  EXPECT_FALSE(more);
  EXPECT_NE(error.find("cannot be written: File too large"), std::string::npos) << error;
  EXPECT_EQ(spool.error(), error);
}

}  // namespace
}  // namespace wslens::test
