// SPDX-License-Identifier: GPL-2.0-or-later
/// All differences between the Wireshark versions that this plugin builds against, and nothing else.
#pragma once

#include <ws_version.h>

#include <cstdint>

#include <epan/conversation.h>
#include <epan/packet.h>
#include <epan/prefs.h>

#include <epan/follow.h>

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

// 4.2: Follow Stream beside the table of conversations takes a row's number to the Follow of the table's own protocol,
// and so it is the session's; of TCP conversations alone Wireshark makes filters of the number, of others with ports it
// makes them of addresses and ports. Before, Follow is TCP's, and so is the number.
#if WSLENS_WIRESHARK_AT_LEAST(4, 2)
inline constexpr bool conversation_has_session_number = true;
inline constexpr conversation_type ws_conversation_type = CONVERSATION_NCP;
#else
inline constexpr bool conversation_has_session_number = false;
inline constexpr conversation_type ws_conversation_type = CONVERSATION_TCP;
#endif

// 4.6: the built-in's websocket.payload, .masked_payload and .payload.close can be compared with bytes.
#if WSLENS_WIRESHARK_AT_LEAST(4, 6)
inline constexpr ftenum ws_payload_type = FT_BYTES;
#else
inline constexpr ftenum ws_payload_type = FT_NONE;
#endif

// 4.6: get_data_source_name is gone.
inline const char* name_of_source(const data_source* source) {
#if WSLENS_WIRESHARK_AT_LEAST(4, 6)
  return get_data_source_description(source);
#else
  return get_data_source_name(source);
#endif
}

// 4.2: conversations may also be told apart by VLAN, MAC or interface.
inline bool are_conversations_deinterlaced() {
#if WSLENS_WIRESHARK_AT_LEAST(4, 2)
  return prefs.conversation_deinterlacing_key > 0;
#else
  return false;
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

// 4.2: Follow also asks how many sessions there are, and for a function for streams within streams (here: none).
inline void register_follow_of_sessions(int proto, const char* tap, follow_conv_filter_func of_packet,
                                        follow_index_filter_func of_session, follow_address_filter_func of_addresses,
                                        follow_port_to_display_func port_in_words, tap_packet_cb packet,
                                        unsigned (*session_count)()) {
#if WSLENS_WIRESHARK_AT_LEAST(4, 2)
  register_follow_stream(proto, tap, of_packet, of_session, of_addresses, port_in_words, packet, session_count,
                         nullptr);
#else
  static_cast<void>(session_count);
  register_follow_stream(proto, tap, of_packet, of_session, of_addresses, port_in_words, packet);
#endif
}

// 4.2: Analyze > Follow is offered for a packet's protocols, and Wireshark takes a dissector out of them that added no
// item. The postdissector's items may have been added before, where they are read in their order: one of them is
// counted here.
inline void ws_stay_among_protocols(proto_tree* tree) {
#if WSLENS_WIRESHARK_AT_LEAST(4, 2)
  if (tree != nullptr) ++PTREE_DATA(tree)->count;
#else
  static_cast<void>(tree);
#endif
}

/// As the TLS dissector of this Wireshark has it; its header is not always installed (it needs those of GnuTLS).
struct ws_tls_record {
  std::uint8_t* plain_data;
  unsigned data_len;
  int id;  ///< unique in the packet
  int type;
  void* flow;
  std::uint32_t sequence;  ///< of the first byte in the decrypted stream of its direction
#if WSLENS_WIRESHARK_AT_LEAST(4, 4)
  std::uint16_t dtls13_sequence_suffix;
#endif
#if WSLENS_WIRESHARK_AT_LEAST(4, 6)
  std::uint64_t record_sequence;
#endif
  ws_tls_record* next;
};
