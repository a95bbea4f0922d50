// SPDX-License-Identifier: GPL-2.0-or-later
/// Runs Wireshark's programs with the plugin under test, as a user would, in a fresh home without any settings.
///
/// Root loads no personal plugins, so as root the programs run as another user; files are copied to where that user may
/// read.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace wslens::test {

struct Result {
  int status = 0;        ///< exit status
  bool crashed = false;  ///< ended by a signal
  std::string out;
  std::string err;
};

using Arguments = std::vector<std::string>;

/// A home of its own for one test process, with or without the plugin in it; removed at the end.
enum class Plugin { loaded, absent };

/// The file's copy that the programs may read. `name` is a path, or the name of a sample ("seed-demo").
std::string readable(const std::string& name);
/// A new file with these bytes, readable for the programs.
std::string temporary_file(const std::string& name, const std::string& bytes);

Result run(const Arguments& command, Plugin plugin = Plugin::loaded);
/// tshark -n -r FILE ARGUMENTS; `capture` as in readable().
Result tshark(const std::string& capture, const Arguments& arguments, Plugin plugin = Plugin::loaded);
/// sharkd's answers to these requests (JSON-RPC), one for each, after loading `capture`.
std::vector<nlohmann::json> sharkd(const std::string& capture, const std::vector<nlohmann::json>& requests);

std::vector<std::string> lines_of(const std::string& text);
/// Each line is an object.
std::vector<nlohmann::json> json_lines(const std::string& text);
std::vector<nlohmann::json> report(const std::string& capture, const std::string& name, const Arguments& more = {});

std::string read_file(const std::string& path);
std::string source_path(const std::string& relative);
/// The names of all samples: every capture in sample-pcaps.
std::vector<std::string> samples();

}  // namespace wslens::test
