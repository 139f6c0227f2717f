import { spawn, spawnSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { repeatedStream } from '../data/testing/arrow-cases.js';

const BIN = fileURLToPath(new URL('../../bin/pinbench.js', import.meta.url));
const fixture = (name: string) => fileURLToPath(new URL(`../../fixtures/${name}`, import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'pinbench-inspect-'));
/** The folder for copies of standard input. */
const kept = join(folder, 'kept');
mkdirSync(kept);
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs the built command with a file, or a device, as its standard input. */
function inspectInput(path: string, env: NodeJS.ProcessEnv = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [BIN, 'inspect', '-'], {
    encoding: 'utf8',
    stdio: [openSync(path, 'r'), 'pipe', 'pipe'],
    env: { ...process.env, TMPDIR: kept, ...env },
    timeout: 20_000,
  });
  return { status, stdout, stderr };
}

/** The files that a process has open. */
function filesOf(pid: number): string[] {
  return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/${pid}/fd/${fd}`)];
    } catch {
      return [];
    }
  });
}

describe.skipIf(process.platform === 'win32')('pinbench inspect -', () => {
  it('reads a file, and refuses other input at once', () => {
    expect(inspectInput(fixture('data.npy'))).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^file +standard input: npy 1\.0, 248 B$/m),
    });
    expect(inspectInput('/dev/zero')).toEqual({
      status: 3,
      stdout: '',
      stderr:
        'pinbench: standard input: not an array: its first bytes match no known format; expected an NPY or Arrow file; save it with numpy.save, or as Arrow with pyarrow.feather.write_feather\n',
    });
    expect(inspectInput('/dev/null').stderr).toBe(
      'pinbench: standard input: empty; expected an NPY or Arrow file\n',
    );
    expect(inspectInput(folder)).toMatchObject({
      status: 3,
      stderr: 'pinbench: standard input: a directory; expected an NPY or Arrow file\n',
    });
    expect(readdirSync(kept)).toEqual([]);
  });

  it('names the folder in which it cannot store its input', () => {
    const missing = join(folder, 'missing');
    expect(inspectInput(fixture('data.npy'), { TMPDIR: missing })).toMatchObject({
      status: 3,
      stderr: `pinbench: standard input: cannot be stored in the temporary folder ${missing} (ENOENT, no such file or directory); set TMPDIR to a writable folder\n`,
    });
    const large = join(folder, 'large.arrow');
    writeFileSync(large, repeatedStream(readFileSync(fixture('arrow-stream.arrow')), 1, 4000));
    const limited = `ulimit -f 100; exec "${process.execPath}" "${BIN}" inspect - < "${large}"`;
    const { status, stderr } = spawnSync('sh', ['-c', limited], {
      encoding: 'utf8',
      env: { ...process.env, TMPDIR: kept },
    });
    expect([status, stderr]).toEqual([
      3,
      `pinbench: standard input: cannot be stored in the temporary folder ${kept} (EFBIG, file too large); raise the file size limit (ulimit -f), or set TMPDIR to a folder on another file system\n`,
    ]);
    expect(readdirSync(kept)).toEqual([]);
  });

  it('reports an input that is not open for reading', () => {
    const writing = spawnSync(process.execPath, [BIN, 'inspect', '-'], {
      encoding: 'utf8',
      stdio: [openSync(join(folder, 'written'), 'w'), 'pipe', 'pipe'],
    });
    expect([writing.status, writing.stderr]).toEqual([
      3,
      'pinbench: standard input: cannot be read (EBADF, bad file descriptor); pipe a file in, as in: pinbench run - < data.npy\n',
    ]);
  });

  it.runIf(process.platform === 'linux').each(['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGKILL'] as const)(
    'leaves nothing behind at %s',
    async (signal) => {
      const child = spawn(process.execPath, [BIN, 'inspect', '-'], {
        env: { ...process.env, TMPDIR: kept },
      });
      let printed = '';
      child.stderr.on('data', (text) => {
        printed += text;
      });
      const ended = new Promise((done) => child.on('close', (code, by) => done(code ?? by)));
      child.stdin.write(readFileSync(fixture('arrow-stream.arrow')));
      await expect
        .poll(() => filesOf(child.pid!).filter((path) => path.includes('pinbench-input-')).length, {
          timeout: 20_000,
        })
        .toBe(1);
      child.kill(signal);
      expect(await ended).toBe(signal === 'SIGKILL' ? 'SIGKILL' : 130);
      expect(printed).toBe(
        signal === 'SIGKILL' ? '' : 'pinbench: standard input: interrupted while loading\n',
      );
      expect(readdirSync(kept)).toEqual([]);
    },
  );
});

describe.runIf(process.platform === 'linux')('pinbench inspect of a file with very many batches', () => {
  it('stops at Ctrl-C within half a second', async () => {
    const path = join(folder, 'batches.arrow');
    writeFileSync(path, repeatedStream(readFileSync(fixture('arrow-stream.arrow')), 1, 500_000));
    const child = spawn(process.execPath, [BIN, 'inspect', path], { stdio: ['ignore', 'ignore', 'pipe'] });
    let printed = '';
    child.stderr.on('data', (text) => {
      printed += text;
    });
    const ended = new Promise((done) => child.on('close', done));
    await expect.poll(() => filesOf(child.pid!).includes(path), { timeout: 20_000 }).toBe(true);
    const since = performance.now();
    child.kill('SIGINT');
    expect(await ended).toBe(130);
    expect(performance.now() - since).toBeLessThan(1000);
    expect(printed).toBe(`pinbench: ${path}: interrupted while loading\n`);
  });
});
