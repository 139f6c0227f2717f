import { Command, CommanderError } from 'commander';
import { usageError } from '../errors.js';
import { duration, type Kind, percent, whole, word, words } from '../option-kinds.js';
import { COMPARE_FORMATS, FAILURES, type Failure, METRICS, REPORT_FORMATS, SCHEMAS } from '../words.js';
import { addOutputOptions, outputOptionsOf } from './output-options.js';
import { refusalOf } from './refusal.js';
import type { Request, RunRequest } from './request.js';

/** Gives the command `run` its options. They are apart, so that the other commands and `--help` start without their table. */
export type DeclareRunOptions = (run: Command, done: (request: RunRequest) => void) => unknown;

/** Options that ask for nothing but text. */
const TEXTS = ['-h', '--help', '-V', '--version'];

/** Whether the arguments may be about the options of `run`: they name it or `ab`, or an option stands where a command belongs. */
export function mayBeRun(args: readonly string[]): boolean {
  const [first = '--help'] = args;
  return args.includes('run') || first === 'ab' || (first.startsWith('-') && !TEXTS.includes(first));
}

/**
 * Reads the arguments after the program's name. Throws a usage error where they are invalid. `declareRunOptions` is needed where
 * `mayBeRun` says so.
 */
export function parseRequest(
  args: readonly string[],
  version: string,
  declareRunOptions: DeclareRunOptions = addOutputOptions,
): Request {
  let request: Request | undefined;
  let printed = '';
  const program = declare(version, declareRunOptions, (made) => {
    request = made;
  });
  let ended = program;
  const commands = program.commands.flatMap((command) => [command, ...command.commands]);
  for (const command of [program, ...commands]) {
    const end = (error: CommanderError) => {
      ended = command;
      throw error;
    };
    command.exitOverride(end).configureOutput({
      writeOut: (text) => {
        printed += text;
      },
      writeErr: () => {},
    });
  }
  try {
    program.parse(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (saysNothing(args)) printed = program.helpInformation();
    else if (error.exitCode !== 0) throw refusalOf(error, ended, args);
  }
  return request ?? { command: 'print', text: printed };
}

/** Who types the bare name of the program asks what it can do. */
function saysNothing(args: readonly string[]): boolean {
  return args.every((arg) => arg === '--');
}

function declare(
  version: string,
  declareRunOptions: DeclareRunOptions,
  done: (request: Request) => void,
): Command {
  const program = new Command('pinbench')
    .description(
      'Copy each mini-batch to the GPU, or keep the dataset there and slice it? Measured on your own data.',
    )
    .version(version, '-V, --version')
    .showHelpAfterError(false);
  const run = program
    .command('run')
    .description(
      'measure feed (copy every step) against pin (resident in GPU memory) and print the comparison',
    )
    .argument('<file>', 'NPY or Arrow file, read as a matrix of rows × columns; - reads standard input');
  declareRunOptions(run, done);
  declareReport(program, done);
  declareAb(program, declareRunOptions, done);

  addOutputOptions(program.command('compare'))
    .description('has it become slower? a record beside its baseline; exit 1 where it has')
    .argument('<base>', "the record of before, or a pattern of several: 'main-*.json'")
    .argument('<head...>', 'the record of now, or a pattern; more of before may stand before it')
    .option('--threshold <percent>', 'a change beyond it counts (default: 5)', read('--threshold', percent))
    .option('--metric <what>', METRICS.join(', '), read('--metric', word(METRICS)), 'step')
    .option(
      '--fail-on <list>',
      `none, or some of ${FAILURES.join(', ')} (default: regression,missing)`,
      failOn,
    )
    .option('--ignore-device', 'compare records of different devices', false)
    .option('--format <format>', COMPARE_FORMATS.join(', '), read('--format', word(COMPARE_FORMATS)), 'table')
    .action((base, rest, flags) => {
      const records = [base, ...rest];
      const { threshold: thresholdPercent = 5, metric, ignoreDevice, format } = flags;
      const fails: readonly Failure[] = flags.failOn ?? FAILS;
      const how = { thresholdPercent, metric, failOn: fails, ignoreDevice, format };
      done({
        command: 'compare',
        bases: records.slice(0, -1),
        head: records.at(-1)!,
        ...how,
        ...outputOptionsOf(flags),
      });
    });

  addOutputOptions(program.command('engines'))
    .description('what is there to run on, what is not, why, and what mends it')
    .option('--json', 'as JSON', false)
    .action((flags) => done({ command: 'engines', json: flags.json, ...outputOptionsOf(flags) }));

  addOutputOptions(program.command('inspect'))
    .description("a data file's shape, type, bytes and order, from its header alone")
    .argument('<file>', 'NPY or Arrow file; - reads standard input')
    .option('--json', 'as JSON', false)
    .action((file, flags) => done({ command: 'inspect', file, json: flags.json, ...outputOptionsOf(flags) }));

  const setup = program.command('setup').description('build what an engine needs');
  addOutputOptions(setup.command('tensorflow'))
    .description('a working @tensorflow/tfjs-node-gpu: its own install step often fails')
    .option('--cpu', 'TensorFlow without CUDA, a tenth of the size', false)
    .option(
      '--dir <folder>',
      'where to; the engine finds it by PINBENCH_TENSORFLOW_DIR (default: the cache folder)',
    )
    .action((flags) =>
      done({ command: 'setup', cpu: flags.cpu, folder: flags.dir, ...outputOptionsOf(flags) }),
    );

  addOutputOptions(program.command('schema'))
    .description('the JSON Schema of a record, or of what compare prints as JSON')
    .argument('[of]', SCHEMAS.join(', '), read('schema', word(SCHEMAS)), 'record')
    .action((of, flags) => done({ command: 'schema', of, ...outputOptionsOf(flags) }));
  return program;
}

function declareReport(program: Command, done: (request: Request) => void): void {
  addOutputOptions(program.command('report'))
    .description('render a record again, or several in one table by device')
    .argument(
      '<record...>',
      "what pinbench run --json or --html wrote, or patterns of such files: 'node-*.json'",
    )
    .option('--format <format>', REPORT_FORMATS.join(', '), read('--format', word(REPORT_FORMATS)), 'table')
    .option('-o, --output <path>', 'where to', '-')
    .action((records, flags) => {
      const output = { format: flags.format, path: flags.output };
      done({ command: 'report', records, output, ...outputOptionsOf(flags) });
    });
}

/** What fails a comparison where nothing else is said. */
const FAILS: readonly Failure[] = ['regression', 'missing'];
/** How long `ab` measures where nothing else is said. */
const AB_BUDGET_NS = 120e9;

function declareAb(
  program: Command,
  declareRunOptions: DeclareRunOptions,
  done: (request: Request) => void,
): void {
  addOutputOptions(program.command('ab'))
    .description(
      'compare two builds of pinbench, whose processes alternate; exit 1 if a row regressed or is missing',
    )
    .usage('[options] <base> <head> -- <file> [run options]')
    .argument('<base>', 'a folder with pinbench in its node_modules, or a built checkout of pinbench')
    .argument('<head>', 'the same of the new build')
    .argument('<run...>', 'what pinbench run is given in each folder, behind --')
    .option(
      '--pairs <n>',
      'pairs of processes (default: as many as --budget has time for)',
      read('--pairs', whole(1, 100_000)),
    )
    .option('--budget <time>', 'how long to measure (default: 2m)', read('--budget', duration()))
    .option('--threshold <percent>', 'a change beyond it counts (default: 5)', read('--threshold', percent))
    .option(
      '--fail-on <list>',
      `none, or some of ${FAILURES.join(', ')} (default: regression,missing)`,
      failOn,
    )
    .option('--out <folder>', 'write the records of both sides and the comparison')
    .option('--format <format>', COMPARE_FORMATS.join(', '), read('--format', word(COMPARE_FORMATS)), 'table')
    .action((base, head, args: string[], flags) => {
      mustLeaveTimeToAb(args, declareRunOptions);
      const { pairs, budget: budgetNs = AB_BUDGET_NS, threshold: thresholdPercent = 5, out, format } = flags;
      const fails: readonly Failure[] = flags.failOn ?? FAILS;
      done({
        ...{ command: 'ab', base, head, args, pairs, budgetNs, thresholdPercent, failOn: fails, out, format },
        ...outputOptionsOf(flags),
      });
    });
}

/** Options of `run` that `ab` sets itself, or that write what it reads. */
const SET_BY_AB = {
  epochs: '--epochs',
  rounds: '--rounds',
  processes: '--processes',
  untilPercent: '--until',
  budgetNs: '--budget',
} as const;

/** Refuses what `run` would refuse, before anything is measured, and what `ab` sets itself. */
function mustLeaveTimeToAb(args: readonly string[], declareRunOptions: DeclareRunOptions): void {
  const request = parseRequest(['run', ...args], '', declareRunOptions);
  if (request.command !== 'run')
    throw usageError('ab', 'no data file behind --', { expected: 'a file, and options of pinbench run' });
  if (request.file === '-')
    throw usageError('-', 'standard input, which can be read once', { expected: 'a file' });
  const set = (Object.keys(SET_BY_AB) as (keyof typeof SET_BY_AB)[]).find(
    (name) => request.settings[name] !== undefined,
  );
  if (set !== undefined) {
    throw usageError(SET_BY_AB[set], 'behind --', {
      expected: 'no time options there: each process measures 10 rounds of --min-time',
    });
  }
  if (request.outputs.length > 0 || request.quiet)
    throw usageError('ab', 'an output option behind --', { expected: 'none: --out keeps the records' });
}

/** The text of `--fail-on`: some failures, or none. */
function failOn(text: string): readonly Failure[] {
  const found = read('--fail-on', words(FAILURES, ['none']))(text);
  return found === 'none' ? [] : (found as readonly Failure[]);
}

/** Reads the text of a flag or of an argument by its kind; a usage error says what is expected. */
function read<V>(name: string, kind: Kind<V, unknown>) {
  return (text: string): V => {
    const value = kind.parse(text);
    if (value === undefined) throw usageError(name, `"${text}"`, { expected: kind.expected });
    return value;
  };
}
