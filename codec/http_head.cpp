// SPDX-License-Identifier: GPL-2.0-or-later
#include "http_head.h"

#include <algorithm>
#include <limits>

#include "field_values.h"

namespace websocket {

namespace {

constexpr std::size_t longest_method = 20;
constexpr std::size_t longest_request_line = std::size_t{16} * 1024;

/// How many of the first bytes can begin a start line. `whole`: they tell all that can be told before the line ends.
struct Fit {
  std::size_t bytes = 0;
  bool whole = false;
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }

// RFC 3986 has only visible ASCII, but clients do send raw UTF-8 here and servers take it.
bool is_target_char(char c) { return static_cast<unsigned char>(c) > ' ' && c != 0x7F; }

/// '#' in the pattern stands for a digit.
bool matches(char c, char pattern) { return pattern == '#' ? is_digit(c) : c == pattern; }

Fit fit_pattern(std::string_view text, std::string_view pattern) {
  const auto end = std::mismatch(text.begin(), text.end(), pattern.begin(), pattern.end(), matches);
  return {static_cast<std::size_t>(end.first - text.begin()), end.second == pattern.end()};
}

std::size_t method_end(std::string_view text) {
  text = text.substr(0, longest_method);
  return static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), [](char c) { return is_upper(c); }) -
                                  text.begin());
}

/// The first `known` bytes were looked at before: a space among them is found fast, and no other is looked at again.
std::size_t target_end(std::string_view text, std::size_t target, std::size_t known) {
  if (const std::size_t space = text.substr(0, known).find(' ', target); space != std::string_view::npos) {
    return space;
  }
  const auto from = text.begin() + static_cast<std::ptrdiff_t>(std::max(target, known));
  return static_cast<std::size_t>(std::find_if_not(from, text.end(), [](char c) { return is_target_char(c); }) -
                                  text.begin());
}

/// RFC 9112 §3: method SP request-target SP HTTP-version. The first `known` bytes are known to fit.
Fit fit_request_line(std::string_view text, std::size_t known) {
  text = text.substr(0, longest_request_line);
  const std::size_t method = method_end(text);
  if (method == 0 || method == text.size() || text[method] != ' ') {
    return {method};
  }
  const std::size_t target = method + 1;
  const std::size_t end = target_end(text, target, known);
  if (end == target || end == text.size() || text[end] != ' ') {
    return {end};
  }
  const Fit version = fit_pattern(text.substr(end + 1), "HTTP/1.");
  return {end + 1 + version.bytes, version.whole};
}

Fit fit_start_line(HeadKind kind, std::string_view line, std::size_t known) {
  if (kind == HeadKind::response) {
    return fit_pattern(line, "HTTP/#.# ");
  }
  // RFC 9112 §2.2: an empty line may come before a request; this is the first half of its end.
  return line.starts_with('\r') ? Fit{1} : fit_request_line(line, known);
}

std::uint8_t digit_value(char c) { return static_cast<std::uint8_t>(c - '0'); }

/// RFC 9112 §2.3: HTTP-version, exactly.
bool parse_version(std::string_view text, HttpHead& head) {
  constexpr std::string_view pattern = "HTTP/#.#";
  if (text.size() != pattern.size() || !fit_pattern(text, pattern).whole) {
    return false;
  }
  head.version_major = digit_value(text[5]);
  head.version_minor = digit_value(text[7]);
  return true;
}

bool parse_request_line(std::string_view line, HttpHead& head) {
  const std::size_t first = line.find(' ');
  const std::size_t second = line.find(' ', first == std::string_view::npos ? first : first + 1);
  if (second == std::string_view::npos) {
    return false;
  }
  head.is_request = true;
  head.method = line.substr(0, first);
  head.target = line.substr(first + 1, second - first - 1);
  return parse_version(line.substr(second + 1), head);
}

/// RFC 9112 §4: the space before an empty reason is due, but often left out.
bool parse_status_line(std::string_view line, HttpHead& head) {
  constexpr std::string_view pattern = "HTTP/#.# ###";
  if (!fit_pattern(line, pattern).whole || (line.size() > pattern.size() && line[pattern.size()] != ' ')) {
    return false;
  }
  for (const char c : line.substr(9, 3)) {
    head.status = static_cast<std::uint16_t>(head.status * 10 + digit_value(c));
  }
  head.reason = trim(line.substr(pattern.size()));
  return parse_version(line.substr(0, 8), head);
}

/// The method is whole and the target has begun. The version is not known; 1.1 accuses nobody.
bool parse_cut_request_line(std::string_view line, HttpHead& head) {
  const std::size_t space = line.find(' ');
  if (space == std::string_view::npos || space + 1 == line.size()) {
    return false;
  }
  head.is_request = true;
  head.method = line.substr(0, space);
  head.target = line.substr(space + 1, line.find(' ', space + 1) - space - 1);
  head.version_major = head.version_minor = 1;
  return true;
}

/// The status is whole.
bool parse_cut_status_line(std::string_view line, HttpHead& head) {
  constexpr std::size_t status_end = std::string_view("HTTP/1.1 101 ").size();
  return line.size() >= status_end && parse_status_line(line, head);
}

