// SPDX-License-Identifier: GPL-2.0-or-later
/// What Wireshark exports for Statistics ▸ Flow Graph, but installs no header for: epan/sequence_analysis.h of 4.0
/// to 4.6, as far as it is needed here. An item is always made by Wireshark itself, so it has the size that Wireshark
/// expects.
#pragma once

#include "compat.h"

#include <epan/tap.h>

extern "C" {

struct seq_analysis_item_t {
  std::uint32_t frame_number;
  address src_addr;
  std::uint16_t port_src;
  address dst_addr;
  std::uint16_t port_dst;
  char* frame_label;  ///< above the arrow; this and the next two are freed with g_free
  char* time_str;
  char* comment;  ///< at the right
  std::uint16_t conv_num;
  unsigned fg_color, bg_color;
  ws_bool has_color_filter;
  ws_bool display;
  // more follows
};

struct seq_analysis_info_t {
  const char* name;
  ws_bool any_addr;
  int nconv;
  GQueue* items;
  // more follows
};

WS_DLL_PUBLIC void register_seq_analysis(const char* name, const char* ui_name, int proto_id, const char* tap_listener,
                                         unsigned tap_flags, tap_packet_cb tap_func);
/// With the packet's addresses and time; null: the packet has no addresses.
WS_DLL_PUBLIC seq_analysis_item_t* sequence_analysis_create_sai_with_addresses(packet_info* pinfo,
                                                                               seq_analysis_info_t* sainfo);
WS_DLL_PUBLIC void sequence_analysis_use_color_filter(packet_info* pinfo, seq_analysis_item_t* sai);
}
