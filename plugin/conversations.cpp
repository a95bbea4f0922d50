// SPDX-License-Identifier: GPL-2.0-or-later
#include "conversations.h"

#include <epan/conversation_filter.h>
#include <epan/conversation_table.h>
#include <epan/tap.h>

#include "feed.h"
#include "session_store.h"
#include "taps.h"

namespace wslens {
namespace {

/// The tables look for a tap that has the protocol's own name.
constexpr const char* tap_name = "wslens";
int conversation_tap = -1;

const char* address_field(address_type type, conv_filter_type_e filter) {
  const bool v6 = type == AT_IPv6;
  if (!v6 && type != AT_IPv4) return CONV_FILTER_INVALID;
  switch (filter) {
    case CONV_FT_SRC_ADDRESS:
      return v6 ? "ipv6.src" : "ip.src";
    case CONV_FT_DST_ADDRESS:
      return v6 ? "ipv6.dst" : "ip.dst";
    default:
      return v6 ? "ipv6.addr" : "ip.addr";
  }
}

const char* field_for(address_type type, conv_filter_type_e filter) {
  switch (filter) {
    case CONV_FT_SRC_PORT:
      return "tcp.srcport";
    case CONV_FT_DST_PORT:
      return "tcp.dstport";
    case CONV_FT_ANY_PORT:
      return "tcp.port";
    default:
      return address_field(type, filter);
  }
}

const char* conversation_field(conv_item_t* item, conv_filter_type_e filter) {
  return field_for(static_cast<address_type>(item->src_address.type), filter);
}

const char* endpoint_field(endpoint_item_t* item, conv_filter_type_e filter) {
  return field_for(static_cast<address_type>(item->myaddress.type), filter);
}

ct_dissector_info_t conversation_info = {conversation_field};
et_dissector_info_t endpoint_info = {endpoint_field};

/// A packet counts once, however many TLS records of a session it brings.
bool is_further_record(PacketIndex packet) {
  const PacketIndex before = packet - 1;
  return packet != 0 && store()->is_same_packet(before, packet) &&
         store()->packet(before).session == store()->packet(packet).session;
}

tap_packet_status add_to_conversation(void* data, packet_info* pinfo, epan_dissect_t*, const void* tap_data,
                                      tap_flags_t flags) {
  auto* table = static_cast<conv_hash_t*>(data);
  table->flags = flags;
  const PacketIndex packet = packet_of(tap_data);
  if (is_further_record(packet)) return TAP_PACKET_DONT_REDRAW;
  const SessionIndex session = store()->packet(packet).session;
  const conv_id_t number = conversation_has_session_number ? session : store()->session(session).tcp_stream;
  add_conversation_table_data_with_conv_id(table, &pinfo->src, &pinfo->dst, pinfo->srcport, pinfo->destport, number, 1,
                                           static_cast<int>(pinfo->fd->pkt_len), &pinfo->rel_ts, &pinfo->abs_ts,
                                           &conversation_info, ws_conversation_type);
  return TAP_PACKET_REDRAW;
}

tap_packet_status add_to_endpoints(void* data, packet_info* pinfo, epan_dissect_t*, const void* tap_data,
                                   tap_flags_t flags) {
  auto* table = static_cast<conv_hash_t*>(data);
  table->flags = flags;
  if (is_further_record(packet_of(tap_data))) return TAP_PACKET_DONT_REDRAW;
  const int bytes = static_cast<int>(pinfo->fd->pkt_len);
  add_endpoint_table_data(table, &pinfo->src, pinfo->srcport, true, 1, bytes, &endpoint_info, ENDPOINT_TCP);
  add_endpoint_table_data(table, &pinfo->dst, pinfo->destport, false, 1, bytes, &endpoint_info, ENDPOINT_TCP);
  return TAP_PACKET_REDRAW;
}

ws_bool has_session(packet_info* pinfo WSLENS_FILTER_USER_DATA) { return session_of(pinfo->fd) != none; }

char* filter_of_session(packet_info* pinfo WSLENS_FILTER_USER_DATA) {
  const SessionIndex session = session_of(pinfo->fd);
  return session == none ? nullptr : g_strdup_printf("wslens.session == %u", session);
}

}  // namespace

void register_conversations(int proto) {
  conversation_tap = register_tap(tap_name);
  register_conversation_table(proto, false, add_to_conversation, add_to_endpoints);
  register_conversation_filter(tap_name, "WebSocket session", has_session, filter_of_session WSLENS_NO_USER_DATA);
}

void queue_conversation(packet_info* pinfo, PacketIndex packet) { queue(conversation_tap, pinfo, packet); }

}  // namespace wslens
