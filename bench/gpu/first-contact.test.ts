import { type ChildProcess, spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

/** A folder with the bundled program, next to programs that do nothing and pass. */
const bundle = mkdtempSync(join(tmpdir(), 'pinbench-first-'));
const path = (...names: string[]) => join(bundle, ...names);
const program = (name: string, text: string) => writeFileSync(path(name), text);
/** Writes a fake nvidia-smi, the tool of the first part. */
function tool(text: string): void {
  writeFileSync(path('bin/nvidia-smi'), `#!/bin/sh\n${text}\n`);
  chmodSync(path('bin/nvidia-smi'), 0o755);
}

beforeAll(async () => {
  const entry = fileURLToPath(new URL('./first-contact.ts', import.meta.url));
  await build({
    ...{ entryPoints: [entry], outfile: path('first-contact.mjs'), bundle: true },
    ...{ platform: 'node', format: 'esm', target: 'node20', logLevel: 'error' },
  });
  mkdirSync(path('bin'));
});
afterAll(() => rmSync(bundle, { recursive: true }));
beforeEach(() => {
  for (const name of ['tmp', 'o']) rmSync(path(name), { recursive: true, force: true });
  mkdirSync(path('tmp'));
  for (const name of ['cli', 'test', 'contact', 'bench']) program(`${name}.mjs`, '');
  tool('exit 0');
});

interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<{ code: number | null; stdout: string; stderr: string; summary: string }>;
}

function start(args: readonly string[] = [], env: Readonly<Record<string, string>> = {}): Started {
  const child = spawn(process.execPath, ['first-contact.mjs', '--small', '--out', 'o', ...args], {
    cwd: bundle,
    ...{ timeout: 50_000, killSignal: 'SIGKILL' },
    env: { PATH: `${path('bin')}:/usr/bin:/bin`, TMPDIR: path('tmp'), ...env },
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (bytes) => {
    stdout += bytes;
  });
  child.stderr.on('data', (bytes) => {
    stderr += bytes;
  });
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve)).then((code) => ({
    ...{ code, stdout, stderr },
    summary: existsSync(path('o/first-contact.md')) ? readFileSync(path('o/first-contact.md'), 'utf8') : '',
  }));
  return { child, ended };
}

const run = (args: readonly string[] = [], env: Readonly<Record<string, string>> = {}) =>
  start(args, env).ended;

/** Waits for a file that a part writes, and returns its text. */
async function until(name: string): Promise<string> {
  for (let tries = 0; tries < 500; tries++) {
    if (existsSync(path(name)) && readFileSync(path(name), 'utf8') !== '') break;
    await sleep(20);
  }
  return readFileSync(path(name), 'utf8').trim();
}

const runs = (pid: string) =>
  existsSync(`/proc/${pid}/status`) && !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));

