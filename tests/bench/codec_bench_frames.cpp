// SPDX-License-Identifier: GPL-2.0-or-later
/// Frames of 20 to 200 bytes: found, unmasked into a buffer of their own, and judged as UTF-8. Peers do the same
/// through their own interfaces, in files of their own; each gets the bytes as its interface takes them.
#include "codec_bench_frames.h"

#include <cstring>

#include "codec_bench.h"
#include "codec_bench_direction.h"
#include "frame_rules.h"
#include "frame_stream.h"
#include "masking.h"
#include "utf8.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace websocket::bench {

const ClientFrames& short_frames() {
  static const ClientFrames frames = client_frames(1000, 20, 200);
  return frames;
}

void finish_frames(benchmark::State& state, const Counted& counted) {
  const ClientFrames& frames = short_frames();
  const auto rounds = static_cast<std::size_t>(state.iterations());
  if (counted.texts != frames.frames * rounds || counted.bytes != frames.payload_bytes * rounds)
    state.SkipWithError("not all texts came out, or not whole");
  count_items(state, frames.frames);
}

namespace {

/// As the codec's own parts do it, all rules of a frame judged.
void read_with_parts(benchmark::State& state) {
  const ClientFrames& frames = short_frames();
  ByteVector out(frames.payload_bytes);
  Counted counted;
  for (auto _ : state) {
    FrameStream stream;
    Run run;
    run.bytes = frames.wire;
    MutableBytes rest = out;
    while (!run.bytes.empty()) {
      const FrameStep step = stream.advance(run);
      run.bytes = run.bytes.subspan(static_cast<std::size_t>(step.taken));
      const FrameHeader& header = stream.header();
      const bool right = step.frame_completed && stream.violations().empty() &&
                         check_frame(header, Role::client, false).empty() && header.opcode == Opcode::text;
      const MutableBytes text = rest.first(step.payload.size());
      rest = rest.subspan(text.size());
      const bool ascii = apply_mask(step.payload, text, header.masking_key, 0);
      counted.add(right && (ascii || is_utf8(text)), text.size());
    }
    benchmark::DoNotOptimize(out.data());
    benchmark::ClobberMemory();
  }
  finish_frames(state, counted);
}

/// All that the plugin asks of the codec behind the TCP stream: sessions, counts, heartbeats, the recorder's calls.
void read_with_direction(benchmark::State& state) {
  const ClientFrames& frames = short_frames();
  Counted counted;
  for (auto _ : state) {
    OpenDirection open;
    Run run;
    run.bytes = frames.wire;
    open.direction.advance(run, run.packet);
    counted.texts += open.recorder.messages;
    counted.bytes += open.recorder.bytes;
  }
  finish_frames(state, counted);
}

#if defined(__SSE2__)
/// What the machine can do: one loop over header, XOR and test for ASCII, sixteen bytes at a time, for frames of just
/// this kind. It keeps to the payload, as all must, and knows no rule but the one that ends its loop.
std::size_t read_frame_at_the_limit(const std::uint8_t* frame, std::uint8_t* out, std::size_t& text_size, bool& ascii) {
  std::size_t size = frame[1] & 0x7FU;
  std::size_t header = 6;
  if (size == 126) {
    size = static_cast<std::size_t>(frame[2]) << 8 | frame[3];
    header = 8;
  }
  std::uint32_t word = 0;
  std::memcpy(&word, frame + header - 4, sizeof word);
  const std::uint8_t* const payload = frame + header;
  const __m128i key = _mm_set1_epi32(static_cast<int>(word));
  const auto read = [&](std::size_t at, __m128i with) {
    return _mm_xor_si128(_mm_loadu_si128(reinterpret_cast<const __m128i*>(payload + at)), with);
  };
  __m128i seen = _mm_setzero_si128();
  std::size_t at = 0;
  for (; at + 16 <= size; at += 16) {
    const __m128i bytes = read(at, key);
    seen = _mm_or_si128(seen, bytes);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out + at), bytes);
  }
  if (at != size) {  // the last sixteen bytes, some of them once more; no payload here is shorter
    const unsigned turned = 8 * (size % 4);
    const std::uint32_t turned_word = turned == 0 ? word : word >> turned | word << (32 - turned);
    const __m128i bytes = read(size - 16, _mm_set1_epi32(static_cast<int>(turned_word)));
    seen = _mm_or_si128(seen, bytes);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out + size - 16), bytes);
  }
  ascii = frame[0] == 0x81 && (frame[1] & 0x80) != 0 && _mm_movemask_epi8(seen) == 0;
  text_size = size;
  return header + size;
}

void read_at_the_limit(benchmark::State& state) {
  const ClientFrames& frames = short_frames();
  ByteVector out(frames.payload_bytes);
  Counted counted;
  for (auto _ : state) {
    std::uint8_t* to = out.data();
    for (std::size_t at = 0; at < frames.wire.size();) {
      std::size_t size = 0;
      bool ascii = false;
      at += read_frame_at_the_limit(frames.wire.data() + at, to, size, ascii);
      to += size;
      counted.add(ascii, size);
    }
    benchmark::DoNotOptimize(out.data());
    benchmark::ClobberMemory();
  }
  finish_frames(state, counted);
}

const Contestant limit("frames", "limit", read_at_the_limit);
#endif

const Contestant parts("frames", ours, read_with_parts);
const Contestant whole("frames", "lens, whole direction", read_with_direction);

}  // namespace
}  // namespace websocket::bench
