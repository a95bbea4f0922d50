// SPDX-License-Identifier: GPL-2.0-or-later
/// RFC 6455 §9.1: the grammar of Sec-WebSocket-Extensions. Several field lines are one list (erratum 3433).
///
/// Shape   a joined field value in -> a list of extensions with their parameters, and whether all of it followed the
/// grammar. Errors  an element that breaks the grammar is left out and `well_formed` is false; the others are given.
/// Knows no extension: what parameters mean is permessage_deflate's business.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace websocket {

struct ExtensionParameter {
  std::string name;
  std::optional<std::string> value;  ///< unquoted; after unquoting it must be a token (§9.1)
  bool operator==(const ExtensionParameter&) const = default;
};

struct Extension {
  std::string name;
  std::vector<ExtensionParameter> parameters;
  bool operator==(const Extension&) const = default;
};

struct ExtensionList {
  std::vector<Extension> extensions;
  bool well_formed = true;

  /// Is there an extension of that name? Names are compared as tokens are: exactly.
  [[nodiscard]] bool has(std::string_view name) const;
};

ExtensionList parse_extensions(std::string_view joined_value);

}  // namespace websocket
