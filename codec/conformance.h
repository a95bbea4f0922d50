// SPDX-License-Identifier: GPL-2.0-or-later
/// What the sessions of a capture say about the programs in it: by which rules each could be judged, and which it
/// broke.
///
/// Shape   rules_checked() for one end of one session; Conformance adds up sessions, by who spoke.
/// An endpoint is a role, the name that the program gives itself, and an address. What an address is, the caller knows.
///
/// A rule counts as checked for the end whose duty it is (sender and receiver: either may be), where the part of the
/// session that it is about was captured:
///   request      the whole head of the request;
///   response     the whole head of the answer, be it a 101 or a refusal (which can break no rule about a 101);
///   frame        a frame of that end; of the receiver's duties: of its peer;
///   message      a message of that end; of the receiver's duties: of its peer;
///   compression  a compressed message of that end;
///   ping         a Ping or a Pong of either;
///   closing      there was a WebSocket, nothing of either end is missing, and it came to a Close or to the end of TCP.
/// Of a capture that begins after the 101 no rule about request, response or closing is. It is an estimate to the safe
/// side: a rule that was broken was checked, wherever it stands.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "reaction.h"
#include "session.h"

namespace websocket {

ViolationSet rules_checked(const Session& session, Role role);
std::size_t size_of(const ViolationSet& set);

/// A rule that an endpoint broke, in all of its sessions.
struct RuleOfEndpoint {
  static constexpr std::size_t most_examples = 3;

  Rule rule{};
  std::uint64_t count = 0;
  std::vector<std::uint32_t> sessions;  ///< their numbers
  std::vector<PacketIndex> examples;    ///< the first of them, at most that many
  /// Of the peer. Only to an error, and only where that is the first error of its session (reaction_to()); the first
  /// reaction that the capture shows, or that it shows none.
  std::optional<Reaction> reaction;
};

struct Endpoint {
  Role role = Role::client;
  std::string name;  ///< the User-Agent or Server field, as sent, or `unnamed`
  std::string address;
  std::uint32_t sessions = 0;
  ViolationSet checked;
  std::vector<RuleOfEndpoint> broken;  ///< errors first, then in the order of the table

  static constexpr std::string_view unnamed = "(unnamed)";
  [[nodiscard]] std::size_t broken_rules(Severity severity) const;  ///< how many different ones
};

/// How the program behind an end calls itself; Endpoint::unnamed if it does not, or if that was not captured.
std::string name_of(const Session& session, Role role);

class Conformance {
 public:
  /// One end of a session. `rules`: all that were broken in it, by whichever end.
  void add(const Session& session, Role role, std::string_view address, const std::vector<RuleBroken>& rules);
  /// Those with errors first, then by name.
  [[nodiscard]] std::vector<Endpoint> endpoints() const;

 private:
  using Key = std::tuple<std::string, Role, std::string>;  ///< name, role, address
  struct Sum {
    std::uint32_t sessions = 0;
    ViolationSet checked;
    std::map<Rule, RuleOfEndpoint> broken;
  };
  static void add(Sum& sum, const Session& session, const RuleBroken& broken);

  std::map<Key, Sum> sums_;
};

}  // namespace websocket
