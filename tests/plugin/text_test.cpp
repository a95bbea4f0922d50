// SPDX-License-Identifier: GPL-2.0-or-later
/// Text of any kind is shown whole, once, and without breaking what it is shown in.
#include <glib.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "digest.h"
#include "support/lens_view.h"
#include "support/truth.h"

namespace wslens::test {
namespace {

using nlohmann::json;

constexpr const char* odd = "text-odd";

/// https://www.w3.org/TR/xml/#NT-Char
bool is_xml_character(gunichar c) {
  return c == 0x9 || c == 0xA || c == 0xD || (c >= 0x20 && c <= 0xD7FF) || (c >= 0xE000 && c <= 0xFFFD) || c >= 0x10000;
}

struct Xml {
  std::size_t elements = 0;
  std::size_t bad_characters = 0;
  void check(const char* text, std::size_t size) {
    for (const char* at = text; at < text + size; at = g_utf8_next_char(at))
      bad_characters += is_xml_character(g_utf8_get_char(at)) ? 0 : 1;
  }
};

void on_element(GMarkupParseContext*, const gchar*, const gchar**, const gchar** values, gpointer data, GError**) {
  auto* xml = static_cast<Xml*>(data);
  ++xml->elements;
  for (const gchar** value = values; *value != nullptr; ++value) xml->check(*value, std::string(*value).size());
}

void on_text(GMarkupParseContext*, const gchar* text, gsize size, gpointer data, GError**) {
  static_cast<Xml*>(data)->check(text, size);
}

/// What is not well-formed fails.
Xml parse_xml(const std::string& text) {
  Xml xml;
  const GMarkupParser parser{on_element, nullptr, on_text, on_text, nullptr};
  GMarkupParseContext* context = g_markup_parse_context_new(&parser, GMarkupParseFlags{}, &xml, nullptr);
  GError* error = nullptr;
  const bool good = g_markup_parse_context_parse(context, text.data(), static_cast<gssize>(text.size()), &error) &&
                    g_markup_parse_context_end_parse(context, &error);
  EXPECT_TRUE(good) << (error == nullptr ? "" : error->message);
  g_clear_error(&error);
  g_markup_parse_context_free(context);
  return xml;
}

TEST(Text, PdmlIsWellFormedXml) {
  for (const char* passes : {"-n", "-2"}) {
    const Xml xml = parse_xml(tshark(odd, {passes, "-T", "pdml"}).out);
    EXPECT_GT(xml.elements, 1000U) << passes;
    EXPECT_EQ(xml.bad_characters, 0U) << passes;
  }
}

TEST(Text, JsonOfTsharkIsJson) {
  const json packets = json::parse(tshark(odd, {"-2", "-T", "json"}).out, nullptr, false);
  ASSERT_TRUE(packets.is_array());
  EXPECT_EQ(packets.size(), lines_of(tshark(odd, {}).out).size());
  std::size_t lines = 0;
  for (const std::string& line : lines_of(tshark(odd, {"-T", "ek"}).out)) {
    if (line.empty()) continue;
    EXPECT_TRUE(json::accept(line)) << line.substr(0, 200);
    ++lines;
  }
  EXPECT_EQ(lines, 2 * packets.size());  // an index line for each
}

TEST(Text, TheReportGivesEachTextExactly) {
  const Reports shown = expect_as_sent(odd);
  std::size_t texts = 0;
  for (const json& message : shown.messages) {
    if (message["type"] != "text" || message.contains("base64")) continue;
    EXPECT_EQ(websocket::sha256_of(websocket::as_bytes(data_of(message))), message["sha256"].get<std::string>());
    ++texts;
  }
  EXPECT_EQ(texts, 51U);
  EXPECT_EQ(lines_of(tshark(odd, {"-q", "-z", "wslens,messages-json"}).out).size(), shown.messages.size());
}

TEST(Text, WhatFollowsANulIsFound) {
  for (const char* field : {"wslens.message.text", "websocket.payload.text"}) {
    for (const char* passes : {"-n", "-2"}) {
      const std::string filter = std::string(field) + " contains \"in the middle\"";
      EXPECT_EQ(field_rows(odd, {}, {passes, "-Y", filter}).size(), 2U) << filter << passes;
    }
  }
}

/// Of the packets that match: everything from the first WebSocket entry on, and no headings of other packets.
std::string websocket_part(const std::string& sample, const std::string& filter, const std::string& passes) {
  std::string part;
  bool inside = false;
  for (const std::string& line : lines_of(tshark(sample, {passes, "-V", "-Y", filter}).out)) {
    if (line.rfind("Frame ", 0) == 0) inside = false;
    if (line == "WebSocket") inside = true;
    if (inside) part += line + "\n";
  }
  return part;
}

std::size_t occurrences(const std::string& word, const std::string& text) {
  std::size_t count = 0;
  for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) ++count;
  return count;
}

TEST(Text, TwentyThousandCharactersStandWholeInTheTreeAndOnce) {
  const Reports shown = reports(odd);
  const auto is_long = [](const json& message) { return message["length"] == 27300; };
  const std::string text = data_of(*std::find_if(shown.messages.begin(), shown.messages.end(), is_long));
  ASSERT_EQ(text.size(), 27300U);
  const std::string indent(12, ' ');
  for (const char* passes : {"-n", "-2"}) {
    std::string whole;
    for (const std::string& line :
         lines_of(websocket_part(odd, "wslens.message.length == 27300 and tcp.srcport == 8080", passes)))
      if (line.rfind(indent, 0) == 0) whole += line.substr(indent.size());
    EXPECT_TRUE(whole == text) << passes << whole.size();
  }
}

/// The heading of a message has the beginning of its text, so the words are taken from its end.
TEST(Text, ItIsShownOnceInTheTree) {
  for (const char* sample : {"defect-05-compressed-fragments", "defect-16-out-of-order", "deflate-mixed"}) {
    std::map<int, std::vector<std::string>> texts;
    for (const json& message : report(sample, "messages-json"))
      if (message["type"] == "text" && message["length"] > 80) texts[message["last_frame"]].push_back(data_of(message));
    ASSERT_FALSE(texts.empty());
    const auto& [packet, of_packet] = *texts.begin();
    const std::string part = websocket_part(sample, "frame.number == " + std::to_string(packet), "-2");
    for (const std::string& text : of_packet)
      EXPECT_EQ(occurrences(text.substr(text.size() - 15), part), 1U) << sample << "\n" << part;
  }
}

}  // namespace
}  // namespace wslens::test
