// SPDX-License-Identifier: GPL-2.0-or-later
#include "segment.h"

#include <cstring>

namespace wslens {
namespace {

int proto_icmp = -1;
int proto_icmpv6 = -1;

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
};

/// Where TCP begins, and where the IP packet that carries it ends, in a view.
struct Place {
  unsigned tcp = 0;
  unsigned end = 0;
};

View view_of(tvbuff_t* tvb) {
  const unsigned size = tvb_captured_length(tvb);
  return {size == 0 ? nullptr : tvb_get_ptr(tvb, 0, static_cast<int>(size)), size};
}

bool quoted_by_icmp(packet_info* pinfo) {
  for (wmem_list_frame_t* layer = wmem_list_head(pinfo->layers); layer != nullptr;
       layer = wmem_list_frame_next(layer)) {
    const int proto = GPOINTER_TO_INT(wmem_list_frame_data(layer));
    if (proto == proto_icmp || proto == proto_icmpv6) return true;
  }
  return false;
}

/// RFC 791: the source address is not a copy, so it points at the header that the dissector read.
bool place_ipv4(const View& view, const address& source, unsigned reported, Place& place) {
  const auto* address_bytes = static_cast<const std::uint8_t*>(source.data);
  if (address_bytes < view.bytes + 12 || address_bytes >= view.bytes + view.size) return false;
  const unsigned header = static_cast<unsigned>(address_bytes - view.bytes) - 12;
  if (header + ipv4_header_min > view.size || view.bytes[header] >> 4 != 4) return false;
  const bool fragment = (read16(view.bytes + header + 6) & 0x3FFF) != 0;
  if (fragment || view.bytes[header + 9] != next_header_tcp) return false;
  const unsigned total = read16(view.bytes + header + 2);
  place.tcp = header + (view.bytes[header] & 0x0FU) * 4;
  place.end = total == 0 ? reported : header + total;  // 0: the network card was to fill it in (TSO)
  return true;
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

bool is_tcp_header(const View& view, unsigned at, const packet_info* pinfo) {
  return at + tcp_header_min <= view.size && read16(view.bytes + at) == pinfo->srcport &&
         read16(view.bytes + at + 2) == pinfo->destport && view.bytes[at + 12] >> 4 >= 5;
}

void fill(const View& view, const Place& place, unsigned reported, Segment& segment) {
  const std::uint8_t* tcp = view.bytes + place.tcp;
  const unsigned end = place.end < reported ? place.end : reported;
  segment.payload_offset = place.tcp + (tcp[12] >> 4) * 4U;
  segment.payload_length = end > segment.payload_offset ? end - segment.payload_offset : 0;
  const unsigned captured_end = end < view.size ? end : view.size;
  segment.payload_captured = captured_end > segment.payload_offset ? captured_end - segment.payload_offset : 0;
  segment.sequence = read32(tcp + 4);
  segment.acknowledgement = read32(tcp + 8);
  segment.flags = tcp[13];
}

bool find_in_frame(packet_info* pinfo, tvbuff_t* frame, Segment& segment) {
  const View view = view_of(frame);
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
    const View view = view_of(tvb);
    if (view.bytes == nullptr || !is_tcp_header(view, 0, pinfo)) continue;
    const unsigned reported = tvb_reported_length(tvb);
    segment.source = tvb;
    segment.source_index = index;
    fill(view, {0, reported}, reported, segment);
    return true;
  }
  return false;
}

}  // namespace

void prepare_segments() {
  proto_icmp = proto_get_id_by_filter_name("icmp");
  proto_icmpv6 = proto_get_id_by_filter_name("icmpv6");
}

bool find_segment(packet_info* pinfo, Segment& segment) {
  if (pinfo->ptype != PT_TCP || pinfo->data_src == nullptr || quoted_by_icmp(pinfo)) return false;
  tvbuff_t* frame = get_data_source_tvb(static_cast<data_source*>(pinfo->data_src->data));
  return find_in_frame(pinfo, frame, segment) || find_in_reassembled(pinfo, segment);
}

tvbuff_t* source_tvb(packet_info* pinfo, unsigned index) {
  GSList* node = g_slist_nth(pinfo->data_src, index);
  return node == nullptr ? nullptr : get_data_source_tvb(static_cast<data_source*>(node->data));
}

}  // namespace wslens
