// SPDX-License-Identifier: GPL-2.0-or-later
#include "har_message.h"

#include "message_json.h"
#include "session_store.h"
#include "utf8.h"

namespace wslens {
namespace {

using websocket::Bytes;
using websocket::MessageType;
using websocket::Role;
using websocket::Trust;

/// RFC 6455 §5.2.
std::uint64_t opcode_of(MessageType type) {
  switch (type) {
    case MessageType::text:
      return 1;
    case MessageType::binary:
      return 2;
    case MessageType::close:
      return 8;
    case MessageType::ping:
      return 9;
    case MessageType::pong:
      return 10;
  }
  return 0;
}

const char* type_of(const MessageRecord& message) { return message.sender == Role::client ? "send" : "receive"; }

/// Chrome notes the time at which a message was there as a whole.
void add_time(JsonLine& item, const MessageRecord& message) {
  item.nanoseconds("time", message.last_time).number("opcode", opcode_of(message.type));
}

void add_marks(JsonLine& item, const MessageRecord& message) {
  if (message.trust != Trust::exact) item.text("_trust", websocket::trust_name(message.trust));
  if (message.lost != 0) item.number("_lost", message.lost);
  if (message.data_cut) item.boolean("_data_cut", true);
  item.number("_first_frame", store()->number_of(message.first_packet));
  item.number("_last_frame", store()->number_of(message.last_packet));
}

std::string name_of(const MessageRecord& message) {
  return std::string(websocket::message_type_name(message.type)) + " message " + std::to_string(message.number) +
         " of the " + std::string(websocket::role_name(message.sender));
}

std::string why_not_whole(const MessageRecord& message, std::size_t kept) {
  const std::string name = name_of(message);
  if (message.trust == Trust::undecodable)
    return "[Not decodable: " + name + ", " + std::to_string(message.wire_length) + " bytes on the wire]";
  if (message.lost != 0)
    return "[Incomplete: " + name + ", the capture lacks " + std::to_string(message.lost) + " bytes of it]";
  if (message.data_cut)
    return "[Cut: " + name + " has " + std::to_string(message.length) + " bytes, of which the first " +
           std::to_string(kept) + " were kept, see the preferences wslens.message_kib and wslens.file_mib]";
  return "[Incomplete: " + name + ", the capture lacks its end]";
}

void add_known_part(JsonLine& item, const MessageRecord& message, Bytes data) {
  if (message.trust == Trust::undecodable) return;
  if (message.type == MessageType::text && is_text(message, data))
    item.text("_text", websocket::as_text(data.first(websocket::utf8_prefix(data))));
  else
    item.base64("_base64", data);
}

std::string part_of_message(const MessageRecord& message, Bytes data) {
  JsonLine item;
  item.text("type", "error");
  add_time(item, message);
  item.text("data", why_not_whole(message, data.size())).boolean("_incomplete", true).text("_type", type_of(message));
  message.length_known ? item.number("_length", message.length) : item.null("_length");
  add_known_part(item, message, data);
  add_marks(item, message);
  return item.take();
}

void add_data(JsonLine& item, MessageType type, Bytes data) {
  if (type != MessageType::text) {
    item.base64("data", data);
  } else if (websocket::is_utf8(data)) {
    item.text("data", websocket::as_text(data));
  } else {
    item.text("data", websocket::replaced_text(data)).boolean("_not_utf8", true).base64("_base64", data);
  }
}

}  // namespace

bool is_whole(const MessageRecord& message) {
  const bool decoded = message.trust != Trust::undecodable && message.trust != Trust::truncated;
  return decoded && message.lost == 0 && !message.data_cut;
}

std::string har_message(const MessageRecord& message, Bytes data) {
  if (!is_whole(message)) return part_of_message(message, data);
  JsonLine item;
  item.text("type", type_of(message));
  add_time(item, message);
  add_data(item, message.type, data);
  add_marks(item, message);
  return item.take();
}

std::string har_control_frame(const MessageRecord& message, Bytes data) {
  JsonLine item;
  item.text("type", type_of(message));
  add_time(item, message);
  item.base64("data", data);
  if (!is_whole(message)) item.boolean("_incomplete", true);
  if (message.type == MessageType::close)
    add_close(item, message, data);
  else if (is_text(message, data))
    item.text("text", websocket::as_text(data));
  if (message.type == MessageType::pong) add_answered_ping(item, message);
  add_marks(item, message);
  return item.take();
}

}  // namespace wslens
