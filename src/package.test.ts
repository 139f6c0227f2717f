import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { OPTION_ENTRIES } from './options.js';
import { flagOf } from './settings.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const pages = [
  ...['README.md', 'CHANGELOG.md'],
  ...readdirSync(join(ROOT, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

/** A page without its code. */
const prose = (page: string) => read(page).replace(/^( *)```[\s\S]*?^\1```$/gm, '');

interface Link {
  readonly page: string;
  /** The linked file, from the root of the package. */
  readonly file: string;
  readonly heading: string | undefined;
}

/** Where a page leads, but for other sites: by `[…](…)`, by a reference at its end, or by an attribute of HTML. */
function linksOf(page: string): Link[] {
  const targets = prose(page).matchAll(
    /\]\(([^)\s]+)[^)]*\)|^\[[^\]]+\]:\s*(\S+)|(?:src|href|srcset)="([^"\s]+)/gm,
  );
  return [...targets]
    .map(([, inline, reference, attribute]) => (inline ?? reference ?? attribute)!)
    .filter((target) => !/^[a-z]+:/i.test(target))
    .map((target) => {
      const [path, heading] = target.split('#');
      const file = path === '' ? page : posix.join(dirname(page), decodeURI(path!));
      return { page, file: file.replace(/\/$/, ''), heading };
    });
}

/** The names under which GitHub offers the headings of a page. */
function headingsOf(page: string): string[] {
  return [...prose(page).matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\p{M} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

describe('the pages', () => {
  const links = pages.flatMap(linksOf);

  it('link to files that are there', () => {
    expect(links.length).toBeGreaterThan(5);
    expect(links.filter(({ file }) => !existsSync(join(ROOT, file)))).toEqual([]);
  });

  it('link to headings that are there', () => {
    const toHeadings = links.filter(({ heading, file }) => heading !== undefined && file.endsWith('.md'));
    expect(toHeadings.filter(({ file, heading }) => !headingsOf(file).includes(heading!))).toEqual([]);
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
