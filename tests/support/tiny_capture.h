// SPDX-License-Identifier: GPL-2.0-or-later
/// A pcap of raw IPv4 with one TCP connection, written by hand: for what no sample has.
#pragma once

#include <cstdint>
#include <string>

namespace wslens::test {

/// RFC 6455 §1.3's key. `fields`: whole lines.
std::string tiny_request(const std::string& fields = {});
std::string tiny_answer(const std::string& fields = {});
/// A whole frame of the server, of at most 125 bytes.
std::string tiny_frame(int opcode, const std::string& payload);

class TinyCapture {
 public:
  static constexpr int ack = 0x10;
  static constexpr int syn = 0x02;

  /// A packet between 192.0.2.10:40001 (client) and 192.0.2.80:8080, a microsecond after the one before.
  void add(bool from_client, std::uint32_t sequence, std::uint32_t acknowledgement, int flags,
           const std::string& payload);
  /// Both heads. Then, in order, what else the server sends; sequence numbers begin at 1.
  void upgrade(const std::string& request, const std::string& answer);
  void server_sends(const std::string& payload);
  [[nodiscard]] std::string file(const std::string& name) const;

 private:
  std::string bytes_;
  std::uint32_t packets_ = 0;
  std::uint32_t next_[2] = {1, 1};
};

}  // namespace wslens::test
