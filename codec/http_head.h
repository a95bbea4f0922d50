// SPDX-License-Identifier: GPL-2.0-or-later
/// RFC 9112 §2-5: the head of an HTTP/1 message: start line and field lines up to the empty line.
///
/// Shape   advance(bytes) -> how many were taken; status() says whether the head is whole. Incremental: byte by byte
/// gives
///         the same as whole. The bytes after the head are not taken.
/// Errors  strict, but reporting instead of refusing: a bare LF ends a line, obs-fold and odd field lines are kept and
/// noted.
///         unframeable: it cannot be an HTTP/1 head (first bytes). Beyond `limit` bytes it counts as cut: see cut().
/// Keeps its own copy of the head. Views that it hands out live as long as it is neither moved from nor advanced.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "bytes.h"
#include "status.h"

namespace websocket {

struct HttpField {
  std::string name;   ///< as sent
  std::string value;  ///< without surrounding white space
};

struct HttpHead {
  bool is_request = false;
  std::string method;        ///< request only
  std::string target;        ///< request only
  std::uint16_t status = 0;  ///< response only
  std::string reason;        ///< response only
  std::uint8_t version_major = 0;
  std::uint8_t version_minor = 0;
  std::vector<HttpField> fields;
  std::size_t size = 0;               ///< bytes of the head on the wire, with its empty line
  std::uint16_t malformed_lines = 0;  ///< field lines without a colon or with a name that is no token; not in `fields`
  bool bare_line_feed = false;
  bool folded = false;  ///< obs-fold was unfolded (§5.2)
  bool cut = false;     ///< bytes of it are missing: see HttpHeadParser::cut()

  /// Field values by name (case-insensitive), in the order of their lines.
  [[nodiscard]] std::vector<std::string_view> values(std::string_view name) const;
  /// The first of them, or nullptr-like empty view if there is none; `has` tells the difference.
  [[nodiscard]] std::string_view value(std::string_view name) const;
  [[nodiscard]] bool has(std::string_view name) const;
  /// All lines of that name joined with ", " (RFC 9110 §5.3).
  [[nodiscard]] std::string joined(std::string_view name) const;
};

enum class HeadKind : std::uint8_t { request, response };

/// Could these be the first bytes of an HTTP/1 request (a token of at most 20 upper-case letters, a space, a target, a
/// space, "HTTP/1.")? True for every prefix of such a line, an empty one excepted; false at the first byte that cannot
/// be.
bool could_begin_request(Bytes bytes);

/// Of a whole request line of HTTP/1 at the front of the bytes: how many they are with its end. 0: there is none.
std::size_t request_line_size(Bytes bytes);

class HttpHeadParser {
 public:
  explicit HttpHeadParser(HeadKind kind, std::size_t limit = std::size_t{64} * 1024) : kind_(kind), limit_(limit) {}

  /// Takes bytes up to the end of the head; returns how many it took. Takes none unless status() is need_more.
  std::size_t advance(Bytes bytes);
  /// The next bytes were not captured: the head ends here, with the whole lines that are there. status() becomes ok if
  /// there was a start line, or of a request the method and the beginning of a target, of a response the whole status;
  /// unframeable otherwise; head().cut is set.
  void cut();

  [[nodiscard]] Status status() const { return status_; }
  /// Meaningful when status() is ok.
  [[nodiscard]] const HttpHead& head() const { return head_; }
  [[nodiscard]] HttpHead take() { return static_cast<HttpHead&&>(head_); }
  /// Bytes taken so far.
  [[nodiscard]] std::size_t taken() const { return taken_; }

 private:
  std::size_t take_piece(std::string_view rest);
  void take_line();
  void take_start_line(std::string_view line);
  void take_field_line(std::string_view line);
  void finish(bool cut);

  HeadKind kind_;
  Status status_ = Status::need_more;
  bool have_start_line_ = false;
  bool after_field_ = false;  ///< the line before is in head_.fields, so a fold belongs to it
  std::size_t limit_;
  std::size_t taken_ = 0;
  std::string line_;  ///< the line under way
  HttpHead head_;
};

}  // namespace websocket
