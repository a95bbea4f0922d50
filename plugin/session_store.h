// SPDX-License-Identifier: GPL-2.0-or-later
/// Everything that the lens knows of the open file. Filled on the first pass by the codec's Connections, read on every
/// pass.
///
/// One store for each open file: made when it is opened, deleted when it is closed or dissected anew.
/// Calls nothing of epan, so it may own what it likes; its readers get views and trivially destructible records.
#pragma once

#include <cstdint>
#include <deque>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "connection.h"
#include "ledger.h"
#include "neighbours.h"
#include "number_runs.h"
#include "records.h"
#include "session_rules.h"
#include "tls_watch.h"
#include "verdict.h"

namespace wslens {

/// One TCP connection: the codec's view of it, and the names of its two ends.
struct ConnectionEntry {
  websocket::Connection connection;
  std::array<std::string, 2> address{};  ///< "127.0.0.1:8080", "[::1]:8080"; filled when a session needs them
  std::array<std::string, 2> host{};     ///< "127.0.0.1"
  std::array<std::uint16_t, 2> port{};
  void* link = nullptr;  ///< the feeder's, see feed.cpp; null: not seen since the history was forgotten
  std::array<std::unique_ptr<websocket::TlsWatch>, 2> tls_watch{};  ///< of TCP's own stream, if it carries TLS
  std::string name = {};                                            ///< by which it is found again then
  ConnectionEntry* around = nullptr;                                ///< of a decrypted stream: the TCP connection
  bool asked = false;                                               ///< whether it may be taken over
  bool taken_over = false;                                          ///< packets after the 101 come to our dissector

  /// Is it the decrypted stream inside a TLS connection?
  [[nodiscard]] bool inside_tls() const { return around != nullptr; }
};

struct SessionEntry {
  websocket::Session session;
  ConnectionEntry* connection = nullptr;
  websocket::Side client = websocket::Side::a;
  std::string url;
  std::uint32_t tcp_stream = 0;
  mutable std::vector<websocket::RuleBroken> later_rules;  ///< see SessionStore::later_rules_of()
  mutable std::uint64_t judged_at = 0;                     ///< after how many segments
  [[nodiscard]] std::size_t side(websocket::Role role) const {
    return static_cast<std::size_t>(role == websocket::Role::client ? client : websocket::opposite(client));
  }
  [[nodiscard]] const std::string& address(websocket::Role role) const { return connection->address[side(role)]; }
  [[nodiscard]] std::uint16_t port(websocket::Role role) const { return connection->port[side(role)]; }
};

/// Bytes of earlier messages with which a packet of a subprotocol begins that a later message ends.
struct Carried {
  const std::uint8_t* bytes = nullptr;
  std::size_t size = 0;
};

/// Wants the HTTP heads of the sessions as they come: the store itself does not keep them.
class HeadSink {
 public:
  virtual void add_head(SessionIndex session, const websocket::HttpHead& head) = 0;

 protected:
  ~HeadSink() = default;
};

struct StoreLimits {
  websocket::Limits connection;
  std::uint64_t file_bytes = std::uint64_t{256} * 1024 * 1024;
  std::size_t sessions = 1'000'000;
  std::uint32_t looked_back = 256;  ///< so many packets, and those of frames under way, survive forget_shown()
};

class SessionStore final : public websocket::Recorder, public websocket::PacketNumbers {
 public:
  explicit SessionStore(const StoreLimits& limits) : limits_(limits) {}

