// SPDX-License-Identifier: GPL-2.0-or-later
#include "support/tiny_capture.h"

#include "support/programs.h"

namespace wslens::test {
namespace {

std::string little_endian(std::uint32_t value, int bytes) {
  std::string out;
  for (int i = 0; i < bytes; ++i) out += static_cast<char>(value >> (8 * i));
  return out;
}

std::string big_endian(std::uint32_t value, int bytes) {
  std::string out;
  for (int i = bytes; i-- > 0;) out += static_cast<char>(value >> (8 * i));
  return out;
}

}  // namespace

std::string tiny_request(const std::string& fields) {
  return "GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
         "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
         fields + "\r\n";
}

std::string tiny_answer(const std::string& fields) {
  return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
         "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n" +
         fields + "\r\n";
}

std::string tiny_frame(int opcode, const std::string& payload) {
  return std::string{static_cast<char>(0x80 | opcode), static_cast<char>(payload.size())} + payload;
}

void TinyCapture::add(bool from_client, std::uint32_t sequence, std::uint32_t acknowledgement, int flags,
                      const std::string& payload) {
  const std::string ports =
      from_client ? big_endian(40001, 2) + big_endian(8080, 2) : big_endian(8080, 2) + big_endian(40001, 2);
  const std::string hosts = from_client ? big_endian(0xC000020A, 4) + big_endian(0xC0000250, 4)
                                        : big_endian(0xC0000250, 4) + big_endian(0xC000020A, 4);
  const std::string tcp = ports + big_endian(sequence, 4) + big_endian(acknowledgement, 4) + '\x50' +
                          static_cast<char>(flags) + big_endian(64240, 2) + big_endian(0, 4) + payload;
  const auto size = static_cast<std::uint32_t>(20 + tcp.size());
  const std::string ip =
      "\x45" + big_endian(0, 1) + big_endian(size, 2) + big_endian(0x4000, 4) + "\x40\x06" + big_endian(0, 2) + hosts;
  bytes_ +=
      little_endian(1, 4) + little_endian(++packets_, 4) + little_endian(size, 4) + little_endian(size, 4) + ip + tcp;
}

void TinyCapture::upgrade(const std::string& request, const std::string& answer) {
  add(true, next_[0], next_[1], ack, request);
  next_[0] += static_cast<std::uint32_t>(request.size());
  server_sends(answer);
}

void TinyCapture::server_sends(const std::string& payload) {
  add(false, next_[1], next_[0], ack, payload);
  next_[1] += static_cast<std::uint32_t>(payload.size());
}

std::string TinyCapture::file(const std::string& name) const {
  return temporary_file(name, little_endian(0xA1B2C3D4, 4) + little_endian(2, 2) + little_endian(4, 2) +
                                  little_endian(0, 8) + little_endian(262144, 4) + little_endian(101, 4) + bytes_);
}

}  // namespace wslens::test
