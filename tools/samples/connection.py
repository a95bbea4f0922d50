# SPDX-License-Identifier: GPL-2.0-or-later
"""A TCP connection whose every packet can be sent, lost, held back, repeated or spoiled, and the WebSocket on it."""
import base64
import struct

from samples.packets import ethernet_frame, ip_packet, packed, tcp_segment
from samples.truth import EndRecord
from samples.websocket import (CLOSE, PING, PONG, TEXT, accept_value, close_payload, encode_frame, fixed_bytes, masking_key,
                               request, response)

WRAP = 1 << 32


class Side:
    """One end as TCP sees it."""

    def __init__(self, who, address, port, mac, isn):
        self.who = who
        self.address, self.port, self.mac = packed(address), port, mac
        self.next_seq = isn  # of the next new byte
        self.expects = 0  # the acknowledgment number it sends
        self.window = 64240
        self.sent = b""  # all its bytes so far, for retransmissions
        self.packets = 0


class Connection:
    """who is always "client" or "server". Frames are noted for the truth as they are made, not as they are sent."""

    def __init__(self, capture, client_port=40001, server_port=8080, client="192.0.2.10", server="192.0.2.80",
                 client_isn=1000000, server_isn=5000000, vlan=None, padded=False, acks=True, envelope=None):
        """acks False: data is acknowledged by data only, which makes the capture smaller; envelope: gives the list of frames for
        the sending Side, the other one and an IP packet"""
        self.capture, self.ports, self.vlan, self.padded = capture, (client_port, server_port), vlan, padded
        self.acks, self.envelope = acks, envelope or self.ethernet
        local = client == server
        self.sides = {
            "client": Side("client", client, client_port, bytes(6) if local else b"\2\0\0\0\0\x0a", client_isn),
            "server": Side("server", server, server_port, bytes(6) if local else b"\2\0\0\0\0\x50", server_isn),
        }
        self.mss = 1440 if ":" in server else 1460
        self.host = f"[{server}]:{server_port}" if ":" in server else f"{server}:{server_port}"
        self.scheme, self.path, self.opened = "ws", "/chat", False
        self.subprotocol, self.extensions = "", ""
        self.records = {"client": EndRecord(), "server": EndRecord()}
        self.facts = {}  # more keys for the client's record in the truth
        self.untold = False  # True: the truth asks nothing of the messages
        self.masks, self.masking_key = 0, masking_key
        self.key_label, self.requests = f"key {client} {client_port} {server} {server_port} {client_isn}", 0
        self.key = None  # of the last request

    @property
    def url(self):
        return f"{self.scheme}://{self.host}{self.path}"

    def ends(self, who):
        return self.sides[who], self.sides["server" if who == "client" else "client"]

    # --- TCP -----------------------------------------------------------------------------------------------------

    def ethernet(self, me, peer, packet):
        return [ethernet_frame(me.mac, peer.mac, packet, self.vlan, self.padded)]

    def packet(self, who, *args, **options):
        """what the capture gets for a datagram()"""
        return self.envelope(*self.ends(who), self.datagram(who, *args, **options))

    def datagram(self, who, payload=b"", flags="A", seq=None, options=b"", spoil_checksum=False):
        """an IP packet of this end, not yet in the capture; nothing changes but the IP identification"""
        me, peer = self.ends(who)
        me.packets += 1
        segment = tcp_segment(me.address, peer.address, (me.port, peer.port), (me.next_seq if seq is None else seq) % WRAP,
                              me.expects if "A" in flags else 0, flags, me.window, options, payload, spoil_checksum)
        return ip_packet(me.address, peer.address, me.packets, segment)

    def show(self, who, *args, **options):
        self.capture.put(self.packet(who, *args, **options))

    def took(self, who, count):
        """who used up count sequence numbers, and the other end got them"""
        me, peer = self.ends(who)
        me.next_seq = (me.next_seq + count) % WRAP
        peer.expects = me.next_seq

    def handshake(self, lost_syns=0):
        mss = struct.pack(">BBH", 2, 4, self.mss)
        for _ in range(lost_syns):
            self.show("client", flags="S", options=mss)
            self.capture.pause(1)
        self.show("client", flags="S", options=mss)
        self.took("client", 1)
        self.show("server", flags="SA", options=mss)
        self.took("server", 1)
        self.ack("client")

    def start_late(self):
        """the connection has been up for long when the capture begins"""
        self.took("client", 1)
        self.took("server", 1)

    def ack(self, who):
        self.show(who)

    def send(self, who, data, split=(), lose=(), back=0, fin=False, ack=True, spoil_checksum=False):
        """split: sizes of the first segments; lose: numbers of segments (from 0) that are not in the capture though they
        arrived; back: so many bytes already sent are sent once more before the new ones"""
        me, _ = self.ends(who)
        old = me.sent[len(me.sent) - back:]
        pieces = self.cut(old + data, split)
        seq = me.next_seq - back
        self.account(who, data, fin)
        for number, piece in enumerate(pieces):
            last = number == len(pieces) - 1
            made = self.packet(who, piece, "FPA" if fin and last else "PA", seq, spoil_checksum=spoil_checksum)
            if number not in lose:
                self.capture.put(made)
            seq += len(piece)
        if ack and self.acks:
            self.ack("server" if who == "client" else "client")

    def account(self, who, data, fin=False):
        self.sides[who].sent += data
        self.took(who, len(data) + fin)

    def cut(self, data, split):
        pieces = []
        for size in split:
            pieces.append(data[:size])
            data = data[size:]
        return pieces + [data[i:i + self.mss] for i in range(0, len(data), self.mss)]

    def send_swapped(self, who, data, at):
        """in two segments, the second before the first"""
        me, _ = self.ends(who)
        early = self.packet(who, data[:at], "PA")
        late = self.packet(who, data[at:], "PA", me.next_seq + at)
        self.capture.put(late)
        self.capture.put(early)
        self.account(who, data)
        self.ack("server" if who == "client" else "client")

    def client(self, data, **options):
        self.send("client", data, **options)

    def server(self, data, **options):
        self.send("server", data, **options)

    def fin(self, who):
        self.send_fin(who)
        self.ack("server" if who == "client" else "client")

    def send_fin(self, who):
        self.show(who, flags="FA")
        self.took(who, 1)

    def end(self, first="server"):
        """FIN, FIN, ACK"""
        self.send_fin(first)
        self.fin("client" if first == "server" else "server")

    def rst(self, who, data=b""):
        self.show(who, data, flags="RA")

    # --- WebSocket -----------------------------------------------------------------------------------------------

    def upgrade(self, *more, path="/chat", answered=(), body=b""):
        """the opening handshake; more: header lines of the request, answered: of the response"""
        self.ask(*more, path=path, body=body)
        self.opened = True
        self.server(self.response(*answered))

    def ask(self, *more, path="/chat", body=b"", **options):
        self.client(self.request(*more, path=path) + body, **options)

    def request(self, *more, path="/chat"):
        """the bytes of an upgrade request with a new key"""
        self.path, self.key = path, self.new_key()
        return request(path, *more, key=self.key, host=self.host)

    def new_key(self):
        """no two requests of a capture have the same (RFC 6455 §4.1), and none is text"""
        self.requests += 1
        return base64.b64encode(fixed_bytes(f"{self.key_label} {self.requests}", 16)).decode()

    @property
    def accept(self):
        return accept_value(self.key)

    def response(self, *more, **options):
        """the bytes of a 101 that belongs to the last request"""
        return response(*more, **{"accept": self.accept, **options})

    def frame(self, who, opcode, payload=b"", fin=True, masked=None, says=None, noted=True, incomplete=False, **options):
        """the bytes of a frame, noted for the truth; masked None: as the rule is; says: what it holds, if compressed"""
        if isinstance(payload, str):
            payload = payload.encode()
        if noted:
            self.records[who].note(opcode, payload if says is None else says, fin, incomplete)
        key = None
        if who == "client" if masked is None else masked:
            key = self.masking_key(self.masks)
            self.masks += 1
        return encode_frame(opcode, payload, fin=fin, key=key, **options)

    def text(self, who, words, **options):
        self.send(who, self.frame(who, TEXT, words), **options)

    def ping(self, who, payload):
        self.send(who, self.frame(who, PING, payload))
        other = "server" if who == "client" else "client"
        self.send(other, self.frame(other, PONG, payload))

    def close_frame(self, who, code=1000, reason="", **options):
        return self.frame(who, CLOSE, close_payload(code, reason), **options)

    def close(self, code=1000, reason="bye", first="client"):
        """the closing handshake, and TCP's after it: the server closes first (RFC 6455 §7.1.1)"""
        self.send(first, self.close_frame(first, code, reason), ack=False)
        second = "server" if first == "client" else "client"
        self.send(second, self.close_frame(second, code), ack=first == "client")
        self.end()
