// SPDX-License-Identifier: GPL-2.0-or-later
/// One JSON object on one line (RFC 8259), written as a string. Keys and raw values are ours, strings may be anybody's.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "bytes.h"

namespace wslens {

class JsonLine {
 public:
  JsonLine& text(std::string_view key, std::string_view value);  ///< what is not UTF-8 is escaped as \xHH first
  JsonLine& text_or_null(std::string_view key, const std::optional<std::string>& value);
  JsonLine& base64(std::string_view key, websocket::Bytes value);
  JsonLine& number(std::string_view key, std::uint64_t value);
  JsonLine& number_or_null(std::string_view key, const std::optional<std::uint64_t>& value);
  JsonLine& boolean(std::string_view key, bool value);
  JsonLine& boolean_or_null(std::string_view key, const std::optional<bool>& value);
  JsonLine& nanoseconds(std::string_view key, std::int64_t value);   ///< as seconds with nine decimals
  JsonLine& milliseconds(std::string_view key, std::int64_t value);  ///< of nanoseconds, with six decimals
  JsonLine& null(std::string_view key);
  JsonLine& raw(std::string_view key, std::string_view json);  ///< an object or array that is JSON already

  JsonLine& members(std::string_view members);  ///< of another object, as take_members() gave them

  [[nodiscard]] std::string take() { return std::move(line_) + "}"; }
  /// Without the braces: `"a":1,"b":2`.
  [[nodiscard]] std::string take_members() { return std::move(line_).substr(1); }

 private:
  void begin(std::string_view key);
  std::string line_ = "{";
};

}  // namespace wslens
