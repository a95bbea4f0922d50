// SPDX-License-Identifier: GPL-2.0-or-later
/// The documents say what the program does: every command of the README runs, every field and every rule is documented.
#include <gtest/gtest.h>

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
    const Result result = run({"sh", "-c", with_readable_samples(command)});
    EXPECT_EQ(result.status, 0) << command << "\n" << result.err;
    EXPECT_FALSE(result.out.empty()) << command;
  }
}

TEST(Docs, EveryFieldIsDocumented) {
  const std::string page = read_file(source_path("docs/fields.md"));
  for (const std::string& field : lens_fields()) EXPECT_NE(page.find("`" + field + "`"), std::string::npos) << field;
}

TEST(Docs, EveryRuleIsDocumented) {
  const std::string page = read_file(source_path("docs/rules.md"));
  for (const websocket::RuleInfo& rule : websocket::rule_table()) {
    EXPECT_NE(page.find("`" + std::string(rule.id) + "`"), std::string::npos) << rule.id;
    EXPECT_NE(page.find(rule.sentence), std::string::npos) << rule.sentence;
    EXPECT_NE(page.find(rule.section), std::string::npos) << rule.section;
  }
}

}  // namespace
}  // namespace wslens::test
