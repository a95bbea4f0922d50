// SPDX-License-Identifier: GPL-2.0-or-later
#include "support/programs.h"

#include <glib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace wslens::test {
namespace {

namespace fs = std::filesystem;

constexpr const char* other_user = "65534";

/// A folder that everybody may read, with two homes in it.
class Workplace {
 public:
  Workplace() {
    char name[] = "/tmp/wslens-test.XXXXXX";
    if (mkdtemp(name) == nullptr) throw std::runtime_error("no temporary folder");
    root_ = name;
    open_up(root_);
    make_home(home(Plugin::loaded));
    make_home(home(Plugin::absent));
    const fs::path folder = home(Plugin::loaded) / ".local/lib/wireshark/plugins" / WSLENS_VERSION_DIR / "epan";
    fs::create_directories(folder);
    fs::copy_file(WSLENS_PLUGIN_FILE, folder / "wslens.so");
  }
  ~Workplace() {
    std::error_code ignored;
    fs::remove_all(root_, ignored);
  }
  Workplace(const Workplace&) = delete;
  Workplace& operator=(const Workplace&) = delete;

  [[nodiscard]] fs::path home(Plugin plugin) const { return root_ / (plugin == Plugin::loaded ? "home" : "bare"); }
  [[nodiscard]] fs::path file(const std::string& name) const { return root_ / name; }

  static void open_up(const fs::path& path) { fs::permissions(path, fs::perms(fs::is_directory(path) ? 0755 : 0644)); }

 private:
  static void make_home(const fs::path& path) { fs::create_directories(path / ".config"); }
  fs::path root_;
};

const Workplace& workplace() {
  static const Workplace place;
  return place;
}

Arguments as_user(const Arguments& command, Plugin plugin) {
  Arguments full;
  if (geteuid() == 0)
    full = {"setpriv", std::string("--reuid=") + other_user, std::string("--regid=") + other_user, "--clear-groups"};
  const std::string home = workplace().home(plugin);
  const Arguments environment{"env",
                              "-u",
                              "WIRESHARK_CONFIG_DIR",
                              "-u",
                              "WIRESHARK_PLUGIN_DIR",
                              "-u",
                              "WSLENS_REGENERATE",
                              "HOME=" + home,
                              "XDG_CONFIG_HOME=" + home + "/.config",
                              "TZ=UTC",
                              "LC_ALL=C.UTF-8"};
  full.insert(full.end(), environment.begin(), environment.end());
  const std::string preload(WSLENS_PRELOAD);  // NOLINT(readability-redundant-string-init): empty in most builds
  if (!preload.empty() && plugin == Plugin::loaded) {
    full.push_back("LD_PRELOAD=" + preload);
    full.emplace_back("ASAN_OPTIONS=detect_leaks=0");
    full.push_back("WIRESHARK_EXTCAP_DIR=" + home + "/.config");
  }
  full.insert(full.end(), command.begin(), command.end());
  return full;
}

Result spawn(const Arguments& command) {
  std::vector<char*> argv;
  argv.reserve(command.size() + 1);
  for (const std::string& each : command) argv.push_back(const_cast<char*>(each.c_str()));
  argv.push_back(nullptr);
  gchar* out = nullptr;
  gchar* err = nullptr;
  gint status = 0;
  GError* error = nullptr;
  // The working folder must be one that the other user may enter.
  if (!g_spawn_sync("/tmp", argv.data(), nullptr, G_SPAWN_SEARCH_PATH, nullptr, nullptr, &out, &err, &status, &error)) {
    const std::string message = error->message;
    g_error_free(error);
    throw std::runtime_error(message);
  }
  Result result{WIFEXITED(status) ? WEXITSTATUS(status) : -1, !WIFEXITED(status) || WEXITSTATUS(status) >= 128, out,
                err};
  g_free(out);
  g_free(err);
  return result;
}

}  // namespace

std::string source_path(const std::string& relative) { return std::string(WSLENS_SOURCE_DIR) + "/" + relative; }

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string temporary_file(const std::string& name, const std::string& bytes) {
  const fs::path path = workplace().file(name);
  std::ofstream(path, std::ios::binary) << bytes;
  Workplace::open_up(path);
  return path;
}

namespace {

/// The endings that samples have, and the longest first.
constexpr std::array<std::string_view, 3> endings{".pcapng.gz", ".pcapng", ".pcap"};

/// "seed-demo" of "seed-demo.pcapng"; empty: no capture.
std::string sample_of(const std::string& file) {
  for (const std::string_view ending : endings)
    if (file.ends_with(ending)) return file.substr(0, file.size() - ending.size());
  return "";
}

fs::path sample_file(const std::string& name) {
  for (const std::string_view ending : endings)
    if (const fs::path path = source_path("sample-pcaps/" + name + std::string(ending)); fs::exists(path)) return path;
  return source_path("sample-pcaps/" + name + ".pcapng");
}

}  // namespace

std::string readable(const std::string& name) {
  const fs::path from = name.find('/') == std::string::npos ? sample_file(name) : fs::path(name);
  const fs::path to = workplace().file(from.filename());
  if (from == to || fs::exists(to)) return to;
  fs::copy_file(from, to);
  Workplace::open_up(to);
  return to;
}

Result run(const Arguments& command, Plugin plugin) { return spawn(as_user(command, plugin)); }

Result tshark(const std::string& capture, const Arguments& arguments, Plugin plugin) {
  Arguments command{"tshark", "-n", "-r", readable(capture)};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return run(command, plugin);
}

std::vector<nlohmann::json> sharkd(const std::string& capture, const std::vector<nlohmann::json>& requests) {
  std::string input;
  int id = 0;
  const auto add = [&](nlohmann::json request) {
    request["jsonrpc"] = "2.0";
    request["id"] = ++id;
    input += request.dump() + "\n";
  };
  add({{"method", "load"}, {"params", {{"file", readable(capture)}}}});
  for (const nlohmann::json& request : requests) add(request);
  const std::string file = temporary_file("requests", input);
  const Result result = run({"sh", "-c", "exec sharkd - < " + file});
  std::vector<nlohmann::json> answers = json_lines(result.out);
  if (!answers.empty()) answers.erase(answers.begin());
  return answers;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

std::vector<nlohmann::json> json_lines(const std::string& text) {
  std::vector<nlohmann::json> objects;
  for (const std::string& line : lines_of(text)) objects.push_back(nlohmann::json::parse(line));
  return objects;
}

std::vector<nlohmann::json> report(const std::string& capture, const std::string& name, const Arguments& more) {
  Arguments arguments{"-q", "-z", "wslens," + name};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return json_lines(tshark(capture, arguments).out);
}

std::vector<std::string> samples() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(source_path("sample-pcaps")))
    if (const std::string name = sample_of(entry.path().filename()); !name.empty()) names.push_back(name);
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace wslens::test
