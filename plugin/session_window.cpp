// SPDX-License-Identifier: GPL-2.0-or-later
#include "session_window.h"

#include <string>

#include "annotate.h"
#include "compat.h"
#include "feed.h"
#include "session_text.h"
#include "taps.h"

#include <epan/funnel.h>
#include <epan/plugin_if.h>
#include <epan/tap.h>

namespace wslens {
namespace {

struct Collector {
  SessionIndex session;
  SessionText text;
};

tap_packet_status collect(void* data, packet_info* pinfo, epan_dissect_t*, const void* tap_data, tap_flags_t) {
  auto* collector = static_cast<Collector*>(data);
  const PacketIndex packet = packet_of(tap_data);
  if (store()->packet(packet).session != collector->session) return TAP_PACKET_DONT_REDRAW;
  for_each_message(
      packet, [&](const MessageRecord& message) { collector->text.add(message, bytes_of_message(pinfo, message)); });
  return TAP_PACKET_REDRAW;
}

/// Wireshark gives the selected packet, or calls nothing.
void* session_of_packet(frame_data* packet, void* session) {
  if (packet != nullptr) *static_cast<SessionIndex*>(session) = session_of(packet);
  return nullptr;
}

void show(const funnel_ops_t* window, const std::string& title, const std::string& text) {
  funnel_text_window_t* shown = window->new_text_window(window->ops_id, title.c_str());
  window->set_text(shown, text.c_str());
}

/// The bytes of most messages stand in their packets only, so all packets are read again.
void show_messages(ext_menubar_gui_type, void*, void*) {
  const funnel_ops_t* window = funnel_get_funnel_ops();
  if (window == nullptr || window->new_text_window == nullptr) return;  // not in Wireshark's window
  Collector collector{none, {}};
  plugin_if_get_frame_data(session_of_packet, &collector.session);
  if (collector.session == none)
    return show(window, "WebSocket Lens",
                "The selected packet belongs to no WebSocket.\n\nSelect a packet of one in the list, and choose this "
                "again. The display filter \"wslens\" shows all of them.\n");
  if (GString* error = register_tap_listener(message_tap_name, &collector, nullptr, TL_REQUIRES_NOTHING, nullptr,
                                             collect, nullptr, nullptr);
      error != nullptr) {
    show(window, "WebSocket Lens", error->str);
    g_string_free(error, TRUE);
    return;
  }
  window->retap_packets(window->ops_id);
  remove_tap_listener(&collector);
  const std::string text = collector.text.take();
  show(window, "WebSocket Lens: messages of session " + std::to_string(collector.session),
       text.empty() ? "The capture has no message of this session.\n" : text);
}

}  // namespace

void register_session_window(int proto) {
  ext_menu_t* menu = ext_menubar_register_menu(proto, "WebSocket Lens", true);
  ext_menubar_set_parentmenu(menu, "Tools");
  ext_menubar_add_entry(menu, "Messages of This Session",
                        "All messages of the WebSocket to which the selected packet belongs", show_messages, nullptr);
}

}  // namespace wslens
