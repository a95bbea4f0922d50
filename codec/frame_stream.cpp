// SPDX-License-Identifier: GPL-2.0-or-later
#include "frame_stream.h"

#include <algorithm>
#include <cassert>

namespace websocket {

FrameStep FrameStream::advance_slowly(const Run& run) {
  assert(status_ == Status::ok && (run.gap != 0 || !run.bytes.empty()));
  if (frame_offset_ != 0) return go_on(run);
  if (run.gap == 0 && decode_frame_header_into(run.bytes, header_, violations_) == Status::ok)
    return begin_frame(run.bytes);
  header_have_ = 0;
  header_whole_ = false;
  payload_done_ = 0;
  return go_on(run);
}

FrameStep FrameStream::go_on(const Run& run) {
  if (run.gap != 0) return step_over_gap(run.gap);
  FrameStep step;
  step.frame_offset = frame_offset_;
  step.begins = frame_offset_ == 0;
  Bytes rest = run.bytes;
  if (!header_whole_) {
    const std::size_t used = take_header(rest);
    rest = rest.subspan(used);
    step.taken = used;
    step.header_completed = header_whole_;
  }
  if (header_whole_) take_payload(rest, step);
  frame_offset_ += step.taken;
  finish_if_whole(step);
  return step;
}

/// Collects header bytes until the first two say how many there will be, then until all are there.
std::size_t FrameStream::take_header(Bytes bytes) {
  std::size_t used = 0;
  while (!header_whole_ && used < bytes.size()) {
    header_bytes_[header_have_++] = bytes[used++];
    const Bytes have{header_bytes_.data(), header_have_};
    if (header_have_ == 1) {  // enough to know what kind of frame begins here
      header_ = FrameHeader{};
      header_.fin = (have[0] & 0x80) != 0;
      header_.opcode = static_cast<Opcode>(have[0] & 0x0F);
    } else if (header_have_ == frame_header_size(have)) {
      header_whole_ = decode_frame_header_into(have, header_, violations_) == Status::ok;
    }
  }
  return used;
}

void FrameStream::take_payload(Bytes bytes, FrameStep& step) {
  const std::uint64_t left = header_.payload_length - payload_done_;
  step.payload_offset = payload_done_;
  step.payload = bytes.first(static_cast<std::size_t>(std::min<std::uint64_t>(left, bytes.size())));
  step.taken += step.payload.size();
  payload_done_ += step.payload.size();
}

/// Inside a payload the length is known, so a gap is counted as payload and the boundary stays exact. Anywhere else it
/// hides where the next frame begins.
FrameStep FrameStream::step_over_gap(std::uint64_t gap) {
  FrameStep step;
  step.frame_offset = frame_offset_;
  if (!header_whole_ || frame_offset_ == 0) {
    step.taken = gap;
    status_ = Status::unframeable;
    return step;
  }
  step.payload_offset = payload_done_;
  step.lost = std::min(gap, header_.payload_length - payload_done_);
  step.taken = step.lost;
  payload_done_ += step.lost;
  frame_offset_ += step.lost;
  finish_if_whole(step);
  return step;
}

void FrameStream::finish_if_whole(FrameStep& step) {
  if (!header_whole_ || payload_done_ != header_.payload_length) return;
  step.frame_completed = true;
  frame_offset_ = 0;
}

}  // namespace websocket
