// SPDX-License-Identifier: GPL-2.0-or-later
#include "subdissectors.h"

#include <epan/column-utils.h>
#include <wsutil/wsjson.h>

#include <cstring>
#include <string_view>

#include "annotate.h"
#include "dissector.h"
#include "field_values.h"
#include "fields.h"
#include "mqtt_packets.h"
#include "peer_text.h"
#include "preferences.h"
#include "segment.h"

namespace wslens {
namespace {

dissector_table_t by_subprotocol;
dissector_table_t by_port;
heur_dissector_list_t heuristics;
dissector_handle_t lines_handle, json_handle, sip_handle;
int json_proto = -1;
int frame_protocols = -1;     ///< the field that lists what was dissected
bool has_heuristics = false;  ///< that are enabled

/// Registered names of subprotocols (IANA) whose dissectors are not in the built-in's table.
struct Known {
  const char* subprotocol;
  const char* dissector;
  bool stream;  ///< its packets may begin and end anywhere in the messages
  /// How many bytes are whole packets; null: the dissector says itself how much it leaves.
  std::size_t (*whole)(websocket::Bytes);
  dissector_handle_t handle;
};
Known known[] = {
    {"mqtt", "mqtt", true, websocket::whole_mqtt_packets, nullptr},
    {"mqttv3.1", "mqtt", true, websocket::whole_mqtt_packets, nullptr},
    {"amqp", "amqp", true, nullptr, nullptr},
    {"AMQPWSB10", "amqp", true, nullptr, nullptr},
    {"xmpp", "xmpp", false, nullptr, nullptr},
    {"sip", "sip", false, nullptr, nullptr},
    {"coap", "coap", false, nullptr, nullptr},
};

const Known* known_subprotocol(std::string_view name) {
  for (const Known& each : known)
    if (each.handle != nullptr && websocket::equal_ignoring_case(name, each.subprotocol)) return &each;
  return nullptr;
}

/// What a sub-dissector may change and its caller must find as it was: what it asks of TCP is not TCP's business.
struct SavedInfo {
  std::uint16_t can_desegment, saved_can_desegment, want_pdu_tracking;
  int desegment_offset;
  std::uint32_t desegment_len, bytes_until_next_pdu;
  const char* match_string;
  std::uint32_t match_uint;
  bool columns_writable;
};

SavedInfo save(const packet_info* pinfo) {
  return {pinfo->can_desegment,    pinfo->saved_can_desegment, pinfo->want_pdu_tracking,
          pinfo->desegment_offset, pinfo->desegment_len,       pinfo->bytes_until_next_pdu,
          pinfo->match_string,     pinfo->match_uint,          col_get_writable(pinfo->cinfo, -1) != 0};
}

void restore(packet_info* pinfo, const SavedInfo& saved) {
  pinfo->can_desegment = saved.can_desegment;
  pinfo->saved_can_desegment = saved.saved_can_desegment;
  pinfo->want_pdu_tracking = saved.want_pdu_tracking;
  pinfo->desegment_offset = saved.desegment_offset;
  pinfo->desegment_len = saved.desegment_len;
  pinfo->bytes_until_next_pdu = saved.bytes_until_next_pdu;
  pinfo->match_string = saved.match_string;
  pinfo->match_uint = saved.match_uint;
  col_set_writable(pinfo->cinfo, -1, saved.columns_writable);
}

int try_subprotocol(const Shown& shown, tvbuff_t* data, proto_tree* tree) {
  const auto& subprotocol = shown.session->session.response.subprotocol;
  if (by_subprotocol == nullptr || !subprotocol || subprotocol->empty()) return 0;
  shown.pinfo->match_string = subprotocol->c_str();
  const int used = try_string_table(by_subprotocol, subprotocol->c_str(), data, shown.pinfo, tree);
  if (used != 0) return used;
  const Known* found = known_subprotocol(*subprotocol);
  return found == nullptr ? 0 : call_dissector_only(found->handle, data, shown.pinfo, tree, nullptr);
}

int try_heuristics(const Shown& shown, tvbuff_t* data, proto_tree* tree) {
  heur_dtbl_entry_t* entry = nullptr;
  return heuristics != nullptr && dissector_try_heuristic(heuristics, data, shown.pinfo, tree, &entry, nullptr) != 0;
}

int try_port(const Shown& shown, tvbuff_t* data, proto_tree* tree) {
  if (by_port == nullptr) return 0;
  shown.pinfo->match_uint = shown.session->port(websocket::Role::server);
  return try_uint_table(by_port, shown.pinfo->match_uint, data, shown.pinfo, tree);
}

/// An object or an array: a bare number or word is nothing that needs a tree.
bool judge_json(tvbuff_t* data) {
  const auto size = static_cast<int>(tvb_captured_length(data));
  const int begin = tvb_skip_wsp(data, 0, size);
  if (begin >= size) return false;
  const std::uint8_t first = *tvb_get_ptr(data, begin, 1);
  if (first != '{' && first != '[') return false;
  return json_validate(tvb_get_ptr(data, 0, size), static_cast<std::size_t>(size)) != 0 && is_plain_text(data);
}

/// Asked for the lines of the text and for the sub-dissector, and dear.
bool is_json(ShownFrame& frame) {
  if (!frame.json_judged) frame.is_json = judge_json(frame.data);
  frame.json_judged = true;
  return frame.is_json;
}

/// JSON changes neither state nor columns, so only a tree that somebody reads is worth its price: one that is printed,
/// or one whose filter or field names it, or the list of protocols.
bool is_json_read(proto_tree* tree) {
  if (json_proto <= 0 || tree == nullptr) return false;
  return is_read(tree, json_proto) || (frame_protocols > 0 && is_read(tree, frame_protocols));
}

dissector_handle_t text_dissector(ShownFrame& frame, proto_tree* tree) {
  switch (builtin_text_type()) {
    case TextType::lines:
      return lines_handle;
    case TextType::json:
      return json_handle;
    case TextType::sip:
      return sip_handle;
    case TextType::plain:
      break;
  }
  return is_json_read(tree) && is_json(frame) ? json_handle : nullptr;
}

/// The text stands in the Info column already, so what dissects it has nothing to add there.
void dissect_text(const Shown& shown, ShownFrame& frame, proto_tree* tree) {
  dissector_handle_t handle = text_dissector(frame, tree);
  if (handle == nullptr) return;
  shown.pinfo->match_string = nullptr;  // text/plain by nobody's subtype
  if (handle != sip_handle) col_set_writable(shown.pinfo->cinfo, -1, FALSE);
  call_dissector_only(handle, frame.data, shown.pinfo, tree, nullptr);
}

/// The order of the choices is the built-in's: subprotocol, heuristics, port, then the text preference.
void dissect_message(const Shown& shown, proto_tree* tree, const MessageRecord& message, ShownFrame& frame) {
  tvbuff_t* data = frame.data;
  if (try_subprotocol(shown, data, tree) != 0 || try_heuristics(shown, data, tree) != 0 ||
      try_port(shown, data, tree) != 0)
    return;
  if (message.type == websocket::MessageType::text) dissect_text(shown, frame, tree);
}

bool has_dissector_for_text(proto_tree* tree) { return builtin_text_type() != TextType::plain || is_json_read(tree); }

/// Is there anybody who could want a message of this session? Most have nobody, and then nothing is made of their
/// bytes.
bool has_dissector(const Shown& shown, proto_tree* tree) {
  const auto& subprotocol = shown.session->session.response.subprotocol;
  if (subprotocol && !subprotocol->empty()) return true;
  const std::uint32_t port = shown.session->port(websocket::Role::server);
  return has_heuristics || has_dissector_for_text(tree) ||
         (by_port != nullptr && dissector_get_uint_handle(by_port, port) != nullptr);
}

// ---- subprotocols that are streams

const Known* stream_subprotocol(const Shown& shown) {
  const auto& subprotocol = shown.session->session.response.subprotocol;
  const Known* found = subprotocol ? known_subprotocol(*subprotocol) : nullptr;
  return found != nullptr && found->stream ? found : nullptr;
}

tvbuff_t* joined(packet_info* pinfo, const Carried& earlier, tvbuff_t* data) {
  const unsigned size = tvb_captured_length(data);
  auto* bytes = static_cast<std::uint8_t*>(g_malloc(earlier.size + size));
  std::memcpy(bytes, earlier.bytes, earlier.size);
  tvb_memcpy(data, bytes + earlier.size, 0, size);
  const auto whole = static_cast<unsigned>(earlier.size + size);
  tvbuff_t* tvb = tvb_new_child_real_data(source_tvb(pinfo, 0), bytes, whole, static_cast<int>(whole));
  tvb_set_free_cb(tvb, g_free);
  add_new_data_source(pinfo, tvb, "Packets over several WebSocket messages");
  return tvb;
}

void add_count(proto_tree* lens_tree, int field, tvbuff_t* tvb, std::size_t count) {
  if (lens_tree == nullptr || count == 0) return;
  proto_item_set_generated(proto_tree_add_uint(lens_tree, field, tvb, 0, 0, static_cast<std::uint32_t>(count)));
}

/// Calls the dissector as TCP would; what it asks for says how many bytes at the end wait for the next message.
std::size_t dissect_and_ask(packet_info* pinfo, proto_tree* tree, dissector_handle_t handle, tvbuff_t* tvb) {
  const unsigned size = tvb_captured_length(tvb);
  pinfo->desegment_len = 0;
  pinfo->desegment_offset = 0;
  pinfo->can_desegment = 2;  // one for the call, one for the dissector
  call_dissector_only(handle, tvb, pinfo, tree, nullptr);
  if (pinfo->desegment_len == 0 || pinfo->desegment_offset < 0) return 0;
  const auto begin = static_cast<unsigned>(pinfo->desegment_offset);
  return begin < size ? size - begin : 0;
}

/// The dissector sees whole packets only.
std::size_t dissect_whole(packet_info* pinfo, proto_tree* tree, const Known& protocol, tvbuff_t* tvb) {
  const unsigned size = tvb_captured_length(tvb);
  const std::size_t whole = protocol.whole({tvb_get_ptr(tvb, 0, static_cast<int>(size)), size});
  tvbuff_t* packets = tvb_new_subset_length(tvb, 0, static_cast<int>(whole));
  if (whole != 0) call_dissector_only(protocol.handle, packets, pinfo, tree, nullptr);
  return size - whole;
}

void dissect_stream(const Shown& shown, proto_tree* tree, proto_tree* lens_tree, const Known& protocol,
                    FrameIndex frame, tvbuff_t* data) {
  packet_info* pinfo = shown.pinfo;
  const Carried earlier = store()->carried_into(frame, pinfo->fd->visited == 0);
  tvbuff_t* tvb = earlier.size == 0 ? data : joined(pinfo, earlier, data);
  add_count(lens_tree, hf.content_from_earlier, tvb, earlier.size);
  const std::size_t left = protocol.whole != nullptr ? dissect_whole(pinfo, tree, protocol, tvb)
                                                     : dissect_and_ask(pinfo, tree, protocol.handle, tvb);
  add_count(lens_tree, hf.content_to_next, tvb, left);
  if (left == tvb_captured_length(tvb))
    col_append_str(pinfo->cinfo, COL_INFO, "part of a packet, goes on in the next message");
  if (pinfo->fd->visited) return;
  const auto begin = static_cast<int>(tvb_captured_length(tvb) - left);
  store()->carry_on(frame, left == 0 ? nullptr : tvb_get_ptr(tvb, begin, static_cast<int>(left)), left);
}

// ---- one message after the other

struct Content {
  const MessageRecord* message;
  const Known* stream;
  ShownFrame* frame;  ///< which completes it, its data made
};

/// Whatever a sub-dissector throws costs its own subtree and nothing else.
void dissect_guarded(const Shown& shown, proto_tree* tree, proto_tree* lens_tree, const Content& content) {
  const SavedInfo saved = save(shown.pinfo);
  TRY {
    if (content.stream != nullptr)
      dissect_stream(shown, tree, lens_tree, *content.stream, content.frame->index, content.frame->data);
    else
      dissect_message(shown, tree, *content.message, *content.frame);
  }
  CATCH_NONFATAL_ERRORS { show_exception(content.frame->data, shown.pinfo, tree, EXCEPT_CODE, GET_MESSAGE); }
  ENDTRY;
  restore(shown.pinfo, saved);
}

/// What a sub-dissector writes into the Info column comes behind ours, not in its place.
void dissect_behind_ours(const Shown& shown, proto_tree* tree, proto_tree* lens_tree, const Content& content) {
  column_info* columns = shown.pinfo->cinfo;
  const bool writable = col_get_writable(columns, COL_INFO) != 0;
  const char* ours = writable ? col_get_text(columns, COL_INFO) : nullptr;
  const std::size_t length = ours == nullptr ? 0 : std::strlen(ours);
  if (writable) col_set_fence(columns, COL_INFO);
  dissect_guarded(shown, tree, lens_tree, content);
  if (!writable) return;
  const char* all = col_get_text(columns, COL_INFO);
  const char* theirs = all != nullptr && std::strlen(all) > length ? wmem_strdup(shown.pinfo->pool, all + length) : "";
  while (*theirs == ' ' || *theirs == ',') ++theirs;
  col_clear(columns, COL_INFO);
  if (*theirs != 0) col_append_fstr(columns, COL_INFO, " | %s", theirs);
  col_clear_fence(columns, COL_INFO);
}

/// The data as the endpoints saw it, or nothing. A stream must not have a hole in front of this message either.
bool is_whole(const MessageRecord& message, bool stream) {
  using websocket::Trust;
  if (!websocket::is_data(message.type) || message.lost != 0 || message.data_cut) return false;
  return message.trust == Trust::exact || message.trust == Trust::inferred ||
         (message.trust == Trust::after_gap && !stream);
}

}  // namespace

void find_heuristics() {
  has_heuristics = false;
  const auto note_enabled = [](const char*, heur_dtbl_entry* entry, void*) {
    has_heuristics = has_heuristics || entry->enabled != 0;
  };
  if (heuristics != nullptr) heur_dissector_table_foreach("ws", note_enabled, nullptr);
}

void find_subdissectors() {
  by_subprotocol = find_dissector_table("ws.protocol");
  by_port = find_dissector_table("ws.port");
  heuristics = find_heur_dissector_list("ws");
  lines_handle = find_dissector("data-text-lines");
  json_handle = find_dissector("json");
  sip_handle = find_dissector("sip");
  frame_protocols = proto_registrar_get_id_byname("frame.protocols");
  json_proto = json_handle == nullptr ? -1 : dissector_handle_get_protocol_index(json_handle);
  for (Known& each : known) each.handle = find_dissector(each.dissector);
}

bool is_dissected_as_text(ShownFrame& frame, proto_tree* tree) { return text_dissector(frame, tree) != nullptr; }

void dissect_contents(const Shown& shown, proto_tree* tree, proto_tree* lens_tree) {
  if (shown.completed_count == 0 || !has_dissector(shown, tree)) return;
  const Known* stream = stream_subprotocol(shown);
  for (unsigned i = 0; i < shown.completed_count; ++i) {
    ShownFrame& frame = shown.completed[i];
    const auto message = completed_message(frame.index);
    if (!message || !is_whole(*message, stream != nullptr)) continue;
    tvbuff_t* data = data_of(shown, frame);
    if (data == nullptr || tvb_captured_length(data) == 0) continue;
    const Content content{&*message, stream, &frame};
    dissect_behind_ours(shown, tree, lens_tree, content);
  }
}

}  // namespace wslens
