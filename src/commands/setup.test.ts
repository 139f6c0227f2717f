import { spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { arch, platform, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isAlive } from '../testing/is-alive.js';

const BIN = fileURLToPath(new URL('../../bin/pinbench.js', import.meta.url));

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pinbench-setup-'));
  for (const name of ['tools', 'work', 'engine']) mkdirSync(join(folder, name));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Puts a tool first on the path. It records the folder it is run in, and then runs the script. */
function tool(name: string, script = ''): void {
  const text = `#!/bin/bash\necho "${name} $PWD" >> '${folder}/ran'\n${script}\n`;
  writeFileSync(join(folder, 'tools', name), text, { mode: 0o755 });
}

function setup() {
  const child = spawn(
    process.execPath,
    [BIN, 'setup', 'tensorflow', '--cpu', '--dir', join(folder, 'engine', 'tf')],
    {
      cwd: join(folder, 'work'),
      env: { ...process.env, PATH: [join(folder, 'tools'), process.env.PATH].join(delimiter) },
    },
  );
  return { child, ended: new Promise((done) => child.on('close', (code, signal) => done(code ?? signal))) };
}

// The engine is only built for Linux on x64.
describe.skipIf(platform() !== 'linux' || arch() !== 'x64')(
  'pinbench setup tensorflow',
  { timeout: 60_000 },
  () => {
    it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
      'at %s ends npm, leaves nothing behind and exits 130, and runs no tool in the working folder',
      async (signal) => {
        tool('python3');
        tool('g++');
        tool('npm', `[ "$1" = ci ] || exit 0\necho $$ > '${folder}/pid'\nexec sleep 50`);
        const { child, ended } = setup();
        for (let waited = 0; !existsSync(join(folder, 'pid')) && waited < 400; waited++) await sleep(50);
        const pid = Number(readFileSync(join(folder, 'pid'), 'utf8'));
        expect(isAlive(pid)).toBe(true);
        child.kill(signal);
        expect(await ended).toBe(130);
        expect(isAlive(pid)).toBe(false);
        expect(readdirSync(join(folder, 'engine'))).toEqual([]);
        const ran = readFileSync(join(folder, 'ran'), 'utf8').trim().split('\n');
        expect(new Set(ran.map((line) => line.split(' ')[0]))).toEqual(new Set(['npm', 'python3', 'g++']));
        expect(ran.filter((line) => line.endsWith(join(folder, 'work')))).toEqual([]);
      },
    );
  },
);
