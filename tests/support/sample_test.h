// SPDX-License-Identifier: GPL-2.0-or-later
/// A test that runs once for every sample, named after it.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "support/programs.h"

namespace wslens::test {

class EverySample : public ::testing::TestWithParam<std::string> {};

inline std::string sample_name(const ::testing::TestParamInfo<std::string>& info) {
  std::string name = info.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

}  // namespace wslens::test

#define WSLENS_FOR_EVERY_SAMPLE(suite) \
  INSTANTIATE_TEST_SUITE_P(Sample, suite, ::testing::ValuesIn(wslens::test::samples()), wslens::test::sample_name)
