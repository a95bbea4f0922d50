// SPDX-License-Identifier: GPL-2.0-or-later
/// What `-z wslens,NAME[,FILTER]` can be asked for.
///
/// Shape   one row for each report; a report registers a tap listener that prints to standard output.
/// Errors  a wrong name or filter: one line on standard error, status 1, before a packet is read.
#pragma once

#include <cstdint>
#include <vector>

#include "records.h"

namespace wslens {

void register_reports();

/// Each starts its report; `filter` is a display filter or null.
void start_story(const char* filter);
void start_sessions(const char* filter);
void start_sessions_json(const char* filter);
void start_messages_json(const char* filter);
void start_har(const char* filter);
void start_conformance(const char* filter);
void start_conformance_json(const char* filter);

/// A report on whole sessions, printed at the end: those that have a packet which matches the filter.
using PrintSessions = void (*)(const std::vector<SessionIndex>& sessions);
void start_session_report(const char* name, const char* filter, PrintSessions print);

/// At the end of a report: on standard error, in a line, what no report shows. `store()` is there.
void say_what_is_missing();

/// Registers a listener, or says in one line what is wrong with the filter and ends the program.
/// (For tap_packet_cb and friends see epan/tap.h.)
void check_filter(const char* report, const char* filter, const char* error);

}  // namespace wslens