/// RFC 9112 §5.2: a fold stands for one or more spaces.
void append_fold(std::string& value, std::string_view more) {
  if (!value.empty() && !more.empty()) {
    value.push_back(' ');
  }
  value.append(more);
}

}  // namespace

std::vector<std::string_view> HttpHead::values(std::string_view name) const {
  std::vector<std::string_view> found;
  for (const HttpField& field : fields) {
    if (equal_ignoring_case(field.name, name)) {
      found.emplace_back(field.value);
    }
  }
  return found;
}

std::string_view HttpHead::value(std::string_view name) const {
  for (const HttpField& field : fields) {
    if (equal_ignoring_case(field.name, name)) {
      return field.value;
    }
  }
  return {};
}

bool HttpHead::has(std::string_view name) const {
  return std::any_of(fields.begin(), fields.end(),
                     [name](const HttpField& field) { return equal_ignoring_case(field.name, name); });
}

std::string HttpHead::joined(std::string_view name) const {
  std::string all;
  std::string_view separator;
  for (const std::string_view line : values(name)) {
    all.append(separator).append(line);
    separator = ", ";
  }
  return all;
}

bool could_begin_request(Bytes bytes) {
  const Fit fit = fit_request_line(as_text(bytes), 0);
  return !bytes.empty() && (fit.whole || fit.bytes == bytes.size());
}

std::size_t request_line_size(Bytes bytes) {
  const std::string_view text = as_text(bytes);
  const Fit fit = fit_request_line(text, 0);
  if (!fit.whole || fit.bytes == text.size() || !is_digit(text[fit.bytes])) {
    return 0;
  }
  const std::string_view line_end = text.substr(fit.bytes + 1, 2);
  if (line_end == "\r\n") {
    return fit.bytes + 3;
  }
  return line_end.starts_with('\n') ? fit.bytes + 2 : 0;
}

std::size_t HttpHeadParser::advance(Bytes bytes) {
  std::string_view rest = as_text(bytes);
  while (status_ == Status::need_more && !rest.empty()) {
    rest.remove_prefix(take_piece(rest));
  }
  return bytes.size() - rest.size();
}

void HttpHeadParser::cut() {
  if (status_ != Status::need_more) {
    return;
  }
  if (!have_start_line_) {
    have_start_line_ =
        kind_ == HeadKind::request ? parse_cut_request_line(line_, head_) : parse_cut_status_line(line_, head_);
  }
  finish(true);
}

std::size_t HttpHeadParser::take_piece(std::string_view rest) {
  if (taken_ == limit_) {
    cut();  // what was read so far may say enough
    return 0;
  }
  rest = rest.substr(0, limit_ - taken_);
  const std::size_t line_end = rest.find('\n');
  const bool line_ends = line_end != std::string_view::npos;
  const std::size_t known = line_.size();
  line_.append(rest.substr(0, line_end));
  std::size_t count = line_ends ? line_end + 1 : rest.size();
  if (!have_start_line_) {
    const Fit fit = fit_start_line(kind_, line_, known);
    if (!fit.whole && fit.bytes < line_.size()) {
      status_ = Status::unframeable;
      count = fit.bytes + 1 - known;  // with the first byte that does not fit, however the bytes were cut up
    }
  }
  taken_ += count;
  if (line_ends && status_ == Status::need_more) {
    take_line();
  }
  return count;
}

void HttpHeadParser::take_line() {
  std::string_view line = line_;
  if (line.ends_with('\r')) {
    line.remove_suffix(1);
  } else {
    head_.bare_line_feed = true;  // RFC 9112 §2.2: a recipient MAY take it for a line end
  }
  if (!have_start_line_) {
    take_start_line(line);
  } else if (line.empty()) {
    finish(false);
  } else {
    take_field_line(line);
  }
  line_.clear();
}

void HttpHeadParser::take_start_line(std::string_view line) {
  // RFC 9112 §2.2: a server ought to ignore an empty line before the request line.
  if (line.empty() && kind_ == HeadKind::request) {
    return;
  }
  have_start_line_ = kind_ == HeadKind::request ? parse_request_line(line, head_) : parse_status_line(line, head_);
  if (!have_start_line_) {
    status_ = Status::unframeable;
  }
}

// RFC 9112 §5: field-name ":" OWS field-value OWS, without white space before the colon (§5.1).
void HttpHeadParser::take_field_line(std::string_view line) {
  const bool is_fold = line.front() == ' ' || line.front() == '\t';
  if (is_fold && after_field_) {
    append_fold(head_.fields.back().value, trim(line));
    head_.folded = true;
    return;
  }
  const std::size_t colon = line.find(':');
  after_field_ = colon != std::string_view::npos && is_token(line.substr(0, colon));
  if (after_field_) {
    head_.fields.push_back({std::string(line.substr(0, colon)), std::string(trim(line.substr(colon + 1)))});
  } else if (head_.malformed_lines < std::numeric_limits<std::uint16_t>::max()) {
    ++head_.malformed_lines;
  }
}

void HttpHeadParser::finish(bool cut) {
  head_.cut = cut;
  head_.size = taken_;
  status_ = have_start_line_ ? Status::ok : Status::unframeable;
}

}  // namespace websocket
