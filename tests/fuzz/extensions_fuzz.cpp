// SPDX-License-Identifier: GPL-2.0-or-later
/// Two values of Sec-WebSocket-Extensions, offer and answer, with a line feed between them.
#include "extensions.h"
#include "input.h"
#include "permessage_deflate.h"

using namespace websocket;

void fuzz_one(Bytes bytes) {
  const std::string_view text = as_text(bytes);
  const std::size_t end = std::min(text.find('\n'), text.size());
  const std::string offer(text.substr(0, end));
  const std::string answer(end == text.size() ? "" : text.substr(end + 1));
  const ExtensionList offered = parse_extensions(offer);
  const ExtensionList accepted = parse_extensions(answer);
  fuzz::check(parse_extensions(offer).extensions == offered.extensions, "the same text means the same");
  for (const Extension& each : offered.extensions) {
    fuzz::check(!each.name.empty(), "an extension has a name");
    fuzz::check(offered.has(each.name), "an extension is found by its name");
  }
  check_deflate_offers(offered);
  check_deflate_answer(offered, accepted);
  const auto agreed = agreed_deflate(accepted);
  if (!agreed) return;
  for (const DeflateDirection& each : {agreed->client, agreed->server})
    fuzz::check(each.window_bits >= 8 && each.window_bits <= 15, "window bits are 8 to 15");
}
