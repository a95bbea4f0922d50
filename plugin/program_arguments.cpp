// SPDX-License-Identifier: GPL-2.0-or-later
#include "program_arguments.h"

#include <glib.h>

#include <string_view>

namespace wslens {

std::vector<std::string> program_arguments() {
  char* text = nullptr;
  std::size_t size = 0;
  if (g_file_get_contents("/proc/self/cmdline", &text, &size, nullptr) == FALSE) return {};
  std::vector<std::string> arguments;
  for (std::string_view rest(text, size); !rest.empty();) {
    arguments.emplace_back(rest.substr(0, rest.find('\0')));
    const std::size_t used = arguments.back().size();
    rest.remove_prefix(used < rest.size() ? used + 1 : used);
  }
  g_free(text);
  return arguments;
}

}  // namespace wslens
