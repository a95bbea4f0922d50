// SPDX-License-Identifier: GPL-2.0-or-later
/// -z wslens,messages-json: one object for each message and control frame, in the order in which they became known.
#include <epan/tap.h>

#include <algorithm>
#include <cstdio>

#include "annotate.h"
#include "close_payload.h"
#include "compat.h"
#include "digest.h"
#include "dissector.h"
#include "feed.h"
#include "heartbeat.h"
#include "json_line.h"
#include "reports.h"
#include "taps.h"
#include "utf8.h"

namespace wslens {
namespace {

using websocket::Bytes;
using websocket::MessageType;
using websocket::Trust;

void add_close(JsonLine& line, const MessageRecord& message, Bytes data) {
  const websocket::ClosePayload close =
      message.lost == 0 ? websocket::decode_close_payload(data) : websocket::ClosePayload{};
  if (!close.code) {
    line.null("code").null("reason");
    return;
  }
  line.number("code", *close.code).text("reason", websocket::as_text(close.reason));
}

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
  // A cut may stand in the middle of a character.
  const bool is_text = message.data_cut || message.lost != 0
                           ? message.type == MessageType::text && data.size() - websocket::utf8_prefix(data) < 4
                           : websocket::is_utf8(data);
  if (is_text) {
    line.text("text", websocket::as_text(data.first(websocket::utf8_prefix(data))));
  } else {
    line.base64("base64", data);
  }
  if (message.data_cut) line.boolean("data_cut", true);
}

void add_heartbeat(JsonLine& line, const MessageRecord& message) {
  if (message.heartbeat) line.boolean("heartbeat", true);
  if (message.type != MessageType::pong) return;
  auto ping = ping_of(message.last_frame);
  if (ping && ping->known_late) ping.reset();                                // in one pass the line is printed before
  const std::uint32_t number = ping ? store()->number_of(ping->packet) : 0;  // 0: its packet was forgotten, tshark -M
  number != 0 ? line.number("request_frame", number) : line.null("request_frame");
  ping && ping->round_trip ? line.nanoseconds("rtt", *ping->round_trip) : line.null("rtt");
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

struct MessagesReport {
  bool filtered = false;
  PacketIndex next = 0;  ///< all before it were printed, or dropped by tshark -R
};

/// tshark -2 -R: a message is known only in a later packet than the one with its last byte. That the later one was
/// dropped takes nothing from the message.
void print_of_dropped(MessagesReport& report, PacketIndex end) {
  for (PacketIndex i = std::max(report.next, store()->packets_begin()); i < end; ++i) {
    for_each_message(i, [&](const MessageRecord& message) {
      const bool is_there = !message.in_packet && store()->link(message.last_packet) != 0;
      if (is_there && !store()->is_same_packet(i, message.last_packet))
        print(message, {message.data, message.data_size});
    });
  }
  report.next = end;
}

tap_packet_status messages_known(void* data, packet_info* pinfo, epan_dissect_t*, const void* tap_data, tap_flags_t) {
  const PacketIndex packet = packet_of(tap_data);
  auto& report = *static_cast<MessagesReport*>(data);
  if (!report.filtered) print_of_dropped(report, packet);
  for_each_message(packet, [&](const MessageRecord& message) { print(message, bytes_of_message(pinfo, message)); });
  report.next = packet + 1;
  return TAP_PACKET_DONT_REDRAW;
}

/// What was decided after the last packet belongs to no packet, so no filter selects it.
void print_rest(void* data) {
  if (store() == nullptr) return;
  finish_feed();
  say_what_is_missing();
  auto& report = *static_cast<MessagesReport*>(data);
  if (report.filtered || !websocket_enabled()) return;
  print_of_dropped(report, store()->packets_end());
  for (FrameIndex i = store()->frames_begin(); i != store()->frames_end(); ++i) {
    const auto message = completed_message(i);
    if (message && message->shown_in == none) print(*message, {message->data, message->data_size});
  }
}

}  // namespace

void start_messages_json(const char* filter) {
  static MessagesReport report;
  auto* mine = filter == nullptr ? &report : new MessagesReport{true};  // lives as long as the program
  const GString* error = register_tap_listener(message_tap_name, mine, filter, TL_REQUIRES_NOTHING, nullptr,
                                               messages_known, print_rest, nullptr);
  check_filter("messages-json", filter, error == nullptr ? nullptr : error->str);
}

}  // namespace wslens
