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
      ConnectionEntry{websocket::Connection(*this, limits_.connection), {}, {}, {}, 0, nullptr, false, false});
}

void SessionStore::note_fed(std::uint32_t number, std::int64_t file_offset) {
  // tshark -2 -R: a packet that the read filter drops gives its number back.
  if (!packets_.empty() && packets_.back().number == number && packets_.back().file_offset != file_offset)
    packets_.back().dropped = true;
  fed_any_ = true;
  last_number_ = number;
  last_offset_ = file_offset;
}

void SessionStore::feed(ConnectionEntry& entry, websocket::TcpSegment segment, const PacketRecord& packet) {
  const bool known =
      !packets_.empty() && packets_.back().number == packet.number && packets_.back().file_offset == packet.file_offset;
  if (!known) packets_.push_back(packet);
  segment.data.packet = static_cast<PacketIndex>(packets_.size() - 1);
  feeding_ = &entry;
  flushed_ = false;
  const bool referred = entry.connection.advance(segment);
  if (!referred && !known) return packets_.pop_back();
  const PieceIndex last = packets_[segment.data.packet].last_piece;
  if (last != none) pieces_[last].header_was_known = frames_[pieces_[last].frame].header_known;
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
  auto found = std::lower_bound(packets_.begin(), packets_.end(), number,
                                [](const PacketRecord& record, std::uint32_t n) { return record.number < n; });
  for (; found != packets_.end() && found->number == number; ++found)
    if (found->file_offset == file_offset) return static_cast<PacketIndex>(found - packets_.begin());
  return none;
}

std::uint32_t SessionStore::number_of(PacketIndex packet) const {
  return packet < packets_.size() ? packets_[packet].number : 0;
}

std::uint32_t SessionStore::link(PacketIndex packet) const {
  return packet < packets_.size() && !packets_[packet].dropped ? packets_[packet].number : 0;
}

websocket::Session& SessionStore::open_session() {
  SessionEntry& entry = sessions_.emplace_back();
  entry.session.number = static_cast<std::uint32_t>(sessions_.size() - 1);
  entry.connection = feeding_;
  return entry.session;
}

void SessionStore::mark(const websocket::Session& session, PacketIndex packet, websocket::Mark mark) {
  PacketRecord& record = packets_[packet];
  record.marks = static_cast<std::uint16_t>(record.marks | static_cast<std::uint16_t>(mark));
  record.session = session.number;
}

FrameIndex SessionStore::begin_frame(const websocket::Session& session, websocket::Role sender) {
  FrameRecord& record = frames_.emplace_back();
  record.session = session.number;
  record.sender = sender;
  return static_cast<FrameIndex>(frames_.size() - 1);
}

void SessionStore::add_piece(FrameIndex frame, const websocket::Piece& piece) {
  const PieceIndex index = static_cast<PieceIndex>(pieces_.size());
  pieces_.push_back({piece, frame, none, none, false});
  PacketRecord& packet = packets_[piece.packet];
  FrameRecord& owner = frames_[frame];
  (packet.first_piece == none ? packet.first_piece : pieces_[packet.last_piece].next_in_packet) = index;
  (owner.first_piece == none ? owner.first_piece : pieces_[owner.last_piece].next_in_frame) = index;
  packet.last_piece = index;
  owner.last_piece = index;
}

void SessionStore::set_header(FrameIndex frame, const websocket::FrameHeader& header) {
  frames_[frame].header = header;
  frames_[frame].header_known = true;
}

void SessionStore::end_frame(FrameIndex frame, const websocket::FrameDone& done) {
  FrameRecord& record = frames_[frame];
  record.violations = done.violations;
  record.done = true;
  record.shown_in = done.shown_in;
  record.previous_fragment = done.previous_fragment;
  record.lost = done.lost;
  if (done.previous_fragment != none) {
    const FrameRecord& before = frames_[done.previous_fragment];
    record.message_offset = before.message_offset + before.header.payload_length;
  }
  if (done.shown_in == websocket::no_packet) return;
  PacketRecord& packet = packets_[done.shown_in];
  (packet.first_shown == none ? packet.first_shown : frames_[packet.last_shown].next_shown) = frame;
  packet.last_shown = frame;
}

void SessionStore::add_message(const websocket::Session& session, FrameIndex last_frame, websocket::Message&& message) {
  MessageRecord& record = messages_.emplace_back();
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
  link_fragments(last_frame, static_cast<MessageIndex>(messages_.size() - 1));
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

void SessionStore::link_fragments(FrameIndex last_frame, MessageIndex message) {
  for (FrameIndex frame = last_frame; frame != none; frame = frames_[frame].previous_fragment)
    frames_[frame].message = message;
}

}  // namespace wslens
