// SPDX-License-Identifier: GPL-2.0-or-later
#include "printed_fields.h"

#include <epan/proto.h>

#include <algorithm>
#include <optional>
#include <string_view>

#include "passes.h"
#include "program_arguments.h"

namespace wslens {
namespace {

using Arguments = std::vector<std::string>;

/// What tshark was told of fields.
struct Told {
  bool only_fields = false;        ///< -T fields
  std::vector<std::string> names;  ///< -e
  std::vector<std::string> texts;  ///< what may be a filter
};

bool is_among(char letter, std::string_view letters) { return letters.find(letter) != std::string_view::npos; }

/// Takes an option with its value, which may be the next argument. False: it makes all of the tree matter.
bool take_option(char letter, const std::string& value, Told& told) {
  constexpr std::string_view of_other_things = "aAbBcCdEfFHiKMNoOrsStuUwWy";
  if (letter == 'T') {
    told.only_fields = value == "fields";
    return told.only_fields;
  }
  if (letter == 'e') told.names.push_back(value);
  if (letter == 'Y' || letter == 'R') told.texts.push_back(value);
  return is_among(letter, "eYR") || is_among(letter, of_other_things);  // -z and -X listen, others are not known
}

/// Like getopt: "-qTfields" is "-q", "-T" and its value.
std::optional<Told> read_arguments(const Arguments& arguments) {
  constexpr std::string_view flags = "2DghIlLnpPqQvVx";
  Told told;
  for (std::size_t i = 1; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    if (!argument.starts_with('-') || argument.starts_with("--")) {
      told.texts.push_back(argument);  // a filter, or a long option
      continue;
    }
    const std::size_t at = argument.find_first_not_of(flags, 1);
    if (at == std::string::npos) continue;
    const bool value_is_next = at + 1 == argument.size();
    if (value_is_next && i + 1 == arguments.size()) return std::nullopt;
    if (!take_option(argument[at], value_is_next ? arguments[++i] : argument.substr(at + 1), told)) return std::nullopt;
  }
  return told;
}

bool carries_websockets(const header_field_info& field) {
  static constexpr std::string_view names[] = {"frame", "eth",  "ip",        "ipv6",  "tcp",
                                               "tls",   "http", "websocket", "wslens"};
  const int protocol = field.parent < 0 ? field.id : field.parent;
  const char* name = proto_get_protocol_filter_name(protocol);
  return name != nullptr && std::find(std::begin(names), std::end(names), name) != std::end(names);
}

/// All that have this name; none: nothing known does.
std::vector<const header_field_info*> fields_named(const std::string& name) {
  std::vector<const header_field_info*> fields;
  for (const header_field_info* field = proto_registrar_get_byname(name.c_str()); field != nullptr;) {
    fields.push_back(field);
    const int previous = field->same_name_prev_id;
    field = previous > 0 ? proto_registrar_get_nth(static_cast<unsigned>(previous)) : nullptr;
  }
  return fields;
}

bool carry_websockets(const std::vector<const header_field_info*>& fields) {
  return std::all_of(fields.begin(), fields.end(), [](const auto* field) { return carries_websockets(*field); });
}

/// Words that name nothing are numbers, operators and values.
bool all_words_carry_websockets(std::string_view text) {
  constexpr std::string_view of_names = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
  while (!text.empty()) {
    const std::size_t size = std::min(text.find_first_not_of(of_names), text.size());
    if (!carry_websockets(fields_named(std::string(text.substr(0, size))))) return false;
    text.remove_prefix(std::min(size + 1, text.size()));
  }
  return true;
}

/// The fields of that name. False: it may be an expression, or something that is found inside messages.
bool add_fields(const std::string& name, std::vector<int>& fields) {
  if (name.starts_with("_ws.col.")) return true;  // a column
  const auto named = fields_named(name);
  if (named.empty() || !carry_websockets(named)) return false;
  for (const header_field_info* field : named) {
    fields.push_back(field->id);
    if (field->parent >= 0) fields.push_back(field->parent);
  }
  return true;
}

/// Nothing: all are printed.
std::optional<std::vector<int>> fields_printed() {
  const auto told = is_tshark() ? read_arguments(program_arguments()) : std::nullopt;
  if (!told || !told->only_fields) return std::nullopt;
  std::vector<int> fields;
  for (const std::string& name : told->names)
    if (!add_fields(name, fields)) return std::nullopt;
  if (!std::all_of(told->texts.begin(), told->texts.end(), all_words_carry_websockets)) return std::nullopt;
  return fields;
}

std::optional<std::vector<int>> printed;

}  // namespace

void find_printed_fields() { printed = fields_printed(); }

bool is_all_printed() { return !printed; }

bool may_be_printed(int field) {
  return !printed || std::find(printed->begin(), printed->end(), field) != printed->end();
}

}  // namespace wslens
