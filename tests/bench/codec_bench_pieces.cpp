// SPDX-License-Identifier: GPL-2.0-or-later
/// The same bytes whole, in pieces of 64 KiB and byte by byte, through TCP stream and direction as the plugin feeds
/// them.
#include <algorithm>

#include "codec_bench.h"
#include "codec_bench_direction.h"

namespace websocket::bench {
namespace {

/// Each piece in a packet of its own. `late`: they become known with a later packet, as behind a hole; then a message
/// is kept, also one that stands whole in its packet, so that whole and cut the same is done.
template <typename Frames>
auto fed_in_pieces(Frames frames, std::size_t piece, bool late) {
  return [frames, piece, late](benchmark::State& state) {
    const ClientFrames& fed = frames();
    std::size_t messages = 0;
    for (auto _ : state) {
      OpenDirection open;
      ByteStream stream(0);
      StreamSegment segment;
      for (Bytes rest = fed.wire; !rest.empty(); rest = rest.subspan(segment.length)) {
        segment.captured = rest.first(std::min(piece, rest.size()));
        segment.length = static_cast<std::uint32_t>(segment.captured.size());
        stream.insert(segment);
        while (const auto run = stream.next()) open.direction.advance(*run, late ? no_packet : segment.packet);
        segment.sequence += segment.length;
        ++segment.packet;
      }
      messages += open.recorder.messages;
    }
    if (messages != fed.frames * static_cast<std::size_t>(state.iterations()))
      state.SkipWithError("messages are missing");
    count_items(state, fed.wire.size());
  };
}

constexpr std::size_t kibibyte = 1024;
constexpr std::size_t whole = SIZE_MAX;

const ClientFrames& one_message() {
  static const ClientFrames frames = client_frames(1, 2048 * kibibyte, 2048 * kibibyte);
  return frames;
}
const ClientFrames& many_messages() {
  static const ClientFrames frames = client_frames(20'000, 20, 200);
  return frames;
}
const ClientFrames& short_message() {
  static const ClientFrames frames = client_frames(1, 64 * kibibyte, 64 * kibibyte);
  return frames;
}

const Contestant message_whole("pieces of a 2 MiB message", "whole", fed_in_pieces(one_message, whole, true));
const Contestant message_cut("pieces of a 2 MiB message", "64 KiB", fed_in_pieces(one_message, 64 * kibibyte, true));
const Contestant many_whole("pieces of 20 000 frames", "whole", fed_in_pieces(many_messages, whole, false));
const Contestant many_cut("pieces of 20 000 frames", "64 KiB", fed_in_pieces(many_messages, 64 * kibibyte, false));
const Contestant bytes_few("byte by byte", "64 KiB", fed_in_pieces(short_message, 1, false));
const Contestant bytes_many("byte by byte", "2 MiB", fed_in_pieces(one_message, 1, false));

}  // namespace
}  // namespace websocket::bench
