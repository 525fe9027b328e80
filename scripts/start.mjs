/**
 * npm start [-- SCENARIO] [--port N] [--host ADDRESS] [--no-serve]
 *
 * From a clean clone: installs what is missing, builds what is stale, runs a scenario in the terminal and serves the page.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from './build.mjs';
import { checkNode, installModules } from './prepare.mjs';
import { node, root } from './run_command.mjs';
import { serve } from './serve.mjs';
import { bold, say } from './terminal.mjs';

const HELP = `npm start [-- SCENARIO] [--port N] [--host ADDRESS] [--no-serve]

Builds Ringlab, runs SCENARIO (bulk unless you name another) in the terminal, and serves the page.

  npm start                          the default
  npm start -- loss                  another scenario of scenarios/
  npm start -- --port 9000           serve at port 9000, or the next free one
  npm start -- --no-serve            end after the run`;

function options() {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        port: { type: 'string', default: '8080' },
        host: { type: 'string', default: '127.0.0.1' },
        'no-serve': { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    const port = Number(values.port);
    const valid = Number.isInteger(port) && port >= 0 && port <= 65535;
    if (!valid) throw new Error(`--port ${values.port}: a number from 0 to 65535 was expected`);
    if (positionals.length > 1) throw new Error(`one scenario was expected, not ${positionals.length}`);
    return { ...values, port, scenario: positionals[0] ?? 'bulk' };
  } catch (error) {
    console.error(`npm start: ${error.message}\n\n${HELP}`);
    process.exit(2);
  }
}

const { port, host, scenario, help, 'no-serve': noServe } = options();
if (help) {
  console.log(HELP);
  process.exit(0);
}
checkNode();
await installModules();
const errors = await build(noServe ? ['core', 'cli'] : ['core', 'fuzz', 'cli', 'web']);
if (errors.length > 0) {
  console.error(errors.join('\n'));
  process.exit(1);
}
say('');
const { code } = await node([join(root, 'build/cli.mjs'), 'run', scenario], { inherit: true });
if (code === 2 || noServe || !existsSync(join(root, 'dist/web/index.html'))) process.exit(code);

const served = await serve(join(root, 'dist/web'), port, host).catch((error) => {
  const why = error.message.replace(/^listen E[A-Z]+: /, '');
  console.error(`npm start: the page cannot be served at --host ${host} --port ${port} (${why}); choose an address of this machine.`);
  process.exit(2);
});
const address = existsSync(join(root, 'scenarios', `${scenario}.yaml`)) ? `${served.address}#${scenario}` : served.address;
say(`\nThe same run, stage by stage, in the browser: ${bold(address)}\nCtrl-C ends it.`);
