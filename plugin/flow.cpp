// SPDX-License-Identifier: GPL-2.0-or-later
#include "flow.h"

#include <string>
#include <utility>
#include <vector>

#include "annotate.h"
#include "dissector.h"
#include "sequence_analysis.h"
#include "taps.h"
#include "utf8.h"
#include "words.h"

namespace wslens {
namespace {

using websocket::Mark;
using websocket::MessageType;
using websocket::Role;

struct Arrow {
  Role from;
  std::string label;
  std::string comment;
};

/// Wireshark draws a row for each arrow: of a packet with more, the rest share one.
constexpr std::size_t most_arrows = 20;

std::string shortened(const std::string& text, std::size_t most) {
  return websocket::printable_text(websocket::as_bytes(text), most);
}

std::string close_label(const websocket::CloseSeen& close) {
  return "Close" + (close.code ? " " + std::to_string(*close.code) : std::string());
}

std::string message_label(const MessageRecord& message) {
  if (message.type == MessageType::close && message.last_packet != websocket::no_packet) {
    const auto& close = store()->session(message.session).session.end(message.sender).close;
    if (close.moment.packet == message.last_packet) return close_label(close);
  }
  std::string label = capitalised(websocket::message_type_name(message.type));
  if (message.number != 0) label += " " + std::to_string(message.number);
  if (!websocket::is_data(message.type) && message.length == 0) return label;
  return label + ", " + (message.length_known ? size_in_words(message.length) : "not decodable");
}

/// The arrows of one packet's record. Nothing of epan that it calls throws.
class Arrows {
 public:
  Arrows(packet_info* pinfo, PacketIndex index)
      : pinfo_(pinfo),
        index_(index),
        packet_(store()->packet(index)),
        session_(store()->session(packet_.session).session),
        sender_(store()->sender_of(packet_)) {}

  std::vector<Arrow> take() {
    add_tcp_handshake();
    add_http();
    if (websocket_enabled()) add_messages();
    add_tcp_end();
    return std::move(arrows_);
  }

 private:
  void add(std::string label, const std::string& comment) {
    arrows_.push_back({sender_, std::move(label), "WebSocket " + std::to_string(session_.number) + ": " + comment});
  }

  void add_tcp_handshake() {
    if (packet_.has(Mark::syn)) add("SYN", "TCP handshake, 1 of 3");
    if (packet_.has(Mark::syn_ack)) add("SYN, ACK", "TCP handshake, 2 of 3");
    if (packet_.has(Mark::handshake_ack)) add("ACK", "TCP handshake, 3 of 3");
  }

  void add_http() {
    if (packet_.has(Mark::request)) {
      const bool whole = session_.request_done.packet == index_;
      const std::string line = shortened(session_.request.method, 10) + " " + shortened(session_.request.target, 30);
      add(whole ? line : "HTTP", whole ? "upgrade request" : "part of the upgrade request");
    }
    if (packet_.has(Mark::response)) add_answer();
  }

  void add_answer() {
    const auto& answer = session_.response;
    if (session_.response_done.packet != index_)
      add("HTTP", "part of the answer");
    else
      add(std::to_string(answer.status) + " " + shortened(answer.reason, 30),
          session_.switched() ? "the connection becomes a WebSocket" : "no WebSocket is opened");
  }

  void add_messages() {
    std::size_t left_out = 0;
    for_each_message(index_, [&](const MessageRecord& message) {
      if (arrows_.size() < most_arrows)
        add_message(message);
      else
        ++left_out;
    });
    if (left_out != 0) add("and " + std::to_string(left_out) + " more", "messages of the same packet");
  }

  void add_message(const MessageRecord& message) {
    const std::string words = frame_in_words(pinfo_, message.last_frame);  // first: it may throw
    add(message_label(message), words);
    arrows_.back().from = message.sender;
  }

  void add_tcp_end() {
    if (packet_.has(Mark::fin)) add("FIN", "TCP: will send nothing more");
    if (packet_.has(Mark::last_ack)) add("ACK", "TCP is closed");
    if (packet_.has(Mark::rst)) add("RST", "TCP aborted");
  }

  packet_info* pinfo_;
  PacketIndex index_;
  const PacketRecord& packet_;
  const websocket::Session& session_;
  Role sender_;
  std::vector<Arrow> arrows_;
};

/// On loopback both ends have the same address, and the graph has a column for each address.
void tell_apart(const SessionEntry& entry, Role from, seq_analysis_item_t* item) {
  free_address(&item->src_addr);
  free_address(&item->dst_addr);
  const auto name = [&](address* to, Role role) {
    const std::string text = std::string(websocket::role_name(role)) + " " + entry.connection->host[entry.side(role)];
    alloc_address_wmem(nullptr, to, AT_STRINGZ, static_cast<int>(text.size() + 1), text.c_str());
  };
  name(&item->src_addr, from);
  name(&item->dst_addr, websocket::other(from));
}

/// `turned`: a packet may decide what its receiver had sent before.
void set_ends(const SessionEntry& entry, Role from, bool turned, seq_analysis_item_t* item) {
  item->port_src = entry.port(from);
  item->port_dst = entry.port(websocket::other(from));
  if (addresses_equal(&item->src_addr, &item->dst_addr))
    tell_apart(entry, from, item);
  else if (turned)
    std::swap(item->src_addr, item->dst_addr);
}

/// None of the functions of epan here throws.
void draw(seq_analysis_info_t* graph, packet_info* pinfo, PacketIndex index) {
  const PacketRecord& packet = store()->packet(index);
  for (const Arrow& arrow : Arrows(pinfo, index).take()) {
    seq_analysis_item_t* item = sequence_analysis_create_sai_with_addresses(pinfo, graph);
    if (item == nullptr) return;
    item->frame_number = pinfo->num;
    set_ends(store()->session(packet.session), arrow.from, arrow.from != store()->sender_of(packet), item);
    item->frame_label = g_strdup(arrow.label.c_str());
    item->comment = g_strdup(arrow.comment.c_str());
    item->conv_num = static_cast<std::uint16_t>(packet.session);
    item->display = true;
    sequence_analysis_use_color_filter(pinfo, item);
    g_queue_push_tail(graph->items, item);
  }
}

tap_packet_status packet_seen(void* data, packet_info* pinfo, epan_dissect_t*, const void* tap_data, tap_flags_t) {
  const PacketIndex packet = packet_of(tap_data);
  if (store()->packet(packet).session == none) return TAP_PACKET_DONT_REDRAW;
  draw(static_cast<seq_analysis_info_t*>(data), pinfo, packet);
  return TAP_PACKET_REDRAW;
}

}  // namespace

void register_flow(int proto) {
  register_seq_analysis("wslens", "WebSocket lifecycle", proto, packet_tap_name, 0, packet_seen);
}

}  // namespace wslens
