# SPDX-License-Identifier: GPL-2.0-or-later
"""What was really sent, in the shape of the truth files that came with the real captures."""
import hashlib
import struct

from samples.websocket import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT

NAMES = {TEXT: "text", BINARY: "binary", PING: "ping", PONG: "pong"}


def entry(opcode, payload, fragments=(), incomplete=False):
    made = {"type": NAMES[opcode], "len": len(payload), "sha256": hashlib.sha256(payload).hexdigest()}
    if len(payload) <= 64:
        made["hex"] = payload.hex()
    if len(fragments) > 1:
        made["fragments"] = list(fragments)
    if incomplete:
        made["incomplete"] = True  # some of its bytes are not in the capture
    return made


class EndRecord:
    """What one end sent, from its frames."""

    def __init__(self):
        self.sent = []
        self.close_sent = None
        self.opcode = None
        self.pieces = []
        self.incomplete = False  # one of the pieces is

    def note(self, opcode, payload, fin, incomplete):
        if opcode == CLOSE:
            self.note_close(payload)
        elif opcode in (PING, PONG) and fin:
            self.sent.append(entry(opcode, payload, (), incomplete))
        elif opcode in (TEXT, BINARY, CONTINUATION):
            self.note_data(opcode, payload, fin, incomplete)

    def note_data(self, opcode, payload, fin, incomplete):
        if opcode != CONTINUATION:
            self.opcode, self.pieces, self.incomplete = opcode, [], False
        self.pieces.append(payload)
        self.incomplete = self.incomplete or incomplete
        if fin and self.opcode is not None:
            self.sent.append(entry(self.opcode, b"".join(self.pieces), [len(p) for p in self.pieces], self.incomplete))
            self.opcode = None

    def note_close(self, payload):
        if self.close_sent is None:
            code = struct.unpack(">H", payload[:2])[0] if len(payload) >= 2 else None
            self.close_sent = {"code": code, "reason": payload[2:].decode()}


def reported_close(record, opened):
    """what the interface of the end that receives this record's Close reports (RFC 6455 §7.1.5)"""
    if not opened:
        return None
    if record.close_sent is None:
        return {"code": 1006, "reason": ""}
    code = record.close_sent["code"]
    return {"code": 1005 if code is None else code, "reason": record.close_sent["reason"]}


def end_truth(connection, role):
    record, other = (connection.records[r] for r in ((role, "server") if role == "client" else (role, "client")))
    made = {"role": role, "stack": "tools/make-samples", "client_port": connection.ports[0], "server_port": connection.ports[1],
            "url": connection.url if role == "client" else connection.path, "subprotocol": connection.subprotocol,
            "extensions": connection.extensions}
    if not connection.untold:  # without these lists nothing is asked of the messages
        made["sent"], made["recv"] = record.sent, other.sent
    made["close"] = reported_close(other, connection.opened)
    made["errors"] = []
    if record.close_sent:
        made["close_sent"] = record.close_sent
    if role == "client":
        made.update(connection.facts)
    return made


def connection_truth(connection):
    return {"client_port": connection.ports[0], "server_port": connection.ports[1],
            "client": end_truth(connection, "client"), "server": end_truth(connection, "server")}


def join_same_ports(connections):
    """Truth is found by the two ports, so connections that share them share an entry: the messages of both, in order."""
    joined = {}
    for connection in connections:
        made = connection_truth(connection)
        first = joined.setdefault(connection.ports, made)
        if first is not made:
            for role in ("client", "server"):
                first[role]["sent"] = first[role]["sent"] + made[role]["sent"]
                first[role]["recv"] = first[role]["recv"] + made[role]["recv"]
    return list(joined.values())


def document(sample):
    made = {"capture": sample.name + ".pcapng", "stacks": {"server": "tools/make-samples", "client": "tools/make-samples"},
            "notes": sample.what, "truth_written_by": "tools/make-samples, which made the packets from it"}
    if sample.lossy:
        made["lossy"] = True  # bytes are missing: the messages marked incomplete cannot be shown exactly
    made["connections"] = [] if sample.negative else join_same_ports(sample.connections)
    return made
