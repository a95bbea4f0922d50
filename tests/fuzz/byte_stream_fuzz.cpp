// SPDX-License-Identifier: GPL-2.0-or-later
/// Segments anywhere, of any length, cut by a snapshot, acknowledged or not. Each byte of the stream is a function of
/// its place, so whatever comes out can be compared with what ought to stand there.
#include "byte_stream.h"
#include "input.h"

namespace {

using namespace websocket;

constexpr std::uint32_t first_sequence = 0xFFFFFF00U;  // wraps around soon
constexpr std::size_t limit = 4096;

std::uint8_t byte_at(std::uint64_t offset) { return static_cast<std::uint8_t>(offset * 131 + (offset >> 8)); }

class Reader {
 public:
  explicit Reader(ByteStream& stream) : stream_(stream) {}

  void drain() {
    while (const auto run = stream_.next()) {
      fuzz::check(run->offset == expected_, "runs follow each other without a hole");
      fuzz::check((run->gap == 0) != run->bytes.empty(), "a run is bytes or a gap");
      for (std::size_t i = 0; i < run->bytes.size(); ++i)
        fuzz::check(run->bytes[i] == byte_at(run->offset + i), "a byte stands where it was sent");
      expected_ += run->gap + run->bytes.size();
      fuzz::check(stream_.offset() == expected_, "offset() counts what was handed out");
    }
  }

 private:
  ByteStream& stream_;
  std::uint64_t expected_ = 0;
};

void insert(fuzz::Input& input, ByteStream& stream, Reader& reader, Nanoseconds now) {
  // Near where the stream stands, in front of it or behind it.
  const std::int64_t place =
      static_cast<std::int64_t>(stream.offset()) + static_cast<std::int16_t>(input.two_bytes()) / 8;
  const std::uint64_t offset = place < 0 ? 0 : static_cast<std::uint64_t>(place);
  StreamSegment segment;
  segment.sequence = first_sequence + static_cast<std::uint32_t>(offset);
  segment.length = input.two_bytes() % 2000;
  const std::size_t captured = std::min<std::size_t>(segment.length, input.two_bytes());
  std::vector<std::uint8_t> bytes;
  for (std::size_t i = 0; i < captured; ++i) bytes.push_back(byte_at(offset + i));
  segment.captured = bytes;
  segment.time = now;
  stream.insert(segment);
  reader.drain();  // before the bytes die
}

}  // namespace

void fuzz_one(Bytes bytes) {
  fuzz::Input input(bytes);
  ByteStream stream(first_sequence, limit);
  Reader reader(stream);
  Nanoseconds now = 0;
  while (!input.empty()) {
    now += input.byte() * Nanoseconds{1'000'000};
    const std::uint8_t what = input.byte();
    if (what % 4 == 0)
      stream.acknowledge(stream.next_sequence() + input.two_bytes(), now);
    else
      insert(input, stream, reader, now);
    reader.drain();
    fuzz::check(stream.waiting() <= limit + 2000, "what waits is bounded");
  }
  stream.flush();
  reader.drain();
  fuzz::check(!stream.has_waiting(), "nothing waits behind the end");
}
