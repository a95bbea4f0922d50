// SPDX-License-Identifier: GPL-2.0-or-later
/// The application bytes behind a record, where a packet is shown: from the packet itself, or from what the store kept.
///
/// The tvbuffs are copies of their own (freed with the packet), named as data sources, so the window can show their
/// bytes.
#pragma once

#include <cstddef>

#include "compat.h"
#include "records.h"

namespace wslens {

/// The bytes of a frame as they stand in the packet that completes it, if it stands there whole; null otherwise.
struct FrameInPacket {
  tvbuff_t* source = nullptr;
  int offset = 0;  ///< of the frame's first byte
};
FrameInPacket frame_in_packet(packet_info* pinfo, const FrameRecord& frame);
/// Where the bytes of a packet's record stand.
tvbuff_t* source_of(packet_info* pinfo, const PacketRecord& packet);

/// The frame's payload, unmasked; null where the capture does not have it whole. `standing`: see above.
tvbuff_t* payload_of_frame(packet_info* pinfo, const FrameRecord& frame, const FrameInPacket& standing);

/// The message's data, as far as it was kept; null where there is none. `payload` is that of its last frame, or null.
tvbuff_t* data_of_message(packet_info* pinfo, const MessageRecord& message, tvbuff_t* payload);

/// The first bytes of a message's data, at most `most`, without a tvbuff. Returns how many were written.
std::size_t beginning_of_message(packet_info* pinfo, const MessageRecord& message, std::uint8_t* out, std::size_t most);

/// All of it, for an export: in the store or in `pinfo->pool`.
websocket::Bytes bytes_of_message(packet_info* pinfo, const MessageRecord& message);

}  // namespace wslens
