// SPDX-License-Identifier: GPL-2.0-or-later
#include "frame_rules.h"

namespace websocket {
namespace {

/// §5.1: "a client MUST mask all frames that it sends"; "A server MUST NOT mask any frames that it sends".
ViolationSet check_masking(const FrameHeader& header, Role sender) {
  ViolationSet broken;
  if (sender == Role::client && !header.masked) broken.add(Rule::client_frame_unmasked);
  if (sender == Role::server && header.masked) broken.add(Rule::server_frame_masked);
  return broken;
}

ViolationSet check_rsv1(const FrameHeader& header, bool rsv1_defined) {
  ViolationSet broken;
  if (!header.rsv1) return broken;
  // RFC 6455 §5.2: "MUST be 0 unless an extension is negotiated that defines meanings for non-zero values."
  if (!rsv1_defined) {
    broken.add(Rule::rsv1_without_extension);
    return broken;
  }
  // RFC 7692 §6: the "Per-Message Compressed" bit belongs to the message, so it stands on its first frame alone.
  if (is_control(header.opcode)) broken.add(Rule::rsv1_on_control_frame);
  if (header.opcode == Opcode::continuation) broken.add(Rule::rsv1_on_continuation_frame);
  return broken;
}

/// §10.4. One with the top bit set breaks a rule of its own.
bool is_unreasonable(std::uint64_t length) {
  constexpr std::uint64_t most = std::uint64_t{1} << 31;
  return length > most && length >> 63 == 0;
}

}  // namespace

ViolationSet check_unusual_frame(const FrameHeader& header, Role sender, bool rsv1_defined) {
  ViolationSet broken = check_masking(header, sender);
  broken.add(check_rsv1(header, rsv1_defined));
  if (is_unreasonable(header.payload_length)) broken.add(Rule::frame_length_unreasonable);
  return broken;
}

}  // namespace websocket
