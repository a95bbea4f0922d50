// SPDX-License-Identifier: GPL-2.0-or-later
/// RFC 6455 §5.3: the masking keys of one client. "The masking key needs to be unpredictable".
///
/// Shape   add() for each masked frame with a payload, in order; says once each what the keys so far prove.
/// One frame proves nothing: random keys are zero, or follow the one before, once in four billion times.
#pragma once

#include <optional>

#include "frame_header.h"

namespace websocket {

class MaskingWatch {
 public:
  /// masking_key_repeated or masking_key_predictable, the first time that it is certain.
  std::optional<Rule> add(const MaskingKey& key) {
    const std::uint32_t number =
        std::uint32_t{key[0]} << 24 | std::uint32_t{key[1]} << 16 | std::uint32_t{key[2]} << 8 | std::uint32_t{key[3]};
    const std::uint32_t step = number - last_;
    last_ = number;
    if (keys_ != 0) equal_steps_ = keys_ != 1 && step == step_ ? equal_steps_ + 1 : 1;
    step_ = step;
    if (keys_ < 2) ++keys_;
    if (equal_steps_ == 0) return std::nullopt;
    if (step == 0) return number == 0 ? once(Rule::masking_key_predictable) : once(Rule::masking_key_repeated);
    return equal_steps_ >= enough ? once(Rule::masking_key_predictable) : std::nullopt;
  }
  /// Frames were lost: the next one does not follow the last.
  void forget() { keys_ = equal_steps_ = 0; }

 private:
  static constexpr unsigned enough = 3;  ///< equal steps, from four keys

  std::optional<Rule> once(Rule rule) {
    if (said_.has(rule)) return std::nullopt;
    said_.add(rule);
    return rule;
  }

  std::uint32_t last_ = 0, step_ = 0;
  unsigned keys_ = 0;         ///< in a row; two are as good as more
  unsigned equal_steps_ = 0;  ///< up to the last key
  ViolationSet said_;
};

}  // namespace websocket
