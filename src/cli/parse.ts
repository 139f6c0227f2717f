import { Argument, Command, CommanderError, Option } from 'commander';
import { usageError } from '../errors.js';
import { duration, folder, type Kind, percent, suggestionFor, whole, word, words } from '../option-kinds.js';
import { COMPARE_FORMATS, FAILURES, type Failure, METRICS, REPORT_FORMATS, SCHEMAS } from '../words.js';
import { examplesText } from './examples.js';
import { addOutputOptions, outputOptionsOf } from './output-options.js';
import { placesOf, refusalOf } from './refusal.js';
import type { Request, RunRequest } from './request.js';

/** Declares the options of `run`. Passed in, so that other commands and `--help` start without loading the table of options. */
export type DeclareRunOptions = (run: Command, done: (request: RunRequest) => void) => unknown;

/** Options that only print text. */
const TEXTS = ['-h', '--help', '-V', '--version'];

/** Whether parsing may need the options of `run`: the arguments name `run` or `ab`, or begin with an option. */
export function mayBeRun(args: readonly string[]): boolean {
  const [first = '--help'] = args;
  return args.includes('run') || first === 'ab' || (first.startsWith('-') && !TEXTS.includes(first));
}

/**
 * Parses the arguments after the program's name. Throws a usage error if they are invalid. `declareRunOptions` is required if
 * `mayBeRun` returns true.
 */
