// SPDX-License-Identifier: GPL-2.0-or-later
#include "annotate.h"

#include <epan/tap.h>
#include <epan/to_str.h>

#include "conversations.h"
#include "dissector.h"
#include "export_objects.h"
#include "feed.h"
#include "fields.h"
#include "printed_fields.h"
#include "segment.h"
#include "taps.h"
#include "utf8.h"

namespace wslens {
namespace {

int proto_lens = -1;

/// The parts of the packet under dissection that have been shown. The postdissector, which ends every dissection,
/// forgets them.
struct ShownParts {
  static constexpr unsigned most = 64;
  const packet_info* pinfo;
  std::uint32_t number;
  unsigned count;
  Shown part[most];
};

ShownParts parts_under_dissection;

ShownParts& parts_of(const packet_info* pinfo) {
  ShownParts& parts = parts_under_dissection;
  if (parts.pinfo != pinfo || parts.number != pinfo->num) parts.count = 0;
  parts.pinfo = pinfo;
  parts.number = pinfo->num;
  return parts;
}

/// Among the first `count` parts.
bool is_among(const ShownParts& parts, unsigned count, PacketIndex index) {
  for (unsigned i = 0; i < count; ++i)
    if (is_in(parts.part[i], index)) return true;
  return false;
}

/// The frames that the packet completes, in order; in pinfo->pool, so that longjmp does no harm.
void list_completed_frames(Shown& shown) {
  const FrameIndex first = store()->packet(shown.first).first_shown;
  shown.completed = &shown.only;
  shown.completed_count = shown.completed_left_out = 0;
  if (shown.first == shown.last && (first == none || store()->next_shown(first) == none)) {  // the usual case
    shown.completed_count = first == none ? 0 : 1;
    shown.only = {};
    shown.only.index = first;
    return;
  }
  unsigned count = 0;
  for_each_shown_frame(shown, [&](FrameIndex) { ++count; });
  shown.completed_count = count < most_shown_frames ? count : most_shown_frames;
  shown.completed_left_out = count - shown.completed_count;
  if (count == 0) return;
  shown.completed = wmem_alloc0_array(shown.pinfo->pool, ShownFrame, shown.completed_count);
  unsigned at = 0;
  for_each_shown_frame(shown, [&](FrameIndex i) {
    if (at == shown.completed_count) return;
    shown.completed[at++].index = i;
  });
}

void queue_taps(packet_info* pinfo, PacketIndex index) {
  const PacketRecord& packet = store()->packet(index);
  queue_packet(pinfo, index);
  if (packet.session == none) return;
  queue_conversation(pinfo, index);
  if (!websocket_enabled()) return;
  if (packet.first_shown != none) queue_messages(pinfo, index);
  queue_export(pinfo, index);
}

/// From `first` on, as far as the records belong to the same session and direction, but no farther than `end`.
void gather(Shown& shown, packet_info* pinfo, PacketIndex first, PacketIndex end) {
  shown.pinfo = pinfo;
  shown.first = shown.last = first;
  shown.packet = store()->packet(first);
  for (PacketIndex i = first + 1; i < end; ++i) {
    const PacketRecord& more = store()->packet(i);
    if (more.session != shown.packet.session || more.sender != shown.packet.sender) break;
    shown.packet.marks = static_cast<std::uint16_t>(shown.packet.marks | more.marks);
    shown.last = i;
  }
  shown.session = &store()->session(shown.packet.session);
  shown.sender = store()->sender_of(shown.packet);
  shown.frames = websocket_enabled();
  shown.taken_over = shown.session->connection->taken_over;
}

/// Records that belong to a session, to be shown as one. Null: no more parts can be shown.
Shown* add_part(packet_info* pinfo, ShownParts& parts, PacketIndex first, PacketIndex end) {
  if (parts.count == ShownParts::most) return nullptr;
  Shown& shown = parts.part[parts.count++];
  gather(shown, pinfo, first, end);
  list_completed_frames(shown);
  return &shown;
}

void fill_tree(const Shown& shown, proto_tree* tree) {
  if (tree != nullptr && shown.frames && shown.taken_over) annotate_frames(shown, tree);
  proto_tree* lens_tree = annotate_lens(shown, tree);
  if (shown.frames && shown.taken_over) dissect_contents(shown, tree, lens_tree);
}

/// Once in a file, on the request that found no room.
void show_not_followed(packet_info* pinfo, proto_tree* tree) {
  const websocket::FindingInfo& info = websocket::finding_info(websocket::Finding::sessions_full);
  tvbuff_t* tvb = source_tvb(pinfo, 0);
  proto_item* item = proto_tree_add_protocol_format(tree, proto_lens, tvb, 0, 0, "WebSocket Lens: not followed");
  proto_item_set_generated(item);
  add_finding(pinfo, proto_item_add_subtree(item, ett.lens), item, tvb, info);
}

/// All that has not been shown yet.
void show_parts(packet_info* pinfo, proto_tree* tree, ShownParts& parts) {
  const PacketIndex first = record_of(pinfo);
  if (first == none) return;
  PacketIndex end = first + 1;
  while (store()->is_same_packet(first, end)) ++end;
  const unsigned before = parts.count;
  for (PacketIndex i = first; i < end; ++i) {
    if (is_among(parts, before, i)) continue;
    queue_taps(pinfo, i);
    if (store()->packet(i).session != none && !is_among(parts, parts.count, i)) add_part(pinfo, parts, i, end);
  }
  if (parts.count == 0) return;
  // One segment, shown when it was dissected: the usual case. Several: TCP wrote over what stood there before the last.
  if (parts.count != 1 || before == 0) write_info_column(pinfo, parts.part, parts.count);
  for (unsigned i = before; i < parts.count; ++i) fill_tree(parts.part[i], tree);
}

}  // namespace

tvbuff_t* payload_of(const Shown& shown, ShownFrame& frame) {
  if (frame.payload_made) return frame.payload;
  const FrameRecord record = store()->frame(frame.index);
  frame.payload = payload_of_frame(shown.pinfo, record, frame_in_packet(shown.pinfo, record));
  frame.payload_made = true;
  return frame.payload;
}

tvbuff_t* data_of(const Shown& shown, ShownFrame& frame) {
  if (frame.data_made) return frame.data;
  frame.data_made = true;
  const auto message = completed_message(frame.index);
  if (!message) return nullptr;
  const bool is_payload = message->in_packet || (message->fragments == 1 && !message->compressed);
  frame.data = data_of_message(shown.pinfo, *message, is_payload ? payload_of(shown, frame) : nullptr);
  return frame.data;
}

void prepare_annotations(int proto_wslens) { proto_lens = proto_wslens; }

void show_segment(packet_info* pinfo, proto_tree* tree) {
  const PacketIndex index = record_of_segment(pinfo);
  if (index == none || store()->packet(index).session == none) return;
  ShownParts& parts = parts_of(pinfo);
  if (is_among(parts, parts.count, index)) return;
  const Shown* shown = add_part(pinfo, parts, index, index + 1);
  if (shown == nullptr) return;
  queue_taps(pinfo, index);
  write_info_column(pinfo, shown, 1);
  fill_tree(*shown, tree);
}

void show_rest(packet_info* pinfo, proto_tree* tree, bool lone_segment) {
  if (store() == nullptr) return;
  if (store()->is_first_not_followed(pinfo->num, pinfo->fd->file_off)) show_not_followed(pinfo, tree);
  ShownParts& parts = parts_of(pinfo);
  parts.pinfo = nullptr;  // first of all: what follows may throw
  if (parts.count != 1 || !lone_segment) show_parts(pinfo, tree, parts);
  if (parts.count > 0) ws_stay_among_protocols(tree);
}

bool is_read(proto_tree* tree, int field) {
  return (PTREE_DATA(tree)->visible && may_be_printed(field)) ||
         proto_registrar_get_nth(static_cast<unsigned>(field))->ref_type != HF_REF_TYPE_NONE;
}

const char* pooled(const packet_info* pinfo, const std::string& text) {
  return wmem_strndup(pinfo->pool, text.data(), text.size());
}

const char* printable(const Shown& shown, const std::string& text) {
  return pooled(shown.pinfo, websocket::printable_text(websocket::as_bytes(text), 1000));
}

proto_item* add_text(proto_tree* tree, int field, tvbuff_t* tvb, const char* value) {
  proto_item* item = proto_tree_add_string(tree, field, tvb, 0, 0, value);
  proto_item_set_generated(item);
  return item;
}

void add_texts(proto_tree* tree, int field, tvbuff_t* tvb, const Texts& texts) {
  for (unsigned i = 0; i < texts.count; ++i) add_text(tree, field, tvb, texts.text[i]);
}

void add_yes(proto_tree* tree, int field, tvbuff_t* tvb) {
  proto_item_set_generated(proto_tree_add_boolean(tree, field, tvb, 0, 0, 1));
}

void add_duration(proto_tree* tree, int field, tvbuff_t* tvb, websocket::Nanoseconds duration) {
  constexpr websocket::Nanoseconds second = 1'000'000'000;
  nstime_t time;
  time.secs = static_cast<time_t>(duration / second);
  time.nsecs = static_cast<int>(duration % second);
  proto_item_set_generated(proto_tree_add_time(tree, field, tvb, 0, 0, &time));
}

proto_item* add_finding(packet_info* pinfo, proto_tree* tree, proto_item* item, tvbuff_t* tvb,
                        const websocket::FindingInfo& info) {
  expert_add_info(pinfo, item, expert_of(info.finding));
  return add_text(tree, hf.finding, tvb, info.id.data());
}

void add_rules(const Shown& shown, proto_tree* tree, proto_item* item, tvbuff_t* tvb,
               const websocket::ViolationSet& broken) {
  if (broken.empty()) return;
  for (const websocket::RuleInfo& info : websocket::rule_table()) {
    if (!broken.has(info.rule)) continue;
    add_text(tree, hf.rule, tvb, info.id.data());
    expert_add_info(shown.pinfo, item, expert_of(info.rule));
  }
}

void add_left_out(proto_tree* tree, tvbuff_t* tvb, unsigned count, const char* what) {
  if (count == 0) return;
  proto_item* item = nullptr;
  proto_tree_add_subtree_format(tree, tvb, 0, 0, ett.left_out, &item, "and %u more %s, not shown here", count, what);
  proto_item_set_generated(item);
}

proto_item* add_link(proto_tree* tree, int field, tvbuff_t* tvb, PacketIndex packet) {
  const std::uint32_t number = store()->link(packet);
  if (number == 0) return nullptr;
  proto_item* item = proto_tree_add_uint(tree, field, tvb, 0, 0, number);
  proto_item_set_generated(item);
  return item;
}

}  // namespace wslens
