// SPDX-License-Identifier: GPL-2.0-or-later
#include "message_assembler.h"

#include <algorithm>
#include <array>

#include "close_payload.h"
#include "masking.h"

namespace websocket {
namespace {

/// §5.5: "All control frames MUST have a payload length of 125 bytes or less".
constexpr std::size_t longest_close = 125;

MessageType control_type(Opcode opcode) {
  if (opcode == Opcode::close) return MessageType::close;
  return opcode == Opcode::ping ? MessageType::ping : MessageType::pong;
}

}  // namespace

ViolationSet MessageAssembler::begin_frame(const FrameHeader& header, bool one_piece) {
  header_ = header;
  slot_ = Slot::none;
  if (is_reserved(header.opcode)) return {};
  if (!is_control(header.opcode)) return begin_data_frame(header, one_piece);

  ViolationSet violations;
  // A Close is always kept: it is small, and the session needs its code.
  slot_ = Slot::control;
  slot() = start(control_type(header.opcode), one_piece && header.opcode != Opcode::close);
  if (header.opcode == Opcode::close) {
    if (close_seen_) violations.add(Rule::close_repeated);
    close_seen_ = true;
  }
  return violations;
}

ViolationSet MessageAssembler::begin_data_frame(const FrameHeader& header, bool one_piece) {
  ViolationSet violations;
  if (close_seen_) violations.add(Rule::data_after_close);  // §5.5.1
  if (header.opcode == Opcode::continuation) {
    // After a loss the start may simply not have been captured.
    if (!message_open() && base_trust_ == Trust::exact) violations.add(Rule::continuation_without_start);
    slot_ = Slot::data;
    return violations;
  }
  if (message_open()) violations.add(Rule::message_interleaved);
  slot_ = message_open() && header.fin ? Slot::intruder : Slot::data;
  start_data_message(header, one_piece && header.fin);
  return violations;
}

void MessageAssembler::start_data_message(const FrameHeader& header, bool one_piece) {
  slot() = start(header.opcode == Opcode::text ? MessageType::text : MessageType::binary, one_piece);
  // RSV1 says that the payload is not the application data: compressed if that was agreed, else nobody knows what.
  if (!header.rsv1) return;
  slot()->message.compressed = compression_agreed_;
  slot()->message.trust = Trust::undecodable;
}

MessageAssembler::Building MessageAssembler::start(MessageType type, bool in_packet) const {
  Building building;
  building.message.type = type;
  building.message.sender = sender_;
  building.message.trust = base_trust_;
  building.message.in_packet = in_packet;
  return building;
}

/// The first and last packet, not those of the first and last byte: out of order they would stand the wrong way round.
void MessageAssembler::touch(PacketIndex packet, Nanoseconds time) {
  Building* building = current();
  if (building == nullptr || packet == no_packet) return;
  Message& message = building->message;
  if (message.first_packet == no_packet || packet < message.first_packet) {
    message.first_packet = packet;
    message.first_time = time;
  }
  if (message.last_packet == no_packet || packet > message.last_packet) {
    message.last_packet = packet;
    message.last_time = time;
  }
}

/// Null: the frame belongs to no message.
MessageAssembler::Building* MessageAssembler::current() { return slot() ? &*slot() : nullptr; }

FrameIndex MessageAssembler::last_fragment() const {
  const std::optional<Building>& open = building_[static_cast<std::size_t>(Slot::data)];
  return slot_ == Slot::data && open ? open->last_frame : no_frame;
}

void MessageAssembler::add_payload(Bytes masked, std::uint64_t payload_offset) {
  Building* building = current();
  if (building == nullptr) return;
  building->payload += masked.size();
  std::array<std::uint8_t, 4096> block;  // NOLINT: filled before it is read
  while (!masked.empty()) {
    const Bytes piece = masked.first(std::min(masked.size(), block.size()));
    Bytes unmasked = piece;
    if (header_.masked) {
      apply_mask(piece, block, header_.masking_key, payload_offset);
      unmasked = Bytes{block}.first(piece.size());
    }
    keep(*building, unmasked);
    masked = masked.subspan(piece.size());
    payload_offset += piece.size();
  }
}

/// Behind the first lost byte nothing is kept: `data` stays one contiguous piece that is right.
void MessageAssembler::keep(Building& building, Bytes unmasked) const {
  Message& message = building.message;
  if (message.lost != 0 || message.trust == Trust::undecodable) return;
  if (message.type == MessageType::text) building.utf8.feed(unmasked);
  if (message.in_packet) return;
  if (building.digest) return building.digest->feed(unmasked);
  // The session needs a Close's code and reason: one that keeps to §5.5 is never cut.
  const std::size_t most = message.type == MessageType::close ? std::max(keep_at_most_, longest_close) : keep_at_most_;
  if (message.data.size() + unmasked.size() <= most) {
    message.data.insert(message.data.end(), unmasked.begin(), unmasked.end());
    return;
  }
  building.digest = std::make_unique<Sha256>();
  building.digest->feed(message.data);
  building.digest->feed(unmasked);
  const std::size_t room = most - message.data.size();
  message.data.insert(message.data.end(), unmasked.begin(), unmasked.begin() + static_cast<std::ptrdiff_t>(room));
  message.data_cut = true;
}

void MessageAssembler::add_lost(std::uint64_t bytes) {
  limit_trust(Trust::after_gap);
  Building* building = current();
  if (building == nullptr) return;
  building->payload += bytes;
  building->message.lost += bytes;
  building->message.trust = worse(building->message.trust, Trust::truncated);
}

std::optional<Message> MessageAssembler::end_frame(FrameIndex frame) {
  Building* building = current();
  if (building == nullptr) return std::nullopt;
  Message& message = building->message;
  message.fragments += 1;
  message.wire_length += header_.size + header_.payload_length;
  building->last_frame = frame;
  // A control frame is a whole of its own, even where its FIN bit says otherwise (that is a broken rule).
  if (!is_control(header_.opcode) && !header_.fin) return std::nullopt;
  Message done = finish(*building);
  slot().reset();
  return done;
}

Message MessageAssembler::finish(Building& building) {
  Message& message = building.message;
  if (is_data(message.type)) message.number = ++count_;
  // Whole and not in doubt, or nothing is said of its text.
  const bool whole = message.lost == 0 && message.trust != Trust::undecodable;
  if (message.trust != Trust::undecodable) message.length = building.payload;
  if (whole && message.type == MessageType::text && !building.utf8.complete())
    message.violations.add(Rule::text_not_utf8);
  if (whole && building.digest) message.sha256 = building.digest->finish();
  return std::move(message);
}

}  // namespace websocket
