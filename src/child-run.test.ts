import { fork, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execPath as node } from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { childRun, startChild } from './child-run.js';
import { isAlive } from './testing/is-alive.js';

const folder = mkdtempSync(join(tmpdir(), 'pinbench-child-'));
afterAll(() => rmSync(folder, { recursive: true }));

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const BIN = join(ROOT, 'bin', 'pinbench.js');
const DATA = join(ROOT, 'fixtures', 'data.npy');

function programOf(text: string): string {
  const program = join(folder, 'program.mjs');
  writeFileSync(program, text);
  return program;
}

describe('a run in a separate process', () => {
  it('is ended when it exceeds its time limit', async () => {
    const program = programOf('setInterval(() => {}, 1000);');
    expect(await childRun({ node, program, args: [], limitNs: 5e8 })).toEqual({
      failed: 'it did not end within 500 ms',
      code: undefined,
    });
  });

  it.skipIf(process.platform === 'win32')(
    'leaves no child process behind',
    async () => {
      const started = join(folder, 'started');
      const holding = `require('fs').writeFileSync(${JSON.stringify(started)}, String(process.pid)); setInterval(() => {}, 1000);`;
      const program = programOf(
        `import { spawn } from 'node:child_process';
       import { existsSync } from 'node:fs';
       spawn(process.execPath, ['-e', ${JSON.stringify(holding)}], { stdio: 'ignore' }).unref();
       while (!existsSync(${JSON.stringify(started)})) await new Promise((done) => setTimeout(done, 10));`,
      );
      await childRun({ node, program, args: [], limitNs: 60e9 });
      const isThere = () => isAlive(Number(readFileSync(started, 'utf8')));
      for (let tries = 0; isThere() && tries < 100; tries++)
        await new Promise((done) => setTimeout(done, 50));
      expect(isThere()).toBe(false);
    },
    60_000,
  );

  it('that crashes is described by its error', async () => {
    const program = programOf("throw new TypeError('gone');");
    expect(await childRun({ node, program, args: [] })).toMatchObject({ failed: 'TypeError: gone' });
  });

  it.skipIf(process.platform === 'win32')(
    'is over when it has exited, even if another process holds its channel open',
    async () => {
      // The descriptor 3 is the channel.
      const program = programOf(
        `import { spawn } from 'node:child_process';
         spawn('sleep', ['30'], { stdio: ['ignore', 'ignore', 'ignore', 3], detached: true }).unref();
         process.exit(4);`,
      );
      const began = performance.now();
      const { outcome } = startChild({ node, program, args: [], inTurns: true });
      expect(await outcome).toMatchObject({ code: 4 });
      expect(performance.now() - began).toBeLessThan(20_000);
    },
    60_000,
  );

  it('is ended when its output is endless', async () => {
    const program = programOf(
      `const text = 'x'.repeat(2 ** 24); const print = () => process.stdout.write(text, print); print();`,
    );
    expect(await childRun({ node, program, args: [], limitNs: 60e9 })).toEqual({
      failed: 'its output is larger than any record',
      code: undefined,
    });
  }, 60_000);

  it('waits for its turn, and says when it has ended', async () => {
    const program = programOf(
      `let turns = 0;
       const ask = () => process.send('turn');
       process.on('message', () => (++turns < 3 ? ask() : process.disconnect()));
       ask();`,
    );
    const child = startChild({ node, program, args: [], inTurns: true });
    for (let turn = 0; turn < 3; turn++) {
      expect(await child.asks()).toBe(true);
      child.go();
    }
    expect(await child.asks()).toBe(false);
    expect(await child.outcome).toMatchObject({ failed: expect.stringMatching(/an empty|not JSON/) });
  });

  it('may know nothing of turns: it runs to its end', async () => {
    const child = startChild({ node, program: programOf('process.exit(3);'), args: [], inTurns: true });
    expect(await child.asks()).toBe(false);
    child.go();
    expect(await child.outcome).toEqual({ failed: 'it ended with exit code 3', code: 3 });
  });

  it.each([
    ['measuring', false],
    ['waiting for its turn', true],
  ])(
    'ends when its parent is killed while it is %s',
    async (_, inTurns) => {
      const started = join(folder, `of-killed-${inTurns}`);
      const program = programOf(
        `import { writeFileSync } from 'node:fs';
         writeFileSync(${JSON.stringify(started)}, String(process.pid));
         await import(${JSON.stringify(pathToFileURL(BIN).href)});`,
      );
      const request = { node, program, args: ['--rounds', '1000000', DATA], inTurns };
      const module = pathToFileURL(join(ROOT, 'dist', 'child-run.js')).href;
      const parent = spawn(node, [
        ...['--input-type=module', '--eval'],
        `import { startChild } from ${JSON.stringify(module)}; startChild(${JSON.stringify(request)});`,
      ]);
      while (!existsSync(started) || readFileSync(started, 'utf8') === '') await sleep(20);
      const pid = Number(readFileSync(started, 'utf8'));
      await sleep(2000);
      expect(isAlive(pid)).toBe(true);
      parent.kill('SIGKILL');
      for (let tries = 0; isAlive(pid) && tries < 200; tries++) await sleep(50);
      const isLeft = isAlive(pid);
      if (isLeft) process.kill(pid, 'SIGKILL');
      expect(isLeft).toBe(false);
    },
    60_000,
  );

  it('ends if its parent ended while it was starting', async () => {
    const child = fork(BIN, ['run', DATA, '--rounds', '1000000'], {
      ...{
        env: { ...process.env, PINBENCH_TURNS: '0' },
        silent: true,
        timeout: 10_000,
        killSignal: 'SIGKILL',
      },
    });
    child.disconnect();
    expect(await new Promise((done) => child.on('exit', done))).toBe(130);
  }, 60_000);

  it('outlives the channel of a program that forks pinbench itself', async () => {
    const child = fork(BIN, ['run', DATA, '--rounds', '2'], { silent: true });
    child.disconnect();
    expect(await new Promise((done) => child.on('exit', done))).toBe(0);
  }, 60_000);
});
