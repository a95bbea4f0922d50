// SPDX-License-Identifier: GPL-2.0-or-later
/// RFC 6455 §4-7: one WebSocket, from the packets that opened its TCP connection to those that ended it.
///
/// Shape   plain values, filled by Connection; session_state() and verdict() are read off them at any time.
/// Units   times are nanoseconds of the capture's clock; bytes are application bytes.
/// Knows no addresses and no ports: those are the caller's.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "duration_stats.h"
#include "finding.h"
#include "message.h"
#include "opening_handshake.h"

namespace websocket {

/// Something that happened in a packet.
struct Moment {
  PacketIndex packet = no_packet;
  Nanoseconds time = 0;
  [[nodiscard]] bool happened() const { return packet != no_packet; }
};

enum class SessionState : std::uint8_t { opening, open, closing, closed, failed, unknown };
std::string_view session_state_name(SessionState state);
std::string_view role_name(Role role);
std::string_view direction_name(Role sender);  ///< "client-to-server" or "server-to-client"

/// A Close frame, the first of its sender.
struct CloseSeen {
  Moment moment;
  bool body_known = true;  ///< false: (part of) its body is not in the capture
  std::optional<std::uint16_t> code;
  std::string reason;                   ///< as sent, bytes
  std::uint64_t peer_announced = 0;     ///< payload of the data frame that the peer was sending then; 0: none
  std::uint64_t peers_last_length = 0;  ///< of the peer's last data message before it
  std::uint32_t peer_fragments = 0;     ///< of the message that the peer had begun and not ended then
  std::optional<bool> had_peers;        ///< its packet acknowledges the peer's Close; empty: not known
};

struct RuleBroken {
  Rule rule;
  Role by;
  std::uint32_t count = 0;
  PacketIndex first_packet = no_packet;                              ///< an example
  std::array<PacketIndex, 2> more_packets = {no_packet, no_packet};  ///< and others
  bool of_session = false;  ///< no frame and no head shows it, only the packet in which it became clear
};

/// The first error that an end made behind the opening handshake, or the first for which its peer must fail the
/// connection; and what the peer did then (§7.1.7).
struct Fault {
  Rule rule{};
  Moment moment;
  std::uint64_t sent_before = 0;       ///< bytes of frames that the culprit had sent
  std::uint32_t peer_frames = 0;       ///< that its peer had sent
  Moment reaction;                     ///< the peer's Close, FIN or RST after it
  std::uint64_t sent_meanwhile = 0;    ///< bytes of the culprit between the two
  std::uint32_t frames_meanwhile = 0;  ///< of the peer between the two
  [[nodiscard]] bool happened() const { return moment.happened(); }
};

/// The compressed messages of one end (RFC 7692), as far as they inflate.
struct CompressionStats {
  std::uint32_t messages = 0;
  std::uint64_t compressed = 0;  ///< bytes of payload
  std::uint64_t inflated = 0;
};

struct FindingMet {
  Finding finding;
  Role in;  ///< what this end sent
  std::uint32_t count = 0;
  std::uint64_t amount = 0;              ///< in all; of evidence: the least
  PacketIndex first_packet = no_packet;  ///< an example; none: after the last packet
};

/// A silence as long as this is worth a word.
inline constexpr Nanoseconds notable_silence = Nanoseconds{10} * 1'000'000'000;

/// The Pings of one end (§5.5.2), and what its peer made of them.
struct PingStats {
  std::uint32_t sent = 0;
  std::uint32_t answered = 0;           ///< by a Pong of their own, or by that of a later Ping
  std::uint32_t given_up = 0;           ///< unanswered ones that are not waited for any more
  std::uint32_t unsolicited_pongs = 0;  ///< of the peer, which repeat no Ping
  DurationStats round_trips;            ///< of those with a Pong of their own
  DurationStats intervals;              ///< from Ping to Ping
  Moment last;
  Moment oldest_open;                 ///< waits for its Pong
  Moment near_miss;                   ///< a Pong whose data is nearly that of a Ping
  PacketIndex near_ping = no_packet;  ///< which waits, or was answered along with a later one; none: it got its own
};

/// What one end did.
struct EndOfSession {
  std::uint32_t messages = 0;
  std::uint64_t bytes = 0;  ///< of its data messages, where their length is known
  bool bytes_known = true;  ///< the length of all of them is
  CloseSeen close;
  PingStats pings;
  Moment fin;
  bool ended_before_peers_close = false;  ///< its FIN or RST does not acknowledge a Close of the peer
  std::uint64_t last_length = 0;          ///< of its last data message, where it is known
  std::uint64_t lost = 0;                 ///< bytes of its stream that the capture does not have
  std::uint64_t unframed = 0;             ///< captured bytes behind a gap that hides where frames begin
  bool early_data = false;                ///< sent bytes before the handshake was over
  bool framing_lost = false;
  bool unfinished_frame = false;     ///< its FIN came in the middle of one
  bool unfinished_message = false;   ///< or of a message
  Moment open_fault;                 ///< the message that it has begun is no UTF-8 already
  std::uint32_t frames = 0;          ///< that have begun
  Moment first_frame;                ///< the packet with its beginning
  std::uint64_t frame_bytes = 0;     ///< captured bytes behind the opening handshake
  std::uint32_t open_fragments = 0;  ///< of the message that it has begun and not ended
  Fault fault;
  CompressionStats compression;
  std::uint64_t announced = 0;  ///< payload of the data frame under way; 0: none
  /// All that it sent is in the capture, and was told apart.
  [[nodiscard]] bool complete() const { return lost + unframed == 0 && !framing_lost; }
};

/// How the answer to the request came out.
enum class Outcome : std::uint8_t {
  waiting,      ///< no answer yet
  switched,     ///< 101: a WebSocket
  refused,      ///< another status, or 101 to another protocol
  not_http,     ///< bytes came that are no HTTP response
  not_captured  ///< the answer, or the part that matters, is not in the capture
};

struct Session {
  std::uint32_t number = 0;
  Moment syn, syn_ack, ack;
  UpgradeRequest request;
  Moment request_begins, request_done;
  Outcome outcome = Outcome::waiting;
  bool first_on_connection = true;  ///< no other HTTP request came before it
  bool inside = false;              ///< TLS: there are no acknowledgements that tell who had seen what
  bool late_start = false;          ///< the capture begins after the 101; what was agreed is inferred
  UpgradeResponse response;         ///< when outcome is switched or refused
  Moment response_begins, response_done;
  Moment last_bytes;                ///< the latest packet with bytes of frames other than Close
  Nanoseconds longest_silence = 0;  ///< between two such packets, or the answer and the first
  Moment first_data, last_data;     ///< packets with the first and the last byte of data messages
  std::array<EndOfSession, 2> ends;
  std::optional<Role> first_close;
  std::optional<Role> first_fin;
  Moment rst;
  Role rst_by = Role::client;
  Moment last_ack;             ///< acknowledges the second FIN
  Moment first, last;          ///< first and last packet known to belong to it
  bool answer_hidden = false;  ///< the client received more of the server than the capture has, and no answer
  bool bytes_awaited = false;  ///< TCP ends, but bytes in front of that are missing and may yet come
  Trust trust = Trust::exact;  ///< the worst of its messages
  std::vector<RuleBroken> rules;
  std::vector<FindingMet> findings;

