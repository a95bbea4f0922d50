// SPDX-License-Identifier: GPL-2.0-or-later
#include "extensions.h"

#include <algorithm>
#include <utility>

#include "field_values.h"

namespace websocket {

namespace {

/// Reads one element of the list from left to right. RFC 6455 §9.1 uses RFC 2616's ABNF, which allows white space
/// between any two parts.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(trim(text)) {}

  [[nodiscard]] bool at_end() const { return rest_.empty(); }

  bool take(char c) {
    if (!rest_.starts_with(c)) {
      return false;
    }
    skip(1);
    return true;
  }

  /// Empty: there is no token here.
  std::string take_token() {
    const auto end = std::find_if_not(rest_.begin(), rest_.end(), is_token_char);
    std::string token(rest_.begin(), end);
    skip(token.size());
    return token;
  }

  /// Behind the opening quotation mark; without the marks and the escapes. Empty: it is nothing, or has no end.
  std::string take_quoted() {
    std::string value;
    for (std::size_t i = 0; i < rest_.size(); ++i) {
      if (rest_[i] == '"') {
        skip(i + 1);
        return value;
      }
      if (rest_[i] == '\\' && i + 1 < rest_.size()) {
        ++i;
      }
      value.push_back(rest_[i]);
    }
    return {};
  }

 private:
  void skip(std::size_t count) { rest_ = trim(rest_.substr(count)); }

  std::string_view rest_;
};

// §9.1: "When using the quoted-string syntax variant, the value after quoted-string unescaping MUST conform to the
// 'token' ABNF."
std::string take_value(Reader& reader) { return reader.take('"') ? reader.take_quoted() : reader.take_token(); }

// extension-param = token [ "=" (token | quoted-string) ]
std::optional<ExtensionParameter> take_parameter(Reader& reader) {
  ExtensionParameter parameter{reader.take_token(), std::nullopt};
  if (parameter.name.empty()) {
    return std::nullopt;
  }
  if (reader.take('=')) {
    parameter.value = take_value(reader);
    if (!is_token(*parameter.value)) {
      return std::nullopt;
    }
  }
  return parameter;
}

// extension = extension-token *( ";" extension-param )
std::optional<Extension> parse_extension(std::string_view element) {
  Reader reader(element);
  Extension extension{reader.take_token(), {}};
  while (reader.take(';')) {
    auto parameter = take_parameter(reader);
    if (!parameter) {
      return std::nullopt;
    }
    extension.parameters.push_back(std::move(*parameter));
  }
  if (extension.name.empty() || !reader.at_end()) {
    return std::nullopt;
  }
  return extension;
}

}  // namespace

bool ExtensionList::has(std::string_view name) const {
  return std::any_of(extensions.begin(), extensions.end(),
                     [name](const Extension& extension) { return extension.name == name; });
}

// extension-list = 1#extension: a value without any element breaks the grammar, too.
ExtensionList parse_extensions(std::string_view joined_value) {
  const auto elements = split_list(joined_value);
  ExtensionList list;
  list.well_formed = !elements.empty();
  for (const std::string_view element : elements) {
    if (auto extension = parse_extension(element)) {
      list.extensions.push_back(std::move(*extension));
    } else {
      list.well_formed = false;
    }
  }
  return list;
}

}  // namespace websocket
