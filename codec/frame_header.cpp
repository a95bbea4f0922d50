// SPDX-License-Identifier: GPL-2.0-or-later
#include "frame_header.h"

#include <algorithm>
#include <cassert>

namespace websocket {
namespace {

constexpr std::size_t base_size = 2;
constexpr std::uint8_t fin_bit = 0x80;
constexpr std::uint8_t rsv1_bit = 0x40;
constexpr std::uint8_t rsv2_bit = 0x20;
constexpr std::uint8_t rsv3_bit = 0x10;
constexpr std::uint8_t opcode_bits = 0x0F;
constexpr std::uint8_t mask_bit = 0x80;
constexpr std::uint8_t length_bits = 0x7F;

/// §5.2: the 7-bit length up to 125, or one of two values that announce a longer field.
constexpr std::uint8_t longest_7_bit = 125;
constexpr std::uint8_t announces_16_bit = 126;
constexpr std::uint8_t announces_64_bit = 127;
constexpr std::uint64_t longest_16_bit = 0xFFFF;

bool is_set(std::uint8_t byte, std::uint8_t bit) { return (byte & bit) != 0; }

std::uint8_t bit_if(bool set, std::uint8_t bit) { return set ? bit : std::uint8_t{0}; }

/// Bytes of the extended payload length that a 7-bit length announces.
std::size_t extension_size(std::uint8_t length7) {
  if (length7 == announces_16_bit) return 2;
  if (length7 == announces_64_bit) return 8;
  return 0;
}

/// Bytes of the extended payload length in its shortest form.
std::size_t shortest_extension_size(std::uint64_t payload_length) {
  if (payload_length <= longest_7_bit) return 0;
  return payload_length <= longest_16_bit ? 2 : 8;
}

std::size_t masking_key_size(bool masked) { return masked ? std::tuple_size_v<MaskingKey> : 0; }

/// Of 2 or 8 bytes.
std::uint64_t read_big_endian(Bytes bytes) {
  if (bytes.size() == 2) return std::uint64_t{bytes[0]} << 8 | bytes[1];
  std::uint64_t value = 0;
  for (const std::uint8_t byte : bytes) value = value << 8 | byte;
  return value;
}

void write_big_endian(std::uint64_t value, MutableBytes out) {
  for (std::size_t i = out.size(); i-- > 0; value >>= 8) out[i] = static_cast<std::uint8_t>(value & 0xFF);
}

void check_length(std::uint64_t payload_length, std::size_t extension, ViolationSet& broken) {
  // §5.2: "the minimal number of bytes MUST be used to encode the length"
  if (extension > shortest_extension_size(payload_length)) broken.add(Rule::length_not_minimal);
  // §5.2: "the most significant bit MUST be 0"
  if (payload_length >> 63 != 0) broken.add(Rule::length_top_bit_set);
}

/// §5.5: "All control frames MUST have a payload length of 125 bytes or less and MUST NOT be fragmented."
void check_control(const FrameHeader& header, ViolationSet& broken) {
  if (!is_control(header.opcode)) return;
  if (header.payload_length > longest_control_payload) broken.add(Rule::control_frame_too_long);
  if (!header.fin) broken.add(Rule::control_frame_fragmented);
}

void check_header(const FrameHeader& header, std::size_t extension, ViolationSet& broken) {
  // No registered extension uses RSV2 or RSV3, so no negotiation can allow them.
  if (header.rsv2 || header.rsv3) broken.add(Rule::rsv2_or_rsv3_set);
  if (is_reserved(header.opcode)) broken.add(Rule::opcode_reserved);
  if (extension != 0) check_length(header.payload_length, extension, broken);
  check_control(header, broken);
}

/// The form that header.size asks for if it can hold the length, else the shortest.
std::size_t chosen_extension_size(const FrameHeader& header) {
  const std::size_t shortest = shortest_extension_size(header.payload_length);
  const std::size_t without = base_size + masking_key_size(header.masked);
  for (const std::size_t longer : {std::size_t{2}, std::size_t{8}}) {
    if (longer > shortest && header.size == without + longer) return longer;
  }
  return shortest;
}

std::uint8_t first_byte(const FrameHeader& header) {
  return static_cast<std::uint8_t>(bit_if(header.fin, fin_bit) | bit_if(header.rsv1, rsv1_bit) |
                                   bit_if(header.rsv2, rsv2_bit) | bit_if(header.rsv3, rsv3_bit) |
                                   (static_cast<std::uint8_t>(header.opcode) & opcode_bits));
}

std::uint8_t second_byte(const FrameHeader& header, std::size_t extension) {
  std::uint8_t length7 = announces_64_bit;
  if (extension == 0) length7 = static_cast<std::uint8_t>(header.payload_length);
  if (extension == 2) length7 = announces_16_bit;
  return static_cast<std::uint8_t>(bit_if(header.masked, mask_bit) | length7);
}

}  // namespace

constinit const std::array<FrameHeader, 256> headers_by_first_byte = [] {
  std::array<FrameHeader, 256> headers{};
  for (unsigned byte = 0; byte < headers.size(); ++byte) {
    FrameHeader& header = headers[byte];
    header.fin = (byte & fin_bit) != 0;
    header.rsv1 = (byte & rsv1_bit) != 0;
    header.rsv2 = (byte & rsv2_bit) != 0;
    header.rsv3 = (byte & rsv3_bit) != 0;
    header.opcode = static_cast<Opcode>(byte & opcode_bits);
  }
  return headers;
}();

std::size_t frame_header_size(Bytes bytes) {
  assert(bytes.size() >= base_size);
  const std::uint8_t second = bytes[1];
  return base_size + extension_size(second & length_bits) + masking_key_size(is_set(second, mask_bit));
}

DecodedFrameHeader decode_frame_header(Bytes bytes) {
  DecodedFrameHeader decoded;
  decoded.status = decode_frame_header_into(bytes, decoded.header, decoded.violations);
  return decoded;
}

Status decode_frame_header_into(Bytes bytes, FrameHeader& header, ViolationSet& violations) {
  if (bytes.size() < base_size) return Status::need_more;
  const std::uint8_t first = bytes[0];
  const std::uint8_t length7 = bytes[1] & length_bits;
  const bool masked = is_set(bytes[1], mask_bit);
  const std::size_t extension = extension_size(length7);
  const std::size_t size = base_size + extension + masking_key_size(masked);
  if (bytes.size() < size) return Status::need_more;

  header = headers_by_first_byte[first];
  header.masked = masked;
  header.size = static_cast<std::uint8_t>(size);
  header.payload_length = extension == 0 ? length7 : read_big_endian(bytes.subspan(base_size, extension));
  if (masked) std::copy_n(&bytes[base_size + extension], header.masking_key.size(), header.masking_key.begin());
  violations = {};
  check_header(header, extension, violations);
  return Status::ok;
}

std::size_t encode_frame_header(const FrameHeader& header, MutableBytes out) {
  assert(out.size() >= max_frame_header_size);
  const std::size_t extension = chosen_extension_size(header);
  out[0] = first_byte(header);
  out[1] = second_byte(header, extension);
  write_big_endian(header.payload_length, out.subspan(base_size, extension));
  if (header.masked) std::ranges::copy(header.masking_key, out.subspan(base_size + extension).begin());
  return base_size + extension + masking_key_size(header.masked);
}

}  // namespace websocket
