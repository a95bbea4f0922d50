// SPDX-License-Identifier: GPL-2.0-or-later
/// The messages and control frames that a packet completes: type, length, trust, data, fragments, broken rules.
#include "annotate.h"
#include "close_code.h"
#include "close_payload.h"
#include "fields.h"
#include "heartbeat.h"
#include "peer_text.h"
#include "segment.h"
#include "utf8.h"
#include "words.h"

namespace wslens {
namespace {

using websocket::MessageType;

const char* message_heading(const Shown& shown, FrameIndex index) {
  return pooled(shown.pinfo, frame_in_words(shown.pinfo, index));
}

void add_generated_uint64(proto_tree* tree, int field, tvbuff_t* tvb, std::uint64_t value) {
  proto_item_set_generated(proto_tree_add_uint64(tree, field, tvb, 0, 0, value));
}

void add_fragments(proto_tree* tree, tvbuff_t* tvb, const MessageRecord& message) {
  unsigned shown_links = 0;
  for (FrameIndex i = message.last_frame; i != none && shown_links < most_shown_frames; ++shown_links) {
    add_link(tree, hf.message_fragment, tvb, store()->frame(i).shown_in);
    i = store()->frame(i).previous_fragment;
  }
  add_left_out(tree, tvb, message.fragments - shown_links, "fragments");
}

void add_data(const Shown& shown, proto_tree* tree, const MessageRecord& message, ShownFrame& completed) {
  tvbuff_t* data = data_of(shown, completed);
  if (data == nullptr) return;
  const auto size = static_cast<int>(tvb_captured_length(data));
  proto_item* text =
      message.type == MessageType::text ? add_peer_text(shown.pinfo, tree, hf.message_text, data) : nullptr;
  proto_item* payload = proto_tree_add_item(tree, hf.message_payload, data, 0, size, ENC_NA);
  // Shown once: the text stands on the WebSocket entry, where everybody is used to find it.
  if (shown.taken_over && text != nullptr) proto_item_set_hidden(text);
  if (text != nullptr) proto_item_set_hidden(payload);
}

const char* meaning_of(const Shown& shown, std::uint16_t code) {
  const websocket::CloseCodeInfo info = websocket::close_code_info(code);
  return pooled(shown.pinfo, std::string(info.name) + ": " + std::string(info.meaning));
}

const char* printable_reason(const Shown& shown, websocket::Bytes reason) {
  return pooled(shown.pinfo, websocket::printable_text(reason, 200));
}

void add_close(const Shown& shown, proto_tree* tree, tvbuff_t* tvb, const MessageRecord& message) {
  if (message.data == nullptr || message.lost != 0) return;
  const websocket::ClosePayload close = websocket::decode_close_payload({message.data, message.data_size});
  if (!close.code) return;
  proto_item_set_generated(proto_tree_add_uint(tree, hf.close_code, tvb, 0, 0, *close.code));
  add_text(tree, hf.close_meaning, tvb, meaning_of(shown, *close.code));
  if (!close.reason.empty()) add_text(tree, hf.close_reason, tvb, printable_reason(shown, close.reason));
}

void add_message(const Shown& shown, proto_tree* tree, tvbuff_t* tvb, const MessageRecord& message,
                 ShownFrame& completed) {
  if (websocket::is_data(message.type)) {
    proto_item_set_generated(proto_tree_add_uint(tree, hf.message_number, tvb, 0, 0, message.number));
    add_text(tree, hf.message_type, tvb, websocket::message_type_name(message.type).data());
    if (message.length_known) add_generated_uint64(tree, hf.message_length, tvb, message.length);
    add_generated_uint64(tree, hf.message_wire_length, tvb, message.wire_length);
    proto_item_set_generated(proto_tree_add_uint(tree, hf.message_fragments, tvb, 0, 0, message.fragments));
    if (message.compressed) add_yes(tree, hf.message_compressed, tvb);
    add_data(shown, tree, message, completed);
  } else if (message.type == MessageType::close) {
    add_close(shown, tree, tvb, message);
  } else {
    annotate_ping(shown, tree, tvb, completed.index, message);
  }
  add_text(tree, hf.message_trust, tvb, websocket::trust_name(message.trust).data());
  if (message.lost != 0) add_generated_uint64(tree, hf.message_lost, tvb, message.lost);
  add_link(tree, hf.message_first_frame, tvb, message.first_packet);
  add_link(tree, hf.message_last_frame, tvb, message.last_packet);
  if (message.fragments > 1) add_fragments(tree, tvb, message);
}

/// What the meaning of RSV1 hangs on.
void add_negotiation(const Shown& shown, proto_tree* tree, tvbuff_t* tvb) {
  const websocket::Session& session = shown.session->session;
  if (session.late_start) return;
  proto_item* item = add_link(tree, hf.message_negotiated_in, tvb, session.response_done.packet);
  const bool accepted = session.response.extensions.has("permessage-deflate");
  if (item != nullptr)
    proto_item_append_text(
        item, accepted ? " (the 101, which accepted compression)" : " (the 101, which accepted no compression)");
}

void annotate_one(const Shown& shown, proto_tree* lens_tree, ShownFrame& completed) {
  const FrameRecord frame = store()->frame(completed.index);
  const auto message = completed_message(completed.index);
  const FrameInPacket standing = frame_in_packet(shown.pinfo, frame);
  tvbuff_t* tvb = standing.source != nullptr ? standing.source : source_tvb(shown.pinfo, 0);
  const int length = standing.source != nullptr ? static_cast<int>(frame.header.size + frame.header.payload_length) : 0;
  proto_item* item = proto_tree_add_none_format(lens_tree, hf.message, tvb, standing.offset, length, "%s",
                                                message_heading(shown, completed.index));
  proto_item_set_generated(item);
  proto_tree* tree = proto_item_add_subtree(item, ett.message);
  if (frame.sender != shown.sender) add_text(tree, hf.direction, tvb, websocket::direction_name(frame.sender).data());
  if (message) add_message(shown, tree, tvb, *message, completed);
  if ((message && message->compressed) || frame.violations.has(websocket::Rule::rsv1_without_extension))
    add_negotiation(shown, tree, tvb);
  websocket::ViolationSet broken = frame.violations;
  if (message) broken.add(message->violations);
  add_rules(shown, tree, item, tvb, broken);
}

}  // namespace

void annotate_messages(const Shown& shown, proto_tree* lens_tree) {
  for (unsigned i = 0; i < shown.completed_count; ++i) annotate_one(shown, lens_tree, shown.completed[i]);
  add_left_out(lens_tree, source_tvb(shown.pinfo, 0), shown.completed_left_out, "frames");
}

}  // namespace wslens
