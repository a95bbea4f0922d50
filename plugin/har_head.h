// SPDX-License-Identifier: GPL-2.0-or-later
/// An HTTP head as a HAR entry holds it: header fields, cookies and the query, as they were sent.
///
/// Leaves without epan calls.
#pragma once

#include <string>

#include "http_head.h"

namespace wslens {

/// Members of `request` or of `response`: those that stand in the head and that the session does not keep.
std::string har_head_members(const websocket::HttpHead& head);
/// The same of a head that is not in the capture.
std::string har_unknown_request_members();
std::string har_unknown_response_members();

}  // namespace wslens
