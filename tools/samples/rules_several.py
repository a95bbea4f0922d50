# SPDX-License-Identifier: GPL-2.0-or-later
"""The rules that only several sessions together can break: each broken, kept, and not to be known."""
from samples.losses import begun
from samples.rules import LOOK, VARIANTS, Group, talk
from samples.sample import sample
from samples.websocket import request

SEVERAL = Group()
PAUSES = (2, 4, 8)  # seconds; RFC 6455 §7.2.3: longer from try to try


def helper(case, number=0, **options):
    """a connection that the case needs, of which nothing is asked but its messages"""
    conn = case.made.connect(case.helper_port(number), **options)
    conn.facts["helper"] = case.rule.id
    return conn


def client_of(case, first):
    """each variant is about a client of its own"""
    return f"192.0.2.{first + VARIANTS.index(case.variant)}"


def finish(conn):
    talk(conn)
    conn.close()


@SEVERAL.rule("request-key-reused", "client")
def request_key_reused(case):
    """missing: the first session with that key was opened before the capture"""
    if case.missing:
        earlier = begun(case.made, case.helper_port())
        earlier.facts["helper"] = case.rule.id
    else:
        earlier = helper(case)
        earlier.handshake()
        earlier.upgrade()
    finish(earlier)
    case.made.capture.pause(5)
    conn = case.connect()
    conn.handshake()
    if case.kept:
        conn.upgrade()
    else:
        conn.key = earlier.key
        conn.client(request(key=conn.key, host=conn.host))
        conn.opened = True
        conn.server(conn.response())
    finish(conn)


@SEVERAL.rule("request-while-connecting", "client")
def request_while_connecting(case):
    """missing: the request that still waits"""
    client = client_of(case, 21)
    first = helper(case, client=client)
    first.handshake()
    first.ask(**case.lost)
    first.opened = True
    if case.kept:
        first.server(first.response())
    conn = case.connect(client=client)
    conn.handshake()
    conn.ask()
    conn.opened = True
    if not case.kept:
        first.server(first.response())
    conn.server(conn.response())
    finish(first)
    finish(conn)


@SEVERAL.rule("reconnect-without-delay", "client")
def reconnect_without_delay(case):
    """missing: how the second of the sessions ended, and when"""
    client = client_of(case, 31)
    for number, pause in enumerate(PAUSES):
        dropped = helper(case, number, client=client)
        dropped.handshake()
        dropped.upgrade()
        talk(dropped)
        if case.missing and number == 1:
            for who in ("server", "client"):
                dropped.took(who, 1)
        else:
            dropped.end()
        if case.kept:
            case.made.capture.pause(pause)
    conn = case.connect(client=client)
    conn.handshake()
    conn.upgrade()
    finish(conn)


@sample("rules-several", SEVERAL.what("that only several sessions together can break")
        + "; the other sessions that this takes are on ports from 30001 on", LOOK)
def rules_several(made):
    SEVERAL.play(made)
