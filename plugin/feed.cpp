// SPDX-License-Identifier: GPL-2.0-or-later
#include "feed.h"

#include <epan/conversation.h>
#include <epan/dissectors/packet-tcp.h>
#include <epan/to_str.h>

#include <cstring>

#include "dissector.h"
#include "segment.h"
#include "session_store.h"

namespace wslens {
namespace {

int proto_lens = -1;
int proto_tcp = -1;

/// tshark begins its second pass when the file has been read. The window shows packets again while others still come (a
/// live capture, a file that is being loaded), so there only a report may decide what waits.
bool second_pass_means_end = false;

constexpr std::int64_t nanoseconds_per_second = 1'000'000'000;

std::int64_t time_of(const packet_info* pinfo) {
  return pinfo->abs_ts.secs * nanoseconds_per_second + pinfo->abs_ts.nsecs;
}

/// The connection of a conversation. The end that was seen first is side a.
struct Link {
  ConnectionEntry* entry;
  conversation_t* conversation;
  address ends[2];
  std::uint32_t ports[2];
};

Link* link_of(conversation_t* conversation, packet_info* pinfo) {
  auto* link = static_cast<Link*>(conversation_get_proto_data(conversation, proto_lens));
  if (link != nullptr) return link;
  link = wmem_new0(wmem_file_scope(), Link);
  link->conversation = conversation;
  copy_address_wmem(wmem_file_scope(), &link->ends[0], &pinfo->src);
  copy_address_wmem(wmem_file_scope(), &link->ends[1], &pinfo->dst);
  link->ports[0] = pinfo->srcport;
  link->ports[1] = pinfo->destport;
  link->entry = store()->add_connection();
  link->entry->link = link;
  conversation_add_proto_data(conversation, proto_lens, link);
  return link;
}

websocket::Side side_of(const Link& link, const packet_info* pinfo) {
  const bool first = link.ports[0] == pinfo->srcport && addresses_equal(&link.ends[0], &pinfo->src);
  return first ? websocket::Side::a : websocket::Side::b;
}

/// A leaf without epan calls: the strings it makes are safe from longjmp.
void set_end(ConnectionEntry& entry, std::size_t side, const char* host, std::uint16_t port, bool brackets) {
  entry.host[side] = host;
  entry.port[side] = port;
  entry.address[side] = (brackets ? "[" + entry.host[side] + "]" : entry.host[side]) + ":" + std::to_string(port);
}

/// A leaf without epan calls.
void set_session_names(SessionEntry& session) {
  session.client = session.connection->connection.client();
  session.url = websocket::websocket_url(session.session.request, false, session.address(websocket::Role::server));
}

void name_session(SessionEntry& session) {
  ConnectionEntry& entry = *session.connection;
  const Link& link = *static_cast<Link*>(entry.link);
  for (std::size_t side = 0; side < 2; ++side)
    set_end(entry, side, address_to_str(wmem_file_scope(), &link.ends[side]),
            static_cast<std::uint16_t>(link.ports[side]), link.ends[side].type == AT_IPv6);
  const auto* tcp = static_cast<tcp_analysis*>(conversation_get_proto_data(link.conversation, proto_tcp));
  entry.tcp_stream = tcp == nullptr ? 0 : tcp->stream;
  set_session_names(session);
}

void name_sessions_from(std::size_t first) {
  for (std::size_t i = first; i < store()->session_count(); ++i)
    name_session(store()->session(static_cast<SessionIndex>(i)));
}

websocket::TcpSegment tcp_segment(const Segment& segment, const Link& link, packet_info* pinfo) {
  websocket::TcpSegment out;
  out.sender = side_of(link, pinfo);
  out.syn = (segment.flags & tcp_flag::syn) != 0;
  out.ack = (segment.flags & tcp_flag::ack) != 0;
  out.fin = (segment.flags & tcp_flag::fin) != 0;
  out.rst = (segment.flags & tcp_flag::rst) != 0;
  out.acknowledgement = segment.acknowledgement;
  out.data.sequence = segment.sequence;
  out.data.length = segment.payload_length;
  out.data.packet_offset = segment.payload_offset;
  out.data.time = time_of(pinfo);
  if (segment.payload_captured != 0)
    out.data.captured = {tvb_get_ptr(segment.source, static_cast<int>(segment.payload_offset),
                                     static_cast<int>(segment.payload_captured)),
                         segment.payload_captured};
  return out;
}

PacketRecord packet_record(const packet_info* pinfo, const Segment& segment) {
  PacketRecord record;
  record.number = pinfo->num;
  record.file_offset = pinfo->fd->file_off;
  record.source = segment.source_index;
  return record;
}

void feed_segment(packet_info* pinfo, conversation_t* conversation, const Segment& segment) {
  Link* link = link_of(conversation, pinfo);
  const std::size_t sessions = store()->session_count();
  const websocket::TcpSegment data = tcp_segment(segment, *link, pinfo);
  store()->feed(*link->entry, data, packet_record(pinfo, segment));
  name_sessions_from(sessions);
  const websocket::Session* session = link->entry->connection.session();
  if (session == nullptr || !session->switched() || link->entry->asked) return;
  link->entry->asked = true;
  link->entry->taken_over = take_over(conversation, pinfo);
}

}  // namespace

void prepare_feed(int proto_wslens) {
  proto_lens = proto_wslens;
  const char* program = g_get_prgname();
  second_pass_means_end = program != nullptr && std::strcmp(program, "tshark") == 0;
  proto_tcp = proto_get_id_by_filter_name("tcp");
  prepare_segments();
}

void feed_packet(packet_info* pinfo) {
  if (store() == nullptr) return;
  if (pinfo->fd->visited) {
    if (second_pass_means_end) finish_feed();
    return;
  }
  if (store()->already_fed(pinfo->num, pinfo->fd->file_off)) return;
  store()->note_fed(pinfo->num, pinfo->fd->file_off);
  if (pinfo->ptype != PT_TCP) return;
  Segment segment;
  if (!find_segment(pinfo, segment)) return;
  conversation_t* conversation = find_conversation_pinfo(pinfo, 0);
  if (conversation != nullptr) feed_segment(pinfo, conversation, segment);
}

void finish_feed() {
  if (store() == nullptr) return;
  const std::size_t sessions = store()->session_count();
  store()->flush();
  name_sessions_from(sessions);
}

PacketIndex record_of(packet_info* pinfo) {
  return store() == nullptr ? none : store()->find_packet(pinfo->num, pinfo->fd->file_off);
}

}  // namespace wslens
