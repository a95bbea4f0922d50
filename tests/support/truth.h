// SPDX-License-Identifier: GPL-2.0-or-later
/// What the endpoints of a sample say that they sent, and what the lens shows, as texts that can be compared.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "support/programs.h"

namespace wslens::test {

/// By direction ("40001-8080 client-to-server", the client's port first): messages in order, as "text " and the
/// SHA-256.
using Messages = std::map<std::string, std::vector<std::string>>;

/// Close frames are never among them.
enum class Which { data, data_and_pings };

/// The sample's truth file.
nlohmann::json truth_document(const std::string& sample);
/// The sessions of a sample by their client's port; of several with one port the last.
std::map<int, nlohmann::json> sessions_by_port(const std::string& sample, const Arguments& more = {});
/// What each end said that it sent; if it said nothing, what its peer says that it got. A direction of which nobody
/// says anything is missing, one without messages is empty.
Messages as_sent(const std::string& sample, Which which = Which::data);
/// Only those that are trusted as `trusts` says; empty: all. Directions without messages are missing.
Messages as_shown(const Reports& shown, Which which = Which::data, const std::set<std::string>& trusts = {});

/// Directions without messages are left out.
Messages without_empty(Messages messages);
/// The messages of `part` stand in `whole`, in that order.
bool is_subsequence(const std::vector<std::string>& part, const std::vector<std::string>& whole);

/// Fails unless one pass and two show the same, and just that which the endpoints of the sample sent. Returns the first
/// pass.
Reports expect_as_sent(const std::string& sample, Which which = Which::data);

/// The text or the decoded base64 of a message of messages-json.
std::string data_of(const nlohmann::json& message);

}  // namespace wslens::test
