// SPDX-License-Identifier: GPL-2.0-or-later
/// THE table of rules: what an endpoint must or should do, and a capture can prove that it did not.
///
/// Shape   Rule is the row's index; rule_info() is the row; ViolationSet is which rows are broken: all of them, no
/// allocation. Source  RFC 6455, RFC 7692, RFC 9110/9112; each row names its section. A rule is added in one place: a
/// name in the enum and its row in violation.cpp. What no rule here can say, and why, stands in docs/rules.md.
#pragma once

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace websocket {

/// error: a MUST; warning: a SHOULD, or worth a look; note: legal, and worth knowing.
enum class Severity : std::uint8_t { note, warning, error };

/// Whose duty the rule is: `sender` means whichever end sent the frame, `receiver` the one that had to react to it.
enum class Duty : std::uint8_t { client, server, sender, receiver };

/// The part of a session that has to be captured before the rule can be judged.
enum class Phase : std::uint8_t { request, response, frame, message, compression, ping, closing };

enum class Rule : std::uint8_t {
  // opening handshake, request
  request_method_not_get,
  request_http_version_too_old,
  request_target_malformed,
  request_host_missing,
  request_upgrade_missing,
  request_connection_missing,
  request_key_missing,
  request_key_malformed,
  request_key_repeated,
  request_key_not_random,
  request_key_reused,
  request_version_missing,
  request_version_repeated,
  request_origin_missing,
  request_subprotocol_malformed,
  request_subprotocol_repeated,
  request_extensions_malformed,
  request_extension_unregistered,
  request_deflate_parameters_wrong,
  request_with_body,
  request_followed_by_early_data,
  request_while_connecting,
  reconnect_without_delay,
  // opening handshake, response
  response_accepts_broken_request,
  response_101_to_http_1_0,
  response_upgrade_wrong,
  response_connection_missing,
  response_accept_missing,
  response_accept_wrong,
  response_accept_repeated,
  response_extension_not_offered,
  response_extensions_malformed,
  response_extensions_conflict,
  response_deflate_parameters_wrong,
  response_subprotocol_not_offered,
  response_subprotocol_repeated,
  response_subprotocol_none_chosen,
  response_with_body,
  response_versions_missing,
  response_asks_for_another_step,
  handshake_unanswered,
  invalid_response_used,
  // frame header
  client_frame_unmasked,
  server_frame_masked,
  masking_key_repeated,
  masking_key_predictable,
  rsv1_without_extension,
  rsv2_or_rsv3_set,
  opcode_reserved,
  length_not_minimal,
  length_top_bit_set,
  frame_length_unreasonable,
  frame_unfinished,
  control_frame_too_long,
  control_frame_fragmented,
  rsv1_on_control_frame,
  rsv1_on_continuation_frame,
  // messages
  continuation_without_start,
  message_interleaved,
  message_unfinished,
  text_not_utf8,
  fragmentation_refused,
  violation_not_failed,
  failed_without_close,
  // compression
  compressed_data_malformed,
  deflate_tail_kept,
  deflate_empty_message,
  deflate_beyond_window,
  compression_bomb,
  compression_enlarges,
  // Ping and Pong
  ping_unanswered,
  pong_data_differs,
  pong_late,
  ping_after_close,
  // close
  close_payload_one_byte,
  close_reason_not_utf8,
  close_code_not_allowed,
  close_code_unassigned,
  close_code_of_the_other_role,
  data_after_close,
  close_repeated,
  close_code_not_echoed,
  close_unanswered,
  close_crossed,
  tcp_ended_without_close,
  closing_handshake_skipped,
  tcp_closed_by_client_first,
  tcp_kept_open_after_close,
  rst_after_close,
};

inline constexpr std::size_t rule_count = static_cast<std::size_t>(Rule::rst_after_close) + 1;

struct RuleInfo {
  Rule rule;
  std::string_view id;  ///< stable and speaking: "client-frame-unmasked"
  Severity severity;
  std::string_view sentence;  ///< what was broken, for a person: "The client sent a frame without a mask."
  std::string_view section;   ///< "RFC 6455 §5.1"
  Duty duty;
  Phase phase;
  bool fatal = false;  ///< the RFC says that the peer must fail the connection for it
};

std::span<const RuleInfo> rule_table();
const RuleInfo& rule_info(Rule rule);
std::string_view severity_name(Severity severity);
std::string_view duty_name(Duty duty);
std::string_view phase_name(Phase phase);

/// A set of broken rules. Trivially destructible, so it may stand in a record.
class ViolationSet {
 public:
  constexpr ViolationSet() = default;
  void add(Rule rule) { bits_[word(rule)] |= bit(rule); }
  void add(const ViolationSet& more) {
    for (std::size_t i = 0; i < words; ++i) bits_[i] |= more.bits_[i];
  }
  void remove(Rule rule) { bits_[word(rule)] &= ~bit(rule); }
  [[nodiscard]] bool has(Rule rule) const { return (bits_[word(rule)] & bit(rule)) != 0; }
  [[nodiscard]] bool empty() const {
    std::uint64_t any = 0;
    for (const std::uint64_t bits : bits_) any |= bits;
    return any == 0;
  }
  bool operator==(const ViolationSet&) const = default;

 private:
  static constexpr std::size_t words = (rule_count + 63) / 64;
  static constexpr std::size_t word(Rule rule) { return static_cast<std::size_t>(rule) / 64; }
  static constexpr std::uint64_t bit(Rule rule) { return std::uint64_t{1} << (static_cast<std::size_t>(rule) % 64); }
  std::array<std::uint64_t, words> bits_{};
};

}  // namespace websocket
