# SPDX-License-Identifier: GPL-2.0-or-later
"""The same kind of session in everything that TCP can come in: around IP, around Ethernet, and around the packets of a file."""
import contextlib
import struct

from samples.losses import numbered_lines
from samples.packets import Seen, ethernet_frame, internet_checksum, ip_packet, packed
from samples.sample import sample
from samples.websocket import TEXT

IPV4 = struct.pack(">H", 0x0800)
NULL, WIFI, COOKED, COOKED2 = 0, 105, 113, 276  # link types
FROM_PEER, FROM_US = 0, 4  # packet types of a cooked capture, taken at the client
GRE, UDP = 47, 17  # IP protocols
TUNNEL = {"client": packed("198.51.100.10"), "server": packed("198.51.100.80")}
ROUTER = packed("198.51.100.1")


def session(conn):
    conn.handshake()
    conn.upgrade()
    talk(conn)
    conn.close()


def talk(conn):
    """the long messages need two and three segments"""
    conn.text("server", "something")
    conn.text("client", "hello")
    conn.text("server", "hello too!")
    conn.ping("server", "are you there")
    conn.text("client", numbered_lines(60))
    conn.text("server", numbered_lines(120))
    conn.text("client", "got it all")


# --- between Ethernet and TCP --------------------------------------------------------------------------------------


def extended(me, peer, packet):
    """RFC 8200 §4.3 and §4.6, with nothing but padding in them"""
    hop_by_hop = bytes([60, 0, 1, 4, 0, 0, 0, 0])
    destination = bytes([packet[6], 1, 1, 12]) + bytes(12)
    return [ethernet_frame(me.mac, peer.mac, ip_packet(packet[8:24], packet[24:40], 0, hop_by_hop + destination + packet[40:], 0))]


@sample("envelope-ipv6-extensions", "a session over IPv6 with a Hop-by-Hop and a Destination Options header in every packet",
        "the same as without them: the lengths come from behind the headers")
def ipv6_extensions(made):
    conn = made.connect(client="2001:db8::10", server="2001:db8::80", envelope=extended)
    conn.mss = 1416
    session(conn)


def in_two_vlans(me, peer, packet):
    frame = ethernet_frame(me.mac, peer.mac, packet, vlan=42)
    return [frame[:12] + struct.pack(">HH", 0x88A8, 100) + frame[12:]]


@sample("envelope-qinq", "a session in a VLAN inside a VLAN (802.1ad tag 100 around 802.1Q tag 42)", "the same as without the tags")
def qinq(made):
    session(made.connect(envelope=in_two_vlans))


