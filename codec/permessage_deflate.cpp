// SPDX-License-Identifier: GPL-2.0-or-later
#include "permessage_deflate.h"

#include <algorithm>
#include <array>

namespace websocket {
namespace {

constexpr std::uint8_t smallest_window = 8;
constexpr std::uint8_t largest_window = 15;

/// §7.1.2: "a decimal integer value without leading zeroes between 8 to 15, inclusive".
std::optional<std::uint8_t> window_bits_of(std::string_view value) {
  static constexpr std::array<std::string_view, 8> spelled{"8", "9", "10", "11", "12", "13", "14", "15"};
  const auto found = std::find(spelled.begin(), spelled.end(), value);
  if (found == spelled.end()) return std::nullopt;
  return static_cast<std::uint8_t>(smallest_window + (found - spelled.begin()));
}

/// One element of the list, read.
struct Parameters {
  bool server_no_context_takeover = false;
  bool client_no_context_takeover = false;
  std::optional<std::uint8_t> server_max_window_bits;
  std::optional<std::uint8_t> client_max_window_bits;
  bool client_max_window_bits_named = false;  ///< with or without a value
  bool well_formed = true;
};

/// Takes a parameter of the form "name" alone; false if it has a value or was there before.
bool take_flag(const ExtensionParameter& parameter, bool& flag) {
  const bool fresh = !flag;
  flag = true;
  return fresh && !parameter.value;
}

/// `value_needed`: only the client's own hint in an offer may stand without one (§7.1.2.2).
bool take_window_bits(const ExtensionParameter& parameter, bool value_needed, std::optional<std::uint8_t>& bits) {
  if (!parameter.value) return !value_needed;
  bits = window_bits_of(*parameter.value);
  return bits.has_value();
}

bool take_parameter(const ExtensionParameter& parameter, bool is_offer, Parameters& out) {
  if (parameter.name == "server_no_context_takeover") return take_flag(parameter, out.server_no_context_takeover);
  if (parameter.name == "client_no_context_takeover") return take_flag(parameter, out.client_no_context_takeover);
  if (parameter.name == "server_max_window_bits") {
    const bool fresh = !out.server_max_window_bits;
    return take_window_bits(parameter, true, out.server_max_window_bits) && fresh;
  }
  if (parameter.name == "client_max_window_bits") {
    const bool fresh = !out.client_max_window_bits_named;
    out.client_max_window_bits_named = true;
    return take_window_bits(parameter, !is_offer, out.client_max_window_bits) && fresh;
  }
  return false;
}

Parameters read_parameters(const Extension& extension, bool is_offer) {
  Parameters parameters;
  for (const ExtensionParameter& each : extension.parameters)
    if (!take_parameter(each, is_offer, parameters)) parameters.well_formed = false;
  return parameters;
}

bool is_deflate(const Extension& extension) { return extension.name == permessage_deflate_name; }

/// Does this offer allow that answer?
bool allows(const Parameters& offer, const Parameters& answer) {
  // §7: an offer with unknown, repeated or impossible parameters has to be declined.
  if (!offer.well_formed) return false;
  // §7.1.1.1: the server accepts an offer with server_no_context_takeover by including it in the response.
  if (offer.server_no_context_takeover && !answer.server_no_context_takeover) return false;
  // §7.1.2.1: it accepts server_max_window_bits with the same or a smaller value; it may say so unasked.
  if (offer.server_max_window_bits &&
      answer.server_max_window_bits.value_or(largest_window) > *offer.server_max_window_bits)
    return false;
  // §7.1.2.2: client_max_window_bits in the response needs one in the offer, and may not be larger than its value.
  if (answer.client_max_window_bits_named && !offer.client_max_window_bits_named) return false;
  return answer.client_max_window_bits.value_or(smallest_window) <=
         offer.client_max_window_bits.value_or(largest_window);
}

}  // namespace

std::optional<DeflateAgreement> agreed_deflate(const ExtensionList& accepted) {
  const auto found = std::find_if(accepted.extensions.begin(), accepted.extensions.end(), is_deflate);
  if (found == accepted.extensions.end()) return std::nullopt;
  const Parameters parameters = read_parameters(*found, false);
  DeflateAgreement agreement;
  agreement.client = {!parameters.client_no_context_takeover,
                      parameters.client_max_window_bits.value_or(largest_window)};
  agreement.server = {!parameters.server_no_context_takeover,
                      parameters.server_max_window_bits.value_or(largest_window)};
  return agreement;
}

ViolationSet check_deflate_offers(const ExtensionList& offered) {
  ViolationSet broken;
  for (const Extension& extension : offered.extensions)
    if (is_deflate(extension) && !read_parameters(extension, true).well_formed)
      broken.add(Rule::request_deflate_parameters_wrong);
  return broken;
}

ViolationSet check_deflate_answer(const ExtensionList& offered, const ExtensionList& accepted) {
  ViolationSet broken;
  for (const Extension& extension : accepted.extensions) {
    if (!is_deflate(extension)) continue;
    const Parameters answer = read_parameters(extension, false);
    const bool fits = std::any_of(offered.extensions.begin(), offered.extensions.end(), [&](const Extension& offer) {
      return is_deflate(offer) && allows(read_parameters(offer, true), answer);
    });
    // An extension that was not offered at all is another rule's business.
    if (!answer.well_formed || (!fits && offered.has(permessage_deflate_name)))
      broken.add(Rule::response_deflate_parameters_wrong);
  }
  return broken;
}

}  // namespace websocket
