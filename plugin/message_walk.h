// SPDX-License-Identifier: GPL-2.0-or-later
/// Every message of the capture once, in the order in which they became known, for a listener on the message tap.
///
/// Shape   packet() for each packet of the tap, rest() at the end -> visit(message, its data). One pass and two give
///         the same. `visit` is a leaf without epan calls.
#pragma once

#include <algorithm>

#include "annotate.h"
#include "dissector.h"
#include "payload.h"

namespace wslens {

class MessageWalk {
 public:
  /// `filtered`: the tap has a filter, so only what it lets through is meant.
  explicit MessageWalk(bool filtered = false) : filtered_(filtered) {}

  template <typename Visit>
  void packet(packet_info* pinfo, PacketIndex packet, Visit visit) {
    if (!filtered_) visit_dropped(packet, visit);
    for_each_message(packet, [&](const MessageRecord& message) { visit(message, bytes_of_message(pinfo, message)); });
    next_ = packet + 1;
  }

  /// What was decided after the last packet belongs to no packet, so no filter selects it. After finish_feed().
  template <typename Visit>
  void rest(Visit visit) {
    if (filtered_ || !websocket_enabled()) return;
    visit_dropped(store()->packets_end(), visit);
    for (FrameIndex i = store()->frames_begin(); i != store()->frames_end(); ++i) {
      const auto message = completed_message(i);
      if (message && message->shown_in == none) visit(*message, kept_bytes(*message));
    }
  }

 private:
  static websocket::Bytes kept_bytes(const MessageRecord& message) { return {message.data, message.data_size}; }

  /// tshark -2 -R: a message is known only in a later packet than the one with its last byte. That the later one was
  /// dropped takes nothing from the message.
  template <typename Visit>
  void visit_dropped(PacketIndex end, Visit& visit) {
    for (PacketIndex i = std::max(next_, store()->packets_begin()); i < end; ++i) {
      for_each_message(i, [&](const MessageRecord& message) {
        const bool is_there = !message.in_packet && store()->link(message.last_packet) != 0;
        if (is_there && !store()->is_same_packet(i, message.last_packet)) visit(message, kept_bytes(message));
      });
    }
    next_ = end;
  }

  bool filtered_;
  PacketIndex next_ = 0;  ///< all before it were visited, or dropped by tshark -R
};

}  // namespace wslens
