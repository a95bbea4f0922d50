// SPDX-License-Identifier: GPL-2.0-or-later
#include <array>

#include "codec_bench.h"
#include "frame_header.h"

namespace websocket::bench {

std::string json_text(std::size_t size, std::mt19937& random) {
  static constexpr std::array keys = {"type", "channel", "user", "price", "volume", "time", "text", "status"};
  static constexpr std::array values = {"\"update\"", "\"lobby\"", "\"alice\"",  "\"bob\"", "true",
                                        "null",       "\"open\"",  "\"BTCUSD\"", "[1,2]",   "\"good morning\""};
  std::string text = "{";
  while (text.size() < size) {
    text += std::string("\"") + keys.at(random() % keys.size()) + "\":";
    text += random() % 2 == 0 ? std::string(values.at(random() % values.size())) : std::to_string(random() % 1'000'000);
    text += ',';
  }
  text.resize(size);
  text.back() = '}';
  return text;
}

ClientFrames client_frames(std::size_t count, std::size_t least, std::size_t most) {
  std::mt19937 random(1);
  ClientFrames made;
  for (; made.frames < count; ++made.frames) {
    std::string text = json_text(least + random() % (most - least + 1), random);
    FrameHeader header;
    header.fin = true;
    header.opcode = Opcode::text;
    header.masked = true;
    for (std::uint8_t& byte : header.masking_key) byte = static_cast<std::uint8_t>(random());
    header.payload_length = text.size();
    std::array<std::uint8_t, max_frame_header_size> encoded{};
    const std::size_t size = encode_frame_header(header, encoded);
    made.wire.insert(made.wire.end(), encoded.begin(), encoded.begin() + static_cast<std::ptrdiff_t>(size));
    for (std::size_t i = 0; i < text.size(); ++i)
      made.wire.push_back(static_cast<std::uint8_t>(static_cast<std::uint8_t>(text[i]) ^ header.masking_key[i % 4]));
    made.payload_bytes += text.size();
  }
  return made;
}

}  // namespace websocket::bench
