// SPDX-License-Identifier: GPL-2.0-or-later
#include "opening_handshake.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "accept_key.h"
#include "field_values.h"
#include "permessage_deflate.h"

namespace websocket {

namespace {

constexpr std::string_view key_field = "Sec-WebSocket-Key";
constexpr std::string_view version_field = "Sec-WebSocket-Version";
constexpr std::string_view protocol_field = "Sec-WebSocket-Protocol";
constexpr std::string_view extensions_field = "Sec-WebSocket-Extensions";
constexpr std::string_view accept_field = "Sec-WebSocket-Accept";

using Views = std::vector<std::string_view>;

/// The elements of all lines. Line by line, so that a quotation mark without an end spoils one line only.
Views elements_of(const HttpHead& head, std::string_view name) {
  Views all;
  for (const std::string_view line : head.values(name)) {
    const Views elements = split_list(line);
    all.insert(all.end(), elements.begin(), elements.end());
  }
  return all;
}

bool names_token(const Views& elements, std::string_view token) {
  return std::any_of(elements.begin(), elements.end(),
                     [token](std::string_view element) { return equal_ignoring_case(element, token); });
}

bool field_has_token(const HttpHead& head, std::string_view name, std::string_view token) {
  return names_token(elements_of(head, name), token);
}

/// Sorted, because a peer may offer thousands.
bool has_duplicate(Views elements) {
  std::sort(elements.begin(), elements.end());
  return std::adjacent_find(elements.begin(), elements.end()) != elements.end();
}

ExtensionList extensions_of(const HttpHead& head) {
  return head.has(extensions_field) ? parse_extensions(head.joined(extensions_field)) : ExtensionList{};
}

/// In a head that was cut, a list without elements may have gone on in the next line (RFC 9110 §5.3).
bool are_extensions_malformed(const HttpHead& head, const ExtensionList& list) {
  const bool may_go_on = head.cut && elements_of(head, extensions_field).empty();
  return !list.well_formed && !may_go_on;
}

/// All rules of one head go through here: what is missing is held against it only if nothing was cut away.
struct Judge {
  const HttpHead& head;
  ViolationSet& violations;

