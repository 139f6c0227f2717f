import { platform } from 'node:os';
import type { Surroundings } from '../../surroundings.js';

const STDERR = 2;
/** O_WRONLY. */
const WRITE_ONLY = 1;

/**
 * Runs `work`, which loads native libraries. What these print to standard error, bypassing Node, is suppressed unless
 * `showsNativeOutput` is set. On systems other than Linux and macOS it is always printed, because koffi cannot reach the C
 * library's functions there.
 */
export async function withNativeOutput<T>(
  { showsNativeOutput }: Pick<Surroundings, 'showsNativeOutput'>,
  work: () => Promise<T>,
): Promise<T> {
  if (showsNativeOutput || (platform() !== 'linux' && platform() !== 'darwin')) return work();
  const { default: koffi } = await import('koffi');
  const c = koffi.load(null);
  const [dup, dup2, open, close] = [
    c.func('int dup(int file)'),
    c.func('int dup2(int file, int as)'),
    c.func('int open(const char *path, int flags)'),
    c.func('int close(int file)'),
  ];
  const kept = dup(STDERR);
  const nowhere = open('/dev/null', WRITE_ONLY);
  dup2(nowhere, STDERR);
  close(nowhere);
  try {
    return await work();
  } finally {
    dup2(kept, STDERR);
    close(kept);
  }
}
