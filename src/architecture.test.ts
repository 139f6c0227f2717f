import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transformSync } from 'esbuild';
import { describe, expect, it } from 'vitest';

const SRC = dirname(fileURLToPath(import.meta.url));

/** The stages in the order of the data flow. A stage may import itself and the stages before it. */
const FLOW = ['cli', 'data', 'plan', 'engine', 'measure', 'record', 'analysis', 'regress', 'report', 'setup'];
/**
 * Tables of what exists, which any stage may import. A table names code of the stages that is loaded on demand; such an import is
 * not followed.
 */
const TABLES = 'tables';
/** Files and folders that any stage may import and that import no stage. */
const LEAVES = [
  TABLES,
  ...['errors.ts', 'units.ts', 'text.ts', 'similar.ts', 'words.ts', 'version.ts', 'surroundings.ts', 'stats'],
  'system-error.ts',
  ...['small-file.ts', 'host-memory.ts', 'group-by.ts'],
  ...['options.ts', 'flagless-options.ts', 'option-kinds.ts', 'settings.ts', 'plan-options.ts', 'flags.ts'],
];
/** Files and folders that combine the stages. */
const COMPOSITION = [
  ...[
    'main.ts',
    'commands',
    'terminal.ts',
    'run.ts',
    'given-dataset.ts',
    'processes.ts',
    'child-run.ts',
    'index.ts',
  ],
  ...['progress-bar.ts', 'progress-lines.ts', 'progress-display.ts', 'progress-words.ts'],
];

interface Import {
  readonly from: string;
  readonly to: string;
}

