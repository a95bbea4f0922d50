// SPDX-License-Identifier: GPL-2.0-or-later
#include "feed.h"

#include <epan/conversation.h>
#include <epan/dissectors/packet-tcp.h>
#include <epan/to_str.h>

#include "conversation_cache.h"
#include "dissector.h"
#include "exact_bytes.h"
#include "passes.h"
#include "planted_faults.h"
#include "preferences.h"
#include "segment.h"
#include "session_store.h"
#include "taps.h"
#include "tls_records.h"

namespace wslens {
namespace {

int proto_lens = -1;
int proto_tcp = -1;

/// How many protocols were there when the packet was fed that came last to feed_packet(), if it was a lone segment;
/// else 0.
unsigned lone_layers = 0;

constexpr std::int64_t nanoseconds_per_second = 1'000'000'000;

std::int64_t time_of(const packet_info* pinfo) {
  return pinfo->abs_ts.secs * nanoseconds_per_second + pinfo->abs_ts.nsecs;
}

/// The connection of a conversation. The end that was seen first is side a.
struct Link {
  ConnectionEntry* entry;  ///< TCP's own stream
  ConnectionEntry* tls;    ///< the decrypted one; null: none so far
  conversation_t* conversation;
  address ends[2];
  std::uint32_t ports[2];
  std::uint32_t tls_next[2];  ///< how far the decrypted stream of each side has come
};

ConnectionEntry* add_entry(Link* link) {
  ConnectionEntry* entry = store()->add_connection();
  entry->link = link;
  return entry;
}

/// A leaf without epan calls. Names a connection by its ends, the first of which is side a.
std::string name_of_ends(const address& a, std::uint32_t a_port, const address& b, std::uint32_t b_port) {
  std::string name;
  for (const address* end : {&a, &b})
    name += std::to_string(end->type) + ":" +
            std::string(static_cast<const char*>(end->data), static_cast<std::size_t>(end->len)) + ":";
  return name + std::to_string(a_port) + ":" + std::to_string(b_port);
}

std::string name_of_link(const ConnectionEntry& entry) {
  const Link& link = *static_cast<const Link*>(entry.link);
  return name_of_ends(link.ends[0], link.ports[0], link.ends[1], link.ports[1]);
}

/// The connection that was under way when Wireshark began anew, or met another SYN, seen from either end. A leaf
/// without epan calls.
ConnectionEntry* taken_up(const Segment& segment, bool& turned) {
  if (!store()->has_findable()) return nullptr;
  turned = false;
  ConnectionEntry* entry = store()->take_up(name_of_ends(segment.from, segment.from_port, segment.to, segment.to_port));
  if (entry != nullptr) return entry;
  turned = true;
  return store()->take_up(name_of_ends(segment.to, segment.to_port, segment.from, segment.from_port));
}

Link* link_of(conversation_t* conversation, const Segment& segment) {
  auto* link = static_cast<Link*>(conversation_get_proto_data(conversation, proto_lens));
  if (link != nullptr) return link;
  link = wmem_new0(wmem_file_scope(), Link);
  link->conversation = conversation;
  bool turned = false;
  ConnectionEntry* entry = taken_up(segment, turned);
  const std::size_t from = turned ? 1 : 0;
  copy_address_wmem(wmem_file_scope(), &link->ends[from], &segment.from);
  copy_address_wmem(wmem_file_scope(), &link->ends[1 - from], &segment.to);
  link->ports[from] = segment.from_port;
  link->ports[1 - from] = segment.to_port;
  link->entry = entry == nullptr ? add_entry(link) : entry;
  link->entry->link = link;
  link->entry->asked = false;
  conversation_add_proto_data(conversation, proto_lens, link);
  return link;
}

/// The segment is one of the link's, so different ports tell its ends apart.
bool is_from_first_end(const Link& link, const Segment& segment) {
  if (link.ports[0] != link.ports[1]) return link.ports[0] == segment.from_port;
  return addresses_equal(&link.ends[0], &segment.from) != 0;
}

websocket::Side side_of(const Link& link, const Segment& segment) {
  return is_from_first_end(link, segment) ? websocket::Side::a : websocket::Side::b;
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
  const bool tls = session.connection->inside_tls();
  session.url = websocket::websocket_url(session.session.request, tls, session.address(websocket::Role::server));
}

void name_session(SessionEntry& session) {
  ConnectionEntry& entry = *session.connection;
  if (entry.link == nullptr) return set_session_names(session);
  const Link& link = *static_cast<Link*>(entry.link);
  for (std::size_t side = 0; side < 2; ++side)
    set_end(entry, side, address_to_str(wmem_file_scope(), &link.ends[side]),
            static_cast<std::uint16_t>(link.ports[side]), link.ends[side].type == AT_IPv6);
  const auto* tcp = static_cast<tcp_analysis*>(conversation_get_proto_data(link.conversation, proto_tcp));
  session.tcp_stream = tcp == nullptr ? 0 : tcp->stream;
  set_session_names(session);
}

void open_with_name(SessionEntry& session) {
  name_session(session);
  store()->judge_neighbours(session);
}

void name_sessions_from(std::size_t first) {
  for (std::size_t i = first; i < store()->session_count(); ++i)
    open_with_name(store()->session(static_cast<SessionIndex>(i)));
}

websocket::TcpSegment tcp_segment(const Segment& segment, const Link& link, packet_info* pinfo) {
  websocket::TcpSegment out;
  out.sender = side_of(link, segment);
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
    out.data.captured = exact_bytes(pinfo, {segment.payload, segment.payload_captured});
  commit_planted_fault(out.data.captured);
  return out;
}

PacketRecord packet_record(const packet_info* pinfo) {
  PacketRecord record;
  record.number = pinfo->num;
  record.file_offset = pinfo->fd->file_off;
  record.time = time_of(pinfo);
  return record;
}

void feed_entry(ConnectionEntry& entry, websocket::TcpSegment& data, const PacketRecord& record) {
  const std::size_t sessions = store()->session_count();
  store()->feed(entry, data, record);
  if (store()->session_count() != sessions) name_sessions_from(sessions);
}

/// Once for each connection: its packets come to us from the next one on.
void take_over_once(ConnectionEntry& entry, conversation_t* conversation, packet_info* pinfo) {
  const websocket::Session* session = entry.connection.session();
  if (session == nullptr || !session->switched() || entry.asked) return;
  entry.asked = true;
  store()->make_findable(entry, name_of_link(entry));
  entry.taken_over = take_over(conversation, pinfo);
}

bool begins_tls(websocket::Bytes bytes) {
  return bytes.size() >= 3 && bytes[0] == 22 && bytes[1] == 3;  // RFC 8446 §5.1: a handshake record
}

/// A leaf without epan calls. From a ClientHello on, the record headers of both directions are watched.
void watch_tls(ConnectionEntry& entry, const websocket::TcpSegment& data) {
  const auto mine = static_cast<std::size_t>(data.sender);
  if (data.data.length != 0 && entry.tls_watch[mine] == nullptr && begins_tls(data.data.captured)) {
    entry.tls_watch[mine] = std::make_unique<websocket::TlsWatch>(data.data.sequence);
    if (entry.tls_watch[1 - mine] == nullptr)
      entry.tls_watch[1 - mine] = std::make_unique<websocket::TlsWatch>(data.acknowledgement);
  }
  if (entry.tls_watch[mine] == nullptr) return;
  if (data.data.length != 0) entry.tls_watch[mine]->insert(data.data);
  if (data.ack) entry.tls_watch[1 - mine]->acknowledge(data.acknowledgement, data.data.time);
}

void feed_segment(packet_info* pinfo, Link& link, const Segment& segment, bool tls) {
  if (!store()->claim_place(SourceKind::data_source, segment.source_index, segment.payload_offset)) return;
  PacketRecord record = packet_record(pinfo);
  record.source = segment.source_index;
  record.payload_offset = segment.payload_offset;
  websocket::TcpSegment data = tcp_segment(segment, link, pinfo);
  feed_entry(*link.entry, data, record);
  if (tls || link.tls != nullptr) watch_tls(*link.entry, data);
  take_over_once(*link.entry, link.conversation, pinfo);
}

Link* existing_link(packet_info* pinfo) {
  conversation_t* conversation = find_conversation_pinfo(pinfo, 0);
  return conversation == nullptr ? nullptr : static_cast<Link*>(conversation_get_proto_data(conversation, proto_lens));
}

/// Decrypted bytes of `side`, in order.
void feed_inside(Link& link, websocket::Side side, websocket::Bytes bytes, const PacketRecord& record,
                 const websocket::MissingRecords& missing = {}) {
  if (link.tls == nullptr) {
    link.tls = add_entry(&link);
    link.tls->around = link.entry;
    store()->note_tls();
    link.tls->connection.begin_inside(link.entry->connection, record.kind == SourceKind::tls_record
                                                                  ? websocket::Trust::exact
                                                                  : websocket::Trust::inferred);
    link.tls->taken_over = websocket_enabled();
  }
  const auto mine = static_cast<std::size_t>(side);
  websocket::TcpSegment data;
  data.inside = true;
  data.sender = side;
  data.acknowledgement = link.tls_next[1 - mine];
  data.data.sequence = link.tls_next[mine];
  data.data.length = static_cast<std::uint32_t>(bytes.size());
  data.data.captured = bytes;
  data.data.packet_offset = record.payload_offset;
  data.data.time = record.time;
  data.behind_hole = missing.any;
  data.hole = missing.size;
  link.tls_next[mine] += data.data.length;
  feed_entry(*link.tls, data, record);
}

/// The packet's records that have not been fed. A leaf without epan calls, as the next.
std::vector<TlsRecord> fresh_records(TlsRecords& records) {
  std::vector<TlsRecord> fresh;
  TlsRecord record;
  while (records.next(record))
    if (store()->claim_place(SourceKind::tls_record, record.number, 0)) fresh.push_back(record);
  return fresh;
}

/// What is missing in front of each.
std::vector<websocket::MissingRecords> missing_before(Link& link, websocket::Side side,
                                                      const std::vector<TlsRecord>& fresh) {
  websocket::TlsWatch* watch = link.entry->tls_watch[static_cast<std::size_t>(side)].get();
  if (watch == nullptr) return std::vector<websocket::MissingRecords>(fresh.size());
  std::vector<websocket::DecryptedRecord> decrypted;
  decrypted.reserve(fresh.size());
  for (const TlsRecord& record : fresh) decrypted.push_back({record.type, record.size});
  return watch->account_for(decrypted);
}

/// All of the packet at once: only so can it be told whether one is missing. Nothing that it calls can throw.
void feed_fresh_records(Link& link, websocket::Side side, TlsRecords& records, PacketRecord packet) {
  const std::vector<TlsRecord> fresh = fresh_records(records);
  if (fresh.empty()) return;
  const std::vector<websocket::MissingRecords> missing = missing_before(link, side, fresh);
  websocket::MissingRecords hole{false, 0};
  for (std::size_t i = 0; i < fresh.size(); ++i) {
    const TlsRecord& record = fresh[i];
    hole.any = hole.any || missing[i].any;
    if (missing[i].any)
      hole.size = hole.size && missing[i].size ? std::optional(*hole.size + *missing[i].size) : std::nullopt;
    if (record.type != websocket::TlsWatch::application_data || record.size == 0) continue;
    packet.source = record.number;
    feed_inside(link, side, {record.bytes, record.size}, packet, hole);
    hole = {false, 0};
  }
}

bool is_switched(const Link& link) {
  const websocket::Session* session = link.tls == nullptr ? nullptr : link.tls->connection.session();
  return session != nullptr && session->switched();
}

/// The fall-back: bytes of a data source, from `offset` on.
void feed_source(packet_info* pinfo, Link& link, websocket::Side side, unsigned index, tvbuff_t* source, int offset,
                 int size) {
  if (size <= 0 || !store()->claim_place(SourceKind::data_source, static_cast<std::uint16_t>(index),
                                         static_cast<std::uint32_t>(offset)))
    return;
  PacketRecord packet = packet_record(pinfo);
  packet.source = static_cast<std::uint16_t>(index);
  packet.payload_offset = static_cast<std::uint32_t>(offset);
  feed_inside(link, side, {tvb_get_ptr(source, offset, size), static_cast<std::size_t>(size)}, packet);
}

/// What stands behind the head is handed over.
int end_of_head(tvbuff_t* source, int size) {
  for (int at = 0; at + 4 <= size; ++at)
    if (tvb_strneql(source, at, "\r\n\r\n", 4) == 0) return at + 4;
  return size;
}

/// The fall-back for the HTTP heads, which nobody hands over: each begins a decrypted record.
void feed_heads(packet_info* pinfo, Link& link, websocket::Side side) {
  const unsigned count = g_slist_length(pinfo->data_src);
  for (unsigned i = 1; i < count && !is_switched(link); ++i) {
    tvbuff_t* source = decrypted_source(pinfo, i);
    if (source == nullptr || tvb_captured_length(source) < 5) continue;
    const auto size = static_cast<int>(tvb_captured_length(source));
    if (tvb_strneql(source, 0, "GET /", 5) != 0 && tvb_strneql(source, 0, "HTTP/", 5) != 0) continue;
    feed_source(pinfo, link, side, i, source, 0, end_of_head(source, size));
  }
}

void feed_tls_records(packet_info* pinfo, Link& link, const Segment& segment) {
  if (TlsRecords(pinfo).insane()) return feed_heads(pinfo, link, side_of(link, segment));
  PacketRecord packet = packet_record(pinfo);
  packet.kind = SourceKind::tls_record;
  TlsRecords records(pinfo);
  feed_fresh_records(link, side_of(link, segment), records, packet);
}

/// What TCP itself does around a decrypted stream: its acknowledgements and its end.
void feed_around_tls(packet_info* pinfo, const Segment& segment) {
  Link* link = existing_link(pinfo);
  if (link == nullptr || link->tls == nullptr) return;
  websocket::TcpSegment data = tcp_segment(segment, *link, pinfo);
  const bool ends = data.fin || data.rst;
  const PacketIndex first = store()->find_packet(pinfo->num, pinfo->fd->file_off);
  if (ends) SessionStore::lose_undecrypted(*link->entry, *link->tls, data.sender);
  if (!ends && first != none) return;  // its records say all there is to say
  data.data.sequence += data.data.length;
  data.data.length = 0;
  data.data.captured = {};
  PacketRecord record = packet_record(pinfo);
  record.source = segment.source_index;
  record.payload_offset = segment.payload_offset;
  feed_entry(*link->tls, data, record);
}

void feed_other_segments(packet_info* pinfo) {
  Segment segment;
  for (unsigned at = 0; find_next_segment(pinfo, at, segment);) {
    conversation_t* conversation = find_conversation(pinfo->num, &segment.from, &segment.to, CONVERSATION_TCP,
                                                     segment.from_port, segment.to_port, 0);
    if (conversation != nullptr) feed_segment(pinfo, *link_of(conversation, segment), segment, false);
  }
}

/// Between two packets.
void forget_what_nobody_reads() {
  if (!store()->has_to_forget()) return;
  if (is_only_pass() && !anybody_listens())
    store()->forget_shown();
  else
    store()->keep_history();
}

/// Is there anything to do? Only the first pass feeds.
bool begin_work(packet_info* pinfo) {
  if (store() == nullptr) return false;
  if (pinfo->fd->visited) {
    if (is_tshark()) finish_feed();  // elsewhere packets may still come, and only a report decides what waits
    return false;
  }
  if (store()->begin_packet(pinfo->num, pinfo->fd->file_off)) forget_what_nobody_reads();
  return pinfo->ptype == PT_TCP;
}

/// And where?
bool find_work(packet_info* pinfo, Layers& layers, Segment& segment) {
  if (!begin_work(pinfo)) return false;
  layers = layers_of(pinfo);
  return !layers.quoted && find_segment(pinfo, segment);
}

void feed_current(packet_info* pinfo, const Layers& layers, const Segment& segment) {
  CachedConversation& found = cached_conversation(pinfo, (segment.flags & tcp_flag::syn) != 0);
  if (found.conversation == nullptr) return;
  if (found.link == nullptr) found.link = link_of(found.conversation, segment);
  Link& link = *static_cast<Link*>(found.link);
  feed_segment(pinfo, link, segment, layers.tls);
  if (layers.tls) feed_tls_records(pinfo, link, segment);
}

}  // namespace

void prepare_feed(int proto_wslens) {
  proto_lens = proto_wslens;
  proto_tcp = proto_get_id_by_filter_name("tcp");
  prepare_segments();
  prepare_tls_records();
}

void believe_connection(packet_info* pinfo) {
  Layers layers;
  Segment segment;
  if (!find_work(pinfo, layers, segment)) return;
  conversation_t* conversation = find_conversation_pinfo(pinfo, 0);
  if (conversation != nullptr) link_of(conversation, segment)->entry->connection.believe();
}

bool feed_packet(packet_info* pinfo) {
  Layers layers;
  Segment segment;
  lone_layers = 0;
  if (!find_work(pinfo, layers, segment)) return false;
  feed_current(pinfo, layers, segment);
  if (layers.tcp == 1 && !layers.tls && store()->anything_fed()) lone_layers = count_layers(pinfo);
  return lone_layers != 0;
}

bool is_lone_segment(const packet_info* pinfo) {
  if (lone_layers == 0 || store() == nullptr || pinfo->fd->visited) return false;
  if (!store()->is_begun(pinfo->num, pinfo->fd->file_off) || !store()->anything_fed()) return false;
  return count_layers(pinfo) - lone_layers <= 1;  // the postdissector is one of its own
}

void feed_upgraded(packet_info* pinfo, tvbuff_t* tvb) {
  Layers layers;
  Segment segment;
  if (!find_work(pinfo, layers, segment) || !layers.tls || !TlsRecords(pinfo).insane()) return;
  Link* link = existing_link(pinfo);
  if (link == nullptr || !is_switched(*link)) return;
  tvbuff_t* source = tvb_get_ds_tvb(tvb);
  const unsigned count = g_slist_length(pinfo->data_src);
  const int offset = tvb_raw_offset(tvb);
  for (unsigned i = 1; i < count; ++i)
    if (decrypted_source(pinfo, i) == source)
      feed_source(pinfo, *link, side_of(*link, segment), i, source, offset, static_cast<int>(tvb_captured_length(tvb)));
}

void feed_rest(packet_info* pinfo) {
  if (!begin_work(pinfo)) return;
  const Layers layers = layers_of(pinfo);
  if (layers.quoted || (store()->anything_fed() && layers.tcp < 2 && !layers.tls)) return;
  Segment segment;
  if (!find_segment(pinfo, segment)) return;
  if (layers.tcp > 1) feed_other_segments(pinfo);  // before the last one: they stand in front of it
  feed_current(pinfo, layers, segment);
  if (store()->has_tls()) feed_around_tls(pinfo, segment);
}

void suspend_feed() {
  if (is_tshark())
    suspend_store(name_of_link);
  else
    close_store();
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

SessionIndex session_of(const frame_data* packet) {
  const PacketIndex index = store() == nullptr ? none : store()->find_packet(packet->num, packet->file_off);
  return index == none ? none : store()->packet(index).session;
}

PacketIndex record_of_segment(packet_info* pinfo) {
  if (!pinfo->fd->visited && store() != nullptr && store()->just_fed() != none) return store()->just_fed();
  Segment segment;
  if (!find_segment(pinfo, segment)) return none;
  const PacketIndex first = record_of(pinfo);
  for (PacketIndex i = first; store()->is_same_packet(first, i); ++i) {
    const PacketRecord& record = store()->packet(i);
    if (record.kind == SourceKind::data_source && record.source == segment.source_index &&
        record.payload_offset == segment.payload_offset)
      return i;
  }
  return none;
}

}  // namespace wslens
