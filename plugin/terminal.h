// SPDX-License-Identifier: GPL-2.0-or-later
/// Text for a terminal of 100 columns: wrapped between words, in colour only where a person looks at it.
#pragma once

#include <cstdint>
#include <string>

namespace wslens {

inline constexpr std::size_t terminal_width = 100;

enum class Colour : std::uint8_t { green, yellow, red, grey };

/// What switches the colour on; "" unless standard output is a terminal (and NO_COLOR is not set).
const char* paint(Colour colour);
const char* bold();
/// What ends a colour or bold.
const char* plain();

/// UTF-8 characters, not bytes: what a terminal shows.
std::size_t characters(const std::string& text);

/// Prints `text` from column `at` on, and ends the line; further lines begin at column `indent`.
void print_wrapped(const std::string& text, std::size_t at, std::size_t indent);

}  // namespace wslens
