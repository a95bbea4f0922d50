// SPDX-License-Identifier: GPL-2.0-or-later
#include "accept_key.h"

#include <glib.h>

#include <algorithm>
#include <array>
#include <memory>

#include "field_values.h"

namespace websocket {

namespace {

constexpr std::string_view guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";  // RFC 6455 §1.3
constexpr std::size_t sha1_size = 20;
constexpr std::size_t key_size = 24;

using Digest = std::array<guint8, sha1_size>;

struct FreeChecksum {
  void operator()(GChecksum* checksum) const { g_checksum_free(checksum); }
};

struct FreeText {
  void operator()(gchar* text) const { g_free(text); }
};

struct FreeBytes {
  void operator()(guchar* bytes) const { g_free(bytes); }
};

void update(GChecksum* checksum, std::string_view text) {
  g_checksum_update(checksum, reinterpret_cast<const guchar*>(text.data()), static_cast<gssize>(text.size()));
}

Digest sha1(std::string_view first, std::string_view second) {
  const std::unique_ptr<GChecksum, FreeChecksum> checksum(g_checksum_new(G_CHECKSUM_SHA1));
  update(checksum.get(), first);
  update(checksum.get(), second);
  Digest digest{};
  gsize size = digest.size();
  g_checksum_get_digest(checksum.get(), digest.data(), &size);
  return digest;
}

bool is_base64_char(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
}

}  // namespace

std::string accept_value(std::string_view key) {
  const Digest digest = sha1(trim(key), guid);
  const std::unique_ptr<gchar, FreeText> text(g_base64_encode(digest.data(), digest.size()));
  return text.get();
}

// RFC 4648 §3.5, §4: 128 bits are 21 characters and two bits of a 22nd, whose other four are zero: A, Q, g or w.
bool is_key_well_formed(std::string_view key) {
  constexpr std::string_view last_characters = "AQgw";
  constexpr std::size_t padding = 2;
  if (key.size() != key_size || !key.ends_with("==")) {
    return false;
  }
  key.remove_suffix(padding);
  return std::all_of(key.begin(), key.end(), is_base64_char) &&
         last_characters.find(key.back()) != std::string_view::npos;
}

bool looks_random(std::string_view key) {
  gsize size = 0;
  const std::unique_ptr<guchar, FreeBytes> bytes(g_base64_decode(std::string(key).c_str(), &size));
  const std::string_view nonce(reinterpret_cast<const char*>(bytes.get()), size);
  const bool all_same = std::all_of(nonce.begin(), nonce.end(), [&](char c) { return c == nonce.front(); });
  const bool all_text = std::all_of(nonce.begin(), nonce.end(), [](char c) { return c >= 0x20 && c < 0x7F; });
  return !all_same && !all_text;
}

}  // namespace websocket
