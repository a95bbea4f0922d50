// SPDX-License-Identifier: GPL-2.0-or-later
/// THE table of rules: what an endpoint must or should do, and a capture can prove that it did not.
///
/// Shape   Rule is the row's index; rule_info() is the row; ViolationSet is which rows are broken: all of them, no
/// allocation. Source  RFC 6455, RFC 7692, RFC 9110/9112; each row names its section. A rule is added in one place: a
/// name in the enum and its row in violation.cpp.
#pragma once

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace websocket {

enum class Severity : std::uint8_t { note, warning, error };

/// Whose duty the rule is: `sender` means whichever end sent the frame.
enum class Duty : std::uint8_t { client, server, sender };

enum class Rule : std::uint8_t {
  // opening handshake, request
  request_method_not_get,
  request_http_version_too_old,
  request_host_missing,
  request_upgrade_missing,
  request_connection_missing,
  request_key_missing,
  request_key_malformed,
  request_key_repeated,
  request_version_missing,
  request_version_repeated,
  request_subprotocol_malformed,
  request_subprotocol_repeated,
  request_extensions_malformed,
  request_deflate_parameters_wrong,
  request_followed_by_early_data,
  // opening handshake, response
  response_upgrade_wrong,
  response_connection_missing,
  response_accept_missing,
  response_accept_wrong,
  response_accept_repeated,
  response_extension_not_offered,
  response_extensions_malformed,
  response_deflate_parameters_wrong,
  response_subprotocol_not_offered,
  response_subprotocol_repeated,
  // frame header
  client_frame_unmasked,
  server_frame_masked,
  rsv1_without_extension,
  rsv2_or_rsv3_set,
  opcode_reserved,
  length_not_minimal,
  length_top_bit_set,
  control_frame_too_long,
  control_frame_fragmented,
  rsv1_on_control_frame,
  rsv1_on_continuation_frame,
  // messages
  continuation_without_start,
  message_interleaved,
  message_unfinished,
  text_not_utf8,
  compressed_data_malformed,
  deflate_beyond_window,
  compression_bomb,
  // close
  close_payload_one_byte,
  close_reason_not_utf8,
  close_code_not_allowed,
  data_after_close,
  close_repeated,
};

inline constexpr std::size_t rule_count = static_cast<std::size_t>(Rule::close_repeated) + 1;

struct RuleInfo {
  Rule rule;
  std::string_view id;  ///< stable and speaking: "client-frame-unmasked"
  Severity severity;
  std::string_view sentence;  ///< what was broken, for a person: "The client sent a frame without a mask."
  std::string_view section;   ///< "RFC 6455 §5.1"
  Duty duty;
};

std::span<const RuleInfo> rule_table();
const RuleInfo& rule_info(Rule rule);
std::string_view severity_name(Severity severity);

/// A set of broken rules. Trivially destructible, so it may stand in a record.
class ViolationSet {
 public:
  constexpr ViolationSet() = default;
  void add(Rule rule) { bits_ |= bit(rule); }
  void add(const ViolationSet& more) { bits_ |= more.bits_; }
  [[nodiscard]] bool has(Rule rule) const { return (bits_ & bit(rule)) != 0; }
  [[nodiscard]] bool empty() const { return bits_ == 0; }
  bool operator==(const ViolationSet&) const = default;

 private:
  static constexpr std::uint64_t bit(Rule rule) { return std::uint64_t{1} << static_cast<unsigned>(rule); }
  std::uint64_t bits_ = 0;
  static_assert(rule_count <= 64, "give ViolationSet a second word");
};

}  // namespace websocket
