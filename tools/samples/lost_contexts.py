# SPDX-License-Identifier: GPL-2.0-or-later
"""Compressed messages that refer back to what the capture does not have, or to what nobody wants to have in memory."""
from samples.deflate import Compressed, Damaged, Deflater, agreed
from samples.losses import begun
from samples.sample import sample
from samples.websocket import BINARY, fixed_bytes

BOTH = ("client", "server")
NO_TAKEOVER = "; server_no_context_takeover; client_no_context_takeover"
FOX = "the quick brown fox jumps over the lazy dog"


def other(who):
    return "server" if who == "client" else "client"


def contexts(takeover):
    return Deflater(takeover=takeover), Deflater(takeover=takeover)


def transfer(number):
    """messages of one shape, of which hardly two are equal"""
    account, amount = 4711 + number * number * 37 % 5000, number * 7919 % 100000
    return f'{{"to":"account {account}","amount":{amount // 100}.{amount % 100:02},"note":"invoice {number * 31 % 997}"}}'


@sample("defect-10-lost-segment-compressed", "short compressed messages of one shape; the segment of one of them is not in "
        "the capture: 40001 with context takeover, later messages refer back to it; 40002 without; 40003 with, but further on "
        "a message refers to nothing, and those behind it only to what came after", "40001 shows no text that hangs on the "
        "lost message; of 40002 all others are right, and of 40003 those from the new beginning on")
def lost_segment_compressed(made):
    made.lossy = True
    for port, who, takeover, renewed in ((40001, "client", True, False), (40002, "client", False, False),
                                         (40003, "server", True, True)):
        parameters = "" if takeover else NO_TAKEOVER
        conn = agreed(made, port, parameters, parameters)
        zipped = Damaged(conn, *contexts(takeover))
        for number in range(1, 31):
            if number == 16 and renewed:
                zipped.contexts[who].forget()
            if number == 9:
                zipped.lost(who, transfer(number))
            else:
                zipped.text(who, transfer(number))
            zipped.text(other(who), f'{{"done":{number}}}')
        conn.close()


RUNS = 243854  # of 258 zeros: 60 MiB, less some bytes


@sample("defect-21-bomb", "a compressed message of 60 KiB inflates to 60 MiB of zeros: 40001 of the server, with context "
        "takeover; 40002 of the client, without; ordinary messages before and after it", "length and SHA-256 of the zeros, or "
        "that they were given up; no more memory than that takes; the messages after it, unless they refer back into it")
def bomb(made):
    made.lossy = True  # nobody has to inflate the bomb
    for port, who, takeover in ((40001, "server", True), (40002, "client", False)):
        parameters = "" if takeover else NO_TAKEOVER
        conn = agreed(made, port, parameters, parameters, acks=False)
        zipped = Compressed(conn, *contexts(takeover))
        context = zipped.contexts[who]
        for number in range(1, 4):
            for each in BOTH:
                zipped.text(each, f"{each} {number}: {FOX}")
        conn.send(who, zipped.frame(who, bytes(1 + 258 * RUNS), BINARY, payload=context.bomb(RUNS)))
        for number in range(4, 8):
            for each in BOTH:
                zipped.text(each, f"{each} {number}: {FOX}")
        conn.send(who, zipped.frame(who, bytes(300) + fixed_bytes("behind the zeros", 20), BINARY))  # refers back into the bomb
        assert not takeover or context.farthest > 4 * len(FOX)
        conn.text(who, "not compressed")
        conn.close()


@sample("defect-22-late-start-compressed", "the capture begins after the 101; compressed with context takeover both ways: "
        "40001 the first captured messages refer back to messages before the capture, later ones only to what is in it; of "
        "40002 all do", "no text is made up of what cannot be known; the later ones can be read, and are called inferred")
def late_start_compressed(made):
    made.lossy = True
    for port, seen_from_start in ((40001, False), (40002, True)):
        conn = begun(made, port)
        conn.extensions = "permessage-deflate"
        zipped = Damaged(conn)
        for number in range(1, 6):
            for who in BOTH:
                zipped.unseen(who, transfer(number))
        for number in range(6, 30):
            for who in BOTH:
                if number == (6 if seen_from_start else 14):
                    zipped.contexts[who].forget()
                zipped.text(who, transfer(number + (100 if who == "server" else 0)))
        conn.close()
