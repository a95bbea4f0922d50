// SPDX-License-Identifier: GPL-2.0-or-later
/// Runs Wireshark's programs with the plugin under test, as a user would, in a fresh home without any settings.
///
/// Root loads no personal plugins, so as root the programs run as another user; files are copied to where that user may
/// read.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace wslens::test {

/// Of Wireshark: what these programs say themselves is not the same in all versions.
inline constexpr bool is_later_than_4_0 = std::string_view(WSLENS_VERSION_DIR) != "4.0";

struct Result {
  int status = 0;        ///< exit status
  bool crashed = false;  ///< ended by a signal
  std::string out;
  std::string err;
};

using Arguments = std::vector<std::string>;

/// A home of its own for one test process, with or without the plugin in it; removed at the end.
enum class Plugin { loaded, absent };
/// What may it do as another user? Open network interfaces: only root can give that right away. `own`: it is no other
/// user.
enum class Rights { none, capture, own };

/// A program that runs while the test does. Ended at the latest with the object.
class Process {
 public:
  explicit Process(const Arguments& command, Plugin plugin = Plugin::loaded, Rights rights = Rights::none);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  /// To its standard input. False: it does not read any more.
  bool write(const std::string& bytes);
  void close_input();
  /// Waits until `enough` of all its standard output so far; false: it ended before, or the time was over.
  bool wait_for_output(const std::function<bool(const std::string& out)>& enough, std::chrono::seconds most);
  /// The same for standard error.
  bool wait_for_error(const std::function<bool(const std::string& err)>& enough, std::chrono::seconds most);
  void interrupt() const;  ///< as Ctrl-C does
  /// Closes its input and waits for its end.
  Result finish();

 private:
  bool wait_for(const std::string& text, const std::function<bool(const std::string&)>& enough,
                std::chrono::seconds most);
  /// Reads what there is, for at most so long. False: both outputs have ended.
  bool pump(int milliseconds, bool until_input_is_free = false);

  int id_ = -1;
  int input_ = -1, output_ = -1, error_ = -1;
  std::string out_, err_;
};

/// The file's copy that the programs may read. `name` is a path, or the name of a sample ("seed-demo").
std::string readable(const std::string& name);
/// A new file with these bytes, readable for the programs.
std::string temporary_file(const std::string& name, const std::string& bytes);
/// A new empty folder in which the programs may write.
std::string temporary_folder(const std::string& name);

Result run(const Arguments& command, Plugin plugin = Plugin::loaded);
/// tshark -n -r FILE ARGUMENTS; `capture` as in readable(). A sample that was read so before is not read again.
Result tshark(const std::string& capture, const Arguments& arguments, Plugin plugin = Plugin::loaded);
/// sharkd's answers to these requests (JSON-RPC), one for each, after loading `capture`.
std::vector<nlohmann::json> sharkd(const std::string& capture, const std::vector<nlohmann::json>& requests);

std::vector<std::string> lines_of(const std::string& text);
/// Each line is an object.
std::vector<nlohmann::json> json_lines(const std::string& text);
/// Both JSON reports of one run.
struct Reports {
  std::vector<nlohmann::json> sessions;
  std::vector<nlohmann::json> messages;
};
Reports reports(const std::string& capture, const Arguments& more = {});
/// From tshark's output.
Reports reports_in(const std::string& out);
/// One of them: "sessions-json" or "messages-json".
std::vector<nlohmann::json> report(const std::string& capture, const std::string& name, const Arguments& more = {});

std::string read_file(const std::string& path);
std::string source_path(const std::string& relative);
/// Of the build that is tested.
std::string build_folder();
/// The names of all samples: every capture in sample-pcaps.
std::vector<std::string> samples();

}  // namespace wslens::test
