import { freemem } from 'node:os';
import { expect } from 'vitest';
import { type Strategy, strategiesNamed } from '../../../plan/strategy.js';
import type { StrategyName } from '../../../words.js';
import type { Device } from '../../engine.js';
import { CudaEngine } from '../engine.js';
import { MemoryLibrary, type MemoryOptions } from './memory-library.js';

export function strategyOf(name: StrategyName): Strategy {
  return strategiesNamed([name])[0]!;
}

/** Opens the device of an in-memory driver. */
export function openOn(library: MemoryLibrary): Promise<Device> {
  return new CudaEngine(async () => library, freemem).open(0);
}

/** Runs `work` with a device of an in-memory driver, then expects that every resource is released. */
export async function onDevice<T>(
  work: (device: Device, library: MemoryLibrary) => Promise<T>,
  options: MemoryOptions = {},
): Promise<T> {
  const library = new MemoryLibrary(options);
  const device = await openOn(library);
  try {
    return await work(device, library);
  } finally {
    await device[Symbol.asyncDispose]();
    expect(library.live).toBe(0);
  }
}
