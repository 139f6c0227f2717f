import { describe, expect, it } from 'vitest';
import { availableHostBytes } from './host-memory.js';
import { readText } from './small-file.js';

const GIB = 2 ** 30;
const MIB = 2 ** 20;
const NO_LIMIT_V1 = '9223372036854771712\n';

const MEMINFO = `MemTotal:       24684092 kB
MemFree:        20931364 kB
MemAvailable:   23606804 kB
Buffers:          224656 kB
Cached:          2403288 kB
`;
const SYSTEM_HAS = 23_606_804 * 1024;

/** A virtual machine with both versions mounted, where version 1 accounts for memory. */
const HYBRID_MOUNTS = `22 27 0:21 / /proc rw,relatime - proc proc rw
27 1 254:0 / / rw,relatime - ext4 /dev/vda rw,discard,resv_strict,resuid=65534,resgid=65534
31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
34 31 0:31 / /sys/fs/cgroup/cpuset rw,relatime - cgroup cgroup rw,cpuset
35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
`;
const HYBRID_GROUPS = `9:name=systemd:/
4:memory:/process_api/0c03361f
3:cpuset:/
0::/
`;
const V1_STAT = `cache 2342912
rss 1859584
inactive_file 102400
active_file 2240512
hierarchical_memory_limit 9223372036854771712
total_cache 2342912
total_inactive_file 104857600
total_active_file 52428800
total_unevictable 0
`;

/** The mounts of a Docker container on a host with version 2. */
const V2_MOUNTS = `1012 1011 0:27 / /sys/fs/cgroup ro,nosuid,nodev,noexec,relatime - cgroup2 cgroup rw,nsdelegate,memory_recursiveprot
`;
const V2_STAT = `anon 268435456
file 524288000
kernel_stack 180224
shmem 4096
inactive_anon 270008320
active_anon 40960
inactive_file 419430400
active_file 104857600
unevictable 0
slab_reclaimable 1835008
`;

const availableIn = (files: Record<string, string>) => availableHostBytes((path) => files[path]);

describe('the host memory available to the process', () => {
  it('is the memory that Linux reports as available if there is no control group', () => {
    expect(availableIn({ '/proc/meminfo': MEMINFO })).toBe(SYSTEM_HAS);
  });

  it('is unknown if Linux does not report it', () => {
    expect(availableIn({})).toBeUndefined();
    expect(availableIn({ '/proc/meminfo': 'MemTotal: 24684092 kB\nMemFree: 20931364 kB\n' })).toBeUndefined();
  });

  const container = {
    '/proc/meminfo': MEMINFO,
    '/proc/self/mountinfo': V2_MOUNTS,
    '/proc/self/cgroup': '0::/\n',
    '/sys/fs/cgroup/memory.max': `${GIB}\n`,
    '/sys/fs/cgroup/memory.current': `${GIB - MIB}\n`,
    '/sys/fs/cgroup/memory.stat': V2_STAT,
  };

  it('includes the cached files of a container, which fill it up to its limit', () => {
    expect(availableIn(container)).toBe(MIB + 419_430_400 + 104_857_600);
  });

  it('is not limited by a group with the limit max or by a group that does not account for memory', () => {
    expect(availableIn({ ...container, '/sys/fs/cgroup/memory.max': 'max\n' })).toBe(SYSTEM_HAS);
    expect(
      availableIn({
        '/proc/meminfo': MEMINFO,
        '/proc/self/mountinfo': V2_MOUNTS,
        '/proc/self/cgroup': '0::/\n',
      }),
    ).toBe(SYSTEM_HAS);
  });

  it('is at most what the host has, whatever the limit', () => {
    expect(availableIn({ ...container, '/sys/fs/cgroup/memory.max': `${2 ** 40}\n` })).toBe(SYSTEM_HAS);
  });

  it('is never negative', () => {
    const over = { '/sys/fs/cgroup/memory.current': `${2 * GIB}\n` };
    expect(availableIn({ ...container, ...over })).toBe(0);
  });

  it('is limited by the tightest group, even by a group above that of the process', () => {
    const folder = '/sys/fs/cgroup/user.slice';
    const files = {
      '/proc/meminfo': MEMINFO,
      '/proc/self/mountinfo': '29 22 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n',
      '/proc/self/cgroup': '0::/user.slice/session-3.scope\n',
      [`${folder}/memory.max`]: `${3 * GIB}\n`,
      [`${folder}/memory.current`]: `${GIB}\n`,
      [`${folder}/memory.stat`]: 'inactive_file 0\nactive_file 0\n',
      [`${folder}/session-3.scope/memory.max`]: `${8 * GIB}\n`,
      [`${folder}/session-3.scope/memory.current`]: `${GIB}\n`,
    };
    expect(availableIn(files)).toBe(2 * GIB);
    expect(availableIn({ ...files, [`${folder}/session-3.scope/memory.max`]: `${2 * GIB}\n` })).toBe(GIB);
  });

  const hybrid = {
    '/proc/meminfo': MEMINFO,
    '/proc/self/mountinfo': HYBRID_MOUNTS,
    '/proc/self/cgroup': HYBRID_GROUPS,
    '/sys/fs/cgroup/memory/memory.limit_in_bytes': NO_LIMIT_V1,
    '/sys/fs/cgroup/memory/memory.usage_in_bytes': '6823538688\n',
    '/sys/fs/cgroup/memory/process_api/0c03361f/memory.limit_in_bytes': NO_LIMIT_V1,
    '/sys/fs/cgroup/memory/process_api/0c03361f/memory.usage_in_bytes': `${256 * MIB}\n`,
    '/sys/fs/cgroup/memory/process_api/0c03361f/memory.stat': V1_STAT,
  };

  it('is read from version 1 too, including the subgroups', () => {
    expect(availableIn(hybrid)).toBe(SYSTEM_HAS);
    const limit = { '/sys/fs/cgroup/memory/process_api/0c03361f/memory.limit_in_bytes': `${512 * MIB}\n` };
    expect(availableIn({ ...hybrid, ...limit })).toBe(256 * MIB + 104_857_600 + 52_428_800);
  });

  it('is found if a container sees its own group as the root of the mount', () => {
    const files = {
      '/proc/meminfo': MEMINFO,
      '/proc/self/mountinfo':
        '35 31 0:32 /docker/1e /sys/fs/cgroup/memory ro,nosuid - cgroup cgroup rw,memory\n',
      '/proc/self/cgroup': '4:memory:/docker/1e\n',
      '/sys/fs/cgroup/memory/memory.limit_in_bytes': `${GIB}\n`,
      '/sys/fs/cgroup/memory/memory.usage_in_bytes': `${MIB}\n`,
    };
    expect(availableIn(files)).toBe(GIB - MIB);
    expect(availableIn({ ...files, '/proc/self/cgroup': '4:memory:/../other\n' })).toBe(GIB - MIB);
  });

  it.skipIf(process.platform !== 'linux')('is known of this machine', () => {
    expect(availableHostBytes(readText)).toBeGreaterThan(0);
  });
});
