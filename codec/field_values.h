// SPDX-License-Identifier: GPL-2.0-or-later
/// RFC 9110 §5.6: tokens, quoted strings and comma-separated lists in field values.
///
/// Shape   a value in -> views of its parts. No allocation but the result's.
/// Errors  an element that is not what it ought to be is given as it stands; the caller judges it with is_token().
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace websocket {

bool is_token_char(char c);
bool is_token(std::string_view text);
std::string_view trim(std::string_view text);                             ///< of space and tab
bool same_letters_ignoring_case(std::string_view a, std::string_view b);  ///< of equal size
inline bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() && same_letters_ignoring_case(a, b);  // most are told apart by their size
}
inline bool starts_with_ignoring_case(std::string_view text, std::string_view prefix) {
  return equal_ignoring_case(text.substr(0, prefix.size()), prefix);
}

/// The elements between commas, trimmed; a comma inside a quoted string does not separate. Empty elements are left out.
std::vector<std::string_view> split_list(std::string_view value);

/// Is `token` (compared without case) one of the list's elements?
bool list_has_token(std::string_view value, std::string_view token);

}  // namespace websocket
