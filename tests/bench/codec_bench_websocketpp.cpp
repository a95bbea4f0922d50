// SPDX-License-Identifier: GPL-2.0-or-later
/// WebSocket++, the processor of a server's connection, which is what reads frames; it unmasks in its input, so it gets
/// a copy, as from a socket.
#if __has_include(<websocketpp/processors/hybi13.hpp>)
#include <algorithm>
#include <array>
#include <websocketpp/extensions/permessage_deflate/disabled.hpp>
#include <websocketpp/http/request.hpp>
#include <websocketpp/http/response.hpp>
#include <websocketpp/message_buffer/alloc.hpp>
#include <websocketpp/message_buffer/message.hpp>
#include <websocketpp/processors/hybi13.hpp>
#include <websocketpp/random/none.hpp>

#include "codec_bench_frames.h"

namespace websocket::bench {
namespace {

/// What its config::core says about messages; that one also names a logger that is no C++20.
struct Config {
  using request_type = websocketpp::http::parser::request;
  using response_type = websocketpp::http::parser::response;
  using message_type = websocketpp::message_buffer::message<websocketpp::message_buffer::alloc::con_msg_manager>;
  using con_msg_manager_type = websocketpp::message_buffer::alloc::con_msg_manager<message_type>;
  using rng_type = websocketpp::random::none::int_generator<std::uint32_t>;
  struct permessage_deflate_config {
    using request_type = Config::request_type;
  };
  using permessage_deflate_type = websocketpp::extensions::permessage_deflate::disabled<permessage_deflate_config>;
  static constexpr std::size_t connection_read_buffer_size = 16384;
  static constexpr std::size_t max_message_size = 32'000'000;
  static constexpr bool enable_extensions = true;
};

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
