// SPDX-License-Identifier: GPL-2.0-or-later
#include "passes.h"

#include <glib.h>

#include <string_view>

namespace wslens {
namespace {

/// Of "-q2nr", too: options may be written together. Their values may have any text, also one that looks like an
/// option.
bool may_ask_for_two(std::string_view argument) {
  return argument.substr(0, 1) == "-" && argument.find('2') != std::string_view::npos;
}

bool may_be_two_passes() {
  char* text = nullptr;
  std::size_t size = 0;
  if (g_file_get_contents("/proc/self/cmdline", &text, &size, nullptr) == FALSE) return true;
  bool two = size == 0;
  for (std::string_view rest(text, size); !rest.empty() && !two;) {
    const std::string_view argument = rest.substr(0, rest.find('\0'));
    two = may_ask_for_two(argument);
    rest.remove_prefix(argument.size() < rest.size() ? argument.size() + 1 : rest.size());
  }
  g_free(text);
  return two;
}

}  // namespace

bool is_tshark() {
  static const bool is = g_strcmp0(g_get_prgname(), "tshark") == 0;
  return is;
}

bool is_only_pass() {
  static const bool only = is_tshark() && !may_be_two_passes();
  return only;
}

}  // namespace wslens
