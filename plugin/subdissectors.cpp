// SPDX-License-Identifier: GPL-2.0-or-later
#include "subdissectors.h"

#include "annotate.h"
#include "dissector.h"
#include "preferences.h"

namespace wslens {
namespace {

dissector_table_t by_subprotocol;
dissector_table_t by_port;
heur_dissector_list_t heuristics;
dissector_handle_t lines_handle, json_handle, sip_handle;

bool try_subprotocol(const Shown& shown, tvbuff_t* data, proto_tree* tree) {
  const auto& subprotocol = shown.session->session.response.subprotocol;
  if (by_subprotocol == nullptr || !subprotocol || subprotocol->empty()) return false;
  const char* saved = shown.pinfo->match_string;
  shown.pinfo->match_string = subprotocol->c_str();
  const int used = try_string_table(by_subprotocol, subprotocol->c_str(), data, shown.pinfo, tree);
  shown.pinfo->match_string = saved;
  return used != 0;
}

bool try_heuristics(const Shown& shown, tvbuff_t* data, proto_tree* tree) {
  heur_dtbl_entry_t* entry = nullptr;
  return heuristics != nullptr && dissector_try_heuristic(heuristics, data, shown.pinfo, tree, &entry, nullptr) != 0;
}

bool try_port(const Shown& shown, tvbuff_t* data, proto_tree* tree) {
  if (by_port == nullptr) return false;
  const std::uint32_t saved = shown.pinfo->match_uint;
  shown.pinfo->match_uint = shown.session->port(websocket::Role::server);
  const int used = try_uint_table(by_port, shown.pinfo->match_uint, data, shown.pinfo, tree);
  shown.pinfo->match_uint = saved;
  return used != 0;
}

void dissect_text(const Shown& shown, tvbuff_t* data, proto_tree* tree) {
  dissector_handle_t handle = nullptr;
  switch (builtin_text_type()) {
    case TextType::plain:
      return;  // it stands in the tree already
    case TextType::lines:
      handle = lines_handle;
      break;
    case TextType::json:
      handle = json_handle;
      break;
    case TextType::sip:
      handle = sip_handle;
      break;
  }
  if (handle == nullptr) return;
  const char* saved = shown.pinfo->match_string;
  shown.pinfo->match_string = nullptr;  // text/plain by nobody's subtype
  call_dissector_only(handle, data, shown.pinfo, tree, nullptr);
  shown.pinfo->match_string = saved;
}

/// The caller's own choice of what goes first is the built-in's: subprotocol, heuristics, port, then the text
/// preference.
void dissect_message(const Shown& shown, proto_tree* tree, const MessageRecord& message, ShownFrame& completed) {
  tvbuff_t* data = data_of(shown, completed);
  if (data == nullptr || tvb_captured_length(data) == 0) return;
  if (try_subprotocol(shown, data, tree) || try_heuristics(shown, data, tree) || try_port(shown, data, tree)) return;
  if (message.type == websocket::MessageType::text) dissect_text(shown, data, tree);
}

}  // namespace

void find_subdissectors() {
  by_subprotocol = find_dissector_table("ws.protocol");
  by_port = find_dissector_table("ws.port");
  heuristics = find_heur_dissector_list("ws");
  lines_handle = find_dissector("data-text-lines");
  json_handle = find_dissector("json");
  sip_handle = find_dissector("sip");
}

void dissect_contents(const Shown& shown, proto_tree* tree) {
  for (unsigned i = 0; i < shown.completed_count; ++i) {
    const auto message = completed_message(shown.completed[i].index);
    if (!message || !websocket::is_data(message->type) || message->lost != 0 || message->data_cut) continue;
    dissect_message(shown, tree, *message, shown.completed[i]);
  }
}

}  // namespace wslens
