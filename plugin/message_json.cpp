// SPDX-License-Identifier: GPL-2.0-or-later
#include "message_json.h"

#include "close_payload.h"
#include "heartbeat.h"
#include "utf8.h"

namespace wslens {

using websocket::Bytes;
using websocket::MessageType;

void add_close(JsonLine& line, const MessageRecord& message, Bytes data) {
  const websocket::ClosePayload close =
      message.lost == 0 ? websocket::decode_close_payload(data) : websocket::ClosePayload{};
  if (!close.code) {
    line.null("code").null("reason");
    return;
  }
  line.number("code", *close.code).text("reason", websocket::as_text(close.reason));
}

void add_answered_ping(JsonLine& line, const MessageRecord& pong) {
  auto ping = ping_of(pong.last_frame);
  if (ping && ping->known_late) ping.reset();                                // in one pass the line is printed before
  const std::uint32_t number = ping ? store()->number_of(ping->packet) : 0;  // 0: its packet was forgotten, tshark -M
  number != 0 ? line.number("request_frame", number) : line.null("request_frame");
  ping && ping->round_trip ? line.nanoseconds("rtt", *ping->round_trip) : line.null("rtt");
}

bool is_text(const MessageRecord& message, Bytes data) {
  if (!message.data_cut && message.lost == 0) return websocket::is_utf8(data);
  return message.type == MessageType::text && data.size() - websocket::utf8_prefix(data) < 4;
}

}  // namespace wslens
