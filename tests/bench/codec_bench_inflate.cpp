// SPDX-License-Identifier: GPL-2.0-or-later
/// Inflating small messages of one context, each from the first byte of the session on, so that what is allocated
/// counts for all.
#include <zlib.h>

#include <array>
#include <cstdlib>
#include <cstring>

#include "codec_bench.h"
#include "inflater.h"
#include "support/wire.h"

namespace websocket::bench {
namespace {

struct Messages {
  std::vector<ByteVector> compressed;
  std::size_t plain_bytes = 0;
};

/// One price on a dashboard: each says the same of other things, in about 200 bytes.
std::string update(unsigned number, std::mt19937& random) {
  static constexpr std::array symbols = {"BTC-EUR", "ETH-EUR", "SOL-EUR", "XRP-EUR", "ADA-EUR", "DOT-EUR"};
  const auto price = [&] {
    return std::to_string(10'000 + random() % 60'000) + '.' + std::to_string(10 + random() % 90);
  };
  return R"({"type":"ticker","channel":"market","sequence":)" + std::to_string(5'000'000 + number) + R"(,"product":")" +
         symbols.at(random() % symbols.size()) + R"(","bid":")" + price() + R"(","ask":")" + price() + R"(","side":")" +
         (random() % 2 == 0 ? "buy" : "sell") + R"(","time":"2024-05-01T12:)" + std::to_string(10 + number / 60 % 50) +
         ':' + std::to_string(10 + number % 50) + '.' + std::to_string(100 + random() % 900) + R"(Z","volume":)" +
         std::to_string(random() % 1000) + '}';
}

/// 200 to 400 bytes each.
const Messages& small_messages() {
  static const Messages messages = [] {
    Messages made;
    std::mt19937 random(1);
    test::Deflater sender;
    for (unsigned i = 0; i < 1000; ++i) {
      std::string text = "[" + update(i, random);
      if (random() % 2 == 0) text += ',' + update(i, random);
      text += ']';
      made.plain_bytes += text.size();
      made.compressed.push_back(sender.message(text));
    }
    return made;
  }();
  return messages;
}

constexpr std::array<std::uint8_t, 4> tail{0x00, 0x00, 0xFF, 0xFF};

/// `Way`: made for each session, and then inflate(compressed) -> bytes that came out.
template <typename Way>
void inflate_session(benchmark::State& state) {
  const Messages& messages = small_messages();
  std::size_t bytes = 0;
  for (auto _ : state) {
    Way way;
    for (const ByteVector& message : messages.compressed) bytes += way.inflate(message);
  }
  if (bytes != messages.plain_bytes * static_cast<std::size_t>(state.iterations()))
    state.SkipWithError("not all came out");
  count_items(state, messages.compressed.size());
}

class WithCodec {
 public:
  std::size_t inflate(Bytes message) {
    std::size_t size = 0;
    const auto sink = [&](Bytes inflated) {
      benchmark::DoNotOptimize(inflated.data());
      size += inflated.size();
    };
    inflater_.begin_message();
    return inflater_.end_message(message, sink).good() ? size : 0;
  }

 private:
  Inflater inflater_{DeflateDirection{}};
};

class WithZlib {
 public:
  WithZlib() { inflateInit2(&stream_, -MAX_WBITS); }
  ~WithZlib() { inflateEnd(&stream_); }
  WithZlib(const WithZlib&) = delete;
  WithZlib& operator=(const WithZlib&) = delete;

 protected:
  z_stream stream_{};
};

/// Message and tail in one buffer, and one large enough for all that comes out.
class InOneCall : WithZlib {
 public:
  std::size_t inflate(Bytes message) {
    std::memcpy(in_.data(), message.data(), message.size());
    std::memcpy(in_.data() + message.size(), tail.data(), tail.size());
    stream_.next_in = in_.data();
    stream_.avail_in = static_cast<uInt>(message.size() + tail.size());
    stream_.next_out = out_.data();
    stream_.avail_out = static_cast<uInt>(out_.size());
    ::inflate(&stream_, Z_SYNC_FLUSH);
    benchmark::DoNotOptimize(out_.data());
    return out_.size() - stream_.avail_out;
  }

 private:
  std::array<std::uint8_t, 4096> in_;    // NOLINT: filled before it is read
  std::array<std::uint8_t, 16384> out_;  // NOLINT
};

/// A buffer of twice the compressed size, emptied again and again into one that grows by as much each time.
class InSmallCalls : WithZlib {
 public:
  std::size_t inflate(Bytes message) {
    const std::size_t in_size = message.size() + tail.size();
    auto* const in = static_cast<std::uint8_t*>(std::malloc(in_size));
    std::memcpy(in, message.data(), message.size());
    std::memcpy(in + message.size(), tail.data(), tail.size());
    auto* const part = static_cast<std::uint8_t*>(std::malloc(2 * in_size));
    std::uint8_t* all = nullptr;
    std::size_t size = 0;
    stream_.next_in = in;
    stream_.avail_in = static_cast<uInt>(in_size);
    do {
      stream_.next_out = part;
      stream_.avail_out = static_cast<uInt>(2 * in_size);
      ::inflate(&stream_, Z_SYNC_FLUSH);
      const std::size_t made = 2 * in_size - stream_.avail_out;
      all = static_cast<std::uint8_t*>(std::realloc(all, size + made + 1));
      std::memcpy(all + size, part, made);
      size += made;
    } while (stream_.avail_out == 0 || stream_.avail_in != 0);
    benchmark::DoNotOptimize(all);
    std::free(all);
    std::free(part);
    std::free(in);
    return size;
  }
};

const Contestant codec("inflating small messages", ours, inflate_session<WithCodec>);
const Contestant bare("inflating small messages", "zlib, one call", inflate_session<InOneCall>);
const Contestant loop("inflating small messages", "zlib, small calls", inflate_session<InSmallCalls>);

}  // namespace
}  // namespace websocket::bench
