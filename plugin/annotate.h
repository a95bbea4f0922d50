// SPDX-License-Identifier: GPL-2.0-or-later
/// Showing: from records to tree, columns, expert items, taps. Nothing here decodes, nothing here changes state.
///
/// Whoever is called first for a packet shows it, once. What is shown on a later pass equals what the first one showed;
/// links, verdicts and annotations of TCP packets may be added.
#pragma once

#include "compat.h"
#include "payload.h"
#include "records.h"
#include "session_store.h"

namespace wslens {

/// A frame that the packet completes, with its bytes once somebody asked for them: see payload_of() and data_of().
struct ShownFrame {
  FrameIndex index;
  tvbuff_t* payload;
  tvbuff_t* data;
  bool payload_made, data_made;
  bool json_judged, is_json;  ///< its message, see subdissectors.cpp
};

/// What a packet's annotation needs to know; trivially destructible. A packet may bring several segments or TLS
/// records: those that belong to one session are shown as one.
struct Shown {
  packet_info* pinfo;
  PacketIndex first, last;  ///< its records
  PacketRecord packet;      ///< the first of them, with the marks of all
  const SessionEntry* session;
  websocket::Role sender;
  bool frames;            ///< WebSocket is enabled: frames are shown
  bool taken_over;        ///< the packet is ours; else the user chose another protocol, and we only annotate
  ShownFrame* completed;  ///< `only`, or in pinfo->pool
  ShownFrame only;
  unsigned completed_count;     ///< at most most_shown_frames
  unsigned completed_left_out;  ///< how many more there are
};

/// A segment can hold 32 000 frames, and Wireshark gives up on a packet with a million items.
inline constexpr unsigned most_shown_frames = 10000;

/// The unmasked payload of a frame, and the data of the message that it completes; each is made once for a packet.
/// Null: none.
tvbuff_t* payload_of(const Shown& shown, ShownFrame& frame);
tvbuff_t* data_of(const Shown& shown, ShownFrame& frame);

void prepare_annotations(int proto_wslens);
/// The segment that is being dissected.
void show_segment(packet_info* pinfo, proto_tree* tree);
/// All of the packet that has not been shown yet. `lone_segment`: the packet has nothing but one that was fed.
void show_rest(packet_info* pinfo, proto_tree* tree, bool lone_segment);

/// annotate_lens.cpp: the "WebSocket Lens" entry; returns its subtree. Without a tree only expert items come of it.
proto_tree* annotate_lens(const Shown& shown, proto_tree* tree);
/// annotate_handshake.cpp: the request, and the answer with what was agreed, below the lens's entry.
void annotate_request(const Shown& shown, proto_tree* lens_tree, tvbuff_t* tvb);
void annotate_response(const Shown& shown, proto_tree* lens_tree, tvbuff_t* tvb);
/// annotate_frame.cpp: a "WebSocket" entry for each frame that this packet completes, with the built-in's fields.
void annotate_frames(const Shown& shown, proto_tree* tree);
/// annotate_message.cpp: the messages that this packet completes, below the lens's entry.
void annotate_messages(const Shown& shown, proto_tree* lens_tree);
/// subdissectors.cpp: what is inside the messages. `lens_tree` may be null.
void dissect_contents(const Shown& shown, proto_tree* tree, proto_tree* lens_tree);
/// info_column.cpp: of the packet's parts that belong to sessions, in order.
void write_info_column(packet_info* pinfo, const Shown* parts, unsigned count);

/// Will anybody read this field in this tree; of a protocol, what stands below its item? If not, only the item itself
/// is asked for, which tells filters and statistics that the protocol is there. `tree` may not be null.
bool is_read(proto_tree* tree, int field);

/// Is this packet meant?
inline bool is_in(const Shown& shown, PacketIndex index) { return index >= shown.first && index <= shown.last; }

/// Calls `visit(frame index)` for each frame that the packet completes.
template <typename Visit>
void for_each_shown_frame(const Shown& shown, Visit visit) {
  for (PacketIndex packet = shown.first; packet <= shown.last; ++packet)
    for (FrameIndex i = store()->packet(packet).first_shown; i != none; i = store()->next_shown(i)) visit(i);
}

/// Calls `visit(piece)` for each part of a frame in the packet.
template <typename Visit>
void for_each_piece(const Shown& shown, Visit visit) {
  for (PacketIndex packet = shown.first; packet <= shown.last; ++packet)
    for (PieceIndex i = store()->packet(packet).first_piece; i != none; i = store()->piece(i).next_in_packet)
      visit(store()->piece(i));
}

/// The message that this frame completes.
inline std::optional<MessageRecord> completed_message(FrameIndex index) { return store()->completed_by(index); }

/// Calls `visit(message)` for each message that became known by this packet's record.
template <typename Visit>
void for_each_message(PacketIndex packet, Visit visit) {
  for (FrameIndex i = store()->packet(packet).first_shown; i != none; i = store()->next_shown(i))
    if (const auto message = completed_message(i)) visit(*message);
}

/// A copy of `text` that lives as long as the packet is shown.
const char* pooled(const packet_info* pinfo, const std::string& text);
/// The same of what a peer sent, harmless and not too long.
const char* printable(const Shown& shown, const std::string& text);

/// Texts of a packet, pooled: copied to where longjmp does no harm.
struct Texts {
  unsigned count = 0;
  const char* text[64];
  void add(const char* value) {
    if (count < std::size(text)) text[count++] = value;
  }
};

/// Our own items, in brackets, for what is no field of the bytes.
proto_item* add_text(proto_tree* tree, int field, tvbuff_t* tvb, const char* value);
void add_texts(proto_tree* tree, int field, tvbuff_t* tvb, const Texts& texts);
void add_yes(proto_tree* tree, int field, tvbuff_t* tvb);
void add_duration(proto_tree* tree, int field, tvbuff_t* tvb, websocket::Nanoseconds duration);
/// The finding's line below `tree`, and its expert item at `item`.
proto_item* add_finding(packet_info* pinfo, proto_tree* tree, proto_item* item, tvbuff_t* tvb,
                        const websocket::FindingInfo& info);
/// Each broken rule: its id below `tree`, its expert item at `item`.
void add_rules(const Shown& shown, proto_tree* tree, proto_item* item, tvbuff_t* tvb,
               const websocket::ViolationSet& broken);
/// "and 22000 more", where a list was cut.
void add_left_out(proto_tree* tree, tvbuff_t* tvb, unsigned count, const char* what);
/// A link to a packet; null, and no item, where there is none.
proto_item* add_link(proto_tree* tree, int field, tvbuff_t* tvb, PacketIndex packet);

}  // namespace wslens
