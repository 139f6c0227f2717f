import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { parse } from 'yaml';
import { faultOf, linksOf, pagesIn } from '../docs/testing/links.js';
import { wordFaultsIn } from '../docs/testing/vocabulary.js';
import { OPTION_ENTRIES } from './options.js';
import { parseRecord } from './record/file.js';
import { flagOf } from './settings.js';
import { LOCK } from './setup/lock.js';
import { isAlive } from './testing/is-alive.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const pages = pagesIn(ROOT);

describe('the pages', () => {
  const links = pages.flatMap((page) => linksOf(ROOT, page));

  it('link to files and headings that exist', () => {
    expect(links.length).toBeGreaterThan(5);
    expect(links.flatMap((link) => faultOf(ROOT, link) ?? [])).toEqual([]);
    expect(faultOf(ROOT, { page: 'README.md', file: 'docs/no.md', heading: undefined })).toMatch(/no file/);
    expect(faultOf(ROOT, { page: 'README.md', file: 'docs/faq.md', heading: 'no' })).toMatch(/no heading/);
  });

  it('contain none of the forbidden words', () => {
    expect(pages.flatMap((page) => wordFaultsIn(read(page)))).toEqual([]);
    const word = ['mini', 'batch'].join('');
    expect(wordFaultsIn(`A\n${word} of a dataset`)).toEqual([{ line: 2, word, instead: 'mini-batch' }]);
    expect(wordFaultsIn('what CUDA calls pinned')).toEqual([]);
  });

  it('have an example that `pinbench report` can read (npm run bench:page makes a new one)', () => {
    expect(parseRecord('docs/example.html', read('docs/example.html')).results.length).toBeGreaterThan(0);
  });

  it('have a README of at most 1,200 words', () => {
    expect(read('README.md').split(/\s+/).length).toBeLessThanOrEqual(1200);
  });

  it('list every option of the programmatic API with its flag in docs/programs.md', () => {
    const named = [...read('docs/programs.md').matchAll(/^\| `(\w+)` \| `(--[a-z-]+)` \|/gm)];
    const options = OPTION_ENTRIES.filter(([, { commandLineOnly }]) => !commandLineOnly);
    expect(named.map(([, name, flag]) => [name, flag])).toEqual(
      options.map(([name]) => [name, flagOf(name)]),
    );
  });

  it('have a test program for compilers that imports everything that the package exports', () => {
    const namesIn = (list: string) =>
      list.split(',').flatMap((name) => /(\w+)\s*$/.exec(name)?.slice(1) ?? []);
    const exported = [...read('src/index.ts').matchAll(/^export (?:type )?\{([^}]*)\}/gm)];
    const [, imported] = /^import \{([^}]*)\} from 'pinbench';$/m.exec(read('docs/testing/consumer.ts'))!;
    expect(namesIn(imported!).sort()).toEqual(exported.flatMap(([, list]) => namesIn(list!)).sort());
  });

  describe('and the packed files', () => {
    let packed: readonly string[];
    beforeAll(() => {
      // Without --ignore-scripts the output of `prepare` would precede the JSON.
      const args = ['pack', '--dry-run', '--json', '--ignore-scripts'];
      const shell = process.platform === 'win32';
      const [tarball] = JSON.parse(execFileSync('npm', args, { cwd: ROOT, encoding: 'utf8', shell }));
      packed = tarball.files.map(({ path }: { path: string }) => path);
    });

    it('include everything that the packed pages link to', () => {
      const fromPacked = links.filter(({ page }) => packed.includes(page));
      expect(fromPacked.length).toBeGreaterThan(5);
      const isPacked = (file: string) => packed.some((path) => path === file || path.startsWith(`${file}/`));
      expect(fromPacked.filter(({ file }) => !isPacked(file))).toEqual([]);
    });

    it('include the program and the files that it loads, and no tests', () => {
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
        new Set([
          ...['bin', 'dist', 'docs', 'package.json', 'LICENSE'],
          ...['CHANGELOG.md', 'CONTRIBUTING.md', 'README.md', 'SECURITY.md'],
        ]),
      );
    });
  });
});

