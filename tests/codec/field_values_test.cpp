// SPDX-License-Identifier: GPL-2.0-or-later
#include "field_values.h"

#include <gtest/gtest.h>

#include "support/heads.h"

namespace websocket {
namespace {

using namespace std::string_view_literals;
using namespace test;

using Elements = std::vector<std::string_view>;

TEST(FieldValues, TokenCharactersAreThoseOfRfc9110Section562) {
  constexpr auto all = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"sv;
  int tokens = 0;
  for (int value = 0; value < 256; ++value) {
    const char c = static_cast<char>(value);
    EXPECT_EQ(is_token_char(c), all.find(c) != std::string_view::npos) << value;
    tokens += is_token_char(c) ? 1 : 0;
  }
  EXPECT_EQ(tokens, 77);
}

TEST(FieldValues, ATokenIsNotEmptyAndHasTokenCharactersOnly) {
  EXPECT_TRUE(is_token("x"));
  EXPECT_TRUE(is_token("chat.v1-2"));
  for (const auto text : {""sv, "a b"sv, "a\0b"sv, "a,b"sv, "\"a\""sv, "a/b"sv, "\xC3\xA4"sv, " a"sv}) {
    EXPECT_FALSE(is_token(text)) << text;
  }
}

TEST(FieldValues, TrimTakesSpaceAndTabOnly) {
  EXPECT_EQ(trim(" \t a b\t "), "a b");
  EXPECT_EQ(trim("a"), "a");
  EXPECT_EQ(trim(" \t "), "");
  EXPECT_EQ(trim(""), "");
  EXPECT_EQ(trim("\r\va\n"), "\r\va\n");
}

TEST(FieldValues, CaseIsIgnoredForAsciiLettersOnly) {
  EXPECT_TRUE(equal_ignoring_case("WebSocket", "wEBsOCKET"));
  EXPECT_TRUE(equal_ignoring_case("", ""));
  EXPECT_FALSE(equal_ignoring_case("websocket", "websockets"));
  EXPECT_FALSE(equal_ignoring_case("websockets", "websocket"));
  EXPECT_FALSE(equal_ignoring_case("@", "`"));
  EXPECT_FALSE(equal_ignoring_case("[", "{"));
  EXPECT_FALSE(equal_ignoring_case("\xC4", "\xE4"));
}

struct ListVector {
  std::string_view value;
  Elements elements;
  std::string_view why;
};

const ListVector list_vectors[] = {
    {"", {}, "nothing"},
    {"a", {"a"}, "one"},
    {"a,b", {"a", "b"}, "two"},
    {" a ,\tb\t", {"a", "b"}, "white space around elements"},
    {",a,, ,b,", {"a", "b"}, "RFC 9110 §5.6.1.2: empty elements do not count"},
    {",", {}, "only empty elements"},
    {R"(a;x="1,2",b)", {R"(a;x="1,2")", "b"}, "§5.6.4: a comma in a quoted string"},
    {R"(a="\",",b)", {R"(a="\",")", "b"}, "an escaped quotation mark does not end the string"},
    {R"(a="\\",b)", {R"(a="\\")", "b"}, "an escaped backslash does not escape"},
    {R"(a\,b)", {R"(a\)", "b"}, "outside of a string a backslash is nothing special"},
    {R"("a,b)", {R"("a,b)"}, "a string without an end"},
    {R"("a\)", {R"("a\)"}, "a backslash at the very end"},
    {"a b, c", {"a b", "c"}, "what is no token is given as it stands"},
    {"a\0,b"sv, {"a\0"sv, "b"}, "NUL is a character"},
};

TEST(FieldValues, AListIsSplitAtCommasOutsideOfQuotedStrings) {
  GuardedText guarded;
  int count = 0;
  for (const ListVector& vector : list_vectors) {
    EXPECT_EQ(split_list(guarded.hold(vector.value)), vector.elements) << vector.why;
    ++count;
  }
  EXPECT_EQ(count, 14);
}

TEST(FieldValues, AListHasATokenWhateverItsCase) {
  EXPECT_TRUE(list_has_token("keep-alive, uPgRaDe", "upgrade"));
  EXPECT_TRUE(list_has_token("websocket", "WebSocket"));
  EXPECT_FALSE(list_has_token("", "upgrade"));
  EXPECT_FALSE(list_has_token("upgraded", "upgrade"));
  EXPECT_FALSE(list_has_token("up, grade", "upgrade"));
  EXPECT_FALSE(list_has_token("\"a, upgrade\"", "upgrade"));
}

}  // namespace
}  // namespace websocket
