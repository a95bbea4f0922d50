// SPDX-License-Identifier: GPL-2.0-or-later
#include "terminal.h"

#include <glib.h>

#ifdef _WIN32
#include <io.h>
#else
#include <unistd.h>
#endif

#include <algorithm>
#include <cstdio>

namespace wslens {
namespace {

bool a_person_looks() {
#ifdef _WIN32
  static const bool looks = _isatty(_fileno(stdout)) != 0 && g_getenv("NO_COLOR") == nullptr;
#else
  static const bool looks =
      isatty(STDOUT_FILENO) != 0 && g_getenv("NO_COLOR") == nullptr && g_strcmp0(g_getenv("TERM"), "dumb") != 0;
#endif
  return looks;
}

const char* code(const char* sequence) { return a_person_looks() ? sequence : ""; }

}  // namespace

const char* paint(Colour colour) {
  static constexpr const char* codes[] = {"\033[32m", "\033[33m", "\033[31m", "\033[90m"};
  return code(codes[static_cast<std::size_t>(colour)]);
}
const char* bold() { return code("\033[1m"); }
const char* plain() { return code("\033[0m"); }

std::size_t characters(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

void print_wrapped(const std::string& text, std::size_t at, std::size_t indent) {
  bool first = true;
  for (std::size_t from = 0; from < text.size();) {
    const std::size_t end = std::min(text.find(' ', from + 1), text.size());  // a leading blank stays with its word
    std::string word = text.substr(from, end - from);
    if (!first && at + characters(word) > terminal_width) {
      std::printf("\n%*s", static_cast<int>(indent), "");
      at = indent;
      word.erase(0, word.find_first_not_of(' '));
    }
    std::fwrite(word.data(), 1, word.size(), stdout);
    at += characters(word);
    first = false;
    from = end;
  }
  std::printf("\n");
}

}  // namespace wslens
