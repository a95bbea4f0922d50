# SPDX-License-Identifier: GPL-2.0-or-later
"""The rules of Pings, of the Close frames and of TCP's end behind them: each broken, kept, and not to be known."""
import struct

from samples.rules import BOTH, LOOK, Group, talk
from samples.sample import sample
from samples.websocket import CLOSE, PING, PONG

ENDING = Group()


def closes(conn, first="client", code=1000, lose=()):
    """both Close frames; lose: those that are not in the capture"""
    for who in (first, "server" if first == "client" else "client"):
        conn.send(who, conn.close_frame(who, code), lose=(0,) if who in lose else ())


def unseen_fin(conn, who):
    """a FIN that arrived, but is not in the capture"""
    conn.took(who, 1)


# --- Ping and Pong ---------------------------------------------------------------------------------------------------


@ENDING.rule("ping-unanswered", "server")
def ping_unanswered(case):
    conn = case.opened()
    conn.client(conn.frame("client", PING, "are you there?"))
    if not case.broken:
        conn.server(conn.frame("server", PONG, "are you there?"), **case.lost)
    conn.close()


@ENDING.rule("pong-data-differs", "server", also={"server": ["ping-unanswered"]})
def pong_data_differs(case):
    conn = case.opened()
    conn.client(conn.frame("client", PING, "12345678"))
    conn.server(conn.frame("server", PONG, "12345678" if case.kept else "1234"), **case.lost)
    conn.close()


@ENDING.rule("pong-late", "server")
def pong_late(case):
    """missing: a Pong was sent in time, and is not in the capture; the one that is there was sent for good measure"""
    conn = case.opened()
    conn.client(conn.frame("client", PING, "are you there?"))
    if case.missing:
        conn.server(conn.frame("server", PONG, "are you there?"), **case.lost)
    case.made.capture.pause(2 if case.kept else 12)
    conn.server(conn.frame("server", PONG, "are you there?"))
    conn.close()


@ENDING.rule("ping-after-close", "client")
def ping_after_close(case):
    conn = case.opened()
    if case.kept:
        conn.ping("client", "still there?")
        return conn.close()
    conn.client(conn.close_frame("client"), **case.lost)
    conn.client(conn.frame("client", PING, "still there?"))
    conn.server(conn.close_frame("server"))
    return conn.end()


# --- Close frames ----------------------------------------------------------------------------------------------------


def bad_payload(rule, broken, kept, answered, readable=True):
    """the server's Close is the break; the client's answer to the broken one ends the connection; readable: the reason is text"""

    def play(case):
        conn = case.opened()
        conn.server(conn.frame("server", CLOSE, kept if case.kept else broken, noted=readable or case.kept), **case.lost)
        conn.client(conn.close_frame("client", 1000 if case.kept else answered), ack=False)
        conn.end()

    ENDING.add(rule, "server", play)


bad_payload("close-payload-one-byte", b"\x03", b"\x03\xe8", 1002)
bad_payload("close-reason-not-utf8", b"\x03\xe8" + "café".encode("latin-1"), b"\x03\xe8" + "café".encode(), 1007,
            readable=False)
bad_payload("close-code-not-allowed", struct.pack(">H", 1005), struct.pack(">H", 1000), 1002)


@ENDING.rule("close-code-unassigned", "server")
def close_code_unassigned(case):
    """missing: both Close frames, for the echo has the code, too"""
    conn = case.opened()
    closes(conn, "server", 3000 if case.kept else 2000, lose=BOTH if case.missing else ())
    conn.end()


@ENDING.rule("close-code-of-the-other-role", "server")
def close_code_of_the_other_role(case):
    conn = case.opened()
    closes(conn, "server", 1011 if case.kept else 1010, lose=("server",) if case.missing else ())
    conn.end()


@ENDING.rule("data-after-close", "server")
def data_after_close(case):
    conn = case.opened()
    if case.kept:
        conn.text("server", "one more thing")
        return conn.close(first="server")
    conn.server(conn.close_frame("server"), **case.lost)
    conn.text("server", "one more thing")
    conn.client(conn.close_frame("client"))
    return conn.end()


@ENDING.rule("close-repeated", "server")
def close_repeated(case):
    conn = case.opened()
    if not case.kept:
        conn.server(conn.close_frame("server"), **case.lost)
    closes(conn, "server")
    conn.end()


@ENDING.rule("close-code-not-echoed", "client")
def close_code_not_echoed(case):
    conn = case.opened()
    conn.server(conn.close_frame("server", 1001), **case.lost)
    conn.client(conn.close_frame("client", 1001 if case.kept else 1000))
    conn.end()


@ENDING.rule("close-unanswered", "client", also={"client": ["tcp-ended-without-close"]})
def close_unanswered(case):
    conn = case.opened()
    conn.server(conn.close_frame("server"))
    if not case.broken:
        conn.client(conn.close_frame("client"), **case.lost)
    conn.end(first="client" if case.broken else "server")


@ENDING.rule("close-crossed", BOTH)
def close_crossed(case):
    conn = case.opened()
    if case.kept:
        return conn.close()
    server = conn.sides["server"]
    unaware = server.expects
    conn.client(conn.close_frame("client"), ack=False)
    aware, server.expects = server.expects, unaware  # the client's is still under way
    conn.server(conn.close_frame("server"), ack=False, **case.lost)
    server.expects = aware
    for who in BOTH:
        conn.ack(who)
    return conn.end()


# --- the end of TCP --------------------------------------------------------------------------------------------------


@ENDING.rule("tcp-closed-by-client-first", "client")
def tcp_closed_by_client_first(case):
    """missing: the server was first, but its FIN is not in the capture; the client acknowledges it"""
    conn = case.opened()
    closes(conn)
    if case.missing:
        unseen_fin(conn, "server")
        return conn.fin("client")
    return conn.end(first="server" if case.kept else "client")


@ENDING.rule("tcp-kept-open-after-close", "server")
def tcp_kept_open_after_close(case):
    """missing: the server's FIN came at once, and is not in the capture; it was the client that took its time"""
    conn = case.opened()
    closes(conn)
    if case.missing:
        unseen_fin(conn, "server")
        conn.ack("client")
        case.made.capture.pause(10)
        return conn.fin("client")
    if case.broken:
        case.made.capture.pause(10)
    return conn.end()


@ENDING.rule("tcp-ended-without-close", "server")
def tcp_ended_without_close(case):
    conn = case.opened()
    if not case.broken:
        closes(conn, "server", lose=BOTH if case.missing else ())
    conn.end()


@ENDING.rule("closing-handshake-skipped", "client", also={"client": ["tcp-ended-without-close"]})
def closing_handshake_skipped(case):
    """missing: there was a Close in front of the FIN, but it is not in the capture"""
    conn = case.opened()
    if case.kept:
        return conn.close()
    if case.missing:
        conn.client(conn.close_frame("client"), **case.lost)
    return conn.end(first="client")


@ENDING.rule("rst-after-close", "server")
def rst_after_close(case):
    """missing: the server's Close; as far as one can see, the RST came instead of it"""
    conn = case.opened()
    closes(conn, lose=("server",) if case.missing else ())
    if case.kept:
        conn.end()
    else:
        conn.rst("server")


@sample("rules-close", ENDING.what("of Ping and Pong, of the Close frames, and of the end of TCP"), LOOK)
def rules_close(made):
    ENDING.play(made)
