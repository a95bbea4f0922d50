// SPDX-License-Identifier: GPL-2.0-or-later
/// Whose word goes first: the built-in's filters go on working, and it is back, whole, when the lens is disabled.
#include <gtest/gtest.h>

#include "support/sample_test.h"

namespace wslens::test {
namespace {

std::vector<std::string> numbers(const std::string& sample, const std::string& filter, const Arguments& more = {}) {
  Arguments arguments{"-Y", filter, "-T", "fields", "-e", "frame.number"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return lines_of(tshark(sample, arguments).out);
}

using Numbers = std::vector<std::string>;

TEST(BuiltinSmoke, ItsFiltersFindWhatTheyAlwaysFound) {
  EXPECT_EQ(numbers("seed-demo", "websocket"), (Numbers{"8", "10", "11", "13", "14"}));
  EXPECT_EQ(numbers("seed-demo", "websocket.opcode == 8"), (Numbers{"13", "14"}));
  EXPECT_EQ(numbers("seed-demo", "websocket.payload.text contains \"too\""), (Numbers{"11"}));
  EXPECT_EQ(numbers("seed-demo", "websocket.mask == 1"), (Numbers{"10", "13"}));
  EXPECT_EQ(numbers("seed-demo", "websocket.opcode == 8", {"-2"}), (Numbers{"13", "14"}));
}

/// Its fields with the same values, wherever it decodes a capture rightly itself.
TEST(Builtin, ItsFieldsHaveTheSameValues) {
  const Arguments fields{"-Y", "websocket",
                         "-T", "fields",
                         "-e", "frame.number",
                         "-e", "websocket.fin",
                         "-e", "websocket.rsv",
                         "-e", "websocket.opcode",
                         "-e", "websocket.mask",
                         "-e", "websocket.payload_length",
                         "-e", "websocket.payload_length_ext_16",
                         "-e", "websocket.masking_key",
                         "-e", "websocket.payload.text",
                         "-e", "websocket.payload.close.status_code",
                         "-e", "websocket.payload.close.reason"};
  for (const char* sample : {"seed-demo", "closes", "ipv6", "vlan", "many-frames-one-packet"}) {
    const std::string builtin = tshark(sample, fields, Plugin::absent).out;
    EXPECT_FALSE(builtin.empty());
    EXPECT_EQ(tshark(sample, fields).out, builtin) << sample;
  }
}

TEST(Builtin, ItIsBackWholeWhenTheLensIsDisabled) {
  for (const char* sample : {"seed-demo", "closes", "port-9300", "reordered", "violations"})
    for (const char* passes : {"-V", "-2V"})
      EXPECT_EQ(tshark(sample, {passes, "--disable-protocol", "wslens"}).out,
                tshark(sample, {passes}, Plugin::absent).out)
          << sample << " " << passes;
}

TEST(Builtin, WithWebSocketDisabledTheLensIsSilentOnData) {
  const Arguments disabled{"--disable-protocol", "websocket"};
  EXPECT_EQ(numbers("seed-demo", "websocket", disabled), Numbers{});
  EXPECT_EQ(numbers("seed-demo", "wslens.message", disabled), Numbers{});
  EXPECT_EQ(numbers("seed-demo", "wslens.phase == \"upgrade-response\"", disabled), Numbers{"6"});
  EXPECT_EQ(numbers("seed-demo", "wslens.phase == \"data\" or wslens.phase == \"closing\"", disabled), Numbers{});
  EXPECT_TRUE(report("seed-demo", "messages-json", disabled).empty());
}

TEST(Builtin, TheUsersDecodeAsGoesFirst) {
  const Arguments decode_as{"-d", "tcp.port==8080,echo"};
  EXPECT_EQ(numbers("seed-demo", "echo", decode_as).size(),
            tshark("seed-demo", {"-Y", "tcp.len > 0"}).out.empty() ? 0U : 7U);
  EXPECT_EQ(numbers("seed-demo", "websocket", decode_as), Numbers{});
  EXPECT_EQ(numbers("seed-demo", "wslens.message.text == \"hello\"", decode_as), Numbers{"10"});
}

TEST(Builtin, ChoosingHttpTakesNothingAway) {
  EXPECT_EQ(numbers("port-9300", "websocket", {"-d", "tcp.port==9300,http"}), numbers("port-9300", "websocket"));
}

TEST(Builtin, TheUpgradeWinsOverAPortThatBelongsToAnother) {
  EXPECT_GT(numbers("port-9300", "websocket").size(), 50U);
  EXPECT_EQ(numbers("port-9300", "elasticsearch and websocket"), Numbers{});
}

TEST(Builtin, Http2ShowsWhatItShowsWithoutThePlugin) {
  const Arguments http2{"-d", "tcp.port==9503,http2", "-V"};
  EXPECT_EQ(tshark("http2", http2).out, tshark("http2", http2, Plugin::absent).out);
}

/// No subdissection, lines, JSON, SIP: the preference is the built-in's own.
TEST(Builtin, ItsPreferenceForTextIsHonoured) {
  EXPECT_EQ(numbers("seed-demo", "json", {"-o", "websocket.text_type:As json"}), (Numbers{"8", "10", "11"}));
  EXPECT_EQ(numbers("seed-demo", "data-text-lines", {"-o", "websocket.text_type:Line based text"}),
            (Numbers{"8", "10", "11"}));
  EXPECT_EQ(numbers("seed-demo", "data-text-lines"), Numbers{});
}

}  // namespace
}  // namespace wslens::test
