// SPDX-License-Identifier: GPL-2.0-or-later
#include "annotate.h"

#include <epan/proto_data.h>
#include <epan/tap.h>
#include <epan/to_str.h>

#include "dissector.h"
#include "feed.h"
#include "fields.h"
#include "taps.h"

namespace wslens {
namespace {

int proto_lens = -1;
constexpr std::uint32_t shown_key = 1;

websocket::Role sender_of(const SessionEntry& session, packet_info* pinfo) {
  using websocket::Role;
  const std::uint16_t client = session.port(Role::client);
  if (client != session.port(Role::server)) return pinfo->srcport == client ? Role::client : Role::server;
  const char* source = address_to_str(pinfo->pool, &pinfo->src);
  return session.connection->host[session.side(Role::client)] == source ? Role::client : Role::server;
}

/// pinfo's own data is emptied for each dissection, so this is true once for each.
bool claim(packet_info* pinfo) {
  if (p_get_proto_data(pinfo->pool, pinfo, proto_lens, shown_key) != nullptr) return false;
  p_add_proto_data(pinfo->pool, pinfo, proto_lens, shown_key, GUINT_TO_POINTER(1));
  return true;
}

/// The frames that the packet completes, in order; in pinfo->pool, so that longjmp does no harm.
void list_completed_frames(Shown& shown) {
  unsigned count = 0;
  for_each_shown_frame(shown, [&](FrameIndex, const FrameRecord&) { ++count; });
  shown.completed_count = count < most_shown_frames ? count : most_shown_frames;
  shown.completed_left_out = count - shown.completed_count;
  if (count == 0) return;
  shown.completed = wmem_alloc0_array(shown.pinfo->pool, ShownFrame, shown.completed_count);
  unsigned at = 0;
  for_each_shown_frame(shown, [&](FrameIndex i, const FrameRecord& frame) {
    if (at == shown.completed_count) return;
    shown.completed[at].index = i;
    shown.completed[at].standing = frame_in_packet(shown.pinfo, shown.packet, frame);
    ++at;
  });
}

}  // namespace

tvbuff_t* payload_of(const Shown& shown, ShownFrame& frame) {
  if (!frame.payload_made) frame.payload = payload_of_frame(shown.pinfo, store()->frame(frame.index), frame.standing);
  frame.payload_made = true;
  return frame.payload;
}

tvbuff_t* data_of(const Shown& shown, ShownFrame& frame) {
  if (frame.data_made) return frame.data;
  frame.data_made = true;
  const MessageRecord* message = completed_message(frame.index);
  if (message == nullptr) return nullptr;
  const bool is_payload = message->in_packet || message->fragments == 1;
  frame.data = data_of_message(shown.pinfo, *message, is_payload ? payload_of(shown, frame) : nullptr);
  return frame.data;
}

void prepare_annotations(int proto_wslens) { proto_lens = proto_wslens; }

void show_packet(packet_info* pinfo, proto_tree* tree) {
  const PacketIndex index = record_of(pinfo);
  if (index == none) return;
  const PacketRecord& packet = store()->packet(index);
  if (!claim(pinfo)) return;
  queue_packet(pinfo, index);
  if (packet.session == none) return;
  const SessionEntry& session = store()->session(packet.session);
  Shown shown{
      pinfo,   index, packet, &session, sender_of(session, pinfo), websocket_enabled(), session.connection->taken_over,
      nullptr, 0,     0};
  if (shown.frames && packet.first_shown != none) queue_messages(pinfo, index);
  list_completed_frames(shown);
  write_info_column(shown);
  if (tree != nullptr && shown.frames && shown.taken_over) annotate_frames(shown, tree);
  if (tree != nullptr) annotate_lens(shown, tree);
  if (shown.frames && shown.taken_over) dissect_contents(shown, tree);
}

const char* pooled(const packet_info* pinfo, const std::string& text) {
  return wmem_strndup(pinfo->pool, text.data(), text.size());
}

proto_item* add_text(proto_tree* tree, int field, tvbuff_t* tvb, const char* value) {
  proto_item* item = proto_tree_add_string(tree, field, tvb, 0, 0, value);
  proto_item_set_generated(item);
  return item;
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

void add_link(proto_tree* tree, int field, tvbuff_t* tvb, PacketIndex packet) {
  const std::uint32_t number = store()->link(packet);
  if (number == 0) return;
  proto_item_set_generated(proto_tree_add_uint(tree, field, tvb, 0, 0, number));
}

}  // namespace wslens
