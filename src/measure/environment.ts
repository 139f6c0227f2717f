import { execFile } from 'node:child_process';
import { arch, availableParallelism, cpus, platform, release, totalmem } from 'node:os';
import { delimiter, isAbsolute } from 'node:path';
import { promisify } from 'node:util';
import ci from 'ci-info';
import type { Surroundings } from '../surroundings.js';

/** The git commit at which a run was made. */
export interface Git {
  readonly commit: string;
  readonly branch?: string;
  /** Whether tracked files differed from the commit. */
  readonly dirty: boolean;
}

/** The machine and the software on which a run was made. */
export interface Environment {
  readonly node: string;
  readonly os: string;
  readonly arch: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryBytes: number;
  /** The CI service, if the run is in one. */
  readonly ci?: string;
  /** The repository of the working directory, if there is one. */
  readonly git?: Git;
}

/** Collects facts about the machine and the git repository of the working directory. Never throws; unknown facts are absent. */
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

/** Timeout for git in a slow repository, ms: a run may have a budget, and Ctrl-C must take effect. */
const GIT_TIMEOUT_MS = 1500;

/** Options that keep git from running programs that a repository's own configuration names: a file monitor, hooks, filters. */
const DISARMED = [
  ...['--no-optional-locks', '--no-pager'],
  ...['-c', 'core.fsmonitor=false', '-c', 'core.hooksPath=/dev/null', '-c', 'safe.bareRepository=explicit'],
];
/** The configuration names of the filter programs that git runs on a file before it compares the content. */
const FILTERS = '^filter\\..*\\.(clean|smudge|process|required)$';

async function lookAtGit(cwd: () => string, env: Surroundings['env']): Promise<Git | undefined> {
  try {
    const options = { cwd: cwd(), timeout: GIT_TIMEOUT_MS, env: { ...env, PATH: absolutePartsOf(env.PATH) } };
    const git = async (...args: string[]) =>
      (await run('git', [...DISARMED, ...args], options)).stdout.trim();
    // The command fails if there are no filters.
    const filters = await git('config', '--name-only', '--get-regexp', FILTERS).catch(() => '');
    // `git -c` ends a name at the first =, so it could not disable a filter whose name contains one.
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
