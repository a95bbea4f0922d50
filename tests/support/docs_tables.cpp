// SPDX-License-Identifier: GPL-2.0-or-later
#include "support/docs_tables.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string_view>

#include "finding.h"
#include "support/lens_view.h"
#include "violation.h"

namespace wslens::test {
namespace {

const std::string begin_mark = "<!-- table: ";
const std::string end_mark = "<!-- end of table -->";

/// Of the line `<!-- table: rules closing -->` with the kind "rules": "closing". Nothing: another line.
std::optional<std::string> argument_of(const std::string& line, const std::string& kind) {
  const std::string end = " -->";
  if (!line.starts_with(begin_mark + kind) || !line.ends_with(end)) return std::nullopt;
  std::string rest = line.substr(begin_mark.size() + kind.size());
  rest.resize(rest.size() - end.size());
  if (!rest.empty() && rest[0] != ' ') return std::nullopt;
  return rest.empty() ? rest : rest.substr(1);
}

/// The arguments of all tables of that kind, in the order of the page.
std::vector<std::string> arguments_in(const std::vector<std::string>& page, const std::string& kind) {
  std::vector<std::string> arguments;
  for (const std::string& line : page)
    if (const auto argument = argument_of(line, kind)) arguments.push_back(*argument);
  return arguments;
}

std::string code(std::string_view text) { return "`" + std::string(text) + "`"; }

std::string table_head(const std::vector<std::string>& titles) {
  std::string rule = "|";
  for (std::size_t i = 0; i < titles.size(); ++i) rule += "---|";
  return table_row(titles) + "\n" + rule + "\n";
}

bool stands_below(const std::string& filter, const std::string& group) {
  return !group.empty() && (filter == group || filter.starts_with(group + "."));
}

std::string fields_table(const std::vector<std::string>& page, const std::string& group) {
  const std::vector<std::string> groups = arguments_in(page, "fields");
  const auto is_wanted = [&](const std::string& filter) {
    if (!group.empty()) return stands_below(filter, group);
    return std::none_of(groups.begin(), groups.end(), [&](const auto& other) { return stands_below(filter, other); });
  };
  std::string table = table_head({"field", "in the tree", "type", "meaning"});
  for (const RegisteredField& field : registered_fields())
    if (is_wanted(field.filter)) table += table_row({code(field.filter), field.name, field.type, field.blurb}) + "\n";
  return table;
}

std::string findings_table() {
  std::string table = table_head({"finding", "severity", "what it says"});
  for (const websocket::FindingInfo& info : websocket::finding_table())
    table += table_row({code(info.id), std::string(severity_name(info.severity)), std::string(info.sentence)}) + "\n";
  return table;
}

std::string rule_fields_table() {
  std::string table = table_head({"field", "severity"});
  for (const websocket::RuleInfo& info : websocket::rule_table())
    table += table_row({code("wslens.rule." + std::string(info.id)), std::string(severity_name(info.severity))}) + "\n";
  return table;
}

std::string rules_table(const std::string& phase) {
  std::string table = table_head({"id", "severity", "whose duty", "what was broken", "section"});
  for (const websocket::RuleInfo& info : websocket::rule_table()) {
    if (phase_name(info.phase) != phase) continue;
    table += table_row({code(info.id), std::string(severity_name(info.severity)), std::string(duty_name(info.duty)),
                        std::string(info.sentence), std::string(info.section)}) +
             "\n";
  }
  return table;
}

std::string table_of(const std::vector<std::string>& page, const std::string& line) {
  if (const auto group = argument_of(line, "fields")) return fields_table(page, *group);
  if (argument_of(line, "findings")) return findings_table();
  if (argument_of(line, "rule fields")) return rule_fields_table();
  if (const auto phase = argument_of(line, "rules")) return rules_table(*phase);
  ADD_FAILURE() << "no such table: " << line;
  return {};
}

}  // namespace

std::string table_row(const std::vector<std::string>& cells) {
  std::string row = "|";
  for (const std::string& cell : cells) {
    row += ' ';
    for (const char c : cell) row += c == '|' ? std::string("\\|") : std::string(1, c);
    row += " |";
  }
  return row;
}

std::string with_tables(const std::string& page) {
  const std::vector<std::string> lines = lines_of(page);
  std::string fresh;
  bool inside = false;
  for (const std::string& line : lines) {
    if (line == end_mark) inside = false;
    if (!inside) fresh += line + "\n";
    if (!line.starts_with(begin_mark)) continue;
    EXPECT_FALSE(inside) << "a table without an end, before: " << line;
    inside = true;
    fresh += "\n" + table_of(lines, line) + "\n";
  }
  EXPECT_FALSE(inside) << "the last table has no end";
  return fresh;
}

}  // namespace wslens::test
