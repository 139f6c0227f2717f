import { exit } from 'node:process';
import { unavailable } from '../../src/engine/cuda/unavailable.js';
import type { Device, DeviceInfo, Engine } from '../../src/engine/engine.js';
import { EXIT } from '../../src/errors.js';

/** The first device. If there is none, prints the reason and the remedy, as `pinbench engines` does, and exits 4. */
export async function firstDevice(engine: Engine): Promise<DeviceInfo> {
  const found = await engine.probe();
  if (found.available) return found.devices[0]!;
  return withoutDevice(found);
}

/** Opens the first device. If it cannot be opened, prints and exits like `firstDevice`. */
export async function openFirst(engine: Engine): Promise<Device> {
  await firstDevice(engine);
  try {
    return await engine.open(0);
  } catch (error) {
    return withoutDevice(unavailable(error));
  }
}

function withoutDevice({ reason, remedy }: ReturnType<typeof unavailable>): never {
  console.log(`no CUDA device: ${reason}; ${remedy}`);
  exit(EXIT.engine);
}
