import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** File names that probably belong to data files. */
const DATA = /\.(?:npy|arrow|arrows|feather)$/i;
/** How many subfolders are searched: a saved Hugging Face dataset has one for each of its splits. */
const MAX_FOLDERS = 16;

/** Returns the path of the first data file in a folder or its direct subfolders, judged by its name alone. Never throws. */
export async function firstDataFileIn(folder: string): Promise<string | undefined> {
  const entries = await entriesOf(folder);
  const file = entries.find((entry) => !entry.isDirectory() && DATA.test(entry.name));
  if (file !== undefined) return join(folder, file.name);
  for (const { name } of entries.filter((entry) => entry.isDirectory()).slice(0, MAX_FOLDERS)) {
    const within = (await entriesOf(join(folder, name))).find(
      (entry) => entry.isFile() && DATA.test(entry.name),
    );
    if (within !== undefined) return join(folder, name, within.name);
  }
  return undefined;
}

async function entriesOf(folder: string): Promise<Dirent[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
}
