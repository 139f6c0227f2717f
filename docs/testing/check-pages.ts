// Finds dead links in pages, and words in pages and sources that the vocabulary replaces. Exits with 1 if there are any.
//   npm run check:pages
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { faultOf, linksOf, pagesIn } from './links.js';
import { wordFaultsIn } from './vocabulary.js';

const pages = pagesIn('.');
const sources = ['src', 'bench', 'docs', '.ci'].flatMap((folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && (folder === '.ci' || /\.(?:ts|mjs|cu|py|sh)$/.test(entry.name)))
    .map((entry) => join(entry.parentPath, entry.name)),
);
/** Excluded, since it contains the words. */
const VOCABULARY = join('docs', 'testing', 'vocabulary.ts');

const faults = [
  ...pages.flatMap((page) =>
    linksOf('.', page).flatMap((link) => {
      const fault = faultOf('.', link);
      return fault === undefined ? [] : `${page}: dead link: ${fault}`;
    }),
  ),
  ...[...pages, ...sources]
    .filter((file) => file !== VOCABULARY)
    .flatMap((file) =>
      wordFaultsIn(readFileSync(file, 'utf8')).map(
        ({ line, word, instead }) => `${file}:${line}: "${word}"; expected ${instead}`,
      ),
    ),
];
for (const fault of faults) console.error(fault);
if (faults.length > 0) process.exitCode = 1;
else console.log(`${pages.length} pages and ${sources.length} sources: no dead link, no word to replace`);
