import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Surroundings } from '../../surroundings.js';

/**
 * An optional peer: from the project pinbench is run in, else from where pinbench is installed, else from the folders named;
 * the first that loads. `undefined` where none has it; where none loads, what the first threw is thrown on.
 */
export async function importOptional(
  name: string,
  { cwd }: Pick<Surroundings, 'cwd'>,
  folders: readonly string[] = [],
): Promise<unknown> {
  const places = [
    join(cwd(), 'package.json'),
    import.meta.url,
    ...folders.map((f) => join(f, 'package.json')),
  ];
  const errors: unknown[] = [];
  for (const place of places) {
    let path: string;
    try {
      path = createRequire(place).resolve(name);
    } catch {
      continue;
    }
    try {
      return await import(pathToFileURL(path).href);
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw errors[0];
  return undefined;
}
