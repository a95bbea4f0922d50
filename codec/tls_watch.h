// SPDX-License-Identifier: GPL-2.0-or-later
/// RFC 8446 §5.1, RFC 5246 §6.2.1: one direction's TLS records as they stand on the wire, without keys.
///
/// Whoever decrypts them may fail on one, and the decrypted stream then closes over the hole without a word. The record
/// headers are in the clear, so what is missing can be told.
///
/// Shape   insert() raw TCP segments; account_for() the records that were decrypted in a packet -> what is missing in
///         front of each of them.
/// Units   sizes are bytes of plaintext; a missing record's size is known if all records had the same overhead so far.
/// Bounded a direction of which nothing is ever decrypted is given up.
/// Judges nothing before the first application data: handshake records may well be without keys.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <vector>

#include "byte_stream.h"

namespace websocket {

struct DecryptedRecord {
  std::uint8_t type = 0;  ///< content type of the plaintext
  std::uint32_t size = 0;
};

/// What is missing in front of a decrypted record.
struct MissingRecords {
  bool any = false;
  std::optional<std::uint32_t> size;  ///< none: not known
};

class TlsWatch {
 public:
  static constexpr std::uint8_t application_data = 23;

  explicit TlsWatch(std::uint32_t first_sequence) : stream_(first_sequence) {}

  void insert(const StreamSegment& segment);
  void acknowledge(std::uint32_t sequence, Nanoseconds now);
  /// In the order of the wire; one answer for each.
  std::vector<MissingRecords> account_for(std::span<const DecryptedRecord> records);
  /// Nothing more will be decrypted: what is left.
  MissingRecords account_for_rest();

 private:
  struct WireRecord {
    std::uint8_t type;
    std::uint32_t size;
  };

  void drain();
  void take(Bytes bytes);
  void skip(std::uint64_t gap);
  void complete();
  void learn_overhead(std::span<const DecryptedRecord> records);
  [[nodiscard]] bool all_accounted(std::span<const DecryptedRecord> records) const;
  [[nodiscard]] bool matches(const WireRecord& wire, const DecryptedRecord& record) const;
  MissingRecords missing_before(const DecryptedRecord& record);

  ByteStream stream_;
  std::uint8_t header_[5] = {};
  unsigned header_have_ = 0;
  std::uint64_t left_ = 0;          ///< of the record under way
  std::deque<WireRecord> waiting_;  ///< complete, not accounted for
  std::optional<std::uint32_t> overhead_;
  bool overhead_varies_ = false;
  bool begun_ = false;  ///< application data has been decrypted
  bool lost_ = false;   ///< where records begin is not known
};

}  // namespace websocket
