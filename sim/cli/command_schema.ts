/** ringlab schema */
import type { Command } from 'commander';
import { scenarioJsonSchema } from '../host/index.ts';
import { say } from './terminal.ts';

export function addSchema(program: Command): void {
  program.command('schema')
    .description('the JSON Schema of scenarios: every knob with unit, range, default and its Linux counterpart')
    .option('--json', 'it is JSON anyway')
    .addHelpText('after', `
Examples:
  $ ringlab schema > scenario.schema.json
  In a scenario's first line, for editors: # yaml-language-server: $schema=scenario.schema.json`)
    .action(() => say(JSON.stringify(scenarioJsonSchema(), null, 2)));
}
