import { readFileSync } from 'node:fs';

/** The code blocks of a page in the folder above, by file name: the comment that begins a block states it. */
export function blocksOf(page: string): ReadonlyMap<string, string> {
  const text = readFileSync(new URL(`../${page}`, import.meta.url), 'utf8');
  const blocks = [...text.matchAll(/^```\w+\n([\s\S]*?)^```$/gm)].map(([, block]) => block!);
  return new Map(
    blocks.flatMap((block) =>
      [...block.matchAll(/^(?:#|\/\/) (\S+)$/gm)].slice(0, 1).map(([, name]) => [name!, block]),
    ),
  );
}
