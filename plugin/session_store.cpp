// SPDX-License-Identifier: GPL-2.0-or-later
#include "session_store.h"

#include <algorithm>

#include "digest.h"

namespace wslens {
namespace {

std::unique_ptr<SessionStore> the_store;

}  // namespace

SessionStore* store() { return the_store.get(); }
void open_store(const StoreLimits& limits) { the_store = std::make_unique<SessionStore>(limits); }
void close_store() { the_store.reset(); }

ConnectionEntry* SessionStore::add_connection() {
  return &connections_.emplace_back(
      ConnectionEntry{websocket::Connection(*this, limits_.connection), {}, {}, {}, 0, nullptr, false, false, false});
}

void SessionStore::begin_packet(std::uint32_t number, std::int64_t file_offset) {
  if (begun_any_ && begun_number_ == number && begun_offset_ == file_offset) return;
  // tshark -2 -R: a packet that the read filter drops gives its number back.
  for (PacketIndex i = packets_.end(); i-- > packets_.begin() && packets_[i].number == number;)
    packets_[i].dropped = true;
  begun_any_ = true;
  begun_number_ = number;
  begun_offset_ = file_offset;
  fed_places_.clear();
}

bool SessionStore::claim_place(SourceKind kind, std::uint16_t source, std::uint32_t payload_offset) {
  const Place place{kind, source, payload_offset};
  if (std::find(fed_places_.begin(), fed_places_.end(), place) != fed_places_.end()) return false;
  fed_places_.push_back(place);
  return true;
}

void SessionStore::feed(ConnectionEntry& entry, websocket::TcpSegment segment, const PacketRecord& packet) {
  const PacketIndex index = packets_.add(packet);
  segment.data.packet = index;
  feeding_ = &entry;
  flushed_ = false;
  if (!entry.connection.advance(segment)) return packets_.take_back();
  using websocket::Role;
  packets_[index].sender = segment.sender == entry.connection.client() ? Role::client : Role::server;
  const PieceIndex last = packets_[index].last_piece;
  if (last != none) pieces_[last].header_was_known = record_of(pieces_[last].frame).header_known;
}

void SessionStore::flush() {
  if (flushed_) return;  // called for every packet of a later pass
  flushed_ = true;
  for (ConnectionEntry& entry : connections_) {
    feeding_ = &entry;
    entry.connection.flush();
  }
}

PacketIndex SessionStore::find_packet(std::uint32_t number, std::int64_t file_offset) const {
  PacketIndex first = packets_.begin();
  for (PacketIndex last = packets_.end(); first < last;) {
    const PacketIndex middle = first + (last - first) / 2;
    if (packets_[middle].number < number)
      first = middle + 1;
    else
      last = middle;
  }
  for (; packets_.has(first) && packets_[first].number == number; ++first)
    if (packets_[first].file_offset == file_offset) return first;
  return none;
}

std::uint32_t SessionStore::number_of(PacketIndex packet) const {
  return packets_.has(packet) ? packets_[packet].number : 0;
}

std::uint32_t SessionStore::link(PacketIndex packet) const {
  return packets_.has(packet) && !packets_[packet].dropped ? packets_[packet].number : 0;
}

websocket::Session& SessionStore::open_session() {
  SessionEntry& entry = sessions_.emplace_back();
  entry.session.number = static_cast<std::uint32_t>(sessions_.size() - 1);
  entry.connection = feeding_;
  return entry.session;
}

// ---- what is seen of a frame

FrameRecord SessionStore::frame(FrameIndex index) const {
  const FrameCell& cell = frames_[index];
  if (cell.plain) return expand(cell);
  FrameRecord record = records_[cell.packet];
  record.next_shown = cell.next_shown;
  if (record.first_piece == none || record.first_piece != record.last_piece || record.lost != 0) return record;
  const websocket::Piece& piece = pieces_[record.first_piece].piece;
  if (!record.done || piece.length != record.header.size + record.header.payload_length) return record;
  record.whole_in = piece.packet;
  record.packet_offset = piece.packet_offset;
  return record;
}

FrameRecord SessionStore::expand(const FrameCell& cell) const {
  FrameRecord record;
  record.header.fin = true;
  record.header.opcode = cell.opcode;
  record.header.masked = cell.masked;
  record.header.size = cell.header_size;
  record.header.masking_key = cell.masking_key;
  record.header.payload_length = cell.payload_length;
  record.session = packets_[cell.packet].session;
  record.sender = packets_[cell.packet].sender;
  record.header_known = record.done = true;
  record.shown_in = record.whole_in = cell.packet;
  record.packet_offset = cell.packet_offset;
  record.next_shown = cell.next_shown;
  return record;
}

MessageRecord SessionStore::expand_message(FrameIndex index) const {
  using websocket::MessageType;
  const FrameCell& cell = frames_[index];
  const PacketRecord& packet = packets_[cell.packet];
  MessageRecord record;
  record.type = cell.opcode == websocket::Opcode::text     ? MessageType::text
                : cell.opcode == websocket::Opcode::binary ? MessageType::binary
                : cell.opcode == websocket::Opcode::ping   ? MessageType::ping
                                                           : MessageType::pong;
  record.sender = packet.sender;
  record.trust = cell.trust;
  record.in_packet = record.length_known = true;
  record.length = cell.payload_length;
  record.wire_length = std::uint64_t{cell.header_size} + cell.payload_length;
  record.first_time = record.last_time = packet.time;
  record.session = packet.session;
  record.last_frame = index;
  record.first_packet = record.last_packet = record.shown_in = cell.packet;
  record.number = cell.message_number;
  record.fragments = 1;
  return record;
}

std::optional<MessageRecord> SessionStore::message_of(FrameIndex index) const {
  if (frames_[index].plain) return expand_message(index);
  const std::uint32_t message = records_[frames_[index].packet].message;
  return messages_.has(message) ? std::optional(messages_[message]) : std::nullopt;
}

std::optional<MessageRecord> SessionStore::completed_by(FrameIndex index) const {
  auto message = message_of(index);
  if (message && message->last_frame != index) message.reset();
  return message;
}

// ---- Recorder

void SessionStore::mark(const websocket::Session& session, PacketIndex packet, websocket::Mark mark) {
  PacketRecord& record = packets_[packet];
  record.marks = static_cast<std::uint16_t>(record.marks | static_cast<std::uint16_t>(mark));
  record.session = session.number;
}

void SessionStore::add_plain_frame(const websocket::Session& session, websocket::Role,
                                   const websocket::PlainFrame& frame) {
  FrameCell cell;
  cell.plain = true;
  cell.packet = frame.packet;
  cell.packet_offset = frame.packet_offset;
  cell.payload_length = static_cast<std::uint32_t>(frame.header.payload_length);
  cell.masking_key = frame.header.masking_key;
  cell.message_number = frame.number;
  cell.header_size = frame.header.size;
  cell.opcode = frame.header.opcode;
  cell.trust = frame.trust;
  cell.masked = frame.header.masked;
  packets_[frame.packet].session = session.number;
  show_in(frame.packet, frames_.add(cell));
}

FrameIndex SessionStore::begin_frame(const websocket::Session& session, websocket::Role sender) {
  FrameRecord record;
  record.session = session.number;
  record.sender = sender;
  FrameCell cell;
  cell.packet = records_.add(record);
  return frames_.add(cell);
}

void SessionStore::add_piece(FrameIndex frame, const websocket::Piece& piece) {
  const PieceIndex index = pieces_.add({piece, frame, none, none, false});
  PacketRecord& packet = packets_[piece.packet];
  FrameRecord& owner = record_of(frame);
  (packet.first_piece == none ? packet.first_piece : pieces_[packet.last_piece].next_in_packet) = index;
  (owner.first_piece == none ? owner.first_piece : pieces_[owner.last_piece].next_in_frame) = index;
  packet.last_piece = index;
  owner.last_piece = index;
}

void SessionStore::set_header(FrameIndex frame, const websocket::FrameHeader& header) {
  record_of(frame).header = header;
  record_of(frame).header_known = true;
}

void SessionStore::end_frame(FrameIndex frame, const websocket::FrameDone& done) {
  FrameRecord& record = record_of(frame);
  record.violations = done.violations;
  record.done = true;
  record.shown_in = done.shown_in;
  record.previous_fragment = done.previous_fragment;
  record.lost = done.lost;
  if (done.previous_fragment != none) {
    const FrameRecord& before = record_of(done.previous_fragment);
    record.message_offset = before.message_offset + before.header.payload_length;
  }
  if (done.shown_in != websocket::no_packet) show_in(done.shown_in, frame);
}

void SessionStore::show_in(PacketIndex packet, FrameIndex frame) {
  PacketRecord& record = packets_[packet];
  (record.first_shown == none ? record.first_shown : frames_[record.last_shown].next_shown) = frame;
  record.last_shown = frame;
}

void SessionStore::add_message(const websocket::Session& session, FrameIndex last_frame, websocket::Message&& message) {
  MessageRecord record;
  record.session = session.number;
  record.last_frame = last_frame;
  record.type = message.type;
  record.sender = message.sender;
  record.trust = message.trust;
  record.compressed = message.compressed;
  record.in_packet = message.in_packet;
  record.data_cut = message.data_cut;
  record.length_known = message.length.has_value();
  record.length = message.length.value_or(0);
  record.wire_length = message.wire_length;
  record.lost = message.lost;
  record.number = message.number;
  record.fragments = message.fragments;
  record.first_packet = message.first_packet;
  record.last_packet = message.last_packet;
  record.shown_in = message.shown_in;
  record.first_time = message.first_time;
  record.last_time = message.last_time;
  record.violations = message.violations;
  keep_data(record, std::move(message));
  link_fragments(last_frame, messages_.add(record));
}

/// Beyond the file's cap nothing more is kept; length and digest stay.
void SessionStore::keep_data(MessageRecord& record, websocket::Message&& message) {
  if (message.data.empty()) return;
  if (kept_bytes_ + message.data.size() > limits_.file_bytes) {
    if (message.sha256.empty() && record.lost == 0) message.sha256 = websocket::sha256_of(message.data);
    record.data_cut = true;
  } else {
    kept_bytes_ += message.data.size();
    const std::vector<std::uint8_t>& data = kept_.emplace_back(std::move(message.data));
    record.data = data.data();
    record.data_size = data.size();
  }
  if (!message.sha256.empty()) record.sha256 = digests_.emplace_back(std::move(message.sha256)).c_str();
}

void SessionStore::link_fragments(FrameIndex last_frame, std::uint32_t message) {
  for (FrameIndex frame = last_frame; frame != none; frame = record_of(frame).previous_fragment)
    record_of(frame).message = message;
}

// ---- subprotocols that are streams

Carried SessionStore::carried_into(FrameIndex frame) {
  const FrameRecord record = this->frame(frame);
  const auto left = leftovers_.find({record.session, record.sender});
  if (left != leftovers_.end()) {
    carried_.emplace(frame, std::move(left->second));
    leftovers_.erase(left);
  }
  const auto found = carried_.find(frame);
  return found == carried_.end() ? Carried{} : Carried{found->second.data(), found->second.size()};
}

void SessionStore::carry_on(FrameIndex frame, const std::uint8_t* bytes, std::size_t size) {
  if (size == 0 || size > limits_.connection.message_bytes) return;
  const FrameRecord record = this->frame(frame);
  leftovers_[{record.session, record.sender}].assign(bytes, bytes + size);
}

}  // namespace wslens
