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

const OWN_BUG = 'this may be a fault of pinbench: please report it';
const COMPAT = 'take the compatibility folder /usr/local/cuda/compat out of LD_LIBRARY_PATH';
const CAPABILITIES = 'NVIDIA_DRIVER_CAPABILITIES=compute,utility';
const LEAVE_OUT = 'leave the strategy out with --strategy';

/** What a reader can do about the statuses that are met in the field. */
const REMEDIES: Readonly<Record<number, string>> = {
  1: OWN_BUG,
  2: 'use a smaller batch or dataset, or free memory on the device',
  34: 'the library is the toolkit’s stub: install the NVIDIA driver',
  46: 'another process may hold the device alone (nvidia-smi -q -d COMPUTE shows it, sudo nvidia-smi -c DEFAULT ends it), or a sandbox such as gVisor keeps it away',
  100: 'check that a CUDA device is visible: nvidia-smi, CUDA_VISIBLE_DEVICES',
  101: 'see pinbench engines for the devices there are',
  209: 'this GPU is too old for pinbench, whose kernels need compute capability 5.0 (Maxwell) or later',
  214: 'the memory of the GPU is damaged: see nvidia-smi -q -d ECC, then reset the GPU or restart the machine',
  218: 'update the NVIDIA driver',
  221: `the driver’s PTX compiler is missing: start a container with ${CAPABILITIES}; on Jetson install nvidia-l4t-cuda`,
  222: 'update the NVIDIA driver: it does not know this PTX version',
  223: 'unset CUDA_DISABLE_PTX_JIT',
  304: 'the system refuses what the driver asks of it, as gVisor does: run outside of the sandbox, or see dmesg',
  400: OWN_BUG,
  719: 'the device is lost to this process: run again; if it stays, see dmesg',
  801: `the device or its driver does not support this: ${LEAVE_OUT}`,
  802: 'the device is not ready: is the fabric manager running?',
  803: `the driver library and the kernel module differ: ${COMPAT}, reboot after an update of the driver, and start a container with ${CAPABILITIES}`,
  804: `this GPU does not support the compatibility libraries: ${COMPAT}, or update the NVIDIA driver`,
  805: 'the MPS server does not answer: start nvidia-cuda-mps-control -d, or unset CUDA_MPS_PIPE_DIRECTORY',
  900: `the driver cannot do this while steps are recorded: ${LEAVE_OUT}`,
  999: 'the driver is there but does not answer: see dmesg and nvidia-smi',
};

/** Where a status of one call wants another remedy. */
const REMEDIES_OF_CALLS: { readonly [name in CallName]?: Readonly<Record<number, string>> } = {
  cuMemHostAlloc: {
    2: 'use a smaller dataset, or free memory on the host; WSL allows little page-locked memory',
    304: 'the system does not let the driver page-lock memory, as under gVisor: run outside of the sandbox',
    801: 'the system does not let the driver page-lock memory: run outside of the sandbox or the virtual machine',
  },
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
    const remedy =
      REMEDIES_OF_CALLS[call]?.[status] ??
      REMEDIES[status] ??
      (DEVICE_LOST.has(status) ? REMEDIES[719] : undefined);
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

/** What steps throw in place of an error: a strategy for which there is no memory is unavailable, and nothing else is. */
export function orUnavailable(error: unknown): unknown {
  if (error instanceof CudaError && error.status === STATUS.outOfMemory) return unavailable(error);
  if (error instanceof RangeError && /^array buffer allocation failed/i.test(error.message)) {
    return new StrategyUnavailable('the host ran out of memory', { cause: error });
  }
  return error;
}

/**
 * What allocating and uploading throw in place of an error: whatever the driver refuses there, the strategy is unavailable and
 * the others can go on, unless the device is lost.
 */
export function orCannotBeSetUp(error: unknown): unknown {
  return error instanceof CudaError && !error.deviceIsLost ? unavailable(error) : orUnavailable(error);
}

function unavailable(error: CudaError): StrategyUnavailable {
  return new StrategyUnavailable(error.message, { cause: error });
}