const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => file.split(sep).join('/'));
const sources = files.filter((file) => !file.endsWith('.test.ts') && !/(?:^|\/)testing\//.test(file));

function importsOf(file: string): string[] {
  const text = readFileSync(join(SRC, file), 'utf8');
  return [...text.matchAll(/(?:from|import\()\s*'([^']+)'/g)].map(([, specifier]) => specifier!);
}

function localImports(file: string): Import[] {
  return importsOf(file)
    .filter((specifier) => specifier.startsWith('.') && specifier.endsWith('.js'))
    .map((specifier) => resolve(SRC, dirname(file), specifier))
    .map((path) => ({ from: file, to: relative(SRC, path).split(sep).join('/').replace(/\.js$/, '.ts') }));
}

/** Names that replace the globals in compiled code, to distinguish them from other words and properties. */
const MARKS = { process: '__THE_PROCESS__', console: '__THE_CONSOLE__' };

/** The places where a source text accesses the process or the console, through any kind of import or through the globals. */
function touchesOf(text: string): string[] {
  const define = Object.entries(MARKS).flatMap(([name, mark]) => [
    [name, mark],
    [`globalThis.${name}`, mark],
    [`global.${name}`, mark],
  ]);
  // esbuild distinguishes a global from a name that the file declares, and removes comments and types.
  const { code } = transformSync(text, { loader: 'ts', define: Object.fromEntries(define) });
  const withoutComments = text.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
  return [
    ...withoutComments.matchAll(/(['"`])(?:node:)?(?:process|console)\1/g),
    ...withoutComments.matchAll(/\b(?:process|console)\b[^{}]*\}\s*=\s*global/g),
    ...code.matchAll(new RegExp(Object.values(MARKS).join('|'), 'g')),
  ].map(([touch]) => touch);
}

const stageOf = (file: string) => file.split('/')[0]!;
const edges = sources
  .flatMap(localImports)
  .filter(({ from, to }) => stageOf(from) !== TABLES || LEAVES.includes(stageOf(to)));

describe('the architecture', () => {
  it('has only the known files and folders', () => {
    expect(new Set(sources.map(stageOf))).toEqual(new Set([...FLOW, ...LEAVES, ...COMPOSITION]));
  });

  it('lets data flow in one direction: no stage imports a later one', () => {
    const upstream = edges.filter(({ from, to }) => {
      const [a, b] = [FLOW.indexOf(stageOf(from)), FLOW.indexOf(stageOf(to))];
      return a !== -1 && b !== -1 && b > a;
    });
    expect(upstream).toEqual([]);
  });

  it('separates the command line: only main and the commands read a request', () => {
    const readers = edges.filter(({ from, to }) => stageOf(to) === 'cli' && stageOf(from) !== 'cli');
    expect(new Set(readers.map(({ from }) => stageOf(from)))).toEqual(new Set(['main.ts', 'commands']));
  });

  it('has leaves that import only leaves', () => {
    const out = edges.filter(
      ({ from, to }) => LEAVES.includes(stageOf(from)) && !LEAVES.includes(stageOf(to)),
    );
    expect(out).toEqual([]);
  });

  it('lets no stage import the files that combine the stages', () => {
    const inward = edges.filter(
      ({ from, to }) => COMPOSITION.includes(stageOf(to)) && !COMPOSITION.includes(stageOf(from)),
    );
    expect(inward).toEqual([]);
  });

  it('has tables that load no stage before it is asked for', () => {
    const tables = sources.filter((file) => stageOf(file) === TABLES);
    const eager = tables.flatMap((file) =>
      eagerImportsOf(file)
        .filter(
          (specifier) => !specifier.startsWith('.') || !LEAVES.includes(stageOf(localPath(file, specifier))),
        )
        .map((specifier) => ({ file, specifier })),
    );
    expect(tables).not.toEqual([]);
    expect(eager).toEqual([]);
  });

  it('has no cycle', () => {
    const next = new Map(
      sources.map((file) => [file, edges.filter(({ from }) => from === file).map(({ to }) => to)]),
    );
    const done = new Set<string>();
    const visit = (file: string, path: readonly string[]): void => {
      if (path.includes(file)) throw new Error(`cycle: ${[...path, file].join(' → ')}`);
      if (done.has(file)) return;
      for (const to of next.get(file) ?? []) visit(to, [...path, file]);
      done.add(file);
    };
    for (const file of sources) visit(file, []);
    expect(done.size).toBe(sources.length);
  });

  it('accesses the process and the console only in terminal.ts', () => {
    const touching = sources.filter((file) => touchesOf(readFileSync(join(SRC, file), 'utf8')).length > 0);
    expect(touching).toEqual(['terminal.ts']);
  });

  it.each([
    "import process from 'node:process'; use(process);",
    "import { env } from 'node:process'; use(env);",
    'import * as host from "process"; use(host);',
    "import type { env } from 'node:process';",
    "export { env } from 'node:process';",
    "const { env } = await import('node:process');",
    'const host = await import(`node:process`);',
    "createRequire(import.meta.url)('process').exit();",
    'use(process.env.HOME);',
    'const { env } = process;',
    `const text = \`\${process.pid}\`;`,
    "globalThis.process.exit(); globalThis['console'].log();",
    'global.process.exit();',
    'const { process } = globalThis;',
    'const { process: host, URL } = globalThis;',
    "console.log('here');",
    "const log = console['log'];",
  ])('detects access to the process or the console in: %s', (text) => {
    expect(touchesOf(text)).not.toEqual([]);
  });

  it.each([
    '// process.exit() would be wrong here, as in process',
    '/** Never `console.log`. */ const a = 1;',
    "const sentence = 'the device is lost to this process';",
    `const title = \`a process of \${name}, console.log\`;`,
    'class Peer { #process; stop() { this.#process.kill(); other.process.kill(); } }',
    'const peer = { process: 1, console: 2 };',
    'function end(process: Child) { process.kill(); }',
    "import { spawn } from 'node:child_process'; spawn('true');",
  ])('detects no access in: %s', (text) => {
    expect(touchesOf(text)).toEqual([]);
  });

  it('imports heavy libraries only when they are needed, not when pinbench starts', () => {
    const eager = (file: string, seen: Set<string>): Set<string> => {
      if (seen.has(file)) return seen;
      seen.add(file);
      for (const specifier of eagerImportsOf(file)) {
        if (specifier.startsWith('.')) eager(localPath(file, specifier), seen);
        else seen.add(specifier);
      }
      return seen;
    };
    const packages = [...eager('main.ts', new Set())].filter(
      (name) => !name.endsWith('.ts') && !name.startsWith('node:'),
    );
    expect(packages).toEqual(['commander']);
  });
});

/** What is loaded together with a file: neither types nor what it imports when it is needed. */
function eagerImportsOf(file: string): string[] {
  const text = readFileSync(join(SRC, file), 'utf8');
  const found = text.matchAll(/^(?:import|export) (?!type\b)[^;]*?from '([^']+)'/gm);
  return [...found].map(([, specifier]) => specifier!);
}

function localPath(file: string, specifier: string): string {
  return join(dirname(file), specifier).split(sep).join('/').replace(/\.js$/, '.ts');
}
