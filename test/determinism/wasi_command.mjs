/** node wasi_command.mjs FILE: runs a WASI command under Node's own WASI, on this process's stdin and stdout. */
import { readFileSync } from 'node:fs';
import { argv } from 'node:process';
import { WASI } from 'node:wasi';

/** Node 20 aborts when WebAssembly reaches its WASI functions by V8's fast API calls; a function in between prevents them. */
const slow = (f) => (...args) => f(...args);

const wasi = new WASI({ version: 'preview1', returnOnExit: true });
const functions = Object.entries(wasi.wasiImport).map(([name, f]) => [name, slow(f)]);
const module = new WebAssembly.Module(readFileSync(argv[2]));
process.exitCode = wasi.start(new WebAssembly.Instance(module, { wasi_snapshot_preview1: Object.fromEntries(functions) }));
