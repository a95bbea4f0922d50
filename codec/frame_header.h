// SPDX-License-Identifier: GPL-2.0-or-later
/// RFC 6455 §5.2 frame header: the 2..14 bytes before the payload.
///
/// Shape   bytes in -> FrameHeader + Status; and back. No allocation, no state.
/// Units   lengths are bytes; payload_length is the full 64 bits as they stand on the wire.
/// Errors  need_more is not an error. A header of any bits can be decoded: broken rules are reported, never refused.
/// Reports what the header alone proves: reserved opcode, RSV2/RSV3, lengths not minimal, top bit, control frames.
/// Does not check roles, fragmentation or extensions: see frame_rules.h and message_assembler.h.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "bytes.h"
#include "opcode.h"
#include "status.h"
#include "violation.h"

namespace websocket {

using MaskingKey = std::array<std::uint8_t, 4>;

inline constexpr std::size_t max_frame_header_size = 14;
inline constexpr std::size_t longest_control_payload = 125;  ///< RFC 6455 §5.5

struct FrameHeader {
  bool fin = false;
  bool rsv1 = false;
  bool rsv2 = false;
  bool rsv3 = false;
  Opcode opcode = Opcode::continuation;
  bool masked = false;
  std::uint8_t size = 0;  ///< of this header on the wire, 2..14
  MaskingKey masking_key{};
  std::uint64_t payload_length = 0;

  bool operator==(const FrameHeader&) const = default;
};

struct DecodedFrameHeader {
  Status status = Status::need_more;  ///< ok or need_more
  FrameHeader header;
  ViolationSet violations;
};

/// How many bytes the header will have, judged from its first two; needs bytes.size() >= 2.
std::size_t frame_header_size(Bytes bytes);

DecodedFrameHeader decode_frame_header(Bytes bytes);

/// The same, in place; need_more: nothing was written.
Status decode_frame_header_into(Bytes bytes, FrameHeader& header, ViolationSet& violations);

/// The same, at once for most frames; false: ask decode_frame_header_into(), nothing was written.
inline bool decode_usual_frame_header(Bytes bytes, FrameHeader& header);

/// Writes the header in the shortest legal form (unless header.size asks for a longer one: a valid longer form of the
/// length is then kept, so that decode(encode(h)) == h). Returns the bytes written. out.size() >=
/// max_frame_header_size.
std::size_t encode_frame_header(const FrameHeader& header, MutableBytes out);

/// What the first byte says, for each of its values.
extern const std::array<FrameHeader, 256> headers_by_first_byte;

/// Inline, since reading short frames is little else: a data frame without RSV2 and RSV3, its length in 7 bits or, not
/// shorter than it must be, in 16. Nothing is wrong with such a header.
inline bool decode_usual_frame_header(Bytes bytes, FrameHeader& header) {
  if (bytes.size() < max_frame_header_size) return false;
  const unsigned first = bytes[0];
  const unsigned second = bytes[1];
  std::size_t size = 2;
  std::uint64_t length = second & 0x7F;
  if (length > 125) {
    if (length == 127) return false;
    length = static_cast<std::uint64_t>(bytes[2]) << 8 | bytes[3];
    size = 4;
    if (length <= 125) return false;
  }
  const bool may_be_wrong = (first & 0x3C) != 0 || (first & 0x3) == 0x3;  // RSV2, RSV3, control or reserved
  if (may_be_wrong) return false;
  header = headers_by_first_byte[first];
  if ((second & 0x80) != 0) {
    header.masked = true;
    std::copy_n(&bytes[size], header.masking_key.size(), header.masking_key.begin());
    size += header.masking_key.size();
  }
  header.size = static_cast<std::uint8_t>(size);
  header.payload_length = length;
  return true;
}

}  // namespace websocket
