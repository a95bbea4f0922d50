// SPDX-License-Identifier: GPL-2.0-or-later
/// -z wslens,sessions-json: one object for each session.
#include <algorithm>
#include <cstdio>

#include "json_line.h"
#include "latency.h"
#include "reports.h"
#include "session_store.h"

namespace wslens {
namespace {

using websocket::Role;

/// Null where the length of a message is not known.
std::string bytes_of(const websocket::Session& s) {
  JsonLine line;
  for (const Role role : {Role::client, Role::server}) {
    const auto& end = s.end(role);
    end.bytes_known ? line.number(websocket::role_name(role), end.bytes) : line.null(websocket::role_name(role));
  }
  return line.take();
}

std::string both(std::uint64_t client, std::uint64_t server) {
  JsonLine line;
  return line.number("client", client).number("server", server).take();
}

void add_frame(JsonLine& line, const char* key, const websocket::Moment& moment) {
  moment.happened() ? line.number(key, store()->number_of(moment.packet)) : line.null(key);
}

void add_duration(JsonLine& line, std::string_view key, const std::optional<websocket::Nanoseconds>& duration) {
  duration ? line.nanoseconds(key, *duration) : line.null(key);
}

std::string frames(const websocket::Session& s) {
  JsonLine line;
  add_frame(line, "syn", s.syn);
  add_frame(line, "syn_ack", s.syn_ack);
  add_frame(line, "ack", s.ack);
  add_frame(line, "request", s.request_done);
  add_frame(line, "response", s.response_done);
  add_frame(line, "first_data", s.first_data);
  add_frame(line, "last_data", s.last_data);
  add_frame(line, "close_client", s.end(Role::client).close.moment);
  add_frame(line, "close_server", s.end(Role::server).close.moment);
  add_frame(line, "fin_client", s.end(Role::client).fin);
  add_frame(line, "fin_server", s.end(Role::server).fin);
  add_frame(line, "rst", s.rst);
  return line.take();
}

std::string close_of(const websocket::CloseSeen& close) {
  JsonLine line;
  close.code ? line.number("code", *close.code) : line.null("code");
  close.code ? line.text("reason", close.reason) : line.null("reason");
  return line.take();
}

std::string closes(const websocket::Session& s) {
  JsonLine line;
  line.raw("client", close_of(s.end(Role::client).close)).raw("server", close_of(s.end(Role::server).close));
  s.first_close ? line.text("first", websocket::role_name(*s.first_close)) : line.null("first");
  add_duration(line, "echo", websocket::close_echo(s));
  return line.take();
}

std::string durations(const websocket::DurationStats& stats) {
  JsonLine line;
  line.nanoseconds("min", stats.least()).nanoseconds("mean", stats.mean()).nanoseconds("max", stats.most());
  return line.nanoseconds("jitter", stats.spread()).take();
}

/// The Pings of one end. Where something is missing nobody knows what stayed without an answer.
std::string pings_of(const websocket::PingStats& pings, bool all_known) {
  const bool known = all_known && pings.given_up == 0;
  const auto if_known = [known](std::uint64_t count) { return known ? std::optional(count) : std::nullopt; };
  JsonLine line;
  line.number("sent", pings.sent).number("answered", pings.answered);
  line.number_or_null("unanswered", if_known(pings.sent - pings.answered));
  line.number_or_null("unsolicited_pongs", if_known(pings.unsolicited_pongs));
  pings.round_trips.count() != 0 ? line.raw("rtt", durations(pings.round_trips)) : line.null("rtt");
  pings.intervals.count() != 0 ? line.raw("interval", durations(pings.intervals)) : line.null("interval");
  return line.take();
}

std::string pings(const websocket::Session& s) {
  const bool all_known = s.complete_from_start();
  JsonLine line;
  return line.raw("client", pings_of(s.end(Role::client).pings, all_known))
      .raw("server", pings_of(s.end(Role::server).pings, all_known))
      .take();
}

std::string latency(const SessionEntry& entry) {
  const auto steps = websocket::latencies(entry.session, entry.connection->inside_tls());
  JsonLine line;
  for (const auto step :
       {websocket::Step::tcp, websocket::Step::tls, websocket::Step::http, websocket::Step::first_message}) {
    const auto found = std::find_if(steps.begin(), steps.end(), [&](const auto& each) { return each.step == step; });
    add_duration(line, websocket::step_name(step),
                 found == steps.end() ? std::nullopt : std::optional(found->duration));
  }
  const auto most = websocket::slowest(steps);
  most ? line.text("slowest", websocket::step_name(*most)) : line.null("slowest");
  return line.take();
}

std::string api_codes(const websocket::Session& s) {
  JsonLine line;
  for (const Role role : {Role::client, Role::server}) {
    const auto code = websocket::api_code(s, role);
    code ? line.number(websocket::role_name(role), *code) : line.null(websocket::role_name(role));
  }
  return line.take();
}

std::string rules(const websocket::Session& s) {
  std::string list = "[";
  for (const websocket::RuleBroken& broken : store()->rules_of(s)) {
    const websocket::RuleInfo& info = websocket::rule_info(broken.rule);
    JsonLine line;
    line.text("id", info.id).text("severity", websocket::severity_name(info.severity));
    line.text("by", websocket::role_name(broken.by)).number("count", broken.count);
    line.text("section", info.section).number("first_frame", store()->number_of(broken.first_packet));
    list += (list.size() > 1 ? "," : "") + line.take();
  }
  return list + "]";
}

std::string findings(const websocket::Session& s) {
  std::string list = "[";
  for (const websocket::FindingMet& met : s.findings) {
    const websocket::FindingInfo& info = websocket::finding_info(met.finding);
    JsonLine line;
    line.text("id", info.id).text("severity", websocket::severity_name(info.severity));
    line.text("in", websocket::role_name(met.in)).number("count", met.count).number("amount", met.amount);
    add_frame(line, "first_frame", {met.first_packet, 0});
    list += (list.size() > 1 ? "," : "") + line.take();
  }
  return list + "]";
}

std::optional<bool> accept_ok(const websocket::Session& s) {
  if (!s.switched() || s.response.accept_verdict == websocket::AcceptVerdict::unknown) return std::nullopt;
  return s.response.accept_verdict == websocket::AcceptVerdict::right;
}

std::string object(const SessionEntry& entry) {
  const websocket::Session& s = entry.session;
  const bool answered = s.outcome == websocket::Outcome::switched || s.outcome == websocket::Outcome::refused;
  JsonLine line;
  line.text("kind", "session").number("session", s.number).text("url", entry.url);
  line.text("client", entry.address(Role::client)).text("server", entry.address(Role::server));
  line.number("tcp_stream", entry.tcp_stream).boolean("tls", entry.connection->inside_tls());
  answered && !s.late_start ? line.number("status", s.response.status) : line.null("status");
  line.boolean_or_null("accept_ok", accept_ok(s)).text_or_null("subprotocol", s.response.subprotocol);
  s.response.extensions_accepted.empty() ? line.null("extensions")
                                         : line.text("extensions", s.response.extensions_accepted);
  line.raw("frames", frames(s)).nanoseconds("start", s.first.time).nanoseconds("end", s.last.time);
  const auto& client = s.end(Role::client);
  const auto& server = s.end(Role::server);
  line.raw("messages", both(client.messages, server.messages)).raw("bytes", bytes_of(s));
  line.raw("close", closes(s)).boolean_or_null("clean", websocket::closed_cleanly(s)).raw("api_code", api_codes(s));
  s.first_fin ? line.text("first_fin", websocket::role_name(*s.first_fin)) : line.null("first_fin");
  s.rst.happened() ? line.text("rst_by", websocket::role_name(s.rst_by)) : line.null("rst_by");
  line.raw("pings", pings(s)).raw("latency", latency(entry));
  add_duration(line, "longest_silence", s.last_bytes.happened() ? std::optional(s.longest_silence) : std::nullopt);
  line.raw("rules", rules(s)).raw("findings", findings(s)).text("trust", websocket::trust_name(s.trust));
  if (client.lost + server.lost != 0) line.raw("lost", both(client.lost, server.lost));
  if (client.unframed + server.unframed != 0) line.raw("unframed", both(client.unframed, server.unframed));
  line.text("state", websocket::session_state_name(websocket::session_state(s)));
  return line.text("verdict", websocket::verdict(s, *store())).take();
}

void print(const std::vector<SessionIndex>& sessions) {
  for (const SessionIndex index : sessions) {
    const std::string line = object(store()->session(index));
    std::fwrite(line.data(), 1, line.size(), stdout);
    std::fputc('\n', stdout);
  }
}

}  // namespace

void start_sessions_json(const char* filter) { start_session_report("sessions-json", filter, print); }

}  // namespace wslens
