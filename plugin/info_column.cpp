// SPDX-License-Identifier: GPL-2.0-or-later
/// The Info column: direction, type, size and the beginning of the text for every frame; what TCP packets open or
/// close. It never depends on the tree.
#include "annotate.h"
#include "words.h"

namespace wslens {
namespace {

using websocket::Mark;

/// A column holds 4096 bytes at most; what does not fit is counted.
constexpr std::size_t column_budget = 3500;

/// Parts of frames that this packet brings and does not complete. What was placed only later is not here: the first
/// pass could not have shown it.
void add_parts(const Shown& shown, std::vector<std::string>& out) {
  for_each_piece(shown, [&](const PieceRecord& piece) {
    if (is_in(shown, store()->frame(piece.frame).shown_in) || piece.piece.late) return;
    if (piece.header_was_known)
      out.push_back(piece_in_words(piece));
    else
      out.emplace_back("the beginning of a frame's header");
  });
}

/// Frames of a packet in a line. A packet that decides what waits may show frames of both directions.
class Line {
 public:
  void add(websocket::Role sender, const std::string& what) {
    if (left_out_ != 0 || text_.size() + what.size() > column_budget) {
      ++left_out_;
      return;
    }
    if (!text_.empty()) text_ += " | ";
    if (text_.empty() || sender != sender_) text_ += std::string(arrow(sender)) + "  ";
    text_ += what;
    sender_ = sender;
  }
  [[nodiscard]] std::string take() {
    if (left_out_ != 0) text_ += " | and " + std::to_string(left_out_) + " more frames";
    return std::move(text_);
  }

 private:
  std::string text_;
  websocket::Role sender_ = websocket::Role::client;
  std::size_t left_out_ = 0;
};

std::string frames_text(const Shown& shown) {
  Line line;
  for_each_shown_frame(shown,
                       [&](FrameIndex i) { line.add(store()->frame(i).sender, frame_in_words(shown.pinfo, i)); });
  std::vector<std::string> parts;
  add_parts(shown, parts);
  for (const std::string& part : parts) line.add(shown.sender, part);
  return line.take();
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
  const std::string sender(websocket::role_name(shown.sender));
  if (packet.has(Mark::syn)) return "opens " + websocket::printable_text(websocket::as_bytes(shown.session->url), 100);
  if (packet.has(Mark::syn_ack)) return "TCP handshake";
  if (shown.frames && packet.has(Mark::waiting)) return "waits for missing bytes";
  if (packet.has(Mark::request)) return "upgrade request";
  if (packet.has(Mark::response)) return answer_tag(shown);
  if (packet.has(Mark::rst)) return sender + " aborts TCP";
  if (packet.has(Mark::fin)) return sender + " closes TCP";
  if (packet.has(Mark::last_ack)) return "TCP closed";
  if (packet.has(Mark::handshake_ack)) return "TCP handshake done";
  if (shown.frames && packet.has(Mark::repeated)) return "repeated bytes";
  if (shown.frames && packet.has(Mark::unframed)) return "bytes behind a gap";
  return "";
}

struct InfoText {
  const char* frames = nullptr;
  const char* tag = nullptr;
};

InfoText info_text(const Shown& shown) {
  InfoText text;
  if (shown.frames) {
    const std::string frames = frames_text(shown);
    if (!frames.empty()) text.frames = pooled(shown.pinfo, frames);
  }
  const std::string words = tag(shown);
  if (!words.empty())
    text.tag = pooled(shown.pinfo, " [WebSocket " + std::to_string(shown.session->session.number) + ": " + words + "]");
  return text;
}

bool are_columns_read(column_info* columns) {
  return col_get_writable(columns, COL_INFO) != 0 || col_get_writable(columns, COL_PROTOCOL) != 0;
}

}  // namespace

void write_info_column(packet_info* pinfo, const Shown* parts, unsigned count) {
  column_info* columns = pinfo->cinfo;
  if (!are_columns_read(columns)) return;
  bool ours = false;
  for (unsigned i = 0; i < count; ++i) {
    const Shown& shown = parts[i];
    const InfoText text = info_text(shown);
    const bool heads = shown.packet.has(Mark::request) || shown.packet.has(Mark::response);
    if (text.frames != nullptr && shown.taken_over && !heads) {
      if (!ours) {
        col_set_str(columns, COL_PROTOCOL, "WebSocket");
        col_clear(columns, COL_INFO);
      }
      col_append_fstr(columns, COL_INFO, "%s%s", ours ? " | " : "", text.frames);
      ours = true;
    } else if (text.frames != nullptr) {
      col_append_fstr(columns, COL_INFO, " [%s]", text.frames);
    }
    if (text.tag != nullptr) col_append_str(columns, COL_INFO, text.tag);
  }
}

}  // namespace wslens
