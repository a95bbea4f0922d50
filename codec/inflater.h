// SPDX-License-Identifier: GPL-2.0-or-later
/// RFC 7692 §7.2.2: the compressed messages of one direction, inflated by zlib, with their context.
///
/// Shape   begin_message(), feed() in pieces of any size, end_message(); inflated bytes go to a sink in blocks.
/// Units   bytes; window_bits as agreed.
/// Errors  values of InflateVerdict: one message that does not inflate says nothing of the next, if that needs no bytes
///         of it.
/// Bounded by InflateLimits for each message; nothing is allocated before the first one.
/// After lose() the window holds bytes that nobody knows. A message that refers to them is `unknown_bytes`; as soon as
/// the sender has pushed them out of its window (or begins a context anew) all is as before.
#pragma once

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <vector>

#include "bytes.h"
#include "deflate_tokens.h"
#include "permessage_deflate.h"

namespace websocket {

struct InflateVerdict {
  bool malformed = false;      ///< is no DEFLATE data, or ends in the middle
  bool bomb = false;           ///< too_long, and beyond what an honest sender does: InflateLimits{}
  bool too_long = false;       ///< inflates to more than the cap: the rest is not known
  bool unknown_bytes = false;  ///< hangs on bytes that the capture does not have
  bool beyond_window = false;  ///< refers back farther than the agreed window (§7.1.2): a broken rule, no more
  bool empty = false;          ///< had no bytes at all (§7.2.1: at least one is left): a broken rule, no more
  bool tail_kept = false;      ///< ended with the 00 00 ff ff that §7.2.1 takes away: a broken rule, no more
  [[nodiscard]] bool good() const { return !malformed && !too_long && !unknown_bytes; }
};

struct InflateLimits {
  std::uint64_t most_inflated = std::uint64_t{1} << 30;  ///< bytes of one message
  /// Times its compressed bytes, beyond Inflater::expansion_floor. DEFLATE makes at most 1032 bytes of one: whoever
  /// gets beyond 1000 and the floor does so on purpose.
  std::uint64_t most_expansion = 1000;

  static constexpr std::uint64_t expansion_floor = std::uint64_t{4} * 1024 * 1024;
  /// Are so many bytes too many for so many compressed ones?
  [[nodiscard]] bool exceeded(std::uint64_t made, std::uint64_t compressed) const {
    return made > std::min(most_inflated, std::max(expansion_floor, compressed * most_expansion));
  }
};

class Inflater {
 public:
  static constexpr std::uint64_t expansion_floor = InflateLimits::expansion_floor;

  explicit Inflater(DeflateDirection agreed, InflateLimits limits = {}) : agreed_(agreed), limits_(limits) {}

  void begin_message();
  /// `sink(Bytes)` gets what becomes known; the bytes live during the call.
  template <typename Sink>
  void feed(Bytes compressed, Sink sink) {
    remember(compressed);
    inflate_all(compressed, sink);
  }
  template <typename Sink>
  InflateVerdict end_message(Sink sink) {
    append_tail(sink);
    return judge_message();
  }
  /// With the last bytes of the message. A small one that comes whole costs zlib one call instead of two.
  template <typename Sink>
  InflateVerdict end_message(Bytes last, Sink sink) {
    if (may_join_tail(last)) {
      inflate_with_tail(last, sink);
      return judge_joined(last);
    }
    feed(last, sink);
    append_tail(sink);
    return judge_message();
  }
  /// The message under way goes on with bytes that nobody has, or is broken off; what came before them may be judged.
  InflateVerdict break_off();
  /// Bytes that may have been compressed were lost outside a message.
  void lose() { context_lost_ = true; }
  /// No message is expected any more: the memory goes back.
  void release();

 private:
  /// Which bytes of the window are known.
  class Window final : public DeflateVisitor {
   public:
    void literals(std::size_t count) override;
    void match(unsigned length, unsigned distance) override;
    void begin_message(bool goes_on);
    void forget();
    [[nodiscard]] bool all_known() const { return unknown_until_ == 0; }

