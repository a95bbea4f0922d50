// SPDX-License-Identifier: GPL-2.0-or-later
#include "har_head.h"

#include <vector>

#include "field_values.h"
#include "json_line.h"

namespace wslens {
namespace {

using websocket::HttpHead;

class JsonList {
 public:
  void add(const std::string& json) { list_ += (list_.size() > 1 ? "," : "") + json; }
  [[nodiscard]] std::string take() { return std::move(list_) + "]"; }

 private:
  std::string list_ = "[";
};

struct Pair {
  std::string_view name, value;
};

/// `name=value`; without a `=` it is all name.
Pair split_pair(std::string_view text) {
  const std::size_t at = text.find('=');
  if (at == std::string_view::npos) return {websocket::trim(text), {}};
  return {websocket::trim(text.substr(0, at)), websocket::trim(text.substr(at + 1))};
}

std::vector<Pair> pairs_of(std::string_view text, char separator) {
  std::vector<Pair> pairs;
  while (!text.empty()) {
    const std::string_view part = text.substr(0, text.find(separator));
    text.remove_prefix(std::min(part.size() + 1, text.size()));
    if (!websocket::trim(part).empty()) pairs.push_back(split_pair(part));
  }
  return pairs;
}

std::string object_of(const Pair& pair) {
  JsonLine object;
  return object.text("name", pair.name).text("value", pair.value).take();
}

std::string headers_of(const HttpHead& head) {
  JsonList list;
  for (const websocket::HttpField& field : head.fields) list.add(object_of({field.name, field.value}));
  return list.take();
}

/// RFC 6265 §4.2.1: one field, pairs with semicolons between them.
std::string request_cookies(const HttpHead& head) {
  JsonList list;
  for (const std::string_view field : head.values("Cookie"))
    for (const Pair& pair : pairs_of(field, ';')) list.add(object_of(pair));
  return list.take();
}

/// RFC 6265 §4.1.1: a field for each, the pair first, then attributes. `Expires` is no ISO 8601 and stays in the field.
std::string response_cookies(const HttpHead& head) {
  JsonList list;
  for (const std::string_view field : head.values("Set-Cookie")) {
    const std::vector<Pair> pairs = pairs_of(field, ';');
    if (pairs.empty()) continue;
    JsonLine cookie;
    cookie.text("name", pairs[0].name).text("value", pairs[0].value);
    bool path = false, domain = false, http_only = false, secure = false;
    for (const Pair& attribute : std::vector<Pair>(pairs.begin() + 1, pairs.end())) {
      const auto is = [&](std::string_view name, bool& seen) {
        return !seen && (seen = websocket::equal_ignoring_case(attribute.name, name));
      };
      if (is("Path", path)) cookie.text("path", attribute.value);
      if (is("Domain", domain)) cookie.text("domain", attribute.value);
      if (is("HttpOnly", http_only)) cookie.boolean("httpOnly", true);
      if (is("Secure", secure)) cookie.boolean("secure", true);
    }
    list.add(cookie.take());
  }
  return list.take();
}

/// As it stands in the target, nothing unescaped.
std::string query_of(const HttpHead& head) {
  const std::string_view target = std::string_view(head.target).substr(0, head.target.find('#'));
  const std::size_t at = target.find('?');
  JsonList list;
  if (at == std::string_view::npos) return list.take();
  for (const Pair& pair : pairs_of(target.substr(at + 1), '&')) list.add(object_of(pair));
  return list.take();
}

/// -1: not known.
void add_sizes(JsonLine& members, const HttpHead& head, bool has_no_body) {
  head.cut ? members.raw("headersSize", "-1") : members.number("headersSize", head.size);
  members.raw("bodySize", has_no_body ? "0" : "-1");
}

std::string content_of(std::string_view type, bool is_empty) {
  JsonLine content;
  content.raw("size", is_empty ? "0" : "-1").text("mimeType", type.empty() ? "x-unknown" : type);
  return content.take();
}

void add_version(JsonLine& members, const HttpHead& head) {
  members.text("httpVersion", "HTTP/" + std::to_string(head.version_major) + "." + std::to_string(head.version_minor));
}

std::string request_members(const HttpHead& head) {
  JsonLine members;
  add_version(members, head);
  members.raw("cookies", request_cookies(head)).raw("headers", headers_of(head)).raw("queryString", query_of(head));
  add_sizes(members, head, !head.has("Content-Length") && !head.has("Transfer-Encoding"));
  return members.take_members();
}

/// RFC 9110 §15.2: no answer of the class 1xx has a body. Others may have one, which the lens does not follow.
std::string response_members(const HttpHead& head) {
  const bool has_no_body = head.status < 200 || head.status == 204;
  JsonLine members;
  add_version(members, head);
  members.raw("cookies", response_cookies(head)).raw("headers", headers_of(head));
  members.raw("content", content_of(head.value("Content-Type"), has_no_body));
  members.text("redirectURL", head.value("Location"));
  add_sizes(members, head, has_no_body);
  return members.take_members();
}

}  // namespace

std::string har_head_members(const HttpHead& head) {
  return head.is_request ? request_members(head) : response_members(head);
}

std::string har_unknown_request_members() {
  JsonLine members;
  members.text("httpVersion", "unknown").raw("cookies", "[]").raw("headers", "[]").raw("queryString", "[]");
  return members.raw("headersSize", "-1").raw("bodySize", "-1").take_members();
}

std::string har_unknown_response_members() {
  JsonLine members;
  members.text("httpVersion", "unknown").raw("cookies", "[]").raw("headers", "[]");
  members.raw("content", content_of({}, false)).text("redirectURL", "");
  return members.raw("headersSize", "-1").raw("bodySize", "-1").take_members();
}

}  // namespace wslens
