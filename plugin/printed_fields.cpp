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

using Names = std::vector<std::string>;

/// "-qeNAME", "-nTjson": options written together. Or a value that happens to have these letters; it cannot be told.
bool may_hide_an_option(std::string_view argument) {
  return argument.size() > 2 && argument[0] == '-' && argument[1] != '-' &&
         argument.find_first_of("eTX", 1) != std::string_view::npos;
}

/// What -e names, if the arguments say for certain that only that is printed.
std::optional<Names> names_printed(const std::vector<std::string>& arguments) {
  Names names;
  bool fields = false;
  for (std::size_t i = 1; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    const std::string* next = i + 1 < arguments.size() ? &arguments[i + 1] : nullptr;
    if (argument == "-X") return std::nullopt;  // a script sees the whole tree
    if (argument == "-T") {
      if (next == nullptr || *next != "fields") return std::nullopt;
      fields = true;
    } else if (argument == "-e") {
      if (next == nullptr) return std::nullopt;
      names.push_back(*next);
    } else if (argument == "-Tfields") {
      fields = true;
    } else if (argument.starts_with("-e")) {
      names.push_back(argument.substr(2));
    } else if (may_hide_an_option(argument)) {
      return std::nullopt;
    }
  }
  if (!fields) return std::nullopt;
  return names;
}

class PrintedFields {
 public:
  PrintedFields() {
    const auto names = is_tshark() ? names_printed(program_arguments()) : std::nullopt;
    all_ = !names || !std::all_of(names->begin(), names->end(), [this](const std::string& name) { return add(name); });
    contents_ = all_ || !std::all_of(protocols_.begin(), protocols_.end(), carries_websockets);
  }

  bool all() const { return all_; }
  bool contents() const { return contents_; }
  bool has(int field) const { return all_ || is_among(fields_, field) || is_among(protocols_, field); }

 private:
  static bool is_among(const std::vector<int>& those, int one) {
    return std::find(those.begin(), those.end(), one) != those.end();
  }

  static bool carries_websockets(int protocol) {
    static constexpr std::string_view names[] = {"frame", "eth",  "ip",        "ipv6",  "tcp",
                                                 "tls",   "http", "websocket", "wslens"};
    const char* name = proto_get_protocol_filter_name(protocol);
    return name != nullptr && std::find(std::begin(names), std::end(names), name) != std::end(names);
  }

  /// False: nothing known by that name. It may be an expression, or text that belongs to no protocol.
  bool add(const std::string& name) {
    if (name.starts_with("_ws.col.")) return true;  // a column
    const header_field_info* found = proto_registrar_get_byname(name.c_str());
    if (found == nullptr || g_strcmp0(found->abbrev, "text") == 0) return false;
    add(*found);
    for (const header_field_info* same = found; same->same_name_prev_id > 0;) {
      same = proto_registrar_get_nth(static_cast<unsigned>(same->same_name_prev_id));
      add(*same);
    }
    return true;
  }

  void add(const header_field_info& field) {
    fields_.push_back(field.id);
    protocols_.push_back(field.parent < 0 ? field.id : field.parent);
  }

  std::vector<int> fields_;
  std::vector<int> protocols_;
  bool all_ = true;
  bool contents_ = true;
};

/// Made when all fields are registered.
const PrintedFields& printed_fields() {
  static const PrintedFields fields;
  return fields;
}

}  // namespace

bool is_all_printed() { return printed_fields().all(); }

bool may_be_printed(int field) { return printed_fields().has(field); }

bool may_contents_be_printed() { return printed_fields().contents(); }

}  // namespace wslens
