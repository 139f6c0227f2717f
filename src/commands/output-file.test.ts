import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { recordSchema } from '../record/schema.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const BIN = join(ROOT, 'bin', 'pinbench.js');
const DATA = readFileSync(join(ROOT, 'fixtures', 'data.npy'));

let scratch: string;
let folder: string;
beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), 'pinbench-outputs-'));
});
afterAll(() => rmSync(scratch, { recursive: true }));
beforeEach(() => {
  folder = mkdtempSync(join(scratch, 'case-'));
  writeFileSync(join(folder, 'in.npy'), DATA);
});

/** A run that takes less than a second. */
const RUN = [
  'run',
  'in.npy',
  '--batch',
  '2',
  '--rounds',
  '6',
  '--min-time',
  '1ms',
  '--warmup',
  '0',
  '--quiet',
];

/** Runs a shell script in the test's folder, with `pinbench` as a command. */
function shell(script: string, env: NodeJS.ProcessEnv = {}) {
  const program = `pinbench() { "${process.execPath}" "${BIN}" "$@"; }`;
  const { status, stdout, stderr } = spawnSync('bash', ['-c', `${program}\n${script}`], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, TMPDIR: folder, ...env },
    timeout: 60_000,
  });
  return { status, stdout, stderr };
}

const run = (flags: string, env: NodeJS.ProcessEnv = {}) => shell(`pinbench ${RUN.join(' ')} ${flags}`, env);
const textAt = (name: string) => readFileSync(join(folder, name), 'utf8');
const recordAt = (name: string) => recordSchema.parse(JSON.parse(textAt(name)));
/** The files in the folder; a run must leave no temporary file there. */
const names = () => readdirSync(folder).sort();

