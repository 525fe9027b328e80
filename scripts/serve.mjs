/** A static file server for dist/web: files, types, compression, nothing else. */
import { createReadStream, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize, sep } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants } from 'node:zlib';

const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
  '.yaml': 'text/yaml; charset=utf-8',
};

/** The file that a request means, or undefined. */
function fileOf(folder, url) {
  let path;
  try {
    path = decodeURIComponent(new URL(url, 'http://localhost').pathname);
  } catch {
    return undefined;
  }
  const file = normalize(join(folder, path.endsWith('/') ? `${path}index.html` : path));
  if (!file.startsWith(folder + sep)) return undefined;
  try {
    return statSync(file).isFile() ? file : undefined;
  } catch {
    return undefined;
  }
}

/** Files as they were compressed last, by path and time. */
const compressed = new Map();
const QUALITY = 9;
const brotli = promisify(brotliCompress);

function brotliOf(file) {
  const { mtimeMs } = statSync(file);
  const known = compressed.get(file);
  if (known?.mtimeMs === mtimeMs) return known.bytes;
  const bytes = brotli(readFileSync(file), { params: { [constants.BROTLI_PARAM_QUALITY]: QUALITY } });
  compressed.set(file, { mtimeMs, bytes });
  return bytes;
}

async function answer(folder, request, response) {
  const file = request.method === 'GET' || request.method === 'HEAD' ? fileOf(folder, request.url ?? '/') : undefined;
  if (file === undefined) {
    response.writeHead(404, { 'content-type': 'text/plain; charset=utf-8' }).end('There is no such file.\n');
    return;
  }
  const type = TYPES[extname(file)] ?? 'application/octet-stream';
  const head = { 'content-type': type, 'cache-control': 'no-cache' };
  if (type !== 'application/octet-stream' && /\bbr\b/.test(request.headers['accept-encoding'] ?? '')) {
    const bytes = await brotliOf(file);
    response.writeHead(200, { ...head, 'content-encoding': 'br', 'content-length': bytes.length, vary: 'accept-encoding' });
    response.end(request.method === 'HEAD' ? undefined : bytes);
    return;
  }
  response.writeHead(200, { ...head, 'content-length': statSync(file).size });
  if (request.method === 'HEAD') response.end();
  else createReadStream(file).pipe(response);
}

/** Serves a folder. A taken port is left for the next free one; port 0 takes any. Returns { address, close }. */
export function serve(folder, port, host = '127.0.0.1') {
  return new Promise((resolve, reject) => {
    const server = createServer((request, response) => void answer(folder, request, response));
    const listen = (at) => {
      server.once('error', (error) => {
        if (error.code === 'EADDRINUSE' && at < port + 20) listen(at + 1);
        else if (error.code === 'EADDRINUSE') listen(0);
        else reject(error);
      });
      server.listen(at, host);
    };
    server.once('listening', () => {
      server.removeAllListeners('error');
      const close = () => {
        server.closeAllConnections();
        return new Promise((done) => {
          server.close(done);
        });
      };
      resolve({ address: `http://${host.includes(':') ? `[${host}]` : host}:${server.address().port}/`, close });
    });
    listen(port);
  });
}
