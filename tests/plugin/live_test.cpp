// SPDX-License-Identifier: GPL-2.0-or-later
/// A capture that goes on: messages are reported while it does, and Wireshark's beginning anew loses none.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <thread>

#include "support/truth.h"
#include "support/wire.h"

namespace wslens::test {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;

constexpr auto generous = 60s;

/// A classic pcap, and where each of its packets begins.
struct Pcap {
  std::string bytes;
  std::vector<std::size_t> packets;
  [[nodiscard]] std::string packet(std::size_t i) const {
    const std::size_t end = i + 1 < packets.size() ? packets[i + 1] : bytes.size();
    return bytes.substr(packets[i], end - packets[i]);
  }
};

Pcap as_pcap(const std::string& sample) {
  Pcap pcap{run({"sh", "-c", "exec editcap -F pcap " + readable(sample) + " -"}).out, {}};
  const auto number = [&](std::size_t at) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < 4; ++i)
      value |= std::uint32_t{static_cast<std::uint8_t>(pcap.bytes[at + i])} << (8 * i);
    return value;
  };
  for (std::size_t at = 24; at + 16 <= pcap.bytes.size(); at += 16 + number(at + 8)) pcap.packets.push_back(at);
  return pcap;
}

std::vector<json> without_numbers(std::vector<json> messages) {
  for (json& message : messages)
    for (const char* key : {"first_frame", "last_frame", "request_frame"}) message.erase(key);
  return messages;
}

/// Wireshark reads the pipe as nanoseconds or not, as it likes.
std::vector<json> in_microseconds(std::vector<json> messages) {
  for (json& message : messages)
    for (const char* key : {"time", "duration"}) message[key] = std::llround(message[key].get<double>() * 1e6);
  return messages;
}

std::vector<json> read_from_file(const Pcap& pcap) {
  return in_microseconds(report(temporary_file("live.pcap", pcap.bytes), "messages-json"));
}

Arguments live(const Arguments& more = {}) {
  Arguments command{"tshark", "-n", "-i", "-", "-q", "-z", "wslens,messages-json"};
  command.insert(command.end(), more.begin(), more.end());
  return command;
}

/// Everything at once, or so long after each packet.
std::vector<json> read_from_pipe(const Pcap& pcap, const Arguments& more, std::chrono::milliseconds pause = 0ms) {
  Process process(live(more));
  if (pause == 0ms) {
    EXPECT_TRUE(process.write(pcap.bytes));
  } else {
    EXPECT_TRUE(process.write(pcap.bytes.substr(0, 24)));
    for (std::size_t i = 0; i < pcap.packets.size(); ++i) {
      EXPECT_TRUE(process.write(pcap.packet(i)));
      std::this_thread::sleep_for(pause);
    }
  }
  const Result result = process.finish();
  EXPECT_EQ(result.status, 0) << result.err;
  return in_microseconds(json_lines(result.out));
}

const char* const samples_to_pipe[] = {"seed-demo", "defect-05-compressed-fragments", "python-fragments"};

TEST(Live, APipeGivesWhatTheFileGives) {
  for (const char* sample : samples_to_pipe) {
    const Pcap pcap = as_pcap(sample);
    const std::vector<json> wanted = read_from_file(pcap);
    ASSERT_FALSE(wanted.empty());
    EXPECT_TRUE(read_from_pipe(pcap, {}) == wanted) << sample;
  }
}

TEST(Live, BeginningAnewAfterSoManyPacketsLosesNothing) {
  for (const char* sample : samples_to_pipe) {
    const Pcap pcap = as_pcap(sample);
    const std::vector<json> wanted = without_numbers(read_from_file(pcap));
    for (const char* packets : {"7", "30"})
      EXPECT_TRUE(without_numbers(read_from_pipe(pcap, {"-M", packets})) == wanted) << sample << " -M " << packets;
  }
}

/// "url client server" of each session, when Wireshark begins anew after so many packets.
std::vector<std::string> ends_of_sessions(const std::string& sample, const Arguments& more) {
  std::vector<std::string> ends;
  for (const json& session : report(sample, "sessions-json", more)) {
    const auto text = [&](const char* key) { return session[key].get<std::string>(); };
    ends.push_back(text("url") + ' ' + text("client") + ' ' + text("server"));
  }
  return ends;
}

/// Also of those whose connection carries another one by then.
TEST(Live, BeginningAnewKeepsTheEndsOfSessionsThatAreOver) {
  const std::vector<std::string> wanted = ends_of_sessions("port-reuse", {});
  ASSERT_EQ(wanted.size(), 2U);
  for (const char* packets : {"3", "5", "8", "10", "16"})
    EXPECT_EQ(ends_of_sessions("port-reuse", {"-M", packets}), wanted) << packets;
}

/// tshark 4.0 stops at the first change of files when the pipe is pcapng, and misses changes that come too fast.
TEST(Live, AChangeOfFilesLosesNothing) {
  const Pcap pcap = as_pcap("defect-05-compressed-fragments");
  ASSERT_GT(pcap.packets.size(), 100U);
  const std::vector<json> wanted = without_numbers(read_from_file(pcap));
  const std::string folder = temporary_folder("ring");
  const auto shown = read_from_pipe(pcap, {"-b", "packets:20", "-w", folder + "/ring.pcapng"}, 10ms);
  EXPECT_TRUE(without_numbers(shown) == wanted) << shown.size() << " of " << wanted.size();
}

