import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Names of files that are read here, most likely. */
const DATA = /\.(?:npy|arrow|arrows|feather)$/i;
/** Folders below that are looked into: a dataset of Hugging Face that was saved has one for each of its splits. */
const MOST_FOLDERS = 16;

/** The path of the first data file in a folder or in those right below it, by its name alone. Never throws. */
export async function firstDataFileIn(folder: string): Promise<string | undefined> {
  const entries = await entriesOf(folder);
  const file = entries.find((entry) => !entry.isDirectory() && DATA.test(entry.name));
  if (file !== undefined) return join(folder, file.name);
  for (const { name } of entries.filter((entry) => entry.isDirectory()).slice(0, MOST_FOLDERS)) {
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
