# SPDX-License-Identifier: GPL-2.0-or-later
"""The list of samples. Each is a function that is given an empty Sample and plays its connections into it."""
from samples.connection import Connection
from samples.packets import Capture

ALL = []


class Sample:
    def __init__(self, name, what, look):
        self.name, self.what, self.look = name, what, look
        self.capture = Capture()
        self.connections = []
        self.lossy = False  # bytes of messages are missing in the capture
        self.negative = name.startswith("negative-")  # holds no WebSocket at all

    def connect(self, *args, kind=Connection, **options):
        self.connections.append(kind(self.capture, *args, **options))
        return self.connections[-1]

    def opened(self, *args, **options):
        """a connection after its opening handshake"""
        connection = self.connect(*args, **options)
        connection.handshake()
        connection.upgrade()
        return connection


def sample(name, what, look, ending="pcapng"):
    """what is in the capture, and what to look at: both go into README.md, the first into the truth file too; ending: of the
    file's name, which says the format"""

    def register(play):
        ALL.append((name, what, look, play, ending))
        return play

    return register


def make(name, what, look, play):
    made = Sample(name, what, look)
    play(made)
    return made
