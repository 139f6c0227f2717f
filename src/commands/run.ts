import type { RunRequest } from '../cli/request.js';
import { PinbenchError } from '../errors.js';
import { EXIT } from '../exit.js';
import type { RunRecord } from '../record/schema.js';
import { isWatched, type Terminal, usesColor } from '../terminal.js';
import { interruptible } from './interruptible.js';
import { deliver, mustBeWritable } from './output.js';

/** `pinbench run`: measures, prints the table and writes the files that were asked for. */
export async function runCommand(
  request: RunRequest,
  terminal: Terminal,
  args: readonly string[],
): Promise<number> {
  request.outputs.forEach(mustBeWritable);
  const { run } = await import('../run.js');
  const drawsProgress = request.progress && !request.quiet && isWatched(terminal);
  const record = await interruptible(terminal, drawsProgress, ({ signal, bar }) =>
    run(request.file, { ...request, progress: bar, argv: args, signal }, terminal.surroundings),
  );
  const rendered = [{ name: request.file, record }];
  const toStdout = request.outputs.some(({ path }) => path === '-');
  if (!toStdout && !request.quiet) {
    await deliver(rendered, { format: 'table', path: '-' }, usesColor(request, terminal), terminal);
  }
  for (const output of request.outputs) await deliver(rendered, output, false, terminal);
  mustHaveMeasured(request.file, record);
  return EXIT.ok;
}

/** What was measured is delivered in any case; an error says why it is not all. */
function mustHaveMeasured(file: string, { complete, results }: RunRecord): void {
  if (!complete) {
    throw new PinbenchError('interrupted', {
      subject: file,
      observed: 'interrupted',
      remedy: 'what was measured until then is written, marked "complete": false',
    });
  }
  const [first] = results;
  if (first !== undefined && results.every(({ status }) => status === 'skipped')) {
    throw new PinbenchError('engine', {
      subject: `engine ${first.engine}`,
      observed: `nothing was measured (${first.status === 'skipped' ? first.reason : ''})`,
    });
  }
}