  [[nodiscard]] EndOfSession& end(Role role) { return ends[static_cast<std::size_t>(role)]; }
  [[nodiscard]] const EndOfSession& end(Role role) const { return ends[static_cast<std::size_t>(role)]; }
  /// Of both ends.
  [[nodiscard]] bool complete() const { return end(Role::client).complete() && end(Role::server).complete(); }
  /// From the opening handshake on.
  [[nodiscard]] bool complete_from_start() const { return complete() && !late_start; }
  /// It is the first session of its connection.
  [[nodiscard]] bool owns_tcp_handshake() const { return syn.happened() && first.packet == syn.packet; }
  [[nodiscard]] bool switched() const { return outcome == Outcome::switched; }
  [[nodiscard]] bool tcp_ended() const {
    return rst.happened() || (end(Role::client).fin.happened() && end(Role::server).fin.happened());
  }

  /// Bytes came of frames other than Close.
  void note_bytes(const Moment& moment);
  void break_rules(const ViolationSet& violations, Role by, PacketIndex packet);
  /// That no frame and no head shows.
  void break_rule(Rule rule, Role by, PacketIndex packet);
  /// Of a frame or message that is not whole yet, so that no rule is reported.
  void note_fault(const RuleInfo& info, Role by, const Moment& moment);
  /// Of a frame or message: what the peer should react to.
  void blame(const ViolationSet& violations, Role by, const Moment& moment);
  /// `by` sends a Close, a FIN or a RST.
  void note_reaction(Role by, const Moment& moment);
  void note(Finding finding, Role in, std::uint64_t amount, PacketIndex packet);
};

/// §4.1, RFC 7692 §5.1: a 101 for which a client must fail the connection.
bool answer_is_fatal(const Session& session);

/// §4.1: a 101 that a client must not take (its fields say something else than they must); and it sent nothing
/// afterwards.
bool answer_unusable(const Session& session);

SessionState session_state(const Session& session);

/// §7.1.7: this end failed the connection. It ended TCP without having received the peer's Close, and its own Close, or
/// its RST, says that it would not have processed one.
bool gave_up_on_peer(const Session& session, Role role);

/// §7.1.4: both Close frames, then TCP; empty where the capture does not tell.
std::optional<bool> closed_cleanly(const Session& session);

/// From the first Close frame to the other end's; empty: one of them is missing.
std::optional<Nanoseconds> close_echo(const Session& session);

/// §7.1.5: the code that the interface of `role`'s own program reports: that of the Close it received, 1005 if that had
/// none, 1006 if there was no Close (or no WebSocket); empty where the capture does not tell.
std::optional<std::uint16_t> api_code(const Session& session, Role role);

}  // namespace websocket
