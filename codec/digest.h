// SPDX-License-Identifier: GPL-2.0-or-later
/// SHA-256 of bytes that come in pieces, by GLib.
#pragma once

#include <memory>
#include <string>

#include "bytes.h"

typedef struct _GChecksum GChecksum;

namespace websocket {

class Sha256 {
 public:
  Sha256();
  void feed(Bytes bytes);
  /// Lower-case hexadecimal; nothing may be fed afterwards.
  [[nodiscard]] std::string finish();

 private:
  struct Free {
    void operator()(GChecksum* checksum) const;
  };
  std::unique_ptr<GChecksum, Free> checksum_;
};

std::string sha256_of(Bytes bytes);

}  // namespace websocket