class Fragmenter:
    """a link of a small MTU between the ends and the capture"""

    def __init__(self, mtu):
        self.room = (mtu - 20) // 8 * 8
        self.mixed_up = False  # the fragments of the next datagram that needs any: last, first, the rest

    def __call__(self, me, peer, packet):
        frames = [ethernet_frame(me.mac, peer.mac, piece) for piece in self.fragments(packet)]
        if self.mixed_up and len(frames) > 1:
            self.mixed_up = False
            frames = frames[-1:] + frames[:-1]
        return frames

    def fragments(self, packet):
        """RFC 791 §3.2"""
        identification, = struct.unpack(">H", packet[4:6])
        payload = packet[20:]
        for at in range(0, len(payload), self.room):
            more = 0x2000 if at + self.room < len(payload) else 0
            yield ip_packet(packet[12:16], packet[16:20], identification, payload[at:at + self.room], fragment=more | at // 8)


@sample("envelope-ip-fragments", "every long segment comes in two or three IPv4 fragments; once the last of them comes first",
        "all messages are there; each in the packet with the fragment that completes it")
def ip_fragments(made):
    link = Fragmenter(mtu=576)
    conn = made.connect(envelope=link)
    conn.handshake()
    conn.upgrade()
    talk(conn)
    conn.text("server", "in two fragments: " + numbered_lines(30))
    link.mixed_up = True
    conn.text("client", "in three, the last one first: " + numbered_lines(50))
    conn.text("server", "all there")
    conn.close()


def in_vxlan(me, peer, packet):
    """RFC 7348; the outer addresses are of the tunnel's ends, the network is 42"""
    inner = struct.pack(">II", 0x08 << 24, 42 << 8) + ethernet_frame(me.mac, peer.mac, packet)
    datagram = struct.pack(">HHHH", 49153, 4789, 8 + len(inner), 0) + inner  # no checksum, as RFC 7348 §4.1 wants it
    outer = ip_packet(TUNNEL[me.who], TUNNEL[peer.who], me.packets, datagram, UDP)
    return [ethernet_frame(b"\2\0\0\0\1" + me.mac[5:], b"\2\0\0\0\1" + peer.mac[5:], outer)]


@sample("envelope-vxlan", "a session in a VXLAN: Ethernet in UDP in IPv4 in Ethernet", "the addresses are the inner ones")
def vxlan(made):
    conn = made.connect(envelope=in_vxlan)
    conn.mss = 1410
    session(conn)


def in_gre(me, peer, packet):
    """RFC 2784, without the optional fields"""
    outer = ip_packet(TUNNEL[me.who], TUNNEL[peer.who], me.packets, struct.pack(">H", 0) + IPV4 + packet, GRE)
    return [ethernet_frame(me.mac, peer.mac, outer)]


@sample("envelope-gre", "a session in a GRE tunnel: IPv4 in IPv4", "the addresses are the inner ones")
def gre(made):
    conn = made.connect(envelope=in_gre)
    conn.mss = 1436
    session(conn)


# --- TCP that is not really there ----------------------------------------------------------------------------------


def too_big(made, conn, quoted, mtu=296):
    """a router tells the client so (RFC 1191 §4) and quotes what RFC 1812 §4.3.2.3 allows, which is all"""
    start, rest = bytes([3, 4]), struct.pack(">HH", 0, mtu) + quoted
    assert len(quoted) <= 576 - 28
    message = start + struct.pack(">H", internet_checksum(start + b"\0\0" + rest)) + rest
    error = ip_packet(ROUTER, quoted[12:16], 0, message, protocol=1, fragment=0)
    client, server = conn.ends("client")
    made.capture.put([ethernet_frame(server.mac, client.mac, error)])  # the router has the server's MAC: both are behind it


@sample("envelope-icmp-quote", "a router answers segments of the client with ICMP errors (fragmentation needed) that quote them "
        "whole: one that is in the capture and one that is not, which are then sent again in two, and one that was never sent",
        "what is quoted is no part of the connection: each message is there once, and \"never sent\" nowhere")
def icmp_quote(made):
    conn = made.opened()
    conn.text("server", "something")
    conn.text("client", "hello")
    small = 256
    seen = conn.frame("client", TEXT, "sent, quoted, and sent again in two: " + numbered_lines(14))
    whole = conn.datagram("client", seen, "PA")
    made.capture.put(conn.envelope(*conn.ends("client"), whole))
    too_big(made, conn, whole)
    conn.client(seen, split=(small,))
    missed = conn.frame("client", TEXT, "quoted before it is in the capture: " + numbered_lines(14))
    too_big(made, conn, conn.datagram("client", missed, "PA"))
    conn.client(missed, split=(small,))
    conn.text("server", "hello too!")
    never = conn.frame("client", TEXT, "never sent: " + numbered_lines(14), noted=False)
    too_big(made, conn, conn.datagram("client", never, "PA"))
    conn.text("client", "this was sent")
    conn.mss = small
    conn.ping("server", "are you there")
    conn.text("client", "in three, as the path wants it: " + numbered_lines(20))
    conn.text("server", "got it all")
    conn.close()


# --- instead of Ethernet -------------------------------------------------------------------------------------------


def cooked_as(kind, me, packet):
    return struct.pack(">HHH", kind, 1, 6) + me.mac.ljust(8, b"\0") + IPV4 + packet


def cooked(me, peer, packet):
    return [cooked_as(FROM_US if me.who == "client" else FROM_PEER, me, packet)]


@sample("envelope-cooked", "a session in a Linux cooked capture (SLL), as older versions of `tcpdump -i any` write it",
        "the same as on Ethernet")
def linux_cooked(made):
    made.capture.link = COOKED
    session(made.connect(envelope=cooked))


def cooked2(me, peer, packet):
    kind = FROM_US if me.who == "client" else FROM_PEER
    return [IPV4 + struct.pack(">HIHBB", 0, 2, 1, kind, 6) + me.mac.ljust(8, b"\0") + packet]


@sample("envelope-cooked2", "a session in a Linux cooked capture of version 2 (SLL2), as `tcpdump -i any` writes it",
        "the same as on Ethernet")
def linux_cooked2(made):
    made.capture.link = COOKED2
    session(made.connect(envelope=cooked2))


@sample("envelope-any-twice", "a Linux cooked capture on a bridge: each packet is there twice, as it came in and as it went out",
        "each message once")
def any_twice(made):
    made.capture.link = COOKED
    session(made.connect(envelope=lambda me, peer, packet: [cooked_as(kind, me, packet) for kind in (FROM_PEER, FROM_US)]))


@sample("envelope-null", "a session on BSD's loopback interface, where four bytes stand for a link layer",
        "the same as on Ethernet")
def null(made):
    made.capture.link = NULL
    session(made.connect(client="127.0.0.1", server="127.0.0.1",
                         envelope=lambda me, peer, packet: [struct.pack("<I", 2) + packet]))  # 2: AF_INET


class Wifi:
    """IEEE 802.11 QoS Data between a station, the client, and its access point; joined() puts packets into one A-MSDU."""
    BSSID = b"\2\0\0\0\0\1"

    def __init__(self, capture):
        capture.link = WIFI
        self.capture, self.waiting, self.frames = capture, None, 0

    def __call__(self, me, peer, packet):
        if self.waiting is not None:
            self.waiting.append((me, peer, packet))
            return []
        return [self.frame(me, peer, self.body(packet))]

    @contextlib.contextmanager
    def joined(self):
        self.waiting = []
        yield
        joined, self.waiting = self.waiting, None
        self.capture.put(self.aggregate(joined))

    def aggregate(self, packets):
        """IEEE 802.11-2020 §9.3.2.2.2; all of one direction, the last not padded"""
        subframes = b""
        for me, peer, packet in packets:
            body = self.body(packet)
            subframes += b"\0" * (-len(subframes) % 4) + peer.mac + me.mac + struct.pack(">H", len(body)) + body
        assert len({me.who for me, _, _ in packets}) == 1
        return self.frame(*packets[0][:2], subframes, amsdu=True)

    @staticmethod
    def body(packet):
        return b"\xaa\xaa\x03\0\0\0" + IPV4 + packet

    def frame(self, me, peer, body, amsdu=False):
        up = me.who == "client"
        addresses = (self.BSSID, me.mac) if up else (peer.mac, self.BSSID)
        third = self.BSSID if amsdu else peer.mac if up else me.mac
        self.frames += 1
        return (struct.pack("<BBH", 0x88, 1 if up else 2, 44) + b"".join(addresses) + third
                + struct.pack("<HH", self.frames << 4 & 0xFFFF, 0x80 if amsdu else 0) + body)


@sample("envelope-two-tcp-in-one-frame", "two sessions on 802.11, where one frame can hold two TCP segments (A-MSDU): of the same "
        "connection, of both, an ACK and data", "every message is there, also the second of a packet")
def two_tcp_in_one_frame(made):
    air = Wifi(made.capture)
    one, two = (made.opened(port, envelope=air, acks=False) for port in (40001, 40002))
    with air.joined():
        one.text("server", "one: the first segment of a frame")
        one.text("server", "one: the second segment of a frame")
    with air.joined():
        one.ack("client")
        one.text("client", "one: behind an ACK")
    with air.joined():
        one.text("server", "one: beside two")
        two.text("server", "two: beside one")
    with air.joined():
        two.text("client", "two: beside one")
        one.text("client", "one: beside two")
    with air.joined():
        two.text("client", "two: both segments in one frame\n" + numbered_lines(60))
    long = two.frame("server", TEXT, "two: begun behind an ACK, ended in the next frame\n" + numbered_lines(100))
    with air.joined():
        two.ack("server")
        two.server(long[:300])
    with air.joined():
        two.server(long[300:])
    two.ack("client")
    for conn in (one, two):
        conn.ping("server", "are you there")
        conn.close()


# --- around the packets --------------------------------------------------------------------------------------------


def interface_of_sender(me, peer, packet):
    return [Seen(0 if me.who == "client" else 1, ethernet_frame(me.mac, peer.mac, packet))]


def both_interfaces(me, peer, packet):
    frame = ethernet_frame(me.mac, peer.mac, packet)
    return [Seen(0, frame), Seen(1, frame)] if me.who == "client" else [Seen(1, frame), Seen(0, frame)]


@sample("envelope-two-interfaces", "a capture on two interfaces: of 40001 the client's packets are seen on the first and the "
        "server's on the second, of 40002 each packet on both", "two sessions, both ways in each; each message once")
def two_interfaces(made):
    made.capture.interfaces = ("eth0", "eth1")
    session(made.connect(40001, envelope=interface_of_sender))
    session(made.connect(40002, envelope=both_interfaces))


@sample("envelope-pcap", "a session in a file of the old pcap format", "the same as from pcapng", ending="pcap")
def old_pcap(made):
    session(made.connect())


@sample("envelope-gzip", "a session in a pcapng file inside gzip", "Wireshark opens it as it is", ending="pcapng.gz")
def in_gzip(made):
    session(made.connect())
