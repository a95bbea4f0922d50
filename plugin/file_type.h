// SPDX-License-Identifier: GPL-2.0-or-later
/// What kind of file the data of a message would be, by its first bytes or its grammar.
#pragma once

#include "bytes.h"
#include "message.h"

namespace wslens {

struct FileType {
  const char* content_type;
  const char* extension;  ///< without the dot
};

/// Text is JSON if it is an object or an array of JSON. Binary data goes by well-known signatures.
FileType file_type_of(websocket::MessageType type, websocket::Bytes data);

}  // namespace wslens
