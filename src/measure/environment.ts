import { execFile } from 'node:child_process';
import { arch, availableParallelism, cpus, platform, release, totalmem } from 'node:os';
import { promisify } from 'node:util';
import ci from 'ci-info';
import type { Surroundings } from '../surroundings.js';

/** The commit a run was made at. */
export interface Git {
  readonly commit: string;
  readonly branch?: string;
  /** Whether tracked files differed from the commit. */
  readonly dirty: boolean;
}

/** The machine and the software a run was made on. */
export interface Environment {
  readonly node: string;
  readonly os: string;
  readonly arch: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryBytes: number;
  /** The CI service, where there is one. */
  readonly ci?: string;
  /** The repository of the working directory, where there is one. */
  readonly git?: Git;
}

/** Looks at the machine and at the git repository of the working directory. Never throws: what cannot be known is absent. */
export async function lookAtEnvironment({ cwd, nodeVersion }: Surroundings): Promise<Environment> {
  const git = await lookAtGit(cwd);
  return {
    node: nodeVersion,
    os: `${platform()} ${release()}`,
    arch: arch(),
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    ...(ci.isCI && { ci: ci.name ?? 'CI' }),
    ...(git && { git }),
  };
}

const run = promisify(execFile);

/** A slow repository is not waited for, ms: a run has a budget, and Ctrl-C is to be heard. */
const GIT_TIMEOUT_MS = 1500;

async function lookAtGit(cwd: () => string): Promise<Git | undefined> {
  try {
    const options = { cwd: cwd(), timeout: GIT_TIMEOUT_MS };
    const git = async (...args: string[]) => (await run('git', args, options)).stdout.trim();
    const [commit, branch, changes] = await Promise.all([
      git('rev-parse', 'HEAD'),
      git('rev-parse', '--abbrev-ref', 'HEAD'),
      git('status', '--porcelain', '--untracked-files=no'),
    ]);
    return { commit, ...(branch !== 'HEAD' && { branch }), dirty: changes !== '' };
  } catch {
    return undefined;
  }
}
