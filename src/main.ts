import { accessSync, constants, statSync } from 'node:fs';
import { appendFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import process from 'node:process';
import { EXIT } from './cli/exit.js';
import { parseRequest } from './cli/parse.js';
import type {
  CompareRequest,
  EnginesRequest,
  InspectRequest,
  Output,
  ReportRequest,
  Request,
  RunRequest,
  SetupRequest,
} from './cli/request.js';
import { PinbenchError, usageError } from './errors.js';
import type { RunRecord } from './record/schema.js';
import type { Named } from './report/named.js';
import { VERSION } from './version.js';
import type { Failure } from './words.js';

/** What `main` has of the world; the tests give it their own. */
export interface Io {
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  readonly env: NodeJS.ProcessEnv;
  /** Calls back at the first Ctrl-C or request to terminate; returns what takes the listener away again. */
  onInterrupt(listener: () => void): () => void;
}

/** Runs one command line and returns its exit code. Everything pinbench prints is printed here. */
export async function main(args: readonly string[], io: Io = processIo()): Promise<number> {
  let request: Request | undefined;
  try {
    request = parseRequest(args, VERSION);
    return await execute(request, args, io);
  } catch (error) {
    const verbose =
      request === undefined ? args.includes('--verbose') : 'verbose' in request && request.verbose;
    return explain(error, verbose, io);
  }
}

async function execute(request: Request, args: readonly string[], io: Io): Promise<number> {
  switch (request.command) {
    case 'print':
      io.stdout.write(request.text);
      return EXIT.ok;
    case 'run':
      return await runCommand(request, args, io);
    case 'compare':
      return await compareCommand(request, io);
    case 'report':
      return await reportCommand(request, io);
    case 'inspect':
      return await inspectCommand(request, io);
    case 'engines':
      return await enginesCommand(request, io);
    case 'setup':
      return await setupCommand(request, io);
    case 'schema': {
      const { recordJsonSchema } = await import('./record/schema.js');
      io.stdout.write(`${JSON.stringify(recordJsonSchema(), null, 2)}\n`);
      return EXIT.ok;
    }
  }
}

async function runCommand(request: RunRequest, args: readonly string[], io: Io): Promise<number> {
  request.outputs.forEach(mustBeWritable);
  const record = await measured(request, args, io);
  const rendered = [{ name: request.file, record }];
  const toStdout = request.outputs.some(({ path }) => path === '-');
  if (!toStdout && !request.quiet)
    await deliver(rendered, { format: 'table', path: '-' }, colorOf(request, io), io);
  for (const output of request.outputs) await deliver(rendered, output, false, io);
  if (!record.complete) {
    throw new PinbenchError('interrupted', {
      subject: request.file,
      observed: 'interrupted',
      remedy: 'what was measured until then is written, marked "complete": false',
    });
  }
  const [first] = record.results;
  if (first !== undefined && record.results.every(({ status }) => status === 'skipped')) {
    throw new PinbenchError('engine', {
      subject: `engine ${first.engine}`,
      observed: `nothing was measured (${first.status === 'skipped' ? first.reason : ''})`,
    });
  }
  return EXIT.ok;
}

async function measured(request: RunRequest, args: readonly string[], io: Io): Promise<RunRecord> {
  const { run } = await import('./run.js');
  const interruption = new AbortController();
  const stopListening = io.onInterrupt(() => interruption.abort());
  const bar = drawsProgress(request, io)
    ? new (await import('./progress-bar.js')).ProgressBar(io.stderr)
    : undefined;
  try {
    return await run(request.file, {
      ...request,
      progress: bar,
      argv: args,
      signal: interruption.signal,
    });
  } finally {
    bar?.stop();
    stopListening();
  }
}

async function compareCommand(request: CompareRequest, io: Io): Promise<number> {
  const [{ readRecords }, { compareRecords }, { failureOf }, { renderRegression }] = await Promise.all([
    import('./record/file.js'),
    import('./regress/compare.js'),
    import('./regress/verdict.js'),
    import('./report/regression.js'),
  ]);
  const inActions = io.env.GITHUB_ACTIONS === 'true';
  // GitHub reads commands on either stream; what may go to a file has standard output for itself.
  const tell = (line: string) => (request.format === 'table' ? io.stdout : io.stderr).write(`${line}\n`);
  try {
    const bases = await readRecords(request.bases);
    const regression = compareRecords(bases, await readRecords([request.head]), request);
    io.stdout.write(renderRegression(request.format, regression, colorOf(request, io)));
    if (inActions) {
      const { annotationsOf } = await import('./report/github.js');
      await summarise(renderRegression('markdown', regression), io);
      annotationsOf(regression, request.failOn).forEach(tell);
    }
    const failures = regression.rows.map(({ verdict }) => failureOf(verdict));
    const fails = (failure: Failure) => request.failOn.includes(failure) && failures.includes(failure);
    if (fails('regression') || fails('missing')) return EXIT.regression;
    return fails('inconclusive') ? EXIT.inconclusive : EXIT.ok;
  } catch (error) {
    if (inActions && error instanceof PinbenchError) {
      tell((await import('./report/github.js')).annotationOfError(error));
    }
    throw error;
  }
}

/** Adds to the job's summary in GitHub Actions; where that cannot be, the verdict still counts. */
async function summarise(markdown: string, { env, stderr }: Io): Promise<void> {
  const path = env.GITHUB_STEP_SUMMARY;
  if (!path) return;
  await appendFile(path, `${markdown}\n`).catch(({ code }: NodeJS.ErrnoException) => {
    stderr.write(`pinbench: ${path}: cannot be written (${code}); there is no summary of this comparison\n`);
  });
}

async function reportCommand(request: ReportRequest, io: Io): Promise<number> {
  mustBeWritable(request.output);
  const { readRecords } = await import('./record/file.js');
  const { named } = await import('./report/named.js');
  const records = named(await readRecords(request.records));
  await deliver(records, request.output, request.output.path === '-' && colorOf(request, io), io);
  return EXIT.ok;
}

async function inspectCommand(request: InspectRequest, io: Io): Promise<number> {
  const [{ openFile }, { probeEngines }, { renderInspection, inspectionOf }] = await Promise.all([
    import('./data/open.js'),
    import('./engine/registry.js'),
    import('./report/inspection.js'),
  ]);
  const inspection = inspectionOf(await openFile(request.file), await probeEngines());
  io.stdout.write(request.json ? `${JSON.stringify(inspection, null, 2)}\n` : renderInspection(inspection));
  return EXIT.ok;
}

async function enginesCommand(request: EnginesRequest, io: Io): Promise<number> {
  const { probeEngines } = await import('./engine/registry.js');
  const { renderEngines } = await import('./report/engines.js');
  const engines = await probeEngines();
  const json = engines.map(({ name, availability }) => ({ name, ...availability }));
  io.stdout.write(
    request.json ? `${JSON.stringify(json, null, 2)}\n` : renderEngines(engines, colorOf(request, io)),
  );
  return EXIT.ok;
}

async function setupCommand({ cpu, folder }: SetupRequest, io: Io): Promise<number> {
  const { setupTensorflow } = await import('./setup/tensorflow.js');
  const interruption = new AbortController();
  const stopListening = io.onInterrupt(() => interruption.abort());
  const bar = isLively(io) ? new (await import('./progress-bar.js')).ProgressBar(io.stderr) : undefined;
  const say = (line: string) => io.stdout.write(`${line}\n`);
  const fetched = (done: number, total: number, what: string) => bar?.fetching(done, total, what);
  try {
    await setupTensorflow({ folder, cpu, say, fetched, signal: interruption.signal });
    return EXIT.ok;
  } catch (cause) {
    if (!interruption.signal.aborted) throw cause;
    throw new PinbenchError('interrupted', {
      ...{ subject: 'setup tensorflow', observed: 'interrupted; nothing was left behind', cause },
    });
  } finally {
    bar?.stop();
    stopListening();
  }
}

async function deliver(
  records: readonly Named[],
  { format, path }: Output,
  color: boolean,
  io: Io,
): Promise<void> {
  const { render } = await import('./report/render.js');
  const text = await render(format, records, color);
  if (path === '-') {
    io.stdout.write(text);
    return;
  }
  const { writeWhole } = await import('./record/file.js');
  await writeWhole(path, text);
}

/** A path that cannot be written is found out before the measuring, not after it. */
function mustBeWritable({ path }: Output): void {
  if (path === '-') return;
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats?.isDirectory() === true) throw usageError(path, 'a directory', { expected: 'a file to write' });
  try {
    accessSync(dirname(path), constants.W_OK);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    throw usageError(path, `its folder cannot be written to (${code})`, { cause });
  }
}

