// SPDX-License-Identifier: GPL-2.0-or-later
#include "http_head.h"

#include <gtest/gtest.h>

#include "support/heads.h"

namespace websocket {
namespace {

using namespace std::string_view_literals;
using namespace test;

constexpr std::size_t kibibyte = 1024;

struct HeadVector {
  HeadKind kind;
  std::string_view text;
  std::string_view expected;  ///< as describe() says it
  std::string_view why;
};

constexpr HeadKind request = HeadKind::request;
constexpr HeadKind response = HeadKind::response;

constexpr HeadVector vectors[] = {
    {request, "GET /x HTTP/1.1\r\nHost: h\r\n\r\n", "GET /x 1.1|Host=h|malformed 0 size 28 taken 28", "the usual"},
    {request, "GET /x HTTP/1.1\r\n\r\n", "GET /x 1.1|malformed 0 size 19 taken 19", "no fields"},
    {request, "GET /x HTTP/1.1\r\n\r\nGET ", "GET /x 1.1|malformed 0 size 19 taken 19", "what follows is not taken"},
    {request, "GET / HTTP/1.0\r\n\r\n", "GET / 1.0|malformed 0 size 18 taken 18", "HTTP/1.0"},
    {request, "GET http://h/?a=b HTTP/1.1\r\n\r\n", "GET http://h/?a=b 1.1|malformed 0 size 30 taken 30",
     "RFC 9112 §3.2.2: absolute form"},
    {request, "GET /\xC3\xA4 HTTP/1.1\r\n\r\n", "GET /\xC3\xA4 1.1|malformed 0 size 20 taken 20", "raw UTF-8"},
    {request, "\r\nGET /x HTTP/1.1\r\n\r\n", "GET /x 1.1|malformed 0 size 21 taken 21", "§2.2: empty line before"},
    {request, "\nGET /x HTTP/1.1\r\n\r\n", "GET /x 1.1|malformed 0 bare_line_feed size 20 taken 20",
     "§2.2: empty line before, bare"},
    {request, "GET /x HTTP/1.1\nHost: h\n\n", "GET /x 1.1|Host=h|malformed 0 bare_line_feed size 25 taken 25",
     "§2.2: bare LF"},
    {request, "GET /x HTTP/1.1\r\nA: b\n\r\n", "GET /x 1.1|A=b|malformed 0 bare_line_feed size 24 taken 24",
     "one bare LF is enough"},
    {request, "GET /x HTTP/1.1\r\nA:b\r\nC: \t d e \t\r\nF:\r\n\r\n",
     "GET /x 1.1|A=b|C=d e|F=|malformed 0 size 40 taken 40", "§5: optional white space"},
    {request, "GET /x HTTP/1.1\r\nA: b:c\r\n\r\n", "GET /x 1.1|A=b:c|malformed 0 size 27 taken 27",
     "the first colon counts"},
    {request, "GET /x HTTP/1.1\r\nA: b\r\n \t c\r\n\td\r\n\r\n",
     "GET /x 1.1|A=b c d|malformed 0 folded size 35 taken 35", "§5.2: obs-fold"},
    {request, "GET /x HTTP/1.1\r\nA:\r\n b\r\n  \r\n\r\n", "GET /x 1.1|A=b|malformed 0 folded size 31 taken 31",
     "a fold adds no space at the ends"},
    {request, "GET /x HTTP/1.1\r\n A: b\r\nC: d\r\n\r\n", "GET /x 1.1|C=d|malformed 1 size 32 taken 32",
     "§2.2: white space before the first field"},
    {request, "GET /x HTTP/1.1\r\nA: b\r\nodd\r\n more\r\n\r\n", "GET /x 1.1|A=b|malformed 2 size 37 taken 37",
     "a fold of a malformed line belongs to no field"},
    {request, "GET /x HTTP/1.1\r\nA : b\r\n: c\r\nno colon\r\nD(: e\r\nF: g\r\n\r\n",
     "GET /x 1.1|F=g|malformed 4 size 54 taken 54", "§5.1: a name is a token directly before the colon"},
    {request, "GET /x HTTP/1.1\r\nA: b\0\x01\x7F\xFF\r\r\n\r\n"sv,
     "GET /x 1.1|A=b\0\x01\x7F\xFF\r|malformed 0 size 30 taken 30"sv, "control bytes are kept"},
    {request, "GET /x HTTP/1.1\r\n\0: b\r\n\r\n"sv, "GET /x 1.1|malformed 1 size 25 taken 25", "NUL in a name"},
    {request, "", "need_more 0", "nothing"},
    {request, "\r\n", "need_more 2", "only the empty line"},
    {request, "GET /x HTTP/1.1\r\nHost: h\r\n\r", "need_more 27", "one byte is missing"},
    {request, "GET /x HTTP/2.0\r\n\r\n", "unframeable 13", "not HTTP/1"},
    {request, "GET /x HTTP/1.1 \r\n\r\n", "unframeable 18", "§3: exactly three parts"},
    {request, "GET /x HTTP/1.1 x\r\n\r\n", "unframeable 19", "§3: exactly three parts"},
    {request, "GET /x HTTP/1.x\r\n\r\n", "unframeable 17", "§2.3: digits"},
    {request, "GET /x HTTP/1.\r\n\r\n", "unframeable 16", "§2.3: digits"},
    {request, "GET /x HTTP/1.11\r\n\r\n", "unframeable 18", "§2.3: one digit"},
    {request, "GET /x\r\n\r\n", "unframeable 7", "HTTP/0.9"},
    {request, "GET /x\n\n", "unframeable 7", "HTTP/0.9, bare"},
    {request, "GET\n\n", "unframeable 4", "a method alone"},
    {request, "GET  /x HTTP/1.1\r\n\r\n", "unframeable 5", "two spaces"},
    {request, "GET /x  HTTP/1.1\r\n\r\n", "unframeable 8", "two spaces"},
    {request, "\r\r\nGET /x HTTP/1.1\r\n\r\n", "unframeable 2", "a carriage return alone"},
    {request, "HTTP/1.1 101 ok\r\n\r\n", "unframeable 5", "a response"},
    {request, "\x16\x03\x01\x02", "unframeable 1", "TLS"},
    {request, "get /x HTTP/1.1\r\n\r\n", "unframeable 1", "lower case"},
    {response, "HTTP/1.1 101 Switching Protocols\r\nA: b\r\n\r\n\x81\x00"sv,
     "101 Switching Protocols 1.1|A=b|malformed 0 size 42 taken 42", "frames behind it are not taken"},
    {response, "HTTP/1.1 101\r\n\r\n", "101  1.1|malformed 0 size 16 taken 16", "no reason"},
    {response, "HTTP/1.1 101 \r\n\r\n", "101  1.1|malformed 0 size 17 taken 17", "RFC 9112 §4: empty reason"},
    {response, "HTTP/1.0 404 Not\0 Found\n\n"sv, "404 Not\0 Found 1.0|malformed 0 bare_line_feed size 25 taken 25"sv,
     "NUL and bare LF"},
    {response, "HTTP/1.", "need_more 7", "not yet whole"},
    {response, "HTTP/1.1 1O1 x\r\n\r\n", "unframeable 16", "§4: three digits"},
    {response, "HTTP/1.1 1011 x\r\n\r\n", "unframeable 17", "§4: three digits"},
    {response, "HTTP/1.1 99\r\n\r\n", "unframeable 13", "§4: three digits"},
    {response, "HTTP/1.1\r\n\r\n", "unframeable 9", "no status"},
    {response, "HTTP/1\n\n", "unframeable 7", "the line ends in the version"},
    {response, "HTTPS 200 OK", "unframeable 5", "at the first byte that cannot be"},
    {response, "HTTP/x.1 200 OK", "unframeable 6", "at the first byte that cannot be"},
    {response, "\r\nHTTP/1.1 200 OK\r\n\r\n", "unframeable 1", "no empty line before a response"},
    {response, "\nHTTP/1.1 200 OK\r\n\r\n", "unframeable 1", "no empty line before a response"},
    {response, "\0\x01not http at all\r\n\r\n"sv, "unframeable 1", "garbage"},
};

TEST(HttpHead, EveryVectorComesOutTheSameHoweverItIsCutUp) {
  std::size_t splits = 0;
  std::size_t expected_splits = 0;
  for (const HeadVector& vector : vectors) {
    splits += for_every_split(vector.text, [&vector](const TextPieces& pieces) {
      HttpHeadParser parser(vector.kind);
      feed(parser, pieces);
      EXPECT_EQ(describe(parser), vector.expected) << vector.why;
    });
    expected_splits += vector.text.size() + 4;
  }
  EXPECT_EQ(std::size(vectors), 52U);
  EXPECT_EQ(splits, expected_splits);
}

TEST(HttpHead, AdvanceSaysHowMuchItTook) {
  constexpr auto text = "GET /x HTTP/1.1\r\nA: b\r\n\r\n"sv;
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    HttpHeadParser parser(request);
    EXPECT_EQ(parser.advance(as_bytes(text.substr(0, cut))), cut);
    const std::string rest = std::string(text.substr(cut)) + "body";
    EXPECT_EQ(parser.advance(as_bytes(rest)), text.size() - cut);
    EXPECT_EQ(parser.advance(as_bytes("more")), 0U);
    EXPECT_EQ(parser.taken(), text.size());
  }
}

TEST(HttpHead, UnframeableStaysSoAndTakesNothing) {
  HttpHeadParser parser(response);
  EXPECT_EQ(parser.advance(as_bytes("xHTTP/1.1 200 OK")), 1U);
  EXPECT_EQ(parser.status(), Status::unframeable);
  EXPECT_EQ(parser.advance(as_bytes("HTTP/1.1 200 OK\r\n\r\n")), 0U);
  parser.cut();
  EXPECT_EQ(parser.status(), Status::unframeable);
}

TEST(HttpHead, TakeGivesTheHeadAway) {
  HttpHeadParser parser(request);
  parser.advance(as_bytes("GET /x HTTP/1.1\r\nA: b\r\n\r\n"));
  const HttpHead head = parser.take();
  EXPECT_TRUE(head.is_request);
  EXPECT_EQ(head.value("a"), "b");
  EXPECT_EQ(parser.taken(), 25U);
}

TEST(HttpHead, AHeadOfExactlyTheLimitIsTakenAndOfALongerOneThatMuch) {
  constexpr auto text = "GET /x HTTP/1.1\r\nA: b\r\n\r\n"sv;
  for_every_split(text, [text](const TextPieces& pieces) {
    HttpHeadParser fits(request, text.size());
    feed(fits, pieces);
    EXPECT_EQ(fits.status(), Status::ok);
    HttpHeadParser too_small(request, text.size() - 1);
    feed(too_small, pieces);
    EXPECT_EQ(describe(too_small), "GET /x 1.1|A=b|malformed 0 cut size 24 taken 24");
    EXPECT_EQ(too_small.advance(as_bytes("\n")), 0U);
  });
}

TEST(HttpHead, ALineWithoutAnEndIsLeftOutAtTheLimit) {
  HttpHeadParser parser(request);
  parser.advance(as_bytes("GET /x HTTP/1.1\r\nA: "));
  const std::string much(16 * kibibyte, 'x');
  for (int i = 0; i < 5; ++i) {
    parser.advance(as_bytes(much));
  }
  EXPECT_EQ(describe(parser), "GET /x 1.1|malformed 0 cut size 65536 taken 65536");
}

TEST(HttpHead, ALimitInTheStartLineLeavesWhatACutThereLeaves) {
  for_every_split("HTTP/1.1 101 Switching Protocols\r\n\r\n", [](const TextPieces& pieces) {
    HttpHeadParser no_status(response, 12);
    feed(no_status, pieces);
    EXPECT_EQ(describe(no_status), "unframeable 12");
    HttpHeadParser status(response, 13);
    feed(status, pieces);
    EXPECT_EQ(describe(status), "101  1.1|malformed 0 cut size 13 taken 13");
  });
}

struct CutVector {
  HeadKind kind;
  std::string_view text;
  std::string_view expected;
  std::string_view why;
};

constexpr CutVector cut_vectors[] = {
    {request, "GET /x HTTP/1.1\r\nA: b\r\nC: d\r\n", "GET /x 1.1|A=b|C=d|malformed 0 cut size 29 taken 29",
     "between two lines"},
    {request, "GET /x HTTP/1.1\r\nA: b\r\nC: d", "GET /x 1.1|A=b|malformed 0 cut size 27 taken 27",
     "half a line is not given"},
    {request, "GET /x HTTP/1.1\r\nA: b\r\nC: d\r", "GET /x 1.1|A=b|malformed 0 cut size 28 taken 28",
     "nor a line with half an end"},
    {request, "GET /x HTTP/1.1\r\n", "GET /x 1.1|malformed 0 cut size 17 taken 17", "the start line is enough"},
    {request, "GET /x HTTP/1.1", "GET /x 1.1|malformed 0 cut size 15 taken 15", "or what a start line says first"},
    {request, "GET /x HTTP/1.0", "GET /x 1.1|malformed 0 cut size 15 taken 15",
     "a version that may go on is not known"},
    {request, "GET /x ", "GET /x 1.1|malformed 0 cut size 7 taken 7", "the target is whole"},
    {request, "GET /some/wh", "GET /some/wh 1.1|malformed 0 cut size 12 taken 12", "the target has begun"},
    {request, "GET /", "GET / 1.1|malformed 0 cut size 5 taken 5", "the target has just begun"},
    {request, "\r\nGET /x", "GET /x 1.1|malformed 0 cut size 8 taken 8", "behind an empty line"},
    {request, "GET ", "unframeable 4", "no target"},
    {request, "GET", "unframeable 3", "half a method, for all that is known"},
    {request, "\r\n", "unframeable 2", "an empty line says nothing"},
    {request, "", "unframeable 0", "nothing"},
    {request, "GET /x HTTP/1.1\r\n\r\n", "GET /x 1.1|malformed 0 size 19 taken 19", "whole before the cut"},
    {response, "HTTP/1.1 101 x\r\nA: b", "101 x 1.1|malformed 0 cut size 20 taken 20", "a response"},
    {response, "HTTP/1.1 101 Swit", "101 Swit 1.1|malformed 0 cut size 17 taken 17", "half a reason"},
    {response, "HTTP/1.0 404 ", "404  1.0|malformed 0 cut size 13 taken 13", "the status is whole"},
    {response, "HTTP/1.1 101", "unframeable 12", "of a status a digit may be missing"},
    {response, "HTTP/1.1 1O1 x", "unframeable 14", "no status"},
    {response, "HTTP/1.1 1011 x", "unframeable 15", "nor this"},
    {response, "HTTP/1.1 ", "unframeable 9", "no status yet"},
    {response, "", "unframeable 0", "nothing"},
};

TEST(HttpHead, ACutHeadHasTheWholeLinesThatAreThere) {
  int count = 0;
  for (const CutVector& vector : cut_vectors) {
    for_every_split(vector.text, [&vector](const TextPieces& pieces) {
      HttpHeadParser parser(vector.kind);
      feed(parser, pieces);
      parser.cut();
      parser.cut();
      EXPECT_EQ(describe(parser), vector.expected) << vector.why;
      EXPECT_EQ(parser.advance(as_bytes("E: f\r\n")), 0U);
    });
    ++count;
  }
  EXPECT_EQ(count, 23);
}

TEST(HttpHead, FieldsAreFoundWhateverTheirCase) {
  const HttpHead head = head_from(request, "GET / HTTP/1.1\r\nA: 1\r\nb: x\r\na: 2\r\nC:\r\n\r\n");
  EXPECT_EQ(head.values("a"), (std::vector<std::string_view>{"1", "2"}));
  EXPECT_EQ(head.value("A"), "1");
  EXPECT_EQ(head.joined("A"), "1, 2");
  EXPECT_EQ(head.joined("B"), "x");
  EXPECT_TRUE(head.has("c"));
  EXPECT_EQ(head.value("c"), "");
  EXPECT_FALSE(head.has("d"));
  EXPECT_EQ(head.value("d"), "");
  EXPECT_EQ(head.joined("d"), "");
  EXPECT_TRUE(head.values("d").empty());
}

TEST(HttpHead, MalformedLinesAreCountedUpToTheLastNumber) {
  HttpHeadParser parser(request, 1024 * kibibyte);
  parser.advance(as_bytes("GET / HTTP/1.1\r\n"));
  for (int i = 0; i < 70000; ++i) {
    parser.advance(as_bytes("x\r\n"));
  }
  parser.advance(as_bytes("\r\n"));
  EXPECT_EQ(parser.head().malformed_lines, 65535);
}

TEST(CouldBeginRequest, EveryPrefixOfARequestButTheEmptyOne) {
  constexpr auto text = "GET /\xC3\xA4?~! HTTP/1.1\r\nHost: h\r\n\r\n\0"sv;
  GuardedText guarded;
  EXPECT_FALSE(could_begin_request({}));
  int count = 0;
  for (std::size_t size = 1; size <= text.size(); ++size) {
    EXPECT_TRUE(could_begin_request(as_bytes(guarded.hold(text.substr(0, size))))) << size;
    ++count;
  }
  EXPECT_EQ(count, 33);
}

TEST(CouldBeginRequest, OfTheFirstByteTwentySixValues) {
  GuardedText guarded;
  int count = 0;
  for (int value = 0; value < 256; ++value) {
    const char c = static_cast<char>(value);
    EXPECT_EQ(could_begin_request(as_bytes(guarded.hold({&c, 1}))), c >= 'A' && c <= 'Z') << value;
    ++count;
  }
  EXPECT_EQ(count, 256);
}

TEST(CouldBeginRequest, OfTheTargetsBytesTheVisibleOnesAndThoseAbove0x7F) {
  int count = 0;
  for (int value = 0; value < 256; ++value) {
    const std::string text = std::string("GET /") + static_cast<char>(value) + "x HTTP/1.1";
    const bool expected = value > 0x20 && value != 0x7F;
    EXPECT_EQ(could_begin_request(as_bytes(text)), expected) << value;
    count += expected ? 1 : 0;
  }
  EXPECT_EQ(count, 94 + 128);
}

struct RefusedVector {
  std::string_view text;
  std::string_view why;
};

constexpr RefusedVector refused_vectors[] = {
    {"GET1", "a digit in the method"},
    {"GeT ", "lower case in the method"},
    {"GET\0/"sv, "NUL behind the method"},
    {"GET\t/", "tab behind the method"},
    {" GET /", "space before the method"},
    {"\r\nGET / HTTP/1.1", "line end before the method"},
    {"GET  ", "empty target"},
    {"GET /\r\n", "no version"},
    {"GET /\n", "no version"},
    {"GET / X", "not HTTP"},
    {"GET / http/1.1", "lower case in the version"},
    {"GET / HTTP/2", "not HTTP/1"},
    {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "RFC 9113 §3.4: the preface of HTTP/2"},
    {"SSH-2.0-OpenSSH", "SSH"},
    {"EHLO mail.example\r\n", "SMTP"},
    {"HTTP/1.1 200 OK\r\n", "a response"},
    {"ABCDEFGHIJKLMNOPQRSTU", "a method of 21 letters"},
};

TEST(CouldBeginRequest, NothingElse) {
  GuardedText guarded;
  int count = 0;
  for (const RefusedVector& vector : refused_vectors) {
    EXPECT_FALSE(could_begin_request(as_bytes(guarded.hold(vector.text)))) << vector.why;
    ++count;
  }
  EXPECT_EQ(count, 17);
}

TEST(CouldBeginRequest, AMethodHasUpToTwentyLetters) {
  EXPECT_TRUE(could_begin_request(as_bytes("ABCDEFGHIJKLMNOPQRST")));
  EXPECT_TRUE(could_begin_request(as_bytes("ABCDEFGHIJKLMNOPQRST / HTTP/1.")));
  EXPECT_FALSE(could_begin_request(as_bytes("ABCDEFGHIJKLMNOPQRSTU / HTTP/1.")));
}

TEST(CouldBeginRequest, ALineOfMoreThan16KiBCannot) {
  const std::string longest = "GET /" + std::string(16 * kibibyte - 5, 'x');
  EXPECT_TRUE(could_begin_request(as_bytes(longest)));
  EXPECT_FALSE(could_begin_request(as_bytes(longest + "x")));
  EXPECT_FALSE(could_begin_request(as_bytes(longest + " HTTP/1.1\r\n")));
  const std::string fits = "GET /" + std::string(16 * kibibyte - 13, 'x') + " HTTP/1.";
  EXPECT_TRUE(could_begin_request(as_bytes(fits + "1\r\n" + longest)));
}

TEST(CouldBeginRequest, TheParserAgreesForEveryLengthOfALongLine) {
  const std::string line = "GET /" + std::string(17 * kibibyte, 'x');
  HttpHeadParser parser(request);
  for (std::size_t i = 0; i < line.size() && parser.status() == Status::need_more; ++i) {
    parser.advance(as_bytes(std::string_view(line).substr(i, 1)));
  }
  HttpHeadParser whole(request);
  whole.advance(as_bytes(line));
  EXPECT_EQ(describe(parser), "unframeable " + std::to_string(16 * kibibyte + 1));
  EXPECT_EQ(describe(whole), describe(parser));
}

}  // namespace
}  // namespace websocket
