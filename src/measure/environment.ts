import { execFile } from 'node:child_process';
import { arch, availableParallelism, cpus, platform, release, totalmem } from 'node:os';
import { delimiter, isAbsolute } from 'node:path';
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
export async function lookAtEnvironment({ cwd, env, nodeVersion }: Surroundings): Promise<Environment> {
  const git = await lookAtGit(cwd, env);
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

/** A repository's own configuration may name programs for git to run: a monitor of files, hooks, filters. None of them is. */
const DISARMED = [
  ...['--no-optional-locks', '--no-pager'],
  ...['-c', 'core.fsmonitor=false', '-c', 'core.hooksPath=/dev/null', '-c', 'safe.bareRepository=explicit'],
];
/** The programs that a file goes through before its content is compared. */
const FILTERS = '^filter\\..*\\.(clean|smudge|process|required)$';

async function lookAtGit(cwd: () => string, env: Surroundings['env']): Promise<Git | undefined> {
  try {
    const options = { cwd: cwd(), timeout: GIT_TIMEOUT_MS, env: { ...env, PATH: absolutePartsOf(env.PATH) } };
    const git = async (...args: string[]) =>
      (await run('git', [...DISARMED, ...args], options)).stdout.trim();
    // It fails where there is none.
    const filters = await git('config', '--name-only', '--get-regexp', FILTERS).catch(() => '');
    // Git ends a name at the first =, and would leave the program of such a filter as it is.
    if (filters.includes('=')) return undefined;
    const unfiltered = filters.split('\n').flatMap((name) => (name === '' ? [] : ['-c', `${name}=`]));
    const [commit, branch, changes] = await Promise.all([
      git('rev-parse', 'HEAD'),
      git('rev-parse', '--abbrev-ref', 'HEAD'),
      git(...unfiltered, 'status', '--porcelain', '--untracked-files=no', '--ignore-submodules=all'),
    ]);
    return { commit, ...(branch !== 'HEAD' && { branch }), dirty: changes !== '' };
  } catch {
    return undefined;
  }
}

/** The search path without its relative and empty parts, by which a program of the working folder would be run. */
function absolutePartsOf(path = ''): string {
  return path
    .split(delimiter)
    .filter((folder) => isAbsolute(folder))
    .join(delimiter);
}
