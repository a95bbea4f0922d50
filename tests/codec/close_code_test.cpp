// SPDX-License-Identifier: GPL-2.0-or-later
#include "close_code.h"

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <set>

namespace websocket {
namespace {

struct Range {
  int first;
  int last;
  CloseCodeClass kind;
};

// RFC 6455 §7.4.1, §7.4.2 and IANA's registry: all numbers, each once.
constexpr std::array<Range, 12> ranges = {{
    {0, 999, CloseCodeClass::unused},
    {1000, 1003, CloseCodeClass::registered},
    {1004, 1004, CloseCodeClass::reserved},
    {1005, 1006, CloseCodeClass::never_on_wire},
    {1007, 1011, CloseCodeClass::registered},
    {1012, 1014, CloseCodeClass::registered},  // added to the registry after the RFC
    {1015, 1015, CloseCodeClass::never_on_wire},
    {1016, 1999, CloseCodeClass::unassigned},
    {2000, 2999, CloseCodeClass::unassigned},
    {3000, 3999, CloseCodeClass::library},
    {4000, 4999, CloseCodeClass::private_use},
    {5000, 65535, CloseCodeClass::outside_registry},
}};

struct Name {
  std::uint16_t code;
  std::string_view name;
};

constexpr std::array<Name, 27> names = {{
    {0, "Unused"},
    {999, "Unused"},
    {1000, "Normal Closure"},
    {1001, "Going Away"},
    {1002, "Protocol error"},
    {1003, "Unsupported Data"},
    {1004, "Reserved"},
    {1005, "No Status Rcvd"},
    {1006, "Abnormal Closure"},
    {1007, "Invalid frame payload data"},
    {1008, "Policy Violation"},
    {1009, "Message Too Big"},
    {1010, "Mandatory Ext."},
    {1011, "Internal Error"},
    {1012, "Service Restart"},
    {1013, "Try Again Later"},
    {1014, "Bad Gateway"},
    {1015, "TLS handshake"},
    {1016, "Unassigned"},
    {2999, "Unassigned"},
    {3000, "Unauthorized"},
    {3001, "Library or framework"},
    {3003, "Forbidden"},
    {3008, "Timeout"},
    {4000, "Private use"},
    {4999, "Private use"},
    {5000, "Outside the registry"},
}};

TEST(CloseCode, EachOfThe65536HasTheClassOfItsRange) {
  int next = 0;
  for (const Range& range : ranges) {
    ASSERT_EQ(range.first, next) << "the ranges leave a hole";
    for (; next <= range.last; ++next) {
      ASSERT_EQ(close_code_info(static_cast<std::uint16_t>(next)).kind, range.kind) << next;
    }
  }
  EXPECT_EQ(next, 65536);
}

TEST(CloseCode, EachHasANameAndAMeaning) {
  int checked = 0;
  for (int code = 0; code <= 65535; ++code, ++checked) {
    const CloseCodeInfo info = close_code_info(static_cast<std::uint16_t>(code));
    ASSERT_FALSE(info.name.empty()) << code;
    ASSERT_FALSE(info.meaning.empty()) << code;
    ASSERT_NE(info.meaning.back(), '.') << code << ": a clause, not a sentence";
  }
  EXPECT_EQ(checked, 65536);
}

TEST(CloseCode, NamesAreThoseOfTheRegistry) {
  std::size_t checked = 0;
  for (const Name& expected : names) {
    EXPECT_EQ(close_code_info(expected.code).name, expected.name) << expected.code;
    ++checked;
  }
  EXPECT_EQ(checked, 27U);
}

TEST(CloseCode, NoTwoProtocolCodesShareAName) {
  std::set<std::string_view> seen;
  for (std::uint16_t code = 1000; code <= 1015; ++code) seen.insert(close_code_info(code).name);
  EXPECT_EQ(seen.size(), 16U);
}

}  // namespace
}  // namespace websocket
