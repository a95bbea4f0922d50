// SPDX-License-Identifier: GPL-2.0-or-later
/// All differences between the Wireshark versions that this plugin builds against, and nothing else.
#pragma once

#include <ws_version.h>

#include <cstdint>

#include <epan/packet.h>

extern "C" {  // they do not say so themselves
#include <epan/exceptions.h>
#include <epan/show_exception.h>
}

#define WSLENS_WIRESHARK_AT_LEAST(major, minor) \
  (WIRESHARK_VERSION_MAJOR > (major) || (WIRESHARK_VERSION_MAJOR == (major) && WIRESHARK_VERSION_MINOR >= (minor)))

#if WSLENS_WIRESHARK_AT_LEAST(4, 2)
using ws_bool = bool;
#else
using ws_bool = gboolean;
#endif

// 4.6: the start routine of a -z statistic says whether it succeeded.
#if WSLENS_WIRESHARK_AT_LEAST(4, 6)
#define WSLENS_STAT_RESULT bool
#define WSLENS_STAT_DONE return true
#else
#define WSLENS_STAT_RESULT void
#define WSLENS_STAT_DONE return
#endif

// 4.4: two slashes separate the menus of statistics trees.
#if WSLENS_WIRESHARK_AT_LEAST(4, 4)
#define WSLENS_STATISTICS_MENU "WebSocket Lens//"
#else
#define WSLENS_STATISTICS_MENU "WebSocket Lens/"
#endif

// 4.4: the functions behind a conversation filter get a pointer of their own.
#if WSLENS_WIRESHARK_AT_LEAST(4, 4)
#define WSLENS_FILTER_USER_DATA , void*
#define WSLENS_NO_USER_DATA , nullptr
#else
#define WSLENS_FILTER_USER_DATA
#define WSLENS_NO_USER_DATA
#endif

// 4.6: get_data_source_name is gone.
inline const char* name_of_source(const data_source* source) {
#if WSLENS_WIRESHARK_AT_LEAST(4, 6)
  return get_data_source_description(source);
#else
  return get_data_source_name(source);
#endif
}

inline int try_string_table(dissector_table_t table, const char* name, tvbuff_t* tvb, packet_info* pinfo,
                            proto_tree* tree) {
#if WSLENS_WIRESHARK_AT_LEAST(4, 6)
  return dissector_try_string_with_data(table, name, tvb, pinfo, tree, true, nullptr);
#else
  return dissector_try_string_new(table, name, tvb, pinfo, tree, TRUE, nullptr);
#endif
}

inline int try_uint_table(dissector_table_t table, std::uint32_t key, tvbuff_t* tvb, packet_info* pinfo,
                          proto_tree* tree) {
#if WSLENS_WIRESHARK_AT_LEAST(4, 6)
  return dissector_try_uint_with_data(table, key, tvb, pinfo, tree, true, nullptr);
#else
  return dissector_try_uint_new(table, key, tvb, pinfo, tree, TRUE, nullptr);
#endif
}
