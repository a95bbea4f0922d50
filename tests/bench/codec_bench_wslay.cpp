// SPDX-License-Identifier: GPL-2.0-or-later
/// wslay 1.1, a server's side: it asks for bytes, unmasks and judges them one by one, and hands over whole messages.
#if __has_include(<wslay/wslay.h>)
#include <wslay/wslay.h>

#include <algorithm>
#include <cstring>

#include "codec_bench_frames.h"

namespace websocket::bench {
namespace {

struct Reader {
  Bytes rest;
  Counted counted;
};

ssize_t give(wslay_event_context_ptr context, std::uint8_t* buffer, std::size_t size, int, void* user) {
  Bytes& rest = static_cast<Reader*>(user)->rest;
  if (rest.empty()) {
    wslay_event_set_error(context, WSLAY_ERR_WOULDBLOCK);
    return -1;
  }
  const std::size_t given = std::min(size, rest.size());
  std::memcpy(buffer, rest.data(), given);
  rest = rest.subspan(given);
  return static_cast<ssize_t>(given);
}

/// It would have failed the connection for a text that is no UTF-8.
void take(wslay_event_context_ptr, const wslay_event_on_msg_recv_arg* message, void* user) {
  benchmark::DoNotOptimize(message->msg);
  static_cast<Reader*>(user)->counted.add(message->opcode == WSLAY_TEXT_FRAME, message->msg_length);
}

void read_with_wslay(benchmark::State& state) {
  Reader reader;
  wslay_event_callbacks callbacks{};
  callbacks.recv_callback = give;
  callbacks.on_msg_recv_callback = take;
  wslay_event_context_ptr context = nullptr;
  if (wslay_event_context_server_init(&context, &callbacks, &reader) != 0) return state.SkipWithError("no context");
  for (auto _ : state) {
    reader.rest = short_frames().wire;
    if (wslay_event_recv(context) != 0) return state.SkipWithError("wslay failed the connection");
  }
  wslay_event_context_free(context);
  finish_frames(state, reader.counted);
}

const Contestant wslay("frames", "wslay", read_with_wslay);

}  // namespace
}  // namespace websocket::bench
#endif
