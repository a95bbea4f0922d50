# SPDX-License-Identifier: GPL-2.0-or-later
"""Traffic that is no WebSocket, however much it looks like one: not a single session may be found."""
import struct

from samples.sample import sample
from samples.tls import client_hello, record, server_hello
from samples.websocket import (BINARY, CLOSE, PING, PONG, TEXT, answer, close_payload, encode_frame, fixed_bytes, head, masking_key,
                               request, response)

HOST = "Host: 192.0.2.80:8080"


@sample("negative-http-keep-alive", "several GETs and a POST on one connection; the body of the POST holds the text of an upgrade "
        "request, at the beginning of a segment", "no session: ordinary HTTP")
def http_keep_alive(made):
    conn = made.connect()
    conn.handshake()
    for path, body in (("/", b"<title>A page</title>\n"), ("/style.css", b"body { color: black }\n")):
        conn.client(head(f"GET {path} HTTP/1.1", HOST))
        conn.server(answer("200 OK", body))
    before, quoted, after = b"How does a WebSocket begin? Like this:\r\n\r\n", request(), b"And then come frames.\r\n"
    length = len(before + quoted + after)
    post = head("POST /articles HTTP/1.1", HOST, "Content-Type: text/plain", f"Content-Length: {length}")
    conn.client(post + before + quoted + after, split=(len(post), len(before), len(quoted)))
    conn.server(answer("201 Created", b"stored\n"))
    conn.client(head("GET /articles/1 HTTP/1.1", HOST))
    conn.server(answer("200 OK", before + after))
    conn.end(first="client")


def recorded_conversation():
    """what a log of a WebSocket would hold, a piece for each segment"""
    return [
        b"GET / HTTP/1.1\r\nUpgrade: websocket\r\n\r\n",
        request(),
        response(),
        encode_frame(TEXT, b"something"),
        encode_frame(TEXT, b"hello", key=masking_key(0)),
        encode_frame(TEXT, b"hello too!"),
        encode_frame(BINARY, bytes(range(200))),
        encode_frame(PING, b"ping") + encode_frame(PONG, b"ping", key=masking_key(1)),
        encode_frame(CLOSE, close_payload(1000, "bye"), key=masking_key(2)),
        encode_frame(CLOSE, close_payload(1000)),
    ]


@sample("negative-download", "a download whose body holds, at the beginnings of segments, a whole WebSocket conversation",
        "no session: the bytes are the body of a 200")
def download(made):
    conn = made.connect()
    conn.handshake()
    conn.client(head("GET /conversation.bin HTTP/1.1", HOST))
    pieces = recorded_conversation()
    start = head("HTTP/1.1 200 OK", "Content-Type: application/octet-stream", f"Content-Length: {sum(map(len, pieces))}")
    for piece in [start] + pieces:
        conn.server(piece)
    conn.end(first="client")


@sample("negative-late-start-download", "the same download, but the capture begins in the middle of the body",
        "no session: client requests and masked frames do not come from a server")
def late_start_download(made):
    conn = made.connect()
    conn.start_late()
    conn.server(fixed_bytes("late start", 400))
    for piece in recorded_conversation():
        conn.server(piece)
    conn.server(fixed_bytes("late end", 300))
    conn.end(first="client")


@sample("negative-tls", "TLS 1.3 without keys: hellos, then records of bytes without a pattern", "no session: nothing can be known")
def tls(made):
    conn = made.connect(server_port=443)
    conn.handshake()
    session, change = fixed_bytes("session", 32), record(20, b"\1")
    conn.client(record(22, client_hello(fixed_bytes("client random", 32), session), b"\x03\x01"))
    conn.server(record(22, server_hello(fixed_bytes("server random", 32), session)) + change
                + record(23, fixed_bytes("certificate", 900)))
    conn.client(change + record(23, fixed_bytes("finished", 53)))
    for number, size in enumerate((180, 120, 40, 30, 45)):
        for who in ("client", "server"):
            conn.send(who, record(23, fixed_bytes(f"{who} {number}", size)))
    conn.end(first="client")