  void report_if(bool broken, Rule rule) {
    if (broken) {
      violations.add(rule);
    }
  }
  void report_missing_if(bool missing, Rule rule) { report_if(missing && !head.cut, rule); }
};

// §4.1 (3): a path, or an absolute http or https URI; §3: "Fragment identifiers are meaningless".
bool is_target_malformed(std::string_view target) {
  const bool known_form = target.starts_with('/') || starts_with_ignoring_case(target, "http://") ||
                          starts_with_ignoring_case(target, "https://");
  return !known_form || target.find('#') != std::string_view::npos;
}

// RFC 9112 §6.3: what makes a recipient expect a body.
bool announces_body(const HttpHead& head) {
  const std::string_view length = head.value("Content-Length");
  return head.has("Transfer-Encoding") || length.find_first_not_of('0') != std::string_view::npos;
}

// §4.1 (8): "if the request is coming from a browser client". All browsers call themselves Mozilla/5.0.
bool comes_from_browser(const HttpHead& head) { return head.value("User-Agent").starts_with("Mozilla/"); }

// RFC 6455 §4.1, the list of requirements on the request: 2 to 6.
void judge_request_basics(Judge judge) {
  const HttpHead& head = judge.head;
  const bool too_old = head.version_major < 1 || (head.version_major == 1 && head.version_minor < 1);
  judge.report_if(head.method != "GET", Rule::request_method_not_get);
  judge.report_if(too_old, Rule::request_http_version_too_old);
  judge.report_if(is_target_malformed(head.target), Rule::request_target_malformed);
  judge.report_missing_if(head.value("Host").empty(), Rule::request_host_missing);
  judge.report_missing_if(!field_has_token(head, "Upgrade", "websocket"), Rule::request_upgrade_missing);
  judge.report_missing_if(!field_has_token(head, "Connection", "upgrade"), Rule::request_connection_missing);
  judge.report_missing_if(comes_from_browser(head) && !head.has("Origin"), Rule::request_origin_missing);
  judge.report_if(announces_body(head), Rule::request_with_body);
}

// §4.1 (7), §11.3.1: "the |Sec-WebSocket-Key| header field MUST NOT appear more than once".
void judge_key(Judge judge) {
  const Views keys = judge.head.values(key_field);
  judge.report_missing_if(keys.empty(), Rule::request_key_missing);
  judge.report_if(!std::all_of(keys.begin(), keys.end(), is_key_well_formed), Rule::request_key_malformed);
  judge.report_if(keys.size() > 1, Rule::request_key_repeated);
  const bool all_random = std::all_of(
      keys.begin(), keys.end(), [](std::string_view key) { return !is_key_well_formed(key) || looks_random(key); });
  judge.report_if(!all_random, Rule::request_key_not_random);
}

// §4.1 (9), §11.3.5.
void judge_version(Judge judge) {
  const Views versions = judge.head.values(version_field);
  const bool all_13 = std::all_of(versions.begin(), versions.end(), [](std::string_view v) { return v == "13"; });
  judge.report_missing_if(versions.empty(), Rule::request_version_missing);
  judge.report_if(!all_13, Rule::request_version_missing);
  judge.report_if(versions.size() > 1, Rule::request_version_repeated);
}

// §4.1 (10): one or more tokens, each of them unique.
void judge_offered_subprotocols(Judge judge, const Views& offered) {
  const bool all_tokens = std::all_of(offered.begin(), offered.end(), is_token);
  judge.report_if(!all_tokens, Rule::request_subprotocol_malformed);
  judge.report_missing_if(judge.head.has(protocol_field) && offered.empty(), Rule::request_subprotocol_malformed);
  judge.report_if(has_duplicate(offered), Rule::request_subprotocol_repeated);
}

// §9.1: "registered"; IANA's WebSocket Extension Name Registry.
bool is_registered(const Extension& extension) {
  return extension.name == permessage_deflate_name || extension.name == "bbf-usp-protocol";
}

void judge_offered_extensions(Judge judge, const ExtensionList& offered) {
  const bool all_registered = std::all_of(offered.extensions.begin(), offered.extensions.end(), is_registered);
  judge.report_if(are_extensions_malformed(judge.head, offered), Rule::request_extensions_malformed);
  judge.report_if(!all_registered, Rule::request_extension_unregistered);
  judge.violations.add(check_deflate_offers(offered));
}

Answer answer_of(const HttpHead& response) {
  if (response.status != 101) {
    return Answer::refused;
  }
  const Views protocols = elements_of(response, "Upgrade");
  return protocols.empty() || names_token(protocols, "websocket") ? Answer::switched : Answer::switched_other;
}

AcceptVerdict accept_verdict_of(const HttpHead& response, std::string_view expected) {
  if (!response.has(accept_field)) {
    return response.cut ? AcceptVerdict::unknown : AcceptVerdict::absent;
  }
  if (expected.empty()) {
    return AcceptVerdict::unknown;
  }
  return response.value(accept_field) == expected ? AcceptVerdict::right : AcceptVerdict::wrong;
}

// §4.2.1: a request that is not like this "MUST" be refused; §9.1: so must one whose extensions break the grammar.
bool had_to_be_refused(const ViolationSet& request) {
  static constexpr std::array rules{
      Rule::request_method_not_get,  Rule::request_http_version_too_old, Rule::request_host_missing,
      Rule::request_upgrade_missing, Rule::request_connection_missing,   Rule::request_key_missing,
      Rule::request_key_malformed,   Rule::request_version_missing,      Rule::request_extensions_malformed};
  return std::any_of(rules.begin(), rules.end(), [&](Rule rule) { return request.has(rule); });
}

void judge_acceptance(Judge judge, const UpgradeRequest& request) {
  judge.report_if(had_to_be_refused(request.violations), Rule::response_accepts_broken_request);
  // RFC 9110 §15.2: "MUST NOT send a 1xx response to an HTTP/1.0 client".
  judge.report_if(request.violations.has(Rule::request_http_version_too_old), Rule::response_101_to_http_1_0);
  judge.report_if(announces_body(judge.head), Rule::response_with_body);
}

// §4.1: what the client may do about an answer other than 101; §4.4: the versions go with a refused version.
void judge_refusal(Judge judge, const UpgradeRequest& request) {
  const std::uint16_t status = judge.head.status;
  const bool redirects = status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
  judge.report_if(redirects || status == 401 || status == 407, Rule::response_asks_for_another_step);
  // Without a proper Upgrade the 426 may be about that (RFC 9110 §15.5.22).
  const bool asked_properly = !request.violations.has(Rule::request_upgrade_missing) &&
                              !request.violations.has(Rule::request_connection_missing);
  const bool refused_version = status == 426 && asked_properly && request.violations.has(Rule::request_version_missing);
  judge.report_missing_if(refused_version && !judge.head.has(version_field), Rule::response_versions_missing);
}

// §4.1, what the client validates: 2 and 3. Upgrade has to be that value alone, Connection may name more.
void judge_switch(Judge judge) {
  const HttpHead& head = judge.head;
  const bool says_websocket = equal_ignoring_case(head.joined("Upgrade"), "websocket");
  judge.report_missing_if(!head.has("Upgrade"), Rule::response_upgrade_wrong);
  judge.report_if(head.has("Upgrade") && !says_websocket, Rule::response_upgrade_wrong);
  judge.report_missing_if(!field_has_token(head, "Connection", "upgrade"), Rule::response_connection_missing);
}

// §4.1 (4), §11.3.3.
void judge_accept(Judge judge, AcceptVerdict verdict) {
  judge.report_if(verdict == AcceptVerdict::absent, Rule::response_accept_missing);
  judge.report_if(verdict == AcceptVerdict::wrong, Rule::response_accept_wrong);
  judge.report_if(judge.head.values(accept_field).size() > 1, Rule::response_accept_repeated);
}

/// The names as they stand in the field, sorted: an offer that breaks the grammar elsewhere is an offer all the same.
Views offered_extension_names(const UpgradeRequest& request) {
  Views names = split_list(request.extensions_offered);
  for (std::string_view& name : names) {
    name = trim(name.substr(0, name.find(';')));
  }
  std::sort(names.begin(), names.end());
  return names;
}

/// All known extensions that compress set RSV1.
bool extensions_conflict(const ExtensionList& accepted) {
  const auto compresses = [](const Extension& extension) { return extension.name.find("flate") != std::string::npos; };
  return std::count_if(accepted.extensions.begin(), accepted.extensions.end(), compresses) > 1;
}

// §4.1 (5), §9.1. Several lines are one list (erratum 3433).
void judge_accepted_extensions(Judge judge, const ExtensionList& accepted, const UpgradeRequest& request) {
  const Views offered = offered_extension_names(request);
  const bool all_offered =
      std::all_of(accepted.extensions.begin(), accepted.extensions.end(), [&](const Extension& extension) {
        return std::binary_search(offered.begin(), offered.end(), std::string_view(extension.name));
      });
  judge.report_if(!all_offered && !request.cut, Rule::response_extension_not_offered);
  judge.report_if(extensions_conflict(accepted), Rule::response_extensions_conflict);
  judge.report_if(are_extensions_malformed(judge.head, accepted), Rule::response_extensions_malformed);
  judge.violations.add(check_deflate_answer(request.cut ? ExtensionList{} : request.extensions, accepted));
}

// §4.1 (6), §4.2.2 (5.5): compared case-sensitively; the empty string is not a value. §11.3.4: once.
void judge_accepted_subprotocol(Judge judge, const UpgradeRequest& request) {
  const Views accepted = judge.head.values(protocol_field);
  Views offered(request.subprotocols.begin(), request.subprotocols.end());
  std::sort(offered.begin(), offered.end());
  const bool all_offered = std::all_of(accepted.begin(), accepted.end(), [&](std::string_view name) {
    return std::binary_search(offered.begin(), offered.end(), name);
  });
  judge.report_if(!all_offered && !request.cut, Rule::response_subprotocol_not_offered);
  judge.report_if(accepted.size() > 1, Rule::response_subprotocol_repeated);
  const bool none_chosen = accepted.empty() && !request.subprotocols.empty();
  judge.report_missing_if(none_chosen, Rule::response_subprotocol_none_chosen);
}

std::shared_ptr<const Refusal> describe_refusal(const HttpHead& head) {
  auto refusal = std::make_shared<Refusal>();
  refusal->location = head.value("Location");
  refusal->retry_after = head.value("Retry-After");
  refusal->versions = head.joined(version_field);
  const std::string_view challenge = head.value(head.status == 407 ? "Proxy-Authenticate" : "WWW-Authenticate");
  refusal->challenge = challenge.substr(0, challenge.find(' '));
  return refusal;
}

UpgradeResponse describe_response(const HttpHead& head, const UpgradeRequest& request) {
  UpgradeResponse response;
  response.answer = answer_of(head);
  response.status = head.status;
  response.reason = head.reason;
  response.server = head.value("Server");
  response.upgrade = head.joined("Upgrade");
  response.accept = head.value(accept_field);
  response.expected_accept = request.key.empty() ? std::string{} : accept_value(request.key);
  response.accept_verdict = accept_verdict_of(head, response.expected_accept);
  if (head.has(protocol_field)) {
    response.subprotocol = head.value(protocol_field);
  }
  response.extensions_accepted = head.joined(extensions_field);
  response.extensions = extensions_of(head);
  response.cut = head.cut;
  if (head.status != 101) response.refusal = describe_refusal(head);
  return response;
}

UpgradeRequest describe_request(const HttpHead& head) {
  UpgradeRequest request;
  request.method = head.method;
  request.target = head.target;
  request.host = head.value("Host");
  request.origin = head.value("Origin");
  request.user_agent = head.value("User-Agent");
  request.key = head.value(key_field);
  request.version = head.value(version_field);
  request.extensions_offered = head.joined(extensions_field);
  request.extensions = extensions_of(head);
  request.cut = head.cut;
  return request;
}

}  // namespace

bool is_upgrade_attempt(const HttpHead& request) {
  const bool has_websocket_field =
      std::any_of(request.fields.begin(), request.fields.end(),
                  [](const HttpField& field) { return starts_with_ignoring_case(field.name, "Sec-WebSocket-"); });
  return has_websocket_field || field_has_token(request, "Upgrade", "websocket");
}

UpgradeRequest judge_request(const HttpHead& request) {
  UpgradeRequest result = describe_request(request);
  const Views subprotocols = elements_of(request, protocol_field);
  result.subprotocols.assign(subprotocols.begin(), subprotocols.end());
  Judge judge{request, result.violations};
  judge_request_basics(judge);
  judge_key(judge);
  judge_version(judge);
  judge_offered_subprotocols(judge, subprotocols);
  judge_offered_extensions(judge, result.extensions);
  return result;
}

UpgradeResponse judge_response(const HttpHead& response, const UpgradeRequest& request) {
  UpgradeResponse result = describe_response(response, request);
  const Judge judge{response, result.violations};
  if (result.answer != Answer::switched) {
    judge_refusal(judge, request);
    return result;
  }
  judge_acceptance(judge, request);
  judge_switch(judge);
  judge_accept(judge, result.accept_verdict);
  judge_accepted_extensions(judge, result.extensions, request);
  judge_accepted_subprotocol(judge, request);
  return result;
}

// RFC 6455 §3; RFC 9112 §3.2.2: the absolute form names the scheme that carried it, which is http or https.
std::string websocket_url(const UpgradeRequest& request, bool tls, std::string_view fallback_host) {
  const std::string_view target = request.target;
  for (const std::string_view scheme : {"ws://", "wss://"}) {
    if (starts_with_ignoring_case(target, scheme)) {
      return request.target;
    }
  }
  if (starts_with_ignoring_case(target, "http://")) {
    return std::string("ws").append(target.substr(4));
  }
  if (starts_with_ignoring_case(target, "https://")) {
    return std::string("wss").append(target.substr(5));
  }
  const std::string_view host = request.host.empty() ? fallback_host : std::string_view(request.host);
  return std::string(tls ? "wss://" : "ws://").append(host).append(target);
}

}  // namespace websocket
