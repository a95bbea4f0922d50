// SPDX-License-Identifier: GPL-2.0-or-later
#include "preferences.h"

#include <epan/prefs-int.h>
#include <epan/prefs.h>

namespace wslens {
namespace {

unsigned message_kib = 4096;
unsigned file_mib = 256;
unsigned out_of_order_kib = 4096;
unsigned inflated_mib = 1024;
unsigned expansion = 1000;
unsigned sessions = 1'000'000;

ws_bool tls_records = 1;
ws_bool late_start = 1;

constexpr std::size_t kib = 1024;

pref_t* builtin_preference(const char* name) {
  module_t* module = prefs_find_module("websocket");
  return module == nullptr ? nullptr : prefs_find_preference(module, name);
}

bool builtin_decompress() {
  pref_t* preference = builtin_preference("decompress");
  return preference == nullptr || prefs_get_bool_value(preference, pref_current);
}

}  // namespace

void register_preferences(int proto) {
  module_t* module = prefs_register_protocol(proto, nullptr);
  prefs_register_uint_preference(
      module, "message_kib", "Keep at most of a message (KiB)",
      "How much of the data of one message is kept for display and export. Length and digest "
      "always cover the whole message. More costs memory for captures with large messages.",
      10, &message_kib);
  prefs_register_uint_preference(
      module, "file_mib", "Keep at most for a file (MiB)",
      "How much message data is kept for the whole file. Messages that stand in a single packet "
      "cost nothing. More costs exactly as much memory.",
      10, &file_mib);
  prefs_register_uint_preference(
      module, "out_of_order_kib", "Out-of-order bytes for each direction (KiB)",
      "How many bytes of one direction of a connection may wait for a missing segment in front "
      "of them before that is given up as lost. More costs memory when segments are missing.",
      10, &out_of_order_kib);
  prefs_register_uint_preference(
      module, "inflated_mib", "Inflate at most of a message (MiB)",
      "A compressed message that inflates to more is given up, and later ones that refer to it cannot be decoded. "
      "More costs time for captures with such messages.",
      10, &inflated_mib);
  prefs_register_uint_preference(
      module, "expansion", "Inflate at most, times its compressed bytes",
      "A compressed message that inflates to more than so many times its size, and to more than 4 MiB, is given up. "
      "The format ends at 1032 times. More costs time for messages that are made to cost it.",
      10, &expansion);
  prefs_register_uint_preference(
      module, "sessions", "Sessions to follow",
      "How many WebSockets of a file are followed; the ones after that are left out, and the first of them says so. "
      "Each costs about two kilobytes of memory.",
      10, &sessions);
  prefs_register_bool_preference(
      module, "late_start", "Recognise WebSockets whose handshake was not captured",
      "A TCP connection whose beginning is not in the capture is taken for a WebSocket if there are frames in both "
      "directions, beyond reasonable doubt. Costs a look at the first 100 kB of such connections.",
      &late_start);
  prefs_register_bool_preference(
      module, "tls_records", "Read the TLS dissector's own list of records",
      "Where the data of wss comes from. The list costs nothing and has every decrypted record. Without it the lens "
      "gets what HTTP hands over, which of several records in one segment may be the first alone: messages can be "
      "missing, and all of them are marked as inferred.",
      &tls_records);
}

bool reads_tls_records() { return tls_records != 0; }

StoreLimits limits_from_preferences() {
  StoreLimits limits;
  limits.connection.message_bytes = message_kib * kib;
  limits.connection.out_of_order_bytes = out_of_order_kib * kib;
  limits.file_bytes = file_mib * kib * kib;
  limits.sessions = sessions;
  if (builtin_decompress())
    limits.connection.inflate = websocket::InflateLimits{inflated_mib * std::uint64_t{kib} * kib, expansion};
  else
    limits.connection.inflate.reset();
  limits.connection.late_start = late_start != 0;
  return limits;
}

TextType builtin_text_type() {
  static pref_t* const preference = builtin_preference("text_type");  // asked for every message
  if (preference == nullptr) return TextType::plain;
  const int value = prefs_get_enum_value(preference, pref_current);
  return value >= 0 && value <= 3 ? static_cast<TextType>(value) : TextType::plain;
}

}  // namespace wslens
