// SPDX-License-Identifier: GPL-2.0-or-later
#include "support/programs.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <stdexcept>
#include <tuple>

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

Arguments as_user(const Arguments& command, Plugin plugin, Rights rights) {
  Arguments full;
  if (geteuid() == 0 && rights != Rights::own)
    full = {"setpriv", std::string("--reuid=") + other_user, std::string("--regid=") + other_user, "--clear-groups"};
  if (geteuid() == 0 && rights == Rights::capture)
    full.insert(full.end(), {"--inh-caps=+net_raw,+net_admin", "--ambient-caps=+net_raw,+net_admin"});
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

void check(bool good, const char* what) {
  if (!good) throw std::runtime_error(std::string("cannot ") + what);
}

struct Pipe {
  int read_end = -1, write_end = -1;
  Pipe() {
    int ends[2];
    check(pipe2(ends, O_CLOEXEC) == 0, "make a pipe");
    read_end = ends[0];
    write_end = ends[1];
  }
};

[[noreturn]] void become(const Arguments& command, int input, int output, int error) {
  std::vector<char*> argv;
  argv.reserve(command.size() + 1);
  for (const std::string& each : command) argv.push_back(const_cast<char*>(each.c_str()));
  argv.push_back(nullptr);
  signal(SIGPIPE, SIG_DFL);
  // The working folder must be one that the other user may enter.
  if (dup2(input, 0) == 0 && dup2(output, 1) == 1 && dup2(error, 2) == 2 && chdir("/tmp") == 0)
    execvp(argv[0], argv.data());
  _exit(127);
}

void close_once(int& descriptor) {
  if (descriptor >= 0) close(descriptor);
  descriptor = -1;
}

/// False: it has ended.
bool read_some(int& descriptor, std::string& text) {
  std::array<char, 65536> buffer;
  const ssize_t size = read(descriptor, buffer.data(), buffer.size());
  if (size > 0) text.append(buffer.data(), static_cast<std::size_t>(size));
  if (size <= 0 && !(size < 0 && errno == EINTR)) close_once(descriptor);
  return descriptor >= 0;
}

}  // namespace

Process::Process(const Arguments& command, Plugin plugin, Rights rights) {
  const Arguments full = as_user(command, plugin, rights);
  const Pipe in, out, err;
  id_ = fork();
  check(id_ >= 0, "fork");
  if (id_ == 0) become(full, in.read_end, out.write_end, err.write_end);
  for (const int end : {in.read_end, out.write_end, err.write_end}) close(end);
  input_ = in.write_end;
  output_ = out.read_end;
  error_ = err.read_end;
  fcntl(input_, F_SETFL, O_NONBLOCK);
  signal(SIGPIPE, SIG_IGN);
}

Process::~Process() {
  for (int* each : {&input_, &output_, &error_}) close_once(*each);
  if (id_ < 0) return;
  kill(id_, SIGKILL);
  waitpid(id_, nullptr, 0);
}

bool Process::pump(int milliseconds, bool until_input_is_free) {
  if (output_ < 0 && error_ < 0) return false;
  std::array<pollfd, 3> wanted{pollfd{output_, POLLIN, 0}, pollfd{error_, POLLIN, 0},
                               pollfd{until_input_is_free ? input_ : -1, POLLOUT, 0}};
  if (poll(wanted.data(), wanted.size(), milliseconds) <= 0) return output_ >= 0 || error_ >= 0;
  if (wanted[0].revents != 0) read_some(output_, out_);
  if (wanted[1].revents != 0) read_some(error_, err_);
  return output_ >= 0 || error_ >= 0;
}

bool Process::write(const std::string& bytes) {
  for (std::size_t at = 0; at < bytes.size();) {
    const ssize_t size = ::write(input_, bytes.data() + at, bytes.size() - at);
    if (size >= 0) {
      at += static_cast<std::size_t>(size);
    } else if (errno != EAGAIN || !pump(60'000, true)) {
      return false;
    }
  }
  return true;
}

void Process::close_input() { close_once(input_); }

bool Process::wait_for(const std::string& text, const std::function<bool(const std::string&)>& enough,
                       std::chrono::seconds most) {
  const auto end = std::chrono::steady_clock::now() + most;
  while (!enough(text)) {
    if (std::chrono::steady_clock::now() > end) return false;
    if (!pump(100)) return enough(text);
  }
  return true;
}

bool Process::wait_for_output(const std::function<bool(const std::string&)>& enough, std::chrono::seconds most) {
  return wait_for(out_, enough, most);
}

bool Process::wait_for_error(const std::function<bool(const std::string&)>& enough, std::chrono::seconds most) {
  return wait_for(err_, enough, most);
}

void Process::interrupt() const { kill(id_, SIGINT); }

Result Process::finish() {
  close_input();
  while (pump(-1)) {
  }
  int status = 0;
  waitpid(id_, &status, 0);
  id_ = -1;
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, !WIFEXITED(status) || WEXITSTATUS(status) >= 128, out_, err_};
}

std::string source_path(const std::string& relative) { return std::string(WSLENS_SOURCE_DIR) + "/" + relative; }

/// The plugin is BUILD/plugin/4.0/epan/wslens.so.
std::string build_folder() {
  return fs::path(WSLENS_PLUGIN_FILE).parent_path().parent_path().parent_path().parent_path();
}

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

std::string temporary_folder(const std::string& name) {
  const fs::path path = workplace().file(name);
  fs::create_directories(path);
  fs::permissions(path, fs::perms(0777));
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
    if (fs::path path = source_path("sample-pcaps/" + name + std::string(ending)); fs::exists(path)) return path;
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

Result run(const Arguments& command, Plugin plugin) { return Process(command, plugin).finish(); }

Result tshark(const std::string& capture, const Arguments& arguments, Plugin plugin) {
  static std::map<std::tuple<std::string, Arguments, Plugin>, Result> known;
  const auto key = std::tuple(capture, arguments, plugin);
  if (const auto before = known.find(key); before != known.end()) return before->second;
  Arguments command{"tshark", "-n", "-r", readable(capture)};
  command.insert(command.end(), arguments.begin(), arguments.end());
  Result result = run(command, plugin);
  const bool is_sample = capture.find('/') == std::string::npos;  // any other file may have been written anew
  if (is_sample) known.emplace(key, result);
  return result;
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

Reports reports_in(const std::string& out) {
  Reports both;
  for (nlohmann::json& object : json_lines(out))
    (object["kind"] == "session" ? both.sessions : both.messages).push_back(std::move(object));
  return both;
}

Reports reports(const std::string& capture, const Arguments& more) {
  Arguments arguments{"-q", "-z", "wslens,sessions-json", "-z", "wslens,messages-json"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return reports_in(tshark(capture, arguments).out);
}

std::vector<nlohmann::json> report(const std::string& capture, const std::string& name, const Arguments& more) {
  Reports both = reports(capture, more);
  return std::move(name == "sessions-json" ? both.sessions : both.messages);
}

std::vector<std::string> samples() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(source_path("sample-pcaps")))
    if (const std::string name = sample_of(entry.path().filename()); !name.empty()) names.push_back(name);
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace wslens::test
