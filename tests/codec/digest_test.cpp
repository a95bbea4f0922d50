// SPDX-License-Identifier: GPL-2.0-or-later
#include "digest.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "support/bytes.h"

namespace websocket {
namespace {

struct Vector {
  std::string_view message;
  std::string_view digest;
};

/// FIPS 180-4 examples, by NIST, and the empty message.
constexpr Vector vectors[] = {
    {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
};

TEST(Sha256, PublishedVectorsHold) {
  for (const Vector& vector : vectors) EXPECT_EQ(sha256_of(as_bytes(vector.message)), vector.digest) << vector.message;
}

TEST(Sha256, AMillionTimesAHolds) {
  Sha256 digest;
  const std::string thousand(1000, 'a');
  for (int i = 0; i < 1000; ++i) digest.feed(as_bytes(thousand));
  EXPECT_EQ(digest.finish(), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, HowTheBytesAreCutDoesNotMatter) {
  const std::string_view message = vectors[2].message;
  const std::size_t ways = test::every_split(as_bytes(message), [](const test::Pieces& pieces) {
    Sha256 digest;
    for (const Bytes piece : pieces) digest.feed(piece);
    EXPECT_EQ(digest.finish(), vectors[2].digest);
  });
  EXPECT_EQ(ways, message.size() + 2);
}

TEST(Sha256, BytesAreNotText) {
  const auto with_nul = test::hex("00 ff 00");
  EXPECT_NE(sha256_of(with_nul), sha256_of({}));
  EXPECT_NE(sha256_of(with_nul), sha256_of(Bytes(with_nul).first(2)));
  EXPECT_EQ(sha256_of(Bytes(with_nul).first(1)), "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
}

TEST(Sha256, TheInputIsNotReadBeyondItsEnd) {
  const test::GuardPage page(as_bytes("abc"));
  EXPECT_EQ(sha256_of(page.bytes()), vectors[1].digest);
}

}  // namespace
}  // namespace websocket
