// SPDX-License-Identifier: GPL-2.0-or-later
#include "session_text.h"

#include <algorithm>
#include <cstdio>
#include <string_view>
#include <utility>

#include "session_store.h"
#include "utf8.h"
#include "words.h"

namespace wslens {
namespace {

using websocket::Bytes;

/// A text window of Qt becomes slow beyond some millions of characters.
constexpr std::size_t most_characters = std::size_t{8} * 1024 * 1024;
constexpr std::size_t most_of_text = std::size_t{256} * 1024;
constexpr std::size_t most_of_dump = 4096;
constexpr std::size_t dump_width = 16;

std::string dump_line(std::size_t offset, Bytes bytes) {
  char number[16];
  std::snprintf(number, sizeof number, "%08zx ", offset);
  std::string line = number;
  std::string characters;
  for (const std::uint8_t byte : bytes) {
    std::snprintf(number, sizeof number, " %02x", byte);
    line += number;
    characters += byte >= 0x20 && byte < 0x7f ? static_cast<char>(byte) : '.';
  }
  return line + std::string(3 * (dump_width - bytes.size()) + 2, ' ') + characters + "\n";
}

std::string rest_in_words(std::size_t shown, std::size_t size) {
  return shown == size ? "" : "... " + std::to_string(size - shown) + " bytes more\n";
}

Bytes without_cut_character(Bytes bytes) {
  const std::size_t whole = websocket::utf8_prefix(bytes);
  return bytes.size() - whole < 4 ? bytes.first(whole) : bytes;
}

}  // namespace

std::string message_heading(const MessageRecord& message) {
  const websocket::Session& session = store()->session(message.session).session;
  char time[40];
  std::snprintf(time, sizeof time, "%.6f", static_cast<double>(message.last_time - session.first.time) / 1e9);
  return "[" + std::string(time) + " s, packet " + std::to_string(store()->number_of(message.last_packet)) + ": " +
         message_summary(message) + "]";
}

std::string close_of(const MessageRecord& message, Bytes data) {
  const bool whole = message.length_known && message.length == data.size();
  return whole ? close_in_words(data) : "";
}

void SessionText::add(const MessageRecord& message, Bytes data) {
  if (text_.size() >= most_characters) {
    ++left_out_;
    return;
  }
  text_ += std::string(arrow(message.sender)) + "  " + message_heading(message) + "\n";
  const bool is_text = message.type == websocket::MessageType::text;
  if (message.type == websocket::MessageType::close)
    text_ += close_of(message, data) + "\n";
  else if (is_text || (!websocket::is_data(message.type) && websocket::is_utf8(data)))
    add_text(data);
  else
    add_dump(data);
  text_ += "\n";
}

void SessionText::add_text(Bytes data) {
  Bytes shown = data.first(std::min(data.size(), most_of_text));
  if (shown.size() < data.size()) shown = without_cut_character(shown);
  std::string_view rest = websocket::as_text(shown);
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    text_ += websocket::printable_text(websocket::as_bytes(line), line.size()) + "\n";
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
  }
  text_ += rest_in_words(shown.size(), data.size());
}

void SessionText::add_dump(Bytes data) {
  const std::size_t shown = std::min(data.size(), most_of_dump);
  for (std::size_t at = 0; at < shown; at += dump_width)
    text_ += dump_line(at, data.subspan(at, std::min(dump_width, shown - at)));
  text_ += rest_in_words(shown, data.size());
}

std::string SessionText::take() {
  if (left_out_ != 0)
    text_ += "... and " + std::to_string(left_out_) +
             " messages more: File, Export Objects, WebSocket Lens has the data of texts and binaries.\n";
  return std::move(text_);
}

}  // namespace wslens
