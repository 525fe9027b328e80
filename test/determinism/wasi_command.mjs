/** node wasi_command.mjs FILE: runs a WASI command under Node's own WASI, on this process's stdin and stdout. */
import { readFileSync } from 'node:fs';
import { argv } from 'node:process';
import { WASI } from 'node:wasi';

const wasi = new WASI({ version: 'preview1', returnOnExit: true });
const instance = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(argv[2])), wasi.getImportObject());
process.exitCode = wasi.start(instance);
