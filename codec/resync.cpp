// SPDX-License-Identifier: GPL-2.0-or-later
#include "resync.h"

#include <algorithm>
#include <array>

#include "close_code.h"
#include "frame_header.h"
#include "masking.h"
#include "utf8.h"

namespace websocket {
namespace {

// What an accident would need, in bits.
constexpr unsigned header_bits = 4;        // 10 to 16 of 256 first bytes
constexpr unsigned mask_bits = 1;          // as the sender's has to be, or as that of the frames before
constexpr unsigned wide_length_bits = 16;  // a 64-bit length with six or more zeros in it
constexpr unsigned segment_bits = 6;       // a frame that begins, or ends, with a segment
constexpr unsigned most_text_bits = 16;    // masked text that is UTF-8: nearly a bit for each byte
constexpr unsigned close_bits = 6;         // a code that may be sent
constexpr unsigned evidence_of_its_own = 6;
constexpr std::uint64_t longest_plausible = std::uint64_t{1} << 40;
constexpr std::size_t text_to_look_at = 64;
constexpr std::size_t longest_period = 32;

/// A masking key taken from the middle of a masked text cancels the true one: what comes out is text XOR text, which is
/// UTF-8 more often than not, but full of control characters.
bool is_control_character(std::uint8_t byte) {
  return (byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r') || byte == 0x7F;
}

bool may_be_sent(std::uint16_t code) {
  const CloseCodeClass kind = close_code_info(code).kind;
  return kind == CloseCodeClass::registered || kind == CloseCodeClass::library || kind == CloseCodeClass::private_use;
}

bool is_plausible_header(const FrameHeader& header, const ViolationSet& violations) {
  if (!violations.empty() || header.payload_length > longest_plausible) return false;
  const bool first_of_message = header.opcode == Opcode::text || header.opcode == Opcode::binary;
  return !header.rsv1 || first_of_message;
}

}  // namespace

/// A walk from header to header.
struct Resync::Chain {
  std::uint64_t at = 0;
  std::optional<bool> masked;
  std::optional<bool> message_open;  ///< none: not known yet
  FrameHeader header;
  unsigned evidence = 0;
  unsigned frames = 0;
  unsigned first_frame = 0;  ///< evidence of the first frame, and of its payload alone
  unsigned first_payload = 0;
  std::uint64_t second = 0;     ///< where the second frame begins
  unsigned before_segment = 0;  ///< evidence up to where a segment begins
  bool strictly = false;        ///< patterns count for nothing
  std::uint64_t needs = 0;      ///< the end of the stream from which on there is more to see; 0: never
  bool met_segment = false;
  bool broken = false;
};

void Resync::add(const Run& run) {
  if (run.gap == 0) {
    seen_ += run.bytes.size();
    ++segments_;
  }
  runs_.push_back({run, {run.bytes.begin(), run.bytes.end()}});
  kept_bytes_ += run.bytes.size();
  fresh_ = true;
  while (runs_.size() > 1 && (kept_bytes_ > most_bytes || runs_.size() > most_runs)) drop_oldest();
}

void Resync::drop_oldest() {
  skipped_ += runs_.front().bytes.size();
  kept_bytes_ -= runs_.front().bytes.size();
  runs_.pop_front();
}

const std::optional<ResyncFound>& Resync::found() {
  if (fresh_ && !found_ && !runs_.empty()) search();
  fresh_ = false;
  return found_;
}

std::deque<Resync::Kept> Resync::take() {
  while (!runs_.empty() && runs_.front().run.offset + size_of(runs_.front()) <= found_->offset) drop_oldest();
  if (!runs_.empty() && runs_.front().run.offset < found_->offset) {
    Kept& first = runs_.front();
    const auto cut = static_cast<std::size_t>(found_->offset - first.run.offset);
    skipped_ += cut;
    first.bytes.erase(first.bytes.begin(), first.bytes.begin() + static_cast<std::ptrdiff_t>(cut));
    first.run.offset += cut;
    first.run.packet_offset += static_cast<std::uint32_t>(cut);
  }
  return std::move(runs_);
}

// ---- the bytes

const Resync::Kept* Resync::run_at(std::uint64_t offset) const {
  const auto after = std::upper_bound(runs_.begin(), runs_.end(), offset,
                                      [](std::uint64_t at, const Kept& kept) { return at < kept.run.offset; });
  if (after == runs_.begin()) return nullptr;
  const Kept& kept = *std::prev(after);
  return offset < kept.run.offset + size_of(kept) ? &kept : nullptr;
}

/// Copies what was captured from `offset` on, up to the first byte that was not.
std::size_t Resync::peek(std::uint64_t offset, MutableBytes out) const {
  std::size_t have = 0;
  while (have < out.size()) {
    const Kept* kept = run_at(offset + have);
    if (kept == nullptr || kept->run.gap != 0) break;
    const auto from = static_cast<std::size_t>(offset + have - kept->run.offset);
    const std::size_t size = std::min(out.size() - have, kept->bytes.size() - from);
    std::copy_n(kept->bytes.begin() + static_cast<std::ptrdiff_t>(from), size,
                out.begin() + static_cast<std::ptrdiff_t>(have));
    have += size;
  }
  return have;
}

bool Resync::begins_segment(std::uint64_t offset) const {
  const Kept* kept = run_at(offset);
  return kept != nullptr && kept->run.gap == 0 && kept->run.offset == offset;
}

bool Resync::ends_segment(std::uint64_t offset) const { return offset == end() || begins_segment(offset); }

// ---- the search

/// The beginnings of segments first: frames mostly begin there, and an accident hardly ever. Only places that are new,
/// or whose chain was not at its end, are looked at.
void Resync::search() {
  std::vector<std::uint64_t> places;
  const std::uint64_t known = end();
  while (!unfinished_.empty() && unfinished_.begin()->first <= known) {
    places.push_back(unfinished_.begin()->second);
    unfinished_.erase(unfinished_.begin());
  }
  std::sort(places.begin(), places.end());
  for (const Kept& kept : runs_) {
    const std::uint64_t from = std::max(kept.run.offset, walked_until_);
    const std::uint64_t to = kept.run.offset + kept.bytes.size();
    for (std::uint64_t at = from; at < to; ++at) places.push_back(at);
  }
  walked_until_ = known;
  if (unfinished_.size() > most_bytes / 2)
    std::erase_if(unfinished_, [&](const auto& each) { return each.second < runs_.front().run.offset; });
  for (const std::uint64_t at : places) {
    if (begins_segment(at)) consider(at, true);
    if (found_) break;
  }
  if (!sender_) return;  // inside segments only where there are frames for sure
  for (const std::uint64_t at : places) {
    if (found_ && at >= found_->offset) return;
    if (at < runs_.front().run.offset || begins_segment(at)) continue;
    const std::uint64_t before = found_ ? found_->offset : UINT64_MAX;
    consider(at, false);
    if (found_ && found_->offset < before) return;
  }
}

/// Inside a segment a chain that runs into the true one by accident would prove itself with the true one's evidence. So
/// there only that counts which comes before the next segment, and a first frame without evidence of its own is left
/// out.
void Resync::consider(std::uint64_t offset, bool at_segment, bool strictly) {
  Chain chain;
  chain.strictly = strictly;
  chain.at = offset;
  if (at_segment) chain.evidence = segment_bits;
  walk(chain);
  if (chain.broken) return;
  if (chain.needs != 0 && !strictly) unfinished_.emplace(chain.needs, offset);
  if (chain.frames == 0) return;
  ResyncFound candidate{offset, at_segment ? chain.evidence : chain.before_segment, chain.frames,
                        chain.masked.value_or(false)};
  if (!at_segment && chain.first_payload < evidence_of_its_own) {
    candidate.offset = chain.second;
    candidate.evidence -= std::min(candidate.evidence, chain.first_frame);
    --candidate.frames;
  }
  const unsigned frames_needed = at_segment && enough_ != enough_if_told ? 2 : 1;
  if (candidate.evidence < enough_ || candidate.frames < frames_needed) return;
  if (strictly)
    found_ = candidate;
  else
    consider(offset, at_segment, true);
}

/// Zeros, tables: what stands there a period before as well is part of a pattern and no evidence of a header.
bool Resync::repeats(std::uint64_t offset) const {
  constexpr std::uint64_t in_front = 8;
  constexpr std::uint64_t behind = 6;
  std::uint64_t begin = std::max(runs_.front().run.offset, offset - std::min(offset, longest_period + in_front));
  for (const Kept& kept : runs_)
    if (kept.run.gap != 0 && kept.run.offset < offset) begin = std::max(begin, kept.run.offset + kept.run.gap);
  std::array<std::uint8_t, longest_period + in_front + behind> bytes{};
  const std::size_t at = offset - begin;
  const std::size_t size = peek(begin, MutableBytes(bytes).first(at + behind));
  for (std::size_t period = 1; period <= std::min<std::size_t>(longest_period, at) && size > at; ++period) {
    const std::size_t from = std::max(period, at - std::min<std::size_t>(at, in_front));
    if (std::equal(bytes.begin() + static_cast<std::ptrdiff_t>(from), bytes.begin() + static_cast<std::ptrdiff_t>(size),
                   bytes.begin() + static_cast<std::ptrdiff_t>(from - period)))
      return true;
  }
  return false;
}

void Resync::walk(Chain& chain) const {
  constexpr unsigned frames_enough = 16;
  while (chain.frames < frames_enough && step(chain)) {
  }
  if (!chain.met_segment) chain.before_segment = chain.evidence;
}

/// One frame; false: the chain ends here, by the end of what is known or because it is broken.
bool Resync::step(Chain& chain) const {
  std::array<std::uint8_t, max_frame_header_size> bytes{};
  const std::size_t have = peek(chain.at, bytes);
  if (have < 2 || have < frame_header_size({bytes.data(), have})) {
    if (chain.at + have >= end()) chain.needs = chain.at + have + 1;
    return false;
  }
  const DecodedFrameHeader decoded = decode_frame_header({bytes.data(), have});
  const FrameHeader& header = decoded.header;
  const bool wants_mask = sender_ ? *sender_ == Role::client : chain.masked.value_or(header.masked);
  chain.broken = !is_plausible_header(header, decoded.violations) || header.masked != wants_mask;
  if (!chain.broken && !is_control(header.opcode)) {
    const bool goes_on = header.opcode == Opcode::continuation;
    chain.broken = chain.message_open && *chain.message_open != goes_on;
    chain.message_open = !header.fin;
  }
  if (chain.broken) return false;
  const bool mask_tells = sender_.has_value() || chain.masked.has_value();
  chain.masked = header.masked;
  chain.header = header;
  const std::uint64_t next = chain.at + header.size + header.payload_length;
  if (next > end()) {  // nothing says whether it is as long as that
    chain.needs = next;
    return false;
  }
  bool impossible = false;
  const unsigned inside = payload_evidence(chain, chain.at + header.size, header.payload_length, impossible);
  chain.broken = impossible;
  if (impossible) return false;
  const bool zeros = bytes[0] == 0 && bytes[1] == 0;  // an empty fragment in the middle: allowed, but mostly just zeros
  if (!zeros && !(chain.strictly && repeats(chain.at)))
    chain.evidence += header_bits + (mask_tells ? mask_bits : 0) + inside;
  if (header.size - (header.masked ? 4 : 0) == 10) chain.evidence += wide_length_bits;
  if (ends_segment(next)) {
    if (!chain.met_segment) chain.before_segment = chain.evidence;
    chain.met_segment = true;
    chain.evidence += segment_bits;
  }
  if (chain.frames == 0) {
    chain.first_frame = chain.evidence;
    chain.first_payload = inside;
    chain.second = next;
  }
  ++chain.frames;
  chain.at = next;
  return true;
}

unsigned Resync::payload_evidence(const Chain& chain, std::uint64_t payload, std::uint64_t length,
                                  bool& impossible) const {
  const FrameHeader& header = chain.header;
  std::array<std::uint8_t, text_to_look_at> bytes{};
  const std::size_t size = peek(payload, MutableBytes(bytes).first(std::min<std::uint64_t>(length, bytes.size())));
  if (header.masked) apply_mask(MutableBytes(bytes).first(size), header.masking_key, 0);
  const Bytes data = Bytes(bytes).first(size);
  if (header.opcode == Opcode::close && size >= 2) {
    const auto code = static_cast<std::uint16_t>(data[0] << 8 | data[1]);
    impossible = !may_be_sent(code);
    return close_bits;
  }
  const bool is_text = header.opcode == Opcode::text && !header.rsv1;
  if (!is_text || size == 0) return 0;
  Utf8Validator utf8;
  utf8.feed(data);
  impossible = !utf8.valid_so_far();
  if (std::any_of(data.begin(), data.end(), is_control_character)) return 0;
  // Bytes that are not masked may be text for another reason.
  return header.masked ? static_cast<unsigned>(std::min<std::size_t>(size * 3 / 4, most_text_bits)) : 1;
}

}  // namespace websocket
