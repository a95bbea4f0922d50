// SPDX-License-Identifier: GPL-2.0-or-later
#include "payload.h"

#include <algorithm>
#include <cstring>

#include "exact_bytes.h"
#include "masking.h"
#include "segment.h"
#include "session_store.h"
#include "tls_records.h"

namespace wslens {
namespace {

using websocket::Bytes;

/// A tvbuff of its own, with its own name in the window, freed with the packet.
tvbuff_t* named_copy(packet_info* pinfo, std::uint8_t* owned, std::size_t size, const char* name) {
  tvbuff_t* parent = source_tvb(pinfo, 0);
  tvbuff_t* copy = tvb_new_child_real_data(parent, owned, static_cast<unsigned>(size), static_cast<int>(size));
  tvb_set_free_cb(copy, g_free);
  add_new_data_source(pinfo, copy, name);
  return copy;
}

tvbuff_t* unmasked_copy(packet_info* pinfo, Bytes masked, const websocket::MaskingKey& key) {
  auto* bytes = static_cast<std::uint8_t*>(g_malloc(masked.size()));
  websocket::apply_mask(exact_bytes(pinfo, masked), {bytes, masked.size()}, key, 0);
  return named_copy(pinfo, bytes, masked.size(), "Unmasked WebSocket payload");
}

tvbuff_t* kept_copy(packet_info* pinfo, Bytes data, const char* name) {
  return named_copy(pinfo, static_cast<std::uint8_t*>(g_memdup2(data.data(), data.size())), data.size(), name);
}

Bytes kept_payload(const FrameRecord& frame) {
  // What a compressed message keeps is not what its frames carried.
  const auto kept = store()->message_in(frame);
  if (!kept || kept->compressed || frame.lost != 0) return {};
  const MessageRecord& message = *kept;
  const std::uint64_t offset = frame.message_offset;
  if (message.data == nullptr || offset + frame.header.payload_length > message.data_size) return {};
  return {message.data + offset, static_cast<std::size_t>(frame.header.payload_length)};
}

/// The tvbuff that has these bytes of a record; null if that is another packet's, or was cut.
tvbuff_t* source_with(packet_info* pinfo, PacketIndex index, int offset, int size) {
  if (!store()->has_packet(index)) return nullptr;
  const PacketRecord& packet = store()->packet(index);
  if (packet.number != pinfo->num || packet.file_offset != pinfo->fd->file_off) return nullptr;
  tvbuff_t* source = source_of(pinfo, packet);
  return source != nullptr && tvb_bytes_exist(source, offset, size) ? source : nullptr;
}

/// The first bytes of a plain frame's payload, as they stand in the packet.
Bytes plain_payload(packet_info* pinfo, const FrameCell& frame, std::size_t most) {
  const auto size = static_cast<int>(std::min<std::size_t>(most, frame.payload_length));
  if (size == 0) return {};
  const auto begin = static_cast<int>(frame.packet_offset) + frame.header_size;
  tvbuff_t* source = source_with(pinfo, frame.packet, begin, size);
  if (source == nullptr) return {};
  return {tvb_get_ptr(source, begin, size), static_cast<std::size_t>(size)};
}

/// The masked bytes of a single-frame message where they stand in the packet.
Bytes standing_payload(packet_info* pinfo, const FrameRecord& frame) {
  const FrameInPacket standing = frame_in_packet(pinfo, frame);
  if (standing.source == nullptr || frame.header.payload_length == 0) return {};
  const auto size = static_cast<int>(frame.header.payload_length);
  return {tvb_get_ptr(standing.source, standing.offset + frame.header.size, size), static_cast<std::size_t>(size)};
}

/// Returns how many were written.
std::size_t unmask(Bytes bytes, bool masked, const websocket::MaskingKey& key, std::uint8_t* out) {
  if (bytes.empty()) return 0;
  if (masked)
    websocket::apply_mask(bytes, {out, bytes.size()}, key, 0);
  else
    std::memcpy(out, bytes.data(), bytes.size());
  return bytes.size();
}

}  // namespace

tvbuff_t* source_of(packet_info* pinfo, const PacketRecord& packet) {
  if (packet.kind == SourceKind::tls_record) return tls_record_tvb(pinfo, packet.source);
  return source_tvb(pinfo, packet.source);
}

FrameInPacket frame_in_packet(packet_info* pinfo, const FrameRecord& frame) {
  if (frame.whole_in == none) return {};
  const auto offset = static_cast<int>(frame.packet_offset);
  const auto size = static_cast<int>(frame.header.size + frame.header.payload_length);
  tvbuff_t* source = source_with(pinfo, frame.whole_in, offset, size);
  return source == nullptr ? FrameInPacket{} : FrameInPacket{source, offset};
}

tvbuff_t* payload_of_frame(packet_info* pinfo, const FrameRecord& frame, const FrameInPacket& standing) {
  const auto size = static_cast<int>(frame.header.payload_length);
  if (frame.header.payload_length == 0) return nullptr;
  if (standing.source != nullptr) {
    const int begin = standing.offset + frame.header.size;
    if (!frame.header.masked) return tvb_new_subset_length(standing.source, begin, size);
    const Bytes masked{tvb_get_ptr(standing.source, begin, size), static_cast<std::size_t>(size)};
    return unmasked_copy(pinfo, masked, frame.header.masking_key);
  }
  const Bytes kept = kept_payload(frame);
  return kept.empty() ? nullptr : kept_copy(pinfo, kept, "WebSocket payload of several packets");
}

tvbuff_t* data_of_message(packet_info* pinfo, const MessageRecord& message, tvbuff_t* payload) {
  if (message.trust == websocket::Trust::undecodable) return nullptr;
  const bool is_payload = message.fragments == 1 && !message.compressed;
  if (message.in_packet || (is_payload && payload != nullptr)) return payload;
  if (message.data == nullptr) return nullptr;
  return kept_copy(pinfo, {message.data, message.data_size},
                   message.compressed ? "Inflated WebSocket message" : "WebSocket message");
}

std::size_t beginning_of_message(packet_info* pinfo, const MessageRecord& message, std::uint8_t* out,
                                 std::size_t most) {
  if (message.trust == websocket::Trust::undecodable) return 0;
  if (!message.in_packet) {
    const std::size_t size = std::min(most, message.data_size);
    if (size != 0) std::memcpy(out, message.data, size);
    return size;
  }
  if (const FrameCell* plain = store()->plain_frame(message.last_frame))
    return unmask(plain_payload(pinfo, *plain, most), plain->masked, plain->masking_key, out);
  const FrameRecord frame = store()->frame(message.last_frame);
  const Bytes standing = standing_payload(pinfo, frame);
  return unmask(standing.first(std::min(most, standing.size())), frame.header.masked, frame.header.masking_key, out);
}

Bytes bytes_of_message(packet_info* pinfo, const MessageRecord& message) {
  if (message.trust == websocket::Trust::undecodable) return {};
  if (!message.in_packet) return {message.data, message.data_size};
  const auto length = static_cast<std::size_t>(message.length);
  auto* bytes = static_cast<std::uint8_t*>(wmem_alloc(pinfo->pool, length + 1));
  return {bytes, beginning_of_message(pinfo, message, bytes, length)};
}

}  // namespace wslens
