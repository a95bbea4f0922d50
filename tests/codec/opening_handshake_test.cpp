// SPDX-License-Identifier: GPL-2.0-or-later
#include "opening_handshake.h"

#include <gtest/gtest.h>

#include "support/heads.h"

namespace websocket {
namespace {

using namespace test;

using Lines = std::vector<std::string>;

const Lines good_request = {
    "GET /chat HTTP/1.1",
    "Host: server.example.com",
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==",
    "Origin: http://example.com",
    "User-Agent: test",
    "Sec-WebSocket-Protocol: superchat, chat",
    "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits, foo",
    "Sec-WebSocket-Version: 13",
};
// Where a line stands in it.
constexpr std::size_t start = 0, host = 1, upgrade = 2, connection = 3, key = 4, origin = 5, agent = 6, protocol = 7,
                      extensions = 8, version = 9;

const Lines good_response = {
    "HTTP/1.1 101 Switching Protocols",
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Server: test",
    "Sec-WebSocket-Accept: HSmrc0sMlYUkAGmm5OPpG2HaGWk=",
    "Sec-WebSocket-Protocol: chat",
    "Sec-WebSocket-Extensions: permessage-deflate",
};
constexpr std::size_t answer_upgrade = 1, answer_connection = 2, answer_server = 3, accept = 4, answer_protocol = 5,
                      answer_extensions = 6;

HttpHead head_of(HeadKind kind, const Lines& lines, bool cut) {
  std::string text;
  for (const std::string& line : lines) {
    text += line + "\r\n";
  }
  HttpHead head = head_from(kind, cut ? text : text + "\r\n", cut);
  EXPECT_EQ(head.fields.size() + 1, lines.size()) << text;
  return head;
}

HttpHead request_head(const Lines& lines) { return head_of(HeadKind::request, lines, false); }
HttpHead response_head(const Lines& lines) { return head_of(HeadKind::response, lines, false); }

Lines replaced(Lines lines, std::size_t position, const Lines& by) {
  const auto at = lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(position));
  lines.insert(at, by.begin(), by.end());
  return lines;
}

/// Only the lines before the one at `position`, and all but the last of those in its place.
Lines cut_off(const Lines& lines, std::size_t position, const Lines& in_its_place) {
  Lines rest(lines.begin(), lines.begin() + static_cast<std::ptrdiff_t>(position));
  if (!in_its_place.empty()) {
    rest.insert(rest.end(), in_its_place.begin(), in_its_place.end() - 1);
  }
  return rest;
}

ViolationSet only(Rule rule) {
  ViolationSet set;
  set.add(rule);
  return set;
}

/// Without mere notes: the vectors come close to many things that are legal and worth a note.
ViolationSet serious(const ViolationSet& broken) {
  ViolationSet set;
  for (const RuleInfo& info : rule_table())
    if (broken.has(info.rule) && info.severity != Severity::note) set.add(info.rule);
  return set;
}

/// Of a note only that it is there; of any other rule that it is alone.
void expect_only(Rule rule, const ViolationSet& broken, const std::string& what) {
  EXPECT_TRUE(broken.has(rule)) << what;
  EXPECT_EQ(serious(broken), serious(only(rule))) << what;
}

void expect_silent(Rule rule, const ViolationSet& broken, const std::string& what) {
  EXPECT_FALSE(broken.has(rule)) << what;
  EXPECT_TRUE(serious(broken).empty()) << what;
}

/// One way to break one rule, and one way to come close to it and keep it.
struct RuleVector {
  Rule rule;
  std::size_t position;  ///< of the line that is replaced
  Lines broken;
  Lines kept;
};

const RuleVector request_vectors[] = {
    {Rule::request_host_missing, host, {}, {"hOST: h"}},
    {Rule::request_host_missing, host, {"Host:"}, {"Host:\th:80 "}},
    {Rule::request_upgrade_missing, upgrade, {}, {"upgrade: WebSocket"}},
    {Rule::request_upgrade_missing, upgrade, {"Upgrade: h2c"}, {"Upgrade: h2c, websocket"}},
    {Rule::request_upgrade_missing, upgrade, {"Upgrade: websockets"}, {"Upgrade: h2c", "Upgrade: websocket"}},
    {Rule::request_connection_missing, connection, {}, {"CONNECTION: keep-alive, uPgRaDe"}},
    {Rule::request_connection_missing,
     connection,
     {"Connection: keep-alive"},
     {"Connection: a", "Connection: Upgrade"}},
    {Rule::request_connection_missing,
     connection,
     {"Connection: \"Upgrade\""},
     {"Connection: \"a", "Connection: upgrade"}},
    {Rule::request_key_missing, key, {}, {"sec-websocket-key: 7iAt/aVzQLvkwZmO6eHr3A=="}},
    {Rule::request_key_malformed, key, {"Sec-WebSocket-Key: short"}, {"Sec-WebSocket-Key: 7iAt/aVzQLvkwZmO6eHr3A=="}},
    {Rule::request_key_malformed, key, {"Sec-WebSocket-Key:"}, {"Sec-WebSocket-Key:   7iAt/aVzQLvkwZmO6eHr3A==  "}},
    {Rule::request_key_repeated,
     key,
     {"Sec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==", "Sec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw=="},
     {"Sec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==", "Sec-WebSocket-Key1: x"}},
    {Rule::request_key_not_random,
     key,
     {"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="},
     {"Sec-WebSocket-Key: AGhlIHNhbXBsZSBub25jZQ=="}},
    {Rule::request_key_not_random, key, {"Sec-WebSocket-Key: /////////////////////w=="}, {good_request[key]}},
    {Rule::request_origin_missing,
     origin,
     {"User-Agent: Mozilla/5.0 (X11; Linux x86_64)"},
     {"Origin: null", "User-Agent: Mozilla/5.0 (X11; Linux x86_64)"}},
    {Rule::request_with_body, agent, {"Content-Length: 5"}, {"Content-Length: 0"}},
    {Rule::request_with_body, agent, {"Transfer-Encoding: chunked"}, {"TE: chunked"}},
    {Rule::request_extension_unregistered,
     extensions,
     {"Sec-WebSocket-Extensions: permessage-deflate, x-webkit-deflate-frame"},
     {"Sec-WebSocket-Extensions: permessage-deflate, bbf-usp-protocol"}},
    {Rule::request_version_missing, version, {}, {"SEC-WEBSOCKET-VERSION: 13"}},
    {Rule::request_version_missing, version, {"Sec-WebSocket-Version: 8"}, {"Sec-WebSocket-Version:13"}},
    {Rule::request_version_missing, version, {"Sec-WebSocket-Version: 13, 8"}, {"Sec-WebSocket-Version: 13 "}},
    {Rule::request_version_missing, version, {"Sec-WebSocket-Version: 013"}, {"Sec-WebSocket-Version: 13"}},
    {Rule::request_version_repeated,
     version,
     {"Sec-WebSocket-Version: 13", "Sec-WebSocket-Version: 13"},
     {"Sec-WebSocket-Version: 13"}},
    {Rule::request_subprotocol_malformed, protocol, {"Sec-WebSocket-Protocol:"}, {}},
    {Rule::request_subprotocol_malformed, protocol, {"Sec-WebSocket-Protocol: ,"}, {"Sec-WebSocket-Protocol: ,a"}},
    {Rule::request_subprotocol_malformed, protocol, {"Sec-WebSocket-Protocol: a b"}, {"Sec-WebSocket-Protocol: a, b"}},
    {Rule::request_subprotocol_malformed,
     protocol,
     {"Sec-WebSocket-Protocol: a, {b}"},
     {"Sec-WebSocket-Protocol: a!~"}},
    {Rule::request_subprotocol_repeated,
     protocol,
     {"Sec-WebSocket-Protocol: a, b, a"},
     {"Sec-WebSocket-Protocol: a, A"}},
    {Rule::request_subprotocol_repeated,
     protocol,
     {"Sec-WebSocket-Protocol: a, b", "Sec-WebSocket-Protocol: a"},
     {"Sec-WebSocket-Protocol: a", "Sec-WebSocket-Protocol: b"}},
    {Rule::request_extensions_malformed, extensions, {"Sec-WebSocket-Extensions:"}, {}},
    {Rule::request_extensions_malformed, extensions, {"Sec-WebSocket-Extensions: a;"}, {"Sec-WebSocket-Extensions: a"}},
    {Rule::request_extensions_malformed,
     extensions,
     {"Sec-WebSocket-Extensions: a; b=\"1 2\""},
     {"Sec-WebSocket-Extensions: a; b=\"1\"", "Sec-WebSocket-Extensions:"}},
    {Rule::request_deflate_parameters_wrong,
     extensions,
     {"Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits"},
     {"Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits"}},
    {Rule::request_deflate_parameters_wrong,
     extensions,
     {"Sec-WebSocket-Extensions: permessage-deflate", "Sec-WebSocket-Extensions: permessage-deflate; x"},
     {"Sec-WebSocket-Extensions: permessage-deflate", "Sec-WebSocket-Extensions: permessage-deflated; x"}},
};

TEST(RequestRules, EachIsReportedAloneWhenBroken) {
  for (const RuleVector& vector : request_vectors) {
    const auto judged = judge_request(request_head(replaced(good_request, vector.position, vector.broken)));
    expect_only(vector.rule, judged.violations, testing::PrintToString(vector.broken));
  }
  EXPECT_EQ(std::size(request_vectors), 34U);
}

TEST(RequestRules, EachIsSilentWhenKept) {
  for (const RuleVector& vector : request_vectors) {
    const auto judged = judge_request(request_head(replaced(good_request, vector.position, vector.kept)));
    expect_silent(vector.rule, judged.violations, testing::PrintToString(vector.kept));
  }
}

TEST(RequestRules, EachIsSilentWhenWhatBreaksItWasCutAway) {
  for (const RuleVector& vector : request_vectors) {
    const Lines lines = cut_off(good_request, vector.position, vector.broken);
    const auto judged = judge_request(head_of(HeadKind::request, lines, true));
    EXPECT_TRUE(judged.cut);
    expect_silent(vector.rule, judged.violations, testing::PrintToString(vector.broken));
  }
}

/// The start line is never cut away: a head without it is none.
const RuleVector start_line_vectors[] = {
    {Rule::request_method_not_get, start, {"POST /chat HTTP/1.1"}, {"GET /chat HTTP/1.1"}},
    {Rule::request_method_not_get, start, {"GETS /chat HTTP/1.1"}, {"GET / HTTP/1.9"}},
    {Rule::request_http_version_too_old, start, {"GET /chat HTTP/1.0"}, {"GET /chat HTTP/1.2"}},
    {Rule::request_target_malformed, start, {"GET /chat#top HTTP/1.1"}, {"GET /chat%23top HTTP/1.1"}},
    {Rule::request_target_malformed, start, {"GET chat HTTP/1.1"}, {"GET HTTP://server.example.com/chat HTTP/1.1"}},
    {Rule::request_target_malformed, start, {"GET * HTTP/1.1"}, {"GET https://server.example.com/ HTTP/1.1"}},
};

TEST(RequestRules, MethodAndHttpVersionAreReportedInACutHeadToo) {
  for (const RuleVector& vector : start_line_vectors) {
    const auto whole = judge_request(request_head(replaced(good_request, vector.position, vector.broken)));
    expect_only(vector.rule, whole.violations, vector.broken[0]);
    const auto cut = judge_request(head_of(HeadKind::request, vector.broken, true));
    expect_only(vector.rule, cut.violations, vector.broken[0]);
    const auto kept = judge_request(request_head(replaced(good_request, vector.position, vector.kept)));
    expect_silent(vector.rule, kept.violations, vector.kept[0]);
    const auto kept_and_cut = judge_request(head_of(HeadKind::request, vector.kept, true));
    expect_silent(vector.rule, kept_and_cut.violations, vector.kept[0]);
  }
  EXPECT_EQ(std::size(start_line_vectors), 6U);
}

TEST(RequestRules, EachOfThemHasAVector) {
  ViolationSet covered;
  for (const RuleVector& vector : request_vectors) {
    covered.add(vector.rule);
  }
  for (const RuleVector& vector : start_line_vectors) {
    covered.add(vector.rule);
  }
  for (auto rule = 0; rule < static_cast<int>(Rule::request_followed_by_early_data); ++rule) {
    if (static_cast<Rule>(rule) == Rule::request_key_reused) continue;  // takes two: see neighbours_test.cpp
    EXPECT_TRUE(covered.has(static_cast<Rule>(rule))) << rule;
  }
}

TEST(RequestRules, AllBrokenOnesAreReported) {
  const auto judged = judge_request(request_head({"POST / HTTP/1.0", "Sec-WebSocket-Protocol: a b, a b"}));
  ViolationSet expected;
  for (const Rule rule :
       {Rule::request_method_not_get, Rule::request_http_version_too_old, Rule::request_host_missing,
        Rule::request_upgrade_missing, Rule::request_connection_missing, Rule::request_key_missing,
        Rule::request_version_missing, Rule::request_subprotocol_malformed, Rule::request_subprotocol_repeated}) {
    expected.add(rule);
  }
  EXPECT_EQ(judged.violations, expected);
}

TEST(RequestRules, WhatACutHeadStillShowsIsReported) {
  const Lines lines = {"GET / HTTP/1.1", "Sec-WebSocket-Key: short", "Sec-WebSocket-Version: 8"};
  ViolationSet expected = only(Rule::request_key_malformed);
  expected.add(Rule::request_version_missing);
  EXPECT_EQ(judge_request(head_of(HeadKind::request, lines, true)).violations, expected);
}

TEST(RequestRules, AnEmptyListInACutHeadMayGoOnInTheNextLine) {
  for (const char* const line : {"Sec-WebSocket-Protocol:", "Sec-WebSocket-Extensions: ,", "Host:"}) {
    const auto judged = judge_request(head_of(HeadKind::request, {"GET / HTTP/1.1", line}, true));
    EXPECT_TRUE(judged.violations.empty()) << line;
  }
}

TEST(Request, GivesWhatAWebSocketNeeds) {
  const auto judged = judge_request(request_head(good_request));
  EXPECT_EQ(judged.method, "GET");
  EXPECT_EQ(judged.target, "/chat");
  EXPECT_EQ(judged.host, "server.example.com");
  EXPECT_EQ(judged.origin, "http://example.com");
  EXPECT_EQ(judged.user_agent, "test");
  EXPECT_EQ(judged.key, "x3JJHMbDL1EzLkh9GBhXDw==");
  EXPECT_EQ(judged.version, "13");
  EXPECT_EQ(judged.subprotocols, (std::vector<std::string>{"superchat", "chat"}));
  EXPECT_EQ(judged.extensions_offered, "permessage-deflate; client_max_window_bits, foo");
  EXPECT_EQ(judged.extensions.extensions.size(), 2U);
  EXPECT_FALSE(judged.cut);
  EXPECT_TRUE(serious(judged.violations).empty());
}

TEST(Request, HasNoExtensionsAndNoFaultInThemWithoutTheField) {
  const auto judged = judge_request(request_head(replaced(good_request, extensions, {})));
  EXPECT_EQ(judged.extensions_offered, "");
  EXPECT_TRUE(judged.extensions.extensions.empty());
  EXPECT_TRUE(judged.extensions.well_formed);
}

TEST(UpgradeAttempt, IsUpgradeToWebSocketOrAnySecWebSocketField) {
  for (const char* const line : {"Upgrade: websocket", "upgrade: h2c, WebSocket", "Sec-WebSocket-Key: x",
                                 "SEC-WEBSOCKET-VERSION: 13", "sec-websocket-anything: x", "Sec-WebSocket-:"}) {
    EXPECT_TRUE(is_upgrade_attempt(request_head({"GET / HTTP/1.1", "Host: h", line}))) << line;
  }
  for (const char* const line : {"Upgrade: h2c", "Upgrade: websockets", "Connection: websocket", "Sec-WebSocket: x",
                                 "X-Sec-WebSocket-Key: x", "Sec-WebSocke: x"}) {
    EXPECT_FALSE(is_upgrade_attempt(request_head({"GET / HTTP/1.1", "Host: h", line}))) << line;
  }
  EXPECT_FALSE(is_upgrade_attempt(request_head({"GET / HTTP/1.1"})));
}

UpgradeResponse answer_to_good_request(const Lines& lines, bool cut = false) {
  return judge_response(head_of(HeadKind::response, lines, cut), judge_request(request_head(good_request)));
}

const RuleVector response_vectors[] = {
    {Rule::response_upgrade_wrong, answer_upgrade, {}, {"UPGRADE: WebSocket"}},
    {Rule::response_upgrade_wrong, answer_upgrade, {"Upgrade: h2c, websocket"}, {"Upgrade: websocket"}},
    {Rule::response_upgrade_wrong, answer_upgrade, {"Upgrade:"}, {"Upgrade:\twebsocket "}},
    {Rule::response_connection_missing, answer_connection, {}, {"connection: keep-alive, upgrade"}},
    {Rule::response_connection_missing, answer_connection, {"Connection: close"}, {"Connection: Upgrade"}},
    {Rule::response_accept_missing, accept, {}, {"sec-websocket-accept: HSmrc0sMlYUkAGmm5OPpG2HaGWk="}},
    {Rule::response_accept_wrong,
     accept,
     {"Sec-WebSocket-Accept: hSmrc0sMlYUkAGmm5OPpG2HaGWk="},
     {"Sec-WebSocket-Accept:  HSmrc0sMlYUkAGmm5OPpG2HaGWk= "}},
    {Rule::response_accept_wrong, accept, {"Sec-WebSocket-Accept:"}, {good_response[accept]}},
    {Rule::response_accept_repeated,
     accept,
     {good_response[accept], good_response[accept]},
     {good_response[accept], "Sec-WebSocket-Accept2: x"}},
    {Rule::response_extension_not_offered,
     answer_extensions,
     {"Sec-WebSocket-Extensions: x-webkit-deflate-frame"},
     {"Sec-WebSocket-Extensions: foo, permessage-deflate; server_max_window_bits=8"}},
    {Rule::response_extension_not_offered,
     answer_extensions,
     {"Sec-WebSocket-Extensions: foo", "Sec-WebSocket-Extensions: Foo"},
     {"Sec-WebSocket-Extensions: foo", "Sec-WebSocket-Extensions: permessage-deflate"}},
    {Rule::response_extensions_malformed, answer_extensions, {"Sec-WebSocket-Extensions:"}, {}},
    {Rule::response_extensions_malformed,
     answer_extensions,
     {"Sec-WebSocket-Extensions: foo, =1"},
     {"Sec-WebSocket-Extensions: foo; a=1"}},
    {Rule::response_deflate_parameters_wrong,
     answer_extensions,
     {"Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits"},
     {"Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=8"}},
    {Rule::response_deflate_parameters_wrong,
     answer_extensions,
     {"Sec-WebSocket-Extensions: foo", "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=7"},
     {"Sec-WebSocket-Extensions: foo", "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=15"}},
    {Rule::response_subprotocol_not_offered, answer_protocol, {"Sec-WebSocket-Protocol: soap"}, {}},
    {Rule::response_subprotocol_not_offered,
     answer_protocol,
     {"Sec-WebSocket-Protocol: Chat"},
     {"Sec-WebSocket-Protocol: superchat"}},
    {Rule::response_subprotocol_not_offered,
     answer_protocol,
     {"Sec-WebSocket-Protocol: chat, superchat"},
     {"Sec-WebSocket-Protocol: chat "}},
    {Rule::response_subprotocol_not_offered, answer_protocol, {"Sec-WebSocket-Protocol:"}, {}},
    {Rule::response_subprotocol_repeated,
     answer_protocol,
     {"Sec-WebSocket-Protocol: chat", "Sec-WebSocket-Protocol: superchat"},
     {"Sec-WebSocket-Protocol: chat"}},
    {Rule::response_subprotocol_none_chosen, answer_protocol, {}, {"Sec-WebSocket-Protocol: chat"}},
    {Rule::response_with_body, answer_server, {"Content-Length: 3"}, {"Content-Length: 0"}},
    {Rule::response_with_body, answer_server, {"Transfer-Encoding: chunked"}, {"Server: chunked"}},
    {Rule::response_extensions_conflict,
     answer_extensions,
     {"Sec-WebSocket-Extensions: permessage-deflate, permessage-deflate"},
     {"Sec-WebSocket-Extensions: permessage-deflate, foo"}},
};

TEST(ResponseRules, EachIsReportedAloneWhenBroken) {
  ViolationSet covered;
  for (const RuleVector& vector : response_vectors) {
    const auto judged = answer_to_good_request(replaced(good_response, vector.position, vector.broken));
    EXPECT_EQ(judged.answer, Answer::switched);
    expect_only(vector.rule, judged.violations, testing::PrintToString(vector.broken));
    covered.add(vector.rule);
  }
  for (auto rule = static_cast<int>(Rule::response_upgrade_wrong); rule <= static_cast<int>(Rule::response_with_body);
       ++rule) {
    EXPECT_TRUE(covered.has(static_cast<Rule>(rule))) << rule;
  }
  EXPECT_EQ(std::size(response_vectors), 24U);
}

TEST(ResponseRules, EachIsSilentWhenKept) {
  for (const RuleVector& vector : response_vectors) {
    const auto judged = answer_to_good_request(replaced(good_response, vector.position, vector.kept));
    expect_silent(vector.rule, judged.violations, testing::PrintToString(vector.kept));
  }
}

TEST(ResponseRules, EachIsSilentWhenWhatBreaksItWasCutAway) {
  for (const RuleVector& vector : response_vectors) {
    const auto judged = answer_to_good_request(cut_off(good_response, vector.position, vector.broken), true);
    EXPECT_TRUE(judged.cut);
    expect_silent(vector.rule, judged.violations, testing::PrintToString(vector.broken));
  }
}

TEST(ResponseRules, NothingIsCalledNotOfferedWhenTheRequestWasCut) {
  const Lines offer = {good_request[start], good_request[key]};
  const auto cut_request = judge_request(head_of(HeadKind::request, offer, true));
  const auto whole_request = judge_request(head_of(HeadKind::request, offer, false));
  const HttpHead response = response_head(good_response);
  EXPECT_TRUE(judge_response(response, cut_request).violations.empty());
  ViolationSet expected = only(Rule::response_extension_not_offered);
  expected.add(Rule::response_accepts_broken_request);
  expected.add(Rule::response_subprotocol_not_offered);
  EXPECT_EQ(judge_response(response, whole_request).violations, expected);
}

TEST(ResponseRules, OfDeflateParametersOnlyThoseThatNoOfferCouldAllowAreReportedWhenTheRequestWasCut) {
  const auto cut_request = judge_request(head_of(HeadKind::request, {good_request[start], good_request[key]}, true));
  const auto answered = [&](const std::string& line) {
    return judge_response(response_head(replaced(good_response, answer_extensions, {line})), cut_request).violations;
  };
  EXPECT_TRUE(answered("Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=9").empty());
  EXPECT_EQ(answered("Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=7"),
            only(Rule::response_deflate_parameters_wrong));
}

TEST(ResponseRules, AnExtensionOfferedAgainstTheGrammarIsOffered) {
  const Lines offer = replaced(good_request, extensions, {"Sec-WebSocket-Extensions: a; x=, permessage-deflate;"});
  const auto request = judge_request(request_head(offer));
  EXPECT_EQ(serious(request.violations), only(Rule::request_extensions_malformed));
  EXPECT_EQ(judge_response(response_head(good_response), request).violations,
            only(Rule::response_accepts_broken_request))
      << "§9.1";
}

TEST(ResponseRules, AnEmptyListInACutHeadMayGoOnInTheNextLine) {
  const Lines lines = replaced(good_response, answer_extensions, {"Sec-WebSocket-Extensions:"});
  EXPECT_TRUE(answer_to_good_request(lines, true).violations.empty());
}

TEST(ResponseRules, ABrokenRequestHasToBeRefused) {
  const auto answered = [](const Lines& request) {
    return judge_response(response_head(good_response), judge_request(request_head(request))).violations;
  };
  for (const std::size_t line : {host, upgrade, connection, version})
    EXPECT_TRUE(answered(replaced(good_request, line, {})).has(Rule::response_accepts_broken_request)) << line;
  EXPECT_FALSE(answered(good_request).has(Rule::response_accepts_broken_request));
  EXPECT_FALSE(answered(replaced(good_request, protocol, {"Sec-WebSocket-Protocol: superchat, chat, chat"}))
                   .has(Rule::response_accepts_broken_request))
      << "§4.2.1 does not speak of it";
  const auto old = answered(replaced(good_request, start, {"GET /chat HTTP/1.0"}));
  EXPECT_TRUE(old.has(Rule::response_101_to_http_1_0));
  EXPECT_FALSE(answered(good_request).has(Rule::response_101_to_http_1_0));
}

TEST(Refusal, OfAVersionNamesTheOthers) {
  const auto answered = [](const Lines& request, const Lines& response, bool cut = false) {
    return judge_response(head_of(HeadKind::response, response, cut), judge_request(request_head(request)))
        .violations.has(Rule::response_versions_missing);
  };
  const Lines other = replaced(good_request, version, {"Sec-WebSocket-Version: 25"});
  EXPECT_TRUE(answered(other, {"HTTP/1.1 426 Upgrade Required"}));
  EXPECT_FALSE(answered(other, {"HTTP/1.1 426 Upgrade Required", "Sec-WebSocket-Version: 13"}));
  EXPECT_FALSE(answered(other, {"HTTP/1.1 426 Upgrade Required"}, true)) << "it may have been cut away";
  EXPECT_FALSE(answered(other, {"HTTP/1.1 400 Bad Request"})) << "refused for whatever reason";
  EXPECT_FALSE(answered(good_request, {"HTTP/1.1 426 Upgrade Required"}));
}

TEST(Refusal, MayAskForAnotherStep) {
  const auto noted = [](const std::string& line) {
    return answer_to_good_request({line}).violations.has(Rule::response_asks_for_another_step);
  };
  for (const char* const line : {"HTTP/1.1 302 Found", "HTTP/1.1 401 Unauthorized", "HTTP/1.1 407 Proxy"})
    EXPECT_TRUE(noted(line)) << line;
  for (const char* const line : {"HTTP/1.1 304 Not Modified", "HTTP/1.1 403 Forbidden", "HTTP/1.1 200 OK"})
    EXPECT_FALSE(noted(line)) << line;
}

struct AnswerVector {
  Lines lines;
  Answer answer;
};

const AnswerVector answer_vectors[] = {
    {{"HTTP/1.1 101 Switching Protocols", "Upgrade: websocket"}, Answer::switched},
    {{"HTTP/1.0 101 x", "Upgrade: h2c, WEBSOCKET"}, Answer::switched},
    {{"HTTP/1.1 101", "Upgrade: h2c", "Upgrade: websocket"}, Answer::switched},
    {{"HTTP/1.1 101"}, Answer::switched},
    {{"HTTP/1.1 101", "Upgrade:"}, Answer::switched},
    {{"HTTP/1.1 101", "Upgrade: h2c"}, Answer::switched_other},
    {{"HTTP/1.1 101", "Upgrade: TLS/1.0, HTTP/1.1"}, Answer::switched_other},
    {{"HTTP/1.1 200 OK", "Upgrade: websocket"}, Answer::refused},
    {{"HTTP/1.1 100 Continue"}, Answer::refused},
    {{"HTTP/1.1 426 Upgrade Required", "Upgrade: websocket"}, Answer::refused},
};

TEST(Answer, IsWhatStatusAndUpgradeAmountTo) {
  for (const AnswerVector& vector : answer_vectors) {
    const auto judged = answer_to_good_request(vector.lines);
    EXPECT_EQ(judged.answer, vector.answer) << testing::PrintToString(vector.lines);
    EXPECT_EQ(judged.violations.empty(), vector.answer != Answer::switched) << "only a switch is judged";
  }
  EXPECT_EQ(std::size(answer_vectors), 10U);
}

TEST(Response, GivesWhatTheServerSaid) {
  const auto judged = answer_to_good_request(good_response);
  EXPECT_EQ(judged.answer, Answer::switched);
  EXPECT_EQ(judged.status, 101);
  EXPECT_EQ(judged.reason, "Switching Protocols");
  EXPECT_EQ(judged.server, "test");
  EXPECT_EQ(judged.upgrade, "websocket");
  EXPECT_EQ(judged.accept, "HSmrc0sMlYUkAGmm5OPpG2HaGWk=");
  EXPECT_EQ(judged.expected_accept, judged.accept);
  EXPECT_EQ(judged.accept_verdict, AcceptVerdict::right);
  EXPECT_EQ(judged.subprotocol, "chat");
  EXPECT_EQ(judged.extensions_accepted, "permessage-deflate");
  EXPECT_TRUE(judged.extensions.has("permessage-deflate"));
  EXPECT_FALSE(judged.cut);
  EXPECT_TRUE(judged.violations.empty());
}

TEST(Response, WithoutOptionalFieldsHasNone) {
  const auto judged = answer_to_good_request({"HTTP/1.1 101"});
  EXPECT_FALSE(judged.subprotocol.has_value());
  EXPECT_EQ(judged.extensions_accepted, "");
  EXPECT_TRUE(judged.extensions.extensions.empty());
  EXPECT_EQ(judged.server, "");
  EXPECT_EQ(judged.upgrade, "");
}

TEST(AcceptVerdict, IsUnknownWhereKeyOrValueWasNotCaptured) {
  const UpgradeRequest with_key = judge_request(request_head(good_request));
  const UpgradeRequest without_key = judge_request(head_of(HeadKind::request, {"GET / HTTP/1.1"}, true));
  const HttpHead whole = response_head(good_response);
  const HttpHead without_accept = response_head({"HTTP/1.1 101 x"});
  const HttpHead cut = head_of(HeadKind::response, {"HTTP/1.1 101 x"}, true);
  EXPECT_EQ(judge_response(whole, with_key).accept_verdict, AcceptVerdict::right);
  EXPECT_EQ(judge_response(whole, without_key).accept_verdict, AcceptVerdict::unknown);
  EXPECT_EQ(judge_response(whole, without_key).expected_accept, "");
  EXPECT_EQ(judge_response(cut, with_key).accept_verdict, AcceptVerdict::unknown);
  EXPECT_EQ(judge_response(without_accept, with_key).accept_verdict, AcceptVerdict::absent);
  EXPECT_EQ(judge_response(without_accept, without_key).accept_verdict, AcceptVerdict::absent);
}

TEST(AcceptVerdict, IsGivenForARefusalTooButNotHeldAgainstIt) {
  const auto judged = answer_to_good_request({"HTTP/1.1 200 OK", "Sec-WebSocket-Accept: x"});
  EXPECT_EQ(judged.accept_verdict, AcceptVerdict::wrong);
  EXPECT_TRUE(judged.violations.empty());
}

struct UrlVector {
  std::string_view host;
  std::string_view target;
  bool tls;
  std::string_view url;
};

constexpr UrlVector url_vectors[] = {
    {"h", "/x?y", false, "ws://h/x?y"},
    {"h:8443", "/", true, "wss://h:8443/"},
    {"", "/x", false, "ws://10.0.0.1:80/x"},
    {"", "/x", true, "wss://10.0.0.1:80/x"},
    {"h", "http://other:81/x", true, "ws://other:81/x"},
    {"h", "HTTPS://other/x", false, "wss://other/x"},
    {"h", "ws://other/x", true, "ws://other/x"},
    {"h", "wss://other/x", false, "wss://other/x"},
    {"h", "/http://x", false, "ws://h/http://x"},
};

TEST(WebSocketUrl, IsSchemeHostAndTargetOrTheAbsoluteTarget) {
  for (const UrlVector& vector : url_vectors) {
    UpgradeRequest request;
    request.host = vector.host;
    request.target = vector.target;
    EXPECT_EQ(websocket_url(request, vector.tls, "10.0.0.1:80"), vector.url);
  }
  EXPECT_EQ(std::size(url_vectors), 9U);
}

TEST(Handshake, OfThousandsOfElementsIsJudged) {
  std::string names;
  for (int i = 0; i < 6000; ++i) {
    names += "n" + std::to_string(i) + ",";
  }
  const auto request = judge_request(request_head(
      replaced(replaced(good_request, protocol, {}), extensions - 1, {"Sec-WebSocket-Extensions: " + names})));
  const Lines answer = replaced(good_response, answer_extensions, {"Sec-WebSocket-Extensions: " + names});
  EXPECT_TRUE(serious(request.violations).empty());
  EXPECT_EQ(judge_response(response_head(answer), request).violations, only(Rule::response_subprotocol_not_offered));
}

}  // namespace
}  // namespace websocket
