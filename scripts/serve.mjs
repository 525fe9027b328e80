/** A static file server for dist/web: files, types, nothing else. */
import { createReadStream, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize, sep } from 'node:path';

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

function answer(folder, request, response) {
  const file = request.method === 'GET' || request.method === 'HEAD' ? fileOf(folder, request.url ?? '/') : undefined;
  if (file === undefined) {
    response.writeHead(404, { 'content-type': 'text/plain; charset=utf-8' }).end('There is no such file.\n');
    return;
  }
  const type = TYPES[extname(file)] ?? 'application/octet-stream';
  response.writeHead(200, { 'content-type': type, 'content-length': statSync(file).size, 'cache-control': 'no-cache' });
  if (request.method === 'HEAD') response.end();
  else createReadStream(file).pipe(response);
}

/** Serves a folder. A taken port is left for the next free one; port 0 takes any. Returns { address, close }. */
export function serve(folder, port, host = '127.0.0.1') {
  return new Promise((resolve, reject) => {
    const server = createServer((request, response) => answer(folder, request, response));
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
