import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runJob } from '../testing/actions.js';
import { blocksOf } from '../testing/blocks.js';
import {
  codeOf,
  PIN_REGRESSED,
  projectForTests,
  pullRequest,
  recordsIn,
  slowPin,
} from '../testing/comparing.js';
import { missing } from '../testing/project.js';

const blocks = blocksOf('ci.md');

it('docs/ci.md has four workflows and a script', () => {
  expect([...blocks.keys()]).toEqual([
    '.github/workflows/gate.yml',
    '.github/workflows/gpu.yml',
    '.github/workflows/hosted.yml',
    '.gitlab-ci.yml',
    'post.sh',
  ]);
});

const TITLE = `the action of docs/ci.md${missing ? `: skipped, ${missing}` : ''}`;

// The test is a whole job: it installs the project and measures.
describe.skipIf(missing !== undefined)(TITLE, { timeout: 300_000 }, () => {
  const projectOf = projectForTests();

  it('compares base and head according to its inputs, and uploads the records', () => {
    const project = projectOf();
    const workflow = blocks
      .get('.github/workflows/gate.yml')!
      .replace('metric: speedup', 'metric: speedup, budget: 40s');
    const job = runJob(project, workflow, 'pinbench', pullRequest(project.merge));
    const { steps, summary, workspace, again } = job;
    const { code, output } = steps.get('Compare')!;
    expect(output).toMatch(/^metric +batch +strategy +base +head/m);
    expect(output).toMatch(/^speedup +256 +pin/m);
    expect(output).not.toMatch(/^step /m);
    expect(code, output).toBe(codeOf(output));
    expect(summary).toMatch(/^\| speedup/m);
    const artifact = join(project.scratch, 'artifacts', 'pinbench');
    expect(recordsIn(join(artifact, 'head')).length).toBeGreaterThan(0);
    slowPin(workspace);
    const temporary = readdirSync(project.scratch)
      .filter((name) => name.startsWith('pinbench-temp-'))
      .at(-1)!;
    rmSync(join(project.scratch, temporary, 'pinbench-records'), { recursive: true });
    expect(again('Compare')).toMatchObject(PIN_REGRESSED);
  });
});
