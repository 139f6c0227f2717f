import { randomBytes } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Output } from '../cli/request.js';
import type { Screen } from '../report/layout.js';
import type { Named } from '../report/named.js';
import type { Terminal } from '../terminal.js';
import { jsonText } from '../text.js';
import { type OutputFile, outputFileAt, writeOutput } from './output-file.js';

/** An output, and the file where it goes; standard output is none. */
export interface Destination extends Output {
  readonly file: OutputFile | undefined;
}

/** Looks at where an output shall go; a usage error where it cannot be written. */
export function destinationOf(output: Output): Destination {
  return { ...output, file: output.path === '-' ? undefined : outputFileAt(output.path) };
}

/**
 * Renders records and writes them where they shall go, a file whole or not at all. A usage error where a file cannot be written;
 * false where standard output cannot, of which the terminal has told by then.
 */
export async function deliver(
  records: readonly Named[],
  { format, file }: Destination,
  screen: Screen | undefined,
  terminal: Terminal,
): Promise<boolean> {
  const { render } = await import('../report/render.js');
  const text = await render(format, records, screen);
  if (file === undefined) return await print(text, terminal);
  await writeOutput(file, text, terminal);
  return true;
}

/** Prints a text and waits until it is gone. A reader that goes away (`| head`) has got what it wanted. */
async function print(text: string, { stdout, isReaderGone }: Terminal): Promise<boolean> {
  const error = await new Promise<NodeJS.ErrnoException | null | undefined>((done) => {
    stdout.write(text, done);
  });
  return error == null || isReaderGone(error);
}

/** Keeps a text that could be written nowhere else: the path of a file in the folder for temporary files, if even that can be. */
export async function rescue(text: string): Promise<string | undefined> {
  const path = join(tmpdir(), `pinbench-${randomBytes(6).toString('hex')}.json`);
  try {
    await writeFile(path, text, { flag: 'wx', mode: 0o600, flush: true });
    return path;
  } catch {
    await rm(path, { force: true });
    return undefined;
  }
}

/** Prints a value as JSON for programs. */
export function printJson(value: unknown, { stdout }: Terminal): void {
  stdout.write(jsonText(value));
}
