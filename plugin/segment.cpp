// SPDX-License-Identifier: GPL-2.0-or-later
#include "segment.h"

#include <cstring>

#include "exact_bytes.h"

namespace wslens {
namespace {

int proto_icmp = -1;
int proto_icmpv6 = -1;
int proto_tcp = -1;
int proto_tls = -1;

constexpr unsigned ipv4_header_min = 20;
constexpr unsigned ipv6_header = 40;
constexpr unsigned tcp_header_min = 20;
constexpr std::uint8_t next_header_tcp = 6;

std::uint16_t read16(const std::uint8_t* p) { return static_cast<std::uint16_t>(p[0] << 8 | p[1]); }
std::uint32_t read32(const std::uint8_t* p) {
  return std::uint32_t{p[0]} << 24 | std::uint32_t{p[1]} << 16 | std::uint32_t{p[2]} << 8 | p[3];
}

struct View {
  const std::uint8_t* bytes = nullptr;
  unsigned size = 0;
  const std::uint8_t* original = nullptr;  ///< where Wireshark has them; the same but for builds with a sanitizer
};

/// Where TCP begins, and where the IP packet that carries it ends, in a view.
struct Place {
  unsigned tcp = 0;
  unsigned end = 0;
};

View view_of(const packet_info* pinfo, tvbuff_t* tvb) {
  const unsigned size = tvb_captured_length(tvb);
  const std::uint8_t* original = size == 0 ? nullptr : tvb_get_ptr(tvb, 0, static_cast<int>(size));
  return {exact_bytes(pinfo, {original, size}).data(), size, original};
}

/// RFC 791; `header` is where it begins. False: no whole TCP header stands behind it.
bool place_behind_ipv4(const View& view, unsigned header, unsigned reported, Place& place) {
  if (header + ipv4_header_min > view.size || view.bytes[header] >> 4 != 4) return false;
  const bool fragment = (read16(view.bytes + header + 6) & 0x3FFF) != 0;
  if (fragment || view.bytes[header + 9] != next_header_tcp) return false;
  const unsigned total = read16(view.bytes + header + 2);
  place.tcp = header + (view.bytes[header] & 0x0FU) * 4;
  place.end = total == 0 ? reported : header + total;  // 0: the network card was to fill it in (TSO)
  return true;
}

/// The source address is not a copy, so it points at the header that the dissector read.
bool place_ipv4(const View& view, const address& source, unsigned reported, Place& place) {
  const auto* address_bytes = static_cast<const std::uint8_t*>(source.data);
  if (address_bytes < view.original + 12 || address_bytes >= view.original + view.size) return false;
  return place_behind_ipv4(view, static_cast<unsigned>(address_bytes - view.original) - 12, reported, place);
}

/// RFC 8200 §4: steps over the extension headers that may stand before TCP.
bool walk_extension_headers(const View& view, unsigned header, Place& place) {
  unsigned at = header + ipv6_header;
  std::uint8_t next = view.bytes[header + 6];
  while (next != next_header_tcp) {
    if (at + 8 > view.size) return false;
    const bool fragment = next == 44;
    if (fragment && (read16(view.bytes + at + 2) & 0xFFF9) != 0) return false;
    if (next != 0 && next != 43 && next != 60 && next != 51 && !fragment) return false;
    const unsigned units = view.bytes[at + 1];
    const unsigned length = fragment ? 8 : next == 51 ? (units + 2) * 4 : (units + 1) * 8;
    next = view.bytes[at];
    at += length;
  }
  place.tcp = at;
  return true;
}

/// The source address is a copy: look for both addresses side by side in the frame's bytes.
bool place_ipv6(const View& view, const address& source, const address& destination, unsigned reported, Place& place) {
  if (source.len != 16 || destination.len != 16 || view.size < ipv6_header) return false;
  for (unsigned header = 0; header + ipv6_header <= view.size; ++header) {
    const std::uint8_t* at = view.bytes + header;
    if (at[0] >> 4 != 6 || std::memcmp(at + 8, source.data, 16) != 0 || std::memcmp(at + 24, destination.data, 16) != 0)
      continue;
    const unsigned payload = read16(at + 4);
    place.end = payload == 0 ? reported : header + ipv6_header + payload;
    return walk_extension_headers(view, header, place);
  }
  return false;
}

bool has_tcp_header(const View& view, unsigned at) {
  return at + tcp_header_min <= view.size && view.bytes[at + 12] >> 4 >= 5;
}

bool is_tcp_header(const View& view, unsigned at, const packet_info* pinfo) {
  return has_tcp_header(view, at) && read16(view.bytes + at) == pinfo->srcport &&
         read16(view.bytes + at + 2) == pinfo->destport;
}

void fill(const View& view, const Place& place, unsigned reported, Segment& segment) {
  const std::uint8_t* tcp = view.bytes + place.tcp;
  const unsigned end = place.end < reported ? place.end : reported;
  segment.payload_offset = place.tcp + (tcp[12] >> 4) * 4U;
  segment.payload_length = end > segment.payload_offset ? end - segment.payload_offset : 0;
  const unsigned captured_end = end < view.size ? end : view.size;
  segment.payload_captured = captured_end > segment.payload_offset ? captured_end - segment.payload_offset : 0;
  segment.payload = segment.payload_captured == 0 ? nullptr : view.original + segment.payload_offset;
  segment.sequence = read32(tcp + 4);
  segment.acknowledgement = read32(tcp + 8);
  segment.flags = tcp[13];
  segment.from_port = read16(tcp);
  segment.to_port = read16(tcp + 2);
}

bool find_in_frame(packet_info* pinfo, tvbuff_t* frame, Segment& segment) {
  const View view = view_of(pinfo, frame);
  const unsigned reported = tvb_reported_length(frame);
  Place place;
  if (view.bytes == nullptr || pinfo->net_src.data == nullptr) return false;
  const bool placed = pinfo->net_src.type == AT_IPv4 ? place_ipv4(view, pinfo->net_src, reported, place)
                      : pinfo->net_src.type == AT_IPv6
                          ? place_ipv6(view, pinfo->net_src, pinfo->net_dst, reported, place)
                          : false;
  if (!placed || !is_tcp_header(view, place.tcp, pinfo)) return false;
  segment.source = frame;
  segment.source_index = 0;
  fill(view, place, reported, segment);
  return true;
}

/// An IP packet that was put together from fragments is a data source of its own and begins with the TCP header.
bool find_in_reassembled(packet_info* pinfo, Segment& segment) {
  std::uint16_t index = 1;
  for (GSList* node = pinfo->data_src->next; node != nullptr; node = node->next, ++index) {
    tvbuff_t* tvb = get_data_source_tvb(static_cast<data_source*>(node->data));
    const View view = view_of(pinfo, tvb);
    if (view.bytes == nullptr || !is_tcp_header(view, 0, pinfo)) continue;
    const unsigned reported = tvb_reported_length(tvb);
    segment.source = tvb;
    segment.source_index = index;
    fill(view, {0, reported}, reported, segment);
    return true;
  }
  return false;
}

/// RFC 1071: a header with its checksum in it adds up to all ones.
bool checksum_fits(const std::uint8_t* header, unsigned size) {
  std::uint32_t sum = 0;
  for (unsigned i = 0; i < size; i += 2) sum += read16(header + i);
  while (sum >> 16 != 0) sum = (sum & 0xFFFF) + (sum >> 16);
  return sum == 0xFFFF;
}

/// Nothing says where it begins, so it has to look like one in every respect.
bool looks_like_ipv4(const View& view, unsigned header, Place& place) {
  if (header + ipv4_header_min > view.size || view.bytes[header] >> 4 != 4) return false;
  const unsigned size = (view.bytes[header] & 0x0FU) * 4;
  return size >= ipv4_header_min && header + size <= view.size && checksum_fits(view.bytes + header, size) &&
         place_behind_ipv4(view, header, 0, place) && place.end > place.tcp && has_tcp_header(view, place.tcp);
}

bool looks_like_ipv6(const View& view, unsigned header, Place& place) {
  if (header + ipv6_header > view.size || view.bytes[header] >> 4 != 6) return false;
  place.end = header + ipv6_header + read16(view.bytes + header + 4);
  return place.end <= view.size && walk_extension_headers(view, header, place) && place.tcp < place.end &&
         has_tcp_header(view, place.tcp);
}

}  // namespace

void prepare_segments() {
  proto_icmp = proto_get_id_by_filter_name("icmp");
  proto_icmpv6 = proto_get_id_by_filter_name("icmpv6");
  proto_tcp = proto_get_id_by_filter_name("tcp");
  proto_tls = proto_get_id_by_filter_name("tls");
}

Layers layers_of(packet_info* pinfo) {
  Layers layers;
  for (wmem_list_frame_t* layer = wmem_list_head(pinfo->layers); layer != nullptr;
       layer = wmem_list_frame_next(layer)) {
    const int proto = GPOINTER_TO_INT(wmem_list_frame_data(layer));
    if (proto == proto_tcp) ++layers.tcp;
    if (proto == proto_tls) layers.tls = true;
    if (proto == proto_icmp || proto == proto_icmpv6) layers.quoted = true;
  }
  return layers;
}

unsigned count_layers(const packet_info* pinfo) { return wmem_list_count(pinfo->layers); }

bool find_segment(packet_info* pinfo, Segment& segment) {
  if (pinfo->ptype != PT_TCP || pinfo->data_src == nullptr) return false;
  tvbuff_t* frame = get_data_source_tvb(static_cast<data_source*>(pinfo->data_src->data));
  segment.from = pinfo->src;
  segment.to = pinfo->dst;
  return find_in_frame(pinfo, frame, segment) || find_in_reassembled(pinfo, segment);
}

bool find_next_segment(packet_info* pinfo, unsigned& at, Segment& segment) {
  if (pinfo->data_src == nullptr) return false;
  tvbuff_t* frame = get_data_source_tvb(static_cast<data_source*>(pinfo->data_src->data));
  const View view = view_of(pinfo, frame);
  for (; at < view.size; ++at) {
    Place place;
    const bool four = looks_like_ipv4(view, at, place);
    if (!four && !looks_like_ipv6(view, at, place)) continue;
    const std::uint8_t* header = view.bytes + at;
    set_address(&segment.from, four ? AT_IPv4 : AT_IPv6, four ? 4 : 16, header + (four ? 12 : 8));
    set_address(&segment.to, four ? AT_IPv4 : AT_IPv6, four ? 4 : 16, header + (four ? 16 : 24));
    segment.source = frame;
    segment.source_index = 0;
    fill(view, place, tvb_reported_length(frame), segment);
    at = place.end;
    return true;
  }
  return false;
}

tvbuff_t* source_tvb(packet_info* pinfo, unsigned index) {
  GSList* node = g_slist_nth(pinfo->data_src, index);
  return node == nullptr ? nullptr : get_data_source_tvb(static_cast<data_source*>(node->data));
}

}  // namespace wslens
