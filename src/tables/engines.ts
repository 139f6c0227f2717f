import type { Engine } from '../engine/engine.js';
import type { Surroundings } from '../surroundings.js';

/** How an engine is found and loaded. */
interface EngineEntry {
  /** The position in which `--engine auto` tries it. The first engine with a GPU is chosen, or else `cpu`. */
  readonly auto: number;
  /** Imports the engine on demand and passes it the surroundings that it needs. */
  readonly load: (surroundings: Surroundings) => Promise<Engine>;
}

/**
 * The engines, in the order of the help and of `--engine all`. A new engine is a file in `engine/` and an entry here. Each `load`
 * declares its result type, because `EngineName` is derived from this table and `Engine` refers to it, so that an inferred type would
 * be circular.
 */
export const ENGINE_TABLE = {
  cuda: {
    auto: 2,
    load: async (surroundings: Surroundings): Promise<Engine> =>
      (await import('../engine/cuda/engine.js')).cudaEngineIn(surroundings),
  },
  tensorflow: {
    auto: 1,
    load: async (surroundings: Surroundings): Promise<Engine> =>
      new (await import('../engine/tfjs/tensorflow.js')).TensorflowEngine(surroundings),
  },
  webgpu: {
    auto: 3,
    load: async (surroundings: Surroundings): Promise<Engine> =>
      new (await import('../engine/tfjs/webgpu.js')).WebgpuEngine(surroundings),
  },
  cpu: {
    auto: 4,
    load: async (): Promise<Engine> => (await import('../engine/tfjs/cpu.js')).cpuEngine,
  },
} as const satisfies Record<string, EngineEntry>;

export type EngineName = keyof typeof ENGINE_TABLE;
export const ENGINES: readonly EngineName[] = Object.keys(ENGINE_TABLE) as EngineName[];
/** The order in which `--engine auto` tries the engines. */
export const AUTO_ORDER: readonly EngineName[] = ENGINES.toSorted(
  (a, b) => ENGINE_TABLE[a].auto - ENGINE_TABLE[b].auto,
);