@sample("negative-random", "bytes without a pattern both ways, on the ports of the other samples", "no session")
def random_bytes(made):
    conn = made.connect()
    conn.handshake()
    for number, size in enumerate((130, 7, 600, 2, 41, 1460, 1)):
        for who in ("client", "server"):
            conn.send(who, fixed_bytes(f"random {who} {number}", size))
    conn.end()


# --- other protocols, from their beginning and from anywhere in the middle -------------------------------------------


def late(made, client_port, server_port, **options):
    conn = made.connect(client_port, server_port, **options)
    conn.start_late()
    return conn


def counted(text):
    """with its length in front (MQTT 3.1.1 §1.5.3; SSH and TLS do it in other sizes)"""
    data = text if isinstance(text, bytes) else text.encode()
    return struct.pack(">H", len(data)) + data


def mqtt_packet(first, body):
    """MQTT 3.1.1 §2.2: the remaining length, seven bits a byte"""
    length, left = b"", len(body)
    while True:
        length += bytes([left & 0x7F | (0x80 if left > 0x7F else 0)])
        left >>= 7
        if not left:
            return bytes([first]) + length + body


def mqtt_subscribe(number, topics):
    return mqtt_packet(0x82, struct.pack(">H", number) + b"".join(counted(topic) + b"\1" for topic in topics))


def mqtt_topics(number):
    """of one subscription; from two on its length has a second byte, and the first looks like a mask bit"""
    return [f"house/{number}/floor/{n}/temperature/and/humidity/of/all/rooms" for n in range(number % 5 + 1)]


def mqtt_talk(conn, count):
    for number in range(1, count + 1):
        conn.client(mqtt_subscribe(number, mqtt_topics(number)))
        conn.server(mqtt_packet(0x90, struct.pack(">H", number) + b"\1" * (number % 5 + 1)))
        for size in (3, 60, 118 + number, 300 * number):
            body = counted(f"house/{number}/door") + fixed_bytes(f"mqtt {number} {size}", size)
            conn.server(mqtt_packet(0x30, body))
        conn.client(mqtt_packet(0x32, counted("house/light") + struct.pack(">H", number) + b"on" * number))
        conn.server(mqtt_packet(0x40, struct.pack(">H", number)))
        conn.client(mqtt_packet(0xC0, b""))
        conn.server(mqtt_packet(0xD0, b""))
    subscriptions = b"".join(mqtt_subscribe(100 + number, mqtt_topics(number)) for number in range(20))
    conn.client(subscriptions)
    conn.server(b"".join(mqtt_packet(0x90, struct.pack(">H", 100 + number) + b"\1" * (number % 5 + 1)) for number in range(20)))
    conn.client(mqtt_packet(0xE0, b""))
    conn.end(first="client")


@sample("negative-mqtt", "MQTT 3.1.1 over TCP, with SUBSCRIBE (its first byte is that of a binary frame), SUBACK, PUBLISH of "
        "many lengths; 40001 from the SYN on, 40002 and 40003 (port 8080) begin later", "no session: MQTT without a WebSocket")
def mqtt(made):
    conn = made.connect(40001, 1883)
    conn.handshake()
    conn.client(mqtt_packet(0x10, counted("MQTT") + b"\4\2\0\x3c" + counted("door-bell")))
    conn.server(mqtt_packet(0x20, b"\0\0"))
    mqtt_talk(conn, 12)
    for port, server_port in ((40002, 1883), (40003, 8080)):
        mqtt_talk(late(made, port, server_port), 12)


def ssh_packet(payload):
    """RFC 4253 §6"""
    padding = 4 + -(len(payload) + 9) % 8
    return struct.pack(">IB", len(payload) + padding + 1, padding) + payload + bytes(padding)


def ssh_strings(*strings):
    return b"".join(struct.pack(">I", len(each)) + each for each in strings)


