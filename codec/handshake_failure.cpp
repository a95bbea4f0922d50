// SPDX-License-Identifier: GPL-2.0-or-later
#include "handshake_failure.h"

#include <array>
#include <vector>

#include "utf8.h"

namespace websocket {
namespace {

std::string the(Role role) { return "the " + std::string(role_name(role)); }

std::string shown(std::string_view text, std::size_t most = 60) { return printable_text(as_bytes(text), most); }

std::string quoted(std::string_view text) { return "\"" + shown(text) + "\""; }

struct StatusMeaning {
  std::uint16_t first, last;
  std::string_view meaning;
};

// RFC 9110 §15; 426: §15.5.22; 429: RFC 6585 §4. The first row that fits counts.
constexpr std::array<StatusMeaning, 18> meanings = {{
    {200, 299, "the server, or something in front of it, took it for an ordinary request"},
    {304, 304, "the server says that nothing has changed, as to an ordinary request"},
    {300, 399, "the server sends the client elsewhere"},
    {400, 400, "the server would not take the request as it was"},
    {401, 401, "the client has to log in first"},
    {403, 403, "the server forbids it"},
    {404, 404, "there is no such resource"},
    {405, 405, "the server does not allow this method here"},
    {407, 407, "a proxy wants the client to log in first"},
    {408, 408, "the request did not come in time"},
    {410, 410, "there is no such resource any more"},
    {426, 426, "the server wants another protocol, or another version of it"},
    {429, 429, "the client has asked too often"},
    {400, 499, "the server blames the request"},
    {502, 502, "a gateway got no good answer from the server behind it"},
    {503, 503, "the server cannot serve it now"},
    {504, 504, "a gateway got no answer from the server behind it in time"},
    {500, 599, "the server failed"},
}};

std::string_view meaning_of(std::uint16_t status) {
  for (const StatusMeaning& row : meanings)
    if (status >= row.first && status <= row.last) return row.meaning;
  return "that opens no WebSocket";
}

class Failure {
 public:
  Failure(const Session& session, const PacketNumbers& packets) : session_(session), packets_(packets) {}

  std::string sentence() const {
    switch (session_.outcome) {
      case Outcome::waiting:
        return no_answer();
      case Outcome::refused:
        return session_.response.answer == Answer::switched_other ? switched_elsewhere() : refused();
      case Outcome::not_http:
        return "Failed: what came back in packet " + packet(session_.response_begins) +
               " is no HTTP response, so no WebSocket was opened.";
      case Outcome::not_captured:
        return "";
      case Outcome::switched:
        break;
    }
    return answer_unusable(session_) ? unusable() : "";
  }

 private:
  std::string packet(const Moment& moment) const { return std::to_string(packets_.number_of(moment.packet)); }

  std::string no_answer() const {
    const std::string request =
        session_.request.cut ? "the upgrade request, of which the capture does not have all" : "the upgrade request";
    if (session_.rst.happened())
      return "Failed: " + the(session_.rst_by) + " aborted the TCP connection (RST, packet " + packet(session_.rst) +
             ") before any answer to " + request + "." + broken_by_request();
    if (!session_.first_fin) return "";
    return "Failed: " + the(*session_.first_fin) + " closed the TCP connection (FIN, packet " +
           packet(session_.end(*session_.first_fin).fin) + ") before any answer to " + request + "." +
           broken_by_request();
  }

  std::string switched_elsewhere() const {
    return "Failed: the server switched to " + quoted(session_.response.upgrade) +
           ", which is not what a WebSocket needs." + broken_by_request();
  }

  std::string refused() const {
    const UpgradeResponse& response = session_.response;
    std::string text = "Failed: the server answered " + std::to_string(response.status);
    if (!response.reason.empty()) text += " " + shown(response.reason);
    text += " instead of 101: " + std::string(meaning_of(response.status));
    const std::string more = details();
    return text + (more.empty() ? "." : " (" + more + ").") + versions() + broken_by_request();
  }

