import { platform } from 'node:process';

let shown = false;

/** With `--verbose` nothing is held back. */
export function showNativeOutput(): void {
  shown = true;
}

export function nativeOutputIsShown(): boolean {
  return shown;
}

const STDERR = 2;
/** O_WRONLY. */
const WRITE_ONLY = 1;

/**
 * Does something that loads native libraries, and holds back what these print to stderr by themselves, past Node. Where the
 * C library cannot be asked (Windows) it is printed.
 */
export async function withoutNativeOutput<T>(work: () => Promise<T>): Promise<T> {
  if (shown || (platform !== 'linux' && platform !== 'darwin')) return work();
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