def ssh_key_exchange(conn):
    """RFC 4253 §7.1, RFC 5656 §4"""
    lists = ssh_strings(b"curve25519-sha256", b"ssh-ed25519", *[b"chacha20-poly1305@openssh.com"] * 2, *[b"hmac-sha2-256"] * 2,
                        *[b"none"] * 2, b"", b"")
    for who in ("client", "server"):
        conn.send(who, b"SSH-2.0-Example_1.0\r\n")
    for who in ("client", "server"):
        conn.send(who, ssh_packet(b"\x14" + fixed_bytes(f"cookie {who}", 16) + lists + bytes(5)))
    conn.client(ssh_packet(b"\x1e" + ssh_strings(fixed_bytes("client share", 32))))
    key, signature = ssh_strings(b"ssh-ed25519", fixed_bytes("key", 32)), ssh_strings(b"ssh-ed25519", fixed_bytes("signature", 64))
    conn.server(ssh_packet(b"\x1f" + ssh_strings(key, fixed_bytes("server share", 32), signature)) + ssh_packet(b"\x15"))
    conn.client(ssh_packet(b"\x15"))


def encrypted(conn, label, count):
    """as somebody types, and sees what comes of it"""
    for number in range(count):
        conn.client(fixed_bytes(f"{label} client {number}", 36))
        conn.server(fixed_bytes(f"{label} server {number}", 36 if number % 7 else 100 + 8 * (number * 53 % 600)))


@sample("negative-ssh", "SSH: banners, key exchange, then bytes without a pattern; 40001 from the SYN on, 40002 and 40003 "
        "(port 8080) begin in those", "no session")
def ssh(made):
    conn = made.connect(40001, 22)
    conn.handshake()
    ssh_key_exchange(conn)
    encrypted(conn, "ssh", 40)
    conn.end(first="client")
    for port, server_port in ((40002, 22), (40003, 8080)):
        conn = late(made, port, server_port)
        encrypted(conn, f"ssh {port}", 150)
        conn.end(first="client")


def dns_name(name):
    return b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0"


def dns_question(number, name):
    """RFC 1035 §4.1, with the length of §4.2.2"""
    return counted(struct.pack(">HHHHHH", number, 0x0100, 1, 0, 0, 0) + dns_name(name) + b"\0\1\0\1")


def dns_answer(number, name, count):
    records = b"".join(b"\xc0\x0c\0\1\0\1" + struct.pack(">IH", 300, 4) + bytes([192, 0, 2, n + 1]) for n in range(count))
    return counted(struct.pack(">HHHHHH", number, 0x8180, 1, count, 0, 0) + dns_name(name) + b"\0\1\0\1" + records)


def dns_talk(conn, count):
    for number in range(count):
        name, identification = f"host-{number}.{'very-long.' * (number % 12)}example.test", 0x8100 + number * 257 % 0x7EFF
        asked, answered = dns_question(identification, name), dns_answer(identification, name, 1 + number * 5 % 30)
        conn.client(asked, split=(2,) if number % 3 == 0 else ())
        conn.server(answered, split=(2,) if number % 4 == 0 else ())
    names = [f"burst-{number}.example.test" for number in range(20)]
    conn.client(b"".join(dns_question(0x8200 + number, name) for number, name in enumerate(names)))
    conn.server(b"".join(dns_answer(0x8200 + number, name, number % 4) for number, name in enumerate(names)))
    conn.end(first="client")


@sample("negative-dns-tcp", "DNS over TCP: questions and answers with their length in front, which looks like the start of a "
        "short frame; 40001 from the SYN on, 40002 and 40003 (port 8080) begin later", "no session")
def dns_tcp(made):
    conn = made.connect(40001, 53)
    conn.handshake()
    dns_talk(conn, 40)
    for port, server_port in ((40002, 53), (40003, 8080)):
        dns_talk(late(made, port, server_port), 40)


def smtp_talk(conn, count):
    for number in range(count):
        for command, reply in ((f"MAIL FROM:<sender-{number}@example.test>", "250 2.1.0 Ok"),
                               (f"RCPT TO:<list@example.test>\r\nRCPT TO:<reader-{number}@example.test>",
                                "250 2.1.5 Ok\r\n250 2.1.5 Ok"),
                               ("DATA", "354 End data with <CR><LF>.<CR><LF>")):
            conn.client(f"{command}\r\n".encode())
            conn.server(f"{reply}\r\n".encode())
        lines = "".join(f"line {line} of letter {number}, in plain words\r\n" for line in range(number * 9 % 70))
        conn.client(f"Subject: letter {number}\r\n\r\n{lines}.\r\n".encode())
        conn.server(f"250 2.0.0 Ok: queued as {fixed_bytes(f'letter {number}', 5).hex()}\r\n".encode())
    conn.client(b"QUIT\r\n")
    conn.server(b"221 2.0.0 Bye\r\n")
    conn.end()