export function parseRequest(
  args: readonly string[],
  version: string,
  declareRunOptions: DeclareRunOptions = addOutputOptions,
): Request {
  let request: Request | undefined;
  let printed = '';
  const program = declareProgram(version, declareRunOptions, (made) => {
    if (made.command === 'ab') {
      const ab = program.commands.find((command) => command.name() === made.command);
      if (made.args.length > afterDashes(args)) ab?.error('', { code: 'commander.excessArguments' });
      mustLeaveTimeToAb(made.args, declareRunOptions);
    }
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

/** How many arguments follow `--`. Without it, `ab` accepts a file without options. */
function afterDashes(args: readonly string[]): number {
  const dashes = args.indexOf('--');
  return dashes < 0 ? 1 : args.length - dashes - 1;
}

/** Whether there are no arguments, so that the help is printed. */
function saysNothing(args: readonly string[]): boolean {
  return args.every((arg) => arg === '--');
}

/** Declares the commands with their arguments and options; `done` receives the request of a parsed command line. */
export function declareProgram(
  version: string,
  declareRunOptions: DeclareRunOptions,
  done: (request: Request) => void,
): Command {
  const program = new Command('pinbench')
    .description(
      'Copy each mini-batch to the GPU, or keep the dataset in GPU memory and slice it there? pinbench measures both with your own data.',
    )
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print help for a command')
    .configureHelp({ subcommandTerm: (command) => `${command.name()} ${placesOf(command)}`.trim() })
    .showHelpAfterError(false);
  const run = program
    .command('run')
    .description(
      'measure feed (copy every mini-batch) against pin (keep the dataset in GPU memory) and print the comparison',
    )
    .argument('<file>', 'NPY or Arrow file, read as a matrix of rows × columns; - reads standard input')
    .addHelpText('after', examplesText('run'));
  declareRunOptions(run, done);
  declareAb(program, done);
  declareCompare(program, done);
  declareReport(program, done);

  const inspect = program
    .command('inspect')
    .description('describe a data file without loading it: shape, type, size, and whether it fits in memory')
    .argument('<file>', 'NPY or Arrow file; - reads standard input')
    .option('--json', 'print JSON');
  addOutputOptions(inspect).action((file, flags) =>
    done({ command: 'inspect', file, json: flags.json === true, ...outputOptionsOf(flags) }),
  );

  const engines = program
    .command('engines')
    .description('list the engines and their devices, and say how to get an engine that is missing')
    .option('--json', 'print JSON');
  addOutputOptions(engines).action((flags) =>
    done({ command: 'engines', json: flags.json === true, ...outputOptionsOf(flags) }),
  );

  const tensorflow = program
    .command('setup')
    .description('build what the tensorflow engine needs')
    .command('tensorflow')
    .description('build a working @tensorflow/tfjs-node-gpu, whose own install step often fails')
    .option('--cpu', 'build it without CUDA: a tenth of the download, a quarter of the disk space')
    .addOption(
      valued(
        '--dir <folder>',
        'build it in this folder; set PINBENCH_TENSORFLOW_DIR to the folder so that the engine finds it (default: the cache folder)',
        folder,
      ),
    );
  addOutputOptions(tensorflow).action((flags) =>
    done({ command: 'setup', cpu: flags.cpu === true, folder: flags.dir, ...outputOptionsOf(flags) }),
  );

  const schema = program
    .command('schema')
    .description('print the JSON Schema of a record, or of the JSON that compare or ab prints')
    .addArgument(
      new Argument('[document]', `whose schema to print: ${SCHEMAS.join(', ')}`)
        .argParser(read('schema', word(SCHEMAS)))
        .default('record', 'record'),
    );
  addOutputOptions(schema).action((of, flags) => done({ command: 'schema', of, ...outputOptionsOf(flags) }));
  return program;
}

function declareReport(program: Command, done: (request: Request) => void): void {
  const report = program
    .command('report')
    .description('print a record again, or several records in one table by device')
    .argument(
      '<record...>',
      "files that pinbench run --json or --html wrote, or a pattern with * for several: 'node-*.json'",
    )
    .addOption(
      valued(
        '--format <format>',
        `output format: ${REPORT_FORMATS.join(', ')}`,
        word(REPORT_FORMATS),
        'table',
      ),
    )
    .addOption(
      new Option('-o, --output <path>', 'write to this path; - is standard output').default('-', '-'),
    );
  addOutputOptions(report).action((records, flags) => {
    const output = { format: flags.format, path: flags.output };
    done({ command: 'report', records, output, ...outputOptionsOf(flags) });
  });
}

function declareCompare(program: Command, done: (request: Request) => void): void {
  const compare = program
    .command('compare')
    .description('compare with a baseline; exits 1 if a row regressed or is missing')
    .argument('<base>', "the baseline record, or a pattern with * for several: 'main-*.json'")
    .argument('<head...>', 'the new record, or such a pattern; all earlier arguments are baselines')
    .addOption(threshold())
    .addOption(
      valued(
        '--metric <what>',
        'compare step times, or the speedups over feed: step, speedup',
        word(METRICS),
        'step',
      ),
    )
    .addOption(failOn())
    .option('--ignore-device', 'accept records of different devices or drivers')
    .addOption(comparisonFormat())
    .addHelpText('after', examplesText('compare'));
  addOutputOptions(compare).action((base, rest, flags) => {
    const records = [base, ...rest];
    done({
      command: 'compare',
      bases: records.slice(0, -1),
      head: records.at(-1)!,
      thresholdPercent: flags.threshold,
      metric: flags.metric,
      failOn: flags.failOn,
      ignoreDevice: flags.ignoreDevice === true,
      format: flags.format,
      ...outputOptionsOf(flags),
    });
  });
}

function declareAb(program: Command, done: (request: Request) => void): void {
  const ab = program
    .command('ab')
    .description(
      'compare two builds by running their processes in turns; exits 1 if a row regressed or is missing',
    )
    .usage('[options] <base> <head> -- <file> [options of run]')
    .argument('<base>', 'a folder with pinbench in its node_modules, or a built checkout of pinbench')
    .argument('<head>', 'the same for the new build')
    .argument('<run...>', 'after --: the data file, then options of pinbench run, used in both folders')
    .addOption(valued('--budget <time>', 'how long to measure', duration(), 120e9, '2m'))
    .addOption(
      valued(
        '--pairs <n>',
        'pairs of processes to run; 6 or more give an interval (default: as many as fit in --budget)',
        whole(1, 100_000),
      ),
    )
    .addOption(threshold())
    .addOption(
      valued(
        '--metric <list>',
        'judge step times, speedups over feed, or both: step, speedup',
        words(METRICS),
        METRICS,
        METRICS.join(','),
      ),
    )
    .addOption(failOn())
    .addOption(
      valued(
        '--out <folder>',
        'write the records of both sides and the comparison to this new folder',
        folder,
      ),
    )
    .addOption(comparisonFormat())
    .addHelpText('after', examplesText('ab'));
  addOutputOptions(ab).action((base, head, args: string[], flags) => {
    const { pairs, budget: budgetNs, threshold: thresholdPercent, metric: metrics, out, format } = flags;
    done({
      ...{ command: 'ab', base, head, args, pairs, budgetNs, thresholdPercent, metrics },
      ...{ failOn: flags.failOn, out, format },
      ...outputOptionsOf(flags),
    });
  });
}

/** Options of both `compare` and `ab`. */
const threshold = () =>
  valued('--threshold <percent>', 'a change counts if it is larger than this percentage', percent, 5);

const comparisonFormat = () =>
  valued('--format <format>', `output format: ${COMPARE_FORMATS.join(', ')}`, word(COMPARE_FORMATS), 'table');

function failOn(): Option {
  const defaultValue: readonly Failure[] = ['regression', 'missing'];
  const flag = '--fail-on <list>';
  const list = words(FAILURES, ['none']);
  return valued(flag, `what to fail on: none, or some of ${FAILURES.join(', ')}`, list)
    .argParser((text: string) => {
      const found = read(longFlagOf(flag), list)(text);
      return found === 'none' ? [] : found;
    })
    .default(defaultValue, defaultValue.join(','));
}

/** An option that takes a value of the given kind. */
function valued<V>(
  flag: string,
  help: string,
  kind: Kind<V, unknown>,
  defaultValue?: V,
  shown = String(defaultValue),
): Option {
  const option = new Option(flag, help).argParser(read(longFlagOf(flag), kind));
  return defaultValue === undefined ? option : option.default(defaultValue, shown);
}

function longFlagOf(flag: string): string {
  return /--[a-z-]+/.exec(flag)![0];
}

/** Options of `run` that `ab` sets itself. */
const SET_BY_AB = {
  epochs: '--epochs',
  rounds: '--rounds',
  processes: '--processes',
  untilPercent: '--until',
  budgetNs: '--budget',
} as const;

/** Throws a usage error for arguments that `run` would refuse and for options that `ab` sets itself, before anything is measured. */
function mustLeaveTimeToAb(args: readonly string[], declareRunOptions: DeclareRunOptions): void {
  const request = parseRequest(['run', ...args], '', declareRunOptions);
  if (request.command !== 'run')
    throw usageError('ab', 'no data file after --', { expected: 'a file, and options of pinbench run' });
  if (request.file === '-')
    throw usageError('-', 'standard input, which can be read only once', { expected: 'a file' });
  const set = (Object.keys(SET_BY_AB) as (keyof typeof SET_BY_AB)[]).find(
    (name) => request.settings[name] !== undefined,
  );
  if (set !== undefined) {
    throw usageError(SET_BY_AB[set], 'given after --', {
      expected: 'no such option there, because ab decides how long to measure',
      remedy: 'use --budget or --pairs before --',
    });
  }
  if (request.outputs.length > 0 || request.quiet)
    throw usageError('ab', 'an output option after --', {
      expected: 'none, because ab prints the comparison',
      remedy: 'use --out before -- to keep the records',
    });
}

/** Returns a parser for a flag or an argument of the given kind; it throws a usage error that says what is expected. */
function read<V>(name: string, kind: Kind<V, unknown>) {
  return (text: string): V => {
    const value = kind.parse(text);
    if (value !== undefined) return value;
    const remedy = suggestionFor(text, kind);
    throw usageError(name, `"${text}"`, { expected: kind.expected, ...(remedy && { remedy }) });
  };
}
