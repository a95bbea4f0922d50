# SPDX-License-Identifier: GPL-2.0-or-later
"""What of a run is wrong, and whose it is.

A leak is ours if our library stands in the stack that allocated it: Wireshark's own leaks, of which there are many, have other
stacks. (LeakSanitizer's own suppressions cannot tell them apart: libwireshark stands in every stack, since it called us.)
"""
import re

LIBRARY = "wslens.so"


def _tokens(text):
    return [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]


def read_suppressions(path):
    """Each line is a function; a leak is not counted whose stack has it. A comment above it says why."""
    lines = path.read_text(encoding="utf-8").splitlines()
    reasons = 0
    for before, line in zip([""] + lines, lines):
        if line.strip() and not line.startswith("#"):
            if not before.startswith("#"):
                raise SystemExit(f"{path}: no reason above: {line}")
            reasons += 1
    return _tokens("\n".join(lines))


def _leaks(report):
    """the stacks of LeakSanitizer's report"""
    blocks = re.split(r"\n\s*\n", report)
    return [block for block in blocks if re.search(r"^(Direct|Indirect) leak of", block, re.MULTILINE)]


def own_leaks(report, suppressed):
    return [block for block in _leaks(report) if LIBRARY in block and not any(name in block for name in suppressed)]


ERRORS = re.compile(r"ERROR: (AddressSanitizer|UndefinedBehaviorSanitizer|LeakSanitizer has)[^\n]*|runtime error: [^\n]*|"
                    r"Assertion [^\n]*failed[^\n]*|terminate called[^\n]*|(?:Dissector bug, protocol|DISSECTOR BUG)[^\n]*|"
                    r"(?:GLib|\*\*)[^\n]*(?:CRITICAL|ERROR)[^\n]*")
# The lens promises to show whatever it gets: where its own dissector gives up, a promise is broken.
GAVE_UP = re.compile(rb"\[(?:Malformed Packet|Dissector bug, protocol|Exception occurred)[^\]\n]*(?:WebSocket|wslens)[^\]\n]*\]|"
                     rb"Dissector bug, protocol (?:WebSocket|wslens)[^\n\"]*")


def of(result, report, suppressed):
    """`result`: of subprocess.run, or None; `report`: the sanitizer's. A list of (short, long)."""
    if result is None:
        return [("did not end in time", "")]
    text = report + result.stderr.decode("utf-8", errors="replace")
    found = []
    for match in ERRORS.finditer(text):
        if not match.group().startswith("ERROR: LeakSanitizer has"):
            found.append((match.group(), text[match.start():match.start() + 6000]))
            break
    for leak in own_leaks(report, suppressed):
        found.append((leak.strip().splitlines()[0], leak))
    for match in GAVE_UP.finditer(result.stdout + result.stderr):
        found.append((match.group().decode("utf-8", errors="replace"), ""))
        break
    # 1: tshark cannot do what was asked; 2: the capture ended in the middle of a packet.
    if not found and result.returncode not in (0, 1, 2):
        found.append((f"exit status {result.returncode}", text[-3000:]))
    return found


def of_throwing(result, report, suppressed):
    """the same where a test throws on purpose: then Wireshark says that our dissector gave up, and is right"""
    return [(short, more) for short, more in of(result, report, suppressed)
            if "Dissector bug" not in short and "DISSECTOR BUG" not in short and not GAVE_UP.match(short.encode())]
