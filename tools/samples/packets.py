# SPDX-License-Identifier: GPL-2.0-or-later
"""Packets as bytes: Ethernet, IPv4 or IPv6, TCP, and the pcapng file around them. Nothing here knows what a TCP connection is."""
import ipaddress
import struct

START = 1767225600 * 1000000  # 2026-01-01 00:00:00 UTC, in microseconds: a made capture has no other time
STEP = 200  # microseconds between two packets when a sample says nothing else
COPY_GAP = 2  # microseconds between a packet and its copy

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


def ip_packet(source, destination, identification, segment):
    """RFC 791 or RFC 8200, whichever the addresses are of"""
    if len(source) == 16:
        return struct.pack(">IHBB", 6 << 28, len(segment), 6, 64) + source + destination + segment
    start = struct.pack(">BBHHHBB", 0x45, 0, 20 + len(segment), identification, 0x4000, 64, 6)
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


class Capture:
    """Packets with their times, in the order in which they are put in."""

    def __init__(self):
        self.now = START
        self.snaplen = 262144
        self.copies = 1  # 2: each packet is in the file twice, as a mirror port that sees both ways gives it
        self.cut = 0  # so many bytes are missing at the end of the file
        self.packets = []

    def pause(self, seconds):
        self.now += round(seconds * 1000000)

    def put(self, packet):
        for copy in range(self.copies):
            self.packets.append((self.now + copy * COPY_GAP, packet))
        self.now += STEP

    def pcapng(self):
        section = struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1)
        interface = struct.pack("<HHI", 1, 0, self.snaplen)  # link type 1: Ethernet; times in microseconds
        parts = [block(0x0A0D0D0A, section), block(1, interface)]
        for time, packet in self.packets:
            data = packet[: self.snaplen]
            parts.append(block(6, struct.pack("<IIIII", 0, time >> 32, time & 0xFFFFFFFF, len(data), len(packet)) + data))
        whole = b"".join(parts)
        return whole[: len(whole) - self.cut]
