/**
 * How the devices of this process use an array's own memory. The memory is one, whichever device asks: what one has page-locked is
 * page-locked for all, and what one copies from as pageable memory must stay so. A worker thread that shares the array is not seen.
 */
export class HostUse {
  #copied = 0;
  #locked = 0;

  /** Whether it is page-locked where it is. */
  get isLocked(): boolean {
    return this.#locked > 0;
  }

  /** Whether somebody copies from it as pageable memory. */
  get isCopied(): boolean {
    return this.#copied > 0;
  }

  /** Somebody copies from it as pageable memory, until what is returned is called. */
  copy(): () => void {
    this.#copied += 1;
    return () => {
      this.#copied -= 1;
    };
  }

  /** Somebody has page-locked it, until what is returned is called. */
  lock(): () => void {
    this.#locked += 1;
    return () => {
      this.#locked -= 1;
    };
  }
}

const uses = new WeakMap<ArrayBufferLike, HostUse>();

/** The use of the memory behind an array: of the whole buffer, because parts of it may be on one page. */
export function hostUseOf({ buffer }: ArrayBufferView): HostUse {
  const use = uses.get(buffer) ?? new HostUse();
  uses.set(buffer, use);
  return use;
}
