# SPDX-License-Identifier: GPL-2.0-or-later
"""What tshark is asked to show: every output that the lens has a part in, and preferences that change what it keeps."""

REPORTS = ("story", "sessions", "sessions-json", "messages-json", "conformance", "conformance-json")
FILTERS = ("wslens", "websocket.opcode == 8", "wslens.rule", "wslens.message.length > 10", 'wslens.message.text contains "a"',
           "!wslens.heartbeat", "websocket.payload.text", "wslens.finding || wslens.latency", "json", "tcp.len > 0")
SHOWN = (
    (),
    ("-V",),
    ("-V", "-x"),
    ("-T", "json"),
    ("-T", "ek"),
    ("-T", "pdml"),
    ("-T", "psml"),
    ("-T", "fields", "-e", "frame.number", "-e", "wslens.url", "-e", "wslens.message.text", "-e", "websocket.payload"),
    ("-q", "-z", "io,phs"),
    ("-q", "-z", "expert"),
    ("-q", "-z", "flow,wslens,standard"),
    ("-q", "-z", "conv,wslens", "-z", "endpoints,wslens"),
    ("-q", "-z", "follow,wslens,ascii,1"),
    ("-q", "-z", "follow,wslens,hex,2"),
    ("-q", "-z", "websocket_sessions", "-z", "websocket_messages,tree", "-z", "websocket_close,tree",
     "-z", "websocket_compression,tree", "-z", "websocket_pings,tree", "-z", "websocket_conformance,tree"),
    ("-V", "-z", "wslens,messages-json", "-z", "wslens,sessions-json", "-z", "wslens,story"),
) + tuple(("-q", "-z", "wslens," + report) for report in REPORTS)
PASSES = ((), (), ("-2",), ("-2",), ("-2", "-R", "tcp.len > 0"), ("-2", "-R", "websocket"), ("-M", "40"), ("-c", "9"))
PREFERENCES = (
    "wslens.message_kib:1", "wslens.message_kib:0", "wslens.file_mib:0", "wslens.out_of_order_kib:1", "wslens.out_of_order_kib:0",
    "wslens.inflated_mib:0", "wslens.expansion:2", "wslens.expansion:0", "wslens.sessions:1", "wslens.sessions:0",
    "wslens.late_start:FALSE", "wslens.tls_records:FALSE", "websocket.decompress:FALSE", "tcp.desegment_tcp_streams:FALSE",
    "tcp.reassemble_out_of_order:TRUE", "tcp.check_checksum:TRUE", "tcp.relative_sequence_numbers:FALSE",
    "websocket.text_type:As json", "websocket.text_type:Line based text", "ip.defragment:FALSE",
)


def asked(random, folder):
    """tshark's arguments; `folder` is an empty one for exported objects"""
    arguments = list(random.choice(SHOWN)) + list(random.choice(PASSES))
    if random.random() < 0.3:
        arguments += ["-Y", random.choice(FILTERS)]
    for preference in random.sample(PREFERENCES, random.choice((0, 0, 1, 2))):
        arguments += ["-o", preference]
    if random.random() < 0.1:
        arguments += ["-d", "tcp.port==1-65535,wslens"]
    if random.random() < 0.1:
        arguments += ["--export-objects", f"wslens,{folder}"]
    return arguments
