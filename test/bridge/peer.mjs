/**
 * A real peer: runs in the namespace of a bridge and talks to the simulated server over the sockets of this machine's kernel.
 *
 *     node peer.mjs RESULTS JOB…       JOB: KIND/ADDRESS/PORT/BYTES/CONNECTIONS, all at once; KIND: get put echo discard source
 *
 * Writes to RESULTS a JSON list: for each connection its local port and what went each way, with SHA-256.
 */
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';

const [results, ...jobs] = process.argv.slice(2);
const PIECE = 65536;

/** Bytes that differ from connection to connection. */
function content(seed, bytes) {
  const out = Buffer.alloc(bytes);
  for (let i = 0, x = seed * 2654435761 + 1; i < bytes; i++) {
    x = (Math.imul(x, 1103515245) + 12345) | 0;
    out[i] = x >>> 16;
  }
  return out;
}

const NOTHING = Buffer.alloc(0);
/** What a job sends, and how it knows that it has got everything. */
const KINDS = {
  get: (bytes, seed) => ({ head: `GET /bytes/${bytes}?seed=${seed} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`, body: NOTHING }),
  put: (bytes, seed) => ({
    head: `PUT /x HTTP/1.1\r\nHost: x\r\nContent-Length: ${bytes}\r\nConnection: close\r\n\r\n`, body: content(seed, bytes),
  }),
  echo: (bytes, seed) => ({ head: '', body: content(seed, bytes), end: true }),
  discard: (bytes, seed) => ({ head: '', body: content(seed, bytes), end: true }),
  source: (bytes) => ({ head: '', body: NOTHING, enough: bytes }),
};

function talk(kind, host, port, bytes, seed) {
  const { head, body, end, enough } = KINDS[kind](bytes, seed);
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, allowHalfOpen: true });
    const sent = createHash('sha256');
    const got = createHash('sha256');
    const payload = createHash('sha256');
    let received = 0;
    let text = '';
    const digest = (data) => createHash('sha256').update(data).digest('hex');
    const done = () => resolve({
      kind, family: host.includes(':') ? 6 : 4, port, localPort: local, sentBytes: head.length + body.length,
      sentSha256: sent.digest('hex'), bytes: received, sha256: got.digest('hex'), head: text, payloadSha256: payload.digest('hex'),
      bodySha256: digest(body),
    });
    let local = 0;
    socket.on('error', (error) => reject(new Error(`${kind} ${host} ${port}: ${error.message}`)));
    socket.on('connect', async () => {
      local = socket.localPort;
      const write = (data) => new Promise((next) => {
        sent.update(data);
        socket.write(data, next);
      });
      if (head) await write(head);
      for (let at = 0; at < body.length; at += PIECE) await write(body.subarray(at, at + PIECE));
      if (end) socket.end();
    });
    socket.on('data', (data) => {
      let part = data;
      if (enough !== undefined && received + part.length >= enough) {
        part = part.subarray(0, enough - received);
        socket.destroy();
      }
      received += part.length;
      got.update(part);
      if (head && !text.includes('\r\n\r\n')) {
        const before = text.length;
        text += part.toString('latin1');
        const at = text.indexOf('\r\n\r\n');
        if (at < 0) return;
        text = text.slice(0, at + 4);
        part = part.subarray(at + 4 - before);
      }
      payload.update(part);
    });
    socket.on('end', () => socket.end());
    socket.on('close', done);
  });
}

const talks = jobs.flatMap((job) => {
  const [kind, host, port, bytes, connections] = job.split('/');
  return Array.from({ length: Number(connections) }, (_, i) => talk(kind, host, Number(port), Number(bytes), i + 1));
});
writeFileSync(results, JSON.stringify(await Promise.all(talks)));
