// SPDX-License-Identifier: GPL-2.0-or-later
/// --export-objects wslens,FOLDER writes each message as a file, by the same code as File ▸ Export Objects.
#include <algorithm>
#include <filesystem>
#include <regex>

#include "support/sample_test.h"
#include "support/truth.h"

namespace wslens::test {
namespace {

using nlohmann::json;

/// Contents by name.
using Files = std::map<std::string, std::string>;

Files exported(const std::string& sample, const Arguments& more = {}) {
  static int count = 0;
  const std::string folder = temporary_folder("export-" + std::to_string(count++));
  Arguments arguments{"-q", "--export-objects", "wslens," + folder};
  arguments.insert(arguments.end(), more.begin(), more.end());
  const Result result = tshark(sample, arguments);
  EXPECT_FALSE(result.crashed) << result.err;  // of a capture that was cut tshark complains
  Files files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
    files[entry.path().lexically_relative(folder)] = read_file(entry.path());
  return files;
}

/// The messages of messages-json that can be a file.
std::vector<json> messages_with_data(const std::string& sample) {
  std::vector<json> messages;
  for (const json& message : report(sample, "messages-json")) {
    const bool has_data = message.contains("text") ? message["text"].is_string() : message.contains("base64");
    const bool is_empty = has_data && data_of(message).empty() && message["length"] != 0;
    if (message["number"].is_number() && has_data && !is_empty) messages.push_back(message);
  }
  return messages;
}

std::string beginning_of_name(const json& message) {
  char name[80];
  std::snprintf(name, sizeof name, "session-%u-%s-%s-%06u", message["session"].get<unsigned>(),
                message["direction"] == "client-to-server" ? "client" : "server",
                message["type"].get<std::string>().c_str(), message["number"].get<unsigned>());
  return name;
}

std::string name_of(const json& message) {
  std::string name = beginning_of_name(message);
  if (message["trust"] != "exact") name += "-" + message["trust"].get<std::string>();
  if (message.value("data_cut", false)) name += "-cut";
  return name;
}

/// Without their extensions, each of which is one of a few.
Files without_extensions(const Files& files) {
  const std::regex ours("session-[0-9]+-(client|server)-(text|binary)-[0-9]{6,}(-[a-z-]+)?\\.[a-z0-9]+");
  Files all;
  for (const auto& [name, bytes] : files) {
    EXPECT_TRUE(std::regex_match(name, ours)) << name;
    all[name.substr(0, name.find('.'))] = bytes;
  }
  return all;
}

class Export : public EverySample {};

/// Nothing of what a peer sends (hosts, paths, texts) gets into a name.
TEST_P(Export, EveryMessageIsAFileWithItsBytesAndANameThatTellsItsTrust) {
  const std::vector<json> messages = messages_with_data(GetParam());
  if (messages.size() > 2000) GTEST_SKIP() << "a folder of " << messages.size() << " files says no more";
  Files wanted;
  for (const json& message : messages) wanted[name_of(message)] = data_of(message);
  const Files files = without_extensions(exported(GetParam(), {"-2"}));
  for (const auto& [name, bytes] : wanted) {
    const auto file = files.find(name);
    ASSERT_NE(file, files.end()) << name;
    EXPECT_TRUE(file->second == bytes) << name;
  }
  EXPECT_EQ(files.size(), wanted.size());
}

WSLENS_FOR_EVERY_SAMPLE(Export);

TEST(ExportPasses, OnePassWritesTheSameFilesAsTwo) {
  for (const char* sample : {"simultaneous-directions", "deflate-mixed", "wss-tls13", "snaplen"})
    EXPECT_TRUE(exported(sample) == exported(sample, {"-2"})) << sample;
}

TEST(ExportNames, TheExtensionTellsWhatIsInside) {
  const Files files = exported("export-kinds");
  std::vector<std::string> names;
  names.reserve(files.size());
  for (const auto& [name, bytes] : files) names.push_back(name);
  EXPECT_EQ(names, (std::vector<std::string>{"session-0-client-text-000001.json", "session-0-client-text-000002.txt",
                                             "session-0-client-text-000003.txt", "session-0-server-binary-000001.png",
                                             "session-0-server-binary-000002.gz", "session-0-server-binary-000003.bin",
                                             "session-0-server-binary-000004.bin"}));
}

}  // namespace
}  // namespace wslens::test
