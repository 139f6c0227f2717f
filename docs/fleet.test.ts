import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { runJob } from './testing/actions.js';
import { blocksOf } from './testing/blocks.js';
import { makeProject, missing, type Project } from './testing/project.js';

const blocks = blocksOf('fleet.md');
const block = (name: string) => blocks.get(name)!;

/** A substitute for sbatch that immediately runs the array tasks of a script, or a wrapped command, on this machine. */
const SBATCH = `#!/bin/bash
set -eu
for argument in "$@"; do
  case $argument in
    --output=*) output=\${argument#*=} ;;
    --dependency=*) [[ $argument == --dependency=afterany:7 ]] ;;
  esac
done
if [[ \${*: -2:1} == --wrap ]]; then sh -c "\${*: -1}" >"$output"; exit; fi
script=\${*: -1}
range=$(sed -n 's/^#SBATCH --array=//p' "$script")
for task in $(seq "\${range%-*}" "\${range#*-}"); do
  SLURM_ARRAY_JOB_ID=7 SLURM_ARRAY_TASK_ID=$task bash "$script" >"task-$task.log" 2>&1
done
echo 7
`;

const TITLE = `docs/fleet.md${missing ? `: skipped, ${missing}` : ''}`;

// Each test is a whole job: it installs the project and measures.
describe.skipIf(missing !== undefined)(TITLE, { timeout: 300_000 }, () => {
  let project: Project;
  beforeAll(() => {
    project = makeProject();
  });
  afterAll(() => project.remove());

  it('has a workflow, two scripts, a container and two manifests', () => {
    expect([...blocks.keys()]).toEqual([
      ...[
        '.github/workflows/fleet.yml',
        'measure.sbatch',
        'submit.sh',
        'Dockerfile',
        'pinbench.yaml',
        'report.yaml',
      ],
    ]);
  });

  it('GitHub Actions: makes a record for each kind of GPU, and one table by device', () => {
    const workflow = block('.github/workflows/fleet.yml');
    const github = { event_name: 'workflow_dispatch', sha: project.commit() };
    const kinds = parse(workflow).jobs.measure.strategy.matrix.gpu as string[];
    for (const gpu of kinds) {
      const machine = { ...project, env: { ...project.env, PINBENCH_DOUBLE_NAME: `NVIDIA ${gpu}` } };
      expect(runJob(machine, workflow, 'measure', { github, matrix: { gpu } }).status).toBe('success');
    }
    const { status, summary } = runJob(project, workflow, 'report', { github });
    expect(status).toBe('success');
    expect(kinds.length).toBeGreaterThan(1);
    for (const gpu of kinds) {
      expect(summary).toMatch(
        new RegExp(`^\\| cuda: NVIDIA ${gpu} +\\| +1,024 \\| pin .* \\| ${gpu} +\\|$`, 'm'),
      );
    }
  });

  describe('on machines that have the project installed', () => {
    beforeAll(() => {
      const { status, stderr } = spawnSync('npm', ['ci'], {
        cwd: project.repository,
        encoding: 'utf8',
        env: project.env,
      });
      expect(status, stderr).toBe(0);
    });

    it('Slurm: runs one task for each batch size, and makes a report when all have ended', () => {
      const folder = project.repository;
      for (const name of ['measure.sbatch', 'submit.sh']) writeFileSync(join(folder, name), block(name));
      const bin = join(project.scratch, 'bin');
      mkdirSync(bin);
      writeFileSync(join(bin, 'sbatch'), SBATCH);
      chmodSync(join(bin, 'sbatch'), 0o755);
      const { status, stderr } = spawnSync('bash', ['submit.sh'], {
        cwd: folder,
        encoding: 'utf8',
        env: { ...project.env, PATH: [bin, project.env.PATH].join(delimiter) },
      });
      expect(status, stderr).toBe(0);
      const report = readFileSync(join(folder, 'report.txt'), 'utf8');
      expect(report.match(/^cuda: /gm)).toHaveLength(1);
      for (const batch of ['64', '256', '1,024']) {
        expect(report).toMatch(new RegExp(`^ *${batch} +pin +.* batch-${batch.replace(',', '')}$`, 'm'));
      }
    });

    it('Kubernetes: writes one record per index to the shared volume, and makes a report of them', () => {
      const records = join(project.scratch, 'records');
      mkdirSync(records);
      const inPod = (manifest: string, kind: string, env: NodeJS.ProcessEnv) => {
        const job = parseAllDocuments(block(manifest))
          .map((document) => document.toJS())
          .find((one) => one.kind === kind);
        const [{ command, args, env: declared }] = job.spec.template.spec.containers;
        // Only the mount point of the volume differs from the container's environment.
        expect(declared.map(({ name }: { name: string }) => name)).toEqual(
          expect.arrayContaining(['RECORDS']),
        );
        const path = [join(project.repository, 'node_modules', '.bin'), project.env.PATH].join(delimiter);
        return spawnSync(command[0], [...command.slice(1), ...args], {
          cwd: project.repository,
          encoding: 'utf8',
          env: { ...project.env, PATH: path, RECORDS: records, ...env },
        });
      };
      for (const index of [0, 1, 2]) {
        const env = { JOB_COMPLETION_INDEX: String(index), NODE_NAME: `node-${'abc'[index]}` };
        const { status, stderr } = inPod('pinbench.yaml', 'Job', env);
        expect(status, stderr).toBe(0);
      }
      const { status, stdout } = inPod('report.yaml', 'Job', {});
      expect(status).toBe(0);
      for (const name of ['0-node-a', '1-node-b', '2-node-c']) {
        expect(stdout).toMatch(new RegExp(`^ *256 +feed +.* ${name}$`, 'm'));
      }
    });
  });
});
