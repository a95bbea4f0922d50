// SPDX-License-Identifier: GPL-2.0-or-later
/// -z wslens,messages-json: one object for each message and control frame, in the order in which they became known.
#include <epan/tap.h>

#include <cstdio>

#include "compat.h"
#include "digest.h"
#include "feed.h"
#include "json_line.h"
#include "message_json.h"
#include "message_walk.h"
#include "reports.h"
#include "taps.h"
#include "utf8.h"

namespace wslens {
namespace {

using websocket::Bytes;
using websocket::MessageType;
using websocket::Trust;

void add_digest(JsonLine& line, const MessageRecord& message, Bytes data) {
  const bool whole = message.lost == 0 && message.trust != Trust::undecodable;
  if (!whole) {
    line.null("sha256");
  } else if (message.sha256 != nullptr) {
    line.text("sha256", message.sha256);
  } else {
    line.text("sha256", websocket::sha256_of(data));
  }
}

void add_data(JsonLine& line, const MessageRecord& message, Bytes data) {
  if (message.trust == Trust::undecodable) {
    line.null("text");
    return;
  }
  if (is_text(message, data)) {
    line.text("text", websocket::as_text(data.first(websocket::utf8_prefix(data))));
  } else {
    line.base64("base64", data);
  }
  if (message.data_cut) line.boolean("data_cut", true);
}

void add_heartbeat(JsonLine& line, const MessageRecord& message) {
  if (message.heartbeat) line.boolean("heartbeat", true);
  if (message.type == MessageType::pong) add_answered_ping(line, message);
}

std::string object(const MessageRecord& message, Bytes data) {
  JsonLine line;
  line.text("kind", "message").number("session", message.session);
  websocket::is_data(message.type) ? line.number("number", message.number) : line.null("number");
  line.text("direction", websocket::direction_name(message.sender));
  line.text("type", websocket::message_type_name(message.type));
  if (message.type == MessageType::close) add_close(line, message, data);
  message.length_known ? line.number("length", message.length) : line.null("length");
  line.number("wire_length", message.wire_length).boolean("compressed", message.compressed);
  line.number("fragments", message.fragments);
  line.number("first_frame", store()->number_of(message.first_packet));
  line.number("last_frame", store()->number_of(message.last_packet));
  line.nanoseconds("time", message.first_time).nanoseconds("duration", message.last_time - message.first_time);
  add_heartbeat(line, message);
  line.text("trust", websocket::trust_name(message.trust));
  if (message.lost != 0) line.number("lost", message.lost);
  add_digest(line, message, data);
  add_data(line, message, data);
  return line.take();
}

/// A leaf without epan calls. Flushed, so that a live capture streams.
void print(const MessageRecord& message, Bytes data) {
  const std::string line = object(message, data);
  std::fwrite(line.data(), 1, line.size(), stdout);
  std::fputc('\n', stdout);
  std::fflush(stdout);
}

tap_packet_status messages_known(void* data, packet_info* pinfo, epan_dissect_t*, const void* tap_data, tap_flags_t) {
  static_cast<MessageWalk*>(data)->packet(pinfo, packet_of(tap_data), print);
  return TAP_PACKET_DONT_REDRAW;
}

void print_rest(void* data) {
  if (store() == nullptr) return;
  finish_feed();
  say_what_is_missing();
  static_cast<MessageWalk*>(data)->rest(print);
}

}  // namespace

void start_messages_json(const char* filter) {
  static MessageWalk unfiltered;
  auto* walk = filter == nullptr ? &unfiltered : new MessageWalk(true);  // lives as long as the program
  const GString* error = register_tap_listener(message_tap_name, walk, filter, TL_REQUIRES_NOTHING, nullptr,
                                               messages_known, print_rest, nullptr);
  check_filter("messages-json", filter, error == nullptr ? nullptr : error->str);
}

}  // namespace wslens
