// SPDX-License-Identifier: GPL-2.0-or-later
#include "extensions.h"

#include <gtest/gtest.h>

#include "support/heads.h"

namespace websocket {
namespace {

using namespace std::string_view_literals;
using namespace test;

struct ExtensionsVector {
  std::string_view value;
  std::vector<Extension> extensions;
  bool well_formed;
  std::string_view why;
};

const ExtensionsVector vectors[] = {
    {"foo", {{"foo", {}}}, true, "RFC 6455 §9.1: one name"},
    {"foo, bar; baz=2", {{"foo", {}}, {"bar", {{"baz", "2"}}}}, true, "§9.1, example"},
    {"deflate-stream", {{"deflate-stream", {}}}, true, "§9.1, example"},
    {"mux; max-channels=4; flow-control, deflate-stream",
     {{"mux", {{"max-channels", "4"}, {"flow-control", std::nullopt}}}, {"deflate-stream", {}}},
     true,
     "§9.1, example"},
    {"private-extension", {{"private-extension", {}}}, true, "§9.1, example"},
    {"permessage-deflate; client_max_window_bits; server_max_window_bits=10",
     {{"permessage-deflate", {{"client_max_window_bits", std::nullopt}, {"server_max_window_bits", "10"}}}},
     true,
     "RFC 7692 §7.1"},
    {R"(permessage-deflate; server_max_window_bits="10")",
     {{"permessage-deflate", {{"server_max_window_bits", "10"}}}},
     true,
     "RFC 7692 §5: quoted is the same as bare"},
    {R"(a; b="\1\0")", {{"a", {{"b", "10"}}}}, true, "§9.1: unescaped it is a token"},
    {"a;b=c;d", {{"a", {{"b", "c"}, {"d", std::nullopt}}}}, true, "no white space"},
    {" a ;\tb = c ; d ", {{"a", {{"b", "c"}, {"d", std::nullopt}}}}, true, "implied white space"},
    {"a, a; x, a; x=1", {{"a", {}}, {"a", {{"x", std::nullopt}}}, {"a", {{"x", "1"}}}}, true, "alternatives"},
    {",a,, b,", {{"a", {}}, {"b", {}}}, true, "RFC 9110 §5.6.1.2: empty elements do not count"},
    {"", {}, false, "1#extension: at least one"},
    {", ,", {}, false, "no element at all"},
    {"a;", {}, false, "no parameter after the semicolon"},
    {"a;;b", {}, false, "an empty parameter"},
    {";a", {}, false, "no name"},
    {"=1", {}, false, "no name"},
    {"a=1", {}, false, "a name takes no value"},
    {"a; b=", {}, false, "no value"},
    {"a; =1", {}, false, "no parameter name"},
    {"a; b=1 2", {}, false, "two values"},
    {"a b", {}, false, "two names"},
    {"a; b c", {}, false, "two parameter names"},
    {"a; b==1", {}, false, "two equals signs"},
    {R"(a; b="")", {}, false, "§9.1: an empty string is no token"},
    {R"(a; b="1,2")", {}, false, "§9.1: unescaped it is no token"},
    {R"(a; b="1)", {}, false, "a string without an end"},
    {R"(a; b=")", {}, false, "a string without anything"},
    {R"(a; b="1\)", {}, false, "a backslash at the very end"},
    {R"(a; b="1\")", {}, false, "the only end is escaped"},
    {R"(a; b="1"2)", {}, false, "more after the string"},
    {R"("a")", {}, false, "a name is never quoted"},
    {"a\0b"sv, {}, false, "NUL is no token character"},
    {"\xC3\xA4", {}, false, "not ASCII"},
    {"a; b=, c; d=1", {{"c", {{"d", "1"}}}}, false, "the elements that follow the grammar are given"},
};

TEST(Extensions, FollowTheGrammarOfSection91OrAreLeftOut) {
  GuardedText guarded;
  int count = 0;
  for (const ExtensionsVector& vector : vectors) {
    const ExtensionList list = parse_extensions(guarded.hold(vector.value));
    EXPECT_EQ(list.extensions, vector.extensions) << vector.why << ": " << vector.value;
    EXPECT_EQ(list.well_formed, vector.well_formed) << vector.why << ": " << vector.value;
    ++count;
  }
  EXPECT_EQ(count, 36);
}

TEST(Extensions, EveryPrefixOfAListIsReadWithinItsBytes) {
  constexpr auto whole = R"(foo; a="1\2"; b=3 , bar;c)"sv;
  GuardedText guarded;
  std::size_t most = 0;
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    most = std::max(most, parse_extensions(guarded.hold(whole.substr(0, size))).extensions.size());
  }
  EXPECT_EQ(most, 2U);
}

TEST(Extensions, NamesAreComparedExactly) {
  const ExtensionList list = parse_extensions("permessage-deflate; x, foo");
  EXPECT_TRUE(list.has("permessage-deflate"));
  EXPECT_TRUE(list.has("foo"));
  EXPECT_FALSE(list.has("Permessage-Deflate"));
  EXPECT_FALSE(list.has("permessage"));
  EXPECT_FALSE(list.has("x"));
  EXPECT_FALSE(list.has(""));
}

}  // namespace
}  // namespace websocket
