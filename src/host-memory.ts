import type { ReadText } from './small-file.js';

/**
 * Host memory that the process can still allocate, bytes: the memory that Linux reports as available, limited by every control
 * group around the process. Cached files count as free, because the kernel drops them on demand. `undefined` if Linux does not
 * report the memory, and on other systems.
 */
export function availableHostBytes(read: ReadText): number | undefined {
  const known = [availableOfSystem(read('/proc/meminfo')), ...leftInGroups(read)];
  const bytes = known.filter((one) => one !== undefined);
  return bytes.length === 0 ? undefined : Math.max(0, Math.min(...bytes));
}

function availableOfSystem(meminfo = ''): number | undefined {
  const [, kibibytes] = /^MemAvailable:\s*(\d+) kB$/m.exec(meminfo) ?? [];
  return kibibytes === undefined ? undefined : Number(kibibytes) * 1024;
}

/**
 * The file names of one version of control groups, and the reclaimable fields of its `memory.stat`, which include all subgroups.
 */
interface Version {
  readonly limit: string;
  readonly used: string;
  readonly reclaimable: readonly string[];
}

const V1: Version = {
  limit: 'memory.limit_in_bytes',
  used: 'memory.usage_in_bytes',
  reclaimable: ['total_inactive_file', 'total_active_file'],
};
const V2: Version = {
  limit: 'memory.max',
  used: 'memory.current',
  reclaimable: ['inactive_file', 'active_file'],
};

/** The bytes left in the process's own group and in each group above it, if they have a limit. */
function leftInGroups(read: ReadText): (number | undefined)[] {
  const mounts = mountsOf(read('/proc/self/mountinfo') ?? '');
  return groupsOf(read('/proc/self/cgroup') ?? '').flatMap(({ version, path }) => {
    const mount = mounts.find((candidate) => candidate.version === version);
    if (mount === undefined) return [];
    return foldersOf(mount, path).map((folder) => leftIn(folder, version, read));
  });
}

function leftIn(folder: string, { limit, used, reclaimable }: Version, read: ReadText): number | undefined {
  // Without a limit, version 2 writes `max`, and version 1 writes a number larger than any memory.
  const most = Number(read(`${folder}/${limit}`) ?? Number.NaN);
  const taken = Number(read(`${folder}/${used}`) ?? Number.NaN);
  if (!Number.isFinite(most) || !Number.isFinite(taken)) return undefined;
  const stat = read(`${folder}/memory.stat`) ?? '';
  const cached = reclaimable.map((name) => Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(stat)?.[1] ?? 0));
  return most - taken + cached.reduce((sum, bytes) => sum + bytes, 0);
}

/** Parses `/proc/self/cgroup`, whose lines are like `0::/user.slice` for version 2 or `4:memory:/docker/1e` for version 1. */
function groupsOf(text: string): { version: Version; path: string }[] {
  return text.split('\n').flatMap((line) => {
    const [, number, controllers = '', path = ''] = /^(\d+):([^:]*):(.*)$/.exec(line) ?? [];
    if (number === '0' && controllers === '') return [{ version: V2, path }];
    return controllers.split(',').includes('memory') ? [{ version: V1, path }] : [];
  });
}

/** The folder where the groups of a version are mounted, and the group that this folder represents (`root`). */
interface Mount {
  readonly version: Version;
  readonly root: string;
  readonly folder: string;
}

/** Parses `/proc/self/mountinfo`, whose lines have number, parent, device, root, folder, options, a dash, kind, source, options. */
function mountsOf(text: string): Mount[] {
  return text.split('\n').flatMap((line) => {
    const [before = '', after = ''] = line.split(' - ');
    const [, , , root = '', folder = ''] = before.split(' ');
    const [kind, , options = ''] = after.split(' ');
    if (kind === 'cgroup2') return [{ version: V2, root, folder }];
    return kind === 'cgroup' && options.split(',').includes('memory') ? [{ version: V1, root, folder }] : [];
  });
}

/** The visible folders of a group and of the groups above it. A container may see only its own group. */
function foldersOf({ root, folder }: Mount, path: string): string[] {
  const top = root === '/' ? '' : root;
  const below = path === top || path.startsWith(`${top}/`) ? path.slice(top.length) : '';
  const names = below.split('/').filter((name) => name !== '' && name !== '..');
  return [folder, ...names.map((_, i) => [folder, ...names.slice(0, i + 1)].join('/'))];
}
