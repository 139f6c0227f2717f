import { accessSync, constants, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Output } from '../cli/request.js';
import { usageError } from '../errors.js';
import type { Screen } from '../report/layout.js';
import type { Named } from '../report/named.js';
import type { Terminal } from '../terminal.js';

/** Throws a usage error where a path cannot be written, so that it is found before the measuring and not after it. */
export function mustBeWritable({ path }: Output): void {
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

/** Renders records and writes them where they shall go, a file whole or not at all. */
export async function deliver(
  records: readonly Named[],
  { format, path }: Output,
  screen: Screen | undefined,
  { stdout }: Terminal,
): Promise<void> {
  const { render } = await import('../report/render.js');
  const text = await render(format, records, screen);
  if (path === '-') {
    stdout.write(text);
    return;
  }
  const { writeWhole } = await import('../record/file.js');
  await writeWhole(path, text);
}

/** Prints a value as JSON for programs. */
export function printJson(value: unknown, { stdout }: Terminal): void {
  stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}