    unsigned farthest = 0;     ///< distance in the message under way
    bool met_unknown = false;  ///< a reference to an unknown byte in it

   private:
    static constexpr std::size_t size = 32768;
    void put(bool known);
    std::vector<bool> known_;          ///< a ring, by position; empty: all known
    std::uint64_t position_ = 0;       ///< bytes so far
    std::uint64_t unknown_until_ = 0;  ///< behind the last unknown byte; 0: none in the window
  };

  struct Zlib;
  struct FreeZlib {
    void operator()(Zlib* zlib) const;
  };
  static constexpr std::size_t block_size = 16384;
  static constexpr std::size_t most_joined = 4096;
  static constexpr std::array<std::uint8_t, 4> tail{0x00, 0x00, 0xFF, 0xFF};  // §7.2.2

  template <typename Sink>
  void inflate_all(Bytes compressed, Sink& sink) {
    std::array<std::uint8_t, block_size> block;  // NOLINT: filled before it is read
    while (!stopped_) {
      const std::size_t made = inflate_some(compressed, block);
      if (made != 0) sink(Bytes{block}.first(made));
      if (made < block.size() && compressed.empty()) return;
    }
  }
  template <typename Sink>
  void append_tail(Sink& sink) {
    // A sender may have left the tail where it was, or have ended with a final block (§7.2.3.4).
    tail_kept_ = !stopped_ && taken_ != 0 && at_block_boundary() && !ended_with_final_block_;
    if (stopped_ || taken_ == 0 || at_block_boundary()) return;
    remember(tail);
    inflate_all(tail, sink);
  }

  /// The whole message and the tail in one piece.
  template <typename Sink>
  void inflate_with_tail(Bytes message, Sink& sink) {
    std::array<std::uint8_t, most_joined + tail.size()> joined;  // NOLINT: filled before it is read
    std::copy(tail.begin(), tail.end(), std::copy(message.begin(), message.end(), joined.begin()));
    taken_ = message.size();
    Bytes rest = Bytes{joined}.first(message.size() + tail.size());
    std::array<std::uint8_t, block_size> block;  // NOLINT: filled before it is read
    do {
      const std::size_t made = inflate_some(rest, block);
      if (made != 0) sink(Bytes{block}.first(made));
      if (ended_with_final_block_ && rest.size() == tail.size()) return;  // which needs none
      if (made < block.size() && rest.empty()) break;
    } while (!stopped_);
  }

  std::size_t inflate_some(Bytes& compressed, MutableBytes out);
  [[nodiscard]] bool may_join_tail(Bytes message) const;
  InflateVerdict judge_joined(Bytes message);
  void remember(Bytes compressed);
  void begin_zlib(bool lost);
  void restart(bool keep_window);
  InflateVerdict judge_message();
  void walk(InflateVerdict& verdict);
  [[nodiscard]] bool must_walk() const;
  [[nodiscard]] bool at_block_boundary() const;

  DeflateDirection agreed_;
  InflateLimits limits_;
  std::unique_ptr<Zlib, FreeZlib> zlib_;  ///< zlib's header stays out of ours
  std::unique_ptr<Window> window_;        ///< only where it matters: see must_walk()
  std::vector<std::uint8_t> compressed_;  ///< the message, for the walk
  std::uint64_t taken_ = 0, used_ = 0;    ///< of the message: compressed bytes that came, and those that zlib took
  std::uint64_t made_ = 0;                ///< inflated bytes of the message
  bool context_lost_ = false;             ///< zlib's window is not the sender's
  bool stopped_ = false;                  ///< the rest of the message is not inflated
  bool malformed_ = false, too_long_ = false, tail_kept_ = false;
  bool remembered_all_ = true;
  bool ended_with_final_block_ = false;  ///< and no byte has come since
};

}  // namespace websocket
