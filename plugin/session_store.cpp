// SPDX-License-Identifier: GPL-2.0-or-later
#include "session_store.h"

#include <algorithm>
#include <cassert>

#include "accept_key.h"
#include "digest.h"

namespace wslens {
namespace {

std::unique_ptr<SessionStore> the_store;
HeadSink* the_head_sink = nullptr;

FrameCell plain_cell(const websocket::PlainFrame& frame) {
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
  cell.heartbeat = frame.heartbeat;
  return cell;
}

/// Is it taken up again when Wireshark has forgotten it? What it decrypted ends there.
bool goes_on(const ConnectionEntry& entry) { return entry.connection.under_way() && !entry.inside_tls(); }

}  // namespace

SessionStore* store() { return the_store.get(); }
void open_store(const StoreLimits& limits) {
  if (the_store == nullptr) the_store = std::make_unique<SessionStore>(limits);
}
void close_store() { the_store.reset(); }
void send_heads_to(HeadSink* sink) { the_head_sink = sink; }
void suspend_store(std::string (*name_of)(const ConnectionEntry&)) {
  if (the_store != nullptr) the_store->forget_history(name_of);
}

ConnectionEntry* SessionStore::add_connection() {
  return &connections_.emplace_back(ConnectionEntry{.connection = websocket::Connection(*this, limits_.connection)});
}

bool SessionStore::begin_packet(std::uint32_t number, std::int64_t file_offset) {
  if (is_begun(number, file_offset)) return false;
  // tshark -2 -R: a packet that the read filter drops gives its number back.
  if (number <= latest_number_)
    for (PacketIndex i = packets_.end(); i-- > packets_.begin() && packets_[i].number == number;)
      packets_[i].dropped = true;
  begun_ = PacketKey{number, file_offset};
  just_fed_ = none;
  fed_places_.clear();
  return true;
}

bool SessionStore::claim_place(SourceKind kind, std::uint16_t source, std::uint32_t payload_offset) {
  const Place place = static_cast<Place>(kind) << 48 | static_cast<Place>(source) << 32 | payload_offset;
  if (std::find(fed_places_.begin(), fed_places_.end(), place) != fed_places_.end()) return false;
  fed_places_.push_back(place);
  return true;
}

void SessionStore::feed(ConnectionEntry& entry, websocket::TcpSegment& segment, const PacketRecord& packet) {
  flushed_ = false;
  ++changes_;
  latest_time_ = packet.time;
  just_fed_ = none;
  if (entry.connection.pass_by(segment)) return;
  const PacketIndex index = packets_.add(packet);
  segment.data.packet = index;
  feeding_ = &entry;
  if (!entry.connection.advance(segment)) return packets_.take_back();
  just_fed_ = index;
  latest_number_ = packet.number;
  packets_[index].sender = segment.sender;
  const PieceIndex last = packets_[index].last_piece;
  if (last != none) pieces_[last].header_was_known = record_of(pieces_[last].frame).header_known;
}

/// What was not decrypted by the end of the capture never is.
void SessionStore::lose_undecrypted(ConnectionEntry& tcp, ConnectionEntry& tls) {
  for (const websocket::Side side : {websocket::Side::a, websocket::Side::b}) lose_undecrypted(tcp, tls, side);
}

void SessionStore::lose_undecrypted(ConnectionEntry& tcp, ConnectionEntry& tls, websocket::Side side) {
  websocket::TlsWatch* watch = tcp.tls_watch[static_cast<std::size_t>(side)].get();
  if (watch == nullptr) return;
  const websocket::MissingRecords missing = watch->account_for_rest();
  if (missing.any) tls.connection.lose_end(side, missing.size);
}

void SessionStore::flush() {
  if (flushed_) return;  // called for every packet of a later pass
  flushed_ = true;
  ++changes_;
  begun_.reset();  // what becomes known now belongs to no packet
  for (ConnectionEntry& entry : connections_) {
    feeding_ = &entry;
    if (entry.inside_tls()) lose_undecrypted(*entry.around, entry);
    entry.connection.flush();
  }
}

// ---- what nobody reads again

/// Nothing will be said of them any more.
void SessionStore::close_frames_of_ended_connections() {
  while (!open_frames_.empty()) {
    const SessionEntry& entry = *sessions_[record_of(open_frames_.front()).session];
    if (entry.connection->connection.under_way()) return;
    open_frames_.erase(open_frames_.begin());
  }
}

void SessionStore::forget_packets_before(PacketIndex first) {
  for (PacketIndex i = packets_.begin(); i < first; ++i) shown_numbers_.add(i, packets_[i].number);
  packets_.forget_before(first);
  findings_.erase(findings_.begin(), findings_.lower_bound(first));
}

void SessionStore::forget_messages_before(FrameIndex first) {
  std::uint32_t message = messages_.begin();
  for (; messages_.has(message) && messages_[message].last_frame < first; ++message) {
    if (messages_[message].sha256 != nullptr) digests_.pop_front();
  }
  messages_.forget_before(message);
  for (; !kept_.empty() && kept_.front().frame < first; ++kept_begin_) {
    kept_bytes_ -= kept_.front().data.size();
    kept_.pop_front();
  }
}

void SessionStore::forget_shown() {
  close_frames_of_ended_connections();
  // What is under way refers to nothing in front of the first frame that has not ended.
  const bool any_open = !open_frames_.empty() && open_frames_.front() < checkpoint_.frames;
  const FrameIndex first = any_open ? open_frames_.front() : checkpoint_.frames;
  const std::uint32_t first_record = any_open ? frames_[first].packet : checkpoint_.records;
  forget_packets_before(checkpoint_.packets);
  PieceIndex piece = pieces_.begin();
  while (piece < checkpoint_.pieces && pieces_[piece].frame < first) ++piece;
  pieces_.forget_before(piece);
  forget_messages_before(first);
  frames_.forget_before(first);
  records_.forget_before(first_record);
  std::erase_if(answers_, [first](const auto& answer) { return answer.first < first; });
  std::erase_if(carried_, [first](const auto& carried) { return carried.first < first; });
  checkpoint_ = {packets_.end(), pieces_.end(), frames_.end(), records_.end()};
}

/// `fragment` is its last, and there may be others before it.
void SessionStore::message_is_over(FrameIndex fragment) {
  for (; fragment != none; fragment = record_of(fragment).previous_fragment) {
    const auto found = std::lower_bound(open_frames_.begin(), open_frames_.end(), fragment);
    if (found != open_frames_.end() && *found == fragment) open_frames_.erase(found);
  }
}

PacketIndex SessionStore::find_packet(std::uint32_t number, std::int64_t file_offset) const {
  // Asked several times for each packet, and most packets have none.
  if (number > latest_number_) return none;
  if (packets_.has(found_) && is_key_of(found_, number, file_offset)) return found_;
  const PacketIndex found = search_packet(number, file_offset);
  if (found != none) found_ = found;
  return found;
}

bool SessionStore::is_key_of(PacketIndex index, std::uint32_t number, std::int64_t file_offset) const {
  return packets_[index].number == number && packets_[index].file_offset == file_offset;
}

PacketIndex SessionStore::search_packet(std::uint32_t number, std::int64_t file_offset) const {
  PacketIndex first = packets_.end();
  while (first > packets_.begin() && is_key_of(first - 1, number, file_offset)) --first;  // as on the first pass
  if (packets_.has(first)) return first;
  if (first == packets_.begin() || packets_[first - 1].number < number) return none;
  first = packets_.begin();
  for (PacketIndex last = packets_.end(); first < last;) {
    const PacketIndex middle = first + (last - first) / 2;
    if (packets_[middle].number < number)
      first = middle + 1;
    else
      last = middle;
  }
  for (; packets_.has(first) && packets_[first].number == number; ++first)
    if (is_key_of(first, number, file_offset)) return first;
  return none;
}

std::uint32_t SessionStore::number_of(PacketIndex packet) const {
  if (packets_.has(packet)) return packets_[packet].number;
  if (const std::uint32_t shown = shown_numbers_.find(packet)) return shown;
  const auto old = old_numbers_.find(packet);
  return old == old_numbers_.end() ? 0 : old->second;
}

std::optional<std::uint32_t> SessionStore::session_with_accept(std::string_view accept, std::uint32_t before) const {
  for (; accepts_known_ < std::min<std::size_t>(before, sessions_.size()); ++accepts_known_) {
    const std::string& key = sessions_[accepts_known_]->session.request.key;
    if (!key.empty()) accepts_.emplace(websocket::accept_value(key), accepts_known_);
  }
  const auto found = accepts_.find(std::string(accept));
  if (found == accepts_.end() || found->second >= before) return std::nullopt;
  return found->second;
}

std::uint32_t SessionStore::link(PacketIndex packet) const {
  if (!packets_.has(packet)) return shown_numbers_.find(packet);
  return packets_[packet].dropped ? 0 : packets_[packet].number;
}

bool SessionStore::may_open_session() {
  if (sessions_.size() < limits_.sessions) return true;
  if (sessions_not_followed_++ == 0 && begun_) first_not_followed_ = *begun_;
  return false;
}

websocket::Session& SessionStore::open_session() {
  SessionEntry& entry = *sessions_.emplace_back(std::make_unique<SessionEntry>());
  entry.session.number = static_cast<std::uint32_t>(sessions_.size() - 1);
  entry.connection = feeding_;
  return entry.session;
}

void SessionStore::add_head(const websocket::Session& session, const websocket::HttpHead& head) {
  if (the_head_sink != nullptr) the_head_sink->add_head(session.number, head);
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
  record.header.rsv1 = cell.compressed;
  record.header.size = cell.header_size;
  record.header.masking_key = cell.masking_key;
  record.header.payload_length = cell.payload_length;
  record.session = packets_[cell.packet].session;
  record.sender = sender_of(packets_[cell.packet]);
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
  record.sender = sender_of(packet);
  record.trust = cell.trust;
  record.length_known = true;
  record.heartbeat = cell.heartbeat;
  record.compressed = cell.compressed;
  record.in_packet = !cell.compressed;
  record.length = cell.payload_length;
  if (cell.compressed) {
    const std::vector<std::uint8_t>& data = kept_[cell.inflated - kept_begin_].data;
    record.data = data.data();
    record.data_size = data.size();
    record.length = data.size();
  }
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

bool SessionStore::breaks_rules(FrameIndex index) const {
  if (frames_[index].plain) return false;
  if (!frame(index).violations.empty()) return true;
  const auto message = completed_by(index);
  return message && !message->violations.empty();
}

// ---- Recorder

void SessionStore::mark(const websocket::Session& session, PacketIndex packet, websocket::Mark mark) {
  if (!packets_.has(packet)) return;
  PacketRecord& record = packets_[packet];
  record.marks = static_cast<std::uint16_t>(record.marks | static_cast<std::uint16_t>(mark));
  record.session = session.number;
}

FrameIndex SessionStore::add_plain_frame(const websocket::Session& session, websocket::Role,
                                         const websocket::PlainFrame& frame) {
  packets_[frame.packet].session = session.number;
  const FrameIndex index = frames_.add(plain_cell(frame));
  show_in(frame.packet, index);
  return index;
}

void SessionStore::add_pong(const websocket::Session&, const websocket::PongSeen& pong) {
  const FrameIndex ping = current(pong.ping);  // none: there is none, or its packet was forgotten
  const FrameIndex frame = current(pong.frame);
  if (ping != none) answers_[ping].frame = frame;
  if (pong.directly || pong.ping == websocket::no_frame)
    answers_[frame] = {ping, pong.ping_packet, pong.round_trip, pong.known_late};
}

FrameIndex SessionStore::begin_frame(const websocket::Session& session, websocket::Role sender) {
  FrameRecord record;
  record.session = session.number;
  record.sender = sender;
  FrameCell cell;
  cell.packet = records_.add(record);
  return open_frames_.emplace_back(frames_.add(cell));
}

void SessionStore::add_piece(FrameIndex name, const websocket::Piece& piece) {
  if (!packets_.has(piece.packet)) return;
  const FrameIndex frame = current(name);
  const PieceIndex index = pieces_.add({piece, frame, none, none, false});
  PacketRecord& packet = packets_[piece.packet];
  FrameRecord& owner = record_of(frame);
  (packet.first_piece == none ? packet.first_piece : pieces_[packet.last_piece].next_in_packet) = index;
  (owner.first_piece == none ? owner.first_piece : pieces_[owner.last_piece].next_in_frame) = index;
  packet.last_piece = index;
  owner.last_piece = index;
}

void SessionStore::set_header(FrameIndex frame, const websocket::FrameHeader& header,
                              const websocket::ViolationSet& violations) {
  FrameRecord& record = record_of(current(frame));
  record.header = header;
  record.header_known = true;
  record.violations = violations;
}

void SessionStore::end_frame(FrameIndex name, const websocket::FrameDone& done) {
  const FrameIndex frame = current(name);
  FrameRecord& record = record_of(frame);
  record.violations = done.violations;
  record.done = true;
  record.shown_in = done.shown_in;
  record.previous_fragment = current(done.previous_fragment);
  record.lost = done.lost;
  if (record.previous_fragment != none) {
    const FrameRecord& before = record_of(record.previous_fragment);
    record.message_offset = before.message_offset + before.header.payload_length;
  }
  if (record.header.fin || is_control(record.header.opcode)) message_is_over(frame);
  if (done.shown_in != websocket::no_packet) show_in(done.shown_in, frame);
}

void SessionStore::show_in(PacketIndex packet, FrameIndex frame) {
  PacketRecord& record = packets_[packet];
  (record.first_shown == none ? record.first_shown : frames_[record.last_shown].next_shown) = frame;
  record.last_shown = frame;
}

void SessionStore::add_message(const websocket::Session& session, FrameIndex name, websocket::Message&& message) {
  const FrameIndex last_frame = current(name);
  MessageRecord record;
  record.session = session.number;
  record.last_frame = last_frame;
  record.type = message.type;
  record.sender = message.sender;
  record.trust = message.trust;
  record.compressed = message.compressed;
  record.in_packet = message.in_packet;
  record.data_cut = message.data_cut;
  record.heartbeat = message.heartbeat;
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
  const FrameRecord last = frame(last_frame);
  if (is_compressed_plain(last, record)) return make_plain(last_frame, last, record);
  link_fragments(last_frame, messages_.add(record));
}

/// Of compressed messages most are like this: a frame that stands whole in one packet, and nothing is wrong with it.
/// All there is to know of them fits into a cell. The packet holds nothing else of a frame that is not plain. (A
/// message that is decided at the end of the capture is shown in no packet, and its frame need not be whole in one.)
bool SessionStore::is_compressed_plain(const FrameRecord& frame, const MessageRecord& message) const {
  const bool is_kept = message.data != nullptr && message.data_size == message.length && message.sha256 == nullptr;
  if (!message.compressed || !is_kept || message.fragments != 1 || frame.whole_in != message.shown_in) return false;
  if (!packets_.has(frame.whole_in)) return false;
  const PacketRecord& packet = packets_[frame.whole_in];
  const bool alone = packet.first_piece == frame.first_piece && packet.last_piece == frame.last_piece;
  return alone && !frame.header.rsv2 && !frame.header.rsv3 && frame.violations.empty() && message.violations.empty();
}

/// In place of the frame's record and its piece, both of which were the last to come.
void SessionStore::make_plain(FrameIndex index, const FrameRecord& frame, const MessageRecord& message) {
  FrameCell& cell = frames_[index];
  assert(cell.packet + 1 == records_.end() && frame.first_piece + 1 == pieces_.end());
  cell = plain_cell({frame.header, message.type, message.trust, message.number, frame.whole_in, frame.packet_offset,
                     message.heartbeat});
  cell.compressed = true;
  cell.inflated = kept_begin_ + static_cast<std::uint32_t>(kept_.size() - 1);
  PacketRecord& packet = packets_[frame.whole_in];
  packet.first_piece = packet.last_piece = none;
  pieces_.take_back();
  records_.take_back();
}

void SessionStore::add_finding(const websocket::Session& session, PacketIndex packet, websocket::Finding finding,
                               websocket::Role in, std::uint64_t amount) {
  if (!packets_.has(packet)) return;
  packets_[packet].session = session.number;
  packets_[packet].has_findings = true;
  findings_.emplace(packet, FindingRecord{finding, in, amount});
}

void SessionStore::judge_neighbours(SessionEntry& entry) {
  using websocket::Role;
  websocket::Session& session = entry.session;
  const websocket::ViolationSet broken =
      neighbours_.judge(session, entry.connection->host[entry.side(Role::client)], entry.address(Role::server));
  if (broken.empty()) return;
  for (const websocket::RuleInfo& info : websocket::rule_table())
    if (broken.has(info.rule)) session.break_rule(info.rule, Role::client, session.request_done.packet);
}

/// Beyond the file's cap nothing more is kept; length and digest stay.
void SessionStore::keep_data(MessageRecord& record, websocket::Message&& message) {
  if (message.data.empty()) return;
  if (kept_bytes_ + message.data.size() > limits_.file_bytes) {
    if (message.sha256.empty() && record.lost == 0) message.sha256 = websocket::sha256_of(message.data);
    record.data_cut = true;
    sessions_[record.session]->session.note(websocket::Finding::data_cut, record.sender, 0, record.shown_in);
    add_finding(sessions_[record.session]->session, record.shown_in, websocket::Finding::data_cut, record.sender, 0);
  } else {
    kept_bytes_ += message.data.size();
    kept_.push_back({std::move(message.data), record.last_frame});
    const std::vector<std::uint8_t>& data = kept_.back().data;
    record.data = data.data();
    record.data_size = data.size();
  }
  if (!message.sha256.empty()) record.sha256 = digests_.emplace_back(std::move(message.sha256)).c_str();
}

void SessionStore::link_fragments(FrameIndex last_frame, std::uint32_t message) {
  for (FrameIndex frame = last_frame; frame != none; frame = record_of(frame).previous_fragment)
    record_of(frame).message = message;
}

// ---- a capture that goes on while Wireshark begins anew

FrameIndex SessionStore::current(FrameIndex index) const {
  if (index == none || frames_.has(index)) return index;
  const auto found = renamed_.find(index);
  return found == renamed_.end() ? none : found->second;
}

/// Frames that have not ended, and the last fragment of each message that has not: the codec will speak of them again.
std::vector<FrameIndex> SessionStore::frames_under_way() const {
  std::map<std::pair<SessionIndex, websocket::Role>, FrameIndex> fragments;
  std::vector<FrameIndex> under_way;
  for (const FrameIndex frame : open_frames_) {
    const FrameRecord& record = records_[frames_[frame].packet];
    if (!record.done)
      under_way.push_back(frame);
    else
      fragments[{record.session, record.sender}] = frame;
  }
  for (const auto& [direction, frame] : fragments) under_way.push_back(frame);
  return under_way;
}

void SessionStore::remember_number(PacketIndex packet) {
  if (const std::uint32_t number = number_of(packet)) old_numbers_[packet] = number;
}

void SessionStore::remember_numbers(FrameIndex frame) {
  for (; frame != none; frame = record_of(frame).previous_fragment)
    for (PieceIndex i = record_of(frame).first_piece; i != none; i = pieces_[i].next_in_frame)
      remember_number(pieces_[i].piece.packet);
}

void SessionStore::remember_numbers(const websocket::Session& session) {
  using websocket::Role;
  for (const websocket::Moment* moment :
       {&session.syn, &session.syn_ack, &session.ack, &session.request_begins, &session.request_done,
        &session.response_begins, &session.response_done, &session.first_data, &session.last_data, &session.rst,
        &session.last_ack, &session.first, &session.last})
    remember_number(moment->packet);
  for (const Role role : {Role::client, Role::server}) {
    remember_number(session.end(role).close.moment.packet);
    remember_number(session.end(role).fin.packet);
    remember_number(session.end(role).first_frame.packet);
    remember_number(session.end(role).fault.moment.packet);
  }
  for (const websocket::RuleBroken& broken : session.rules) {
    remember_number(broken.first_packet);
    for (const PacketIndex more : broken.more_packets) remember_number(more);
  }
}

void SessionStore::forget_history(std::string (*name_of)(const ConnectionEntry&)) {
  std::vector<std::pair<FrameIndex, FrameRecord>> survivors;
  for (const FrameIndex frame : frames_under_way()) {
    remember_numbers(frame);
    survivors.emplace_back(frame, record_of(frame));
  }
  for (const auto& entry : sessions_) remember_numbers(entry->session);
  packets_.forget();
  pieces_.forget();
  frames_.forget();
  records_.forget();
  messages_.forget();
  kept_begin_ += static_cast<std::uint32_t>(kept_.size());
  kept_.clear();
  digests_.clear();
  carried_.clear();
  findings_.clear();
  answers_.clear();
  kept_bytes_ = 0;
  begun_.reset();
  just_fed_ = none;

  std::unordered_map<FrameIndex, FrameIndex> renamed;
  for (auto& [old, record] : survivors) {
    record.first_piece = record.last_piece = record.shown_in = record.previous_fragment = none;
    FrameCell cell;
    cell.packet = records_.add(record);
    const FrameIndex frame = frames_.add(cell);
    renamed[old] = frame;
    for (const auto& [name, before] : renamed_)
      if (before == old) renamed[name] = frame;
  }
  renamed_ = std::move(renamed);

  open_frames_.clear();  // only those under way are left
  for (FrameIndex i = frames_.begin(); i != frames_.end(); ++i) open_frames_.push_back(i);
  checkpoint_ = {packets_.end(), pieces_.end(), frames_.begin(), records_.begin()};
  shown_numbers_.clear();

  findable_.clear();
  for (ConnectionEntry& entry : connections_) {
    if (goes_on(entry)) make_findable(entry, entry.link != nullptr ? name_of(entry) : entry.name);
    entry.link = nullptr;
    entry.asked = false;
  }
  forget_connections();
}

/// Those that go on, and those that a session names, whichever came on the connection later. Around a decrypted stream
/// is TCP's own.
void SessionStore::forget_connections() {
  std::unordered_set<const ConnectionEntry*> needed;
  for (const auto& session : sessions_) needed.insert(session->connection);
  for (const ConnectionEntry& entry : connections_)
    if (entry.inside_tls() && needed.contains(&entry)) needed.insert(entry.around);
  connections_.remove_if([&](const ConnectionEntry& entry) { return !goes_on(entry) && !needed.contains(&entry); });
}

void SessionStore::make_findable(ConnectionEntry& entry, const std::string& name) {
  entry.name = name;
  findable_[name] = &entry;
}

ConnectionEntry* SessionStore::take_up(const std::string& name) {
  const auto found = findable_.find(name);
  return found == findable_.end() || !found->second->connection.under_way() ? nullptr : found->second;
}

// ---- subprotocols that are streams

Carried SessionStore::carried_into(FrameIndex frame, bool first_pass) {
  const FrameRecord record = this->frame(frame);
  const auto left = leftovers_.find({record.session, record.sender});
  if (first_pass && left != leftovers_.end()) {
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