describe.skipIf(process.platform === 'win32')('an output', { timeout: 60_000 }, () => {
  describe('is refused before the measurement if it would overwrite', () => {
    it.each([
      ['the data', '--json in.npy', ''],
      ['the data through another path', '--csv ./../$(basename "$PWD")/in.npy', ''],
      ['the data through a symbolic link', '--json link', 'ln -s in.npy link'],
      ['the data through a hard link', '--markdown hard', 'ln in.npy hard'],
      ['another output', '--json out --csv out', ''],
      ['another output through a link to a missing file', '--json link --html out', 'ln -s out link'],
      ['a read-only file', '--json kept', 'echo kept > kept; chmod 444 kept'],
    ])('%s', (_, flags, prepare) => {
      if (prepare !== '') shell(prepare);
      const before = names();
      const { status, stderr } = run(flags);
      expect([status, stderr]).toEqual([2, expect.stringMatching(/^pinbench: .+\n$/)]);
      expect(readFileSync(join(folder, 'in.npy')).equals(DATA)).toBe(true);
      expect(names()).toEqual(before);
      expect(existsSync(join(folder, 'kept')) ? textAt('kept') : 'kept\n').toBe('kept\n');
    });

    it.each([
      ['--json - --csv out > out'],
      ['--json out > out'],
      ['--csv out >> out'],
      ['--csv out 2> out'],
      ['--json - --csv /dev/stdout > out'],
      ['--json - --csv /dev/stdout | cat > out'],
      ['--json /dev/stdout --csv /dev/fd/1 > out'],
      ['--json /dev/fd/7 --csv out 7> out'],
    ])('a file to which the shell redirects a stream: %s', (flags) => {
      const { status, stderr } = run(
        `${flags.replace('| cat', '2> said | cat')}; test \${PIPESTATUS[0]} = 2`,
      );
      const said = existsSync(join(folder, 'said')) ? textAt('said') : stderr;
      expect(status).toBe(0);
      if (!flags.includes('2> out'))
        expect(said).toMatch(/^pinbench: .+(would overwrite|is standard output).+\n$/);
    });

    it('the data on standard input', () => {
      const { status, stderr } = shell(
        `pinbench ${RUN.join(' ').replace('in.npy', '-')} --json in.npy < in.npy`,
      );
      expect([status, stderr]).toEqual([2, expect.stringMatching(/would overwrite standard input/)]);
      expect(readFileSync(join(folder, 'in.npy')).equals(DATA)).toBe(true);
    });

    it('a record that it is rendered from', () => {
      run('--json a.json');
      const before = textAt('a.json');
      for (const command of [
        'report a.json -o a.json',
        "report '*.json' -o ./a.json",
        'report a.json --format html -o a.json',
      ]) {
        expect(shell(`pinbench ${command}`)).toMatchObject({
          ...{ status: 2, stderr: expect.stringMatching(/would overwrite the input .*a\.json/) },
        });
        expect(textAt('a.json')).toBe(before);
      }
    });
  });

  it('is refused before the measurement if its path cannot be a file', () => {
    symlinkSync('round', join(folder, 'about'));
    symlinkSync('about', join(folder, 'round'));
    mkdirSync(join(folder, 'there'));
    for (const path of [
      ...['none/out', 'in.npy/out', 'there', 'about', `${'x'.repeat(300)}`, '/dev/fd/77', 'new/', "''"],
      ...(process.platform === 'linux' ? ['/proc/out', '/proc/self/out', '/dev/fd/9 9< in.npy'] : []),
    ]) {
      const { status, stderr } = run(`--json ${path}`);
      expect([status, stderr]).toEqual([2, expect.stringMatching(/^pinbench: .+\n$/)]);
    }
    expect(names()).toEqual(['about', 'in.npy', 'round', 'there']);
  });

  it('replaces a file, keeps its mode and leaves no other file', () => {
    writeFileSync(join(folder, 'out.json'), 'x'.repeat(1e6));
    chmodSync(join(folder, 'out.json'), 0o640);
    expect(run('--json out.json').status).toBe(0);
    expect(recordAt('out.json').complete).toBe(true);
    expect(statSync(join(folder, 'out.json')).mode & 0o777).toBe(0o640);
    expect(names()).toEqual(['in.npy', 'out.json']);
  });

  it('follows symbolic links, even to a missing file', () => {
    mkdirSync(join(folder, 'elsewhere'));
    symlinkSync('elsewhere/out.json', join(folder, 'first'));
    symlinkSync('first', join(folder, 'second'));
    for (const _ of ['made', 'replaced']) {
      expect(run('--json second').status).toBe(0);
      expect(readdirSync(join(folder, 'elsewhere'))).toEqual(['out.json']);
      expect(recordAt('elsewhere/out.json').complete).toBe(true);
    }
    expect(names()).toEqual(['elsewhere', 'first', 'in.npy', 'second']);
  });

  it('is distinct from another output whose name begins in the same way', () => {
    expect(run('--json out --csv out2').status).toBe(0);
    expect(names()).toEqual(['in.npy', 'out', 'out2']);
  });

  it('may be a device, a pipe or a process substitution of the shell', () => {
    expect(run('--json /dev/null').status).toBe(0);
    expect(statSync('/dev/null').isCharacterDevice()).toBe(true);
    shell('mkfifo pipe');
    const read = shell(`cat pipe > got.json & pinbench ${RUN.join(' ')} --json pipe; wait`);
    expect([read.status, recordAt('got.json').complete]).toEqual([0, true]);
    expect(statSync(join(folder, 'pipe')).isFIFO()).toBe(true);
    expect(shell(`pinbench ${RUN.join(' ')} --json >(cat > piped.json); wait; sleep 0.2`).status).toBe(0);
    expect(recordAt('piped.json').complete).toBe(true);
    expect(JSON.parse(run('--json /dev/stdout').stdout).complete).toBe(true);
    expect(JSON.parse(run('--json /dev/stderr 2>&1').stdout).complete).toBe(true);
    expect(run('--csv /dev/null --markdown /dev/null').status).toBe(0);
  });

  it('may be the file of standard output, and is then appended to its content', () => {
    const loud = RUN.slice(0, -1).join(' ');
    expect(shell(`(echo before; pinbench ${loud} --json /dev/stdout; echo behind) > all.txt`).status).toBe(0);
    const all = textAt('all.txt');
    expect(all).toMatch(/^before\n/);
    expect(all).toMatch(/\nbehind\n$/);
    expect(all.indexOf('strategy')).toBeLessThan(all.indexOf('"schema"'));
    expect(
      recordSchema.parse(JSON.parse(all.slice(all.indexOf('\n{'), all.lastIndexOf('}') + 1))).complete,
    ).toBe(true);
  });

  it('leaves the existing file unchanged if the disk has no space', () => {
    mkdirSync(join(folder, 'temporary'));
    run('--json good.json');
    const before = textAt('good.json');
    // A file size limit makes a write partial and the next one fail, like a full disk.
    const limited = (flags: string) =>
      shell(`ulimit -f 4; pinbench ${RUN.join(' ')} ${flags}`, { TMPDIR: '/dev/shm' });
    const { status, stderr } = limited('--json good.json');
    expect(status).toBe(2);
    expect(stderr).toMatch(
      /^pinbench: good\.json: cannot be written \(EFBIG, file too large\); an existing file is unchanged$/m,
    );
    expect(textAt('good.json')).toBe(before);
    expect(names()).toEqual(['good.json', 'in.npy', 'temporary']);
  });

  it('is written even if another output fails', () => {
    symlinkSync('/dev/full', join(folder, 'full'));
    const { status, stderr } = run('--json full --csv rows.csv');
    expect([status, stderr]).toEqual([2, expect.stringMatching(/^pinbench: full: .*ENOSPC.*\n$/)]);
    expect(textAt('rows.csv')).toMatch(/^engine,device,/);
    expect(names()).toEqual(['full', 'in.npy', 'rows.csv']);
  });

  it('is replaced by a record in the temporary folder if every output fails', () => {
    for (const script of [
      `pinbench ${RUN.join(' ')} --json /dev/full --csv /dev/full`,
      `pinbench ${RUN.join(' ')} --json - > /dev/full`,
      `pinbench ${RUN.slice(0, -1).join(' ')} > /dev/full`,
    ]) {
      const { status, stderr } = shell(script);
      expect(status).toBe(2);
      const [, path] = /the record is kept in (\S+)\n$/.exec(stderr) ?? [];
      expect(path, stderr).toBeDefined();
      expect(recordSchema.parse(JSON.parse(readFileSync(path!, 'utf8'))).complete).toBe(true);
      expect(statSync(path!).mode & 0o777).toBe(0o600);
      rmSync(path!);
    }
    expect(names()).toEqual(['in.npy']);
  });

  it('may be a pipe whose reader has exited', async () => {
    const child = spawn(process.execPath, [BIN, ...RUN.slice(0, -1)], { cwd: folder });
    child.stdout.destroy();
    expect(await new Promise((done) => child.on('close', done))).toBe(0);
  });

  it('leaves hard links to the previous file unchanged, because only the name is replaced', () => {
    writeFileSync(join(folder, 'one'), 'old');
    linkSync(join(folder, 'one'), join(folder, 'other'));
    expect(run('--json one').status).toBe(0);
    expect(textAt('other')).toBe('old');
  });

  it.each(['run in.npy', 'report a.json --format html', 'compare a.json a.json --format json', 'schema'])(
    'on standard output that a limit cuts short is an error: %s',
    (command) => {
      run('--json a.json');
      const flags = command.startsWith('run') ? RUN.slice(2).join(' ').replace('--quiet', '--json -') : '';
      const { status, stderr } = shell(`(ulimit -f 1; pinbench ${command} ${flags} > out)`);
      expect([status, stderr]).toEqual([
        2,
        expect.stringMatching(/standard output: .*EFBIG, file too large/),
      ]);
    },
  );

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'is tried and written whole although %s arrives meanwhile, and leaves no temporary file',
    async (signal) => {
      for (const moment of ['tried', 'written'] as const) {
        const out = join(folder, `${signal}-${moment}`);
        mkdirSync(out);
        const child = spawn(process.execPath, [BIN, ...RUN, '--json', join(out, 'r.json')], {
          cwd: folder,
          stdio: 'ignore',
        });
        const ended = new Promise<number | string | null>((done) => {
          child.on('exit', (code, by) => done(code ?? by));
        });
        const isThere = () => readdirSync(out).some((name) => name.startsWith('.pinbench-'));
        const until = async (condition: () => boolean) => {
          while (child.exitCode === null && child.signalCode === null && !condition())
            await new Promise((done) => setImmediate(done));
        };
        await until(isThere);
        if (moment === 'written') {
          await until(() => !isThere());
          await until(isThere);
        }
        child.kill(signal);
        // A late look finds a run that has ended, or, after the trial, one that does not listen for signals yet.
        expect([0, 130, ...(moment === 'tried' ? [signal] : [])]).toContain(await ended);
        const left = readdirSync(out);
        expect(left.filter((name) => name !== 'r.json')).toEqual([]);
        if (left.length > 0) recordAt(join(`${signal}-${moment}`, 'r.json'));
      }
    },
  );
});
