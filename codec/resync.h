// SPDX-License-Identifier: GPL-2.0-or-later
/// Where frames begin again when a gap hides it, or when the capture begins in the middle: told by what the bytes show.
///
/// A place is taken for the beginning of a frame if a chain of headers begins there that agree with each other and with
/// their sender (RFC 6455 §5.1 mask, §5.2 opcodes, reserved bits, minimal lengths, §5.4 order of fragments, §5.5
/// control frames), and the more so where frames end with their segments and masked text is UTF-8. What a chain of
/// accidents would need is added up in bits.
///
/// Shape   add() runs as they come; found() as soon as there is enough evidence; then take() the runs from there on.
/// Units   evidence in bits: n bits mean that bytes without a pattern look like that once in 2^n places.
/// Bounded keeps the last runs only (most_bytes, most_runs); what is dropped is counted.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <vector>

#include "byte_stream.h"
#include "status.h"

namespace websocket {

struct ResyncFound {
  std::uint64_t offset = 0;  ///< in the stream
  unsigned evidence = 0;     ///< bits
  unsigned frames = 0;       ///< whole ones in the chain
  bool masked = false;
};

class Resync {
 public:
  static constexpr std::size_t most_bytes = std::size_t{128} * 1024;
  static constexpr std::size_t most_runs = 64;
  static constexpr unsigned enough_after_gap = 24;   ///< bits: there are frames, only where is the question
  static constexpr unsigned enough_late_start = 36;  ///< for each direction, where not even that is known
  static constexpr unsigned enough_if_told = 14;     ///< somebody says that there are

  struct Kept {
    Run run;  ///< its bytes are `bytes`
    std::vector<std::uint8_t> bytes;
  };

  /// `sender` none: it is not known who is the client, so either kind of masking will do, if it stays the same.
  explicit Resync(std::optional<Role> sender)
      : sender_(sender), enough_(sender ? enough_after_gap : enough_late_start) {}
  /// Somebody says that there are frames, or nothing more will come that could add to the evidence.
  void believe() {
    enough_ = enough_if_told;
    fresh_ = true;
    walked_until_ = 0;  // all once more
    unfinished_.clear();
  }

  void add(const Run& run);
  /// Looks again if anything was added since.
  const std::optional<ResyncFound>& found();
  /// The runs from found()->offset on; nothing stays behind. The bytes in front of them are added to skipped().
  std::deque<Kept> take();
  /// All runs that are kept, found or not.
  std::deque<Kept> take_all() { return std::move(runs_); }
  /// Captured bytes that were given up so far.
  [[nodiscard]] std::uint64_t skipped() const { return skipped_; }
  /// Bytes that were captured, in all, and the beginnings of segments among them.
  [[nodiscard]] std::uint64_t seen() const { return seen_; }
  [[nodiscard]] unsigned segments() const { return segments_; }

 private:
  struct Chain;

  [[nodiscard]] const Kept* run_at(std::uint64_t offset) const;
  [[nodiscard]] std::size_t peek(std::uint64_t offset, MutableBytes out) const;
  [[nodiscard]] std::uint64_t end() const { return runs_.back().run.offset + size_of(runs_.back()); }
  static std::uint64_t size_of(const Kept& kept) { return kept.run.gap != 0 ? kept.run.gap : kept.bytes.size(); }
  [[nodiscard]] bool begins_segment(std::uint64_t offset) const;
  [[nodiscard]] bool ends_segment(std::uint64_t offset) const;
  void search();
  void consider(std::uint64_t offset, bool at_segment, bool strictly = false);
  void walk(Chain& chain) const;
  [[nodiscard]] bool repeats(std::uint64_t offset) const;
  [[nodiscard]] bool step(Chain& chain) const;
  [[nodiscard]] unsigned payload_evidence(const Chain& chain, std::uint64_t payload, std::uint64_t length,
                                          bool& impossible) const;
  void drop_oldest();

  std::optional<Role> sender_;
  unsigned enough_;
  std::deque<Kept> runs_;
  std::size_t kept_bytes_ = 0;
  std::uint64_t skipped_ = 0, seen_ = 0;
  unsigned segments_ = 0;
  bool fresh_ = false;
  /// Where a chain may begin of which more must come, by the end of the stream that says more.
  std::multimap<std::uint64_t, std::uint64_t> unfinished_;
  std::uint64_t walked_until_ = 0;  ///< chains from all places in front of it were walked
  std::optional<ResyncFound> found_;
};

}  // namespace websocket
