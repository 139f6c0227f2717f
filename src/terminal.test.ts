import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
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
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { recordSchema } from './record/schema.js';
import { screenOf, terminalOfProcess } from './terminal.js';
import { isAlive } from './testing/is-alive.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const BIN = join(ROOT, 'bin', 'pinbench.js');
const HIDE_CURSOR = '\x1b[?25l';
const SHOW_CURSOR = '\x1b[?25h';
/** Much longer than a graceful stop takes, and much shorter than the stopped work. */
const PROMPTLY_MS = 10_000;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'pinbench-terminal-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A child process with its output so far. It ends with a code or by a signal. */
class Child {
  readonly #child: ChildProcess;
  readonly ended: Promise<number | NodeJS.Signals | null>;
  printed = '';

  constructor(command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
    this.#child = spawn(command, args, { cwd: ROOT, env: { ...process.env, ...env } });
    for (const stream of [this.#child.stdout!, this.#child.stderr!]) {
      stream.on('data', (bytes) => {
        this.printed += bytes;
      });
    }
    this.ended = new Promise((done) => this.#child.on('close', (code, signal) => done(code ?? signal)));
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async prints(text: string): Promise<void> {
    for (let waitedMs = 0; !this.printed.includes(text); waitedMs += 20) {
      if (waitedMs > 30_000) throw new Error(`it has not printed ${text}, but ${this.printed}`);
      await sleep(20);
    }
  }
}

/** The arguments of a run that takes minutes and writes a record. */
const longRun = (record: string) => [
  ...[BIN, 'run', 'fixtures/data.npy', '-b', '1', '--rounds', '1000000', '--warmup', '0', '--json', record],
];
/** Time after which a run has begun measuring, ms. */
const UNDER_WAY_MS = 2500;

describe.skipIf(process.platform === 'win32')('a signal', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'of the kind %s stops a run, which writes its measurements and exits 130',
    async (signal) => {
      const path = join(folder, `${signal}.json`);
      const child = new Child(process.execPath, longRun(path));
      await sleep(UNDER_WAY_MS);
      const since = performance.now();
      child.kill(signal);
      expect(await child.ended).toBe(130);
      expect(performance.now() - since).toBeLessThan(PROMPTLY_MS);
      expect(child.printed).toContain('fixtures/data.npy: interrupted');
      expect(recordSchema.parse(JSON.parse(readFileSync(path, 'utf8'))).complete).toBe(false);
    },
  );

  it('that is sent twice ends a run with exit code 130', async () => {
    const child = new Child(process.execPath, longRun(join(folder, 'twice.json')));
    await sleep(UNDER_WAY_MS);
    const since = performance.now();
    child.kill('SIGINT');
    child.kill('SIGINT');
    expect(await child.ended).toBe(130);
    expect(performance.now() - since).toBeLessThan(PROMPTLY_MS);
  });

  it.skipIf(process.platform !== 'linux' || process.arch !== 'x64')(
    'stops setup tensorflow without leaving files behind',
    async () => {
      const tools = join(folder, 'tools');
      mkdirSync(tools);
      for (const tool of ['python3', 'g++']) symlinkSync('/bin/true', join(tools, tool));
      const npm = '#!/bin/sh\n[ "$1" = --version ] || exec sleep 600\n';
      writeFileSync(join(tools, 'npm'), npm, { mode: 0o755 });
      const target = join(folder, 'tensorflow');
      const args = [BIN, 'setup', 'tensorflow', '--cpu', '--dir', target];
      const child = new Child(process.execPath, args, { PATH: `${tools}:/bin:/usr/bin` });
      await child.prints('fetching');
      await sleep(500);
      child.kill('SIGHUP');
      expect(await child.ended).toBe(130);
      expect(child.printed).toContain('setup tensorflow: interrupted; nothing was left behind');
      expect(readdirSync(folder).filter((name) => name.startsWith('tensorflow'))).toEqual([]);
    },
  );

  /** A program that never finishes handling its first signal. */
  const STUBBORN = `
    import { terminalOfProcess } from ${JSON.stringify(join(ROOT, 'dist/terminal.js'))};
    const terminal = terminalOfProcess();
    terminal.undoAtExit(() => terminal.stdout.write('undone'));
    const stop = terminal.onInterrupt(() => {
      stop();
      terminal.stdout.write('heard');
    });
    setInterval(() => {}, 1000);
    terminal.stdout.write('ready');
  `;

  it.each([
    ['SIGINT', 'SIGINT'],
    ['SIGTERM', 'SIGINT'],
    ['SIGHUP', 'SIGTERM'],
    ['SIGINT', 'SIGHUP'],
  ] as const)('%s calls the listener, and %s after it ends the process at once', async (first, second) => {
    const child = new Child(process.execPath, ['--input-type=module', '-e', STUBBORN]);
    await child.prints('ready');
    child.kill(first);
    await child.prints('heard');
    child.kill(second);
    expect([await child.ended, child.printed]).toEqual([130, 'readyheardundone']);
  });

  it('has its default effect once the listener is removed', async () => {
    const program = STUBBORN.replace('setInterval', 'stop(); setInterval');
    const child = new Child(process.execPath, ['--input-type=module', '-e', program]);
    await child.prints('ready');
    child.kill('SIGTERM');
    expect(await child.ended).toBe('SIGTERM');
  });

  it('is not the only end that runs the registered undo functions: an uncaught error does too', async () => {
    const program = STUBBORN.replace(
      'setInterval',
      "setImmediate(() => { throw new Error('a bug'); }); setInterval",
    );
    const child = new Child(process.execPath, ['--input-type=module', '-e', program]);
    expect(await child.ended).toBe(1);
    expect(child.printed).toContain('undone');
  });
});

const noScript =
  process.platform !== 'linux' || spawnSync('script', ['--version']).status !== 0
    ? 'the tool script of util-linux, which creates a pseudo-terminal, is missing'
    : undefined;

describe.skipIf(noScript !== undefined)(
  `the cursor of a terminal${noScript ? `: skipped, ${noScript}` : ''}`,
  () => {
    /** Starts a run on a pseudo-terminal and returns the child and the process ID of the run. */
    async function runOnTerminal(record: string): Promise<{ child: Child; pid: number }> {
      const pidFile = `${record}.pid`;
      const command = `echo $$ >'${pidFile}.part'; mv '${pidFile}.part' '${pidFile}'; exec '${process.execPath}' ${longRun(record).join(' ')}`;
      const child = new Child('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
        ...{ TERM: 'xterm', CI: '', SHELL: '/bin/sh' },
      });
      await child.prints(HIDE_CURSOR);
      while (!existsSync(pidFile)) await sleep(20);
      return { child, pid: Number(readFileSync(pidFile, 'utf8')) };
    }

    it.each([
      [['SIGINT']],
      [['SIGTERM']],
      [['SIGHUP']],
      [['SIGINT', 'SIGINT']],
      [['SIGTERM', 'SIGHUP']],
    ] as const)('is hidden by the progress bar and shown again after %s', async (signals) => {
      const { child, pid } = await runOnTerminal(join(folder, `cursor-${signals.join('-')}.json`));
      await sleep(1000);
      for (const signal of signals) process.kill(pid, signal);
      expect(await child.ended).toBe(130);
      expect(child.printed.lastIndexOf(SHOW_CURSOR)).toBeGreaterThan(child.printed.lastIndexOf(HIDE_CURSOR));
    });

    it('may disappear with its terminal, and the run still writes its measurements', async () => {
      const path = join(folder, 'hung-up.json');
      const { child, pid } = await runOnTerminal(path);
      await sleep(1000);
      // The end of the program that holds the terminal closes the terminal, so the system sends SIGHUP.
      child.kill('SIGKILL');
      await child.ended;
      for (let waitedMs = 0; isAlive(pid); waitedMs += 20) {
        expect(waitedMs).toBeLessThan(PROMPTLY_MS);
        await sleep(20);
      }
      expect(recordSchema.parse(JSON.parse(readFileSync(path, 'utf8'))).complete).toBe(false);
    });
  },
);

