import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const SRC = dirname(fileURLToPath(import.meta.url));

/** The stages in the order in which data flows: a stage may import itself and what stands before it. */
const FLOW = ['cli', 'data', 'plan', 'engine', 'measure', 'record', 'regress', 'report', 'setup'];
/** Imported by any stage, and importing none. */
const LEAVES = ['errors.ts', 'exit.ts', 'units.ts', 'text.ts', 'words.ts', 'version.ts', 'stats'];
/** Top-level files that put stages together. */
const COMPOSITION = ['main.ts', 'commands', 'terminal.ts', 'run.ts', 'index.ts', 'progress-bar.ts'];

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

/** A file without its comments. */
function codeOf(file: string): string {
  return readFileSync(join(SRC, file), 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '');
}

const stageOf = (file: string) => file.split('/')[0]!;
const edges = sources.flatMap(localImports);

describe('the architecture', () => {
  it('has only the rooms it names', () => {
    expect(new Set(sources.map(stageOf))).toEqual(new Set([...FLOW, ...LEAVES, ...COMPOSITION]));
  });

  it('lets data flow one way: no stage imports one behind it', () => {
    const upstream = edges.filter(({ from, to }) => {
      const [a, b] = [FLOW.indexOf(stageOf(from)), FLOW.indexOf(stageOf(to))];
      return a !== -1 && b !== -1 && b > a;
    });
    expect(upstream).toEqual([]);
  });

  it('keeps the command line apart: only main and the commands read a request', () => {
    const readers = edges.filter(({ from, to }) => stageOf(to) === 'cli' && stageOf(from) !== 'cli');
    expect(new Set(readers.map(({ from }) => stageOf(from)))).toEqual(new Set(['main.ts', 'commands']));
  });

  it('keeps the leaves leaves', () => {
    const out = edges.filter(
      ({ from, to }) => LEAVES.includes(stageOf(from)) && !LEAVES.includes(stageOf(to)),
    );
    expect(out).toEqual([]);
  });

  it('lets no stage import what puts the stages together', () => {
    const inward = edges.filter(
      ({ from, to }) => COMPOSITION.includes(stageOf(to)) && !COMPOSITION.includes(stageOf(from)),
    );
    expect(inward).toEqual([]);
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

  it('touches the process and the console in the terminal alone', () => {
    const touching = sources.filter((file) => /\b(?:process|console)\.\w/.test(codeOf(file)));
    expect(touching).toEqual(['terminal.ts']);
  });

  it('imports the heavy libraries when they are needed, not when pinbench starts', () => {
    const eager = (file: string, seen: Set<string>): Set<string> => {
      if (seen.has(file)) return seen;
      seen.add(file);
      const text = readFileSync(join(SRC, file), 'utf8');
      const found = text.matchAll(/^(?:import|export) (?!type\b)[^;]*?from '([^']+)'/gm);
      for (const [, specifier] of found) {
        if (specifier!.startsWith('.')) eager(localPath(file, specifier!), seen);
        else seen.add(specifier!);
      }
      return seen;
    };
    const packages = [...eager('main.ts', new Set())].filter(
      (name) => !name.endsWith('.ts') && !name.startsWith('node:'),
    );
    expect(packages).toEqual(['commander']);
  });
});

function localPath(file: string, specifier: string): string {
  return join(dirname(file), specifier).split(sep).join('/').replace(/\.js$/, '.ts');
}
