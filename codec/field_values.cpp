// SPDX-License-Identifier: GPL-2.0-or-later
#include "field_values.h"

#include <algorithm>

namespace websocket {

namespace {

// Not <cctype>: field values are ASCII whatever the user's locale is.
bool is_letter_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

/// Where the first element of the list ends: at a comma outside of quoted strings. In a quoted string a backslash takes
/// the next character with it (RFC 9110 §5.6.4).
std::size_t element_end(std::string_view list) {
  bool quoted = false;
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (quoted && list[i] == '\\') {
      ++i;
    } else if (list[i] == '"') {
      quoted = !quoted;
    } else if (list[i] == ',' && !quoted) {
      return i;
    }
  }
  return list.size();
}

}  // namespace

// RFC 9110 §5.6.2: tchar.
bool is_token_char(char c) {
  constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
  return is_letter_or_digit(c) || marks.find(c) != std::string_view::npos;
}

bool is_token(std::string_view text) { return !text.empty() && std::all_of(text.begin(), text.end(), is_token_char); }

std::string_view trim(std::string_view text) {
  constexpr std::string_view white = " \t";
  const std::size_t first = text.find_first_not_of(white);
  if (first == std::string_view::npos) {
    return {};
  }
  return text.substr(first, text.find_last_not_of(white) - first + 1);
}

bool same_letters_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
}

// RFC 9110 §5.6.1.2: a recipient ignores empty elements.
std::vector<std::string_view> split_list(std::string_view value) {
  std::vector<std::string_view> elements;
  while (!value.empty()) {
    const std::size_t end = element_end(value);
    if (const std::string_view element = trim(value.substr(0, end)); !element.empty()) {
      elements.push_back(element);
    }
    value.remove_prefix(std::min(end + 1, value.size()));
  }
  return elements;
}

bool list_has_token(std::string_view value, std::string_view token) {
  const auto elements = split_list(value);
  return std::any_of(elements.begin(), elements.end(),
                     [token](std::string_view element) { return equal_ignoring_case(element, token); });
}

}  // namespace websocket
