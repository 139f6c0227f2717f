import { execFileSync, spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { recordSchema } from '../record/schema.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** An untrusted working folder. All code in it that is run appends its name to the file `ran`. */
let folder: string;
const ran = () =>
  existsSync(join(folder, 'ran')) ? readFileSync(join(folder, 'ran'), 'utf8').trim().split('\n') : [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pinbench-foreign-'));
  copyFileSync(join(ROOT, 'fixtures', 'data.npy'), join(folder, 'data.npy'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const run = (args: readonly string[], env: NodeJS.ProcessEnv = {}) =>
  spawnSync(process.execPath, [join(ROOT, 'bin', 'pinbench.js'), ...args], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, XDG_CACHE_HOME: folder, ...env },
  });
const RUN = ['run', 'data.npy', '--batch', '2', '--rounds', '6', '--min-time', '1ms', '--warmup', '0'];

describe.skipIf(process.platform === 'win32')('code of the working folder', { timeout: 60_000 }, () => {
  function install(name: string): void {
    const home = join(folder, 'node_modules', name);
    mkdirSync(home, { recursive: true });
    writeFileSync(join(home, 'package.json'), JSON.stringify({ name, main: 'index.js' }));
    writeFileSync(
      join(home, 'index.js'),
      `require('fs').appendFileSync(${JSON.stringify(join(folder, 'ran'))}, '${name}\\n'); throw new Error('owned');`,
    );
  }

  it('is loaded only by run, and only for an engine that is named or searched for', () => {
    for (const name of [
      '@tensorflow/tfjs-node-gpu',
      'webgpu',
      '@tensorflow/tfjs-core',
      'koffi',
      'apache-arrow',
    ])
      install(name);
    for (const args of [
      ['inspect', 'data.npy'],
      ['inspect', 'data.npy', '--json'],
      ['engines'],
      ['engines', '--json'],
      ['schema'],
      ['--help'],
      [...RUN, '--engine', 'cpu', '--json', 'a.json', '--quiet'],
      ['report', 'a.json'],
      ['compare', 'a.json', 'a.json'],
    ]) {
      expect(run(args).status, args.join(' ')).toBe(0);
      expect(ran(), args.join(' ')).toEqual([]);
    }
    const { stdout } = run(['engines']);
    for (const name of ['tensorflow', 'webgpu']) {
      expect(stdout).toMatch(
        new RegExp(`^${name} .*whose code only pinbench run loads; use pinbench run --engine ${name}$`, 'm'),
      );
    }
    expect(run([...RUN, '--engine', 'tensorflow']).status).toBe(4);
    expect(ran()).toEqual(['@tensorflow/tfjs-node-gpu']);
    run(RUN);
    expect(new Set(ran())).toEqual(new Set(['@tensorflow/tfjs-node-gpu', 'webgpu']));
  });

  it('is not run as git if PATH has an empty or relative part', () => {
    writeFileSync(join(folder, 'git'), `#!/bin/sh\necho git >> '${join(folder, 'ran')}'\n`, { mode: 0o755 });
    for (const path of [`:${process.env.PATH}`, `.:${process.env.PATH}`, `./:${process.env.PATH}:`]) {
      const env = { PATH: path };
      // The shell itself runs this git; otherwise the test would prove nothing.
      spawnSync('/bin/sh', ['-c', 'git'], { cwd: folder, env });
      expect(ran()).toEqual(['git']);
      rmSync(join(folder, 'ran'));
      expect(run([...RUN, '--engine', 'cpu', '--json', 'a.json', '--quiet'], env).status).toBe(0);
      expect(ran()).toEqual([]);
    }
  });

  it('is not loaded as a driver library if LD_LIBRARY_PATH has an empty part', () => {
    writeFileSync(
      join(folder, 'own.c'),
      `#include <stdio.h>\n__attribute__((constructor)) static void f(void) { FILE *g = fopen("${join(folder, 'ran')}", "a"); if (g) { fputs("library\\n", g); fclose(g); } }\n`,
    );
    const built = spawnSync('gcc', ['-shared', '-fPIC', '-o', 'libcuda.so.1', 'own.c'], { cwd: folder });
    if (built.status !== 0) return;
    copyFileSync(join(folder, 'libcuda.so.1'), join(folder, 'libnvidia-ml.so.1'));
    for (const path of [':', `/nowhere:`, '.']) {
      const env = { LD_LIBRARY_PATH: path };
      expect(run(['inspect', 'data.npy'], env).status).toBe(0);
      expect(run(['engines'], env).stdout).toMatch(/^cuda .*in the working folder/m);
      expect(run([...RUN, '--engine', 'cuda'], env).status).toBe(4);
      expect(ran()).toEqual([]);
    }
  });

  it('is not run by git as a file system monitor, a hook or a filter', () => {
    const git = (...args: string[]) =>
      execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@example', ...args], {
        cwd: folder,
        stdio: 'pipe',
      });
    git('init', '--quiet');
    writeFileSync(join(folder, '.gitattributes'), '*.txt filter=own\n*.dat filter=other\n');
    for (const name of ['a.txt', 'a.dat']) writeFileSync(join(folder, name), 'one');
    git('add', '.');
    git('commit', '--quiet', '-m', 'one');
    const script = (name: string) => {
      const path = join(folder, '.git', name);
      writeFileSync(path, `#!/bin/sh\necho ${name} >> '${join(folder, 'ran')}'\ncat\n`, { mode: 0o755 });
      return path;
    };
    git('config', 'core.fsmonitor', script('monitor'));
    git('config', 'filter.own.clean', script('clean'));
    git('config', 'filter.own.required', 'true');
    git('config', 'filter.other.process', script('process'));
    git('config', 'core.hooksPath', join(folder, '.git', 'own-hooks'));
    mkdirSync(join(folder, '.git', 'own-hooks'));
    copyFileSync(script('post-index-change'), join(folder, '.git', 'own-hooks', 'post-index-change'));
    for (const name of ['a.txt', 'a.dat']) writeFileSync(join(folder, name), 'two');
    // Git itself runs these scripts; otherwise the test would prove nothing.
    spawnSync('git', ['status'], { cwd: folder });
    expect(ran().sort()).toEqual(expect.arrayContaining(['clean', 'monitor', 'process']));
    rmSync(join(folder, 'ran'));
    expect(run([...RUN, '--engine', 'cpu', '--json', 'a.json', '--quiet']).status).toBe(0);
    expect(ran()).toEqual([]);
    const { environment } = recordSchema.parse(JSON.parse(readFileSync(join(folder, 'a.json'), 'utf8')));
    expect(environment.git).toMatchObject({ commit: expect.stringMatching(/^[0-9a-f]{40}$/), dirty: true });
    // A filter's name may contain the character that ends a name on git's command line.
    git('config', 'filter.a=b.clean', script('clean'));
    writeFileSync(join(folder, '.gitattributes'), '*.txt filter=a=b\n');
    expect(run([...RUN, '--engine', 'cpu', '--json', 'b.json', '--quiet']).status).toBe(0);
    expect(ran()).toEqual([]);
  });
});
