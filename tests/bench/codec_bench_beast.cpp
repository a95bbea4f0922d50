// SPDX-License-Identifier: GPL-2.0-or-later
/// Boost.Beast, a server's stream over one that reads from memory.
#if __has_include(<boost/beast/websocket.hpp>)
#include <boost/asio/io_context.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/websocket.hpp>

#include "codec_bench_frames.h"

namespace websocket::bench {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;

struct MemoryStream {
  using executor_type = asio::io_context::executor_type;
  explicit MemoryStream(asio::io_context& context) : executor(context.get_executor()) {}
  executor_type get_executor() { return executor; }

  template <typename Buffers>
  std::size_t read_some(const Buffers& buffers, beast::error_code& error) {
    const std::size_t given = asio::buffer_copy(buffers, asio::const_buffer(rest.data(), rest.size()));
    error = {};
    if (given == 0) error = asio::error::eof;
    rest = rest.subspan(given);
    return given;
  }
  template <typename Buffers>
  std::size_t read_some(const Buffers& buffers) {
    beast::error_code error;
    return read_some(buffers, error);
  }
  template <typename Buffers>
  std::size_t write_some(const Buffers& buffers, beast::error_code& error) {
    error = {};
    return beast::buffer_bytes(buffers);
  }
  template <typename Buffers>
  std::size_t write_some(const Buffers& buffers) {
    return beast::buffer_bytes(buffers);
  }

  executor_type executor;
  Bytes rest;
};

void teardown(beast::role_type, MemoryStream&, beast::error_code& error) { error = {}; }

beast::http::request<beast::http::empty_body> upgrade() {
  namespace http = beast::http;
  http::request<http::empty_body> request{http::verb::get, "/", 11};
  request.set(http::field::host, "example.com");
  request.set(http::field::connection, "Upgrade");
  request.set(http::field::upgrade, "websocket");
  request.set(http::field::sec_websocket_version, "13");
  request.set(http::field::sec_websocket_key, "x3JJHMbDL1EzLkh9GBhXDw==");
  return request;
}

void read_with_beast(benchmark::State& state) {
  asio::io_context context;
  beast::websocket::stream<MemoryStream, false> stream(context);
  beast::error_code error;
  stream.accept(upgrade(), error);
  if (error) return state.SkipWithError("no handshake");
  Counted counted;
  beast::flat_buffer buffer;
  for (auto _ : state) {
    stream.next_layer().rest = short_frames().wire;
    for (std::size_t i = 0; i < short_frames().frames; ++i) {
      const std::size_t size = stream.read(buffer, error);
      if (error) return state.SkipWithError("Beast failed the connection");
      benchmark::DoNotOptimize(buffer.data().data());
      counted.add(stream.got_text(), size);
      buffer.clear();
    }
  }
  finish_frames(state, counted);
}

const Contestant boost_beast("frames", "Beast", read_with_beast);

}  // namespace
}  // namespace websocket::bench
#endif