describe('the licences', () => {
  const licencesOf = (folder: string) =>
    spawnSync(process.execPath, [join(ROOT, '.ci/licences.mjs'), folder], { encoding: 'utf8' });

  it('of everything that is installed with pinbench are permissive', () => {
    const { status, stdout } = licencesOf(ROOT);
    expect(stdout).toMatch(/^MIT \(\d+\): .*koffi@/m);
    expect(stdout).not.toMatch(/vitest@/);
    expect(status, stdout).toBe(0);
  });

  it.each([
    ['GPL-3.0-only', 1],
    ['MIT AND GPL-3.0-only', 1],
    [undefined, 1],
    ['(GPL-3.0-only OR MIT)', 0],
    ['MIT AND ISC', 0],
  ])('are checked: a package with the licence %s leads to exit code %d', (license, code) => {
    const folder = mkdtempSync(join(tmpdir(), 'pinbench-licences-'));
    const packages = {
      '': {},
      'node_modules/a': { version: '1.0.0', license },
      'node_modules/tool': { version: '1.0.0', license: 'GPL-3.0-only', dev: true },
    };
    writeFileSync(join(folder, 'package-lock.json'), JSON.stringify({ packages }));
    const { status, stdout } = licencesOf(folder);
    rmSync(folder, { recursive: true });
    expect([status, stdout.includes('a@1.0.0'), stdout.includes('tool')]).toEqual([code, true, false]);
  });
});

describe.skipIf(process.platform === 'win32')('.ci/run', () => {
  /** Three stages, one of which fails, and a stage that needs a missing tool. */
  const STAGES = `
    # a comment
    good   every  -      all  -        true && echo "it is good"
    units  every  tests  all  -        bash vitest
    bad    linux  -      all  -        exit 3
    lost   linux  -      all  nonesuch true
  `;
  const [passed, failed] = [
    { fullName: 'a test', status: 'passed', failureMessages: [] },
    { fullName: 'another test', status: 'failed', failureMessages: ['AssertionError: 1 is not 2\n    at x'] },
  ];
  /** Writes a report of three passed tests to `--outputFile.json`, like vitest; its argument `fail` adds a failed one. */
  const VITEST = `
    report='${JSON.stringify({ numPassedTests: 3, testResults: [{ assertionResults: [passed] }] })}'
    [[ $1 != fail ]] || report='${JSON.stringify({ numPassedTests: 3, testResults: [{ assertionResults: [passed, failed] }] })}'
    for argument; do
      [[ $argument != --outputFile.json=* ]] || echo "$report" >"\${argument#*=}"
    done
    [[ $1 != fail ]]
  `;
  const folder = mkdtempSync(join(tmpdir(), 'pinbench-stages-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  beforeAll(() => {
    mkdirSync(join(folder, '.ci'));
    copyFileSync(join(ROOT, '.ci/run'), join(folder, '.ci/run'));
    writeFileSync(join(folder, '.ci/stages'), STAGES);
    writeFileSync(join(folder, 'vitest'), VITEST);
    writeFileSync(join(folder, 'package.json'), '{"scripts":{"build":"echo built >built"}}');
  });

  const runStages = (...args: string[]) => {
    const { status, stdout, stderr } = spawnSync(join(folder, '.ci/run'), args, { encoding: 'utf8' });
    return { status, stderr, lines: stdout.trimEnd().split('\n') };
  };

  it('runs every stage of the list, even after a failure, and ends with the numbers of passed and failed stages', () => {
    const { status, lines } = runStages();
    expect(status).toBe(1);
    expect(lines).toEqual([
      ...[
        '== good: true && echo "it is good"',
        'it is good',
        expect.stringMatching(/^== good passed after \d s$/),
      ],
      ...['== units: bash vitest', expect.stringMatching(/^== units passed after \d s$/)],
      ...['== bad: exit 3', expect.stringMatching(/^== bad failed after \d s$/)],
      ...['== lost skipped: there is no nonesuch', 'failed: the stage bad', '3 passed, 1 failed'],
    ]);
  });

  it('names each failed test with the first line of its error before the numbers', () => {
    writeFileSync(join(folder, '.ci/stages'), 'units every tests all - bash vitest fail');
    const { status, lines } = runStages();
    writeFileSync(join(folder, '.ci/stages'), STAGES);
    expect([status, ...lines.slice(-3)]).toEqual([
      1,
      'failed: the stage units',
      'failed: another test: AssertionError: 1 is not 2',
      '3 passed, 2 failed',
    ]);
  });

  it('runs the named stages, or the stages of a named group', () => {
    const named = (...args: string[]) =>
      runStages(...args).lines.flatMap((line) => /^== (\w+)(?::| skipped)/.exec(line)?.slice(1) ?? []);
    expect(named('lost', 'good')).toEqual(['good', 'lost']);
    expect(named('every')).toEqual(['good', 'units']);
    expect(runStages('every')).toMatchObject({
      status: 0,
      lines: expect.arrayContaining(['3 passed, 0 failed']),
    });
  });

  it.skipIf(availableParallelism() < 2)(
    'runs stages of one core side by side, and prints one after the other',
    () => {
      const meet = (mine: string, other: string) =>
        `touch ${mine}; for i in {1..100}; do [[ ! -e ${other} ]] || break; sleep 0.1; done; echo ${mine}; [[ -e ${other} ]]`;
      const stages = [
        `first  linux - one - ${meet('a', 'b')}`,
        `second linux - one - ${meet('b', 'a')}; exit 3`,
        'third  linux - all - ls a b',
      ];
      writeFileSync(join(folder, '.ci/stages'), stages.join('\n'));
      const { status, lines } = runStages();
      writeFileSync(join(folder, '.ci/stages'), STAGES);
      expect(existsSync(join(folder, 'built'))).toBe(true);
      expect([status, lines.filter((line) => !/^== \w+:/.test(line))]).toEqual([
        1,
        [
          ...[
            'a',
            expect.stringMatching(/^== first passed/),
            'b',
            expect.stringMatching(/^== second failed/),
          ],
          ...['a', 'b', expect.stringMatching(/^== third passed/)],
          ...['failed: the stage second', '0 passed, 1 failed'],
        ],
      ]);
    },
  );

  it('counts a stage that ends the shell that runs it as failed', () => {
    writeFileSync(join(folder, '.ci/stages'), 'gone linux - one - kill -9 0');
    const { status, lines } = runStages();
    writeFileSync(join(folder, '.ci/stages'), STAGES);
    expect([status, lines.at(-1)]).toEqual([1, '0 passed, 1 failed']);
  });

  it('ends the stages that run side by side if it is ended', async () => {
    writeFileSync(join(folder, '.ci/stages'), 'long linux - one - echo $$ >pid; sleep 600; echo over');
    const child = spawn(join(folder, '.ci/run'), { stdio: 'ignore' });
    const path = join(folder, 'pid');
    await vi.waitUntil(() => existsSync(path) && readFileSync(path, 'utf8').endsWith('\n'), 10_000);
    const pid = Number(readFileSync(path, 'utf8'));
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    expect(await ended).toEqual([130, null]);
    writeFileSync(join(folder, '.ci/stages'), STAGES);
    await vi.waitUntil(() => !isAlive(pid), 10_000);
  });

  it('runs nothing if a name is not in the list', () => {
    expect(runStages('good', 'goo')).toEqual({
      ...{ status: 2, lines: [''], stderr: '.ci/run: .ci/stages has no stage goo\n' },
    });
  });
});

