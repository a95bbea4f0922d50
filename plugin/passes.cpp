// SPDX-License-Identifier: GPL-2.0-or-later
#include "passes.h"

#include <glib.h>

#include <algorithm>

#include "program_arguments.h"

namespace wslens {
namespace {

/// Of "-q2nr", too: options may be written together. Their values may have any text, also one that looks like an
/// option.
bool may_ask_for_two(const std::string& argument) {
  return argument.starts_with('-') && argument.find('2') != std::string::npos;
}

bool may_be_two_passes() {
  const std::vector<std::string> arguments = program_arguments();
  return arguments.empty() || std::any_of(arguments.begin(), arguments.end(), may_ask_for_two);
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
