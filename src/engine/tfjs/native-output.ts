import { platform } from 'node:os';
import type { Surroundings } from '../../surroundings.js';

const STDERR = 2;
/** O_WRONLY. */
const WRITE_ONLY = 1;

/**
 * Does something that loads native libraries. What these print to standard error by themselves, past Node, is held back unless it
 * is to be shown; on Windows it is always printed, because its C library cannot be asked.
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
