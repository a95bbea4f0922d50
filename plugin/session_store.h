// SPDX-License-Identifier: GPL-2.0-or-later
/// Everything that the lens knows of the open file. Filled on the first pass by the codec's Connections, read on every
/// pass.
///
/// One store for each open file: made when it is opened, deleted when it is closed or dissected anew.
/// Calls nothing of epan, so it may own what it likes; its readers get views and trivially destructible records.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "connection.h"
#include "records.h"
#include "verdict.h"

namespace wslens {

/// One TCP connection: the codec's view of it, and the names of its two ends.
struct ConnectionEntry {
  websocket::Connection connection;
  std::array<std::string, 2> address;  ///< "127.0.0.1:8080", "[::1]:8080"; filled when a session needs them
  std::array<std::string, 2> host;     ///< "127.0.0.1"
  std::array<std::uint16_t, 2> port{};
  std::uint32_t tcp_stream = 0;
  void* link = nullptr;     ///< the feeder's, see feed.cpp
  bool asked = false;       ///< whether it may be taken over
  bool taken_over = false;  ///< packets after the 101 come to our dissector
};

struct SessionEntry {
  websocket::Session session;
  ConnectionEntry* connection = nullptr;
  websocket::Side client = websocket::Side::a;
  std::string url;
  [[nodiscard]] std::size_t side(websocket::Role role) const {
    return static_cast<std::size_t>(role == websocket::Role::client ? client : websocket::opposite(client));
  }
  [[nodiscard]] const std::string& address(websocket::Role role) const { return connection->address[side(role)]; }
  [[nodiscard]] std::uint16_t port(websocket::Role role) const { return connection->port[side(role)]; }
};

struct StoreLimits {
  websocket::Limits connection;
  std::uint64_t file_bytes = std::uint64_t{256} * 1024 * 1024;
};

class SessionStore final : public websocket::Recorder, public websocket::PacketNumbers {
 public:
  explicit SessionStore(const StoreLimits& limits) : limits_(limits) {}

  ConnectionEntry* add_connection();
  /// Feeds a segment of `entry`; `packet` gets its record if anything refers to it. Once for each packet: see
  /// already_fed().
  void feed(ConnectionEntry& entry, websocket::TcpSegment segment, const PacketRecord& packet);
  /// The capture has ended: what waits is decided. May be called again.
  void flush();

  [[nodiscard]] PacketIndex find_packet(std::uint32_t number, std::int64_t file_offset) const;
  [[nodiscard]] const PacketRecord& packet(PacketIndex index) const { return packets_[index]; }
  [[nodiscard]] const PieceRecord& piece(PieceIndex index) const { return pieces_[index]; }
  [[nodiscard]] const FrameRecord& frame(FrameIndex index) const { return frames_[index]; }
  [[nodiscard]] const MessageRecord& message(MessageIndex index) const { return messages_[index]; }
  [[nodiscard]] const SessionEntry& session(SessionIndex index) const { return sessions_[index]; }
  [[nodiscard]] SessionEntry& session(SessionIndex index) { return sessions_[index]; }
  [[nodiscard]] std::size_t session_count() const { return sessions_.size(); }
  [[nodiscard]] std::size_t message_count() const { return messages_.size(); }
  /// For a link: 0 if there is no such packet, or if it cannot be clicked (dropped by a read filter).
  [[nodiscard]] std::uint32_t link(PacketIndex packet) const;
  /// The number of packets since the file was opened that were fed already: the feeder's guard against feeding twice.
  [[nodiscard]] bool already_fed(std::uint32_t number, std::int64_t file_offset) const {
    return fed_any_ && last_number_ == number && last_offset_ == file_offset;
  }
  void note_fed(std::uint32_t number, std::int64_t file_offset);

  // PacketNumbers: 0 for none.
  std::uint32_t number_of(PacketIndex packet) const override;

  // Recorder
  websocket::Session& open_session() override;
  void mark(const websocket::Session& session, PacketIndex packet, websocket::Mark mark) override;
  FrameIndex begin_frame(const websocket::Session& session, websocket::Role sender) override;
  void add_piece(FrameIndex frame, const websocket::Piece& piece) override;
  void set_header(FrameIndex frame, const websocket::FrameHeader& header) override;
  void end_frame(FrameIndex frame, const websocket::FrameDone& done) override;
  void add_message(const websocket::Session& session, FrameIndex last_frame, websocket::Message&& message) override;

 private:
  void link_fragments(FrameIndex last_frame, MessageIndex message);
  void keep_data(MessageRecord& record, websocket::Message&& message);

  StoreLimits limits_;
  std::uint64_t kept_bytes_ = 0;
  std::deque<ConnectionEntry> connections_;
  std::deque<SessionEntry> sessions_;
  std::vector<PacketRecord> packets_;  ///< in the order of the file: numbers never fall
  std::vector<PieceRecord> pieces_;
  std::vector<FrameRecord> frames_;
  std::vector<MessageRecord> messages_;
  std::deque<std::vector<std::uint8_t>> kept_;
  std::deque<std::string> digests_;
  ConnectionEntry* feeding_ = nullptr;
  bool flushed_ = true;
  bool fed_any_ = false;
  std::uint32_t last_number_ = 0;
  std::int64_t last_offset_ = 0;
};

/// The store of the open file; null: none is open.
SessionStore* store();
void open_store(const StoreLimits& limits);
void close_store();

}  // namespace wslens
