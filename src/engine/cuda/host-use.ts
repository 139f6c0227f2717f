/**
 * How the devices of this process use an array's memory. All devices share that memory: if one has page-locked it, it is
 * page-locked for all, and while one copies from it as pageable memory, it must stay pageable. Worker threads that share the
 * array are not tracked.
 */
export class HostUse {
  #copied = 0;
  #locked = 0;

  /** Whether a device has page-locked the memory in place. */
  get isLocked(): boolean {
    return this.#locked > 0;
  }

  /** Whether a device copies from it as pageable memory. */
  get isCopied(): boolean {
    return this.#copied > 0;
  }

  /** Registers a use as pageable memory. The returned function ends it. */
  copy(): () => void {
    this.#copied += 1;
    return () => {
      this.#copied -= 1;
    };
  }

  /** Registers that the memory has been page-locked. The returned function ends it. */
  lock(): () => void {
    this.#locked += 1;
    return () => {
      this.#locked -= 1;
    };
  }
}

const uses = new WeakMap<ArrayBufferLike, HostUse>();

/** The use of the whole buffer behind an array, because two of its parts may share a page. */
export function hostUseOf({ buffer }: ArrayBufferView): HostUse {
  const use = uses.get(buffer) ?? new HostUse();
  uses.set(buffer, use);
  return use;
}
