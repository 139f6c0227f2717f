import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { blocksOf } from '../testing/blocks.js';
import { codeOf, expectRecords, projectForTests, shortened, slowPin } from '../testing/comparing.js';
import { missing } from '../testing/project.js';

const recipe = shortened(blocksOf('ci.md').get('.gitlab-ci.yml')!);
const TITLE = `the GitLab job of docs/ci.md${missing ? `: skipped, ${missing}` : ''}`;

// The test is a whole job: it installs the project and measures.
describe.skipIf(missing !== undefined)(TITLE, { timeout: 300_000 }, () => {
  const projectOf = projectForTests();

  it('compares base and head, and fails if the head is slower', () => {
    const project = projectOf();
    const { script, artifacts } = parse(recipe).pinbench as {
      script: string[];
      artifacts: { paths: string[] };
    };
    const folder = join(project.scratch, 'gitlab');
    spawnSync('git', ['clone', '--quiet', project.repository, folder]);
    spawnSync('git', ['checkout', '--quiet', '--detach', project.merge], { cwd: folder });
    const ofGitLab = { CI: 'true', CI_PROJECT_DIR: folder, CI_MERGE_REQUEST_DIFF_BASE_SHA: project.base };
    // GitLab's runner joins the lines of a job to one script.
    const run = (lines: readonly string[]) =>
      spawnSync('bash', ['-eo', 'pipefail', '-c', lines.join('\n')], {
        cwd: folder,
        encoding: 'utf8',
        env: { ...project.env, ...ofGitLab },
      });
    const { status, stdout, stderr } = run(script);
    expect(stdout, stderr).toMatch(/^metric +batch +strategy +base +head/m);
    expect(status, stdout).toBe(codeOf(stdout));
    expect(artifacts.paths).toEqual(['records']);
    expect(expectRecords(join(folder, 'records'), project, 'cuda', 6)).toMatchObject({ pairs: 6 });
    slowPin(folder);
    rmSync(join(folder, 'records'), { recursive: true });
    expect(run(script.slice(-1)).status).toBe(1);
  });
});
