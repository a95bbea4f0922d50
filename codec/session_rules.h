// SPDX-License-Identifier: GPL-2.0-or-later
/// The rules that only the session as a whole can show broken: what one end did not do, or did in the wrong order.
///
/// Shape   a Session, and when the capture ends, in; the broken rules, as Session::rules has them, out.
/// Source  RFC 6455 §4.1, §5.4, §5.5, §7.1. Nothing is said of what may hide among bytes that were not captured.
/// Its packets are those in which it became clear.
#pragma once

#include <optional>
#include <vector>

#include "session.h"

namespace websocket {

/// `capture_end`: the time of the last packet, of whatever connection; none: not known.
std::vector<RuleBroken> session_rules(const Session& session, std::optional<Nanoseconds> capture_end);

/// Session::rules and session_rules(), in the order of the table.
std::vector<RuleBroken> all_rules(const Session& session, std::optional<Nanoseconds> capture_end);

}  // namespace websocket
