// SPDX-License-Identifier: GPL-2.0-or-later
/// RFC 7692 §7.1: each parameter, right and wrong, in offers and answers; which answers which offers allow; what they
/// come to.
#include "permessage_deflate.h"

#include <gtest/gtest.h>

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace websocket {
namespace {

ViolationSet only(Rule rule) {
  ViolationSet set;
  set.add(rule);
  return set;
}

const ViolationSet none;
const ViolationSet wrong_offer = only(Rule::request_deflate_parameters_wrong);
const ViolationSet wrong_answer = only(Rule::response_deflate_parameters_wrong);

ExtensionList list(std::string_view value) { return parse_extensions(value); }

/// The parameters of one permessage-deflate: "", "; a", "; a=1; b".
ExtensionList deflate(std::string_view parameters) { return list("permessage-deflate" + std::string(parameters)); }

ViolationSet offer_check(std::string_view parameters) { return check_deflate_offers(deflate(parameters)); }

ViolationSet answer_check(std::string_view offer, std::string_view answer) {
  return check_deflate_answer(deflate(offer), deflate(answer));
}

/// Client first: takeover and window bits.
DeflateAgreement agreement(bool client_takeover, std::uint8_t client_bits, bool server_takeover,
                           std::uint8_t server_bits) {
  return {{client_takeover, client_bits}, {server_takeover, server_bits}};
}

const DeflateAgreement defaults = agreement(true, 15, true, 15);

constexpr std::array<std::string_view, 2> flags{"server_no_context_takeover", "client_no_context_takeover"};
constexpr std::array<std::string_view, 2> windows{"server_max_window_bits", "client_max_window_bits"};

std::string with_value(std::string_view name, std::string_view value) {
  return std::string("; ").append(name).append("=").append(value);
}
std::string alone(std::string_view name) { return std::string("; ").append(name); }

// ---- what the answer agrees on

struct AgreementVector {
  std::string_view answer;
  DeflateAgreement agreed;
};

const AgreementVector agreements[] = {
    {"", defaults},
    {"; server_no_context_takeover", agreement(true, 15, false, 15)},
    {"; client_no_context_takeover", agreement(false, 15, true, 15)},
    {"; server_max_window_bits=10", agreement(true, 15, true, 10)},
    {"; client_max_window_bits=10", agreement(true, 10, true, 15)},
    {"; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=8; client_max_window_bits=9",
     agreement(false, 9, false, 8)},
    {"; client_max_window_bits=9; server_max_window_bits=8; client_no_context_takeover; server_no_context_takeover",
     agreement(false, 9, false, 8)},
    {R"(; server_max_window_bits="10"; client_max_window_bits="\1\1")", agreement(true, 11, true, 10)},
    {";server_max_window_bits = 12 ;\tclient_no_context_takeover", agreement(false, 15, true, 12)},
    // What makes no sense is left out.
    {"; client_max_window_bits", defaults},
    {"; server_max_window_bits", defaults},
    {"; server_max_window_bits=7; client_max_window_bits=16", defaults},
    {"; unknown; server_max_window_bits=9", agreement(true, 15, true, 9)},
    {"; Server_No_Context_Takeover; SERVER_MAX_WINDOW_BITS=9", defaults},
    {"; server_no_context_takeove; xserver_no_context_takeover; server_max_window_bits2=9", defaults},
};

TEST(AgreedDeflate, IsWhatTheAnswerSaysOfEachDirection) {
  for (const AgreementVector& vector : agreements) {
    EXPECT_EQ(agreed_deflate(deflate(vector.answer)), vector.agreed) << vector.answer;
  }
  EXPECT_EQ(std::size(agreements), 15U);
}

TEST(AgreedDeflate, IsNoneWithoutAnElementOfExactlyThatName) {
  for (const std::string_view value :
       {"", "foo", "permessage-deflat", "permessage-deflated", "xpermessage-deflate", "Permessage-Deflate",
        "permessage-bzip2; permessage-deflate", "foo; a=permessage-deflate", "x-webkit-deflate-frame"}) {
    EXPECT_EQ(agreed_deflate(list(value)), std::nullopt) << value;
  }
}

TEST(AgreedDeflate, OfSeveralAcceptancesTheFirstCounts) {
  const ExtensionList answer = list(
      "foo; server_max_window_bits=9, permessage-deflate; server_max_window_bits=10, "
      "permessage-deflate; server_max_window_bits=11; client_no_context_takeover");
  EXPECT_EQ(agreed_deflate(answer), agreement(true, 15, true, 10));
}

TEST(AgreedDeflate, GivesTheDirectionOfEachSender) {
  const DeflateAgreement agreed = agreement(false, 9, true, 12);
  EXPECT_EQ(agreed.of(Role::client), (DeflateDirection{false, 9}));
  EXPECT_EQ(agreed.of(Role::server), (DeflateDirection{true, 12}));
}

TEST(AgreedDeflate, EachCombinationOfTheParametersIsRead) {
  int combinations = 0;
  for (int client_bits = 7; client_bits <= 15; ++client_bits) {
    for (int server_bits = 7; server_bits <= 15; ++server_bits) {
      for (const bool client_takeover : {false, true}) {
        for (const bool server_takeover : {false, true}) {
          std::string answer;
          if (client_bits >= 8) answer += with_value(windows[1], std::to_string(client_bits));
          if (!server_takeover) answer += alone(flags[0]);
          if (server_bits >= 8) answer += with_value(windows[0], std::to_string(server_bits));
          if (!client_takeover) answer += alone(flags[1]);
          const auto bits = [](int said) { return static_cast<std::uint8_t>(said < 8 ? 15 : said); };
          EXPECT_EQ(agreed_deflate(deflate(answer)),
                    agreement(client_takeover, bits(client_bits), server_takeover, bits(server_bits)))
              << answer;
          EXPECT_EQ(answer_check("; client_max_window_bits", answer), none) << answer;
          ++combinations;
        }
      }
    }
  }
  EXPECT_EQ(combinations, 9 * 9 * 4);
}

// ---- window bits

TEST(WindowBits, AreADecimalNumberFrom8To15) {
  for (int bits = 0; bits <= 20; ++bits) {
    const bool legal = bits >= 8 && bits <= 15;
    for (const std::string_view name : windows) {
      const std::string parameter = with_value(name, std::to_string(bits));
      EXPECT_EQ(offer_check(parameter), legal ? none : wrong_offer) << parameter;
      EXPECT_EQ(answer_check("; client_max_window_bits", parameter), legal ? none : wrong_answer) << parameter;
      const auto agreed = agreed_deflate(deflate(parameter));
      ASSERT_TRUE(agreed.has_value());
      const Role role = name == windows[0] ? Role::server : Role::client;
      EXPECT_EQ(agreed->of(role).window_bits, legal ? bits : 15) << parameter;
      EXPECT_EQ(agreed->of(other(role)), DeflateDirection{}) << parameter;
    }
  }
}

constexpr std::string_view odd_spellings[] = {
    "08", "+9", "-9", "8.0", "010", "1O", "0x9", "9a", "a", "IX", "11111111111111111111", "8_", "1", "true",
};

TEST(WindowBits, HaveNoOtherSpelling) {
  for (const std::string_view spelling : odd_spellings) {
    for (const std::string_view name : windows) {
      const std::string parameter = with_value(name, spelling);
      ASSERT_TRUE(deflate(parameter).well_formed) << parameter;
      EXPECT_EQ(offer_check(parameter), wrong_offer) << parameter;
      EXPECT_EQ(answer_check("; client_max_window_bits", parameter), wrong_answer) << parameter;
      EXPECT_EQ(agreed_deflate(deflate(parameter)), defaults) << parameter;
    }
  }
  EXPECT_EQ(std::size(odd_spellings), 14U);
}

TEST(WindowBits, AreNotEmptyAndHaveNoWhiteSpaceEvenWhereTheGrammarWasNotAsked) {
  for (const char* const value : {"", " 8", "8 ", "8\n"}) {
    for (const std::string_view name : windows) {
      const ExtensionList made{{{"permessage-deflate", {{std::string(name), value}}}}};
      EXPECT_EQ(check_deflate_offers(made), wrong_offer) << name << value;
      EXPECT_EQ(check_deflate_answer(deflate("; client_max_window_bits"), made), wrong_answer) << name << value;
      EXPECT_EQ(agreed_deflate(made), defaults) << name << value;
    }
  }
}

TEST(WindowBits, InQuotesAreTheSameAsBare) {
  EXPECT_EQ(offer_check(R"(; server_max_window_bits="10"; client_max_window_bits="8")"), none);
  EXPECT_EQ(offer_check(R"(; server_max_window_bits="7")"), wrong_offer);
  EXPECT_EQ(answer_check(R"(; server_max_window_bits="10")", R"(; server_max_window_bits="\9")"), none);
  EXPECT_EQ(answer_check(R"(; server_max_window_bits="10")", R"(; server_max_window_bits="11")"), wrong_answer);
}

// ---- parameters one by one

TEST(DeflateParameters, TakeoverFlagsTakeNoValue) {
  for (const std::string_view name : flags) {
    EXPECT_EQ(offer_check(alone(name)), none);
    EXPECT_EQ(answer_check("", alone(name)), none);
    for (const std::string_view value : {"1", "true", "\"\\x\"", "8"}) {
      EXPECT_EQ(offer_check(with_value(name, value)), wrong_offer) << name << value;
      EXPECT_EQ(answer_check(alone(name), with_value(name, value)), wrong_answer) << name << value;
    }
  }
}

TEST(DeflateParameters, OnlyClientMaxWindowBitsInAnOfferMayStandWithoutAValue) {
  EXPECT_EQ(offer_check("; client_max_window_bits"), none);
  EXPECT_EQ(offer_check("; server_max_window_bits"), wrong_offer);
  EXPECT_EQ(answer_check("; client_max_window_bits", "; client_max_window_bits"), wrong_answer);
  EXPECT_EQ(answer_check("; client_max_window_bits", "; server_max_window_bits"), wrong_answer);
}

TEST(DeflateParameters, NoneMayBeRepeated) {
  int checked = 0;
  for (const std::string_view name : flags) {
    EXPECT_EQ(offer_check(alone(name) + alone(name)), wrong_offer) << name;
    EXPECT_EQ(answer_check("", alone(name) + alone(name)), wrong_answer) << name;
    ++checked;
  }
  for (const std::string_view name : windows) {
    for (const std::string_view second : {"10", "11", "7"}) {
      for (const std::string_view first : {"10", "9", "16"}) {
        const std::string twice = with_value(name, first) + "; foo_bar" + with_value(name, second);
        const std::string next_to_it = with_value(name, first) + with_value(name, second);
        EXPECT_EQ(offer_check(next_to_it), wrong_offer) << next_to_it;
        EXPECT_EQ(answer_check("; client_max_window_bits", next_to_it), wrong_answer) << next_to_it;
        EXPECT_EQ(offer_check(twice), wrong_offer) << twice;
        ++checked;
      }
    }
  }
  EXPECT_EQ(checked, 20);
  EXPECT_EQ(offer_check("; client_max_window_bits; client_max_window_bits"), wrong_offer);
  EXPECT_EQ(offer_check("; client_max_window_bits; client_max_window_bits=9"), wrong_offer);
  EXPECT_EQ(offer_check("; client_max_window_bits=9; client_max_window_bits"), wrong_offer);
}

constexpr std::string_view unknown_parameters[] = {
    "; x",
    "; x=1",
    "; server_no_context_takeove",
    "; server_no_context_takeovers",
    "; _server_no_context_takeover",
    "; no_context_takeover",
    "; Server_no_context_takeover",
    "; client-no-context-takeover",
    "; server_max_window_bit=10",
    "; server_max_window_bits_=10",
    "; max_window_bits=10",
    "; client_max_window_bitss",
    "; CLIENT_MAX_WINDOW_BITS",
    "; mem_level=8",
    "; permessage-deflate",
};

TEST(DeflateParameters, NamesAreTheFourAndComparedExactly) {
  for (const std::string_view parameter : unknown_parameters) {
    EXPECT_EQ(offer_check(parameter), wrong_offer) << parameter;
    EXPECT_EQ(answer_check("; client_max_window_bits", parameter), wrong_answer) << parameter;
    const std::string behind_a_right_one = std::string("; server_no_context_takeover").append(parameter);
    EXPECT_EQ(offer_check(behind_a_right_one), wrong_offer) << behind_a_right_one;
  }
  EXPECT_EQ(std::size(unknown_parameters), 15U);
}

TEST(DeflateParameters, OfOtherExtensionsAreNotJudged) {
  const ExtensionList other = list("foo; server_max_window_bits; x; x, permessage-deflated; client_max_window_bits=99");
  EXPECT_EQ(check_deflate_offers(other), none);
  EXPECT_EQ(check_deflate_answer(other, other), none);
  EXPECT_EQ(check_deflate_offers({}), none);
  EXPECT_EQ(check_deflate_answer({}, {}), none);
  EXPECT_EQ(check_deflate_answer(deflate("; x"), {}), none);
}

// ---- offer and answer

struct OfferAndAnswer {
  std::string_view offer;
  std::string_view answer;
  bool allowed;
  std::string_view section;
};

constexpr OfferAndAnswer pairs[] = {
    {"", "", true, "§7.1"},
    {"", "; server_no_context_takeover", true, "§7.1.1.1: the server may say so unasked"},
    {"; server_no_context_takeover", "; server_no_context_takeover", true, "§7.1.1.1"},
    {"; server_no_context_takeover", "", false, "§7.1.1.1: accepted by including it"},
    {"; server_no_context_takeover", "; client_no_context_takeover", false, "§7.1.1.1"},
    {"", "; client_no_context_takeover", true, "§7.1.1.2: the server may say so unasked"},
    {"; client_no_context_takeover", "", true, "§7.1.1.2: it was a hint"},
    {"; client_no_context_takeover", "; client_no_context_takeover", true, "§7.1.1.2"},
    {"", "; server_max_window_bits=8", true, "§7.1.2.1: the server may say so unasked"},
    {"", "; server_max_window_bits=15", true, "§7.1.2.1"},
    {"; server_max_window_bits=10", "", false, "§7.1.2.1: accepted by including it"},
    {"; server_max_window_bits=15", "", true, "§7.1.2.1: no more than what holds anyway"},
    {"", "; client_max_window_bits=15", false, "§7.1.2.2: the client did not say that it can"},
    {"; server_max_window_bits=9", "; server_max_window_bits=9; client_max_window_bits=9", false, "§7.1.2.2"},
    {"; client_max_window_bits", "", true, "§7.1.2.2: it was a hint"},
    {"; client_max_window_bits=10", "", true, "§7.1.2.2: it was a hint"},
    {"; client_max_window_bits", "; client_max_window_bits=8", true, "§7.1.2.2"},
    {"; client_max_window_bits", "; client_max_window_bits=15", true, "§7.1.2.2"},
};

TEST(DeflateAnswer, MustBeAllowedByTheOffer) {
  for (const OfferAndAnswer& pair : pairs) {
    EXPECT_EQ(answer_check(pair.offer, pair.answer), pair.allowed ? none : wrong_answer)
        << pair.section << ", offer " << pair.offer << ", answer " << pair.answer;
    EXPECT_EQ(check_deflate_offers(deflate(pair.offer)), none) << pair.offer;
  }
  EXPECT_EQ(std::size(pairs), 18U);
}

TEST(DeflateAnswer, MayNotNameALargerWindowThanTheOffer) {
  int checked = 0;
  for (int offered = 8; offered <= 15; ++offered) {
    for (int answered = 8; answered <= 15; ++answered) {
      for (const std::string_view name : windows) {
        EXPECT_EQ(answer_check(with_value(name, std::to_string(offered)), with_value(name, std::to_string(answered))),
                  answered <= offered ? none : wrong_answer)
            << name << " " << offered << " " << answered;
        ++checked;
      }
    }
  }
  EXPECT_EQ(checked, 128);
}

TEST(DeflateAnswer, MayFitAnyOneOfSeveralOffers) {
  const ExtensionList offers = list(
      "foo, permessage-deflate; server_max_window_bits=10; server_no_context_takeover, "
      "permessage-deflate; client_max_window_bits=12; server_no_context_takeover, bar");
  const auto check = [&](std::string_view answer) { return check_deflate_answer(offers, deflate(answer)); };
  EXPECT_EQ(check("; server_max_window_bits=10; server_no_context_takeover"), none) << "the first";
  EXPECT_EQ(check("; server_no_context_takeover"), none) << "the second";
  EXPECT_EQ(check("; server_no_context_takeover; client_max_window_bits=12"), none) << "the second";
  EXPECT_EQ(check("; server_no_context_takeover; server_max_window_bits=11; client_max_window_bits=8"), none);
  EXPECT_EQ(check(""), wrong_answer) << "neither";
  EXPECT_EQ(check("; server_no_context_takeover; client_max_window_bits=13"), wrong_answer) << "neither";
  EXPECT_EQ(check("; server_max_window_bits=10"), wrong_answer) << "neither";
}

TEST(DeflateAnswer, IsNotHeldAgainstOffersThatWereNotMade) {
  for (const std::string_view offers : {"", "foo", "foo; server_no_context_takeover, permessage-deflated"}) {
    EXPECT_EQ(check_deflate_answer(list(offers), deflate("; client_max_window_bits=9")), none) << offers;
    EXPECT_EQ(check_deflate_answer(list(offers), deflate("; client_max_window_bits=7")), wrong_answer) << offers;
  }
}

TEST(DeflateAnswer, OfTwoAcceptancesEachIsJudged) {
  const ExtensionList offer = deflate("; server_max_window_bits=10");
  const std::string right = "permessage-deflate; server_max_window_bits=9";
  for (const std::string_view wrong : {"permessage-deflate", "permessage-deflate; server_max_window_bits=9; x"}) {
    EXPECT_EQ(check_deflate_answer(offer, list(right + ", foo, " + std::string(wrong))), wrong_answer) << wrong;
    EXPECT_EQ(check_deflate_answer(offer, list(std::string(wrong) + ", " + right)), wrong_answer) << wrong;
  }
  EXPECT_EQ(check_deflate_answer(offer, list(right)), none);
}

// §7: "A server MUST decline an extension negotiation offer for this extension if ... the negotiation offer contains an
// extension parameter not defined for use in an offer", or with an invalid value, or several of the same name.
TEST(DeflateAnswer, AcceptsNoOfferWhoseParametersAreWrong) {
  for (const std::string_view offer :
       {"; x", "; server_max_window_bits", "; server_max_window_bits=16", "; client_max_window_bits=7",
        "; client_no_context_takeover=1", "; client_max_window_bits; client_max_window_bits"}) {
    EXPECT_EQ(answer_check(offer, ""), wrong_answer) << offer;
    EXPECT_EQ(
        check_deflate_answer(list("permessage-deflate" + std::string(offer) + ", permessage-deflate"), deflate("")),
        none)
        << offer;
  }
}

TEST(DeflateOffers, OneWrongAmongSeveralIsReported) {
  EXPECT_EQ(check_deflate_offers(list("permessage-deflate; client_max_window_bits, permessage-deflate, foo")), none);
  EXPECT_EQ(check_deflate_offers(list("permessage-deflate, foo; a=1, permessage-deflate; a=1")), wrong_offer);
  EXPECT_EQ(check_deflate_offers(list("permessage-deflate; server_max_window_bits=1, permessage-deflate")),
            wrong_offer);
}

TEST(DeflateOffers, AllFourParametersMayStandTogetherInAnyOrder) {
  EXPECT_EQ(offer_check("; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=15; "
                        "client_max_window_bits=8"),
            none);
  EXPECT_EQ(offer_check("; client_max_window_bits; server_max_window_bits=8; client_no_context_takeover; "
                        "server_no_context_takeover"),
            none);
}

}  // namespace
}  // namespace websocket
