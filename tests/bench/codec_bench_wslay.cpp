// SPDX-License-Identifier: GPL-2.0-or-later
/// wslay 1.1, a server's side, in both its interfaces: the one of messages, which judges UTF-8 itself, and the one of
/// frames, which only finds and unmasks them, so that GLib judges.
#if __has_include(<wslay/wslay.h>)
#include <glib.h>
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

ssize_t give_to_frames(std::uint8_t* buffer, std::size_t size, int, void* user) {
  Bytes& rest = static_cast<Reader*>(user)->rest;
  const std::size_t given = std::min(size, rest.size());
  std::memcpy(buffer, rest.data(), given);
  rest = rest.subspan(given);
  return given == 0 ? -1 : static_cast<ssize_t>(given);
}

/// A payload may come in several pieces, where wslay's buffer ends.
void read_frames_with_wslay(benchmark::State& state) {
  Reader reader;
  wslay_frame_callbacks callbacks{};
  callbacks.recv_callback = give_to_frames;
  wslay_frame_context_ptr context = nullptr;
  if (wslay_frame_context_init(&context, &callbacks, &reader) != 0) return state.SkipWithError("no context");
  std::string text;
  for (auto _ : state) {
    reader.rest = short_frames().wire;
    wslay_frame_iocb frame{};
    while (wslay_frame_recv(context, &frame) >= 0) {
      const char* data = reinterpret_cast<const char*>(frame.data);
      std::size_t size = frame.data_length;
      if (size != frame.payload_length) {
        text.append(data, size);
        if (text.size() != frame.payload_length) continue;
        data = text.data();
        size = text.size();
      }
      reader.counted.add(frame.opcode == WSLAY_TEXT_FRAME && g_utf8_validate_len(data, size, nullptr) != 0, size);
      text.clear();
    }
  }
  wslay_frame_context_free(context);
  finish_frames(state, reader.counted);
}

const Contestant wslay_frames("frames", "wslay, frames", read_frames_with_wslay);
const Contestant wslay("frames", "wslay", read_with_wslay);

}  // namespace
}  // namespace websocket::bench
#endif
