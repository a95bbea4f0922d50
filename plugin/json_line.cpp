// SPDX-License-Identifier: GPL-2.0-or-later
#include "json_line.h"

#include <glib.h>

#include <cinttypes>
#include <cstdio>

#include "utf8.h"

namespace wslens {
namespace {

void append_escaped(std::string& out, std::string_view value) {
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7F) {  // DEL is legal in JSON, but not on a terminal
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\u%04x", byte);
      out += escape;
    } else {
      out += c;
    }
  }
}

void append_string(std::string& out, std::string_view value) {
  out += '"';
  append_escaped(out, value);
  out += '"';
}

}  // namespace

void JsonLine::begin(std::string_view key) {
  if (line_.size() > 1) line_ += ',';
  append_string(line_, key);
  line_ += ':';
}

JsonLine& JsonLine::text(std::string_view key, std::string_view value) {
  begin(key);
  const websocket::Bytes bytes = websocket::as_bytes(value);
  append_string(line_, websocket::is_utf8(bytes) ? std::string(value) : websocket::printable_text(bytes, value.size()));
  return *this;
}

JsonLine& JsonLine::text_or_null(std::string_view key, const std::optional<std::string>& value) {
  return value ? text(key, *value) : null(key);
}

JsonLine& JsonLine::base64(std::string_view key, websocket::Bytes value) {
  begin(key);
  gchar* encoded = g_base64_encode(value.empty() ? reinterpret_cast<const guchar*>("") : value.data(), value.size());
  append_string(line_, encoded);
  g_free(encoded);
  return *this;
}

JsonLine& JsonLine::number(std::string_view key, std::uint64_t value) { return raw(key, std::to_string(value)); }

JsonLine& JsonLine::number_or_null(std::string_view key, const std::optional<std::uint64_t>& value) {
  return value ? number(key, *value) : null(key);
}

JsonLine& JsonLine::boolean(std::string_view key, bool value) { return raw(key, value ? "true" : "false"); }

JsonLine& JsonLine::boolean_or_null(std::string_view key, const std::optional<bool>& value) {
  return value ? boolean(key, *value) : null(key);
}

JsonLine& JsonLine::nanoseconds(std::string_view key, std::int64_t value) {
  constexpr std::int64_t second = 1'000'000'000;
  const std::int64_t magnitude = value < 0 ? -value : value;
  char text[40];
  std::snprintf(text, sizeof text, "%s%" PRId64 ".%09" PRId64, value < 0 ? "-" : "", magnitude / second,
                magnitude % second);
  return raw(key, text);
}

JsonLine& JsonLine::milliseconds(std::string_view key, std::int64_t value) {
  constexpr std::int64_t millisecond = 1'000'000;
  const std::int64_t magnitude = value < 0 ? -value : value;
  char text[40];
  std::snprintf(text, sizeof text, "%s%" PRId64 ".%06" PRId64, value < 0 ? "-" : "", magnitude / millisecond,
                magnitude % millisecond);
  return raw(key, text);
}

JsonLine& JsonLine::members(std::string_view members) {
  if (members.empty()) return *this;
  if (line_.size() > 1) line_ += ',';
  line_ += members;
  return *this;
}

JsonLine& JsonLine::null(std::string_view key) { return raw(key, "null"); }

JsonLine& JsonLine::raw(std::string_view key, std::string_view json) {
  begin(key);
  line_ += json;
  return *this;
}

}  // namespace wslens
