// SPDX-License-Identifier: GPL-2.0-or-later
#include "message_assembler.h"

#include <algorithm>
#include <array>

#include "close_payload.h"
#include "masking.h"

namespace websocket {
namespace {

/// Payload bytes in blocks, as the application gets them; a payload that is not masked in one piece, as it stands.
/// `use(bytes, ascii)`: `ascii` if they are known to be that.
template <typename Use>
void for_each_unmasked(const FrameHeader& header, Bytes masked, std::uint64_t payload_offset, Use use) {
  if (!header.masked) return use(masked, false);
  std::array<std::uint8_t, 4096> block;  // NOLINT: filled before it is read
  while (!masked.empty()) {
    const Bytes piece = masked.first(std::min(masked.size(), block.size()));
    const bool ascii = apply_mask(piece, block, header.masking_key, payload_offset);
    use(Bytes{block}.first(piece.size()), ascii);
    masked = masked.subspan(piece.size());
    payload_offset += piece.size();
  }
}

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
  // Its data is always kept: it is small, and the session needs it.
  slot_ = Slot::control;
  slot() = start(control_type(header.opcode),
                 one_piece && header.opcode != Opcode::close && header.payload_length > longest_control_payload);
  if (header.opcode == Opcode::ping && close_seen_) violations.add(Rule::ping_after_close);
  if (header.opcode == Opcode::close) {
    if (close_seen_) violations.add(Rule::close_repeated);
    close_seen_ = true;
    release_ = true;
    release_if_idle();
  }
  return violations;
}

bool MessageAssembler::is_plain(const FrameHeader& header) const {
  if (!header.fin || header.rsv1) return false;
  if (header.opcode == Opcode::pong) return true;
  if (close_seen_) return false;
  const bool data = header.opcode == Opcode::text || header.opcode == Opcode::binary;
  return header.opcode == Opcode::ping || (data && !message_open());
}

std::optional<PlainMessage> MessageAssembler::take_plain(const FrameHeader& header, Bytes masked) {
  PlainMessage message{control_type(header.opcode), base_trust_, 0};
  if (is_control(header.opcode)) return message;
  message.type = header.opcode == Opcode::text ? MessageType::text : MessageType::binary;
  if (message.type == MessageType::text && !is_text(header, masked)) return std::nullopt;
  message.number = ++count_;
  return message;
}

bool MessageAssembler::is_text(const FrameHeader& header, Bytes masked) {
  Utf8Validator utf8;
  for_each_unmasked(header, masked, 0,
                    [&](Bytes unmasked, bool ascii) { ascii ? utf8.feed_ascii() : utf8.feed(unmasked); });
  return utf8.complete();
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
  Building* const open = message_open() ? &*building_[static_cast<std::size_t>(Slot::data)] : nullptr;
  // Two messages in one context: what the sender's window holds now is anybody's guess.
  if (open != nullptr && open->inflating && (header.rsv1 || slot_ == Slot::data)) {
    break_off(*open);
    give_up(*open);
  }
  slot() = start(header.opcode == Opcode::text ? MessageType::text : MessageType::binary, one_piece && !header.rsv1);
  if (!header.rsv1) return;
  Message& message = slot()->message;
  // RSV1 says that the payload is not the application data: compressed if that was agreed, else nobody knows what.
  message.compressed = compression_agreed_;
  if (inflater_ && slot_ == Slot::data) return start_compressed_message(*slot());
  message.trust = Trust::undecodable;
  if (inflater_) inflater_->lose();  // its bytes are in the sender's window now, and not in ours
}

void MessageAssembler::start_compressed_message(Building& building) {
  inflater_->begin_message();
  building.inflating = true;
}

/// What was inflated so far stays only if it hangs on nothing unknown.
void MessageAssembler::break_off(Building& building) {
  if (!building.inflating) return;
  building.inflating = false;
  const InflateVerdict verdict = inflater_->break_off();
  building.message.context_lost = verdict.unknown_bytes;
  if (verdict.unknown_bytes) give_up(building);
}

void MessageAssembler::give_up(Building& building) {
  building.message.trust = Trust::undecodable;
  building.message.data = {};
  building.message.data_cut = false;
  building.digest.reset();
}

void MessageAssembler::lose_frames() {
  limit_trust(Trust::after_gap);
  if (inflater_) inflater_->lose();
}

void MessageAssembler::abandon() {
  std::optional<Building>& open = building_[static_cast<std::size_t>(Slot::data)];
  if (open) break_off(*open);
  for (std::optional<Building>& building : building_) building.reset();
  slot_ = Slot::none;
}

/// Behind a Close no message is expected; the open one may yet end.
void MessageAssembler::release_if_idle() {
  if (message_open()) return;
  release_ = false;
  if (inflater_) inflater_->release();
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
  if (building == nullptr) return lose_orphan();
  const bool ends = header_.fin && payload_offset + masked.size() == header_.payload_length;
  std::size_t left = masked.size();
  for_each_unmasked(header_, masked, payload_offset, [&](Bytes unmasked, bool /*ascii*/) {
    left -= unmasked.size();
    add_unmasked(*building, unmasked, ends && left == 0);
  });
}

/// A continuation without a start may go on with a compressed message that nobody saw.
void MessageAssembler::lose_orphan() {
  if (inflater_ && header_.opcode == Opcode::continuation) inflater_->lose();
}

/// `last`: of the message.
void MessageAssembler::add_unmasked(Building& building, Bytes unmasked, bool last) {
  if (building.inflating && last) return finish_inflating(building, unmasked);
  if (building.inflating) return inflater_->feed(unmasked, [&](Bytes inflated) { keep(building, inflated); });
  if (!building.message.compressed) keep(building, unmasked);
}

/// For the rest of the frame too, as far as what has come makes it credible.
void MessageAssembler::make_room(Message& message, std::size_t more) const {
  const std::size_t needed = message.data.size() + more;
  if (needed <= message.data.capacity() || message.compressed) return;
  const std::uint64_t expected =
      std::min<std::uint64_t>(message.payload_length + header_.payload_length, keep_at_most_);
  constexpr std::size_t credible = 8;
  message.data.reserve(
      std::max(needed, static_cast<std::size_t>(std::min<std::uint64_t>(expected, needed * credible))));
}

/// Behind the first lost byte nothing is kept: `data` stays one contiguous piece that is right.
void MessageAssembler::keep(Building& building, Bytes data) const {
  Message& message = building.message;
  building.length += data.size();
  if (message.lost != 0 || message.trust == Trust::undecodable) return;
  if (message.type == MessageType::text) building.utf8.feed(data);
  if (message.in_packet) return;
  if (building.digest) return building.digest->feed(data);
  // The session needs a Close's code and reason: one that keeps to §5.5 is never cut.
  const std::size_t most =
      message.type == MessageType::close ? std::max(keep_at_most_, longest_control_payload) : keep_at_most_;
  if (message.data.size() + data.size() <= most) {
    make_room(message, data.size());
    message.data.insert(message.data.end(), data.begin(), data.end());
    return;
  }
  building.digest = std::make_unique<Sha256>();
  building.digest->feed(message.data);
  building.digest->feed(data);
  const std::size_t room = most - message.data.size();
  message.data.insert(message.data.end(), data.begin(), data.begin() + static_cast<std::ptrdiff_t>(room));
  message.data_cut = true;
}

void MessageAssembler::add_lost(std::uint64_t bytes) {
  limit_trust(Trust::after_gap);
  Building* building = current();
  if (building == nullptr) return lose_orphan();
  break_off(*building);
  building->length += bytes;
  building->message.lost += bytes;
  building->message.trust = worse(building->message.trust, Trust::truncated);
}

std::optional<Message> MessageAssembler::end_frame(FrameIndex frame) {
  Building* building = current();
  if (building == nullptr) return std::nullopt;
  Message& message = building->message;
  message.fragments += 1;
  message.wire_length += header_.size + header_.payload_length;
  message.payload_length += header_.payload_length;
  building->last_frame = frame;
  // A control frame is a whole of its own, even where its FIN bit says otherwise (that is a broken rule).
  if (!is_control(header_.opcode) && !header_.fin) return std::nullopt;
  finish(*building);
  std::optional<Message> done = std::move(message);
  slot().reset();
  if (release_) release_if_idle();
  return done;
}

void MessageAssembler::finish_inflating(Building& building, Bytes last) {
  const InflateVerdict verdict = inflater_->end_message(last, [&](Bytes inflated) { keep(building, inflated); });
  building.inflating = false;
  building.message.context_lost = verdict.unknown_bytes;
  if (inferred_ && !verdict.good()) return give_up(building);  // under other parameters it may well be right
  if (verdict.malformed) building.message.violations.add(Rule::compressed_data_malformed);
  building.message.inflating_stopped = verdict.too_long;
  if (verdict.bomb) building.message.violations.add(Rule::compression_bomb);
  if (verdict.empty) building.message.violations.add(Rule::deflate_empty_message);
  if (verdict.tail_kept && !inferred_) building.message.violations.add(Rule::deflate_tail_kept);
  if (verdict.beyond_window) building.message.violations.add(Rule::deflate_beyond_window);
  if (!verdict.good()) give_up(building);
}

void MessageAssembler::finish(Building& building) {
  Message& message = building.message;
  if (building.inflating) finish_inflating(building, {});
  if (is_data(message.type)) message.number = ++count_;
  // Whole and not in doubt, or nothing is said of its text.
  const bool whole = message.lost == 0 && message.trust != Trust::undecodable;
  const bool length_known = whole || (!message.compressed && message.trust != Trust::undecodable);
  if (length_known) message.length = building.length;
  if (whole && message.type == MessageType::text && !building.utf8.complete())
    message.violations.add(Rule::text_not_utf8);
  if (whole && building.digest) message.sha256 = building.digest->finish();
  if (message.data.capacity() - message.data.size() > message.data.size() / 8) message.data.shrink_to_fit();
}

}  // namespace websocket