@sample("negative-smtp-late", "SMTP that begins late: 40001 in the middle of a letter, 40002 (port 8080) between two of them",
        "no session")
def smtp_late(made):
    conn = late(made, 40001, 25)
    conn.client(b"and so ends the letter of which the capture has no beginning.\r\n.\r\n")
    conn.server(b"250 2.0.0 Ok: queued as 0123456789\r\n")
    smtp_talk(conn, 12)
    smtp_talk(late(made, 40002, 8080), 12)


def http2_frame(kind, flags, stream, payload):
    """RFC 9113 §4.1"""
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def http2_talk(conn, count):
    """header blocks as in RFC 7541 §C.4; their first bytes look like those of binary and Close frames"""
    asked, answered = bytes.fromhex("828684418cf1e3c2e5f23a6ba0ab90f4ff"), b"\x88"
    for number in range(count):
        stream = 101 + 2 * number
        conn.client(http2_frame(1, 5, stream, asked if number == 0 else b"\x82\x86\x84\xbe"))
        body = fixed_bytes(f"http2 {number}", number * 997 % 5000 + 1)
        conn.server(http2_frame(1, 4, stream, answered) + http2_frame(0, 1, stream, body))
        conn.client(http2_frame(8, 0, 0, struct.pack(">I", len(body))) + http2_frame(8, 0, stream, struct.pack(">I", len(body))))
        if number % 5 == 0:
            conn.server(http2_frame(6, 0, 0, fixed_bytes(f"ping {number}", 8)))
            conn.client(http2_frame(6, 1, 0, fixed_bytes(f"ping {number}", 8)))
    conn.client(http2_frame(7, 0, 0, bytes(8)))
    conn.end(first="client")


@sample("negative-http2-late", "HTTP/2 in the clear that begins late, in the middle of a DATA frame: 40001 on port 80, 40002 "
        "on 8080", "no session")
def http2_late(made):
    for port, server_port in ((40001, 80), (40002, 8080)):
        conn = late(made, port, server_port)
        conn.server(fixed_bytes("the rest of a DATA frame", 2345))
        http2_talk(conn, 40)


@sample("negative-http-late", "HTTP/1.1 kept alive, with bodies without a pattern both ways: 40001 (port 80) begins in the "
        "middle of the body of an answer, 40002 (port 8080) in that of a POST", "no session")
def http_late(made):
    conn = late(made, 40001, 80)
    conn.server(fixed_bytes("the rest of a body", 7654))
    http_talk(conn, 25)
    conn = late(made, 40002, 8080)
    conn.client(fixed_bytes("the rest of a POST", 7654))
    conn.server(answer("201 Created", b"stored\n"))
    http_talk(conn, 25)


def http_talk(conn, count):
    for number in range(count):
        conn.client(head(f"GET /{number}.bin HTTP/1.1", HOST))
        conn.server(answer("200 OK", fixed_bytes(f"body {number}", number * 1237 % 6000)))
        posted = fixed_bytes(f"posted {number}", number * 941 % 4000)
        start = head(f"POST /{number} HTTP/1.1", HOST, "Content-Type: application/octet-stream", f"Content-Length: {len(posted)}")
        conn.client(start + posted, split=(len(start),))
        conn.server(head("HTTP/1.1 204 No Content"))
    conn.end(first="client")


@sample("negative-random-late", "bytes without a pattern both ways in 400 small segments each; no SYN", "no session")
def random_late(made):
    for port, largest in ((40001, 12), (40002, 60), (40003, 200)):
        conn = late(made, port, 8080, acks=False)
        for number in range(200):
            for who in ("client", "server"):
                noise = fixed_bytes(f"late {port} {who} {number}", largest + 1)
                conn.send(who, noise[1:2 + noise[0] % largest])
