import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { env, execPath } from 'node:process';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { OPTION_ENTRIES } from '../src/options.js';
import { blocksOf } from './testing/blocks.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const page = readFileSync(join(ROOT, 'docs/programs.md'), 'utf8');
const blocks = blocksOf('programs.md');
/** A user's project, created by .ci/consumers. */
const folder = env.PINBENCH_TEST_CONSUMER ?? '';

/** Runs a program in the user's project. Returns its exit code, its standard output, and both of its streams together. */
function inProject(program: string, ...args: string[]) {
  const { status, stdout, stderr } = spawnSync(program, args, { cwd: folder, encoding: 'utf8' });
  return { status, stdout, output: `${stdout}${stderr}` };
}

/** The output of `speedups.mjs` for the example: a comparison for each batch size. */
const FOUR_COMPARISONS = /^(?:\{\s*batch: \d+,\s*strategy: 'pin',[^}]*\}\s*){4}$/;

const TITLE = 'the packed package in the project of a user (made by .ci/consumers)';

describe.skipIf(folder === '')(TITLE, { timeout: 300_000 }, () => {
  beforeAll(() => {
    copyFileSync(join(ROOT, 'docs/testing/consumer.ts'), join(folder, 'consumer.ts'));
    copyFileSync(join(ROOT, 'fixtures/data.npy'), join(folder, 'data.npy'));
    for (const [name, text] of blocks) writeFileSync(join(folder, name), text);
  });

  /** The errors of the compiler for files of the project; an empty string if there are none. */
  function compilerOn(typescript: string, files: readonly string[], options: object): string {
    const compilerOptions = {
      ...{ strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true, noEmit: true },
      ...{ target: 'es2022', lib: ['es2022'], types: ['node'], skipLibCheck: false, ...options },
    };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }));
    const { status, output } = inProject(execPath, join('node_modules', typescript, 'bin', 'tsc'));
    return status === 0 ? '' : output;
  }

  it.each(['typescript-5.9', 'typescript-6', 'typescript-7'])(
    'compiles with %s and every import',
    (typescript) => {
      const files = ['consumer.ts', 'fastest.ts'];
      expect(compilerOn(typescript, files, { module: 'nodenext' })).toBe('');
    },
  );

  it('compiles with the module resolution of bundlers', () => {
    const options = { module: 'esnext', moduleResolution: 'bundler' };
    expect(compilerOn('typescript-7', ['consumer.ts', 'fastest.ts'], options)).toBe('');
  });

  it('shows the type and a sentence for each option in an editor', () => {
    const options = OPTION_ENTRIES.filter(([, { commandLineOnly }]) => !commandLineOnly).map(
      ([name]) => name,
    );
    const shown = quickInfos(options);
    expect(Object.keys(shown)).toEqual(options);
    for (const [name, { type, sentence }] of Object.entries(shown)) {
      expect(type).toMatch(new RegExp(`^\\(property\\) ${name}\\?: (?!any|unknown).* \\| undefined$`));
      expect([name, sentence]).toEqual([name, expect.stringMatching(/^[A-Z`].*\.$/s)]);
    }
    expect(shown.fetch!.type).toBe('(property) fetch?: "epoch" | "step" | undefined');
  });

  it('runs in plain Node', () => {
    const { status, stdout, output } = inProject(execPath, 'speedups.mjs');
    expect(status, output).toBe(0);
    expect(stdout).toMatch(FOUR_COMPARISONS);
  });

  it('prints the same one-line error as the command', () => {
    const program = blocks.get('speedups.mjs')!.replace("'1..64'", '11');
    writeFileSync(join(folder, 'wrong.mjs'), program);
    expect(inProject(execPath, 'wrong.mjs')).toMatchObject({
      ...{ status: 1, stdout: '', output: expect.stringMatching(/^--batch: "?11"?.*\n$/) },
    });
  });

  it('can be bundled and run with the commands of the page', () => {
    const lines = [...page.matchAll(/^ {4}(npx esbuild .*|node bundle\.mjs)$/gm)].map(([, line]) => line!);
    expect(lines).toHaveLength(2);
    const { status, stdout, output } = inProject('bash', '-ec', lines.join('\n'));
    expect(status, output).toBe(0);
    expect(existsSync(join(folder, 'bundle.mjs'))).toBe(true);
    expect(stdout).toMatch(FOUR_COMPARISONS);
  });

  it('cannot be included in a bundle, as the page says', () => {
    const esbuild = [
      'esbuild',
      'speedups.mjs',
      '--bundle',
      '--platform=node',
      '--format=esm',
      '--outfile=x.mjs',
    ];
    expect(inProject('npx', ...esbuild).status).toBe(0);
    expect(inProject('node', 'x.mjs').status).not.toBe(0);
  });
});

/** What TypeScript's language service shows for the options in a call of `run`. */
function quickInfos(names: readonly string[]): Record<string, { type: string; sentence: string }> {
  const ts = createRequire(join(folder, 'package.json'))('typescript-5.9');
  const path = join(folder, 'editor.ts');
  const text = `import { run } from 'pinbench';\nrun('data.npy', { ${names.map((name) => `${name}: undefined`).join(', ')} });\n`;
  const snapshot = (file: string) => {
    if (file === path) return ts.ScriptSnapshot.fromString(text);
    return ts.sys.fileExists(file) ? ts.ScriptSnapshot.fromString(ts.sys.readFile(file)) : undefined;
  };
  const service = ts.createLanguageService({
    ...{
      ...ts.sys,
      useCaseSensitiveFileNames: () => true,
      getScriptFileNames: () => [path],
      getScriptVersion: () => '1',
      getScriptSnapshot: snapshot,
    },
    ...{ getCurrentDirectory: () => folder, getDefaultLibFileName: ts.getDefaultLibFilePath },
    getCompilationSettings: () => ({
      ...{ strict: true, module: ts.ModuleKind.NodeNext, target: ts.ScriptTarget.ES2022, types: ['node'] },
    }),
  });
  const entries = names.map((name) => {
    const { displayParts, documentation } = service.getQuickInfoAtPosition(
      path,
      text.indexOf(` ${name}: `) + 1,
    );
    const said = {
      type: ts.displayPartsToString(displayParts),
      sentence: ts.displayPartsToString(documentation),
    };
    return [name, said] as const;
  });
  return Object.fromEntries(entries);
}
