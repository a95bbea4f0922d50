// SPDX-License-Identifier: GPL-2.0-or-later
/// Runs the contestants of each group in turn, for some rounds; who goes first changes from round to round, so that
/// what else the machine does falls on all of them alike.
///
/// Usage   codec_bench [--rounds=N] [--groups=REGEX] [--benchmark_min_time=SECONDS] [other options of Google Benchmark]
/// Prints a line of JSON for each contestant: {"group": ..., "name": ..., "nanoseconds": [one for each round]}.
#include <cstdlib>
#include <iostream>
#include <regex>
#include <string_view>

#include "codec_bench.h"

namespace websocket::bench {

std::vector<Contestant>& contestants() {
  static std::vector<Contestant> all;
  return all;
}

Contestant::Contestant(std::string group_name, std::string own_name, std::function<void(benchmark::State&)> body)
    : group(std::move(group_name)), name(std::move(own_name)) {
  benchmark::RegisterBenchmark((group + '/' + name).c_str(), std::move(body));
  contestants().push_back(*this);
}

namespace {

struct Options {
  int rounds = 1;
  std::regex groups{"."};
};

/// Keeps the nanoseconds an item of the run it hears of.
class Listener final : public benchmark::BenchmarkReporter {
 public:
  bool ReportContext(const Context&) override { return true; }
  void ReportRuns(const std::vector<Run>& runs) override {
    for (const Run& run : runs) {
      if (run.error_occurred) {
        std::cerr << run.benchmark_name() << ": " << run.error_message << '\n';
        std::exit(EXIT_FAILURE);
      }
      const auto items = run.counters.find("items_per_second");
      nanoseconds = items == run.counters.end() ? 0 : 1e9 / items->second;
    }
  }

  double nanoseconds = 0;
};

double run_once(const Contestant& contestant) {
  static const std::regex special(R"([.^$|()\[\]{}*+?\\])");
  Listener listener;
  const std::string name = std::regex_replace(contestant.group + '/' + contestant.name, special, R"(\$&)");
  if (benchmark::RunSpecifiedBenchmarks(&listener, '^' + name + '$') != 1 || listener.nanoseconds <= 0) {
    std::cerr << name << " did not run, or counted nothing\n";
    std::exit(EXIT_FAILURE);
  }
  return listener.nanoseconds;
}

void run_group(const std::vector<Contestant>& group, int rounds) {
  std::vector<std::vector<double>> times(group.size());
  for (int round = 0; round < rounds; ++round) {
    for (std::size_t turn = 0; turn < group.size(); ++turn) {
      const std::size_t who = (turn + static_cast<std::size_t>(round)) % group.size();
      times[who].push_back(run_once(group[who]));
    }
  }
  for (std::size_t who = 0; who < group.size(); ++who) {
    std::cout << R"({"group": ")" << group[who].group << R"(", "name": ")" << group[who].name
              << R"(", "nanoseconds": [)";
    for (std::size_t i = 0; i < times[who].size(); ++i) std::cout << (i == 0 ? "" : ", ") << times[who][i];
    std::cout << "]}" << std::endl;
  }
}

Options take_options(int& argc, char** argv) {
  Options options;
  int kept = 1;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument.starts_with("--rounds="))
      options.rounds = std::atoi(argument.substr(9).data());
    else if (argument.starts_with("--groups="))
      options.groups = std::string(argument.substr(9));
    else
      argv[kept++] = argv[i];
  }
  argc = kept;
  return options;
}

int run(int argc, char** argv) {
  const Options options = take_options(argc, argv);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return EXIT_FAILURE;
  std::vector<std::string> done;
  for (const Contestant& first : contestants()) {
    if (std::find(done.begin(), done.end(), first.group) != done.end()) continue;
    done.push_back(first.group);
    if (!std::regex_search(first.group, options.groups)) continue;
    std::vector<Contestant> group;
    for (const Contestant& contestant : contestants())
      if (contestant.group == first.group) group.push_back(contestant);
    run_group(group, options.rounds);
  }
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace websocket::bench

int main(int argc, char** argv) { return websocket::bench::run(argc, argv); }
