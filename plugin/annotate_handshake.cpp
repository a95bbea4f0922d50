// SPDX-License-Identifier: GPL-2.0-or-later
/// The opening handshake: each field that matters, right or wrong and why; what was offered and agreed; how long it
/// took.
#include "annotate.h"
#include "fields.h"
#include "handshake_checks.h"
#include "latency.h"
#include "segment.h"

namespace wslens {
namespace {

Texts pooled_lines(const Shown& shown, const std::vector<std::string>& lines) {
  Texts all;
  for (const std::string& line : lines) all.add(pooled(shown.pinfo, line));
  return all;
}

Texts check_lines(const Shown& shown, const std::vector<websocket::HandshakeCheck>& checks) {
  Texts all;
  for (const websocket::HandshakeCheck& check : checks) all.add(pooled(shown.pinfo, websocket::in_words(check)));
  return all;
}

Texts request_lines(const Shown& shown) { return check_lines(shown, checks_of(shown.session->session.request)); }
Texts response_lines(const Shown& shown) { return check_lines(shown, checks_of(shown.session->session.response)); }
Texts negotiated_lines(const Shown& shown) {
  const websocket::Session& session = shown.session->session;
  return pooled_lines(shown, websocket::negotiation_lines(session.request, session.response));
}

void add_string_if(const Shown& shown, proto_tree* tree, int field, tvbuff_t* tvb, const std::string& value) {
  if (!value.empty()) add_text(tree, field, tvb, printable(shown, value));
}

/// The steps in flat memory.
struct Steps {
  unsigned count = 0;
  websocket::Latency step[4];
  const char* slowest = nullptr;
};

/// Before the second pass nobody knows when the first message comes.
Steps steps_of(const Shown& shown) {
  Steps steps;
  const auto all = websocket::latencies(shown.session->session, shown.session->connection->inside_tls());
  const bool known = shown.pinfo->fd->visited;
  for (const websocket::Latency& each : all)
    if (known || each.step != websocket::Step::first_message) steps.step[steps.count++] = each;
  if (const auto slowest = websocket::slowest(all); slowest && known)
    steps.slowest = websocket::step_in_words(*slowest).data();
  return steps;
}

int field_of(websocket::Step step) {
  switch (step) {
    case websocket::Step::tcp:
      return hf.latency_tcp;
    case websocket::Step::tls:
      return hf.latency_tls;
    case websocket::Step::http:
      return hf.latency_http;
    case websocket::Step::first_message:
      break;
  }
  return hf.latency_first_message;
}

void add_latencies(const Shown& shown, proto_tree* parent, tvbuff_t* tvb) {
  const Steps steps = steps_of(shown);
  if (steps.count == 0) return;
  proto_item* item = nullptr;
  proto_tree* tree = proto_tree_add_subtree(parent, tvb, 0, 0, ett.latencies, &item, "How long the opening took");
  proto_item_set_generated(item);
  for (unsigned i = 0; i < steps.count; ++i)
    add_duration(tree, field_of(steps.step[i].step), tvb, steps.step[i].duration);
  if (steps.slowest != nullptr) add_text(tree, hf.latency_slowest, tvb, steps.slowest);
}

}  // namespace

void annotate_request(const Shown& shown, proto_tree* parent, tvbuff_t* tvb) {
  const websocket::UpgradeRequest& request = shown.session->session.request;
  proto_item* item = nullptr;
  proto_tree* tree = proto_tree_add_subtree(parent, tvb, 0, 0, ett.handshake, &item, "What the client asks for");
  proto_item_set_generated(item);
  add_texts(tree, hf.handshake_check, tvb, request_lines(shown));
  add_string_if(shown, tree, hf.handshake_key, tvb, request.key);
  add_string_if(shown, tree, hf.handshake_extensions_offered, tvb, request.extensions_offered);
  for (const std::string& each : request.subprotocols)
    add_string_if(shown, tree, hf.handshake_subprotocols_offered, tvb, each);
  add_rules(shown, tree, item, tvb, request.violations);
}

void annotate_response(const Shown& shown, proto_tree* parent, tvbuff_t* tvb) {
  const websocket::Session& session = shown.session->session;
  if (!is_in(shown, session.response_done.packet)) return;
  const websocket::UpgradeResponse& response = session.response;
  proto_item* item = nullptr;
  proto_tree* tree = proto_tree_add_subtree(parent, tvb, 0, 0, ett.handshake, &item, "What the server answers");
  proto_item_set_generated(item);
  proto_item_set_generated(proto_tree_add_uint(tree, hf.handshake_status, tvb, 0, 0, response.status));
  add_texts(tree, hf.handshake_check, tvb, response_lines(shown));
  add_string_if(shown, tree, hf.handshake_accept, tvb, response.accept);
  if (session.switched() && !response.expected_accept.empty()) {
    add_text(tree, hf.handshake_accept_expected, tvb, printable(shown, response.expected_accept));
    const bool right = response.accept_verdict == websocket::AcceptVerdict::right;
    proto_item_set_generated(proto_tree_add_boolean(tree, hf.handshake_accept_ok, tvb, 0, 0, right));
  }
  add_string_if(shown, tree, hf.handshake_extensions_accepted, tvb, response.extensions_accepted);
  if (response.subprotocol) add_string_if(shown, tree, hf.handshake_subprotocol, tvb, *response.subprotocol);
  add_texts(tree, hf.handshake_negotiation, tvb, negotiated_lines(shown));
  add_rules(shown, tree, item, tvb, response.violations);
  add_latencies(shown, parent, tvb);
}

}  // namespace wslens
