// SPDX-License-Identifier: GPL-2.0-or-later
/// The documents say what the program does: every command of the README runs, every field, rule and key is documented.
///
/// tools/regenerate-docs writes the tables of fields and rules anew.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <set>

#include "support/docs_tables.h"
#include "support/lens_view.h"
#include "violation.h"

namespace wslens::test {
namespace {

/// The lines of every ```sh block of the README that call tshark.
std::vector<std::string> readme_commands() {
  std::vector<std::string> commands;
  bool inside = false;
  for (const std::string& line : lines_of(read_file(source_path("README.md")))) {
    if (line.rfind("```", 0) == 0)
      inside = line == "```sh";
    else if (inside && (line.rfind("tshark ", 0) == 0 || line.rfind("tools/tshark ", 0) == 0))
      commands.push_back(line);
  }
  return commands;
}

/// Files are exported to a folder that the programs may write.
std::string with_writable_folder(std::string command) {
  const std::string target = "--export-objects wslens,";
  const std::size_t at = command.find(target + "messages ");
  if (at != std::string::npos) command.replace(at, target.size() + 8, target + temporary_folder("messages"));
  return command;
}

/// Sample files are named relative to the repository; the programs read copies of them.
std::string with_readable_samples(std::string command) {
  if (command.rfind("tools/", 0) == 0) command = command.substr(6);
  const std::string folder = "sample-pcaps/";
  for (std::size_t at = command.find(folder); at != std::string::npos; at = command.find(folder, at + 1)) {
    const std::size_t end = command.find_first_of(" '\"", at);
    const std::string name = command.substr(at, end == std::string::npos ? end : end - at);
    const std::string copy = readable(source_path(name));
    command.replace(at, name.size(), copy);
    at += copy.size();
  }
  return command;
}

TEST(Readme, EachCommandRuns) {
  const std::vector<std::string> commands = readme_commands();
  ASSERT_GE(commands.size(), 8U);
  for (const std::string& command : commands) {
    const Result result = run({"sh", "-c", with_readable_samples(with_writable_folder(command))});
    EXPECT_EQ(result.status, 0) << command << "\n" << result.err;
    EXPECT_FALSE(result.out.empty()) << command;
  }
}

TEST(Docs, EveryFieldIsDocumented) {
  const std::string page = read_file(source_path("docs/fields.md"));
  for (const std::string& field : lens_fields()) EXPECT_NE(page.find("`" + field + "`"), std::string::npos) << field;
}

TEST(Docs, EveryRuleIsDocumented) {
  const std::string rules = read_file(source_path("docs/rules.md"));
  const std::string fields = read_file(source_path("docs/fields.md"));
  for (const websocket::RuleInfo& rule : websocket::rule_table()) {
    const std::string id(rule.id);
    EXPECT_NE(rules.find("`" + id + "`"), std::string::npos) << id;
    EXPECT_NE(fields.find("`wslens.rule." + id + "`"), std::string::npos) << id;
  }
}

/// Not in one that a person wrote.
bool stands_in_a_made_table(const std::string& page, std::size_t at) {
  const std::size_t begin = page.rfind("<!-- table: ", at);
  const std::size_t end = page.rfind("<!-- end of table -->", at);
  return begin != std::string::npos && (end == std::string::npos || end < begin);
}

class PageWithTables : public ::testing::TestWithParam<const char*> {};

TEST_P(PageWithTables, TheyAreWhatTheProgramRegisters) {
  const std::string path = source_path(GetParam());
  const std::string page = read_file(path);
  const std::string fresh = with_tables(page);
  if (std::getenv("WSLENS_REGENERATE") != nullptr) {
    ASSERT_FALSE(HasFailure()) << "the page stays as it is";
    std::ofstream(path, std::ios::binary) << fresh;
    GTEST_SKIP() << "written anew: read the diff";
  }
  const std::vector<std::string> want = lines_of(fresh);
  const std::vector<std::string> have = lines_of(page);
  for (std::size_t i = 0; i < std::max(want.size(), have.size()); ++i)
    ASSERT_EQ(i < want.size() ? want[i] : "(end)", i < have.size() ? have[i] : "(end)")
        << GetParam() << " line " << i + 1 << ": tools/regenerate-docs";
}

TEST_P(PageWithTables, AChangeInAnyRowIsNoticed) {
  const std::string page = read_file(source_path(GetParam()));
  int rows = 0;
  for (std::size_t at = page.find("\n| `"); at != std::string::npos; at = page.find("\n| `", at + 1)) {
    if (!stands_in_a_made_table(page, at)) continue;
    std::string changed = page;
    changed.insert(page.find('\n', at + 1) - 2, " else");
    EXPECT_EQ(with_tables(changed), page) << changed.substr(at, 60);
    ++rows;
  }
  EXPECT_GE(rows, 40);
}

INSTANTIATE_TEST_SUITE_P(Docs, PageWithTables, ::testing::Values("docs/fields.md", "docs/rules.md"),
                         [](const auto& page) { return page.index == 0 ? "fields" : "rules"; });

TEST(DocsTables, ABarInACellEndsNoCell) { EXPECT_EQ(table_row({"`a|b`", "c"}), "| `a\\|b` | c |"); }

TEST(DocsTables, AFieldThatNoTableAsksForStandsInTheOneForTheRest) {
  const std::string page = with_tables("<!-- table: fields -->\n<!-- end of table -->\n");
  for (const std::string& field : lens_fields())
    EXPECT_NE(page.find("| `" + field + "` |"), std::string::npos) << field;
}

/// Each key of the schema, of the objects in it as well.
void add_keys(const nlohmann::json& schema, std::set<std::string>& keys) {
  if (!schema.is_structured()) return;
  if (schema.is_object() && schema.contains("properties"))
    for (const auto& [key, value] : schema["properties"].items()) keys.insert(key);
  for (const nlohmann::json& inner : schema) add_keys(inner, keys);
}

void expect_every_key_in(const std::string& schema, const std::string& page_name) {
  std::set<std::string> keys;
  add_keys(nlohmann::json::parse(read_file(source_path(schema))), keys);
  EXPECT_GE(keys.size(), 50U);
  const std::string page = read_file(source_path(page_name));
  for (const std::string& key : keys) EXPECT_NE(page.find("`" + key + "`"), std::string::npos) << key;
}

TEST(Docs, EveryKeyOfTheJsonSchemaIsDescribed) { expect_every_key_in("docs/json.schema.json", "docs/json.md"); }

TEST(Docs, EveryKeyOfTheHarSchemaIsDescribed) { expect_every_key_in("docs/har.schema.json", "docs/har.md"); }

}  // namespace
}  // namespace wslens::test