describe.skipIf(process.platform !== 'linux')('first-contact.mjs', () => {
  it('runs every part and leaves only a summary and a log', async () => {
    const { code, stdout, stderr, summary } = await run();
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/\n11 passed, 0 failed, 5 skipped; see o\/first-contact\.md\n$/);
    expect(summary).not.toMatch(/not started|running/);
    expect(readdirSync(path('o')).sort()).toEqual(['first-contact.md', 'log.txt']);
    expect(readdirSync(path('tmp'))).toEqual([]);
  });

  it('continues after a part fails, and exits 1', async () => {
    program('test.mjs', "process.kill(process.pid, 'SIGSEGV')");
    program('contact.mjs', 'process.exitCode = 4');
    const { code, stdout, summary } = await run();
    expect(code).toBe(1);
    expect(stdout).toMatch(/\n7 passed, 4 failed, 5 skipped;/);
    expect(summary).toMatch(/\| the small suite, compiled anew \| crashed after \d\.\d s by SIGSEGV \|/);
    expect(summary).toMatch(/\| .* every scalar verified \| exit code 4 \|/);
  });

  it('continues if the temporary folder disappears: a part without its data fails', async () => {
    tool('rm -rf "$TMPDIR"');
    const { code, stdout, summary } = await run();
    expect(code).toBe(1);
    expect(stdout).toMatch(/\n8 passed, 3 failed, 5 skipped;/);
    expect(summary).toMatch(/\| a sweep of batch sizes \| cannot be prepared: ENOENT[^|]*\|/);
  });

  it('continues if the results folder is removed', async () => {
    tool('rm -rf o');
    const { code, stdout, stderr, summary } = await run();
    expect(code).toBe(0);
    expect(stdout).toMatch(/\n11 passed, 0 failed/);
    expect(stderr).toMatch(/o was removed and has been recreated/);
    expect(summary).toContain('| what ncu says of the kernels |');
  });

  it('prints the summary if it can no longer be written', async () => {
    tool('rm -rf o; : >o');
    const { code, stdout, stderr } = await run();
    expect(code).toBe(0);
    expect(stderr.match(/the log is incomplete/g)).toHaveLength(1);
    expect(stdout).toMatch(
      /\n# First contact\n[\s\S]*\| what ncu says of the kernels \| [\s\S]*\n11 passed, 0 failed/,
    );
    expect(stdout).toMatch(/the summary, which cannot be written, is above\n$/);
  });

  it('continues without a log if the disk is full, and says so once', async () => {
    mkdirSync(path('o'));
    symlinkSync('/dev/full', path('o/log.txt'));
    const { code, stdout, stderr, summary } = await run();
    expect(code).toBe(0);
    expect(stderr).toMatch(/^first-contact: the log is incomplete: ENOSPC.*\n$/);
    expect(stdout).toMatch(/\n11 passed, 0 failed/);
    expect(summary).toContain('| what ncu says of the kernels |');
  });

  it.each([
    [
      'a results folder that is a file',
      ['--out', 'first-contact.mjs'],
      {},
      /--out first-contact\.mjs .*EEXIST/,
    ],
    ['a results folder below a device file', ['--out', '/dev/null/x'], {}, /--out \/dev\/null\/x .*ENOTDIR/],
    [
      'a missing temporary folder',
      [],
      { TMPDIR: '/nonexistent' },
      /\/nonexistent cannot be used; set TMPDIR to another folder/,
    ],
    ['an unknown option', ['--what'], {}, /the command line: Unknown option '--what'/],
  ])('refuses %s with one sentence', async (_, args, env, sentence) => {
    const { code, stdout, stderr } = await run(args, env as Record<string, string>);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(sentence);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(readdirSync(path('tmp'))).toEqual([]);
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'cleans up at %s and reports what it has',
    async (signal) => {
      rmSync(path('pid'), { force: true });
      program('cli.mjs', '');
      tool('[ "$1" = topo ] || exit 0; sleep 60 & echo $! >pid; wait');
      const { child, ended } = start();
      const orphan = await until('pid');
      expect(readFileSync(path('o/first-contact.md'), 'utf8')).toMatch(
        /how the machine is connected \| running/,
      );
      child.kill(signal);
      const { code, stdout, summary } = await ended;
      expect(code).toBe(130);
      expect(summary).toMatch(/\| how the machine is connected \| interrupted after \d\.\d s \|/);
      expect(summary).toContain(
        '| the small suite, compiled anew | skipped: interrupted before it started |',
      );
      expect(stdout).toMatch(/\n1 passed, 1 failed, 14 skipped; see/);
      expect(readdirSync(path('tmp'))).toEqual([]);
      expect(runs(orphan)).toBe(false);
    },
  );

  it('exits at once at a second signal, and cleans up as well', async () => {
    rmSync(path('pid'), { force: true });
    tool("trap '' TERM INT; echo $$ >pid; while :; do sleep 1; done");
    const { child, ended } = start();
    const orphan = await until('pid');
    child.kill('SIGINT');
    await sleep(200);
    child.kill('SIGINT');
    const { code, stdout, summary } = await ended;
    expect(code).toBe(130);
    expect(summary).toMatch(/\| what nvidia-smi says \| interrupted \|/);
    expect(stdout).toMatch(/0 passed, 1 failed, 15 skipped; see/);
    expect(readdirSync(path('tmp'))).toEqual([]);
    await sleep(100);
    expect(runs(orphan)).toBe(false);
  });

  it('writes a summary before anything has ended', async () => {
    rmSync(path('pid'), { force: true });
    tool('echo $$ >pid; exec sleep 60');
    const { child, ended } = start();
    const orphan = await until('pid');
    child.kill('SIGKILL');
    const { summary } = await ended;
    expect(summary).toMatch(/\| what nvidia-smi says \| running \| \|/);
    process.kill(Number(orphan), 'SIGKILL');
  });
});
