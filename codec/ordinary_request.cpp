// SPDX-License-Identifier: GPL-2.0-or-later
#include "ordinary_request.h"

#include "field_values.h"
#include "http_head.h"

namespace websocket {
namespace {

/// A field that has to be read, or goes on from the line before.
bool has_to_be_read(std::string_view line) {
  switch (line.front()) {
    case ' ':
    case '\t':
      return true;
    case 'C':
    case 'c':
      return starts_with_ignoring_case(line, "Content-Length");
    case 'S':
    case 's':
      return starts_with_ignoring_case(line, "Sec-WebSocket-");
    case 'T':
    case 't':
      return starts_with_ignoring_case(line, "Transfer-Encoding");
    case 'U':
    case 'u':
      return starts_with_ignoring_case(line, "Upgrade");
    default:
      return false;
  }
}

}  // namespace

std::size_t ordinary_request_size(Bytes bytes) {
  const std::string_view text = as_text(bytes);
  std::size_t at = request_line_size(bytes);
  if (at == 0) return 0;
  for (;;) {
    const std::size_t line_end = text.find('\n', at);
    if (line_end == std::string_view::npos) return 0;
    const std::string_view line = text.substr(at, line_end - at);
    at = line_end + 1;
    if (line.empty() || line == "\r") return at;
    if (has_to_be_read(line)) return 0;
  }
}

}  // namespace websocket
