// SPDX-License-Identifier: GPL-2.0-or-later
/// RFC 6455 §5: finds the frames of one direction in the runs of a ByteStream.
///
/// Shape   advance(run) -> one FrameStep: what the front of the run is to one frame. The caller drops `taken` bytes and
/// calls
///         again. Headers may be cut anywhere; payload is handed on as it stands, still masked, never kept.
/// Units   offsets count from the first byte of the frame (frame_offset) or of its payload (payload_offset).
/// Errors  unframeable, once and for good: a gap lies over a header, so where the next frame begins is not known.
/// Does not judge roles or the order of frames: see frame_rules.h and message_assembler.h.
#pragma once

#include <array>
#include <cstdint>

#include "byte_stream.h"
#include "frame_header.h"

namespace websocket {

struct FrameStep {
  std::uint64_t taken = 0;           ///< bytes of the run that this step used, at least 1
  std::uint64_t frame_offset = 0;    ///< of the first of them
  bool begins = false;               ///< the frame's first byte is among them
  bool header_completed = false;     ///< the header's last byte is among them: header() is whole from here on
  bool frame_completed = false;      ///< the frame's last byte is among them (or lost with them)
  Bytes payload;                     ///< the payload bytes among them, masked as on the wire
  std::uint64_t payload_offset = 0;  ///< of payload[0], or of the lost bytes
  std::uint64_t lost = 0;            ///< payload bytes that the capture does not have
};

class FrameStream {
 public:
  /// `run` is not empty.
  FrameStep advance(const Run& run) {
    if (frame_offset_ == 0 && run.gap == 0 && decode_usual_frame_header(run.bytes, header_)) {
      violations_ = {};
      return begin_frame(run.bytes);
    }
    // By way of a variable, so that the usual step never has to be in memory.
    const FrameStep step = advance_slowly(run);
    return step;
  }

  [[nodiscard]] Status status() const { return status_; }
  /// Of the frame under way, or of the one just completed. Before its header is whole only opcode and fin are to be
  /// trusted, and those once one byte has come.
  [[nodiscard]] const FrameHeader& header() const { return header_; }
  [[nodiscard]] bool header_whole() const { return header_whole_; }
  /// What the header alone breaks.
  [[nodiscard]] const ViolationSet& violations() const { return violations_; }
  /// In the middle of a frame?
  [[nodiscard]] bool in_frame() const { return frame_offset_ != 0; }

 private:
  /// All of the header is there, most often the whole frame.
  FrameStep begin_frame(Bytes bytes) {
    const std::size_t there = bytes.size() - header_.size;
    const bool whole = there >= header_.payload_length;
    const std::size_t payload = whole ? static_cast<std::size_t>(header_.payload_length) : there;
    header_whole_ = true;
    payload_done_ = payload;
    frame_offset_ = whole ? 0 : bytes.size();
    return {header_.size + payload, 0, true, true, whole, bytes.subspan(header_.size, payload), 0, 0};
  }
  FrameStep advance_slowly(const Run& run);
  FrameStep go_on(const Run& run);
  std::size_t take_header(Bytes bytes);
  void take_payload(Bytes bytes, FrameStep& step);
  FrameStep step_over_gap(std::uint64_t gap);
  void finish_if_whole(FrameStep& step);

  std::array<std::uint8_t, max_frame_header_size> header_bytes_{};
  std::uint8_t header_have_ = 0;
  bool header_whole_ = false;
  Status status_ = Status::ok;
  FrameHeader header_;
  ViolationSet violations_;
  std::uint64_t frame_offset_ = 0;  ///< bytes of the frame so far
  std::uint64_t payload_done_ = 0;
};

}  // namespace websocket
