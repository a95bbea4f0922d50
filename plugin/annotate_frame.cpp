// SPDX-License-Identifier: GPL-2.0-or-later
/// A "WebSocket" entry for each frame that a packet completes, with the built-in dissector's own fields, so that
/// everybody's filters, columns and scripts go on working.
#include "annotate.h"
#include "dissector.h"
#include "fields.h"
#include "frame_header.h"
#include "peer_text.h"
#include "printed_fields.h"
#include "segment.h"
#include "subdissectors.h"

namespace wslens {
namespace {

using websocket::Opcode;

/// Adds the built-in's field, if this Wireshark has it.
proto_item* add(proto_tree* tree, int field, tvbuff_t* tvb, int offset, int length, unsigned encoding) {
  return field > 0 ? proto_tree_add_item(tree, field, tvb, offset, length, encoding) : nullptr;
}

/// The same for an item that matters to those alone who read it.
proto_item* add_read(proto_tree* tree, int field, tvbuff_t* tvb, int offset, int length, unsigned encoding) {
  return field > 0 && is_read(tree, field) ? add(tree, field, tvb, offset, length, encoding) : nullptr;
}

struct Where {
  tvbuff_t* tvb;
  int offset;
};

/// A header that spans packets is shown from a data source of its own.
Where header_place(packet_info* pinfo, const FrameRecord& frame, const FrameInPacket& standing) {
  if (standing.source != nullptr) return {standing.source, standing.offset};
  auto* bytes = static_cast<std::uint8_t*>(g_malloc(websocket::max_frame_header_size));
  const std::size_t size = websocket::encode_frame_header(frame.header, {bytes, websocket::max_frame_header_size});
  tvbuff_t* tvb =
      tvb_new_child_real_data(source_tvb(pinfo, 0), bytes, static_cast<unsigned>(size), static_cast<int>(size));
  tvb_set_free_cb(tvb, g_free);
  add_new_data_source(pinfo, tvb, "WebSocket frame header");
  return {tvb, 0};
}

void add_header(proto_tree* tree, const Where& at, const websocket::FrameHeader& header) {
  const auto add_part = [&](int field, int offset, int length, unsigned encoding = ENC_BIG_ENDIAN) {
    add_read(tree, field, at.tvb, at.offset + offset, length, encoding);
  };
  add_part(builtin.fin, 0, 1);
  add_part(builtin.rsv, 0, 1);
  if (header.rsv1) add_part(builtin.pmc, 0, 1);
  add_part(builtin.opcode, 0, 1);
  add_part(builtin.mask, 1, 1);
  add_part(builtin.payload_length, 1, 1);
  const int key_size = header.masked ? 4 : 0;
  const int extended = header.size - 2 - key_size;
  if (extended == 2) add_part(builtin.payload_length_16, 2, 2);
  if (extended == 8) add_part(builtin.payload_length_64, 2, 8);
  if (header.masked) add_part(builtin.masking_key, header.size - 4, 4, ENC_NA);
}

void add_close(packet_info* pinfo, proto_tree* tree, tvbuff_t* payload) {
  const auto size = static_cast<int>(tvb_captured_length(payload));
  proto_item* item = add(tree, builtin.close, payload, 0, size, ENC_NA);
  if (item == nullptr || size < 2) return;
  proto_tree* close = proto_item_add_subtree(item, ett.close);
  add(close, builtin.close_code, payload, 0, 2, ENC_BIG_ENDIAN);
  if (size > 2 && builtin.close_reason > 0)
    add_peer_text(pinfo, close, builtin.close_reason, tvb_new_subset_remaining(payload, 2));
}

int payload_field(Opcode opcode) {
  switch (opcode) {
    case Opcode::continuation:
      return builtin.continuation;
    case Opcode::ping:
      return builtin.ping;
    case Opcode::pong:
      return builtin.pong;
    default:
      return builtin.unknown;
  }
}

/// As the built-in does it: the text of a whole message stands on the frame that completes it, fragments are
/// "continue".
void add_payload(const Shown& shown, proto_tree* tree, tvbuff_t* payload, ShownFrame& completed) {
  const FrameRecord frame = store()->frame(completed.index);
  const auto message = completed_message(completed.index);
  if (frame.header.opcode == Opcode::close) return add_close(shown.pinfo, tree, payload);
  const auto size = static_cast<int>(tvb_captured_length(payload));
  const bool whole_message = message && websocket::is_data(message->type);
  if (!whole_message) {
    const bool fragment = !is_control(frame.header.opcode) && !is_reserved(frame.header.opcode);
    add(tree, fragment ? builtin.continuation : payload_field(frame.header.opcode), payload, 0, size, ENC_NA);
    return;
  }
  tvbuff_t* data = data_of(shown, completed);
  const bool undecodable = message->trust == websocket::Trust::undecodable;
  if (data == nullptr && undecodable) data = payload;  // as it stood on the wire, and marked so
  if (data == nullptr) return;                         // empty, whatever its frames needed to say so
  if (message->type != websocket::MessageType::text || undecodable) {
    add(tree, builtin.unknown, data, 0, static_cast<int>(tvb_captured_length(data)), ENC_NA);
    return;
  }
  if (builtin.text <= 0) return;
  proto_item* item = add_peer_text(shown.pinfo, tree, builtin.text, data);
  if (PTREE_DATA(tree)->visible && is_all_printed() && !is_dissected_as_text(completed, tree))
    add_text_lines(shown.pinfo, item, data);
}

void annotate_one(const Shown& shown, proto_tree* parent, ShownFrame& completed) {
  const FrameRecord frame = store()->frame(completed.index);
  const FrameInPacket standing = frame_in_packet(shown.pinfo, frame);
  const Where header = header_place(shown.pinfo, frame, standing);
  const int size = standing.source != nullptr ? static_cast<int>(frame.header.size + frame.header.payload_length)
                                              : static_cast<int>(frame.header.size);
  proto_item* item = proto_tree_add_item(parent, websocket_proto(), header.tvb, header.offset, size, ENC_NA);
  proto_tree* tree = proto_item_add_subtree(item, ett.websocket);
  add_header(tree, header, frame.header);
  if (standing.source != nullptr && frame.header.masked && frame.header.payload_length != 0)
    add_read(tree, builtin.masked_payload, standing.source, standing.offset + frame.header.size,
             static_cast<int>(frame.header.payload_length), ENC_NA);
  tvbuff_t* payload = payload_of(shown, completed);
  if (payload == nullptr)
    payload = data_of(shown, completed);  // an empty last fragment completes a message all the same
  if (payload == nullptr || builtin.payload <= 0) return;
  proto_item* payload_item = add_read(tree, builtin.payload, payload, 0, -1, ENC_NA);
  add_payload(shown, payload_item != nullptr ? proto_item_add_subtree(payload_item, ett.payload) : tree, payload,
              completed);
}

}  // namespace

void annotate_frames(const Shown& shown, proto_tree* tree) {
  if (shown.completed_count == 0) return;
  const bool read = is_read(tree, websocket_proto());
  tvbuff_t* packet = source_tvb(shown.pinfo, 0);
  for (unsigned i = 0; i < shown.completed_count; ++i) {
    if (read)
      annotate_one(shown, tree, shown.completed[i]);
    else
      proto_tree_add_item(tree, websocket_proto(), packet, 0, 0, ENC_NA);
  }
}

}  // namespace wslens
