import { createRequire } from 'node:module';
import { join } from 'node:path';
import { cwd } from 'node:process';
import { pathToFileURL } from 'node:url';

/**
 * An optional peer: from the project pinbench is run in, else from where pinbench is installed, else from the folders named.
 * `undefined` where none has it; what a package throws when it is loaded is thrown on.
 */
export async function importOptional(name: string, folders: readonly string[] = []): Promise<unknown> {
  const places = [
    join(cwd(), 'package.json'),
    import.meta.url,
    ...folders.map((f) => join(f, 'package.json')),
  ];
  for (const place of places) {
    let path: string;
    try {
      path = createRequire(place).resolve(name);
    } catch {
      continue;
    }
    return import(pathToFileURL(path).href);
  }
  return undefined;
}
