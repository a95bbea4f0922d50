// SPDX-License-Identifier: GPL-2.0-or-later
#include "verdict.h"

#include "close_code.h"
#include "utf8.h"

namespace websocket {
namespace {

class Verdict {
 public:
  Verdict(const Session& session, const PacketNumbers& packets) : session_(session), packets_(packets) {}

  std::string sentence() const {
    switch (session_.outcome) {
      case Outcome::waiting:
        return no_answer();
      case Outcome::refused:
        return refused();
      case Outcome::not_http:
        return "Failed: what came back in packet " + packet(session_.response_begins) +
               " is no HTTP response, so no WebSocket was opened.";
      case Outcome::not_captured:
        return "Not known: the answer to the upgrade request is missing from the capture, or cut in it.";
      case Outcome::switched:
        break;
    }
    if (accept_unusable(session_)) return bad_accept();
    return session_.tcp_ended() ? ended() : still_there();
  }

 private:
  const EndOfSession& end(Role role) const { return session_.end(role); }
  std::string packet(const Moment& moment) const { return std::to_string(packets_.number_of(moment.packet)); }
  static std::string the(Role role) { return "the " + std::string(role_name(role)); }
  bool closed_by(Role role) const { return end(role).close.moment.happened(); }

  std::string no_answer() const {
    if (session_.rst.happened())
      return "Failed: " + the(session_.rst_by) + " aborted the TCP connection (RST, packet " + packet(session_.rst) +
             ") before any answer to the upgrade request.";
    if (session_.first_fin)
      return "Failed: " + the(*session_.first_fin) + " closed the TCP connection (FIN, packet " +
             packet(end(*session_.first_fin).fin) + ") before any answer to the upgrade request.";
    if (session_.request.cut)
      return "Still opening: the capture does not have all of the upgrade request, nor an answer to it.";
    return "Still opening: the capture ends before the server answered the upgrade request.";
  }

  std::string refused() const {
    const UpgradeResponse& response = session_.response;
    if (response.answer == Answer::switched_other)
      return "Failed: the server switched to \"" + printable_text(as_bytes(response.upgrade), 40) +
             "\", which is not what a WebSocket needs.";
    std::string status = std::to_string(response.status);
    if (!response.reason.empty()) status += " " + printable_text(as_bytes(response.reason), 60);
    return "Failed: the server answered " + status + " instead of 101, so no WebSocket was opened.";
  }

  std::string bad_accept() const {
    const bool absent = session_.response.accept_verdict == AcceptVerdict::absent;
    return std::string("Failed: the server answered 101, but ") +
           (absent ? "without Sec-WebSocket-Accept" : "its Sec-WebSocket-Accept does not fit the client's key") +
           "; a client must drop such a connection.";
  }

  std::string still_there() const {
    if (session_.first_close)
      return "Closing: " + the(*session_.first_close) + " began the closing handshake in packet " +
             packet(end(*session_.first_close).close.moment) + "; the capture ends before it was finished.";
    if (session_.first_fin)
      return "Closing: " + the(*session_.first_fin) + " ended its half of the TCP connection (FIN, packet " +
             packet(end(*session_.first_fin).fin) + ") without a Close frame; the capture ends there.";
    return "Still open when the capture ends.";
  }

  std::string ended() const {
    if (closed_by(Role::client) && closed_by(Role::server)) return clean();
    if (session_.first_close) return unanswered_close();
    if (hidden())
      return "Ended: " + tcp_end() + "; a Close frame may be among the bytes that the capture does not have.";
    return "Not closed cleanly: " + tcp_end() + " without any Close frame." + reports();
  }

  bool hidden() const {
    const EndOfSession& client = end(Role::client);
    const EndOfSession& server = end(Role::server);
    return client.lost + client.unframed + server.lost + server.unframed != 0;
  }

  std::string tcp_end() const {
    if (session_.first_fin && !(session_.rst.happened() && !end(*session_.first_fin).fin.happened()))
      return the(*session_.first_fin) + " ended the TCP connection (FIN, packet " +
             packet(end(*session_.first_fin).fin) + ")";
    return the(session_.rst_by) + " aborted the TCP connection (RST, packet " + packet(session_.rst) + ")";
  }

  std::string clean() const {
    const Role first = session_.first_close.value_or(Role::client);
    std::string text =
        "Closed cleanly: " + the(first) + " began the closing handshake, " + codes(first) + "." + reports();
    if (session_.rst.happened())
      text += " Afterwards " + the(session_.rst_by) + " aborted TCP with RST (packet " + packet(session_.rst) + ").";
    return text;
  }

  std::string codes(Role first) const {
    const auto& a = end(first).close;
    const auto& b = end(other(first)).close;
    if (a.body_known && b.body_known && !a.code && !b.code) return "and neither side gave a code";
    if (a.code && a.code == b.code) return with_code(a) + ", and " + the(other(first)) + " answered the same";
    return with_code(a) + "; " + the(other(first)) + " answered " + with_code(b);
  }

  static std::string with_code(const CloseSeen& close) {
    if (!close.body_known) return "with a body that the capture does not have";
    if (!close.code) return "without a code";
    std::string text =
        "with code " + std::to_string(*close.code) + " (" + std::string(close_code_info(*close.code).name) + ")";
    if (!close.reason.empty()) text += " and reason \"" + printable_text(as_bytes(close.reason), 40) + "\"";
    return text;
  }

  std::string unanswered_close() const {
    const Role first = *session_.first_close;
    const std::string began =
        the(first) + " sent Close " + with_code(end(first).close) + " in packet " + packet(end(first).close.moment);
    if (hidden()) return "Ended: " + began + "; an answer may be among the bytes that the capture does not have.";
    return "Not closed cleanly: " + began + ", and " + the(other(first)) + " never answered it; " + tcp_end() + "." +
           reports();
  }

  std::string reports() const {
    const auto client = api_code(session_, Role::client);
    const auto server = api_code(session_, Role::server);
    if (!client || !server) return "";
    if (*client == *server) return " Both programs report " + std::to_string(*client) + ".";
    return " The client's program reports " + std::to_string(*client) + ", the server's " + std::to_string(*server) +
           ".";
  }

  const Session& session_;
  const PacketNumbers& packets_;
};

}  // namespace

std::string verdict(const Session& session, const PacketNumbers& packets) {
  return Verdict(session, packets).sentence();
}

}  // namespace websocket