function colorOf({ color }: { readonly color: boolean }, { stdout, env }: Io): boolean {
  return color && stdout.isTTY === true && !env.NO_COLOR && env.TERM !== 'dumb';
}

function drawsProgress({ progress, quiet }: RunRequest, io: Io): boolean {
  return progress && !quiet && isLively(io);
}

/** A terminal with somebody before it. */
function isLively({ stderr, env }: Io): boolean {
  return stderr.isTTY === true && env.TERM !== 'dumb' && !env.CI;
}

function explain(error: unknown, verbose: boolean, { stderr }: Io): number {
  if (error instanceof PinbenchError) {
    stderr.write(`pinbench: ${verbose ? stackOf(error) : error.message}\n`);
    return EXIT[error.code];
  }
  const message = error instanceof Error ? error.message : String(error);
  const hint = verbose ? '' : '; please report it, with what --verbose prints';
  stderr.write(`pinbench: a bug in pinbench: ${verbose ? stackOf(error) : message.split('\n')[0]}${hint}\n`);
  return EXIT.bug;
}

function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? `${error.stack}` : `${error.stack}\ncaused by ${stackOf(error.cause)}`;
}

/** The process itself. A reader that goes away (`| head`) is no error and changes nothing of the exit code; a full disk ends it, by a code that is no verdict. */
function processIo(): Io {
  process.stderr.on('error', () => {});
  process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => {
    if (code === 'EPIPE') return;
    process.stderr.write(`pinbench: standard output: cannot be written (${code})\n`);
    process.exit(EXIT.usage);
  });
  return {
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    onInterrupt(listener) {
      // Once each: a second Ctrl-C ends the process as it would any other.
      process.once('SIGINT', listener);
      process.once('SIGTERM', listener);
      return () => {
        process.off('SIGINT', listener);
        process.off('SIGTERM', listener);
      };
    },
  };
}
