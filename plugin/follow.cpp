// SPDX-License-Identifier: GPL-2.0-or-later
#include "follow.h"

#include <epan/follow.h>
#include <epan/tap.h>
#include <epan/to_str.h>

#include <string>

#include "annotate.h"
#include "compat.h"
#include "feed.h"
#include "session_text.h"
#include "taps.h"

namespace wslens {
namespace {

using websocket::Role;

gchar* filter_of_session(unsigned stream, unsigned) { return g_strdup_printf("wslens.session eq %u", stream); }

/// The session of the packet that was chosen in the list.
gchar* filter_of_packet(epan_dissect_t*, packet_info* pinfo, unsigned* stream, unsigned*) {
  *stream = session_of(pinfo->fd);
  return *stream == none ? nullptr : filter_of_session(*stream, 0);
}

gchar* filter_of_addresses(address* from, address* to, int from_port, int to_port) {
  const char* field = from->type == AT_IPv6 ? "ipv6" : "ip";
  gchar* a = address_to_str(nullptr, from);
  gchar* b = address_to_str(nullptr, to);
  gchar* filter = g_strdup_printf("wslens && (%s.addr eq %s and %s.addr eq %s) and (tcp.port eq %d and tcp.port eq %d)",
                                  field, a, field, b, from_port, to_port);
  wmem_free(nullptr, a);
  wmem_free(nullptr, b);
  return filter;
}

gchar* port_in_words(wmem_allocator_t* allocator, unsigned port) { return wmem_strdup_printf(allocator, "%u", port); }

unsigned session_count() { return store() == nullptr ? 0 : static_cast<unsigned>(store()->session_count()); }

void add_record(follow_info_t* info, packet_info* pinfo, Role sender, websocket::Bytes bytes) {
  if (bytes.empty()) return;
  auto* record = g_new0(follow_record_t, 1);
  record->is_server = sender == Role::server;
  record->packet_num = pinfo->num;
  record->abs_ts = pinfo->abs_ts;
  record->data = g_byte_array_append(g_byte_array_new(), bytes.data(), static_cast<guint>(bytes.size()));
  info->bytes_written[record->is_server ? 1 : 0] += record->data->len;
  info->payload = g_list_prepend(info->payload, record);
}

/// On a line of its own, with nothing but ASCII, which is how Follow shows bytes at first.
void add_heading(follow_info_t* info, packet_info* pinfo, const MessageRecord& message, websocket::Bytes data) {
  std::string line = info->payload == nullptr ? "" : "\n";
  line += message.sender == Role::client ? "client to server  " : "server to client  ";
  line += message_heading(message);
  if (message.type == websocket::MessageType::close) line += "  " + close_of(message, data);
  add_record(info, pinfo, message.sender, websocket::as_bytes(line + "\n"));
}

void name_ends(follow_info_t* info, packet_info* pinfo, Role sender) {
  if (info->client_port != 0) return;
  const bool by_client = sender == Role::client;
  info->client_port = by_client ? pinfo->srcport : pinfo->destport;
  info->server_port = by_client ? pinfo->destport : pinfo->srcport;
  copy_address(&info->client_ip, by_client ? &pinfo->src : &pinfo->dst);
  copy_address(&info->server_ip, by_client ? &pinfo->dst : &pinfo->src);
}

tap_packet_status messages_known(void* data, packet_info* pinfo, epan_dissect_t*, const void* tap_data, tap_flags_t) {
  auto* info = static_cast<follow_info_t*>(data);
  const PacketIndex packet = packet_of(tap_data);
  name_ends(info, pinfo, store()->sender_of(store()->packet(packet)));
  for_each_message(packet, [&](const MessageRecord& message) {
    const websocket::Bytes bytes = bytes_of_message(pinfo, message);
    add_heading(info, pinfo, message, bytes);
    add_record(info, pinfo, message.sender, bytes);
  });
  return TAP_PACKET_REDRAW;
}

}  // namespace

void register_follow(int proto) {
  register_follow_of_sessions(proto, message_tap_name, filter_of_packet, filter_of_session, filter_of_addresses,
                              port_in_words, messages_known, session_count);
}

}  // namespace wslens
