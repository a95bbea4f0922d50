// SPDX-License-Identifier: GPL-2.0-or-later
/// What is inside the messages: MQTT over any number of them, JSON, what the preference for text asks for; and what a
/// dissector that fails costs.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <utility>

#include "support/lens_view.h"
#include "support/sample_test.h"
#include "support/tiny_capture.h"
#include "support/truth.h"

namespace wslens::test {
namespace {

using nlohmann::json;
using Values = std::vector<std::string>;

bool is_data(const json& message) { return message["number"].is_number(); }

// ---- MQTT

/// The size of the control packet that begins here, 0 if that is not all there (MQTT 3.1.1 §2.2.3).
std::size_t mqtt_packet_size(const std::string& bytes, std::size_t at) {
  std::size_t length = 0;
  for (std::size_t i = 0; i < 4 && at + 1 + i < bytes.size(); ++i) {
    const auto byte = static_cast<unsigned char>(bytes[at + 1 + i]);
    length |= std::size_t{byte & 0x7FU} << (7 * i);
    if ((byte & 0x80U) != 0) continue;
    const std::size_t size = 2 + i + length;
    return at + size <= bytes.size() ? size : 0;
  }
  return 0;
}

/// What a packet of the capture has to show of MQTT.
struct Mqtt {
  Values types, from_earlier, to_next;
  bool operator==(const Mqtt&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Mqtt& mqtt) {
  return out << json{mqtt.types, mqtt.from_earlier, mqtt.to_next};
}

/// From the payloads alone: each control packet stands where its last byte came.
std::map<int, Mqtt> mqtt_by_payloads(const std::vector<json>& messages) {
  std::map<int, Mqtt> packets;
  std::map<std::pair<int, std::string>, std::string> waiting;
  for (const json& message : messages) {
    if (!is_data(message)) continue;
    std::string& bytes = waiting[{message["session"], message["direction"]}];
    Mqtt& shown = packets[message["last_frame"]];
    if (!bytes.empty()) shown.from_earlier.push_back(std::to_string(bytes.size()));
    bytes += data_of(message);
    std::size_t at = 0;
    while (const std::size_t size = mqtt_packet_size(bytes, at)) {
      shown.types.push_back(std::to_string(static_cast<unsigned char>(bytes[at]) >> 4));
      at += size;
    }
    bytes.erase(0, at);
    if (!bytes.empty()) shown.to_next.push_back(std::to_string(bytes.size()));
  }
  for (const auto& [direction, bytes] : waiting) EXPECT_EQ(bytes.size(), 0U) << "the sample ends in a packet";
  return packets;
}

class MqttInside : public EverySample {};

TEST_P(MqttInside, ItsPacketsAreThoseInTheBytesOfTheMessages) {
  const std::map<int, Mqtt> wanted = mqtt_by_payloads(report(GetParam(), "messages-json"));
  const auto carried = [](const auto& each) { return !each.second.from_earlier.empty(); };
  EXPECT_GT(std::count_if(wanted.begin(), wanted.end(), carried), 0);
  for (const char* passes : {"-n", "-2"}) {
    std::map<int, Mqtt> shown;
    for (const FieldRow& row : field_rows(
             GetParam(), {"mqtt.msgtype", "wslens.content.from_earlier", "wslens.content.to_next", "_ws.malformed"},
             {passes, "-Y", "wslens.message.number"})) {
      shown[row.number] = {row[0], row[1], row[2]};
      EXPECT_TRUE(row[3].empty()) << "packet " << row.number;
    }
    EXPECT_EQ(shown, wanted) << passes;
  }
  expect_as_sent(GetParam());
}

INSTANTIATE_TEST_SUITE_P(Sample, MqttInside, ::testing::Values("mqtt", "mqtt-split"), sample_name);

// ---- text

/// RFC 8259: an object or an array, and nothing behind it.
bool is_json_container(const std::string& text) {
  const json value = json::parse(text, nullptr, false);
  return value.is_object() || value.is_array();
}

/// The protocols of each packet with a data message: those behind websocket.
std::map<int, std::string> protocols(const std::string& sample, const Arguments& more) {
  Arguments arguments{"-Y", "wslens.message.number"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  std::map<int, std::string> inside;
  for (const FieldRow& row : field_rows(sample, {"frame.protocols"}, arguments)) {
    const std::string& all = row[0].at(0);
    inside[row.number] = all.substr(all.find("websocket") + 9);
  }
  return inside;
}

/// Wireshark's own check decides what is JSON. It takes one more text, with a comma behind the last element.
TEST(JsonInside, OnlyObjectsAndArraysAreDissected) {
  int others = 0;
  for (const char* sample : {"graphql", "json-text"}) {
    std::map<int, std::string> wanted;
    for (const json& message : report(sample, "messages-json")) {
      if (!is_data(message)) continue;
      const std::string text = data_of(message);
      const bool lenient = text == "[1,]";
      const bool json_inside = is_json_container(text);
      wanted[message["last_frame"]] = lenient ? ":json:data-text-lines" : json_inside ? ":json" : "";
      others += json_inside || lenient ? 0 : 1;
    }
    for (const char* passes : {"-n", "-2"}) EXPECT_EQ(protocols(sample, {passes}), wanted) << sample << passes;
  }
  EXPECT_GE(others, 11);
}

TEST(TextInside, ThePreferenceForTextIsHonoured) {
  const auto messages = report("json-text", "messages-json");
  for (const auto& [value, protocol] :
       {std::pair{"As json", ":json"}, std::pair{"Line based text", ":data-text-lines"}}) {
    const Arguments preference{"-o", std::string("websocket.text_type:") + value};
    std::map<int, std::string> wanted;
    for (const json& message : messages)
      if (is_data(message)) wanted[message["last_frame"]] = message["length"] == 0 ? "" : protocol;
    auto shown = protocols("json-text", preference);
    // What JSON's dissector cannot read it shows as lines.
    for (auto& [packet, inside] : shown) inside = inside.substr(0, std::string(protocol).size());
    EXPECT_EQ(shown, wanted) << value;
    EXPECT_TRUE(report("json-text", "messages-json", preference) == messages) << value;
  }
}

TEST(TextInside, SipWithOddTextLosesNothing) {
  for (const char* sample : {"text-odd", "json-text"}) {
    const auto messages = report(sample, "messages-json");
    for (const char* passes : {"-n", "-2"}) {
      const Result shown = tshark(sample, {passes, "-V", "-o", "websocket.text_type:As SIP"});
      EXPECT_FALSE(shown.crashed);
      EXPECT_EQ(shown.status, 0);
      EXPECT_TRUE(report(sample, "messages-json", {passes, "-o", "websocket.text_type:As SIP"}) == messages) << sample;
    }
  }
}

// ---- a dissector that fails

/// A CONNECT whose first string is longer than the packet: MQTT's dissector leaves by an exception.
const std::string bad_connect("\x10\x04\xff\xffMQ", 6);
const std::string ping_request("\xc0\x00", 2);

void upgrade_to(TinyCapture& capture, const std::string& subprotocol) {
  const std::string field = "Sec-WebSocket-Protocol: " + subprotocol + "\r\n";
  capture.upgrade(tiny_request(field), tiny_answer(field));
}

TEST(FailingDissector, ItCostsOnlyItsOwnSubtree) {
  TinyCapture capture;
  upgrade_to(capture, "mqtt");
  capture.server_sends(tiny_frame(2, bad_connect) + tiny_frame(2, ping_request) + tiny_frame(8, "\x03\xe8"));
  const std::string file = capture.file("failing.pcap");
  for (const char* passes : {"-n", "-2"}) {
    const auto rows = field_rows(
        file, {"_ws.malformed", "mqtt.msgtype", "wslens.message.number", "wslens.close.code", "websocket.opcode"},
        {passes, "-Y", "wslens.message"});
    ASSERT_EQ(rows.size(), 1U);
    EXPECT_FALSE(rows[0][0].empty()) << "the test needs a dissector that fails";
    EXPECT_EQ(rows[0][1], (Values{"1", "12"})) << passes;
    EXPECT_EQ(rows[0][2], (Values{"1", "2"})) << passes;
    EXPECT_EQ(rows[0][3], Values{"1000"}) << passes;
    EXPECT_EQ(rows[0][4], (Values{"2", "2", "8"})) << passes;
    const auto messages = report(file, "messages-json", {passes});
    ASSERT_EQ(messages.size(), 3U);
    for (const json& message : messages) EXPECT_EQ(message["trust"], "exact") << message;
    EXPECT_EQ(data_of(messages[0]), bad_connect);
    EXPECT_EQ(data_of(messages[1]), ping_request);
  }
}

/// What waits at the end of the capture waits for a message that never came, not for the first one of the next pass.
TEST(MqttUnfinished, ThePacketThatNeverEndsChangesNothingOnTheSecondPass) {
  TinyCapture capture;
  upgrade_to(capture, "mqtt");
  capture.server_sends(tiny_frame(2, ping_request));
  capture.server_sends(tiny_frame(2, ping_request + "\x30\x14the beginning"));
  const std::string file = capture.file("unfinished.pcap");
  for (const char* passes : {"-n", "-2"}) {
    const auto rows = field_rows(file, {"mqtt.msgtype", "wslens.content.from_earlier", "wslens.content.to_next"},
                                 {passes, "-Y", "wslens.message"});
    ASSERT_EQ(rows.size(), 2U);
    EXPECT_EQ(rows[0].values, (std::vector<Values>{{"12"}, {}, {}})) << passes;
    EXPECT_EQ(rows[1].values, (std::vector<Values>{{"12"}, {}, {"15"}})) << passes;
  }
}

/// The same where each message is given to the dissector on its own.
TEST(FailingDissector, GarbageInCoapIsMarkedAndTheNextMessageIsShown) {
  TinyCapture capture;
  upgrade_to(capture, "coap");
  capture.server_sends(tiny_frame(2, "\x4f") + tiny_frame(2, "\xff\xff\xff\xff\xff") + tiny_frame(1, "after it"));
  const std::string file = capture.file("coap.pcap");
  for (const char* passes : {"-n", "-2"}) {
    const auto rows = field_rows(file, {"_ws.malformed", "wslens.message.number", "wslens.message.text"},
                                 {passes, "-Y", "wslens.message"});
    ASSERT_EQ(rows.size(), 1U);
    EXPECT_GE(rows[0][0].size(), 1U) << "the test needs a dissector that fails";
    EXPECT_EQ(rows[0][1], (Values{"1", "2", "3"}));
    EXPECT_EQ(rows[0][2], Values{"after it"});
    EXPECT_EQ(report(file, "messages-json", {passes}).size(), 3U);
  }
}

}  // namespace
}  // namespace wslens::test
