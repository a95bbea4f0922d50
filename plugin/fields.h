// SPDX-License-Identifier: GPL-2.0-or-later
/// Every field, subtree and expert item of the lens, and the ids of the built-in's fields that it goes on filling.
#pragma once

#include <array>

#include "compat.h"
#include "finding.h"
#include "violation.h"

#include <epan/expert.h>

namespace wslens {

/// hf_NAME is "wslens.NAME" with dots for the words that the filter separates.
struct Fields {
  int session, url, client, server, phase, explanation, direction, state, verdict;
  int frame_syn, frame_syn_ack, frame_ack, frame_request, frame_response, frame_first_data, frame_last_data;
  int frame_close_client, frame_close_server, frame_fin_client, frame_fin_server, frame_rst, frame_last_ack;
  int handshake_key, handshake_accept, handshake_accept_expected, handshake_accept_ok, handshake_status;
  int handshake_extensions_offered, handshake_extensions_accepted, handshake_subprotocols_offered,
      handshake_subprotocol;
  int message, message_number, message_type, message_length, message_wire_length, message_fragments, message_fragment;
  int message_text, message_payload, message_trust, message_compressed, message_lost, message_first_frame,
      message_last_frame;
  int piece, piece_offset, piece_length, piece_shown_in;
  int content_from_earlier, content_to_next;
  int close_code, close_meaning, close_reason, close_first, close_echo;
  int clean, api_code_client, api_code_server;
  int heartbeat, ping_rtt, ping_request_frame, ping_response_frame, ping_unsolicited, ping_unanswered;
  int handshake_check, handshake_negotiation, message_negotiated_in;
  int latency_tcp, latency_tls, latency_http, latency_first_message, latency_slowest;
  int rule, finding;
};

struct BuiltinFields {
  int fin, rsv, pmc, opcode, mask, payload_length, payload_length_16, payload_length_64, masking_key, masked_payload;
  int payload, text, continuation, close, close_code, close_reason, ping, pong, unknown;
};

struct Subtrees {
  int lens, packets, handshake, message, piece, websocket, payload, close, left_out, text, text_line, content,
      latencies, end;
};

extern Fields hf;
extern BuiltinFields builtin;
extern Subtrees ett;

void register_fields(int proto);
/// To be called when all protocols are registered.
void find_builtin_fields();
expert_field* expert_of(websocket::Rule rule);
expert_field* expert_of(websocket::Finding finding);

}  // namespace wslens
