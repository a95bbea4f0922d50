// SPDX-License-Identifier: GPL-2.0-or-later
#include "file_type.h"

#include <string_view>

extern "C" {
#include <wsutil/wsjson.h>
}

namespace wslens {
namespace {

using namespace std::string_view_literals;

struct Signature {
  std::size_t offset;
  std::string_view bytes;
  FileType type;
};

constexpr Signature signatures[] = {
    {0, "\x89PNG\r\n\x1a\n"sv, {"image/png", "png"}},
    {0, "\xff\xd8\xff"sv, {"image/jpeg", "jpg"}},
    {0, "GIF8"sv, {"image/gif", "gif"}},
    {8, "WEBP"sv, {"image/webp", "webp"}},
    {8, "WAVE"sv, {"audio/wav", "wav"}},
    {4, "ftyp"sv, {"video/mp4", "mp4"}},
    {0, "\x1a\x45\xdf\xa3"sv, {"video/webm", "webm"}},
    {0, "OggS"sv, {"application/ogg", "ogg"}},
    {0, "ID3"sv, {"audio/mpeg", "mp3"}},
    {0, "%PDF-"sv, {"application/pdf", "pdf"}},
    {0, "PK\x03\x04"sv, {"application/zip", "zip"}},
    {0, "\x1f\x8b\x08"sv, {"application/gzip", "gz"}},
    {0, "\x28\xb5\x2f\xfd"sv, {"application/zstd", "zst"}},
    {0, "\0asm"sv, {"application/wasm", "wasm"}},
};

bool is_json(websocket::Bytes data) {
  const std::string_view text = websocket::as_text(data);
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos || (text[first] != '{' && text[first] != '[')) return false;
  return json_validate(data.data(), data.size());
}

}  // namespace

FileType file_type_of(websocket::MessageType type, websocket::Bytes data) {
  if (type == websocket::MessageType::text)
    return is_json(data) ? FileType{"application/json", "json"} : FileType{"text/plain", "txt"};
  const std::string_view bytes = websocket::as_text(data);
  for (const Signature& each : signatures)
    if (bytes.size() >= each.offset && bytes.substr(each.offset).starts_with(each.bytes)) return each.type;
  return {"application/octet-stream", "bin"};
}

}  // namespace wslens
