// SPDX-License-Identifier: GPL-2.0-or-later
#include "support/lens_view.h"

#include <set>
#include <sstream>
#include <string_view>

namespace wslens::test {
namespace {

constexpr char separator = '\x1f';

std::vector<std::string> split(const std::string& line, char by) {
  std::vector<std::string> parts;
  std::string part;
  for (const char c : line) {
    if (c == by) {
      parts.push_back(part);
      part.clear();
    } else {
      part += c;
    }
  }
  parts.push_back(part);
  return parts;
}

bool is_of_an_expert_item(const std::string& filter) {
  return filter.starts_with("wslens.rule.") || filter.starts_with("wslens.finding.");
}

/// "F", name, filter, type, protocol, base, bits, blurb.
const std::vector<std::vector<std::string>>& all_fields() {
  static const std::vector<std::vector<std::string>> rows = [] {
    std::vector<std::vector<std::string>> found;
    for (const std::string& line : lines_of(run({"tshark", "-G", "fields"}).out))
      if (std::vector<std::string> columns = split(line, '\t'); columns.size() >= 8 && columns[0] == "F")
        found.push_back(std::move(columns));
    return found;
  }();
  return rows;
}

std::vector<RegisteredField> read_registered_fields() {
  std::vector<RegisteredField> fields;
  for (const std::vector<std::string>& columns : all_fields())
    if (columns[2].starts_with("wslens.") && !is_of_an_expert_item(columns[2]))
      fields.push_back({columns[1], columns[2], columns[3], columns[7]});
  return fields;
}

bool is_boolean(const std::string& filter) {
  static const std::set<std::string> booleans = [] {
    std::set<std::string> found;
    for (const std::vector<std::string>& columns : all_fields())
      if (columns[3] == "FT_BOOLEAN") found.insert(columns[2]);
    return found;
  }();
  return booleans.contains(filter);
}

/// tshark 4.0 writes booleans as 1 and 0, later ones as True and False: here they are 1 and 0. `by` stands between
/// several.
std::string in_one_spelling(const std::string& filter, const std::string& value, char by) {
  if (value.empty() || !is_boolean(filter)) return value;
  std::string text;
  for (const std::string& each : split(value, by)) {
    if (!text.empty()) text += by;
    text += each == "True" ? "1" : each == "False" ? "0" : each;
  }
  return text;
}

std::vector<std::string> filters_of(const std::vector<RegisteredField>& fields) {
  std::vector<std::string> filters;
  filters.reserve(fields.size());
  for (const RegisteredField& field : fields) filters.push_back(field.filter);
  return filters;
}

/// From 4.4 on tshark puts a backslash before backslashes and separators of fields, and writes two more control
/// characters with one.
std::string in_one_spelling(const std::string& line) {
  if (!is_later_than_4_0) return line;
  std::string text;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const std::string_view pair = std::string_view(line).substr(i, 2);
    const bool escaped = pair == R"(\\)" || pair == std::string{'\\', separator};
    const bool control = pair == R"(\a)" || pair == R"(\v)";
    if (escaped || control) ++i;
    text += control ? (line[i] == 'a' ? '\a' : '\v') : line[i];
  }
  return text;
}

/// The first of them is the packet's number.
Arguments as_fields(const char* aggregator) {
  return {
      "-T", "fields",      "-E", std::string("separator=") + separator, "-E", std::string("aggregator=") + aggregator,
      "-e", "frame.number"};
}

/// From 4.4 on the field _ws.col.info is taken before postdissectors write into the column; the packet list is still
/// written after it. So there the Info column is read from the list, each line of which is a number and that column.
void read_info_from_list(const std::string& capture, const Arguments& more, std::map<int, PacketView>& view) {
  Arguments arguments{"-T", "text", "-o", R"(gui.column.format:"No.","%m","Info","%i")"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  for (const std::string& line : lines_of(tshark(capture, arguments).out)) {
    std::size_t end = 0;
    const auto packet = view.find(std::stoi(line, &end));
    if (packet != view.end()) packet->second.info = end < line.size() ? line.substr(end + 1) : "";
  }
}

}  // namespace

const std::vector<RegisteredField>& registered_fields() {
  static const std::vector<RegisteredField> fields = read_registered_fields();
  return fields;
}

const std::vector<std::string>& lens_fields() {
  static const std::vector<std::string> names = filters_of(registered_fields());
  return names;
}

std::map<int, PacketView> lens_view(const std::string& capture, const Arguments& more) {
  Arguments arguments = as_fields("|");
  arguments.insert(arguments.end(), {"-e", "_ws.col.Info"});
  for (const std::string& field : lens_fields()) arguments.insert(arguments.end(), {"-e", field});
  arguments.insert(arguments.end(), more.begin(), more.end());
  std::map<int, PacketView> view;
  for (const std::string& line : lines_of(tshark(capture, arguments).out)) {
    const std::vector<std::string> columns = split(in_one_spelling(line), separator);
    if (columns.size() < 2) continue;
    PacketView& packet = view[std::stoi(columns[0])];
    packet.info = columns[1];
    // A text may hold the separator itself: what it pushes out at the end is left out.
    for (std::size_t i = 2; i < columns.size() && i - 2 < lens_fields().size(); ++i)
      if (!columns[i].empty()) {
        const std::string& field = lens_fields()[i - 2];
        packet.fields[field] = in_one_spelling(field, columns[i], '|');
      }
  }
  if (is_later_than_4_0) read_info_from_list(capture, more, view);
  return view;
}

std::vector<FieldRow> field_rows(const std::string& capture, const Arguments& fields, const Arguments& more) {
  Arguments arguments = as_fields("\x1e");
  for (const std::string& field : fields) arguments.insert(arguments.end(), {"-e", field});
  arguments.insert(arguments.end(), more.begin(), more.end());
  std::vector<FieldRow> rows;
  for (const std::string& line : lines_of(tshark(capture, arguments).out)) {
    const std::vector<std::string> columns = split(in_one_spelling(line), separator);
    FieldRow row{std::stoi(columns.at(0)), {}};
    for (std::size_t i = 1; i <= fields.size(); ++i) {
      const std::string value = in_one_spelling(fields[i - 1], columns.at(i), '\x1e');
      row.values.push_back(value.empty() ? std::vector<std::string>{} : split(value, '\x1e'));
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace wslens::test
