// What the tests of the recipes that compare two commits share.
import { readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { type RunRecord, recordSchema } from '../../src/record/schema.js';
import { type PairsComparison, pairsSchema } from '../../src/regress/pairs-schema.js';
import type { Contexts } from './actions.js';
import { makeProject, type Project } from './project.js';

/** A project with two commits, of which the second is the result of a merge. */
export interface ProjectToCompare extends Project {
  readonly base: string;
  readonly merge: string;
}

/** Makes a project with the same content in two commits. */
function makeProjectToCompare(): ProjectToCompare {
  const project = makeProject();
  return { ...project, base: project.commit(), merge: project.commit() };
}

/** Makes such a project for the tests of a `describe`, and removes it after them. Returns a function that returns it. */
export function projectForTests(): () => ProjectToCompare {
  let project: ProjectToCompare;
  beforeAll(() => {
    project = makeProjectToCompare();
  });
  afterAll(() => project.remove());
  return () => project;
}

/** The event of a pull request, by default from a branch of the same repository. */
export const pullRequest = (merge: string, repository = 'me/model'): Contexts => ({
  github: {
    ...{ event_name: 'pull_request', repository: 'me/model', sha: merge },
    event: { pull_request: { head: { repo: { full_name: repository } } } },
  },
});

/** The exit code that a table requires. On a noisy machine even a comparison of the same code may be called a regression. */
export const codeOf = (table: string) => (/\b(regressed|missing)\b/.test(table) ? 1 : 0);

/** The recipe with six pairs instead of the default time limit and with one batch size; that is enough for a test. */
export const shortened = (recipe: string) =>
  recipe
    .replace('pinbench ab base', 'pinbench ab --pairs 6 base')
    .replace('--batch 256,1024', '--batch 1024');

/** What a comparison prints and returns if it calls `pin` slower. */
export const PIN_REGRESSED = {
  code: 1,
  output: expect.stringMatching(/^::error title=pinbench regressed::.*pin/m),
};

/** Makes the pinbench of a folder report twice the step time for `pin`, and therefore half the speedup over feed. */
export function slowPin(folder: string): void {
  const bin = join(folder, 'node_modules', 'pinbench', 'bin');
  renameSync(join(bin, 'pinbench.js'), join(bin, 'as-is.js'));
  writeFileSync(join(bin, 'pinbench.js'), SLOWER, { mode: 0o755 });
}

const SLOWER = `#!/usr/bin/env node
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
const args = process.argv.slice(2);
const measures = args[0] === 'run';
const path = fileURLToPath(new URL('./as-is.js', import.meta.url));
const { status, stdout } = spawnSync(process.execPath, [path, ...args], {
  stdio: ['inherit', measures ? 'pipe' : 'inherit', 'inherit'],
});
if (measures && status === 0) {
  const record = JSON.parse(stdout);
  for (const result of record.results)
    if (result.strategy === 'pin') result.samplesNs = result.samplesNs.map((ns) => 2 * ns);
  console.log(JSON.stringify(record));
}
process.exitCode = status;
`;

/** The records in a folder, by name. */
export const recordsIn = (folder: string): RunRecord[] =>
  readdirSync(folder)
    .sort()
    .map((name) => recordSchema.parse(JSON.parse(readFileSync(join(folder, name), 'utf8'))));

/** Checks that the records of each side are of its commit and of that engine. Returns the comparison. */
export function expectRecords(
  folder: string,
  { base, merge }: ProjectToCompare,
  engine: string,
  pairs: number,
): PairsComparison {
  const sides = (['base', 'head'] as const).map((side) => recordsIn(join(folder, side)));
  expect(sides.map((records) => records.map(({ environment }) => environment.git!.commit))).toEqual([
    Array(pairs).fill(base),
    Array(pairs).fill(merge),
  ]);
  for (const { results } of sides.flat()) {
    expect(results.map((result) => [result.engine, result.status])).toEqual(
      Array(2).fill([engine, 'measured']),
    );
  }
  return pairsSchema.parse(JSON.parse(readFileSync(join(folder, 'comparison.json'), 'utf8')));
}