describe('CI', () => {
  /** The fields of each stage. */
  const stages = read('.ci/stages')
    .split('\n')
    .filter((line) => !/^#|^$/.test(line))
    .map((line) => line.trim().split(/\s+/));

  it('runs in GitHub Actions every stage of .ci/run, from the same list', () => {
    expect(stages.length).toBeGreaterThan(10);
    const steps = [...read('.github/workflows/ci.yml').matchAll(/ run: (.*)$/gm)].map(([, step]) => step!);
    const calls = steps.filter((step) => !/^npm ci$|^sudo /.test(step));
    expect(calls.sort()).toEqual([...new Set(stages.map(([, where]) => `.ci/run ${where}`))].sort());
  });

  it("begins with the two commands of the README's first example", () => {
    const [, first, second] = /^## Try it\n\n {4}(.*)\n {4}(.*)\n/m.exec(read('README.md'))!;
    expect(stages.slice(0, 2).map((fields) => fields.slice(5).join(' '))).toEqual([first, second]);
  });
});

describe('the workflows', () => {
  const names = readdirSync(join(ROOT, '.github/workflows'));

  it('use actions by commit, with the version in a comment', () => {
    const files = [...names.map((name) => `.github/workflows/${name}`), 'action.yml'];
    const uses = files.flatMap((name) => [...read(name).matchAll(/uses: (.*)$/gm)]);
    expect(uses.length).toBeGreaterThan(5);
    for (const [, action] of uses) expect(action).toMatch(/^[a-z/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  });

  const release = parse(read('.github/workflows/release.yml'));

  it('publish the package that was packed once and tested with every Node from the oldest supported one', () => {
    const { pack, install, publish } = release.jobs;
    expect([install.needs, publish.needs]).toEqual(['pack', 'install']);
    expect(`>=${install.strategy.matrix.node[0]}`).toBe(JSON.parse(read('package.json')).engines.node);
    const artifacts = [pack, install, publish].map(({ steps }) =>
      steps.filter(({ uses }: { uses?: string }) => uses?.includes('load-artifact')).map(artifactOf),
    );
    expect(artifacts).toEqual(Array(3).fill([{ name: 'package', path: 'package' }]));
    expect(publish.steps.at(-1).run).toMatch(/^npm publish --provenance .*\.\/package\/\*\.tgz$/);
  });

  it('let only the publishing job sign, and give every other job read access only', () => {
    const rights = names.flatMap((name) => {
      const { permissions, jobs } = parse(read(`.github/workflows/${name}`));
      const ofJobs = Object.entries<{ permissions?: object }>(jobs).flatMap(([job, { permissions: own }]) =>
        own === undefined ? [] : [[job, own]],
      );
      return [['', permissions], ...ofJobs];
    });
    expect(rights.filter(([job]) => job === '')).toEqual(
      Array(names.length).fill(['', { contents: 'read' }]),
    );
    expect(rights.filter(([job]) => job !== '')).toEqual([
      ['publish', { contents: 'read', 'id-token': 'write' }],
    ]);
  });

  describe.skipIf(process.platform === 'win32')('before packing', () => {
    const folder = mkdtempSync(join(tmpdir(), 'pinbench-release-'));
    afterAll(() => rmSync(folder, { recursive: true }));
    const REPOSITORY = { type: 'git', url: 'git+https://git.example/me/pinbench.git' };

    it.each([
      ['accept the tag of the version in its own repository', 'v1.2.3', REPOSITORY, 0, ''],
      [
        'refuse another tag',
        'v1.2.4',
        REPOSITORY,
        1,
        '::error::the tag is v1.2.4, package.json says 1.2.3\n',
      ],
      [
        'refuse a package that names no repository',
        ...(['v1.2.3', undefined, 1] as const),
        '::error::repository in package.json is not https://git.example/me/pinbench: npm refuses the provenance\n',
      ],
    ])('%s', (_, tag, repository, code, said) => {
      writeFileSync(join(folder, 'package.json'), JSON.stringify({ version: '1.2.3', repository }));
      const { run } = release.jobs.pack.steps.find(({ name }: { name?: string }) =>
        name?.startsWith('The tag'),
      );
      const { status, stdout } = spawnSync('bash', ['-e', '-c', run], {
        ...{ cwd: folder, encoding: 'utf8' },
        env: {
          ...process.env,
          ...{
            GITHUB_REF_NAME: tag,
            GITHUB_SERVER_URL: 'https://git.example',
            GITHUB_REPOSITORY: 'me/pinbench',
          },
        },
      });
      expect([status, stdout]).toEqual([code, said]);
    });
  });
});

/** The name and path of the artifact that an upload or download action handles. */
function artifactOf({ with: { name, path } }: { with: { name: string; path: string } }) {
  return { name, path };
}

describe('a download', () => {
  const locks = readdirSync(join(ROOT, '.ci/locks'), { withFileTypes: true })
    .filter((entry) => existsSync(join(ROOT, '.ci/locks', entry.name, 'package.json')))
    .map(({ name }) => `.ci/locks/${name}/package-lock.json`);

  it('from npm has a version and a hash, and is not tied to a registry', () => {
    const lockIn = (path: string): NpmLock => JSON.parse(read(path));
    const all: NpmLock[] = [LOCK, ...['package-lock.json', ...locks].map(lockIn)];
    expect(all.length).toBeGreaterThan(4);
    for (const { packages } of all) {
      const { '': root, ...fetched } = packages;
      expect(root).toBeDefined();
      expect(Object.keys(fetched).length).toBeGreaterThan(0);
      const loose = Object.entries(fetched).filter(
        ([, one]) => !one.version || !/^sha512-/.test(one.integrity ?? '') || one.resolved !== undefined,
      );
      expect(loose).toEqual([]);
    }
  });

  it('by a script is checked against hashes', () => {
    const scripts = ['.ci', 'src'].flatMap((folder) =>
      readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && /^(?:[a-z-]+|.*\.(?:sh|py))$/.test(entry.name))
        .map(({ parentPath, name }) => relative(ROOT, join(parentPath, name)).split(sep).join('/')),
    );
    const lines = scripts
      .flatMap((path) =>
        read(path)
          .split('\n')
          .map((line) => `${path}: ${line}`),
      )
      .filter((line) => !/^[^:]+: *#/.test(line));
    const pip = lines.filter((line) => /\bpip"? ?(?:install|download)|"pip", "download"/.test(line));
    const npm = lines.filter((line) => /\bnpm (?:install|exec)\b|\bnpx --yes\b/.test(line));
    const go = lines.filter((line) => /\bgo"? (?:install|run)\b/.test(line));
    expect(pip.length).toBeGreaterThan(3);
    expect(pip.filter((line) => !line.includes('--require-hashes'))).toEqual([]);
    expect(go).toEqual([]);
    // The README's commands use package-lock.json; .ci/consumers and .ci/installed install a pinbench that was packed here.
    expect(npm.map((line) => line.split(':')[0]).sort()).toEqual([
      ...[
        '.ci/consumers',
        '.ci/installed',
        '.ci/locks/make.sh',
        '.ci/stages',
        '.ci/stages',
        'src/setup/lock.sh',
      ],
    ]);
  });
});

/** The fields of an npm lock file that the tests read. Its first package is the project itself. */
interface NpmLock {
  readonly packages: Readonly<
    Record<string, Partial<Record<'version' | 'integrity' | 'resolved', string>> & object>
  >;
}
