# SPDX-License-Identifier: GPL-2.0-or-later
"""A connection for each rule and variant: broken, kept, and broken where the capture lacks the bytes that would prove it.

The ports say which: 20000 + 10 * (the rule's place in RULES) + 1 broken, + 2 kept, + 3 missing. In the truth, "expect" is what
each end breaks, all of it; null where only the absence of the rule is asked for."""
import typing

from samples.deflate import agreed

BOTH = ("client", "server")
VARIANTS = ("broken", "kept", "missing")
FIRST_PORT, FIRST_HELPER_PORT = 20000, 30000
BETWEEN = 5  # seconds between two connections: nobody shall take one for a hasty reconnect of the one before

RULES = """
    request-method-not-get request-http-version-too-old request-target-malformed request-host-missing request-upgrade-missing
    request-connection-missing request-key-missing request-key-malformed request-key-repeated request-key-reused
    request-key-not-random request-version-missing request-version-repeated request-subprotocol-malformed
    request-subprotocol-repeated request-extensions-malformed request-extension-unregistered request-deflate-parameters-wrong
    request-origin-missing request-with-body request-followed-by-early-data request-while-connecting reconnect-without-delay

    response-accepts-broken-request response-101-to-http-1-0 response-upgrade-wrong response-connection-missing
    response-accept-missing response-accept-wrong response-accept-repeated response-extension-not-offered
    response-extensions-malformed response-extensions-conflict response-deflate-parameters-wrong
    response-subprotocol-not-offered response-subprotocol-repeated response-subprotocol-none-chosen response-with-body
    response-versions-missing response-asks-for-another-step handshake-unanswered invalid-response-used

    client-frame-unmasked server-frame-masked rsv1-without-extension rsv2-or-rsv3-set opcode-reserved length-not-minimal
    length-top-bit-set control-frame-too-long control-frame-fragmented rsv1-on-control-frame rsv1-on-continuation-frame
    masking-key-repeated masking-key-predictable frame-length-unreasonable frame-unfinished

    continuation-without-start message-interleaved message-unfinished text-not-utf8 compressed-data-malformed
    deflate-beyond-window compression-bomb deflate-empty-message compression-enlarges fragmentation-refused
    violation-not-failed failed-without-close

    ping-unanswered pong-data-differs pong-late ping-after-close

    close-payload-one-byte close-reason-not-utf8 close-code-not-allowed close-code-unassigned close-code-of-the-other-role
    data-after-close close-repeated close-code-not-echoed close-unanswered close-crossed tcp-closed-by-client-first
    tcp-kept-open-after-close tcp-ended-without-close closing-handshake-skipped rst-after-close

    deflate-tail-kept
""".split()


def other(who):
    return "server" if who == "client" else "client"


def talk(conn):
    conn.text("client", "hello")
    conn.text("server", "hello too!")


class Case:
    """One rule in one variant."""

    def __init__(self, made, rule, variant):
        self.made, self.rule, self.variant = made, rule, variant
        self.broken, self.kept, self.missing = (variant == each for each in VARIANTS)
        self.lost = {"lose": (0,)} if self.missing else {}  # for send(): the segment that holds the evidence

    def connect(self, **options):
        return self.mark(self.made.connect(self.port(), **options))

    def opened(self, **options):
        conn = self.connect(**options)
        conn.handshake()
        conn.upgrade()
        talk(conn)
        return conn

    def deflating(self, parameters=""):
        """a connection on which both have permessage-deflate"""
        conn = self.mark(agreed(self.made, self.port(), parameters, parameters))
        talk(conn)
        return conn

    def port(self):
        return FIRST_PORT + 10 * RULES.index(self.rule.id) + 1 + VARIANTS.index(self.variant)

    def helper_port(self, number=0):
        """of another connection that the case needs; three for each variant"""
        return FIRST_HELPER_PORT + 10 * RULES.index(self.rule.id) + 1 + 3 * VARIANTS.index(self.variant) + number

    def mark(self, conn):
        conn.facts.update(rule=self.rule.id, variant=self.variant, expect=self.rule.expected(self.variant))
        conn.untold = not self.kept
        return conn


class Rule(typing.NamedTuple):
    id: str
    by: tuple  # the ends that break it
    play: typing.Callable
    also: dict  # what else they break in the broken variant
    in_kept: dict  # and in the kept one

    def expected(self, variant):
        if variant == "missing":
            return None
        if variant == "kept":
            return {who: sorted(self.in_kept.get(who, ())) for who in BOTH}
        return {who: sorted([*self.also.get(who, ()), *([self.id] if who in self.by else [])]) for who in BOTH}


class Group:
    """The rules of one capture."""

    def __init__(self):
        self.rules = []

    def add(self, id_, by, play, also=None, in_kept=None):
        assert id_ in RULES
        self.rules.append(Rule(id_, (by,) if isinstance(by, str) else by, play, also or {}, in_kept or {}))

    def rule(self, id_, by, also=None, in_kept=None):
        """for a function that is given a Case"""

        def register(play):
            self.add(id_, by, play, also, in_kept)
            return play

        return register

    def play(self, made):
        made.lossy = True  # in each connection called missing
        for rule in sorted(self.rules, key=lambda each: RULES.index(each.id)):
            for variant in VARIANTS:
                made.capture.pause(BETWEEN)
                rule.play(Case(made, rule, variant))

    def what(self, about):
        """for README.md"""
        return (f"{len(self.rules)} rules {about}, each on three connections: client ports that end in 1 break it, those in 2 "
                "keep it, and of those in 3 the capture lacks the proof")


LOOK = "each broken rule by name, and who broke it; nothing of those that keep it, or that nobody can know of"
