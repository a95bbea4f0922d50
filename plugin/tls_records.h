// SPDX-License-Identifier: GPL-2.0-or-later
/// What the TLS dissector decrypted in a packet: its own list of records, read without a tree.
///
/// Shape   packet_info in -> the packet's decrypted records, in order.
/// Errors  the list's layout is private to Wireshark: it is checked, and if it does not look as it should,
///         `Records::insane` says so and nothing is read. The caller falls back on what HTTP hands over.
/// So it is when the preference says that the list is not to be read.
/// HTTP hands over only the first of several records that share a segment; this list has them all.
#pragma once

#include <cstdint>

#include "compat.h"

namespace wslens {

struct TlsRecord {
  const std::uint8_t* bytes = nullptr;
  std::uint32_t size = 0;
  std::uint32_t sequence = 0;  ///< of the first byte in the decrypted stream
  std::uint16_t number = 0;    ///< in the packet, from 0; records of other kinds count too
  std::uint8_t type = 0;       ///< content type (RFC 8446 §5.1)
};

/// Walks the list of one packet.
class TlsRecords {
 public:
  explicit TlsRecords(packet_info* pinfo);
  /// False: there are no more.
  bool next(TlsRecord& record);
  /// There is a list, but not of the shape that this Wireshark is known to make.
  [[nodiscard]] bool insane() const { return insane_; }

 private:
  const void* at_ = nullptr;
  std::uint16_t number_ = 0;
  bool insane_ = false;
};

/// Decrypted bytes as the TLS dissector shows them, for the fall-back: the packet's data source of that index, null if
/// it is something else.
tvbuff_t* decrypted_source(packet_info* pinfo, unsigned index);

void prepare_tls_records();
/// The packet's record of that number.
bool find_tls_record(packet_info* pinfo, std::uint16_t number, TlsRecord& record);
/// The tvbuff in which the window shows the record's bytes.
tvbuff_t* tls_record_tvb(packet_info* pinfo, std::uint16_t number);

}  // namespace wslens