  ConnectionEntry* add_connection();
  /// Wireshark drops all it knows in the middle of a capture (tshark -M, and -b at each new file), and numbers packets
  /// anew. The sessions and what is under way stay, under the name that `name_of` gives their connection; packets,
  /// frames and messages go.
  void forget_history(std::string (*name_of)(const ConnectionEntry&));
  /// Is there enough for forget_shown(), and may it be?
  [[nodiscard]] bool has_to_forget() const {
    return !history_is_read_ && packets_.end() - checkpoint_.packets >= limits_.looked_back;
  }
  /// Somebody reads of packets again that were shown.
  void keep_history() { history_is_read_ = true; }
  /// Between two packets. Nobody reads again of packets that were shown: what was kept of them goes, but for their
  /// numbers and what belongs to frames and messages under way. Sessions stay.
  void forget_shown();
  /// The connection that had that name when the history was forgotten; null: none. Once.
  ConnectionEntry* take_up(const std::string& name);
  /// Wireshark begins a new conversation at a SYN in the middle of a session, which the peer may yet refuse: so a
  /// session's connection is found by its name, too.
  void make_findable(ConnectionEntry& entry, const std::string& name);
  [[nodiscard]] bool has_findable() const { return !findable_.empty(); }
  /// Has any decrypted stream been fed?
  [[nodiscard]] bool has_tls() const { return has_tls_; }
  void note_tls() { has_tls_ = true; }
  /// To be called before the segments of a packet are fed, once or more; true: it is a new one.
  bool begin_packet(std::uint32_t number, std::int64_t file_offset);
  [[nodiscard]] bool is_begun(std::uint32_t number, std::int64_t file_offset) const {
    return begun_ == PacketKey{number, file_offset};
  }
  /// False: these bytes of the packet that was begun have been fed already. `place` says where they stand in it.
  bool claim_place(SourceKind kind, std::uint16_t source, std::uint32_t payload_offset);
  [[nodiscard]] bool anything_fed() const { return !fed_places_.empty(); }
  /// The record of the one segment that was fed of the packet that was begun. None: it has none, or there were more.
  [[nodiscard]] PacketIndex just_fed() const { return fed_places_.size() == 1 ? just_fed_ : none; }
  /// Feeds a segment of `entry`. `packet` becomes a record if anything refers to it, and the segment bears its number.
  void feed(ConnectionEntry& entry, websocket::TcpSegment& segment, const PacketRecord& packet);
  /// The end of what `side` sent: whatever of its TLS records was not decrypted by now never is.
  static void lose_undecrypted(ConnectionEntry& tcp, ConnectionEntry& tls, websocket::Side side);
  /// The capture has ended: what waits is decided. May be called again.
  void flush();
  /// No packet was fed since then: sessions are known to their ends.
  [[nodiscard]] bool flushed() const { return flushed_; }

  /// The packet's first record; those of its other segments follow it: see is_same_packet(). None: it has none.
  [[nodiscard]] PacketIndex find_packet(std::uint32_t number, std::int64_t file_offset) const;
  [[nodiscard]] bool is_same_packet(PacketIndex a, PacketIndex b) const {
    return packets_.has(a) && packets_.has(b) && packets_[a].number == packets_[b].number &&
           packets_[a].file_offset == packets_[b].file_offset;
  }
  [[nodiscard]] PacketIndex packets_begin() const { return packets_.begin(); }
  [[nodiscard]] PacketIndex packets_end() const { return packets_.end(); }
  [[nodiscard]] bool has_packet(PacketIndex index) const { return packets_.has(index); }
  [[nodiscard]] const PacketRecord& packet(PacketIndex index) const { return packets_[index]; }
  /// Of a packet that belongs to a session.
  [[nodiscard]] websocket::Role sender_of(const PacketRecord& packet) const {
    return packet.sender == sessions_[packet.session]->client ? websocket::Role::client : websocket::Role::server;
  }
  [[nodiscard]] const PieceRecord& piece(PieceIndex index) const { return pieces_[index]; }
  [[nodiscard]] FrameRecord frame(FrameIndex index) const;
  /// The frame as it is kept, if it is a plain one; else null.
  [[nodiscard]] const FrameCell* plain_frame(FrameIndex index) const {
    const FrameCell& cell = frames_[index];
    return cell.plain ? &cell : nullptr;
  }
  [[nodiscard]] websocket::Role sender_of(FrameIndex index) const {
    const FrameCell& cell = frames_[index];
    return cell.plain ? sender_of(packets_[cell.packet]) : records_[cell.packet].sender;
  }
  [[nodiscard]] FrameIndex next_shown(FrameIndex index) const { return frames_[index].next_shown; }
  /// The message that the frame is (a part of).
  [[nodiscard]] std::optional<MessageRecord> message_of(FrameIndex index) const;
  [[nodiscard]] std::optional<MessageRecord> message_in(const FrameRecord& frame) const {
    return messages_.has(frame.message) ? std::optional(messages_[frame.message]) : std::nullopt;
  }
  /// Does the frame, or the message that it completes, break a rule?
  [[nodiscard]] bool breaks_rules(FrameIndex index) const;
  /// The message that the frame completes.
  [[nodiscard]] std::optional<MessageRecord> completed_by(FrameIndex index) const;
  /// What the message that this frame completes was given by those before it, in its direction.
  [[nodiscard]] Carried carried_into(FrameIndex frame, bool first_pass);
  /// What it leaves to the next one; once, on the first pass.
  void carry_on(FrameIndex frame, const std::uint8_t* bytes, std::size_t size);
  /// Of a Ping or a Pong; null: nothing is known of it (of a Ping: no Pong was seen).
  [[nodiscard]] const PingAnswer* answer_of(FrameIndex frame) const {
    const auto found = answers_.find(frame);
    return found == answers_.end() ? nullptr : &found->second;
  }
  [[nodiscard]] bool has_frame(FrameIndex index) const { return frames_.has(index); }
  /// Calls `visit(record)` for each finding of the packet.
  template <typename Visit>
  void for_each_finding(PacketIndex packet, Visit visit) const {
    const auto [first, last] = findings_.equal_range(packet);
    for (auto each = first; each != last; ++each) visit(each->second);
  }
  /// All frames from begin to end, in the order in which they began.
  [[nodiscard]] FrameIndex frames_begin() const { return frames_.begin(); }
  [[nodiscard]] FrameIndex frames_end() const { return frames_.end(); }
  [[nodiscard]] const SessionEntry& session(SessionIndex index) const { return *sessions_[index]; }
  [[nodiscard]] SessionEntry& session(SessionIndex index) { return *sessions_[index]; }
  [[nodiscard]] std::size_t session_count() const { return sessions_.size(); }
  [[nodiscard]] std::size_t connection_count() const { return connections_.size(); }
  /// For a link: 0 if there is no such packet, or if it cannot be clicked (dropped by a read filter).
  [[nodiscard]] std::uint32_t link(PacketIndex packet) const;

