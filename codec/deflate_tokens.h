// SPDX-License-Identifier: GPL-2.0-or-later
/// RFC 1951: which bytes of a DEFLATE stream are literals and which refer back, and how far. Makes no output.
///
/// zlib inflates, but does not say what its output hangs on: whether a back-reference reaches bytes that the capture
/// does not have, or farther than the window that was agreed. This walk does.
///
/// Shape   a whole compressed message in -> calls of the visitor, in order. No allocation.
/// Errors  false: the data does not follow the format or ends inside a block; what was visited before is right.
/// A block with BFINAL is followed by the next one from the next byte on (RFC 7692 §7.2.3.4).
#pragma once

#include "bytes.h"

namespace websocket {

class DeflateVisitor {
 public:
  virtual void literals(std::size_t count) = 0;
  /// `length` bytes (3..258) that stand `distance` (1..32768) bytes back.
  virtual void match(unsigned length, unsigned distance) = 0;

 protected:
  ~DeflateVisitor() = default;
};

bool walk_deflate(Bytes compressed, DeflateVisitor& visitor);

}  // namespace websocket
