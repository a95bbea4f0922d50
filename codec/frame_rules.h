// SPDX-License-Identifier: GPL-2.0-or-later
/// RFC 6455 §5.1, §5.2 and RFC 7692 §6: the rules about a frame that need more than its header: who sent it, what was
/// agreed.
///
/// Shape   header, sender and what the handshake accepted in -> broken rules. No state.
/// Errors  none. What the header alone proves is in DecodedFrameHeader already and is not repeated here.
/// Does not check the order of frames: see message_assembler.h.
#pragma once

#include "frame_header.h"
#include "status.h"
#include "violation.h"

namespace websocket {

/// `rsv1_defined`: the server accepted an extension that gives RSV1 a meaning (permessage-deflate). Without one RSV1
/// breaks one rule, whatever the frame; with one it must stand on the first frame of a data message only.
ViolationSet check_frame(const FrameHeader& header, Role sender, bool rsv1_defined);
/// The same, out of line.
ViolationSet check_unusual_frame(const FrameHeader& header, Role sender, bool rsv1_defined);

/// Most frames keep to all of them, which is seen at once.
inline ViolationSet check_frame(const FrameHeader& header, Role sender, bool rsv1_defined) {
  constexpr std::uint64_t small = 1 << 30;
  const bool usual = header.masked == (sender == Role::client) && !header.rsv1 && header.payload_length <= small;
  return usual ? ViolationSet{} : check_unusual_frame(header, sender, rsv1_defined);
}

}  // namespace websocket
