import { closeSync, ftruncateSync, openSync, rmSync, writeSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';

/**
 * A file in memory that offers as much of a FileHandle as the readers use: thousands of small files per second can be read, where
 * a file system opens only hundreds. When the descriptor is asked for, the content is written to a scratch file.
 */
export class Scratch {
  readonly path: string;
  readonly #descriptor: number;

  constructor(path: string) {
    this.path = path;
    this.#descriptor = openSync(path, 'w+');
  }

  holding(content: Uint8Array): FileHandle {
    let written = false;
    const file = {
      read: async (into: Uint8Array, offset: number, length: number, position: number) => {
        const part = content.subarray(position, Math.min(position + length, content.length));
        into.set(part, offset);
        return { buffer: into, bytesRead: part.length };
      },
      descriptor: () => {
        if (!written) this.write(content);
        written = true;
        return this.#descriptor;
      },
      get fd(): number {
        return file.descriptor();
      },
    };
    return file as unknown as FileHandle;
  }

  write(content: Uint8Array): void {
    ftruncateSync(this.#descriptor, 0);
    writeSync(this.#descriptor, content, 0, content.length, 0);
  }

  remove(): void {
    closeSync(this.#descriptor);
    rmSync(this.path);
  }
}
