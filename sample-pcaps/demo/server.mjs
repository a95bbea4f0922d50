// SPDX-License-Identifier: GPL-2.0-or-later
//
// A WebSocket server to watch in Wireshark. It needs node and nothing else: the opening handshake and the frames
// (RFC 6455) are made here, by hand, in the few lines that a small demo takes.
//
//   http://127.0.0.1:8081/   the page with the three buttons
//   ws://127.0.0.1:8080/     the WebSocket: sends "something", answers "hello" with "hello too!"
//
// Two ports, so that a capture of port 8080 holds the WebSocket alone.

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';

const HOST = '127.0.0.1';
const WEBSOCKET_PORT = 8080;
const PAGE_PORT = 8081;

const TEXT = 1, CLOSE = 8, PING = 9, PONG = 10;

// RFC 6455 §4.2.2: proves that the server understood the question, not that it is who it says
const acceptValue = (key) =>
  createHash('sha1').update(key + '258EAFA5-E914-47DA-95CA-C5AB0DC85B11').digest('base64');

// RFC 6455 §5.2; a server does not mask
function encodeFrame(opcode, payload) {
  const header = payload.length < 126 ? [0x80 | opcode, payload.length]
                                      : [0x80 | opcode, 126, payload.length >> 8, payload.length & 0xff];
  return Buffer.concat([Buffer.from(header), payload]);
}

const encodeClose = (code) => encodeFrame(CLOSE, Buffer.from([code >> 8, code & 0xff]));

// One frame from the front of the bytes: null while it is not whole, {error} if the connection must fail.
function decodeFrame(bytes) {
  if (bytes.length < 2) return null;
  const opcode = bytes[0] & 0x0f;
  if (!(bytes[0] & 0x80) || opcode === 0) return { error: 1003 }; // fragments: more than this demo takes
  if (bytes[0] & 0x70 || !(bytes[1] & 0x80)) return { error: 1002 }; // §5.2 no extension agreed; §5.1 clients mask
  let length = bytes[1] & 0x7f;
  let at = 2;
  if (length === 127) return { error: 1009 }; // over 65535 bytes: the page sends five
  if (length === 126) {
    if (bytes.length < 4) return null;
    length = bytes.readUInt16BE(2);
    at = 4;
  }
  if (bytes.length < at + 4 + length) return null;
  const key = bytes.subarray(at, at + 4);
  const payload = Buffer.from(bytes.subarray(at + 4, at + 4 + length)).map((byte, i) => byte ^ key[i % 4]);
  return { opcode, payload, size: at + 4 + length };
}

// The life of one WebSocket after its 101.
function serve(socket, log) {
  let waiting = Buffer.alloc(0);
  let closing = false;

  const send = (text) => {
    log(`-> ${text}`);
    socket.write(encodeFrame(TEXT, Buffer.from(text)));
  };
  // the server closes TCP, and does so first (§7.1.1): end() is the FIN behind the Close frame
  const close = (frame, why) => {
    closing = true;
    log(`closing: ${why}`);
    socket.end(frame);
  };
  const handle = ({ opcode, payload }) => {
    if (opcode === TEXT) {
      const text = payload.toString();
      log(`<- ${text}`);
      if (text === 'hello') send('hello too!');
    } else if (opcode === PING) {
      socket.write(encodeFrame(PONG, payload));
    } else if (opcode === CLOSE) {
      close(encodeFrame(CLOSE, payload.subarray(0, 2)), 'the client asked for it');
    }
  };

  socket.on('data', (bytes) => {
    waiting = Buffer.concat([waiting, bytes]);
    for (let frame; !closing && (frame = decodeFrame(waiting));) {
      if (frame.error) return close(encodeClose(frame.error), `code ${frame.error}`);
      waiting = waiting.subarray(frame.size);
      handle(frame);
    }
  });
  socket.on('end', () => socket.end()); // a FIN without a Close frame
  socket.on('close', () => log('closed'));
  send('something');
}

const websocketServer = createServer((request, response) => {
  response.writeHead(426, { Upgrade: 'websocket', 'Content-Type': 'text/plain' }).end('this is a WebSocket\n');
});

websocketServer.on('upgrade', (request, socket, early) => {
  const log = (line) => console.log(`${socket.remotePort}: ${line}`);
  socket.on('error', (error) => log(error.message));
  const key = request.headers['sec-websocket-key'];
  if (request.headers.upgrade.toLowerCase() !== 'websocket' || !key || request.headers['sec-websocket-version'] !== '13') {
    socket.end('HTTP/1.1 400 Bad Request\r\nSec-WebSocket-Version: 13\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
    return;
  }
  log(`open, ${request.url}`);
  socket.write(['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade',
    `Sec-WebSocket-Accept: ${acceptValue(key)}`, '', ''].join('\r\n'));
  if (early.length) socket.unshift(early); // frames that came with the request
  serve(socket, log);
});

const page = await readFile(new URL('index.html', import.meta.url));
const pageServer = createServer((request, response) => {
  const found = request.url === '/';
  response.writeHead(found ? 200 : 404, { 'Content-Type': 'text/html; charset=utf-8' }).end(found ? page : '');
});

websocketServer.listen(WEBSOCKET_PORT, HOST);
pageServer.listen(PAGE_PORT, HOST, () => console.log(`open http://${HOST}:${PAGE_PORT}/ in a browser`));
