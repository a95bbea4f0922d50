// SPDX-License-Identifier: GPL-2.0-or-later
#include "handshake_checks.h"

#include <algorithm>
#include <initializer_list>

#include "permessage_deflate.h"
#include "utf8.h"

namespace websocket {
namespace {

constexpr std::size_t most_shown = 120;

class Table {
 public:
  Table(const ViolationSet& violations, bool cut) : violations_(violations), cut_(cut) {}

  /// The first of `rules` that is broken counts. A field that need not be there has a line only if it is.
  void add(std::string_view field, const std::string& value, std::initializer_list<Rule> rules, bool required = true) {
    std::optional<Rule> broken;
    for (const Rule rule : rules)
      if (!broken && violations_.has(rule)) broken = rule;
    const bool absent = value.empty() && !broken;
    if (absent && (cut_ || !required)) return;
    checks_.push_back({field, value, broken});
  }
  std::vector<HandshakeCheck> take() { return std::move(checks_); }

 private:
  const ViolationSet& violations_;
  bool cut_;
  std::vector<HandshakeCheck> checks_;
};

std::string joined(const std::vector<std::string>& list) {
  std::string text;
  for (const std::string& each : list) text += (text.empty() ? "" : ", ") + each;
  return text;
}

std::string parameters_in_words(const Extension& extension) {
  std::string text = extension.name;
  for (const ExtensionParameter& parameter : extension.parameters)
    text += "; " + parameter.name + (parameter.value ? "=" + *parameter.value : "");
  return printable_text(as_bytes(text), most_shown);
}

std::string offer_in_words(const Extension& offer, std::size_t number) {
  std::string text = "Offer " + std::to_string(number) + ": " + parameters_in_words(offer);
  if (offer.name != permessage_deflate_name) return text + " (not an extension that this lens knows)";
  const ViolationSet broken = check_deflate_offers({{offer}, true});
  return text + (broken.empty() ? " (legal)" : " (ILLEGAL: unknown, repeated or out of range)");
}

std::string direction_in_words(std::string_view direction, const DeflateDirection& agreed) {
  return std::string(direction) + ": compressed with a window of " + std::to_string(1U << agreed.window_bits) +
         " bytes (" + std::to_string(agreed.window_bits) + " bits), the context " +
         (agreed.context_takeover ? "kept from message to message" : "begun anew with each message");
}

void add_answer(const UpgradeResponse& response, std::vector<std::string>& lines) {
  for (const Extension& accepted : response.extensions.extensions)
    lines.push_back("Accepted: " + parameters_in_words(accepted));
  for (const Rule rule : {Rule::response_extension_not_offered, Rule::response_deflate_parameters_wrong,
                          Rule::response_extensions_malformed})
    if (response.violations.has(rule)) lines.push_back("ILLEGAL: " + std::string(rule_info(rule).sentence));
  const auto agreed = agreed_deflate(response.extensions);
  if (!agreed) return;
  lines.push_back(direction_in_words("Client to server", agreed->client));
  lines.push_back(direction_in_words("Server to client", agreed->server));
}

void add_subprotocol(const UpgradeRequest& request, const UpgradeResponse& response, std::vector<std::string>& lines) {
  const std::string offered = printable_text(as_bytes(joined(request.subprotocols)), most_shown);
  if (response.subprotocol)
    lines.push_back("Subprotocol: \"" + printable_text(as_bytes(*response.subprotocol), most_shown) + "\", of " +
                    (offered.empty() ? "none that were offered" : offered));
  else if (!offered.empty() && !response.cut)
    lines.push_back("Subprotocol: none chosen, of " + offered);
}

}  // namespace

std::vector<HandshakeCheck> checks_of(const UpgradeRequest& request) {
  Table table(request.violations, request.cut);
  const bool ok = !request.cut;
  table.add("Method", request.method, {Rule::request_method_not_get});
  table.add("HTTP version",
            ok ? (request.violations.has(Rule::request_http_version_too_old) ? "before 1.1" : "1.1 or later") : "",
            {Rule::request_http_version_too_old});
  table.add("Host", request.host, {Rule::request_host_missing});
  table.add("Upgrade", ok && !request.violations.has(Rule::request_upgrade_missing) ? "websocket" : "",
            {Rule::request_upgrade_missing});
  table.add("Connection", ok && !request.violations.has(Rule::request_connection_missing) ? "Upgrade" : "",
            {Rule::request_connection_missing});
  table.add("Sec-WebSocket-Key", request.key,
            {Rule::request_key_missing, Rule::request_key_malformed, Rule::request_key_repeated});
  table.add("Sec-WebSocket-Version", request.version, {Rule::request_version_missing, Rule::request_version_repeated});
  table.add("Sec-WebSocket-Protocol", joined(request.subprotocols),
            {Rule::request_subprotocol_malformed, Rule::request_subprotocol_repeated}, false);
  table.add("Sec-WebSocket-Extensions", request.extensions_offered,
            {Rule::request_extensions_malformed, Rule::request_deflate_parameters_wrong}, false);
  return table.take();
}

std::vector<HandshakeCheck> checks_of(const UpgradeResponse& response) {
  if (response.answer != Answer::switched) return {};
  Table table(response.violations, response.cut);
  table.add("Upgrade", response.upgrade, {Rule::response_upgrade_wrong});
  const bool connection = !response.cut && !response.violations.has(Rule::response_connection_missing);
  table.add("Connection", connection ? "Upgrade" : "", {Rule::response_connection_missing});
  table.add("Sec-WebSocket-Accept", response.accept,
            {Rule::response_accept_missing, Rule::response_accept_wrong, Rule::response_accept_repeated});
  table.add("Sec-WebSocket-Protocol", response.subprotocol.value_or(""),
            {Rule::response_subprotocol_not_offered, Rule::response_subprotocol_repeated}, false);
  table.add("Sec-WebSocket-Extensions", response.extensions_accepted,
            {Rule::response_extension_not_offered, Rule::response_deflate_parameters_wrong,
             Rule::response_extensions_malformed},
            false);
  return table.take();
}

std::string in_words(const HandshakeCheck& check) {
  // Of these two the value is not kept where it is wrong.
  const bool may_be_another = check.field == "Upgrade" || check.field == "Connection";
  const std::string_view nothing = may_be_another ? "(missing, or another value)" : "(missing)";
  const std::string value =
      check.value.empty() ? std::string(nothing) : printable_text(as_bytes(check.value), most_shown);
  std::string text = std::string(check.broken ? "WRONG  " : "right  ") + std::string(check.field) + ": " + value;
  if (check.broken) text += ". " + std::string(rule_info(*check.broken).sentence);
  return text;
}

std::vector<std::string> negotiation_lines(const UpgradeRequest& request, const UpgradeResponse& response) {
  std::vector<std::string> lines;
  constexpr std::size_t most_offers = 20;
  const std::vector<Extension>& offers = request.extensions.extensions;
  for (std::size_t i = 0; i < std::min(offers.size(), most_offers); ++i)
    lines.push_back(offer_in_words(offers[i], i + 1));
  if (offers.size() > most_offers)
    lines.push_back("and " + std::to_string(offers.size() - most_offers) + " offers more");
  if (response.answer != Answer::switched) return lines;
  add_answer(response, lines);
  if (!offers.empty() && response.extensions_accepted.empty() && !response.cut)
    lines.emplace_back("Accepted: nothing; no message of this WebSocket is compressed");
  add_subprotocol(request, response, lines);
  return lines;
}

}  // namespace websocket
