// SPDX-License-Identifier: GPL-2.0-or-later
#include "tls_records.h"

#include <epan/proto_data.h>

#include <cstring>

#include "compat.h"
#include "preferences.h"

namespace wslens {
namespace {

int proto_tls = -1;

using RecordInfo = ws_tls_record;

/// The beginning of the TLS dissector's own.
struct PacketInfo {
  RecordInfo* records;
};

// RFC 8446 §5.1, RFC 6520
constexpr int first_type = 20, last_type = 25;
constexpr unsigned longest_record = 16384 + 2048;

const PacketInfo* list_of(packet_info* pinfo) {
  for (std::uint32_t key = 0; key <= 3; ++key) {  // 4.0: 0, later ones: the layer's number
    const void* data = p_get_proto_data(wmem_file_scope(), pinfo, proto_tls, key);
    if (data != nullptr) return static_cast<const PacketInfo*>(data);
  }
  return nullptr;
}

bool is_sane(const RecordInfo& record) {
  return record.type >= first_type && record.type <= last_type && record.data_len <= longest_record && record.id >= 0 &&
         (record.data_len == 0 || record.plain_data != nullptr);
}

/// Each list is checked before anything of it is used; it ends, and its records are what TLS records can be.
bool is_sane_list(const RecordInfo* record) {
  constexpr unsigned most = 65536;
  unsigned count = 0;
  for (; record != nullptr; record = record->next)
    if (!is_sane(*record) || ++count > most) return false;
  return true;
}

}  // namespace

void prepare_tls_records() { proto_tls = proto_get_id_by_filter_name("tls"); }

tvbuff_t* decrypted_source(packet_info* pinfo, unsigned index) {
  GSList* node = g_slist_nth(pinfo->data_src, index);
  if (node == nullptr) return nullptr;
  const auto* source = static_cast<data_source*>(node->data);
  // "Decrypted TLS (12 bytes)"
  return std::strncmp(name_of_source(source), "Decrypted TLS", 13) == 0 ? get_data_source_tvb(source) : nullptr;
}

TlsRecords::TlsRecords(packet_info* pinfo) {
  const PacketInfo* list = list_of(pinfo);
  if (list == nullptr) return;
  insane_ = !reads_tls_records() || !is_sane_list(list->records);
  if (!insane_) at_ = list->records;
}

bool TlsRecords::next(TlsRecord& record) {
  if (at_ == nullptr) return false;
  const auto* info = static_cast<const RecordInfo*>(at_);
  record.bytes = info->plain_data;
  record.size = info->data_len;
  record.sequence = info->sequence;
  record.number = number_++;
  record.type = static_cast<std::uint8_t>(info->type);
  at_ = info->next;
  return true;
}

bool find_tls_record(packet_info* pinfo, std::uint16_t number, TlsRecord& record) {
  TlsRecords records(pinfo);
  while (records.next(record))
    if (record.number == number) return true;
  return false;
}

tvbuff_t* tls_record_tvb(packet_info* pinfo, std::uint16_t number) {
  TlsRecord record;
  if (!find_tls_record(pinfo, number, record) || record.size == 0) return nullptr;
  for (GSList* node = pinfo->data_src; node != nullptr; node = node->next) {
    tvbuff_t* tvb = get_data_source_tvb(static_cast<data_source*>(node->data));
    if (tvb_captured_length(tvb) == record.size && tvb_get_ptr(tvb, 0, static_cast<int>(record.size)) == record.bytes)
      return tvb;
  }
  // The TLS dissector shows a record only when something is to be shown; the window may have the packet without it.
  if (pinfo->data_src == nullptr) return nullptr;
  tvbuff_t* packet = get_data_source_tvb(static_cast<data_source*>(pinfo->data_src->data));
  tvbuff_t* tvb = tvb_new_child_real_data(packet, record.bytes, record.size, static_cast<int>(record.size));
  add_new_data_source(pinfo, tvb, "Decrypted TLS");
  return tvb;
}

}  // namespace wslens
