import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runJob } from '../testing/actions.js';
import { blocksOf } from '../testing/blocks.js';
import {
  codeOf,
  expectRecords,
  PIN_REGRESSED,
  projectForTests,
  pullRequest,
  shortened,
  slowPin,
} from '../testing/comparing.js';
import { missing, npyOf } from '../testing/project.js';

const recipe = blocksOf('ci.md').get('.github/workflows/gpu.yml')!;
const TITLE = `the workflow of docs/ci.md for a self-hosted GPU${missing ? `: skipped, ${missing}` : ''}`;

// Each test is a whole job: it installs the project and measures.
describe.skipIf(missing !== undefined)(TITLE, { timeout: 300_000 }, () => {
  const projectOf = projectForTests();

  it('compares base and head, and fails if the head is slower', () => {
    const project = projectOf();
    const job = runJob(project, shortened(recipe), 'pinbench', pullRequest(project.merge));
    const { steps, status, summary, workspace, again } = job;
    const { code, output } = steps.get('Compare')!;
    expect(output).toMatch(/^metric +batch +strategy +base +head/m);
    expect(code, output).toBe(codeOf(output));
    expect(status).toBe(code === 0 ? 'success' : 'failure');
    expect(summary).toMatch(/^\| metric +\| +batch \| strategy/m);
    const artifact = join(project.scratch, 'artifacts', 'pinbench');
    expect(expectRecords(artifact, project, 'cuda', 6)).toMatchObject({ pairs: 6, complete: true });
    slowPin(join(workspace, 'head'));
    rmSync(join(workspace, 'records'), { recursive: true });
    expect(again('Compare')).toMatchObject(PIN_REGRESSED);
    writeFileSync(join(workspace, 'head', 'data.npy'), npyOf(1024, 2));
    rmSync(join(workspace, 'records'), { recursive: true });
    expect(again('Compare')).toMatchObject({
      code: 7,
      output: expect.stringMatching(/dataset cols 3, not 2/),
    });
    expect(job.summary).toMatch(/dataset cols 3, not 2/);
  });

  it('does not run for forks', () => {
    const project = projectOf();
    const event = pullRequest(project.merge, 'you/model');
    expect(runJob(project, recipe, 'pinbench', event).status).toBe('skipped');
  });
});
