// SPDX-License-Identifier: GPL-2.0-or-later
/// SHA-256 of bytes that come in pieces, by GLib.
#pragma once

#include <memory>
#include <string>

#include "bytes.h"

namespace websocket {

class Sha256 {
 public:
  Sha256();
  void feed(Bytes bytes);
  /// Lower-case hexadecimal; nothing may be fed afterwards.
  [[nodiscard]] std::string finish();

 private:
  struct Free {
    void operator()(void* checksum) const;
  };
  std::unique_ptr<void, Free> checksum_;  ///< a GChecksum; GLib's header stays out of ours
};

std::string sha256_of(Bytes bytes);

}  // namespace websocket
