import { mkdtempSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runJob } from '../testing/actions.js';
import { blocksOf } from '../testing/blocks.js';
import {
  codeOf,
  PIN_REGRESSED,
  projectForTests,
  pullRequest,
  shortened,
  slowPin,
} from '../testing/comparing.js';
import { missing } from '../testing/project.js';

const workflow = shortened(blocksOf('ci.md').get('.github/workflows/hosted.yml')!);
const TITLE = `the workflow of docs/ci.md for hosted runners${missing ? `: skipped, ${missing}` : ''}`;

// Each test is a whole job: it installs the project and measures.
describe.skipIf(missing !== undefined)(TITLE, { timeout: 300_000 }, () => {
  const projectOf = projectForTests();

  it('compares base and head by step times and speedups', () => {
    const project = projectOf();
    const job = runJob(project, workflow, 'pinbench', pullRequest(project.merge));
    const { code, output } = job.steps.get('Compare')!;
    expect(output).toMatch(/^speedup +1,024 +pin/m);
    expect(code, output).toBe(codeOf(output));
    expect(job.summary).toMatch(/^\| speedup/m);
    slowPin(join(job.workspace, 'head'));
    expect(job.again('Compare')).toMatchObject(PIN_REGRESSED);
  });

  it('passes for the pull request that adds pinbench to a project: every row is new', () => {
    const project = projectOf();
    const brought = ['package.json', 'package-lock.json', 'vendor'];
    const move = (from: string, to: string) => {
      for (const name of brought) renameSync(join(from, name), join(to, name));
    };
    const aside = mkdtempSync(join(project.scratch, 'aside-'));
    move(project.repository, aside);
    project.commit();
    move(aside, project.repository);
    const { steps, status } = runJob(project, workflow, 'pinbench', pullRequest(project.commit()));
    expect(steps.get('Compare')?.output).toMatch(/^verdict +3 new/m);
    expect(status).toBe('success');
  });
});
