# SPDX-License-Identifier: GPL-2.0-or-later
"""Packets as bytes: Ethernet, IPv4 or IPv6, TCP, and the capture file around them. Nothing here knows what a TCP connection is."""
import ipaddress
import struct
import typing
import zlib

START = 1767225600 * 1000000  # 2026-01-01 00:00:00 UTC, in microseconds: a made capture has no other time
STEP = 200  # microseconds between two packets when a sample says nothing else
COPY_GAP = 2  # microseconds between a packet and its copy, or between the frames of one packet

ETHERNET = 1  # the link type of a capture that says nothing else

FLAGS = {"F": 0x01, "S": 0x02, "R": 0x04, "P": 0x08, "A": 0x10}


def internet_checksum(data):
    """RFC 1071"""
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def tcp_segment(source, destination, ports, seq, ack, flags, window, options, payload, spoil_checksum=False):
    """RFC 9293 §3.1; source and destination are the packed IP addresses, which the checksum covers too"""
    offset = (5 + len(options) // 4) << 4
    bits = sum(FLAGS[letter] for letter in flags)

    def header(checksum):
        return struct.pack(">HHIIBBHHH", *ports, seq, ack, offset, bits, window, checksum, 0) + options

    length = len(header(0)) + len(payload)
    if len(source) == 4:
        pseudo = source + destination + struct.pack(">BBH", 0, 6, length)
    else:
        pseudo = source + destination + struct.pack(">II", length, 6)
    checksum = internet_checksum(pseudo + header(0) + payload)
    return header(checksum ^ 0x5555 if spoil_checksum else checksum) + payload


def ip_packet(source, destination, identification, segment, protocol=6, fragment=0x4000):
    """RFC 791 or RFC 8200, whichever the addresses are of; fragment: IPv4's flags and offset"""
    if len(source) == 16:
        return struct.pack(">IHBB", 6 << 28, len(segment), protocol, 64) + source + destination + segment
    start = struct.pack(">BBHHHBB", 0x45, 0, 20 + len(segment), identification, fragment, 64, protocol)
    checksum = internet_checksum(start + b"\0\0" + source + destination)
    return start + struct.pack(">H", checksum) + source + destination + segment


def ethernet_frame(source, destination, packet, vlan=None, padded=False):
    kind = struct.pack(">H", 0x0800 if packet[0] >> 4 == 4 else 0x86DD)
    tag = b"" if vlan is None else struct.pack(">HH", 0x8100, vlan)
    frame = destination + source + tag + kind + packet
    return frame.ljust(60, b"\0") if padded else frame


def packed(address):
    return ipaddress.ip_address(address).packed


def block(kind, body):
    """a pcapng block: its length stands before and after it"""
    body += b"\0" * (-len(body) % 4)
    length = struct.pack("<I", len(body) + 12)
    return struct.pack("<I", kind) + length + body + length


def option(code, value):
    """of a pcapng block"""
    return struct.pack("<HH", code, len(value)) + value + b"\0" * (-len(value) % 4)


def gzip_stored(data):
    """RFC 1952 without compression (RFC 1951 §3.2.4) and without a time: the same bytes come out everywhere"""
    pieces = [data[i:i + 0xFFFF] for i in range(0, len(data), 0xFFFF)]
    blocks = [struct.pack("<BHH", number == len(pieces) - 1, len(piece), len(piece) ^ 0xFFFF) + piece
              for number, piece in enumerate(pieces)]
    return b"\x1f\x8b\x08\0\0\0\0\0\0\xff" + b"".join(blocks) + struct.pack("<II", zlib.crc32(data), len(data))


class Seen(typing.NamedTuple):
    """a frame in a capture of several interfaces"""
    interface: int
    frame: bytes


class Capture:
    """Packets with their times, in the order in which they are put in."""

    def __init__(self):
        self.now = START
        self.link = ETHERNET
        self.interfaces = (None,)  # their names
        self.snaplen = 262144
        self.keeps = None  # of each packet that is put in from now on, no more than so many bytes; the file does not say so
        self.copies = 1  # 2: each packet is in the file twice, as a mirror port that sees both ways gives it
        self.cut = 0  # so many bytes are missing at the end of the file
        self.secrets = ""  # a TLS key log
        self.packets = []

    def pause(self, seconds):
        self.now += round(seconds * 1000000)

    def put(self, packet):
        """a frame, or a list of the frames that a packet comes in"""
        frames = packet if isinstance(packet, list) else [packet]
        for number, frame in enumerate(frames * self.copies):
            self.packets.append((self.now + number * COPY_GAP, frame, min(self.snaplen, self.keeps or self.snaplen)))
        if frames:
            self.now += STEP

    def file(self, ending):
        return {"pcapng": self.pcapng, "pcap": self.pcap, "pcapng.gz": lambda: gzip_stored(self.pcapng())}[ending]()

    def interface(self, name):
        options = option(2, name.encode()) + option(0, b"") if name else b""
        return block(1, struct.pack("<HHI", self.link, 0, self.snaplen) + options)  # times in microseconds

    def pcapng(self):
        section = struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1)
        parts = [block(0x0A0D0D0A, section)] + [self.interface(name) for name in self.interfaces]
        if self.secrets:
            parts.append(block(10, struct.pack("<II", 0x544C534B, len(self.secrets)) + self.secrets.encode()))
        for time, packet, kept in self.packets:
            interface, frame = packet if isinstance(packet, Seen) else (0, packet)
            data = frame[:kept]
            parts.append(block(6, struct.pack("<IIIII", interface, time >> 32, time & 0xFFFFFFFF, len(data), len(frame)) + data))
        whole = b"".join(parts)
        return whole[: len(whole) - self.cut]

    def pcap(self):
        """the old format, in microseconds; it knows one interface only"""
        parts = [struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, self.snaplen, self.link)]
        for time, frame, kept in self.packets:
            data = frame[:kept]
            parts.append(struct.pack("<IIII", *divmod(time, 1000000), len(data), len(frame)) + data)
        whole = b"".join(parts)
        return whole[: len(whole) - self.cut]
