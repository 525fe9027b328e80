/** A thread that runs command lines of the bundle, one after the other, and says what each has written and ended with. */
import { workerData } from 'node:worker_threads';

const { bundle, done, port } = workerData;
/** The streams stay what they are; what is written to them goes here. */
function caught(stream) {
  const pieces = [];
  stream.write = (piece, encoding, written = encoding) => {
    pieces.push(Buffer.from(piece));
    if (typeof written === 'function') process.nextTick(written);
    return true;
  };
  return () => Buffer.concat(pieces.splice(0)).toString();
}
const out = caught(process.stdout);
const err = caught(process.stderr);

const { commandLine } = await import(bundle);
port.on('message', async (args) => {
  process.argv = [process.execPath, bundle, ...args];
  process.exitCode = 0;
  await commandLine();
  port.postMessage({ code: process.exitCode, out: out(), err: err() });
  Atomics.store(done, 0, 1);
  Atomics.notify(done, 0);
});
