// SPDX-License-Identifier: GPL-2.0-or-later
#include "support/truth.h"

#include <glib.h>
#include <gtest/gtest.h>

namespace wslens::test {
namespace {

using nlohmann::json;

bool is_wanted(const std::string& type, Which which) {
  return type == "text" || type == "binary" || (which == Which::data_and_pings && type != "close");
}

std::string port_of(const std::string& address) { return address.substr(address.rfind(':') + 1); }

std::vector<std::string> listed(const json& record, const char* list, Which which) {
  std::vector<std::string> messages;
  for (const json& message : record.value(list, json::array()))
    if (const std::string type = message["type"]; is_wanted(type, which))
      messages.push_back(type + " " + message["sha256"].get<std::string>());
  return messages;
}

}  // namespace

json truth_document(const std::string& sample) {
  return json::parse(read_file(source_path("sample-pcaps/" + sample + ".json")));
}

std::map<int, json> sessions_by_port(const std::string& sample, const Arguments& more) {
  std::map<int, json> sessions;
  for (const json& session : report(sample, "sessions-json", more))
    sessions[std::stoi(port_of(session["client"]))] = session;
  return sessions;
}

Messages as_sent(const std::string& sample, Which which) {
  Messages all;
  const json document = truth_document(sample);
  for (const json& connection : document["connections"]) {
    for (const auto& [sender, peer, direction] :
         {std::tuple{"client", "server", "client-to-server"}, std::tuple{"server", "client", "server-to-client"}}) {
      const json mine = connection.value(sender, json::object());
      const json theirs = connection.value(peer, json::object());
      const bool said = mine.contains("sent") && (!mine["sent"].empty() || listed(theirs, "recv", which).empty());
      if (!said && !theirs.contains("recv")) continue;
      const std::string ports = std::to_string(connection["client_port"].get<int>()) + "-" +
                                std::to_string(connection["server_port"].get<int>());
      all[ports + " " + direction] = said ? listed(mine, "sent", which) : listed(theirs, "recv", which);
    }
  }
  return all;
}

Messages as_shown(const Reports& shown, Which which, const std::set<std::string>& trusts) {
  std::map<int, std::string> ports;
  for (const json& session : shown.sessions)
    ports[session["session"]] = port_of(session["client"]) + "-" + port_of(session["server"]);
  Messages messages;
  for (const json& message : shown.messages) {
    const std::string type = message["type"];
    if (!is_wanted(type, which) || (!trusts.empty() && trusts.count(message["trust"]) == 0)) continue;
    const std::string digest = message["sha256"].is_string() ? message["sha256"] : "";
    std::vector<std::string>& list =
        messages[ports.at(message["session"]) + " " + message["direction"].get<std::string>()];
    list.push_back(type);
    list.back().append(" ").append(digest);
  }
  return messages;
}

Messages without_empty(Messages messages) {
  std::erase_if(messages, [](const auto& each) { return each.second.empty(); });
  return messages;
}

bool is_subsequence(const std::vector<std::string>& part, const std::vector<std::string>& whole) {
  std::size_t at = 0;
  for (const std::string& message : whole)
    if (at < part.size() && part[at] == message) ++at;
  return at == part.size();
}

Reports expect_as_sent(const std::string& sample, Which which) {
  const Messages sent = without_empty(as_sent(sample, which));
  EXPECT_FALSE(sent.empty()) << sample;
  Reports first = reports(sample);
  EXPECT_EQ(as_shown(first, which), sent) << sample;
  const Reports second = reports(sample, {"-2"});
  EXPECT_TRUE(second.messages == first.messages) << sample << ", second pass";
  EXPECT_TRUE(second.sessions == first.sessions) << sample << ", second pass";
  return first;
}

std::string data_of(const json& message) {
  if (!message.contains("base64")) return message["text"].is_string() ? message["text"].get<std::string>() : "";
  gsize size = 0;
  guchar* bytes = g_base64_decode(message["base64"].get<std::string>().c_str(), &size);
  std::string data(reinterpret_cast<const char*>(bytes), size);
  g_free(bytes);
  return data;
}

}  // namespace wslens::test
