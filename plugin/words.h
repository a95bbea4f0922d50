// SPDX-License-Identifier: GPL-2.0-or-later
/// The sentences that tell a person what a packet does. Plain strings from values: no epan, so owners are safe here.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "annotate.h"

namespace wslens {

/// "tcp-handshake", "data", ...; a packet may stand in several phases, a pure ACK in none.
std::vector<const char*> phases_of(const Shown& shown);

/// A few words for the tree's heading and for the story: "TCP handshake, 1 of 3".
std::string heading(const Shown& shown);

/// What the packet does in the life of the WebSocket, a sentence or two for each thing.
std::vector<std::string> explanations(const Shown& shown);

/// "Text", of "text"
std::string capitalised(std::string_view word);

/// "1 session", "2 sessions"
std::string counted(std::uint64_t count, const char* noun);

/// "5 B"
std::string size_in_words(std::uint64_t bytes);

/// Lines of at most so many bytes that together are the text, without the blank where it was broken: behind a sentence
/// or a clause that ends in the second half of a line, else between words.
std::vector<std::string> wrapped(std::string_view text, std::size_t most);

/// "agreed: permessage-deflate", "compression was offered and declined", "no extension was offered"
std::string negotiation(const websocket::Session& session);

/// One frame, or the message that it completes, in a few words: `Text 5 B "hello"`.
std::string frame_in_words(packet_info* pinfo, FrameIndex index);
/// The same, behind what `out` holds already.
void add_frame_in_words(std::string& out, packet_info* pinfo, FrameIndex index);
/// The body of a Close frame: `Close 1000 (Normal Closure) "bye"`.
std::string close_in_words(websocket::Bytes data);
/// `text 1, 5 B in 2 fragments, trust: after-gap`, without its data.
std::string message_summary(const MessageRecord& message);
/// A part of a frame: "Binary, bytes 0-65482 of 1048590".
std::string piece_in_words(const PieceRecord& piece);

/// "client → server", with a zero byte behind it.
std::string_view arrow(websocket::Role sender);

}  // namespace wslens
