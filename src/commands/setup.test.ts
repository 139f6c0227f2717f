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

function setup(target = join(folder, 'engine', 'tf')) {
  const child = spawn(process.execPath, [BIN, 'setup', 'tensorflow', '--cpu', '--dir', target], {
    cwd: join(folder, 'work'),
    env: { ...process.env, PATH: [join(folder, 'tools'), process.env.PATH].join(delimiter) },
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (bytes) => {
      said += bytes;
    });
  const ended = new Promise((done) => child.on('close', (code, signal) => done(code ?? signal)));
  return { child, ended, said: () => said };
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

    it.each([
      [
        'an existing file',
        'file',
        /^pinbench: \S*\/file: not a folder; expected an empty folder or a new one\n$/,
      ],
      ['a path below a file', 'file/below/tf', /^pinbench: \S*\/file: not a folder; expected /],
      ['a folder with other content', '.', /^pinbench: \S+: a folder that pinbench did not set up /],
      ['a name that is too long', 'x'.repeat(256), /^pinbench: \S+: cannot be created \(ENAMETOOLONG, /],
    ])('refuses %s in one line before it announces or fetches anything', async (_, target, expected) => {
      for (const name of ['npm', 'python3', 'g++']) tool(name);
      writeFileSync(join(folder, 'file'), '');
      const { ended, said } = setup(join(folder, target));
      expect([await ended, said()]).toEqual([2, expect.stringMatching(expected)]);
    });
  },
);
