// SPDX-License-Identifier: GPL-2.0-or-later
/// Wireshark's real window with the plugin, on a screen of its own, for one test. tools/window opens it, and
/// tools/window-driver says which commands there are and what they return.
///
///     Window window("seed-demo", {.packet = 10});
///     window.tell("menu", "Statistics", "WebSocket Lens", "Conformance");
///     window.tell("window", ".*Conformance.*");
///     EXPECT_THAT(window.text_of("copied", "press", "Copy"), HasSubstr("server"));
///
/// Errors  what does not come within a minute is an exception, which GoogleTest reports: a window, a menu's entry, a
/// line.
#pragma once

#include <nlohmann/json.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "support/programs.h"

namespace wslens::test {

struct WindowOptions {
  int packet = 1;            ///< the one that is selected at the start
  std::string profile = {};  ///< empty: the default one, with a wide Info column
};

class Window {
 public:
  /// `capture` is the name of a sample.
  explicit Window(const std::string& capture, const WindowOptions& options = {});
  /// The window closes, and what it said on standard error is printed if it did not end well.
  ~Window();
  Window(const Window&) = delete;
  Window& operator=(const Window&) = delete;

  /// A command and its arguments, as a list; what it returns.
  nlohmann::json ask(const nlohmann::json& command);
  template <typename... Words>
  nlohmann::json tell(const Words&... words) {
    return ask(nlohmann::json::array({words...}));
  }
  template <typename... Words>
  std::string text_of(const Words&... words) {
    return tell(words...).template get<std::string>();
  }
  template <typename... Words>
  std::vector<std::string> words_of(const Words&... words) {
    return tell(words...).template get<std::vector<std::string>>();
  }
  /// Of tables and trees: the cells of each line.
  using Rows = std::vector<std::vector<std::string>>;
  template <typename... Words>
  Rows rows_of(const Words&... words) {
    return tell(words...).template get<Rows>();
  }

 private:
  Process driver_;
  std::size_t read_ = 0;  ///< so many bytes of its answers
};

/// Asks until the answer is the wanted one, or a minute is over; returns the last answer.
template <typename Ask, typename Value>
Value eventually(Ask ask, const Value& wanted) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  Value answer = ask();
  while (answer != wanted && std::chrono::steady_clock::now() < end) answer = ask();
  return answer;
}

}  // namespace wslens::test
