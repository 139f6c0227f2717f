import { PinbenchError } from '../../errors.js';
import { StrategyUnavailable } from '../engine.js';
import type { CallName } from './declarations.js';

/** The status codes pinbench speaks of (cuda.h). */
export const STATUS = {
  outOfMemory: 2,
  notInitialized: 3,
  noDevice: 100,
  invalidDevice: 101,
} as const;

/** What a reader can do about the statuses that are met in the field. */
const REMEDIES: Readonly<Record<number, string>> = {
  2: 'use a smaller batch or dataset, or free memory on the device',
  34: 'the library is the toolkit’s stub: install the NVIDIA driver',
  100: 'check that a CUDA device is visible: nvidia-smi, CUDA_VISIBLE_DEVICES',
  101: 'see pinbench engines for the devices there are',
  218: 'update the NVIDIA driver',
  221: 'start the container with the compute and utility capabilities: NVIDIA_DRIVER_CAPABILITIES=compute,utility',
  222: 'update the NVIDIA driver: it does not know this PTX version',
  223: 'unset CUDA_DISABLE_PTX_JIT',
  304: 'a limit of the operating system was reached: see dmesg',
  719: 'the device is lost to this process: run again; if it stays, see dmesg',
  802: 'the device is not ready: is the fabric manager running?',
  803: 'the driver library and the kernel module differ: reboot, or align the container’s driver with the host’s',
  804: 'this driver is too old for the library: update it',
  999: 'the driver is there but does not answer: see dmesg and nvidia-smi',
};

/** Statuses after which nothing in the context works any more (cuda.h says "must be relaunched"). */
const DEVICE_LOST = new Set([226, 700, 702, 710, 714, 715, 716, 717, 718, 719, 721, 810, 911]);

/** A driver call that did not return success. An engine error: exit 4. */
export class CudaError extends PinbenchError {
  readonly call: CallName;
  readonly status: number;

  constructor(
    call: CallName,
    status: number,
    name: string | undefined,
    sentence: string | undefined,
    log?: string,
  ) {
    const what =
      name === undefined ? `status ${status}` : `${name} (${status}${sentence ? `, ${sentence}` : ''})`;
    const remedy = REMEDIES[status] ?? (DEVICE_LOST.has(status) ? REMEDIES[719] : undefined);
    super('engine', {
      subject: call,
      observed: log ? `${what}: ${log}` : what,
      ...(remedy !== undefined && { remedy }),
    });
    this.call = call;
    this.status = status;
  }

  /** The context is lost: frees fail too, and only the end of the process cures it. */
  get deviceIsLost(): boolean {
    return DEVICE_LOST.has(this.status);
  }
}

/** What a session throws in place of an error: a strategy for which there is no memory is unavailable, and nothing else is. */
export function orUnavailable(error: unknown): unknown {
  if (error instanceof CudaError && error.status === STATUS.outOfMemory) {
    return new StrategyUnavailable(error.message, { cause: error });
  }
  if (error instanceof RangeError && /^array buffer allocation failed/i.test(error.message)) {
    return new StrategyUnavailable('the host ran out of memory', { cause: error });
  }
  return error;
}
