// SPDX-License-Identifier: GPL-2.0-or-later
/// -z wslens,conformance and -z wslens,conformance-json: the endpoints of the capture, by how many rules each was
/// judged and which it broke.
#include <cstdio>

#include "conformance.h"
#include "endpoint.h"
#include "json_line.h"
#include "reports.h"
#include "session_store.h"
#include "terminal.h"
#include "words.h"

namespace wslens {
namespace {

using websocket::Endpoint;
using websocket::Reaction;
using websocket::ReactionKind;
using websocket::Role;
using websocket::RuleOfEndpoint;
using websocket::Severity;

std::vector<Endpoint> endpoints_of(const std::vector<SessionIndex>& sessions) {
  websocket::Conformance conformance;
  for (const SessionIndex index : sessions) {
    const SessionEntry& entry = store()->session(index);
    const auto rules = store()->rules_of(entry.session);
    for (const Role role : {Role::client, Role::server})
      conformance.add(entry.session, role, address_of_endpoint(entry, role), rules);
  }
  return conformance.endpoints();
}

std::vector<std::uint32_t> packet_numbers(const RuleOfEndpoint& broken) {
  std::vector<std::uint32_t> numbers;
  for (const PacketIndex packet : broken.examples) numbers.push_back(store()->number_of(packet));
  return numbers;
}

std::string joined(const std::vector<std::uint32_t>& numbers, const char* separator) {
  std::string text;
  for (const std::uint32_t number : numbers) text += (text.empty() ? "" : separator) + std::to_string(number);
  return text;
}

// ---- text

std::string summary(const Endpoint& endpoint) {
  std::string text = counted(endpoint.sessions, "session") + ", " +
                     counted(websocket::size_of(endpoint.checked), "rule") + " checked, ";
  if (endpoint.broken.empty()) return text + "no rule broken";
  return text + std::to_string(endpoint.broken.size()) + " broken (" +
         counted(endpoint.broken_rules(Severity::error), "error") + ", " +
         counted(endpoint.broken_rules(Severity::warning), "warning") + ", " +
         counted(endpoint.broken_rules(Severity::note), "note") + ")";
}

/// "3 times in 2 sessions, packets 12, 40, 77", "Once in session 3, packet 40"
std::string occurrences(const Endpoint& endpoint, const RuleOfEndpoint& broken) {
  const auto packets = packet_numbers(broken);
  std::string text = broken.count == 1 ? "Once" : std::to_string(broken.count) + " times";
  if (broken.sessions.size() > 1)
    text += " in " + counted(broken.sessions.size(), "session");
  else if (endpoint.sessions > 1)
    text += " in session " + std::to_string(broken.sessions.front());
  return text + (packets.size() == 1 ? ", packet " : ", packets ") + joined(packets, ", ");
}

std::string reaction_sentence(const Endpoint& endpoint, const Reaction& reaction) {
  const std::string peer(websocket::role_name(websocket::other(endpoint.role)));
  if (reaction.kind == ReactionKind::none) return "Of the " + peer + ": " + in_words(reaction) + ".";
  return "The " + peer + ' ' + in_words(reaction) + ".";
}

Colour colour_of(Severity severity) {
  if (severity == Severity::error) return Colour::red;
  return severity == Severity::warning ? Colour::yellow : Colour::grey;
}

void print_rule(const Endpoint& endpoint, const RuleOfEndpoint& broken) {
  constexpr int indent = 11;
  const websocket::RuleInfo& info = websocket::rule_info(broken.rule);
  const std::string severity(websocket::severity_name(info.severity));
  std::printf("  %s%-9s%s", paint(colour_of(info.severity)), severity.c_str(), plain());
  print_wrapped(std::string(info.id) + " (" + std::string(info.section) + ")", indent, indent);
  const auto print_line = [](const std::string& text) {
    std::printf("%*s", indent, "");
    print_wrapped(text, indent, indent);
  };
  print_line(std::string(info.sentence));
  print_line(occurrences(endpoint, broken) + ".");
  if (broken.reaction) print_line(reaction_sentence(endpoint, *broken.reaction));
}

void print_text(const std::vector<SessionIndex>& sessions) {
  if (sessions.empty()) {
    std::printf("WebSocket Lens: no WebSocket session to show.\n");
    return;
  }
  for (const Endpoint& endpoint : endpoints_of(sessions)) {
    std::printf("%s", bold());
    print_wrapped(endpoint_in_words(endpoint.role, endpoint.name, endpoint.address), 0, 4);
    std::printf("%s", plain());
    print_wrapped(summary(endpoint), 0, 4);
    for (const RuleOfEndpoint& broken : endpoint.broken) print_rule(endpoint, broken);
    std::printf("\n");
  }
}

// ---- JSON

std::string json_of(const Reaction& reaction) {
  const bool happened = reaction.kind != ReactionKind::none;
  JsonLine line;
  line.text("kind", websocket::reaction_name(reaction.kind));
  reaction.code ? line.number("code", *reaction.code) : line.null("code");
  happened ? line.nanoseconds("after", reaction.after) : line.null("after");
  return line.number("bytes", reaction.sent_meanwhile).number("frames", reaction.frames_meanwhile).take();
}

std::string json_of(const RuleOfEndpoint& broken) {
  const websocket::RuleInfo& info = websocket::rule_info(broken.rule);
  JsonLine line;
  line.text("id", info.id).text("severity", websocket::severity_name(info.severity)).text("section", info.section);
  line.number("count", broken.count).raw("sessions", "[" + joined(broken.sessions, ",") + "]");
  line.raw("frames", "[" + joined(packet_numbers(broken), ",") + "]");
  broken.reaction ? line.raw("reaction", json_of(*broken.reaction)) : line.null("reaction");
  return line.take();
}

std::string json_of(const Endpoint& endpoint) {
  std::string list = "[";
  for (const RuleOfEndpoint& broken : endpoint.broken) list += (list.size() > 1 ? "," : "") + json_of(broken);
  JsonLine line;
  line.text("kind", "endpoint").text("role", websocket::role_name(endpoint.role)).text("name", endpoint.name);
  line.text("address", endpoint.address).number("sessions", endpoint.sessions);
  return line.number("rules_checked", websocket::size_of(endpoint.checked)).raw("broken", list + "]").take();
}

void print_json(const std::vector<SessionIndex>& sessions) {
  if (sessions.empty()) return;
  for (const Endpoint& endpoint : endpoints_of(sessions)) {
    const std::string line = json_of(endpoint);
    std::fwrite(line.data(), 1, line.size(), stdout);
    std::fputc('\n', stdout);
  }
}

}  // namespace

void start_conformance(const char* filter) { start_session_report("conformance", filter, print_text); }

void start_conformance_json(const char* filter) { start_session_report("conformance-json", filter, print_json); }

}  // namespace wslens
