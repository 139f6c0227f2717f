import { mayBeRun, parseRequest } from './cli/parse.js';
import type { Request } from './cli/request.js';
import { EXIT, PinbenchError } from './errors.js';
import { type Terminal, terminalOfProcess } from './terminal.js';
import { printable } from './text.js';
import { VERSION } from './version.js';

/** Runs one command line and returns its exit code. */
export async function main(args: readonly string[], terminal = terminalOfProcess()): Promise<number> {
  let request: Request | undefined;
  try {
    const run = mayBeRun(args) ? await import('./cli/run.js') : undefined;
    request = parseRequest(args, VERSION, run?.declareRunOptions);
    return await execute(request, terminal, args);
  } catch (error) {
    const verbose =
      request === undefined ? args.includes('--verbose') : 'verbose' in request && request.verbose;
    return explain(error, verbose, terminal);
  }
}

/** Runs the requested command. Each command and its imports are loaded only when they are needed. */
async function execute(request: Request, terminal: Terminal, args: readonly string[]): Promise<number> {
  switch (request.command) {
    case 'print':
      terminal.stdout.write(request.text);
      return EXIT.ok;
    case 'run':
      return (await import('./commands/run.js')).runCommand(request, terminal, args);
    case 'compare':
      return (await import('./commands/compare.js')).compareCommand(request, terminal);
    case 'ab':
      return (await import('./commands/ab.js')).abCommand(request, terminal);
    case 'report':
      return (await import('./commands/report.js')).reportCommand(request, terminal);
    case 'inspect':
      return (await import('./commands/inspect.js')).inspectCommand(request, terminal);
    case 'engines':
      return (await import('./commands/engines.js')).enginesCommand(request, terminal);
    case 'setup':
      return (await import('./commands/setup.js')).setupCommand(request, terminal);
    case 'schema':
      return (await import('./commands/schema.js')).schemaCommand(request, terminal);
  }
}

/** Prints an error and returns its exit code. */
export function explain(error: unknown, verbose: boolean, { stderr }: Pick<Terminal, 'stderr'>): number {
  if (error instanceof PinbenchError) {
    stderr.write(`pinbench: ${verbose ? stackOf(error) : error.message}\n`);
    return EXIT[error.code];
  }
  const message = error instanceof Error ? error.message : String(error);
  const hint = verbose ? '' : '; please report it with the output of --verbose';
  stderr.write(
    `pinbench: a bug in pinbench: ${verbose ? stackOf(error) : printable(message.split('\n')[0]!)}${hint}\n`,
  );
  return EXIT.bug;
}

/** The stack of an error, made safe to print line by line: an error from a library may quote bytes of a file. */
function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return printable(String(error));
  const stack = `${error.stack}`.split('\n').map(printable).join('\n');
  return error.cause === undefined ? stack : `${stack}\ncaused by ${stackOf(error.cause)}`;
}
