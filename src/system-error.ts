import { getSystemErrorMap } from 'node:util';

/** The code of an operating system's error and what it means, such as `ENOENT, no such file or directory`. */
export function systemReasonOf(error: unknown): string {
  const { code, errno, message } = error as NodeJS.ErrnoException;
  // libuv has no words for it.
  if (code === 'EDQUOT') return 'EDQUOT, disk quota exceeded';
  if (code === undefined) return message;
  const meaning = errno === undefined ? undefined : getSystemErrorMap().get(errno)?.[1];
  return meaning === undefined ? code : `${code}, ${meaning}`;
}
