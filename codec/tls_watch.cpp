// SPDX-License-Identifier: GPL-2.0-or-later
#include "tls_watch.h"

#include <algorithm>

namespace websocket {
namespace {

constexpr std::size_t header_size = 5;
constexpr std::size_t most_waiting = 4096;

}  // namespace

void TlsWatch::insert(const StreamSegment& segment) {
  if (lost_) return;
  stream_.insert(segment);
  drain();
}

void TlsWatch::acknowledge(std::uint32_t sequence, Nanoseconds now) {
  if (lost_ || !stream_.has_waiting()) return;
  stream_.acknowledge(sequence, now);
  drain();
}

void TlsWatch::drain() {
  while (auto run = stream_.next()) run->gap != 0 ? skip(run->gap) : take(run->bytes);
}

void TlsWatch::take(Bytes bytes) {
  while (!bytes.empty() && !lost_) {
    if (header_have_ < header_size) {
      header_[header_have_++] = bytes[0];
      bytes = bytes.subspan(1);
      if (header_have_ == header_size) left_ = static_cast<std::uint64_t>(header_[3] << 8 | header_[4]);
    } else {
      const std::size_t taken = static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size()));
      bytes = bytes.subspan(taken);
      left_ -= taken;
    }
    if (header_have_ == header_size && left_ == 0) complete();
  }
}

/// Inside a record its end is known all the same; a gap over a header hides where the next one begins.
void TlsWatch::skip(std::uint64_t gap) {
  if (header_have_ < header_size || gap > left_) {
    lost_ = true;
    return;
  }
  left_ -= gap;
  if (left_ == 0) complete();
}

void TlsWatch::complete() {
  header_have_ = 0;
  waiting_.push_back({header_[0], static_cast<std::uint32_t>(header_[3] << 8 | header_[4])});
  if (waiting_.size() > most_waiting) {
    waiting_.clear();
    lost_ = lost_ || !begun_;  // nobody decrypts it
  }
}

std::vector<MissingRecords> TlsWatch::account_for(std::span<const DecryptedRecord> records) {
  std::vector<MissingRecords> answers(records.size());
  if (!begun_) {
    begun_ = std::any_of(records.begin(), records.end(), [](const auto& r) { return r.type == application_data; });
    if (waiting_.size() == records.size()) learn_overhead(records);
    waiting_.clear();
  } else if (lost_) {
    if (!answers.empty()) answers[0].any = true;
    lost_ = false;  // said once; from here on the caller knows that it knows nothing
    begun_ = false;
  } else if (all_accounted(records)) {
    learn_overhead(records);
    waiting_.clear();
  } else {
    for (std::size_t i = 0; i < records.size(); ++i) answers[i] = missing_before(records[i]);
    if (!overhead_ && !records.empty()) waiting_.clear();  // said once: nobody knows which of them it was
  }
  return answers;
}

MissingRecords TlsWatch::account_for_rest() {
  MissingRecords answer;
  if (!begun_) return answer;
  answer.any = lost_;
  std::uint32_t size = 0;
  for (const WireRecord& wire : waiting_) {
    if (wire.type != application_data) continue;
    answer.any = true;
    if (overhead_ && wire.size >= *overhead_) size += wire.size - *overhead_;
  }
  if (answer.any && !lost_ && overhead_) answer.size = size;
  waiting_.clear();
  lost_ = false;
  return answer;
}

/// In TLS 1.3 every protected record says that it is application data, whatever is in it; before, each says what it is.
bool TlsWatch::matches(const WireRecord& wire, const DecryptedRecord& record) const {
  if (wire.type != application_data && wire.type != record.type) return false;
  return !overhead_ || wire.size == record.size + *overhead_;
}

bool TlsWatch::all_accounted(std::span<const DecryptedRecord> records) const {
  const auto of_type = [this](std::uint8_t type) {
    return std::count_if(waiting_.begin(), waiting_.end(), [type](const auto& wire) { return wire.type == type; });
  };
  const auto expected = std::count_if(records.begin(), records.end(), [&](const DecryptedRecord& record) {
    return record.type == application_data || of_type(record.type) == 0;
  });
  return of_type(application_data) <= expected;
}

void TlsWatch::learn_overhead(std::span<const DecryptedRecord> records) {
  if (waiting_.size() != records.size()) return;
  for (std::size_t i = 0; i < records.size(); ++i) {
    if (waiting_[i].size < records[i].size) continue;
    const std::uint32_t overhead = waiting_[i].size - records[i].size;
    if (overhead_ && *overhead_ != overhead) overhead_varies_ = true;
    overhead_ = overhead;
  }
  if (overhead_varies_) overhead_.reset();  // padding: sizes say nothing
}

MissingRecords TlsWatch::missing_before(const DecryptedRecord& record) {
  MissingRecords answer;
  std::uint32_t size = 0;
  while (!waiting_.empty() && !matches(waiting_.front(), record)) {
    if (waiting_.front().type == application_data) {
      answer.any = true;
      if (overhead_ && waiting_.front().size >= *overhead_) size += waiting_.front().size - *overhead_;
    }
    waiting_.pop_front();
  }
  const bool found = !waiting_.empty();
  if (found) waiting_.pop_front();
  if (!overhead_) answer.any = true;  // one of them is missing, and nothing tells which
  if (answer.any && overhead_ && found) answer.size = size;
  return answer;
}

}  // namespace websocket
