/** Progress in the terminal. On a TTY the steps that run share one moving line; each finished step leaves a line. */
const tty = process.stdout.isTTY === true;
const colour = tty && !process.env.NO_COLOR;
const paint = (code, text) => (colour ? `\x1b[${code}m${text}\x1b[0m` : text);
export const bold = (text) => paint(1, text);
export const dim = (text) => paint(2, text);

const running = new Map();
let ticker;

function draw() {
  const now = Date.now();
  const names = [...running].map(([name, since]) => `${name} ${Math.floor((now - since) / 1000)} s`);
  process.stdout.write(`\r\x1b[2K${names.length > 0 ? `  … ${names.join(' · ')}` : ''}`);
}

function finish(name, mark, text, since) {
  running.delete(name);
  const seconds = ((Date.now() - since) / 1000).toFixed(1);
  const line = `${mark} ${name.padEnd(22)} ${text}${text ? '  ' : ''}${dim(`${seconds} s`)}`;
  process.stdout.write(`${tty ? '\r\x1b[2K' : ''}${line}\n`);
  if (running.size === 0) {
    clearInterval(ticker);
    ticker = undefined;
  } else if (tty) draw();
}

/** Begins a step. One of done, failed and skipped ends it, with what is worth saying. */
export function step(name) {
  const since = Date.now();
  running.set(name, since);
  if (tty) {
    ticker ??= setInterval(draw, 200);
    draw();
  }
  return {
    done: (text = '') => finish(name, paint(32, '✓'), text, since),
    failed: (text = '') => finish(name, paint(31, '✗'), text, since),
    skipped: (text = '') => finish(name, paint(33, '–'), text, since),
  };
}

/** A line between the steps. */
export function say(text) {
  process.stdout.write(`${tty && running.size > 0 ? '\r\x1b[2K' : ''}${text}\n`);
}

/** Bytes for a person. */
export function size(bytes) {
  if (bytes < 1024) return `${bytes} B`;
  return bytes < 1024 * 1024 ? `${(bytes / 1024).toFixed(0)} kB` : `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}
