// SPDX-License-Identifier: GPL-2.0-or-later
/// WebSocket++, the processor of a server's connection, which is what reads frames; it unmasks in its input, so it gets a
/// copy, as from a socket.
#if __has_include(<websocketpp/processors/hybi13.hpp>)
#include <algorithm>
#include <array>
#include <websocketpp/config/core.hpp>
#include <websocketpp/processors/hybi13.hpp>

#include "codec_bench_frames.h"

namespace websocket::bench {
namespace {

using Config = websocketpp::config::core;
using Processor = websocketpp::processor::hybi13<Config>;

void read_with_websocketpp(benchmark::State& state) {
  Config::rng_type random;
  Processor processor(false, true, websocketpp::lib::make_shared<Config::con_msg_manager_type>(), random);
  Counted counted;
  std::array<std::uint8_t, Config::connection_read_buffer_size> buffer{};
  for (auto _ : state) {
    for (Bytes rest = short_frames().wire; !rest.empty();) {
      const std::size_t size = std::min(rest.size(), buffer.size());
      std::copy_n(rest.data(), size, buffer.data());
      rest = rest.subspan(size);
      for (std::size_t at = 0; at < size;) {
        websocketpp::lib::error_code error;
        at += processor.consume(buffer.data() + at, size - at, error);
        if (error) return state.SkipWithError("WebSocket++ failed the connection");
        if (!processor.ready()) continue;
        const auto message = processor.get_message();
        counted.add(message->get_opcode() == websocketpp::frame::opcode::text, message->get_payload().size());
      }
    }
  }
  finish_frames(state, counted);
}

const Contestant websocketpp_processor("frames", "WebSocket++", read_with_websocketpp);

}  // namespace
}  // namespace websocket::bench
#endif
