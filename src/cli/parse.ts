import { Command, CommanderError, Option } from 'commander';
import { usageError } from '../errors.js';
import {
  COMPARE_FORMATS,
  DTYPE_REQUESTS,
  ENGINES,
  FAILURES,
  FETCHES,
  METRICS,
  READBACKS,
  REMAINDERS,
  REPORT_FORMATS,
  type ReportFormat,
  SAMPLINGS,
  SCHEMAS,
  SHUFFLES,
  STRATEGIES,
} from '../words.js';
import { refusalOf } from './refusal.js';
import type { Manners, Output, Request, RunRequest } from './request.js';
import { duration, integer, integerList, microseconds, percent, word, wordList } from './values.js';

/** Reads the arguments after the program's name; a usage error where they cannot be meant. */
export function parseRequest(args: readonly string[], version: string): Request {
  let request: Request | undefined;
  let printed = '';
  const program = declare(version, (made) => {
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

function declare(version: string, done: (request: Request) => void): Command {
  const program = new Command('pinbench')
    .description(
      'Copy each mini-batch to the GPU, or keep the dataset there and slice it? Measured on your own data.',
    )
    .version(version, '-V, --version')
    .showHelpAfterError(false);
  declareRun(program, done);
  declareReport(program, done);

  manners(program.command('compare'))
    .description('has it become slower? a record beside its baseline; exit 1 where it has')
    .argument('<base>', "the record of before, or a pattern of several: 'main-*.json'")
    .argument('<head...>', 'the record of now, or a pattern; more of before may stand before it')
    .option(
      '--threshold <percent>',
      'a change beyond it counts; auto: the spread of several bases',
      (text) => (text === 'auto' ? text : percent('--threshold')(text)),
      5,
    )
    .option('--metric <what>', METRICS.join(', '), word('--metric', METRICS), 'step')
    .option('--fail-on <list>', `of ${FAILURES.join(', ')}`, wordList('--fail-on', FAILURES), [
      'regression',
      'missing',
    ])
    .option('--ignore-device', 'compare records of different devices', false)
    .option('--format <format>', COMPARE_FORMATS.join(', '), word('--format', COMPARE_FORMATS), 'table')
    .action((base, rest, flags) => {
      const records = [base, ...rest];
      const { threshold: thresholdPercent, metric, failOn, ignoreDevice, format } = flags;
      const how = { thresholdPercent, metric, failOn, ignoreDevice, format };
      done({
        command: 'compare',
        bases: records.slice(0, -1),
        head: records.at(-1)!,
        ...how,
        ...mannersOf(flags),
      });
    });

  manners(program.command('engines'))
    .description('what is there to run on, what is not, why, and what mends it')
    .option('--json', 'as JSON', false)
    .action((flags) => done({ command: 'engines', json: flags.json, ...mannersOf(flags) }));

  manners(program.command('inspect'))
    .description("a data file's shape, type, bytes and order, from its header alone")
    .argument('<file>', 'NPY or Arrow file')
    .option('--json', 'as JSON', false)
    .action((file, flags) => done({ command: 'inspect', file, json: flags.json, ...mannersOf(flags) }));

  const setup = program.command('setup').description('build what an engine needs');
  manners(setup.command('tensorflow'))
    .description('a working @tensorflow/tfjs-node-gpu: its own install step often fails')
    .option('--cpu', 'TensorFlow without CUDA, a tenth of the size', false)
    .option(
      '--dir <folder>',
      'where to; the engine finds it by PINBENCH_TENSORFLOW_DIR (default: the cache folder)',
    )
    .action((flags) => done({ command: 'setup', cpu: flags.cpu, folder: flags.dir, ...mannersOf(flags) }));

  manners(program.command('schema'))
    .description('the JSON Schema of a record, or of what compare prints as JSON')
    .argument('[of]', SCHEMAS.join(', '), word('schema', SCHEMAS), 'record')
    .action((of, flags) => done({ command: 'schema', of, ...mannersOf(flags) }));
  return program;
}

function declareRun(program: Command, done: (request: Request) => void): void {
  const choice = <T extends string>(flag: string, text: string, words: readonly T[], standard: T) =>
    new Option(`${flag} <word>`, `${text}: ${words.join(', ')}`)
      .argParser(word(flag, words))
      .default(standard);
  manners(program.command('run'))
    .description(
      'measure feed (copy every step) against pin (resident in GPU memory) and print the comparison',
    )
    .argument('<file>', 'NPY or Arrow file, read as a matrix of rows × columns')
    .option(
      '-b, --batch <list>',
      'rows per mini-batch: 2 | 2,64,1024 | 1..65536 (powers of two)',
      integerList('--batch'),
      [32],
    )
    .option('-e, --epochs <n>', 'measured epochs per strategy', integer('--epochs', 1), 100)
    .option('--warmup <n>', 'epochs first, not counted', integer('--warmup', 0), 3)
    .option('-s, --strategy <list>', `all, or of ${STRATEGIES.join(', ')}`, strategies, ['feed', 'pin'])
    .option('-E, --engine <list>', `auto, all, or of ${ENGINES.join(', ')}`, engines, 'auto')
    .option('--device <n>', 'ordinal among the visible devices', integer('--device', 0), 0)
    .addOption(choice('--shuffle', 'when the order is drawn', SHUFFLES, 'once'))
    .addOption(choice('--sampling', 'contiguous rows, or rows drawn anew every epoch', SAMPLINGS, 'slice'))
    .option('--seed <n>', 'of the order and of the rounds', integer('--seed', 0, 2 ** 32 - 1), 1)
    .addOption(choice('--remainder', 'the short last mini-batch', REMAINDERS, 'drop'))
    .addOption(choice('--fetch', 'when scalars come back and the host waits', FETCHES, 'step'))
    .addOption(choice('--readback', 'how a scalar comes back (cuda)', READBACKS, 'mapped'))
    .option(
      '--work <list>',
      'graph passes per mini-batch: stands for a heavier model',
      integerList('--work'),
      [1],
    )
    .addOption(choice('--dtype', 'element type on the device', DTYPE_REQUESTS, 'float32'))
    .option('--column <names>', 'Arrow columns to stack as the matrix (default: all numeric)', names)
    .option('--until <percent>', 'add rounds until the 95 % interval is this narrow', percent('--until'))
    .option(
      '--budget <time>',
      'epochs per cell shrink until the grid fits: 90s, 10m, 1h',
      duration('--budget'),
    )
    .option(
      '--model-us <n>',
      'predict the saving for a model of that many µs per step',
      microseconds('--model-us'),
    )
    .option('--json <path>', "also write the record; '-' is stdout, then no table is printed")
    .option('--csv <path>', 'also write CSV')
    .option('--markdown <path>', 'also write Markdown')
    .option('--quiet', 'print nothing but errors', false)
    .option('--no-progress', 'draw no progress bar')
    .action((file, flags, command: Command) => done(runRequest(file, flags, command)));
}

/** commander's options by their long names, as `runRequest` reads them. */
type RunFlags = Omit<
  RunRequest,
  'command' | 'file' | 'outputs' | 'columns' | 'untilPercent' | 'budgetNs' | 'modelNs'
> & {
  readonly column?: string[];
  readonly until?: number;
  readonly budget?: number;
  readonly modelUs?: number;
  readonly json?: string;
  readonly csv?: string;
  readonly markdown?: string;
};

function runRequest(file: string, flags: RunFlags, command: Command): RunRequest {
  const { column, until, budget, modelUs, json, csv, markdown, ...rest } = flags;
  const outputs = Object.entries({ json, csv, markdown }).flatMap(([format, path]): Output[] =>
    path === undefined ? [] : [{ format: format as ReportFormat, path }],
  );
  if (outputs.filter(({ path }) => path === '-').length > 1) {
    throw usageError('-', 'standard output is named for several formats', { expected: 'one of them' });
  }
  if (
    flags.sampling === 'gather' &&
    command.getOptionValueSource('shuffle') === 'cli' &&
    flags.shuffle !== 'epoch'
  ) {
    throw usageError(
      '--shuffle',
      `"${flags.shuffle}" with --sampling gather, which draws rows anew every epoch`,
      {
        remedy: 'leave --shuffle out',
      },
    );
  }
  return {
    command: 'run',
    file,
    ...rest,
    columns: column,
    untilPercent: until,
    budgetNs: budget,
    modelNs: modelUs,
    outputs,
  };
}

function declareReport(program: Command, done: (request: Request) => void): void {
  manners(program.command('report'))
    .description('render a record again, or several in one table by device')
    .argument('<record...>', "what pinbench run --json wrote, or patterns of such files: 'node-*.json'")
    .option('--format <format>', REPORT_FORMATS.join(', '), word('--format', REPORT_FORMATS), 'table')
    .option('-o, --output <path>', 'where to', '-')
    .action((records, flags) => {
      const output = { format: flags.format, path: flags.output };
      done({ command: 'report', records, output, ...mannersOf(flags) });
    });
}

function manners(command: Command): Command {
  return command
    .option('--no-color', 'no colour; NO_COLOR and TERM=dumb are respected too')
    .option('--verbose', 'the stack behind an error', false);
}

function mannersOf({ color, verbose }: Manners): Manners {
  return { color, verbose };
}

function strategies(text: string) {
  return text === 'all' ? [...STRATEGIES] : wordList('--strategy', STRATEGIES)(text);
}

function engines(text: string) {
  return text === 'auto' || text === 'all' ? text : wordList('--engine', ENGINES)(text);
}

/** Names may hold spaces but no comma. */
function names(text: string): string[] {
  const found = text.split(',');
  if (found.includes(''))
    throw usageError('--column', `"${text}"`, { expected: 'names separated by commas' });
  return found;
}
