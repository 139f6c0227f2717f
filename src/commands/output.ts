import { randomBytes } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Output } from '../cli/request.js';
import type { Screen } from '../report/layout.js';
import type { Named } from '../report/named.js';
import type { Terminal } from '../terminal.js';
import { jsonText } from '../text.js';
import { type OutputFile, outputFileAt } from './output-file.js';
import { writeOutput } from './write-output.js';

/** An output and the file that it is written to; the file is undefined for standard output. */
export interface Destination extends Output {
  readonly file: OutputFile | undefined;
}

/** Examines the destination of an output. Throws a usage error if it cannot be written. */
export function destinationOf(output: Output): Destination {
  return { ...output, file: output.path === '-' ? undefined : outputFileAt(output.path) };
}

/**
 * Renders records and writes them to their destination. Throws a usage error if a file cannot be written. Returns false if standard
 * output cannot be written; the terminal has then already printed the error.
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

/** Prints a text, waits until it is written, and returns whether it was. A reader that exits early (`| head`) is not an error. */
async function print(text: string, { stdout, isReaderGone }: Terminal): Promise<boolean> {
  const error = await new Promise<NodeJS.ErrnoException | null | undefined>((done) => {
    stdout.write(text, done);
  });
  return error == null || isReaderGone(error);
}

/** Saves a text in a file of the temporary folder and returns its path, or undefined if that fails too. */
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

/** Prints a value as indented JSON. */
export function printJson(value: unknown, { stdout }: Terminal): void {
  stdout.write(jsonText(value));
}