describe.skipIf(noScript !== undefined)(
  `progress on a terminal${noScript ? `: skipped, ${noScript}` : ''}`,
  () => {
    /** The output of a run of two cases on a pseudo-terminal with this many columns. */
    async function writtenOn(columns: number, options = '', env: NodeJS.ProcessEnv = {}): Promise<string> {
      const run = `${BIN} run fixtures/data.npy -E cpu -b 1,2 -e 20 --warmup 1 --no-color ${options}`;
      const command = `stty cols ${columns}; exec '${process.execPath}' ${run}`;
      const child = new Child('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
        ...{ TERM: 'xterm', CI: '', SHELL: '/bin/sh', ...env },
      });
      expect(await child.ended).toBe(0);
      return child.printed;
    }

    /** The successive states of the progress line. */
    const drawn = (written: string) =>
      written
        .slice(0, written.lastIndexOf(SHOW_CURSOR))
        .split('\r')
        .filter((text) => text.endsWith('\x1b[K'))
        .map((text) => text.slice(0, -'\x1b[K'.length));

    it.each([60, 40])(
      'is one line for the whole run that fits in %d columns and is erased at the end',
      async (columns) => {
        const written = await writtenOn(columns);
        const lines = drawn(written);
        expect(lines.length).toBeGreaterThan(5);
        expect(Math.max(...lines.map(({ length }) => length))).toBeLessThan(columns);
        expect(lines).toContainEqual(
          expect.stringMatching(
            columns === 40
              ? /^case 2 of 2 · \d+ s left in all$/
              : /^case 2 of 2 · (feed|pin) · round \d+ of 20 · \d+ s left in all/,
          ),
        );
        const [before, after] = written.split(SHOW_CURSOR);
        expect(before).toMatch(/\r\p{Cc}\[K$/u);
        expect(after).toMatch(/^On a processor, /);
      },
    );

    it.each<[string, string, NodeJS.ProcessEnv]>([
      ['with --no-progress', '--no-progress', {}],
      ['with --quiet', '--quiet', {}],
      ['if the terminal cannot redraw', '', { TERM: 'dumb' }],
      ['in CI', '', { CI: 'true' }],
    ])('is not drawn %s', async (_, options, env) => {
      const written = await writtenOn(80, options, env);
      expect(written.replaceAll('\r\n', '\n').replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
      expect(written).not.toContain('case ');
    });
  },
);

describe('the screen', () => {
  const real = terminalOfProcess();
  const screen = (env: Record<string, string>, stdout: Partial<NodeJS.WriteStream> = {}, color = true) => {
    const surroundings = { ...real.surroundings, env };
    return screenOf({ color }, { ...real, surroundings, stdout: stdout as NodeJS.WriteStream });
  };
  const terminal = { isTTY: true, columns: 132 };

  it('has the width from COLUMNS, or that of the terminal, or 100 columns, but at least 60', () => {
    const width = (...of: Parameters<typeof screen>) => screen(...of).width;
    expect([
      width({}),
      width({}, terminal),
      width({ COLUMNS: '80' }, terminal),
      width({ COLUMNS: '200' }),
    ]).toEqual([...[100, 132, 80, 200]]);
    expect([width({ COLUMNS: '10' }), width({}, { isTTY: true, columns: 20 })]).toEqual([60, 60]);
    for (const wrong of ['', '0', '-5', '80.5', 'wide', '1e3']) expect(width({ COLUMNS: wrong })).toBe(100);
  });

  it('is coloured on a terminal unless an option or the environment decides otherwise', () => {
    const color = (...of: Parameters<typeof screen>) => screen(...of).color;
    expect([
      color({}),
      color({}, terminal),
      color({ NO_COLOR: '1' }, terminal),
      color({ TERM: 'dumb' }, terminal),
    ]).toEqual([...[false, true, false, false]]);
    for (const on of ['', '1', '2', '3', 'true'])
      expect(color({ FORCE_COLOR: on, NO_COLOR: '1', TERM: 'dumb' })).toBe(true);
    for (const off of ['0', 'false']) expect(color({ FORCE_COLOR: off }, terminal)).toBe(false);
    expect(color({ FORCE_COLOR: '1' }, terminal, false)).toBe(false);
  });

  it('is watched if it is a terminal', () => {
    expect([screen({}).watched, screen({}, terminal).watched]).toEqual([false, true]);
    expect(screen({ FORCE_COLOR: '1', COLUMNS: '80' }).watched).toBe(false);
  });
});
