# SPDX-License-Identifier: GPL-2.0-or-later
"""What nobody sends but to do harm, or a very broken program: nothing may fail, and no message may be made up."""
from samples.sample import sample
from samples.websocket import PING, TEXT, fixed_bytes, head

BOTH = ("client", "server")
HEADS = 30
WINDOW = 29200  # bytes that are on their way at once, 20 segments
WRAP = 1 << 32


def other(who):
    return "server" if who == "client" else "client"


@sample("hostile-heads", f"{HEADS} connections from 40001 on that never finish the head of their upgrade request, each a bit "
        f"farther; 40031 a head with 300 KiB of header lines, refused with 431; 40032 a request line of 100 KiB, refused with "
        f"414", "no messages, and no memory lost on them")
def hostile_heads(made):
    for number in range(HEADS):
        conn = made.connect(40001 + number, acks=False)
        conn.handshake()
        whole = conn.request()
        bit = whole[:1 + (len(whole) - 2) * number // (HEADS - 1)]
        conn.client(bit, split=[len(bit) // 3 + 1] * (number % 3))
        leave(made, conn, number)
    lines = [f"X-Filler-{number}: {fixed_bytes(f'filler {number}', 64).hex()}" for number in range(2160)]
    assert sum(map(len, lines)) > 300 * 1024
    refused(made, 40031, "/chat", "431 Request Header Fields Too Large", *lines)
    refused(made, 40032, "/chat?" + "long" * 25600, "414 URI Too Long")


def leave(made, conn, number):
    """in one of the ways to end without having said more, or not at all"""
    if number % 4 == 0:
        conn.end(first="client")
    elif number % 4 == 1:
        conn.rst("server")
    elif number % 4 == 2:
        made.capture.pause(30)
        conn.end()


def refused(made, port, path, status, *lines):
    conn = made.connect(port)
    conn.facts["case"] = status
    conn.handshake()
    asked = conn.request(*lines, path=path)
    for at in range(0, len(asked), WINDOW):
        conn.client(asked[at:at + WINDOW])
    conn.server(head(f"HTTP/1.1 {status}", "Content-Length: 0", "Connection: close"))
    conn.end()


@sample("hostile-jumps", "ordinary sessions with segments in between that no TCP would take: 40001 2^31 ahead, 40002 2^30 "
        "ahead, 40003 far back, 40004 acknowledgments of bytes that were never sent, 40005 data beyond the window, 40006 all "
        "of it, 40007 SYN, FIN and RST with such numbers", "nothing of those segments is called exact; the ordinary messages "
        "go on if they can")
def hostile_jumps(made):
    made.lossy = True  # what a receiver drops, an observer may believe
    jumps = {
        40001: lambda conn, who, number: jump(conn, who, number, (1 << 31) + number - 2),
        40002: lambda conn, who, number: jump(conn, who, number, (1 << 30) + number * 7),
        40003: lambda conn, who, number: jump(conn, who, number, -(1000, 1 << 16, 1 << 24, (1 << 31) - 1)[number % 4]),
        40004: lambda conn, who, number: acknowledge_unsent(conn, who, (1, 1000, 1 << 20, 1 << 30)[number % 4]),
        40005: lambda conn, who, number: jump(conn, who, number, (64240, 65536, 1 << 20, 1 << 24)[number % 4]),
    }
    for port, play in jumps.items():
        ordinary(made.opened(port), play)
    plays = list(jumps.values())
    ordinary(made.opened(40006), lambda conn, who, number: [play(conn, who, number) for play in plays])
    ordinary(made.opened(40007), flags_that_jump)


def ordinary(conn, between):
    """a session, with a call after each pair of messages"""
    for number in range(8):
        for who in BOTH:
            conn.text(who, f"{who}: ordinary message {number}")
            between(conn, who, number)
    conn.ping("server", "still there")
    conn.close()


def jump(conn, who, number, distance):
    """a frame, distance bytes away from where the next one belongs; the other end says what it waits for (RFC 9293 §3.10.7.4)"""
    made = conn.frame(who, TEXT, f"{who}: jumped {number}", noted=False)
    conn.show(who, made, flags="PA", seq=conn.sides[who].next_seq + distance)
    conn.ack(other(who))


def acknowledge_unsent(conn, who, count):
    """with nothing in it, then with the end's own next message"""
    side = conn.sides[who]
    right, side.expects = side.expects, (side.expects + count) % WRAP
    conn.ack(who)
    conn.text(who, f"{who}: with the acknowledgment of {count} bytes too many", ack=False)
    side.expects = right
    conn.ack(other(who))


def flags_that_jump(conn, who, number):
    """of these a receiver takes none"""
    flags, distance = (("S", 1 << 20), ("FA", 1 << 28), ("R", 1 << 30), ("RA", -(1 << 20)), ("SA", 1 << 31), ("FA", -5000),
                       ("RA", 1 << 22), ("S", -(1 << 29)))[number]
    conn.show(who, flags=flags, seq=conn.sides[who].next_seq + distance)
    conn.ack(other(who))


class Dice:
    """numbers without a pattern, the same in every run"""

    def __init__(self, label):
        self.label, self.thrown = label, 0

    def throw(self, sides):
        self.thrown += 1
        return int.from_bytes(fixed_bytes(f"{self.label} {self.thrown}", 8), "big") % sides

    def chance(self, of):
        return self.throw(of) == 0


@sample("hostile-noise", "behind good handshakes frames with any opcode, reserved bits, mask, length and payload; from the "
        "client, from the server, from both; in segments of any size", "broken rules by name; nothing fails")
def hostile_noise(made):
    for number in range(24):
        conn = made.opened(40001 + number, acks=False)
        conn.untold = True
        dice = Dice(f"connection {number}")
        for who in BOTH:
            conn.text(who, f"{who}: before the noise")
        senders = (("client",), ("server",), BOTH)[number % 3]
        for _ in range(16):
            for who in senders:
                frames = b"".join(any_frame(conn, who, dice) for _ in range(1 + dice.throw(4)))
                conn.send(who, frames, split=[1 + dice.throw(200) for _ in range(dice.throw(4))])
        conn.send("client", conn.frame("client", PING, "after the noise"))
        leave(made, conn, number)


def any_frame(conn, who, dice):
    payload = fixed_bytes(f"{dice.label} {dice.thrown}", dice.throw(300) if dice.throw(8) else dice.throw(3000))
    options = {"fin": bool(dice.throw(3)), "rsv": 0 if dice.throw(3) else dice.throw(8)}
    if dice.chance(4):
        options["masked"] = bool(dice.throw(2))
    if dice.chance(6):
        options["wide"] = (16, 64)[dice.throw(2)]
    if dice.chance(30):
        options["length"] = 1 << dice.throw(63)
    elif dice.chance(12):
        options["length"] = dice.throw(600)  # so that the next header is no header
    return conn.frame(who, dice.throw(16) if dice.throw(2) else dice.throw(3), payload, noted=False, **options)
