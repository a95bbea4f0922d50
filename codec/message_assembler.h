// SPDX-License-Identifier: GPL-2.0-or-later
/// RFC 6455 §5.4: the messages of one direction, made of its frames; control frames may come in between.
///
/// Shape   begin_frame(), add_payload() and add_lost() in order, end_frame() -> a Message when one is complete.
/// Errors  broken rules are returned by begin_frame (of the frame) or stand in the message. A data frame that begins
/// while
///         a message is open is a message of its own if it is whole (FIN), else it replaces the open one; a
///         continuation without a start is no message.
/// Keeps the data of the message under way, at most `keep_at_most` bytes of it; length and digest go on beyond.
/// Compressed messages (RFC 7692 §6) are inflated as they come; one that does not inflate, or hangs on bytes that the
/// capture does not have, is undecodable and keeps nothing.
/// Text is judged over the whole message (§8.1), wherever fragments cut its characters.
#pragma once

#include <array>
#include <memory>
#include <optional>

#include "digest.h"
#include "frame_header.h"
#include "inflater.h"
#include "message.h"
#include "utf8.h"

namespace websocket {

/// A frame that is a message, a Ping or a Pong of its own.
struct PlainMessage {
  MessageType type;
  Trust trust;
  std::uint32_t number;  ///< 0: a control frame
};

class MessageAssembler {
 public:
  static constexpr std::size_t default_keep_at_most = std::size_t{4} * 1024 * 1024;

  explicit MessageAssembler(Role sender, std::size_t keep_at_most = default_keep_at_most)
      : sender_(sender), keep_at_most_(keep_at_most) {}

  /// permessage-deflate was accepted: RSV1 on a first frame means "compressed" (RFC 7692 §6).
  /// No `limits`: what is compressed stays undecodable.
  void agree_on_compression(const DeflateDirection& agreed, const std::optional<InflateLimits>& limits) {
    compression_agreed_ = true;
    if (limits) inflater_.emplace(agreed, *limits);
  }
  /// What was agreed is not in the capture: compression is inferred where RSV1 says so, from an unknown context on.
  void infer_compression(const std::optional<InflateLimits>& limits) {
    agree_on_compression({}, limits);
    if (inflater_) inflater_->lose();
    inferred_ = true;
  }
  /// Bytes in front of the next frame were lost: nothing that follows is better than after-gap.
  void limit_trust(Trust trust) { base_trust_ = worse(base_trust_, trust); }
  /// Whole frames were lost, and nobody knows whether they were compressed.
  void lose_frames();
  /// The open message is given up: nobody knows whether what follows belongs to it.
  void abandon();

  /// May the frame that begins now be handed to take_plain() as a whole? It is uncompressed, and no fragment.
  [[nodiscard]] bool is_plain(const FrameHeader& header) const;
  /// Instead of begin_frame() and the others; keeps nothing. Empty: it is text that is not UTF-8, and nothing was done.
  std::optional<PlainMessage> take_plain(const FrameHeader& header, Bytes masked);

  /// `header` is whole. `one_piece`: the whole frame is in view, in the packet that will show it, so its payload need
  /// not be kept.
  ViolationSet begin_frame(const FrameHeader& header, bool one_piece);
  /// A packet brought bytes of the frame under way (packets may come in any order).
  void touch(PacketIndex packet, Nanoseconds time);
  void add_payload(Bytes masked, std::uint64_t payload_offset);
  void add_lost(std::uint64_t bytes);
  std::optional<Message> end_frame(FrameIndex frame);

  [[nodiscard]] bool message_open() const { return building_[static_cast<std::size_t>(Slot::data)].has_value(); }
  /// Frames of the open message that have ended, if nothing is known against it so far; 0: there is none.
  [[nodiscard]] std::uint32_t open_fragments() const {
    const auto& open = building_[static_cast<std::size_t>(Slot::data)];
    return open && !open->message.compressed && open->utf8.valid_so_far() ? open->message.fragments : 0;
  }
  /// What came of the open message is no UTF-8, whatever may follow.
  [[nodiscard]] bool open_text_failed() const {
    const auto& open = building_[static_cast<std::size_t>(Slot::data)];
    return open && open->message.type == MessageType::text && !open->utf8.valid_so_far();
  }
  /// The frame of the open message that came last, for linking fragments; no_frame: none.
  [[nodiscard]] FrameIndex last_fragment() const;

 private:
  enum class Slot : std::uint8_t { none, data, control, intruder /* a whole message inside an open one */ };
  struct Building {
    Message message;
    Utf8Validator utf8;
    std::unique_ptr<Sha256> digest;  ///< from the moment on when not all bytes are kept
    std::uint64_t length = 0;        ///< application bytes so far, lost ones included
    FrameIndex last_frame = no_frame;
    bool inflating = false;
  };

  [[nodiscard]] Building start(MessageType type, bool in_packet) const;
  ViolationSet begin_data_frame(const FrameHeader& header, bool one_piece);
  void start_data_message(const FrameHeader& header, bool one_piece);
  void start_compressed_message(Building& building);
  void break_off(Building& building);
  static void give_up(Building& building);
  Building* current();
  std::optional<Building>& slot() { return building_[static_cast<std::size_t>(slot_)]; }
  void lose_orphan();
  void release_if_idle();
  static bool is_text(const FrameHeader& header, Bytes masked);
  void add_unmasked(Building& building, Bytes unmasked, bool last);
  void keep(Building& building, Bytes data) const;
  void make_room(Message& message, std::size_t more) const;
  void finish_inflating(Building& building, Bytes last);
  void finish(Building& building);

  Role sender_;
  std::size_t keep_at_most_;
  bool compression_agreed_ = false;
  bool inferred_ = false;
  std::optional<Inflater> inflater_;
  bool close_seen_ = false;
  bool release_ = false;  ///< the inflater, as soon as no message is open
  Trust base_trust_ = Trust::exact;
  std::uint32_t count_ = 0;                          ///< data messages completed
  FrameHeader header_;                               ///< of the frame under way
  Slot slot_ = Slot::none;                           ///< where its bytes go
  std::array<std::optional<Building>, 4> building_;  ///< by Slot
};

}  // namespace websocket