  /// What belongs into the parentheses behind the meaning.
  std::string details() const {
    static const Refusal nothing;
    const UpgradeResponse& response = session_.response;
    const Refusal& refusal = response.refusal ? *response.refusal : nothing;
    std::vector<std::string> parts;
    if (response.status / 100 == 3 && !refusal.location.empty()) parts.push_back("to " + shown(refusal.location, 120));
    if (response.status == 401 || response.status == 407) {
      if (!refusal.challenge.empty()) parts.push_back("with " + shown(refusal.challenge));
    }
    if (response.status == 403 && !session_.request.origin.empty())
      parts.push_back("perhaps because of the Origin, " + shown(session_.request.origin));
    if (response.status == 404 || response.status == 410) parts.push_back(quoted(session_.request.target));
    if (response.status == 405) parts.push_back(shown(session_.request.method, 20));
    if (!refusal.retry_after.empty()) parts.push_back("to be tried again: Retry-After " + shown(refusal.retry_after));
    std::string text;
    for (const std::string& part : parts) text += (text.empty() ? "" : "; ") + part;
    return text;
  }

  std::string versions() const {
    const auto& refusal = session_.response.refusal;
    if (!refusal || refusal->versions.empty()) return "";
    const std::string& asked = session_.request.version;
    return " It speaks Sec-WebSocket-Version " + shown(refusal->versions) + "; the client asked for " +
           (asked.empty() ? "none" : shown(asked)) + ".";
  }

  /// Of what is no error only a body is a reason to refuse.
  static bool matters(const RuleInfo& info) {
    return info.severity == Severity::error || info.rule == Rule::request_with_body;
  }

  /// A request that breaks a rule is often the whole reason.
  std::string broken_by_request() const {
    std::string text;
    for (const RuleInfo& info : rule_table())
      if (matters(info) && session_.request.violations.has(info.rule)) text += " " + std::string(info.sentence);
    return text;
  }

  std::string unusable() const {
    std::string faults;
    for (const std::string& fault : faults_of_answer()) faults += (faults.empty() ? "" : ", and ") + fault;
    return "Failed: the server answered 101, but " + faults + "; a client must drop such a connection.";
  }

  std::vector<std::string> faults_of_answer() const {
    const UpgradeResponse& response = session_.response;
    std::vector<std::string> faults;
    const auto note = [&](Rule rule, const std::string& fault) {
      if (response.violations.has(rule)) faults.push_back(fault);
    };
    note(Rule::response_upgrade_wrong, response.upgrade.empty()
                                           ? "without an Upgrade field (a proxy in between may have removed it)"
                                           : "its Upgrade field says " + quoted(response.upgrade));
    note(Rule::response_connection_missing,
         "without a Connection field that names Upgrade (a proxy in between may have removed it)");
    note(Rule::response_with_body, "it announces a body, where none belongs");
    note(Rule::response_accept_missing, "without Sec-WebSocket-Accept");
    note(Rule::response_accept_wrong, "its Sec-WebSocket-Accept does not fit the client's key" + owner_of_accept());
    note(Rule::response_extension_not_offered,
         "it accepts an extension that was never offered: " + quoted(response.extensions_accepted));
    note(Rule::response_deflate_parameters_wrong,
         "it accepts compression in a way that is illegal or that no offer allows: " +
             quoted(response.extensions_accepted));
    note(Rule::response_subprotocol_not_offered,
         "it chooses the subprotocol " + quoted(response.subprotocol.value_or("")) + ", which was never offered");
    return faults;
  }

  /// An answer that belongs to another request: a cache, or a mix-up.
  std::string owner_of_accept() const {
    if (!session_.response.violations.has(Rule::response_accept_wrong)) return "";
    const auto owner = packets_.session_with_accept(session_.response.accept, session_.number);
    return owner ? " (it fits the key of session " + std::to_string(*owner) + ")" : "";
  }

  const Session& session_;
  const PacketNumbers& packets_;
};

}  // namespace

std::string handshake_failure(const Session& session, const PacketNumbers& packets) {
  return Failure(session, packets).sentence();
}

}  // namespace websocket
