// SPDX-License-Identifier: GPL-2.0-or-later
#include "postdissector.h"

#include "annotate.h"
#include "feed.h"

namespace wslens {
namespace {

int after_all(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, void*) {
  const bool all_fed = is_lone_segment(pinfo);
  if (!all_fed) feed_rest(pinfo);
  show_rest(pinfo, tree, all_fed);
  return static_cast<int>(tvb_captured_length(tvb));
}

}  // namespace

/// No wanted fields: they would force a tree on all traffic.
void register_lens_postdissector(int proto) { register_postdissector(create_dissector_handle(after_all, proto)); }

}  // namespace wslens
