// SPDX-License-Identifier: GPL-2.0-or-later
#include "peer_text.h"

#include <epan/proto.h>

#include <algorithm>
#include <cstring>

#include "fields.h"
#include "utf8.h"

namespace wslens {
namespace {

constexpr std::size_t fits_the_item = 200;  // Wireshark cuts an item at 240 bytes, its name included
constexpr std::size_t line_bytes = 200;
constexpr unsigned most_lines = 5000;

websocket::Bytes bytes_of(tvbuff_t* data) {
  const unsigned size = tvb_captured_length(data);
  return {size == 0 ? nullptr : tvb_get_ptr(data, 0, static_cast<int>(size)), size};
}

/// A leaf without epan calls that can throw.
const char* harmless(packet_info* pinfo, websocket::Bytes bytes) {
  const std::string text = websocket::xml_text(bytes);
  return wmem_strndup(pinfo->pool, text.data(), text.size());
}

/// How many bytes the first line takes, its end included: up to a line feed, or as many whole characters as fit.
std::size_t first_line(websocket::Bytes rest) {
  const std::size_t most = std::min(rest.size(), line_bytes);
  const auto* feed = static_cast<const std::uint8_t*>(std::memchr(rest.data(), '\n', most));
  if (feed != nullptr) return static_cast<std::size_t>(feed - rest.data()) + 1;
  if (most == rest.size()) return most;
  const std::size_t whole = websocket::utf8_prefix(rest.first(most));
  return whole == 0 ? most : whole;
}

/// A leaf without epan calls that can throw.
const char* printable_line(packet_info* pinfo, websocket::Bytes line) {
  while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line = line.first(line.size() - 1);
  const std::string text = websocket::printable_text(line, line.size());
  return wmem_strndup(pinfo->pool, text.data(), text.size());
}

}  // namespace

bool is_plain_text(tvbuff_t* data) { return websocket::is_xml_text(bytes_of(data)); }

proto_item* add_peer_text(packet_info* pinfo, proto_tree* tree, int field, tvbuff_t* data) {
  const auto size = static_cast<int>(tvb_captured_length(data));
  if (is_plain_text(data)) return proto_tree_add_item(tree, field, data, 0, size, ENC_UTF_8);
  return proto_tree_add_string(tree, field, data, 0, size, harmless(pinfo, bytes_of(data)));
}

void add_text_lines(packet_info* pinfo, proto_item* item, tvbuff_t* data) {
  const websocket::Bytes bytes = bytes_of(data);
  const bool fits = bytes.size() <= fits_the_item && std::memchr(bytes.data(), '\n', bytes.size()) == nullptr;
  if (fits || item == nullptr) return;
  proto_tree* lines = proto_item_add_subtree(item, ett.text);
  std::size_t at = 0;
  for (unsigned count = 0; at < bytes.size() && count < most_lines; ++count) {
    const std::size_t size = first_line(bytes.subspan(at));
    proto_tree_add_subtree_format(lines, data, static_cast<int>(at), static_cast<int>(size), ett.text_line, nullptr,
                                  "%s", printable_line(pinfo, bytes.subspan(at, size)));
    at += size;
  }
  if (at == bytes.size()) return;
  proto_item* rest = nullptr;
  proto_tree_add_subtree_format(lines, data, static_cast<int>(at), -1, ett.text_line, &rest,
                                "and %zu bytes more: see the bytes of the message", bytes.size() - at);
  proto_item_set_generated(rest);
}

}  // namespace wslens