  /// Those that only the whole session shows broken.
  [[nodiscard]] const std::vector<websocket::RuleBroken>& later_rules_of(const SessionEntry& entry) const {
    if (entry.judged_at != changes_) entry.later_rules = websocket::session_rules(entry.session, latest_time_);
    entry.judged_at = changes_;
    return entry.later_rules;
  }
  /// Those, and the session's own, in the order of the table.
  [[nodiscard]] std::vector<websocket::RuleBroken> rules_of(const websocket::Session& session) const {
    return websocket::all_rules(session, latest_time_);
  }
  /// The two ends have their names: what its client did beside it can be judged.
  void judge_neighbours(SessionEntry& entry);

  // PacketNumbers: 0 for none.
  std::uint32_t number_of(PacketIndex packet) const override;
  std::optional<std::uint32_t> session_with_accept(std::string_view accept, std::uint32_t before) const override;

  /// WebSockets that found no room: see StoreLimits::sessions.
  [[nodiscard]] std::uint64_t sessions_not_followed() const { return sessions_not_followed_; }
  [[nodiscard]] const StoreLimits& limits() const { return limits_; }
  /// Is it the packet with the first of them?
  [[nodiscard]] bool is_first_not_followed(std::uint32_t number, std::int64_t file_offset) const {
    return sessions_not_followed_ != 0 && first_not_followed_ == PacketKey{number, file_offset};
  }

  // Recorder
  bool may_open_session() override;
  websocket::Session& open_session() override;
  void add_head(const websocket::Session& session, const websocket::HttpHead& head) override;
  void mark(const websocket::Session& session, PacketIndex packet, websocket::Mark mark) override;
  FrameIndex add_plain_frame(const websocket::Session& session, websocket::Role sender,
                             const websocket::PlainFrame& frame) override;
  FrameIndex begin_frame(const websocket::Session& session, websocket::Role sender) override;
  void add_piece(FrameIndex frame, const websocket::Piece& piece) override;
  void set_header(FrameIndex frame, const websocket::FrameHeader& header,
                  const websocket::ViolationSet& violations) override;
  void end_frame(FrameIndex frame, const websocket::FrameDone& done) override;
  void add_finding(const websocket::Session& session, PacketIndex packet, websocket::Finding finding,
                   websocket::Role in, std::uint64_t amount) override;
  void add_pong(const websocket::Session& session, const websocket::PongSeen& pong) override;
  void add_message(const websocket::Session& session, FrameIndex last_frame, websocket::Message&& message) override;

 private:
  struct PacketKey {
    std::uint32_t number = 0;
    std::int64_t file_offset = 0;
    bool operator==(const PacketKey&) const = default;
  };
  using Place = std::uint64_t;  ///< from the top: SourceKind, source (16 bits), offset of the payload (32 bits)

  struct KeptMessage {
    std::vector<std::uint8_t> data;
    FrameIndex frame;  ///< that completed it
  };
  /// How far the ledgers had come between two packets.
  struct Checkpoint {
    PacketIndex packets = 0;
    PieceIndex pieces = 0;
    FrameIndex frames = 0;
    std::uint32_t records = 0;
  };

