import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { faultOf, linksOf, pagesIn } from '../docs/testing/links.js';
import { wordFaultsIn } from '../docs/testing/vocabulary.js';
import { OPTION_ENTRIES } from './options.js';
import { flagOf } from './settings.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const pages = pagesIn(ROOT);

describe('the pages', () => {
  const links = pages.flatMap((page) => linksOf(ROOT, page));

  it('link to files and headings that are there', () => {
    expect(links.length).toBeGreaterThan(5);
    expect(links.flatMap((link) => faultOf(ROOT, link) ?? [])).toEqual([]);
    expect(faultOf(ROOT, { page: 'README.md', file: 'docs/no.md', heading: undefined })).toMatch(/no file/);
    expect(faultOf(ROOT, { page: 'README.md', file: 'docs/faq.md', heading: 'no' })).toMatch(/no heading/);
  });

  it('keep to the vocabulary, which the check of words holds them to', () => {
    expect(pages.flatMap((page) => wordFaultsIn(read(page)))).toEqual([]);
    const word = ['mini', 'batch'].join('');
    expect(wordFaultsIn(`A\n${word} of a dataset`)).toEqual([{ line: 2, word, instead: 'mini-batch' }]);
    expect(wordFaultsIn('what CUDA calls pinned')).toEqual([]);
  });

  it('win a reader in 1,200 words', () => {
    expect(read('README.md').split(/\s+/).length).toBeLessThanOrEqual(1200);
  });

  it('name every option of a program, with its flag, in docs/programs.md', () => {
    const named = [...read('docs/programs.md').matchAll(/^\| `(\w+)` \| `(--[a-z-]+)` \|/gm)];
    const options = OPTION_ENTRIES.filter(([, { commandLineOnly }]) => !commandLineOnly);
    expect(named.map(([, name, flag]) => [name, flag])).toEqual(
      options.map(([name]) => [name, flagOf(name)]),
    );
  });

  it('have a program for compilers that imports all the package exports', () => {
    const namesIn = (list: string) =>
      list.split(',').flatMap((name) => /(\w+)\s*$/.exec(name)?.slice(1) ?? []);
    const exported = [...read('src/index.ts').matchAll(/^export (?:type )?\{([^}]*)\}/gm)];
    const [, imported] = /^import \{([^}]*)\} from 'pinbench';$/m.exec(read('docs/testing/consumer.ts'))!;
    expect(namesIn(imported!).sort()).toEqual(exported.flatMap(([, list]) => namesIn(list!)).sort());
  });

  describe('and what is packed', () => {
    let packed: readonly string[];
    beforeAll(() => {
      // What `prepare` prints would stand before the JSON.
      const args = ['pack', '--dry-run', '--json', '--ignore-scripts'];
      const shell = process.platform === 'win32';
      const [tarball] = JSON.parse(execFileSync('npm', args, { cwd: ROOT, encoding: 'utf8', shell }));
      packed = tarball.files.map(({ path }: { path: string }) => path);
    });

    it('all that the packed pages link to is packed with them', () => {
      const fromPacked = links.filter(({ page }) => packed.includes(page));
      expect(fromPacked.length).toBeGreaterThan(5);
      const isPacked = (file: string) => packed.some((path) => path === file || path.startsWith(`${file}/`));
      expect(fromPacked.filter(({ file }) => !isPacked(file))).toEqual([]);
    });

    it('holds the program and what it loads from beside its code, and no tests', () => {
      expect(packed).toEqual(
        expect.arrayContaining([
          ...['bin/pinbench.js', 'dist/index.js', 'dist/index.d.ts', 'dist/main.js'],
          ...[
            'dist/engine/cuda/kernels/sum_of_squares_float32.ptx',
            'docs/programs.md',
            'README.md',
            'LICENSE',
          ],
        ]),
      );
      expect(packed.filter((path) => /\.test\.|(?:^|\/)testing\/|^src\//.test(path))).toEqual([]);
      expect(new Set(packed.map((path) => path.split('/')[0]))).toEqual(
        new Set(['bin', 'dist', 'docs', 'CHANGELOG.md', 'LICENSE', 'README.md', 'package.json']),
      );
    });
  });
});

describe('CI', () => {
  it('runs in GitHub Actions what .ci/run does', () => {
    const stages = read('.ci/run').matchAll(/^.*\bline '([^']+)'|\b(npm run [a-z:-]+|python3 src[^ ;]+)/gm);
    const commands = [...stages].map(([, line, command]) => (line ?? command)!);
    const steps = [...read('.github/workflows/ci.yml').matchAll(/^ +- run: (.*)$/gm)].map(
      ([, step]) => step!,
    );
    expect(commands.length).toBeGreaterThan(10);
    expect(steps.filter((step) => !/^npm ci$|^sudo /.test(step)).sort()).toEqual(commands.sort());
  });
});
