import { PinbenchError } from '../errors.js';
import type { Surroundings } from '../surroundings.js';
import { ENGINES, type EngineName } from '../words.js';
import type { Availability, Device, Engine } from './engine.js';

/** Where each engine is found; imported only when it is asked for. */
const LOADERS: Partial<Record<EngineName, (surroundings: Surroundings) => Promise<Engine>>> = {
  tensorflow: async (surroundings) =>
    new (await import('./tfjs/tensorflow.js')).TensorflowEngine(surroundings),
  cuda: async (surroundings) => (await import('./cuda/engine.js')).cudaEngineIn(surroundings),
  webgpu: async (surroundings) => new (await import('./tfjs/webgpu.js')).WebgpuEngine(surroundings),
  cpu: async () => (await import('./tfjs/cpu.js')).cpuEngine,
};

/** The order in which `auto` looks. */
const AUTO_ORDER: readonly EngineName[] = ['tensorflow', 'cuda', 'webgpu', 'cpu'];

/** The engines of this build, in the vocabulary's order. */
export const ENGINE_NAMES: readonly EngineName[] = ENGINES.filter((name) => LOADERS[name] !== undefined);

/** What `--engine` may ask for: a choice to be made here, everything, or names. */
export type EngineRequest = 'auto' | 'all' | readonly EngineName[];

/** An engine with its device open. */
export interface OpenedEngine {
  readonly engine: EngineName;
  readonly device: Device;
  /** Memory of the device that nobody had taken when it was opened, bytes. */
  readonly freeBytes?: number | undefined;
}

/** An engine with what it found. */
export interface ProbedEngine {
  readonly name: EngineName;
  readonly availability: Availability;
}

/** The engine of that name; a `PinbenchError` of code `engine` where this build has none. */
export async function loadEngine(name: EngineName, surroundings: Surroundings): Promise<Engine> {
  const load = LOADERS[name];
  if (load === undefined) {
    throw new PinbenchError('engine', {
      subject: `engine ${name}`,
      observed: 'not in this version of pinbench',
      expected: ['auto', 'all', ...ENGINE_NAMES].join(', '),
    });
  }
  return load(surroundings);
}

/** Engines with what they found; all those of this build where none are named. */
export async function probeEngines(
  surroundings: Surroundings,
  names: readonly EngineName[] = ENGINE_NAMES,
): Promise<ProbedEngine[]> {
  const found: ProbedEngine[] = [];
  for (const name of names) {
    const engine = await loadEngine(name, surroundings);
    found.push({ name, availability: await engine.probe() });
  }
  return found;
}

/** Free memory of each device of an engine, bytes; `undefined` where it does not say or cannot be opened now. */
export async function freeBytesOf(
  { name, availability }: ProbedEngine,
  surroundings: Surroundings,
): Promise<(number | undefined)[]> {
  if (!availability.available) return [];
  const engine = await loadEngine(name, surroundings);
  const free: (number | undefined)[] = [];
  for (const ordinal of availability.devices.keys()) {
    const device = await engine.open(ordinal).catch(() => undefined);
    try {
      free.push(device?.freeBytes?.());
    } finally {
      await device?.[Symbol.asyncDispose]();
    }
  }
  return free;
}

/** Opens what was asked for. `auto` takes the first engine with a GPU, else the processor; a named engine that is not there is an error. */
export async function openEngines(
  request: EngineRequest,
  device: number,
  surroundings: Surroundings,
): Promise<OpenedEngine[]> {
  const names = typeof request === 'string' ? await choose(request, surroundings) : request;
  const opened: OpenedEngine[] = [];
  try {
    for (const name of names) {
      const engine = await openable(name, surroundings);
      const there = await engine.open(device);
      // Known before it is asked anything: it is closed where it refuses to answer.
      opened.push({ engine: name, device: there });
      opened[opened.length - 1] = { engine: name, device: there, freeBytes: there.freeBytes?.() };
    }
  } catch (error) {
    await closeEngines(opened);
    throw error;
  }
  return opened;
}

/** Releases every device, the last opened first. */
export async function closeEngines(opened: readonly OpenedEngine[]): Promise<void> {
  for (const { device } of [...opened].reverse()) await device[Symbol.asyncDispose]();
}

async function choose(request: 'auto' | 'all', surroundings: Surroundings): Promise<EngineName[]> {
  const there: EngineName[] = [];
  for (const name of request === 'all' ? ENGINE_NAMES : AUTO_ORDER) {
    if (LOADERS[name] === undefined) continue;
    const found = await (await loadEngine(name, surroundings)).probe();
    if (!found.available) continue;
    if (request === 'auto' && (name === 'cpu' || found.devices.some(({ gpu }) => gpu))) return [name];
    if (request === 'all') there.push(name);
  }
  return there;
}

async function openable(name: EngineName, surroundings: Surroundings): Promise<Engine> {
  const engine = await loadEngine(name, surroundings);
  const found = await engine.probe();
  if (found.available) return engine;
  throw new PinbenchError('engine', {
    subject: `engine ${name}`,
    observed: found.reason,
    remedy: found.remedy,
  });
}
