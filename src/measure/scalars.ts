/** Memory for the scalars of a block until they are verified. It grows on demand, up to `MAX_SCALARS`. */
export class Scalars {
  #memory = new Float64Array(1024);

  /** Room for scalars `[from, from + count)`, filled with NaN. The scalars before `from` are kept. */
  room(from: number, count: number): Float64Array {
    const needed = from + count;
    if (needed > this.#memory.length) {
      const grown = new Float64Array(Math.min(MAX_SCALARS, Math.max(needed, 2 * this.#memory.length)));
      grown.set(this.#memory.subarray(0, from));
      this.#memory = grown;
    }
    return this.#memory.subarray(from, needed).fill(Number.NaN);
  }

  /** The first `count` scalars. */
  first(count: number): Float64Array {
    return this.#memory.subarray(0, count);
  }
}

/** Most scalars in memory. The scalars of a longer block are verified in parts. A recorded graph has at most 4,096. */
export const MAX_SCALARS = 2 ** 18;
