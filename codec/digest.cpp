// SPDX-License-Identifier: GPL-2.0-or-later
#include "digest.h"

#include <glib.h>

namespace websocket {

namespace {

GChecksum* as_checksum(void* checksum) { return static_cast<GChecksum*>(checksum); }

}  // namespace

void Sha256::Free::operator()(void* checksum) const { g_checksum_free(as_checksum(checksum)); }

Sha256::Sha256() : checksum_(g_checksum_new(G_CHECKSUM_SHA256)) {}

void Sha256::feed(Bytes bytes) {
  // GLib reads a negative length as "up to the NUL": an empty view must not reach it as a null pointer either.
  if (!bytes.empty()) g_checksum_update(as_checksum(checksum_.get()), bytes.data(), static_cast<gssize>(bytes.size()));
}

std::string Sha256::finish() { return g_checksum_get_string(as_checksum(checksum_.get())); }

std::string sha256_of(Bytes bytes) {
  Sha256 digest;
  digest.feed(bytes);
  return digest.finish();
}

}  // namespace websocket
