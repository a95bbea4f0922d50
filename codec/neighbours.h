// SPDX-License-Identifier: GPL-2.0-or-later
/// What only several sessions together can tell: RFC 6455 §4.1 (a key used twice, two handshakes at once) and §7.2.3
/// (connecting again without a pause).
///
/// Shape   judge() for each session whose request is known, in the order of the capture; the rules that its client
/// broke. Sessions must stay where they are.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

#include "session.h"

namespace websocket {

class Neighbours {
 public:
  /// `client` without its port, `server` with it.
  ViolationSet judge(const Session& session, std::string_view client, std::string_view server);

 private:
  struct Earlier {
    const Session* last = nullptr;  ///< of this client with this server
    unsigned hurried = 0;           ///< times in a row that it connected again at once
  };
  ViolationSet compare(const Session& session, Earlier& earlier);

  bool comes_again(const Session& session);

  std::unordered_map<std::string, const Session*> keys_;  ///< and the last session that had it
  std::unordered_map<std::string, Earlier> pairs_;
};

}  // namespace websocket
