// SPDX-License-Identifier: GPL-2.0-or-later
/// The Info column: direction, type, size and the beginning of the text for every frame; what TCP packets open or
/// close. It never depends on the tree.
#include "annotate.h"
#include "words.h"

namespace wslens {
namespace {

using namespace std::string_view_literals;
using websocket::Mark;

/// A column holds 4096 bytes at most; what does not fit is counted.
constexpr std::size_t column_budget = 3500;

/// What stands in the column of the packet that was shown last: Wireshark keeps no copy of it until something else is
/// appended, and whoever prints it does so before the next packet. Reused, so that a packet allocates nothing.
std::string info;

/// Frames of a packet, behind what stands in `info`. A packet that decides what waits may show frames of both
/// directions.
class Line {
 public:
  /// `write` appends its words to `info`.
  template <typename Write>
  void add(websocket::Role sender, Write write) {
    if (left_out_ != 0) {
      ++left_out_;
      return;
    }
    const std::size_t before = info.size();
    if (before != begin_) info += " | "sv;
    if (before == begin_ || sender != sender_) info.append(arrow(sender)).append("  "sv);
    const std::size_t words = info.size();
    write();
    if (before - begin_ + info.size() - words <= column_budget) {
      sender_ = sender;
      return;
    }
    info.resize(before);
    ++left_out_;
  }
  /// False: there was nothing to say.
  bool end() {
    if (left_out_ != 0) info += " | and " + std::to_string(left_out_) + " more frames";
    return info.size() != begin_;
  }

 private:
  std::size_t begin_ = info.size();
  websocket::Role sender_ = websocket::Role::client;
  std::size_t left_out_ = 0;
};

/// Parts of frames that this packet brings and does not complete. What was placed only later is not here: the first
/// pass could not have shown it.
void add_parts(const Shown& shown, Line& line) {
  for_each_piece(shown, [&](const PieceRecord& piece) {
    if (is_in(shown, store()->frame(piece.frame).shown_in) || piece.piece.late) return;
    line.add(shown.sender,
             [&] { info += piece.header_was_known ? piece_in_words(piece) : "the beginning of a frame's header"; });
  });
}

/// False: the packet brings none.
bool add_frames(const Shown& shown) {
  if (!shown.frames) return false;
  Line line;
  for_each_shown_frame(
      shown, [&](FrameIndex i) { line.add(store()->sender_of(i), [&] { add_frame_in_words(info, shown.pinfo, i); }); });
  add_parts(shown, line);
  return line.end();
}

const char* answer_tag(const Shown& shown) {
  const websocket::Session& session = shown.session->session;
  if (session.response.cut) return "answer";  // when this was shown first, its end was still awaited
  if (session.outcome == websocket::Outcome::switched && !is_in(shown, session.response_done.packet)) return "answer";
  switch (session.outcome) {
    case websocket::Outcome::switched:
      if (session.response.accept_verdict == websocket::AcceptVerdict::wrong) return "101 with a wrong accept value";
      if (session.response.accept_verdict == websocket::AcceptVerdict::absent) return "101 without an accept value";
      return "accepted";
    case websocket::Outcome::refused:
      return "refused";
    case websocket::Outcome::not_http:
      return "answered with something else";
    case websocket::Outcome::waiting:
    case websocket::Outcome::not_captured:
      break;
  }
  return "answer";
}

/// What a packet without frames is to the WebSocket.
std::string tag(const Shown& shown) {
  const PacketRecord& packet = shown.packet;
  const auto sender = [&] { return std::string(websocket::role_name(shown.sender)); };
  if (packet.has(Mark::syn)) return "opens " + websocket::printable_text(websocket::as_bytes(shown.session->url), 100);
  if (packet.has(Mark::syn_ack)) return "TCP handshake";
  if (shown.frames && packet.has(Mark::waiting)) return "waits for missing bytes";
  if (packet.has(Mark::request)) return "upgrade request";
  if (packet.has(Mark::response)) return answer_tag(shown);
  if (packet.has(Mark::rst)) return sender() + " aborts TCP";
  if (packet.has(Mark::fin)) return sender() + " closes TCP";
  if (packet.has(Mark::last_ack)) return "TCP closed";
  if (packet.has(Mark::handshake_ack)) return "TCP handshake done";
  if (shown.frames && packet.has(Mark::repeated)) return "repeated bytes";
  if (shown.frames && packet.has(Mark::unframed)) return "bytes behind a gap";
  return "";
}

void add_tag(const Shown& shown) {
  constexpr auto ordinary = static_cast<unsigned>(Mark::member) | static_cast<unsigned>(Mark::data);
  if ((shown.packet.marks & ~ordinary) == 0) return;  // nothing that tag() speaks of
  const std::string words = tag(shown);
  if (!words.empty()) info += " [WebSocket " + std::to_string(shown.session->session.number) + ": " + words + "]";
}

bool are_columns_read(column_info* columns) {
  return columns != nullptr &&
         (col_get_writable(columns, COL_INFO) != 0 || col_get_writable(columns, COL_PROTOCOL) != 0);
}

}  // namespace

void write_info_column(packet_info* pinfo, const Shown* parts, unsigned count) {
  column_info* columns = pinfo->cinfo;
  if (!are_columns_read(columns)) return;
  bool ours = false;
  info.clear();
  for (unsigned i = 0; i < count; ++i) {
    const Shown& shown = parts[i];
    const bool heads = shown.packet.has(Mark::request) || shown.packet.has(Mark::response);
    const std::size_t before = info.size();
    const bool instead = shown.taken_over && !heads;  // of what others wrote
    if (!instead || ours) info += instead ? " | "sv : " ["sv;
    if (!add_frames(shown)) {
      info.resize(before);
    } else if (!instead) {
      info += ']';
    } else {
      if (!ours) info.erase(0, before);
      ours = true;
    }
    add_tag(shown);
  }
  if (ours) {
    col_set_str(columns, COL_PROTOCOL, "WebSocket");
    col_set_str(columns, COL_INFO, info.c_str());
  } else if (!info.empty()) {
    col_append_str(columns, COL_INFO, info.c_str());
  }
}

}  // namespace wslens
