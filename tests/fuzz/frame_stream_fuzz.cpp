// SPDX-License-Identifier: GPL-2.0-or-later
/// Frames of any bits, in pieces chosen by the input, with gaps: the pieces do not change which frames there are.
#include "frame_stream.h"
#include "input.h"

namespace {

using namespace websocket;

struct Seen {
  FrameHeader header;
  std::uint64_t payload = 0, lost = 0;
  bool whole = false;
  bool operator==(const Seen&) const = default;
};

class Reader {
 public:
  void take(Run run) {
    while ((!run.bytes.empty() || run.gap != 0) && stream_.status() == Status::ok) {
      const std::uint64_t had = run.gap != 0 ? run.gap : run.bytes.size();
      const FrameStep step = stream_.advance(run);
      fuzz::check(step.taken >= 1 && step.taken <= had, "a step takes something, and no more than there is");
      fuzz::check(step.payload.size() <= step.taken, "payload stands among the bytes that were taken");
      note(step);
      if (run.gap != 0)
        run.gap -= step.taken;
      else
        run.bytes = run.bytes.subspan(static_cast<std::size_t>(step.taken));
    }
  }
  [[nodiscard]] const std::vector<Seen>& frames() const { return frames_; }
  [[nodiscard]] Status status() const { return stream_.status(); }

 private:
  void note(const FrameStep& step) {
    if (stream_.status() != Status::ok) return;
    if (step.begins) frames_.emplace_back();
    fuzz::check(!frames_.empty(), "a frame begins before it goes on");
    Seen& frame = frames_.back();
    if (step.header_completed) frame.header = stream_.header();
    frame.payload += step.payload.size();
    frame.lost += step.lost;
    if (!step.frame_completed) return;
    frame.whole = true;
    fuzz::check(frame.payload + frame.lost == frame.header.payload_length, "a frame has as many bytes as it says");
  }

  FrameStream stream_;
  std::vector<Seen> frames_;
};

}  // namespace

void fuzz_one(Bytes bytes) {
  fuzz::Input input(bytes);
  const std::uint8_t size = input.byte();
  Reader whole, pieces;
  while (!input.empty()) {
    const std::vector<std::uint8_t> stretch = input.bytes(1 + input.two_bytes() % 4096U);
    const std::uint64_t gap = input.byte() % 8 == 7 ? input.two_bytes() + std::uint64_t{1} : 0;
    if (!stretch.empty()) whole.take({.bytes = stretch});
    for (std::size_t at = 0; at < stretch.size(); at += size + std::size_t{1}) {
      const std::vector<std::uint8_t> piece(
          stretch.begin() + static_cast<std::ptrdiff_t>(at),
          stretch.begin() + static_cast<std::ptrdiff_t>(std::min(stretch.size(), at + size + 1)));
      pieces.take({.bytes = piece});
    }
    if (gap == 0) continue;
    whole.take({.gap = gap});
    pieces.take({.gap = gap});
  }
  fuzz::check(whole.status() == pieces.status(), "pieces do not change whether there are frames");
  fuzz::check(whole.frames() == pieces.frames(), "pieces do not change the frames");
  for (const Seen& frame : whole.frames()) {
    if (frame.header.size == 0) continue;
    std::uint8_t again[max_frame_header_size];
    const std::size_t length = encode_frame_header(frame.header, again);
    fuzz::check(decode_frame_header({again, length}).header == frame.header, "a header is the same when written again");
  }
}
