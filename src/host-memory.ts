import type { ReadText } from './small-file.js';

/**
 * Memory of the host that the process may still take, bytes: what Linux has for it, and no more than what each control group
 * around the process leaves. Cached files count as free, because the kernel gives them up when memory is asked for. `undefined`
 * where Linux does not say, as on other systems.
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

/** The files of one version of control groups, and what counts as reclaimable in `memory.stat`: with all groups below. */
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

/** What the process' own group and each one above it leave, where they have a limit. */
function leftInGroups(read: ReadText): (number | undefined)[] {
  const mounts = mountsOf(read('/proc/self/mountinfo') ?? '');
  return groupsOf(read('/proc/self/cgroup') ?? '').flatMap(({ version, path }) => {
    const mount = mounts.find((candidate) => candidate.version === version);
    if (mount === undefined) return [];
    return foldersOf(mount, path).map((folder) => leftIn(folder, version, read));
  });
}

function leftIn(folder: string, { limit, used, reclaimable }: Version, read: ReadText): number | undefined {
  // Version 2 writes `max` where there is no limit, version 1 a number beyond any memory.
  const most = Number(read(`${folder}/${limit}`) ?? Number.NaN);
  const taken = Number(read(`${folder}/${used}`) ?? Number.NaN);
  if (!Number.isFinite(most) || !Number.isFinite(taken)) return undefined;
  const stat = read(`${folder}/memory.stat`) ?? '';
  const cached = reclaimable.map((name) => Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(stat)?.[1] ?? 0));
  return most - taken + cached.reduce((sum, bytes) => sum + bytes, 0);
}

/** Lines of `/proc/self/cgroup`, such as `0::/user.slice` for version 2 or `4:memory:/docker/1e` for version 1. */
function groupsOf(text: string): { version: Version; path: string }[] {
  return text.split('\n').flatMap((line) => {
    const [, number, controllers = '', path = ''] = /^(\d+):([^:]*):(.*)$/.exec(line) ?? [];
    if (number === '0' && controllers === '') return [{ version: V2, path }];
    return controllers.split(',').includes('memory') ? [{ version: V1, path }] : [];
  });
}

/** Where the groups of a version are mounted, and which group the mounted folder is. */
interface Mount {
  readonly version: Version;
  readonly root: string;
  readonly folder: string;
}

/** Lines of `/proc/self/mountinfo`: number, parent, device, root, folder, options, a dash, kind, source, options. */
function mountsOf(text: string): Mount[] {
  return text.split('\n').flatMap((line) => {
    const [before = '', after = ''] = line.split(' - ');
    const [, , , root = '', folder = ''] = before.split(' ');
    const [kind, , options = ''] = after.split(' ');
    if (kind === 'cgroup2') return [{ version: V2, root, folder }];
    return kind === 'cgroup' && options.split(',').includes('memory') ? [{ version: V1, root, folder }] : [];
  });
}

/** The folders of a group and of those above it, as far as they can be seen: a container may see its own group alone. */
function foldersOf({ root, folder }: Mount, path: string): string[] {
  const top = root === '/' ? '' : root;
  const below = path === top || path.startsWith(`${top}/`) ? path.slice(top.length) : '';
  const names = below.split('/').filter((name) => name !== '' && name !== '..');
  return [folder, ...names.map((_, i) => [folder, ...names.slice(0, i + 1)].join('/'))];
}