  static void lose_undecrypted(ConnectionEntry& tcp, ConnectionEntry& tls);
  void close_frames_of_ended_connections();
  void forget_packets_before(PacketIndex first);
  void forget_messages_before(FrameIndex first);
  void forget_connections();
  void message_is_over(FrameIndex fragment);
  FrameRecord& record_of(FrameIndex index) { return records_[frames_[index].packet]; }
  /// The frame's number now: it may have survived a change.
  [[nodiscard]] FrameIndex current(FrameIndex index) const;
  [[nodiscard]] std::vector<FrameIndex> frames_under_way() const;
  void remember_numbers(FrameIndex frame);
  void remember_numbers(const websocket::Session& session);
  void remember_number(PacketIndex packet);
  void show_in(PacketIndex packet, FrameIndex frame);
  [[nodiscard]] bool is_key_of(PacketIndex index, std::uint32_t number, std::int64_t file_offset) const;
  [[nodiscard]] PacketIndex search_packet(std::uint32_t number, std::int64_t file_offset) const;
  [[nodiscard]] FrameRecord expand(const FrameCell& cell) const;
  [[nodiscard]] MessageRecord expand_message(FrameIndex index) const;
  void link_fragments(FrameIndex last_frame, std::uint32_t message);
  [[nodiscard]] bool is_compressed_plain(const FrameRecord& frame, const MessageRecord& message) const;
  void make_plain(FrameIndex index, const FrameRecord& frame, const MessageRecord& message);
  void keep_data(MessageRecord& record, websocket::Message&& message);

  StoreLimits limits_;
  std::uint64_t kept_bytes_ = 0;
  std::list<ConnectionEntry> connections_;
  std::vector<std::unique_ptr<SessionEntry>> sessions_;  ///< an entry stays where it is
  Ledger<PacketRecord> packets_;                         ///< in the order of the file: numbers never fall
  Ledger<PieceRecord> pieces_;
  Ledger<FrameCell> frames_;
  Ledger<FrameRecord> records_;  ///< of frames that are not plain
  Ledger<MessageRecord> messages_;
  std::deque<KeptMessage> kept_;
  std::uint32_t kept_begin_ = 0;  ///< how many there were before the first of them
  std::deque<std::string> digests_;
  std::multimap<PacketIndex, FindingRecord> findings_;
  std::unordered_map<FrameIndex, PingAnswer> answers_;
  std::unordered_map<FrameIndex, std::vector<std::uint8_t>> carried_;  ///< into the message of that frame
  std::map<std::pair<SessionIndex, websocket::Role>, std::vector<std::uint8_t>> leftovers_;  ///< of the last message
  std::unordered_map<FrameIndex, FrameIndex> renamed_;          ///< frames that survived forget_history()
  std::unordered_map<PacketIndex, std::uint32_t> old_numbers_;  ///< of packets that did not, but are referred to
  NumberRuns shown_numbers_;                                    ///< of those that forget_shown() forgot
  std::vector<FrameIndex> open_frames_;  ///< in order: not plain, and not ended, or of a message that has not
  Checkpoint checkpoint_;                ///< when shown packets were last forgotten
  bool history_is_read_ = false;
  std::unordered_map<std::string, ConnectionEntry*> findable_;  ///< connections without a conversation so far
  /// By Sec-WebSocket-Accept; made when one is looked for that fits no key, and then up to the session in question.
  mutable std::unordered_map<std::string, std::uint32_t> accepts_;
  mutable std::uint32_t accepts_known_ = 0;
  websocket::Neighbours neighbours_;
  std::optional<websocket::Nanoseconds> latest_time_;  ///< of a packet that was fed
  ConnectionEntry* feeding_ = nullptr;
  PacketIndex just_fed_ = none;
  std::uint32_t latest_number_ = 0;   ///< of the last packet with a record: none has a higher one
  mutable PacketIndex found_ = none;  ///< by find_packet(), the last time
  std::uint64_t changes_ = 1;         ///< goes on with each segment
  bool has_tls_ = false;
  bool flushed_ = true;
  std::optional<PacketKey> begun_;  ///< the packet that is being fed
  std::uint64_t sessions_not_followed_ = 0;
  PacketKey first_not_followed_;
  std::vector<Place> fed_places_;  ///< of the packet that was begun
};

/// The store of the open file; null: none is open.
SessionStore* store();
void open_store(const StoreLimits& limits);
void close_store();
/// From now on, of whatever file; null: nobody wants them. The sink outlives the store.
void send_heads_to(HeadSink* sink);
/// The file closes, but the same capture may go on: see forget_history(). open_store() then takes it up.
void suspend_store(std::string (*name_of)(const ConnectionEntry&));

}  // namespace wslens
