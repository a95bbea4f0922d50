// SPDX-License-Identifier: GPL-2.0-or-later
#include "export_objects.h"

#include <epan/export_object.h>
#include <epan/tap.h>

#include <algorithm>
#include <cstdio>
#include <optional>
#include <string>

#include "annotate.h"
#include "file_type.h"
#include "taps.h"
#include "utf8.h"

namespace wslens {
namespace {

using websocket::Bytes;
using websocket::Role;
using websocket::Trust;

int export_tap = -1;

/// "session-0-client-text-000001.json", "session-0-server-binary-000002-truncated.bin"; they sort as they were sent.
std::string name_of_file(const MessageRecord& message, const FileType& type) {
  char beginning[80];
  std::snprintf(beginning, sizeof beginning, "session-%u-%s-%s-%06u", message.session,
                websocket::role_name(message.sender).data(), websocket::message_type_name(message.type).data(),
                message.number);
  std::string name = beginning;
  if (message.trust != Trust::exact) name += "-" + std::string(websocket::trust_name(message.trust));
  if (message.data_cut) name += "-cut";
  return name + "." + type.extension;
}

/// The host of the request, which a peer wrote, or the address of the server.
std::string host_of(const SessionEntry& entry) {
  const std::string& host = entry.session.request.host;
  return host.empty() ? entry.address(Role::server) : websocket::printable_text(websocket::as_bytes(host), 100);
}

/// A leaf without epan calls. Freed by Wireshark, member by member.
export_object_entry_t* entry_of(const MessageRecord& message, Bytes data) {
  const FileType type = file_type_of(message.type, data);
  auto* entry = g_new0(export_object_entry_t, 1);
  entry->hostname = g_strdup(host_of(store()->session(message.session)).c_str());
  entry->content_type = g_strdup(type.content_type);
  entry->filename = g_strdup(name_of_file(message, type).c_str());
  entry->payload_len = data.size();
  entry->payload_data = static_cast<guint8*>(g_malloc(std::max<std::size_t>(data.size(), 1)));
  std::copy(data.begin(), data.end(), entry->payload_data);
  return entry;
}

bool is_file(const MessageRecord& message, std::size_t size) {
  if (!websocket::is_data(message.type) || message.trust == Trust::undecodable) return false;
  return size != 0 || (message.length_known && message.length == 0);
}

bool export_message(const export_object_list_t& list, packet_info* pinfo, const MessageRecord& message) {
  const Bytes data = bytes_of_message(pinfo, message);
  if (!is_file(message, data.size())) return false;
  auto* entry = entry_of(message, data);
  entry->pkt_num = pinfo->num;
  list.add_entry(list.gui_data, entry);
  return true;
}

/// What was decided after the last packet is shown in none. On a second pass it is known, and goes with its last bytes.
std::optional<MessageRecord> decided_at_the_end(const PieceRecord& piece, PacketIndex packet) {
  const auto message = completed_message(piece.frame);
  const bool ours = message && message->shown_in == none && message->last_packet == packet;
  return ours ? message : std::nullopt;
}

tap_packet_status packet_seen(void* data, packet_info* pinfo, epan_dissect_t*, const void* tap_data, tap_flags_t) {
  const auto& list = *static_cast<export_object_list_t*>(data);
  const PacketIndex index = packet_of(tap_data);
  bool added = false;
  for_each_message(index, [&](const MessageRecord& message) { added |= export_message(list, pinfo, message); });
  if (store()->flushed())
    for (PieceIndex i = store()->packet(index).first_piece; i != none; i = store()->piece(i).next_in_packet)
      if (const auto message = decided_at_the_end(store()->piece(i), index))
        added |= export_message(list, pinfo, *message);
  return added ? TAP_PACKET_REDRAW : TAP_PACKET_DONT_REDRAW;
}

}  // namespace

void register_export(int proto) { export_tap = register_export_object(proto, packet_seen, nullptr); }

void queue_export(packet_info* pinfo, PacketIndex packet) { queue(export_tap, pinfo, packet); }

}  // namespace wslens
