// SPDX-License-Identifier: GPL-2.0-or-later
/// What the first pass leaves for every later one: flat records, found by packet.
///
/// All of them are trivially destructible, so a function that holds one may be left by longjmp.
/// The usual frame is kept as a FrameCell; FrameRecord and MessageRecord are what readers see of any frame.
#pragma once

#include <cstdint>
#include <type_traits>

#include "connection.h"
#include "recorder.h"

namespace wslens {

using websocket::FrameIndex;
using websocket::PacketIndex;

using PieceIndex = std::uint32_t;
using SessionIndex = std::uint32_t;
inline constexpr std::uint32_t none = UINT32_MAX;

/// Where the bytes that were fed stand in a packet.
enum class SourceKind : std::uint8_t {
  data_source,  ///< in the packet's data source number `source`
  tls_record,   ///< in the decrypted TLS record number `source` of the packet
};

/// One TCP segment, or one TLS record. A packet may bring several: their records stand side by side.
struct PacketRecord {
  std::int64_t file_offset = 0;  ///< with the number it is the packet's key: see SessionStore::find_packet
  std::int64_t time = 0;
  std::uint32_t number = 0;
  std::uint32_t payload_offset = 0;  ///< in its source
  SessionIndex session = none;
  PieceIndex first_piece = none, last_piece = none;  ///< of frames with bytes in this packet
  FrameIndex first_shown = none, last_shown = none;  ///< frames that this packet completed
  std::uint16_t marks = 0;                           ///< websocket::Mark
  std::uint16_t source = 0;
  SourceKind kind = SourceKind::data_source;
  websocket::Side sender = websocket::Side::a;
  bool has_findings = false;
  bool dropped = false;  ///< by tshark -R: its number was given to another packet

  [[nodiscard]] bool has(websocket::Mark mark) const { return (marks & static_cast<std::uint16_t>(mark)) != 0; }
};

/// What the capture lacks, in the packet in which that became known.
struct FindingRecord {
  websocket::Finding finding;
  websocket::Role in;
  std::uint64_t amount;
};

/// Of frames that are not kept as a cell.
struct PieceRecord {
  websocket::Piece piece;
  FrameIndex frame = none;
  PieceIndex next_in_packet = none;
  PieceIndex next_in_frame = none;
  bool header_was_known = false;  ///< when the packet was shown first
};

/// All that is kept of a plain frame (websocket::PlainFrame), and of one like it that is compressed; of any other,
/// where its record is.
struct FrameCell {
  std::uint32_t packet = none;  ///< plain: the packet that holds it; else its place among the records
  std::uint32_t packet_offset = 0;
  std::uint32_t payload_length = 0;
  websocket::MaskingKey masking_key{};
  std::uint32_t message_number = 0;
  FrameIndex next_shown = none;  ///< completed by the same packet
  std::uint32_t inflated = 0;    ///< compressed: where the store keeps its message
  std::uint8_t header_size = 0;
  websocket::Opcode opcode = websocket::Opcode::continuation;
  websocket::Trust trust = websocket::Trust::exact;
  bool plain : 1 = false;
  bool masked : 1 = false;
  bool compressed : 1 = false;
  bool heartbeat : 1 = false;  ///< plain: a text that comes again and again
};
static_assert(sizeof(FrameCell) <= 32);

struct FrameRecord {
  websocket::FrameHeader header;
  websocket::ViolationSet violations;
  SessionIndex session = none;
  websocket::Role sender = websocket::Role::client;
  bool header_known = false;
  bool done = false;
  PacketIndex shown_in = none;
  PieceIndex first_piece = none, last_piece = none;
  PacketIndex whole_in = none;      ///< the packet that holds all of it, in one piece
  std::uint32_t packet_offset = 0;  ///< of its first byte there
  FrameIndex previous_fragment = none;
  FrameIndex next_shown = none;      ///< completed by the same packet
  std::uint32_t message = none;      ///< the store's own: ask message_of()
  std::uint64_t message_offset = 0;  ///< of its payload in the message
  std::uint64_t lost = 0;
};

/// Of a Pong the Ping that it repeats, of a Ping the Pong that answers it.
struct PingAnswer {
  FrameIndex frame = none;         ///< none: a Pong that answers no Ping, or whose Ping was forgotten
  PacketIndex ping_packet = none;  ///< of a Pong: with the Ping that it repeats
  std::int64_t round_trip = 0;     ///< of a Pong
  bool known_late = false;         ///< of a Pong: its Ping became known after it
};

struct MessageRecord {
  const std::uint8_t* data = nullptr;  ///< kept by the store; null: in the packet, or nowhere
  std::size_t data_size = 0;
  const char* sha256 = nullptr;  ///< only where the data does not suffice to compute it
  std::uint64_t length = 0, wire_length = 0, lost = 0;
  std::int64_t first_time = 0, last_time = 0;
  SessionIndex session = none;
  FrameIndex last_frame = none;  ///< that completed it
  PacketIndex first_packet = none, last_packet = none, shown_in = none;
  std::uint32_t number = 0, fragments = 0;
  websocket::ViolationSet violations;
  websocket::MessageType type = websocket::MessageType::text;
  websocket::Role sender = websocket::Role::client;
  websocket::Trust trust = websocket::Trust::exact;
  bool compressed = false, in_packet = false, data_cut = false, length_known = false, heartbeat = false;
};

static_assert(std::is_trivially_destructible_v<PacketRecord> && std::is_trivially_destructible_v<PieceRecord> &&
              std::is_trivially_destructible_v<FrameCell> && std::is_trivially_destructible_v<FrameRecord> &&
              std::is_trivially_destructible_v<MessageRecord>);

}  // namespace wslens
