// SPDX-License-Identifier: GPL-2.0-or-later
/// The symbols that Wireshark looks for in a plugin, and the order in which the parts are registered.
#include <wireshark.h>

#include <epan/proto.h>
#include <epan/tap.h>

#include "annotate.h"
#include "compat.h"
#include "conversation_cache.h"
#include "conversations.h"
#include "dissector.h"
#include "export_objects.h"
#include "feed.h"
#include "fields.h"
#include "flow.h"
#include "follow.h"
#include "postdissector.h"
#include "preferences.h"
#include "printed_fields.h"
#include "reports.h"
#include "session_store.h"
#include "session_window.h"
#include "subdissectors.h"
#include "taps.h"

#define WSLENS_EXPORT extern "C" __attribute__((visibility("default")))

WSLENS_EXPORT const char plugin_version[] = WSLENS_VERSION;
WSLENS_EXPORT const int plugin_want_major = WIRESHARK_VERSION_MAJOR;
WSLENS_EXPORT const int plugin_want_minor = WIRESHARK_VERSION_MINOR;
WSLENS_EXPORT void plugin_register(void);
WSLENS_EXPORT std::uint32_t plugin_describe(void);
std::uint32_t plugin_describe(void) { return 1; }  // WS_PLUGIN_DESC_DISSECTOR; nobody asks before 4.2

namespace wslens {
namespace {

int proto = -1;

void file_opened() {
  begin_file();
  find_heuristics();
  find_printed_fields();
  forget_conversations();
  open_store(limits_from_preferences());
}

void file_closed() { suspend_feed(); }

void register_protocol() {
  proto = proto_register_protocol("WebSocket Lens", "WebSocket Lens", "wslens");
  register_fields(proto);
  register_preferences(proto);
  register_taps();
  register_dissectors(proto);
  register_lens_postdissector(proto);
  register_follow(proto);
  register_export(proto);
  register_flow(proto);
  register_conversations(proto);
  register_session_window(proto);
  register_init_routine(file_opened);
  register_cleanup_routine(file_closed);
}

void hand_off() {
  find_builtin_fields();
  find_subdissectors();
  prepare_feed(proto);
  prepare_annotations(proto);
  prepare_dissectors();
}

}  // namespace
}  // namespace wslens

void plugin_register(void) {
  static proto_plugin dissectors;
  dissectors.register_protoinfo = wslens::register_protocol;
  dissectors.register_handoff = wslens::hand_off;
  proto_register_plugin(&dissectors);
  static tap_plugin listeners;
  listeners.register_tap_listener = wslens::register_reports;
  tap_register_plugin(&listeners);
}
