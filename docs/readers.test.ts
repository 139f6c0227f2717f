import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { env } from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blocksOf } from './testing/blocks.js';

/** The folder of the linters, which .ci/recipes installs. */
const tools = env.PINBENCH_TEST_LINTERS ?? '';
const python = join(tools, 'python', 'bin');
const actionlint = join(tools, 'go', 'bin', 'actionlint');
let folder: string;
// Made in a hook, because no hook removes it if every test is skipped.
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'pinbench-readers-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const blocks = [...blocksOf('ci.md'), ...blocksOf('fleet.md')];
/** The workflows of this repository. */
const workflows = new URL('../.github/workflows/', import.meta.url);
const own = readdirSync(workflows).map(
  (name) => [`.github/workflows/own-${name}`, readFileSync(new URL(name, workflows), 'utf8')] as const,
);
const named = (ending: RegExp) => blocks.filter(([name]) => ending.test(name));

/** Runs a program on a block that is written to a file. Returns its output if it found a fault, otherwise an empty string. */
function faults(program: readonly string[], name: string, text: string): string {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  const { status, stdout, stderr } = spawnSync(program[0]!, [...program.slice(1), path], {
    encoding: 'utf8',
  });
  return status === 0 ? '' : `${status} ${stdout}${stderr}`;
}

/** Each linter with the recipes that it checks, and a fault that it must find in at least one of them. */
const READERS = [
  {
    reader: 'actionlint, with shellcheck',
    // actionlint does not know the labels of self-hosted runners.
    program: [
      ...[actionlint, '-no-color', '-shellcheck', join(python, 'shellcheck')],
      ...['-ignore', 'label "(gpu|l4|a100|h100)" is unknown'],
    ],
    recipes: [...named(/^\.github\/workflows\//), ...own],
    breaking: (text: string) => text.replace('runs-on:', 'run-on:'),
  },
  {
    reader: "GitLab's schema",
    program: [
      join(python, 'check-jsonschema'),
      '--builtin-schema',
      'vendor.gitlab-ci',
      '--data-transform',
      'gitlab-ci',
    ],
    recipes: named(/^\.gitlab-ci\.yml$/),
    breaking: (text: string) => text.replace('when: always', 'when: ever'),
  },
  {
    reader: "Kubernetes' schemas",
    program: [join(python, 'kubernetes-validate'), '--strict'],
    recipes: named(/^(?:pinbench|report)\.yaml$/),
    breaking: (text: string) => text.replace('restartPolicy:', 'restartsPolicy:'),
  },
  {
    reader: 'shellcheck',
    program: [join(python, 'shellcheck')],
    recipes: named(/\.(?:sbatch|sh)$/),
    breaking: (text: string) => text.replace('$(', '`'),
  },
];

describe.each(READERS)('$reader', ({ program, recipes, breaking }) => {
  const there = tools !== '' && existsSync(program[0]!);

  it.skipIf(!there)('accepts the recipes (run by .ci/recipes)', () => {
    expect(recipes.length).toBeGreaterThan(0);
    for (const [name, text] of recipes) expect([name, faults(program, name, text)]).toEqual([name, '']);
  });

  it.skipIf(!there)('finds an inserted fault (run by .ci/recipes)', () => {
    const broken = recipes.map(([name, text]) => faults(program, name, breaking(text)));
    expect(broken.filter((said) => said !== '')).not.toEqual([]);
  });
});
