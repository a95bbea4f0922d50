// SPDX-License-Identifier: GPL-2.0-or-later
/// What the lens shows of a capture, packet by packet, as tshark prints its fields.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "support/programs.h"

namespace wslens::test {

/// A row of "tshark -G fields".
struct RegisteredField {
  std::string name;    ///< as the tree shows it
  std::string filter;  ///< "wslens.message.length"
  std::string type;    ///< "FT_UINT64"
  std::string blurb;
};
/// Every field that the lens registers, in the order of their registration, without those of its expert items.
const std::vector<RegisteredField>& registered_fields();
/// Their filters.
const std::vector<std::string>& lens_fields();

struct PacketView {
  std::string info;                           ///< the Info column
  std::map<std::string, std::string> fields;  ///< only those that the packet has; several values joined by ", "
};

/// By packet number; packets without anything of the lens have no fields.
std::map<int, PacketView> lens_view(const std::string& capture, const Arguments& more = {});

/// One packet: the values of each field that was asked for; none where the packet does not have it.
struct FieldRow {
  int number = 0;
  std::vector<std::vector<std::string>> values;
  [[nodiscard]] const std::vector<std::string>& operator[](std::size_t field) const { return values.at(field); }
};
/// Every packet, or those that a -Y among `more` selects. No value may hold U+001E, U+001F or a line feed, which tshark
/// prints as they are.
std::vector<FieldRow> field_rows(const std::string& capture, const Arguments& fields, const Arguments& more = {});

}  // namespace wslens::test
