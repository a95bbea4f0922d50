// SPDX-License-Identifier: GPL-2.0-or-later
/// The "WebSocket Lens" entry: which session, which phase, what this packet does in it, and the packets that belong to
/// it.
#include <cinttypes>

#include <epan/column-info.h>
#include <epan/tap.h>

#include "annotate.h"
#include "fields.h"
#include "heartbeat.h"
#include "segment.h"
#include "words.h"

namespace wslens {
namespace {

using websocket::Mark;
using websocket::Role;

int proto_of_lens() {
  static const int proto = proto_get_id_by_filter_name("wslens");
  return proto;
}

const char* heading_text(const Shown& shown) {
  return pooled(shown.pinfo,
                "WebSocket Lens: session " + std::to_string(shown.session->session.number) + ", " + heading(shown));
}

Texts explanation_texts(const Shown& shown) {
  Texts texts;
  for (const std::string& sentence : explanations(shown)) texts.add(pooled(shown.pinfo, sentence));
  return texts;
}

Texts phase_texts(const Shown& shown) {
  Texts texts;
  for (const char* phase : phases_of(shown)) texts.add(phase);
  return texts;
}

const char* verdict_text(const Shown& shown) {
  return pooled(shown.pinfo, websocket::verdict(shown.session->session, *store()));
}

/// So much of a line stands in a window of 1500 pixels, and Wireshark cuts it at 240 bytes.
constexpr std::size_t readable_line = 150;

Texts lines_of(const Shown& shown, const char* text) {
  Texts lines;
  for (const std::string& line : wrapped(text, readable_line)) lines.add(pooled(shown.pinfo, line));
  return lines;
}

void add_session(const Shown& shown, proto_tree* tree, tvbuff_t* tvb) {
  const SessionEntry& session = *shown.session;
  proto_item_set_generated(proto_tree_add_uint(tree, hf.session, tvb, 0, 0, session.session.number));
  add_text(tree, hf.url, tvb, printable(shown, session.url));
  add_text(tree, hf.client, tvb, session.address(Role::client).c_str());
  add_text(tree, hf.server, tvb, session.address(Role::server).c_str());
  add_text(tree, hf.direction, tvb, websocket::direction_name(shown.sender).data());
}

void add_links(const Shown& shown, proto_tree* parent, tvbuff_t* tvb) {
  const websocket::Session& s = shown.session->session;
  proto_item* item = nullptr;
  proto_tree* tree = proto_tree_add_subtree(parent, tvb, 0, 0, ett.packets, &item, "Packets of this WebSocket");
  proto_item_set_generated(item);
  add_link(tree, hf.frame_syn, tvb, s.syn.packet);
  add_link(tree, hf.frame_syn_ack, tvb, s.syn_ack.packet);
  add_link(tree, hf.frame_ack, tvb, s.ack.packet);
  add_link(tree, hf.frame_request, tvb, s.request_done.packet);
  add_link(tree, hf.frame_response, tvb, s.response_done.packet);
  if (shown.frames) {
    if (shown.pinfo->fd->visited) {  // before, nobody knows which packet is the last
      add_link(tree, hf.frame_first_data, tvb, s.first_data.packet);
      add_link(tree, hf.frame_last_data, tvb, s.last_data.packet);
    }
    add_link(tree, hf.frame_close_client, tvb, s.end(Role::client).close.moment.packet);
    add_link(tree, hf.frame_close_server, tvb, s.end(Role::server).close.moment.packet);
  }
  add_link(tree, hf.frame_fin_client, tvb, s.end(Role::client).fin.packet);
  add_link(tree, hf.frame_fin_server, tvb, s.end(Role::server).fin.packet);
  add_link(tree, hf.frame_rst, tvb, s.rst.packet);
  add_link(tree, hf.frame_last_ack, tvb, s.last_ack.packet);
}

void add_piece(const Shown& shown, proto_tree* parent, const PieceRecord& piece) {
  const FrameRecord frame = store()->frame(piece.frame);
  if (frame.whole_in != none && is_in(shown, frame.shown_in)) return;
  tvbuff_t* source = source_of(shown.pinfo, store()->packet(piece.piece.packet));
  const auto offset = static_cast<int>(piece.piece.packet_offset);
  const auto length = static_cast<int>(piece.piece.length);
  if (source == nullptr || !tvb_bytes_exist(source, offset, length)) return;
  const bool known = piece.header_was_known || shown.pinfo->fd->visited;
  const char* words = known ? pooled(shown.pinfo, piece_in_words(piece)) : "the beginning of a frame's header";
  proto_item* item = proto_tree_add_none_format(parent, hf.piece, source, offset, length, "Part of a frame: %s", words);
  proto_tree* tree = proto_item_add_subtree(item, ett.piece);
  proto_item_set_generated(
      proto_tree_add_uint64(tree, hf.piece_offset, source, offset, length, piece.piece.frame_offset));
  proto_item_set_generated(proto_tree_add_uint(tree, hf.piece_length, source, offset, length, piece.piece.length));
  add_link(tree, hf.piece_shown_in, source, frame.shown_in);
  // A frame that never ends is shown nowhere else.
  if (shown.pinfo->fd->visited && frame.shown_in == none && piece.piece.frame_offset == 0)
    add_rules(shown, tree, item, source, frame.violations);
}

void add_pieces(const Shown& shown, proto_tree* parent) {
  for_each_piece(shown, [&](const PieceRecord& piece) { add_piece(shown, parent, piece); });
}

/// "Finding: capture-gap, 1460 bytes missing in what the server sent", and its expert item.
void add_amount(const Shown& shown, proto_tree* tree, proto_item* item, tvbuff_t* tvb, const FindingRecord& record) {
  const websocket::FindingInfo& info = websocket::finding_info(record.finding);
  proto_item* line = add_finding(shown.pinfo, tree, item, tvb, info);
  proto_item_append_text(line, ": %" PRIu64 " %s, in what the %s sent", record.amount, info.amount.data(),
                         websocket::role_name(record.in).data());
}

void add_findings(const Shown& shown, proto_tree* tree, proto_item* item, tvbuff_t* tvb) {
  for (PacketIndex packet = shown.first; packet <= shown.last; ++packet) {
    if (!store()->packet(packet).has_findings) continue;
    store()->for_each_finding(packet, [&](const FindingRecord& record) { add_amount(shown, tree, item, tvb, record); });
  }
}

/// Rules that no frame and no head shows broken, but the packet in which that became clear. What an end did not do is
/// known only on later passes.
websocket::ViolationSet session_rules_of(const Shown& shown) {
  websocket::ViolationSet broken;
  const auto add = [&](const std::vector<websocket::RuleBroken>& rules) {
    for (const websocket::RuleBroken& each : rules)
      if (each.of_session && is_in(shown, each.first_packet)) broken.add(each.rule);
  };
  add(shown.session->session.rules);
  if (shown.pinfo->fd->visited) add(store()->later_rules_of(*shown.session));
  return broken;
}

/// On the first pass only where the end has just come; on later ones everywhere.
bool verdict_is_known(const Shown& shown) {
  const websocket::Session& session = shown.session->session;
  if (shown.pinfo->fd->visited) return true;
  return !session.bytes_awaited && (is_in(shown, session.last_ack.packet) || is_in(shown, session.rst.packet));
}

/// The verdict in fields. Flat, so that longjmp does no harm.
struct EndFields {
  int clean = -1;  ///< -1: not known
  int first_close = -1;
  int api_code[2] = {-1, -1};
  websocket::Nanoseconds echo = -1;
};

EndFields end_fields(const websocket::Session& session) {
  EndFields fields;
  if (const auto clean = websocket::closed_cleanly(session)) fields.clean = *clean ? 1 : 0;
  if (session.first_close) fields.first_close = static_cast<int>(*session.first_close);
  for (const Role role : {Role::client, Role::server})
    if (const auto code = websocket::api_code(session, role)) fields.api_code[static_cast<std::size_t>(role)] = *code;
  fields.echo = websocket::close_echo(session).value_or(-1);
  return fields;
}

void add_end(const Shown& shown, proto_tree* tree, tvbuff_t* tvb) {
  const EndFields fields = end_fields(shown.session->session);
  add_text(tree, hf.state, tvb, websocket::session_state_name(session_state(shown.session->session)).data());
  if (fields.first_close >= 0)
    add_text(tree, hf.close_first, tvb, websocket::role_name(static_cast<Role>(fields.first_close)).data());
  if (fields.echo >= 0) add_duration(tree, hf.close_echo, tvb, fields.echo);
  if (fields.clean >= 0)
    proto_item_set_generated(proto_tree_add_boolean(tree, hf.clean, tvb, 0, 0, static_cast<unsigned>(fields.clean)));
  const int code_fields[] = {hf.api_code_client, hf.api_code_server};
  for (unsigned i = 0; i < 2; ++i)
    if (fields.api_code[i] >= 0)
      proto_item_set_generated(
          proto_tree_add_uint(tree, code_fields[i], tvb, 0, 0, static_cast<unsigned>(fields.api_code[i])));
}

/// The field has all of the sentence, and as many lines as it takes show it. What is known of the end stands below the
/// last one.
void add_verdict(const Shown& shown, proto_tree* tree, tvbuff_t* tvb) {
  const char* verdict = verdict_text(shown);
  const Texts lines = lines_of(shown, verdict);
  proto_item* item = proto_tree_add_string_format(tree, hf.verdict, tvb, 0, 0, verdict, "Verdict: %s", lines.text[0]);
  proto_item_set_generated(item);
  for (unsigned i = 1; i < lines.count; ++i) {
    proto_tree_add_subtree_format(tree, tvb, 0, 0, ett.end, &item, "… %s", lines.text[i]);
    proto_item_set_generated(item);
  }
  add_end(shown, proto_item_add_subtree(item, ett.end), tvb);
}

bool has_findings(const Shown& shown) {
  for (PacketIndex packet = shown.first; packet <= shown.last; ++packet)
    if (store()->packet(packet).has_findings) return true;
  return false;
}

bool heads_break_rules(const Shown& shown) {
  const websocket::Session& session = shown.session->session;
  return (shown.packet.has(Mark::request) && !session.request.violations.empty()) ||
         (shown.packet.has(Mark::response) && !session.response.violations.empty());
}

/// Expert items are heard by others than those who read the tree.
bool may_have_expert_items(const Shown& shown) {
  if (heads_break_rules(shown) || has_findings(shown)) return true;
  for (unsigned i = 0; i < shown.completed_count; ++i)
    if (store()->breaks_rules(shown.completed[i].index)) return true;
  return !session_rules_of(shown).empty();
}

/// Without a tree: by a statistic, or in a column.
bool are_expert_items_heard(const packet_info* pinfo) {
  static const int tap = find_tap_id("expert");
  return have_tap_listener(tap) || (pinfo->cinfo != nullptr && pinfo->cinfo->col_first[COL_EXPERT] >= 0);
}

/// For filters and statistics that ask for the protocol alone.
proto_tree* annotate_presence(proto_tree* tree, tvbuff_t* tvb) {
  proto_item* item = proto_tree_add_item(tree, proto_of_lens(), tvb, 0, 0, ENC_NA);
  proto_item_set_generated(item);
  return proto_item_add_subtree(item, ett.lens);
}

}  // namespace

proto_tree* annotate_lens(const Shown& shown, proto_tree* tree) {
  if (tree == nullptr && (!are_expert_items_heard(shown.pinfo) || !may_have_expert_items(shown))) return nullptr;
  tvbuff_t* tvb = source_tvb(shown.pinfo, 0);
  if (tree != nullptr && !is_read(tree, proto_of_lens()) && !may_have_expert_items(shown))
    return annotate_presence(tree, tvb);
  proto_item* item = proto_tree_add_protocol_format(tree, proto_of_lens(), tvb, 0, 0, "%s", heading_text(shown));
  proto_item_set_generated(item);
  proto_tree* lens = proto_item_add_subtree(item, ett.lens);
  add_session(shown, lens, tvb);
  add_texts(lens, hf.phase, tvb, phase_texts(shown));
  add_texts(lens, hf.explanation, tvb, explanation_texts(shown));
  if (shown.packet.has(Mark::request)) annotate_request(shown, lens, tvb);
  if (shown.packet.has(Mark::response)) annotate_response(shown, lens, tvb);
  if (shown.frames) {
    if (brings_only_heartbeats(shown)) add_yes(lens, hf.heartbeat, tvb);
    annotate_messages(shown, lens);
    add_pieces(shown, lens);
  }
  add_rules(shown, lens, item, tvb, session_rules_of(shown));
  add_findings(shown, lens, item, tvb);
  add_links(shown, lens, tvb);
  if (verdict_is_known(shown)) add_verdict(shown, lens, tvb);
  return lens;
}

}  // namespace wslens