TEST(Live, AMessageIsReportedBeforeTheCaptureEnds) {
  const Pcap pcap = as_pcap("seed-demo");
  const std::size_t half = 12;  // "something", "hello" and "hello too!" have come, the closing handshake has not
  Process process(live());
  ASSERT_TRUE(process.write(pcap.bytes.substr(0, pcap.packets.at(half))));
  const auto three_lines = [](const std::string& out) { return std::count(out.begin(), out.end(), '\n') >= 3; };
  EXPECT_TRUE(process.wait_for_output(three_lines, generous));
  ASSERT_TRUE(process.write(pcap.bytes.substr(pcap.packets.at(half))));
  const Result result = process.finish();
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_TRUE(in_microseconds(json_lines(result.out)) == read_from_file(pcap));
}

// ---- a real capture

namespace ws = websocket;
namespace wst = websocket::test;

class Socket {
 public:
  explicit Socket(int descriptor) : descriptor_(descriptor) {}
  ~Socket() { close(); }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  [[nodiscard]] int get() const { return descriptor_; }
  void close() {
    if (descriptor_ >= 0) ::close(descriptor_);
    descriptor_ = -1;
  }
  void send(const wst::ByteVector& bytes) const {
    for (std::size_t at = 0; at < bytes.size();) {
      const ssize_t size = ::send(descriptor_, bytes.data() + at, bytes.size() - at, MSG_NOSIGNAL);
      ASSERT_GT(size, 0);
      at += static_cast<std::size_t>(size);
    }
  }
  void receive(std::size_t size) const {
    wst::ByteVector bytes(size);
    ASSERT_EQ(recv(descriptor_, bytes.data(), size, MSG_WAITALL), static_cast<ssize_t>(size));
  }

 private:
  int descriptor_;
};

sockaddr* generic(sockaddr_in& address) { return reinterpret_cast<sockaddr*>(&address); }

/// Both ends of a TCP connection over loopback.
struct Ends {
  // Not for tshark: a socket that it holds as well does not close.
  Socket listener{socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  Socket client{socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  int server = -1;
  std::uint16_t port = 0;

  Ends() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(bind(listener.get(), generic(address), size), 0);
    EXPECT_EQ(listen(listener.get(), 1), 0);
    EXPECT_EQ(getsockname(listener.get(), generic(address), &size), 0);
    port = ntohs(address.sin_port);
  }
  void connect_both() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    ASSERT_EQ(connect(client.get(), generic(address), sizeof address), 0);
    server = accept(listener.get(), nullptr, nullptr);
    ASSERT_GE(server, 0);
  }
};

void pass(const Socket& from, const Socket& to, const wst::ByteVector& bytes) {
  from.send(bytes);
  to.receive(bytes.size());
}

/// One WebSocket from the SYN to the last ACK.
void play_websocket(Ends& ends, const std::string& long_text) {
  ends.connect_both();
  Socket server(ends.server);
  const Socket& client = ends.client;
  pass(client, server, wst::bytes_of(wst::upgrade_request()));
  pass(server, client, wst::bytes_of(wst::upgrade_response()));
  pass(server, client, wst::server_frame(ws::Opcode::text, "something"));
  pass(client, server, wst::client_frame(ws::Opcode::text, "hello"));
  pass(server, client, wst::server_frame(ws::Opcode::text, long_text));
  pass(client, server, wst::client_frame(ws::Opcode::ping, "there?"));
  pass(server, client, wst::server_frame(ws::Opcode::pong, "there?"));
  pass(client, server, wst::close_frame(ws::Role::client, 1000));
  pass(server, client, wst::close_frame(ws::Role::server, 1000));
  server.close();
  ends.client.close();
}

/// Waits until it does. 4.0 says so when the file of the capture is open; later versions only what they are going to
/// capture on, and then, perhaps, that they have no permission.
bool is_capturing(Process& process) {
  const auto says = [](const char* words) {
    return [words](const std::string& err) { return err.find(words) != std::string::npos; };
  };
  if (!is_later_than_4_0) return process.wait_for_error(says("Capture started"), generous);
  return process.wait_for_error(says("Capturing on"), generous) && !process.wait_for_error(says("permission"), 2s);
}

TEST(LiveCapture, AWebSocketOnLoopbackIsReportedWhileTheCaptureRuns) {
  Ends ends;
  Process process({"tshark", "-n", "-i", "lo", "-f", "tcp port " + std::to_string(ends.port), "-q", "-z",
                   "wslens,messages-json", "-z", "wslens,sessions-json"},
                  Plugin::loaded, Rights::capture);
  if (!is_capturing(process)) {
    process.interrupt();
    GTEST_SKIP() << "no right to capture here: " << process.finish().err;
  }
  std::this_thread::sleep_for(500ms);
  const std::string long_text(40'000, 'x');
  play_websocket(ends, long_text);
  const auto all_lines = [](const std::string& out) { return std::count(out.begin(), out.end(), '\n') >= 7; };
  EXPECT_TRUE(process.wait_for_output(all_lines, generous));
  std::this_thread::sleep_for(1s);  // the end of TCP is not in any line
  process.interrupt();
  const Result result = process.finish();
  const Reports shown = reports_in(result.out);
  std::vector<std::string> texts;
  for (const json& message : shown.messages) {
    EXPECT_EQ(message["trust"], "exact");
    if (message["type"] != "close") texts.push_back(message["type"].get<std::string>() + " " + data_of(message));
  }
  EXPECT_TRUE(texts == (std::vector<std::string>{"text something", "text hello", "text " + long_text, "ping there?",
                                                 "pong there?"}))
      << result.err << result.out.substr(0, 2000);
  ASSERT_EQ(shown.sessions.size(), 1U) << result.err;
  EXPECT_EQ(shown.sessions[0]["clean"], true) << shown.sessions[0] << result.err;
  EXPECT_TRUE(shown.sessions[0]["rules"].empty()) << shown.sessions[0]["rules"];
}

}  // namespace
}  // namespace wslens::test
