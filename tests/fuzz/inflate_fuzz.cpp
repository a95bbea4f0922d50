// SPDX-License-Identifier: GPL-2.0-or-later
/// Compressed messages of any bytes, whole and in pieces, with losses between and in them. The first byte says what was
/// agreed, the second how long the pieces are; each message begins with its length and what happens to it.
#include "deflate_tokens.h"
#include "inflater.h"
#include "input.h"

namespace {

using namespace websocket;

constexpr InflateLimits limits{std::uint64_t{1} << 20, 1000};

class Direction {
 public:
  Direction(DeflateDirection agreed, std::size_t piece) : inflater_(agreed, limits), piece_(piece) {}

  InflateVerdict message(Bytes compressed, bool broken_off) {
    out_.clear();
    inflater_.begin_message();
    const auto sink = [&](Bytes made) { out_.insert(out_.end(), made.begin(), made.end()); };
    for (std::size_t at = 0; at < compressed.size(); at += piece_) {
      const Bytes part = compressed.subspan(at, std::min(piece_, compressed.size() - at));
      inflater_.feed(std::vector<std::uint8_t>(part.begin(), part.end()), sink);
    }
    return broken_off ? inflater_.break_off() : inflater_.end_message(sink);
  }
  void lose() { inflater_.lose(); }
  [[nodiscard]] const std::vector<std::uint8_t>& out() const { return out_; }

 private:
  Inflater inflater_;
  std::size_t piece_;
  std::vector<std::uint8_t> out_;
};

class Count final : public DeflateVisitor {
 public:
  void literals(std::size_t count) override { made += count; }
  void match(unsigned length, unsigned distance) override {
    fuzz::check(length >= 3 && length <= 258 && distance >= 1 && distance <= 32768, "a reference is one of RFC 1951");
    made += length;
  }
  std::uint64_t made = 0;
};

void expect_equal(const InflateVerdict& a, const InflateVerdict& b) {
  fuzz::check(a.malformed == b.malformed && a.bomb == b.bomb && a.too_long == b.too_long &&
                  a.unknown_bytes == b.unknown_bytes && a.beyond_window == b.beyond_window && a.empty == b.empty &&
                  a.tail_kept == b.tail_kept,
              "pieces do not change the verdict");
}

}  // namespace

void fuzz_one(Bytes bytes) {
  fuzz::Input input(bytes);
  const std::uint8_t agreed = input.byte();
  const DeflateDirection direction{(agreed & 1) != 0, static_cast<std::uint8_t>(8 + (agreed >> 1) % 8)};
  const std::size_t size = std::size_t{1} + input.byte();
  Direction whole(direction, SIZE_MAX / 2), pieces(direction, size);
  while (!input.empty()) {
    const std::uint8_t fate = input.byte();
    const std::vector<std::uint8_t> compressed = input.bytes(input.two_bytes() % 2048U);
    if (fate % 8 == 1) {
      whole.lose();
      pieces.lose();
    }
    const InflateVerdict verdict = whole.message(compressed, fate % 8 == 2);
    expect_equal(verdict, pieces.message(compressed, fate % 8 == 2));
    fuzz::check(whole.out().size() <= limits.most_inflated + 16384, "what is inflated is bounded");
    if (verdict.good()) fuzz::check(whole.out() == pieces.out(), "pieces do not change what is inflated");
    Count count;
    walk_deflate(compressed, count);
  }
}
