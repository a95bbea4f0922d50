# SPDX-License-Identifier: GPL-2.0-or-later
"""Bytes that the capture does not have. What is known must be shown; what is not must not be made up."""
from samples.sample import sample
from samples.websocket import PING, TEXT


def numbered_lines(count):
    return "".join(f"line {n:04d} of a long message\n" for n in range(count))


@sample("lost-segment", "the third of five segments of a long message is not in the capture, though the client acknowledges it; "
        "messages go on after it", "the long message has a hole of known size; every other message is exact")
def lost_segment(made):
    made.lossy = True
    conn = made.opened()
    conn.text("server", "all here")
    conn.send("server", conn.frame("server", TEXT, numbered_lines(220), incomplete=True), lose=(2,))
    conn.text("client", "got the long one")
    for n in range(1, 7):
        conn.text("server", f"message {n} after the hole")
    conn.close()


@sample("lost-header", "the segment that holds a frame's header is not in the capture; the rest of the frame and more messages are",
        "nothing is made up from the headless bytes: they are counted and marked, not decoded")
def lost_header(made):
    made.lossy = True
    conn = made.opened()
    conn.text("server", "all here")
    conn.send("server", conn.frame("server", TEXT, numbered_lines(100), incomplete=True), lose=(0,))
    conn.text("client", "got the long one")
    for n in range(1, 9):
        conn.text("server", f"message {n} after the hole")
    conn.close()


@sample("snaplen", "the capture kept 96 bytes of each packet: 42 of the TCP payload",
        "both heads are cut as well: there is a session, its bytes are counted and marked, and nothing is called exact")
def snaplen(made):
    made.lossy = True
    made.capture.snaplen = 96
    conn = made.opened()
    conn.text("server", "short enough")
    conn.text("client", "short enough too")
    conn.send("server", conn.frame("server", TEXT, "a message longer than what was kept: " + "y" * 163, incomplete=True))
    conn.send("client", conn.frame("client", TEXT, "masked, and longer than what was kept: " + "z" * 61, incomplete=True))
    conn.send("server", conn.frame("server", TEXT, "this one is whole in the packet") +
              conn.frame("server", TEXT, "this one is behind the cut", incomplete=True))
    conn.ping("server", "ping")
    conn.text("client", "still in step")
    conn.close()


@sample("cut-file", "the file ends in the middle of a packet, as after a crash or a full disk",
        "what was read is shown, all of it; the messages before the cut are exact")
def cut_file(made):
    conn = made.opened()
    conn.text("server", "something")
    conn.text("client", "hello")
    conn.text("server", "hello too!")
    conn.send("client", conn.frame("client", PING, "the last whole packet"), ack=False)
    conn.send("server", conn.frame("server", TEXT, "these words are cut off in the middle", noted=False), ack=False)
    made.capture.cut = 30
