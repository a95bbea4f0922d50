// SPDX-License-Identifier: GPL-2.0-or-later
#include "window.h"

#include <cstdlib>
#include <iostream>
#include <stdexcept>

namespace wslens::test {
namespace {

Arguments command_for(const std::string& capture, const WindowOptions& options) {
  Arguments command{"env", "WSLENS_BUILD=" + build_folder()};
  if (std::getenv("WSLENS_PICTURES") == nullptr) command.push_back("WSLENS_PICTURES=" + build_folder() + "/pictures");
  command.push_back(source_path("tools/window"));
  if (!options.profile.empty()) command.insert(command.end(), {"-C", options.profile});
  command.insert(command.end(), {readable(capture), std::to_string(options.packet)});
  return command;
}

}  // namespace

Window::Window(const std::string& capture, const WindowOptions& options)
    : driver_(command_for(capture, options), Plugin::absent, Rights::own) {}

Window::~Window() {
  const Result result = driver_.finish();
  if (result.status != 0) std::cerr << result.err;
}

nlohmann::json Window::ask(const nlohmann::json& command) {
  std::string line;
  const auto answered = [&](const std::string& out) {
    const std::size_t end = out.find('\n', read_);
    if (end != std::string::npos) line = out.substr(read_, end - read_);
    return end != std::string::npos;
  };
  const std::string text = command.dump();
  if (!driver_.write(text + "\n") || !driver_.wait_for_output(answered, std::chrono::seconds(180)))
    throw std::runtime_error("no window for " + text);
  read_ += line.size() + 1;
  const nlohmann::json answer = nlohmann::json::parse(line);
  if (answer.contains("error")) throw std::runtime_error(text + ": " + answer["error"].get<std::string>());
  return answer["value"];
}

}  // namespace wslens::test
