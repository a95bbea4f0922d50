// SPDX-License-Identifier: GPL-2.0-or-later
#include "ordinary_request.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <string_view>

#include "http_head.h"
#include "opening_handshake.h"

namespace websocket {
namespace {

constexpr std::string_view host = "Host: example\r\n";

std::size_t size_of(const std::string& request) { return ordinary_request_size(as_bytes(request)); }

std::string request_with(std::string_view fields) { return "GET /a HTTP/1.1\r\n" + std::string(fields) + "\r\n"; }

TEST(OrdinaryRequest, ItsHeadIsCountedToTheEmptyLine) {
  for (const std::string& request :
       {request_with(""), request_with(host), request_with("Connection: keep-alive\r\nUser-Agent: u\r\nTE: x\r\n"),
        request_with("Sec-Fetch-Mode: cors\r\nupgrad: websocket\r\n"), std::string("GET / HTTP/1.0\n\n"),
        std::string("OPTIONS * HTTP/1.1\nno colon\n\r\n")}) {
    EXPECT_EQ(size_of(request), request.size()) << request;
    EXPECT_EQ(size_of(request + "GET / HTTP/1.1"), request.size()) << request;
  }
}

TEST(OrdinaryRequest, NoneThatIsNotWhole) {
  const std::string request = request_with(host);
  for (std::size_t size = 0; size < request.size(); ++size) EXPECT_EQ(size_of(request.substr(0, size)), 0U) << size;
}

TEST(OrdinaryRequest, NoneWithAFieldThatHasToBeRead) {
  for (const std::string_view field :
       {"Upgrade: websocket", "uPGRADE:websocket", "Upgrade", "Sec-WebSocket-Key: a", "sec-websocket-",
        "Content-Length: 0", "content-length:5", "Transfer-Encoding: chunked",
        "TRANSFER-ENCODING:", " Upgrade: websocket", "\tfold"}) {
    EXPECT_EQ(size_of(request_with(std::string(host) + std::string(field) + "\r\n")), 0U) << field;
    EXPECT_EQ(size_of(request_with(std::string(field) + "\n" + std::string(host))), 0U) << field;
  }
}

TEST(OrdinaryRequest, NoneWithoutARequestLine) {
  for (const std::string_view line :
       {"GET / HTTP/1.1 ", "GET / HTTP/1.1x", "GET / HTTP/1.10", "GET / HTTP/1.\xB1", "GET / HTTP/1.1\r",
        "GET  HTTP/1.1", "get / HTTP/1.1", "GET / HTTP/2.0", "GET / HTTP/1.1 HTTP/1.1", "HTTP/1.1 200 OK", ""})
    EXPECT_EQ(size_of(std::string(line) + "\r\n" + std::string(host) + "\r\n"), 0U) << line;
}

/// Whatever it says about a head, reading that head says so, too.
TEST(OrdinaryRequest, AReaderOfTheHeadAgrees) {
  constexpr std::string_view pieces[] = {
      "GET ",       "/",    " HTTP/1.1",          "\r\n",     "\n",       "\r",     "Upgrade", ": ",
      "websocket",  "Host", "Content-L",          "ength",    "Transfer", "-Enc",   "oding",   "Sec-",
      "WebSocket-", " ",    "GET / HTTP/1.1\r\n", "a: b\r\n", "\r\n\r\n", "chunked"};
  std::mt19937 random(7);
  std::size_t ordinary = 0;
  for (int i = 0; i < 200'000; ++i) {
    std::string bytes = i % 4 == 0 ? "" : "GET /a HTTP/1.1\r\n";
    for (auto count = random() % 12; count > 0; --count) bytes += pieces[random() % std::size(pieces)];
    const std::size_t size = size_of(bytes);
    if (size == 0) continue;
    ++ordinary;
    HttpHeadParser reader(HeadKind::request);
    ASSERT_EQ(reader.advance(as_bytes(bytes)), size) << bytes;
    ASSERT_EQ(reader.status(), Status::ok) << bytes;
    ASSERT_FALSE(is_upgrade_attempt(reader.head())) << bytes;
    ASSERT_FALSE(reader.head().has("Transfer-Encoding") || reader.head().has("Content-Length")) << bytes;
  }
  EXPECT_GT(ordinary, 10'000U);
}

}  // namespace
}  // namespace websocket
