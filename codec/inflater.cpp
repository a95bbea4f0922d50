// SPDX-License-Identifier: GPL-2.0-or-later
#include "inflater.h"

#include <zlib.h>

#include <algorithm>

namespace websocket {
namespace {

constexpr unsigned widest_window = 32768;
constexpr int raw_deflate = -MAX_WBITS;  // the widest window, whatever was agreed: what goes beyond is a finding
constexpr std::size_t most_remembered = std::size_t{4} * 1024 * 1024;

}  // namespace

struct Inflater::Zlib {
  z_stream stream{};
};

void Inflater::FreeZlib::operator()(Zlib* zlib) const {
  inflateEnd(&zlib->stream);
  delete zlib;
}

// ---- what is known of the window

void Inflater::Window::begin_message(bool goes_on) {
  farthest = 0;
  met_unknown = false;
  if (goes_on) return;
  known_.clear();
  unknown_until_ = 0;
}

void Inflater::Window::forget() {
  known_.assign(size, false);
  position_ = std::max<std::uint64_t>(position_, 1);  // so that unknown_until_ is not 0
  unknown_until_ = position_;
}

/// known_ is not empty.
void Inflater::Window::put(bool known) {
  known_[position_ % size] = known;
  ++position_;
  if (!known) unknown_until_ = position_;
  if (position_ - unknown_until_ < size) return;
  unknown_until_ = 0;
  known_.clear();
}

void Inflater::Window::literals(std::size_t count) {
  for (; count != 0 && !known_.empty(); --count) put(true);
  position_ += count;
}

void Inflater::Window::match(unsigned length, unsigned distance) {
  farthest = std::max(farthest, distance);
  for (; length != 0 && !known_.empty(); --length) {
    const bool known = known_[(position_ + size - distance) % size];
    if (!known) met_unknown = true;
    put(known);
  }
  position_ += length;
}

// ---- a message

void Inflater::begin_message() {
  taken_ = used_ = made_ = 0;
  stopped_ = malformed_ = too_long_ = ended_with_final_block_ = tail_kept_ = false;
  remembered_all_ = true;
  compressed_.clear();
  const bool goes_on = zlib_ != nullptr && agreed_.context_takeover && !context_lost_;
  if (goes_on && window_ == nullptr) return;  // most do
  const bool lost = context_lost_ && agreed_.context_takeover;
  context_lost_ = false;
  begin_zlib(lost);
  if (window_ == nullptr && (lost || agreed_.window_bits < MAX_WBITS)) window_ = std::make_unique<Window>();
  if (window_ == nullptr) return;
  window_->begin_message(agreed_.context_takeover);
  if (lost) window_->forget();
}

void Inflater::begin_zlib(bool lost) {
  if (zlib_ == nullptr) {
    zlib_.reset(new Zlib);
    if (inflateInit2(&zlib_->stream, raw_deflate) != Z_OK) stopped_ = malformed_ = true;  // out of memory
  } else if (lost || !agreed_.context_takeover) {
    restart(false);
  }
  if (!lost || stopped_) return;
  // Any bytes will do: no message that hangs on them is shown.
  static constexpr std::array<Bytef, widest_window> nothing{};
  inflateSetDictionary(&zlib_->stream, nothing.data(), widest_window);
}

bool Inflater::must_walk() const {
  return window_ != nullptr && (agreed_.window_bits < MAX_WBITS || !window_->all_known());
}

void Inflater::remember(Bytes compressed) {
  taken_ += compressed.size();
  if (!must_walk() || stopped_) return;
  remembered_all_ = remembered_all_ && compressed_.size() + compressed.size() <= most_remembered;
  if (remembered_all_) compressed_.insert(compressed_.end(), compressed.begin(), compressed.end());
}

/// After a block with BFINAL (§7.2.3.4) the next one may refer to what came before it.
void Inflater::restart(bool keep_window) {
  std::array<Bytef, widest_window> window;  // NOLINT: filled before it is read
  uInt size = 0;
  if (keep_window) inflateGetDictionary(&zlib_->stream, window.data(), &size);
  Bytef* const next_in = zlib_->stream.next_in;
  const uInt avail_in = zlib_->stream.avail_in;
  inflateReset(&zlib_->stream);
  if (size != 0) inflateSetDictionary(&zlib_->stream, window.data(), size);
  zlib_->stream.next_in = next_in;
  zlib_->stream.avail_in = avail_in;
}

/// Inflates until `out` is full or `compressed` is used up.
std::size_t Inflater::inflate_some(Bytes& compressed, MutableBytes out) {
  z_stream& stream = zlib_->stream;
  // Asked once more, zlib would forget that it stands behind a block.
  if (compressed.empty() && at_block_boundary()) return 0;
  if (!compressed.empty() && ended_with_final_block_) {
    restart(true);
    ended_with_final_block_ = false;
  }
  constexpr std::size_t most = std::size_t{1} << 30;  // zlib counts in 32 bits
  const Bytes piece = compressed.first(std::min(compressed.size(), most));
  stream.next_in = const_cast<Bytef*>(piece.data());  // zlib only reads it
  stream.avail_in = static_cast<uInt>(piece.size());
  stream.next_out = out.data();
  stream.avail_out = static_cast<uInt>(out.size());
  const int result = inflate(&stream, Z_SYNC_FLUSH);
  compressed = compressed.subspan(piece.size() - stream.avail_in);
  const std::size_t made = out.size() - stream.avail_out;
  made_ += made;
  used_ += piece.size() - stream.avail_in;
  if (result != Z_OK) {
    ended_with_final_block_ = result == Z_STREAM_END;
    malformed_ = result != Z_BUF_ERROR && result != Z_STREAM_END;
  }
  too_long_ = made_ > std::min(limits_.most_inflated, expansion_floor) && limits_.exceeded(made_, used_);
  stopped_ = malformed_ || too_long_;
  return made;
}

/// One whose sender left the tail in place takes none more, and the walk wants to see the message without it.
bool Inflater::may_join_tail(Bytes message) const {
  const bool whole = taken_ == 0 && !message.empty() && message.size() <= most_joined;
  const bool has_tail = message.size() >= tail.size() && std::ranges::equal(message.last(tail.size()), tail);
  return whole && !has_tail && !must_walk() && !stopped_;
}

/// zlib was not content with the tail. If the message ends with a block of its own, it was in the wrong there.
InflateVerdict Inflater::judge_joined(Bytes message) {
  if (!stopped_ && !ended_with_final_block_ && at_block_boundary()) return {};
  if (stopped_ || at_block_boundary()) return judge_message();
  struct : DeflateVisitor {
    void literals(std::size_t /*count*/) override {}
    void match(unsigned /*length*/, unsigned /*distance*/) override {}
  } nobody;
  tail_kept_ = walk_deflate(message, nobody);
  if (tail_kept_) restart(true);
  return judge_message();
}

bool Inflater::at_block_boundary() const {
  constexpr int behind_a_block = 128;
  constexpr int unused_bits = 63;
  const int state = zlib_->stream.data_type;
  return ended_with_final_block_ || ((state & behind_a_block) != 0 && (state & unused_bits) == 0);
}

InflateVerdict Inflater::judge_message() {
  if (!stopped_ && taken_ != 0 && !tail_kept_ && !at_block_boundary()) malformed_ = true;
  InflateVerdict verdict;
  verdict.malformed = malformed_;
  verdict.too_long = too_long_;
  verdict.empty = taken_ == 0;
  verdict.tail_kept = tail_kept_;
  verdict.bomb = too_long_ && InflateLimits{}.exceeded(made_, used_);
  if (ended_with_final_block_) restart(true);
  ended_with_final_block_ = false;
  walk(verdict);
  if (stopped_ || malformed_) lose();
  return verdict;
}

InflateVerdict Inflater::break_off() {
  InflateVerdict verdict;
  walk(verdict);
  stopped_ = true;
  lose();
  return verdict;
}

/// Of a message that was given up nothing is claimed: what stands behind the error means nothing, and how much of it
/// was remembered hangs on how the message was cut.
void Inflater::walk(InflateVerdict& verdict) {
  if (!must_walk() || stopped_) return;
  if (!remembered_all_) {  // too long to be judged: nothing is claimed
    verdict.unknown_bytes = !window_->all_known();
    if (verdict.unknown_bytes) window_->forget();
    return;
  }
  walk_deflate(compressed_, *window_);
  verdict.unknown_bytes = window_->met_unknown;
  verdict.beyond_window = window_->farthest > 1U << agreed_.window_bits;
}

void Inflater::release() {
  zlib_.reset();
  window_.reset();
  compressed_ = std::vector<std::uint8_t>();
  lose();
}

}  // namespace websocket
