# SPDX-License-Identifier: GPL-2.0-or-later
"""What TCP does to the bytes without losing any: each message must be there once, and whole."""
from samples.sample import sample
from samples.websocket import CLOSE, PING, TEXT, close_payload, request, response

RETRANSMISSION_TIMEOUT = 0.25  # seconds; far from what could pass for reordering


@sample("overlap", "a retransmission that carries an old message, not acknowledged yet, and a new one in one segment",
        "both client messages are there, each once; Wireshark's TCP drops the whole second segment")
def overlap(made):
    conn = made.opened()
    conn.text("server", "before the overlap")
    first = conn.frame("client", TEXT, "old words, sent twice")
    conn.client(first, ack=False)
    made.capture.pause(RETRANSMISSION_TIMEOUT)
    conn.client(conn.frame("client", TEXT, "new words, sent once"), back=len(first))
    conn.text("server", "after the overlap")
    conn.close()


@sample("overlap-mid", "a retransmission that begins in the middle of an old message and goes on with a new one",
        "both client messages are there, each once")
def overlap_mid(made):
    conn = made.opened()
    conn.text("server", "before the overlap")
    first = conn.frame("client", TEXT, "old words, the second half sent twice")
    conn.client(first, ack=False)
    made.capture.pause(RETRANSMISSION_TIMEOUT)
    conn.client(conn.frame("client", TEXT, "new words, sent once"), back=len(first) // 2)
    conn.text("server", "after the overlap")
    conn.close()


@sample("zero-window-probe", "the server's window is full; the client probes three times with the first byte of its next message",
        "the byte sent four times counts once; the message after the probes is right")
def zero_window_probe(made):
    conn = made.connect()
    conn.handshake()
    conn.upgrade()
    server = conn.sides["server"]
    filling = conn.frame("client", TEXT, "this fills the window")
    server.window = len(filling)
    conn.text("server", "my window is small")
    server.window = 0
    conn.client(filling)
    delayed = conn.frame("client", TEXT, "this waits for room")
    for wait in (0.2, 0.4, 0.8):
        made.capture.pause(wait)
        conn.show("client", delayed[:1], flags="PA")  # new, but not taken
        conn.ack("server")
    server.window = 64240
    conn.ack("server")
    conn.client(delayed)
    conn.text("server", "room again")
    conn.close()


@sample("keep-alive", "TCP keep-alives of one garbage byte in front of the next sequence number, both ways",
        "the garbage is no part of any message")
def keep_alive(made):
    conn = made.opened()
    conn.text("client", "before the silence")
    for who, other in (("client", "server"), ("server", "client"), ("client", "server")):
        made.capture.pause(45)
        conn.show(who, b"\0", seq=conn.sides[who].next_seq - 1)
        conn.ack(other)
    conn.text("server", "still here")
    conn.text("client", "so am I")
    conn.close()


@sample("fin-with-data", "the last message, the Close frame and the FIN in one segment, both ways",
        "the messages and Close frames in the FIN packets count; the end is clean")
def fin_with_data(made):
    conn = made.opened()
    conn.text("client", "hello")
    conn.text("server", "hello too!")
    last = conn.frame("server", TEXT, "last words") + conn.close_frame("server", 1001, "going away")
    conn.server(last, fin=True, ack=False)
    conn.client(conn.close_frame("client", 1001), fin=True)


@sample("rst-with-data", "two connections ended by a RST that carries bytes: the first the reason in plain words (RFC 1122 §4.2.2.12), "
        "the second a whole text frame",
        "what the RST of 40001 carries is no frame; of 40002 nothing is asked")
def rst_with_data(made):
    conn = made.opened(40001)
    conn.text("client", "are you there?")
    conn.text("server", "not for long")
    conn.rst("server", b"shutting down: no memory")
    conn = made.opened(40002)
    conn.untold = True
    conn.text("client", "are you there?")
    conn.text("server", "not for long")
    conn.rst("server", conn.frame("server", TEXT, "words on a RST"))


@sample("bad-checksum", "a message in a segment with a wrong TCP checksum, as a sender with checksum offload shows it; acknowledged",
        "all messages are there, also with tcp.check_checksum on")
def bad_checksum(made):
    conn = made.opened()
    conn.text("client", "checksum right")
    conn.text("client", "checksum wrong", spoil_checksum=True)
    conn.text("server", "checksum wrong here too", spoil_checksum=True)
    conn.text("client", "checksum right again")
    conn.close()


@sample("sequence-wrap", "sequence numbers go past 2^32 in the middle of a message, both ways",
        "the two long messages are right; absolute sequence numbers begin again at 0")
def sequence_wrap(made):
    to_wrap = 300  # bytes from the first frame to the wrap
    conn = made.connect(client_isn=(1 << 32) - len(request()) - to_wrap, server_isn=(1 << 32) - len(response()) - to_wrap)
    conn.handshake()
    conn.upgrade()
    for who in ("client", "server"):
        conn.text(who, f"from the {who}, before the wrap")
        conn.text(who, f"from the {who}, across the wrap: " + "0123456789" * 40, split=(200,))
        conn.text(who, f"from the {who}, after the wrap")
    conn.close()


@sample("every-packet-twice", "each packet is in the file twice, as a mirror port of both ways gives it",
        "each message once; TCP calls the copies retransmissions")
def every_packet_twice(made):
    made.capture.copies = 2
    conn = made.opened()
    conn.text("server", "something")
    conn.text("client", "hello")
    conn.text("server", "hello too!")
    conn.ping("server", "are you there")
    conn.close()


@sample("port-reuse", "two connections after each other between the same two ports; the truth file joins their messages",
        "two sessions; nothing of the first in the second")
def port_reuse(made):
    conn = made.opened()
    conn.text("client", "first connection")
    conn.text("server", "first answer")
    conn.client(conn.frame("client", TEXT, "first, never finished", fin=False, noted=False))
    conn.rst("server")
    made.capture.pause(30)
    conn = made.opened(client_isn=2000000, server_isn=7000000)
    conn.text("client", "second connection")
    conn.text("server", "second answer")
    conn.close()


@sample("duplicate-syn", "the SYN is sent twice, a second apart, before the server answers",
        "the session begins with the first SYN; the handshake took a second")
def duplicate_syn(made):
    conn = made.connect()
    conn.handshake(lost_syns=1)
    conn.upgrade()
    conn.text("client", "hello at last")
    conn.text("server", "sorry, I was busy")
    conn.close()


@sample("many-frames-one-packet", "fourteen frames in one segment of the server, three in one of the client",
        "each frame is listed, in order, in the tree and in the Info column")
def many_frames_one_packet(made):
    conn = made.opened()
    words = [conn.frame("server", TEXT, f"message {n} of one packet") for n in range(1, 10)]
    rest = [conn.frame("server", TEXT, ""), conn.frame("server", 2, bytes(range(16))), conn.frame("server", PING, "ping"),
            conn.frame("server", TEXT, "longer than a short length can say: " + "x" * 100), conn.frame("server", PING, "")]
    conn.server(b"".join(words + rest))
    conn.client(conn.frame("client", 10, "ping") + conn.frame("client", 10, "") + conn.frame("client", TEXT, "got them all"))
    conn.close()


@sample("ipv6", "a session over IPv6", "addresses in brackets: ws://[2001:db8::80]:8080/chat")
def ipv6(made):
    conn = made.opened(client="2001:db8::10", server="2001:db8::80")
    talk(conn)


@sample("vlan", "a session in a VLAN (802.1Q tag 42)", "the same as without the tag")
def vlan(made):
    talk(made.opened(vlan=42))


@sample("ethernet-padding", "short packets are padded to 60 bytes with zeros, as a receiving network card shows them",
        "the padding is no part of any message: the IP header says where the packet ends")
def ethernet_padding(made):
    conn = made.opened(padded=True)
    conn.text("server", "")
    conn.text("server", "two!", split=(2,))
    talk(conn)


def talk(conn):
    conn.text("server", "something")
    conn.text("client", "hello")
    conn.text("server", "hello too!")
    conn.send("client", conn.frame("client", CLOSE, close_payload(1000, "bye")))
    conn.send("server", conn.frame("server", CLOSE, close_payload(1000)))
    conn.end()
