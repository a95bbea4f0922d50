// SPDX-License-Identifier: GPL-2.0-or-later
/// Judging UTF-8, whole and in two pieces, against g_utf8_validate_len(), which takes only whole text and no U+0000.
#include <glib.h>

#include <algorithm>

#include "codec_bench.h"
#include "utf8.h"

namespace websocket::bench {
namespace {

void append(std::string& text, char32_t c) {
  const auto put = [&](char32_t bits) { text += static_cast<char>(bits); };
  if (c < 0x80) return put(c);
  if (c < 0x800) {
    put(0xC0 | c >> 6);
  } else if (c < 0x10000) {
    put(0xE0 | c >> 12);
    put(0x80 | (c >> 6 & 0x3F));
  } else {
    put(0xF0 | c >> 18);
    put(0x80 | (c >> 12 & 0x3F));
    put(0x80 | (c >> 6 & 0x3F));
  }
  put(0x80 | (c & 0x3F));
}

char32_t between(std::mt19937& random, char32_t first, char32_t last) { return first + random() % (last - first + 1); }

using Character = char32_t (*)(std::mt19937&);

char32_t ascii(std::mt19937& random) { return between(random, 0x20, 0x7E); }
char32_t chinese(std::mt19937& random) {
  return random() % 12 == 0 ? char32_t{0x3002} : between(random, 0x4E00, 0x9FFF);
}
char32_t emoji(std::mt19937& random) { return between(random, 0x1F300, 0x1F64F); }
/// Nobody can foretell the next character's length.
char32_t mixed(std::mt19937& random) {
  const auto kind = random() % 8;
  if (kind < 4) return ascii(random);
  if (kind < 6) return chinese(random);
  return kind == 6 ? emoji(random) : between(random, 0x410, 0x44F);
}

/// Whole characters, `size` bytes at least.
std::string text_of(Character character, std::size_t size) {
  std::mt19937 random(1);
  std::string text;
  while (text.size() < size) append(text, character(random));
  return text;
}

/// `judge(text, cut)`: for each of the text's first places to be cut in turn.
template <typename Judge>
auto judged(const std::string& text, Judge judge) {
  return [text, judge](benchmark::State& state) {
    const std::size_t cuts = std::min<std::size_t>(text.size(), 64);
    std::size_t valid = 0;
    for (auto _ : state)
      for (std::size_t cut = 0; cut < cuts; ++cut) valid += judge(as_bytes(text), cut) ? 1 : 0;
    if (valid != static_cast<std::size_t>(state.iterations()) * cuts) state.SkipWithError("a valid text was refused");
    count_items(state, text.size() * cuts);
  };
}

bool judge_whole(Bytes text, std::size_t /*cut*/) { return is_utf8(text); }

bool judge_cut(Bytes text, std::size_t cut) {
  Utf8Validator validator;
  validator.feed(text.first(cut));
  validator.feed(text.subspan(cut));
  return validator.complete();
}

bool judge_with_glib(Bytes text, std::size_t /*cut*/) {
  return g_utf8_validate_len(as_text(text).data(), text.size(), nullptr) != 0;
}

void add(std::vector<Contestant>& all, const std::string& kind, Character character, std::size_t size,
         const std::string& size_name) {
  const std::string text = text_of(character, size);
  const std::string group = "UTF-8 " + kind + ' ' + size_name;
  all.emplace_back(group, ours, judged(text, judge_whole));
  all.emplace_back(group, "lens, cut", judged(text, judge_cut));
  all.emplace_back(group, "GLib", judged(text, judge_with_glib));
}

std::vector<Contestant> all_texts() {
  struct Kind {
    const char* name;
    Character character;
  };
  struct Size {
    const char* name;
    std::size_t bytes;
  };
  std::vector<Contestant> all;
  for (const Kind& kind :
       {Kind{"ASCII", ascii}, Kind{"Chinese", chinese}, Kind{"emoji", emoji}, Kind{"mixed", mixed}}) {
    for (const Size& size : {Size{"125 B", 125}, Size{"4 KiB", 4096}, Size{"64 KiB", 65536}})
      add(all, kind.name, kind.character, size.bytes, size.name);
  }
  return all;
}

const std::vector<Contestant> texts = all_texts();

}  // namespace
}  // namespace websocket::bench
