// SPDX-License-Identifier: GPL-2.0-or-later
#include "dissector.h"

#include <bitset>
#include <cstring>

#include "annotate.h"
#include "feed.h"
#include "segment.h"
#include "session_store.h"

namespace wslens {
namespace {

int proto_lens = -1;
int proto_builtin = -1;
bool builtin_enabled = false;
dissector_handle_t builtin_handle;
dissector_handle_t data_handle;     ///< packets after the 101
dissector_handle_t chosen_handle;   ///< Decode As
dissector_handle_t upgrade_handle;  ///< the rest of the 101's packet

bool is_enabled(int proto) { return proto > 0 && proto_is_protocol_enabled(find_protocol_by_id(proto)) != 0; }

/// Is this packet's connection one that the lens decodes?
bool is_ours(packet_info* pinfo) {
  const SessionIndex session = session_of(pinfo->fd);
  return session != none && store()->session(session).session.switched();
}

int dissect_data(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, void*) {
  const bool tls = !feed_packet(pinfo) && layers_of(pinfo).tls;
  if (!tls) show_segment(pinfo, tree);  // of decrypted records the packet may bring more
  return static_cast<int>(tvb_captured_length(tvb));
}

/// TLS and HTTP/2 also come here; they are the built-in's. It must find can_desegment as if it had been called
/// directly.
int dissect_upgrade(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, void* data) {
  feed_packet(pinfo);
  feed_upgraded(pinfo, tvb);
  if (is_ours(pinfo)) return call_dissector_only(data_handle, tvb, pinfo, tree, nullptr);
  pinfo->can_desegment++;
  const int used = call_dissector_only(builtin_handle, tvb, pinfo, tree, data);
  pinfo->can_desegment--;
  return used;
}

/// Decode As WebSocket Lens, for captures that begin in the middle. What is no WebSocket goes back to TCP.
int dissect_chosen(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, void*) {
  believe_connection(pinfo);
  feed_packet(pinfo);
  if (!is_ours(pinfo)) return 0;
  show_segment(pinfo, tree);
  return static_cast<int>(tvb_captured_length(tvb));
}

/// HTTP is what a WebSocket begins with, so choosing it takes nothing away from the lens.
bool is_another_protocol(dissector_handle_t handle) {
  if (handle == nullptr) return false;
  const int proto = dissector_handle_get_protocol_index(handle);
  if (proto < 0 || proto == proto_builtin || proto == proto_lens) return proto < 0;
  return std::strcmp(proto_get_protocol_filter_name(proto), "http") != 0;
}

/// TCP ports that the user gave to another protocol (Decode As), a bit for each. To find them all tables of Wireshark
/// are walked, so it is done once for each file: the user cannot choose without Wireshark dissecting it anew.
std::bitset<65536> chosen_for_others;
bool choices_known = false;

void look_at_choice(const char* table, ftenum_t, void* key, void* value, void*) {
  if (std::strcmp(table, "tcp.port") != 0) return;
  if (is_another_protocol(dtbl_entry_get_handle(static_cast<dtbl_entry_t*>(value))))
    chosen_for_others.set(GPOINTER_TO_UINT(key) & 0xFFFFU);
}

bool user_chose_another(const packet_info* pinfo) {
  if (!choices_known) dissector_all_tables_foreach_changed(look_at_choice, nullptr);
  choices_known = true;
  return chosen_for_others[pinfo->srcport & 0xFFFFU] || chosen_for_others[pinfo->destport & 0xFFFFU];
}

}  // namespace

void register_dissectors(int proto_wslens) { proto_lens = proto_wslens; }

void prepare_dissectors() {
  proto_builtin = proto_get_id_by_filter_name("websocket");
  builtin_handle = find_dissector("websocket");
  data_handle = create_dissector_handle(dissect_data, proto_builtin);
  upgrade_handle = create_dissector_handle(dissect_upgrade, -1);
  chosen_handle = create_dissector_handle(dissect_chosen, proto_lens);
  dissector_add_for_decode_as("tcp.port", chosen_handle);
  begin_file();
}

void begin_file() {
  chosen_for_others.reset();
  choices_known = false;
  builtin_enabled = is_enabled(proto_builtin);
  dissector_add_string("http.upgrade", "websocket", is_enabled(proto_lens) ? upgrade_handle : builtin_handle);
}

bool take_over(conversation_t* conversation, packet_info* pinfo) {
  if (!websocket_enabled() || user_chose_another(pinfo)) return false;
  conversation_set_dissector_from_frame_number(conversation, pinfo->num + 1, data_handle);
  return true;
}

bool websocket_enabled() { return builtin_enabled; }

int websocket_proto() { return proto_builtin; }

}  // namespace wslens
