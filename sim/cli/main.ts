/**
 * ringlab: the command line. One file for each command; exit codes: 0 good, 1 an expectation failed, an output could not be written or a
 * real kernel gave no result, 2 bad input, 3 the core trapped, which is our fault. No signal is handled: a run ends at once.
 */
import { isMainThread } from 'node:worker_threads';
import { Command, CommanderError } from 'commander';
import { LabError } from '../../native-backend/lab/index.ts';
import { InputError, TrapError } from '../host/index.ts';
import { addBridge } from './command_bridge.ts';
import { addCalibrate } from './command_calibrate.ts';
import { addCapture } from './command_capture.ts';
import { addCompare } from './command_compare.ts';
import { addComparePaths } from './command_compare_paths.ts';
import { addDoctor } from './command_doctor.ts';
import { addFuzz } from './command_fuzz.ts';
import { addJourney } from './command_journey.ts';
import { addLab } from './command_lab.ts';
import { addList } from './command_list.ts';
import { addPacketdrill } from './command_packetdrill.ts';
import { addPcap } from './command_pcap.ts';
import { addPredict } from './command_predict.ts';
import { addReplay } from './command_replay.ts';
import { addRun } from './command_run.ts';
import { addSchema } from './command_schema.ts';
import { addServe } from './command_serve.ts';
import { addShow } from './command_show.ts';
import { addSize } from './command_size.ts';
import { addStat } from './command_stat.ts';
import { addSweep } from './command_sweep.ts';
import { addTour } from './command_tour.ts';
import { addValidate } from './command_validate.ts';
import { addWorker } from './command_worker.ts';
import { bugSwitchedOn } from './files.ts';
import { QueueError } from './sweep/redis_link.ts';
import { endWithTheReader, OutputError, Progress, resultsToStdout } from './terminal.ts';

const EXIT_NOT_WRITTEN = 1;
const EXIT_BAD_INPUT = 2;
const EXIT_TRAP = 3;

function program(): Command {
  const ringlab = new Command('ringlab')
    .description('A laboratory for zero-copy networking on Linux: two simulated hosts, from the wire to io_uring and back.')
    .version('0.1.0')
    .helpCommand(false)
    .configureOutput({ outputError: () => {} })
    .showSuggestionAfterError(true)
    .exitOverride();
  ringlab.addHelpText('after', `
Examples:
  $ ringlab run bulk                      run a scenario and say what happened
  $ ringlab run loss --seed 7 --json      another seed, the result as JSON
  $ ringlab tour                          the way of the first byte, stage by stage
  $ ringlab pcap capture.pcap             feed a real capture through the machine
  $ ringlab help run                      all about one command`);
  const all = [
    addRun, addReplay, addSweep, addWorker, addComparePaths, addCompare, addCapture, addLab, addCalibrate, addPredict, addValidate,
    addDoctor, addList, addShow, addTour, addPcap, addBridge, addPacketdrill, addJourney, addStat, addSize, addSchema, addServe,
    addFuzz,
  ];
  for (const add of all) add(ringlab);
  ringlab.command('help').description('explain a command, with examples').argument('[command]').action((name?: string) => {
    const named = name === undefined ? ringlab : ringlab.commands.find((c) => c.name() === name);
    const names = ringlab.commands.map((c) => c.name()).join(', ');
    if (!named) throw new InputError(`help ${name}: there is no such command; there are ${names}.`);
    named.outputHelp();
  });
  for (const command of ringlab.commands) command.exitOverride().configureOutput({ outputError: () => {} });
  return ringlab;
}

/** What commander says about a command line, as one sentence with a remedy. */
function usage(ringlab: Command, message: string): string {
  const said = message.replace(/^error: /, '').replace(/\s*\(Did you mean (.*)\?\)$/s, '; did you mean $1?').replace(/\s*\n\s*/g, ' ');
  const command = ringlab.commands.find((c) => c.name() === process.argv[2])?.name();
  const remedy = said.endsWith('?') ? '' : `; ringlab help${command === undefined ? '' : ` ${command}`} shows how.`;
  return `${command === undefined ? '' : `${command}: `}${said.replace(/\.$/, '')}${remedy}`;
}

/** What an error means to the one who sees it, and the exit code. */
function report(ringlab: Command, error: unknown): number {
  new Progress().end();
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return 0;
    // commander ends the help that it shows unasked with an error that says nothing.
    if (error.code !== 'commander.help')
      process.stderr.write(`ringlab: ${usage(ringlab, error.message)}\n`);
    return EXIT_BAD_INPUT;
  }
  if (error instanceof InputError) {
    // A scenario's problems have a line each.
    process.stderr.write(`${error.message.replace(/^/gm, 'ringlab: ')}\n`);
    return EXIT_BAD_INPUT;
  }
  if (error instanceof OutputError || error instanceof LabError || error instanceof QueueError) {
    process.stderr.write(`ringlab: ${error.message}\n`);
    return EXIT_NOT_WRITTEN;
  }
  if (error instanceof TrapError) {
    process.stderr.write(trapText(error));
    return EXIT_TRAP;
  }
  process.stderr.write(`ringlab: an error of ours: ${error instanceof Error ? error.stack : String(error)}\n`);
  return EXIT_TRAP;
}

function trapText(error: TrapError): string {
  const p = error.place;
  const bug = bugSwitchedOn();
  const again = process.argv.slice(2).filter((a, i, all) => a !== '--seed' && all[i - 1] !== '--seed' && !a.startsWith('--seed='));
  return [
    bug === '' ? 'ringlab: the simulator found a fault of its own and stopped.'
      : `ringlab: the simulator's own checks found the museum's ${bug}, which is switched on (run.bug), and stopped.`,
    `  what        ${p.message}`,
    `  where       ${p.file === '' ? 'no record' : `${p.file}:${p.line}:${p.column}`}, event ${p.events}, ${p.time_ns} ns`,
    `  state hash  ${p.state_hash}`,
    `  again with  ringlab ${again.join(' ')}${again[0] === 'pcap' ? '' : ` --seed ${p.seed}`}`,
    '',
  ].join('\n');
}

/** commander takes a --help behind any word for one of its own, and never gets to see that there is no such command. */
function wordsOf(ringlab: Command): string[] {
  const [node = '', script = '', name, ...rest] = process.argv;
  if (name === undefined || name.startsWith('-') || ringlab.commands.some((c) => c.name() === name)) return process.argv;
  return [node, script, name, ...rest.filter((a) => a !== '--help' && a !== '-h')];
}

/** What the process was called with; ends with its exit code in process.exitCode. */
export async function commandLine(): Promise<void> {
  const ringlab = program();
  resultsToStdout();
  try {
    await ringlab.parseAsync(wordsOf(ringlab));
  } catch (error) {
    process.exitCode = report(ringlab, error);
  }
}

// A thread of another program runs as many command lines as it likes (test/scenario/cli_thread.mjs).
if (isMainThread) {
  endWithTheReader();
  await commandLine();
}
