// SPDX-License-Identifier: GPL-2.0-or-later
/// HTTP heads of any bytes: whole, in pieces and cut. The first byte says which kind of head, and how long the pieces
/// are.
#include "http_head.h"
#include "input.h"
#include "opening_handshake.h"
#include "ordinary_request.h"

namespace {

using namespace websocket;

std::size_t feed(HttpHeadParser& parser, Bytes bytes, std::size_t piece) {
  std::size_t taken = 0;
  while (taken < bytes.size() && parser.status() == Status::need_more) {
    const Bytes next = bytes.subspan(taken, std::min(piece, bytes.size() - taken));
    const std::vector<std::uint8_t> exact(next.begin(), next.end());
    const std::size_t now = parser.advance(exact);
    fuzz::check(now <= exact.size(), "no more is taken than there is");
    taken += now;
    if (now < exact.size()) break;
  }
  return taken;
}

void expect_equal(const HttpHead& a, const HttpHead& b) {
  fuzz::check(a.method == b.method && a.target == b.target && a.status == b.status && a.reason == b.reason &&
                  a.fields.size() == b.fields.size() && a.size == b.size && a.malformed_lines == b.malformed_lines &&
                  a.cut == b.cut && a.folded == b.folded && a.bare_line_feed == b.bare_line_feed,
              "pieces do not change the head");
  for (std::size_t i = 0; i < a.fields.size(); ++i)
    fuzz::check(a.fields[i].name == b.fields[i].name && a.fields[i].value == b.fields[i].value,
                "pieces do not change the fields");
}

/// Whatever is said of an ordinary request, the reader of its head agrees.
void check_ordinary(Bytes bytes, const HttpHeadParser& reader) {
  const std::size_t size = ordinary_request_size(bytes);
  if (size == 0 || size > 4096) return;
  fuzz::check(reader.status() == Status::ok && reader.head().size == size, "its head is whole");
  fuzz::check(!is_upgrade_attempt(reader.head()), "it asks for no upgrade");
  fuzz::check(!reader.head().has("Content-Length") && !reader.head().has("Transfer-Encoding"), "it has no body");
}

}  // namespace

void fuzz_one(Bytes bytes) {
  fuzz::Input input(bytes);
  const std::uint8_t choice = input.byte();
  const HeadKind kind = (choice & 1) != 0 ? HeadKind::request : HeadKind::response;
  HttpHeadParser whole(kind, 4096), pieces(kind, 4096);
  const std::size_t taken = feed(whole, input.rest(), SIZE_MAX);
  fuzz::check(taken == feed(pieces, input.rest(), 1 + choice / 4U), "pieces do not change how much is taken");
  if ((choice & 2) != 0 && whole.status() == Status::need_more) {
    whole.cut();
    pieces.cut();
    fuzz::check(whole.status() != Status::need_more, "a head that is cut has ended");
  }
  fuzz::check(whole.status() == pieces.status(), "pieces do not change the status");
  if (kind == HeadKind::request && (choice & 2) == 0) check_ordinary(input.rest(), whole);
  if (whole.status() != Status::ok) return;
  expect_equal(whole.head(), pieces.head());
  fuzz::check(whole.head().size <= input.rest().size(), "a head is no longer than its bytes");
  for (const HttpField& field : whole.head().fields) {
    fuzz::check(whole.head().has(field.name), "each field is found by its name");
    fuzz::check(field.value.empty() || !whole.head().joined(field.name).empty(), "a value is among the joined ones");
  }
  if (kind == HeadKind::request && !whole.head().cut) could_begin_request(input.rest());
}
