/** ringlab serve */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { serve } from '../../scripts/serve.mjs';
import { InputError } from '../host/index.ts';
import { besideBundle } from './files.ts';
import { bold, say } from './terminal.ts';

const port = (text: string): number => {
  const n = Number(text);
  if (!Number.isInteger(n) || n < 0 || n > 65_535) throw new InvalidArgumentError('a number from 0 to 65535 was expected');
  return n;
};

export function addServe(program: Command): void {
  program.command('serve')
    .description('serve the page, so that a browser can open it; any host of static files does the same with dist/web')
    .argument('[scenario]', 'the scenario that the printed address opens')
    .option('--port <number>', 'the port, or the next free one; 0: any', port, 8080)
    .option('--host <address>', 'an address of this machine', '127.0.0.1')
    .addHelpText('after', '\nExamples:\n  $ ringlab serve\n  $ ringlab serve loss --port 9000')
    .action(async (scenario: string | undefined, flags: { port: number; host: string }) => {
      const folder = join(besideBundle('..'), 'dist/web');
      if (!existsSync(join(folder, 'index.html')))
        throw new InputError('the page is not built: run npm run build web, or npx ringlab serve.');
      const served = await serve(folder, flags.port, flags.host).catch((error: Error) => {
        const why = error.message.replace(/^listen E[A-Z]+: /, '');
        const where = `--host ${flags.host} --port ${flags.port}`;
        throw new InputError(`the page cannot be served at ${where} (${why}); choose an address of this machine.`);
      });
      const address = scenario === undefined ? served.address : `${served.address}#${encodeURIComponent(scenario).replace('%2F', '/')}`;
      say(`${bold(address)}\nCtrl-C ends it.`);
    });
}
