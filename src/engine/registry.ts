import { PinbenchError } from '../errors.js';
import type { Surroundings } from '../surroundings.js';
import { AUTO_ORDER, ENGINE_TABLE } from '../tables/engines.js';
import { ENGINES, type EngineName } from '../words.js';
import type { Availability, Device, Engine } from './engine.js';

/** The value of `--engine`: `auto` chooses one engine, `all` takes every available one, a list names them. */
export type EngineRequest = 'auto' | 'all' | readonly EngineName[];

/** An engine whose device is open. */
export interface OpenedEngine {
  readonly engine: EngineName;
  readonly device: Device;
  /** Free memory of the device when it was opened, bytes; absent if the engine cannot tell. */
  readonly freeBytes?: number | undefined;
}

/** An engine and the result of probing it. */
export interface ProbedEngine {
  readonly name: EngineName;
  readonly availability: Availability;
}

/** Probes the named engines, or all engines if no names are given. */
export async function probeEngines(
  surroundings: Surroundings,
  names: readonly EngineName[] = ENGINES,
): Promise<ProbedEngine[]> {
  const found: ProbedEngine[] = [];
  for (const name of names) {
    const engine = await ENGINE_TABLE[name].load(surroundings);
    found.push({ name, availability: await engine.probe() });
  }
  return found;
}

/** Free memory of each device of an engine, bytes; `undefined` if the engine cannot tell or the device cannot be opened now. */
export async function freeBytesOf(
  { name, availability }: ProbedEngine,
  surroundings: Surroundings,
): Promise<(number | undefined)[]> {
  if (!availability.available) return [];
  const engine = await ENGINE_TABLE[name].load(surroundings);
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

/**
 * Opens the requested engines. `auto` takes the first engine that has a GPU, or else `cpu`. Throws a `PinbenchError` of code `engine`
 * if a named engine is not available.
 */
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
      const openedDevice = await engine.open(device);
      // Registered before its memory is queried, so that it is closed if the query fails.
      opened.push({ engine: name, device: openedDevice });
      opened[opened.length - 1] = {
        engine: name,
        device: openedDevice,
        freeBytes: openedDevice.freeBytes?.(),
      };
    }
  } catch (error) {
    await closeEngines(opened);
    throw error;
  }
  return opened;
}

/** Releases all devices, the last opened one first. */
export async function closeEngines(opened: readonly OpenedEngine[]): Promise<void> {
  for (const { device } of [...opened].reverse()) await device[Symbol.asyncDispose]();
}

async function choose(request: 'auto' | 'all', surroundings: Surroundings): Promise<EngineName[]> {
  const available: EngineName[] = [];
  for (const name of request === 'all' ? ENGINES : AUTO_ORDER) {
    const found = await (await ENGINE_TABLE[name].load(surroundings)).probe();
    if (!found.available) continue;
    if (request === 'auto' && (name === 'cpu' || found.devices.some(({ gpu }) => gpu))) return [name];
    if (request === 'all') available.push(name);
  }
  return available;
}

async function openable(name: EngineName, surroundings: Surroundings): Promise<Engine> {
  const engine = await ENGINE_TABLE[name].load(surroundings);
  const found = await engine.probe();
  if (found.available) return engine;
  throw new PinbenchError('engine', {
    subject: `engine ${name}`,
    observed: found.reason,
    remedy: found.remedy,
  });
}
