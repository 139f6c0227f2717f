import { PinbenchError } from '../../errors.js';
import { StrategyUnavailable } from '../engine.js';
import type { CallName } from './declarations.js';

/** The status codes (cuda.h) that pinbench treats specially. */
export const STATUS = {
  outOfMemory: 2,
  notInitialized: 3,
  noDevice: 100,
  invalidDevice: 101,
} as const;

const OWN_BUG = 'this may be a bug in pinbench: please report it';
const COMPAT = 'remove the compatibility folder /usr/local/cuda/compat from LD_LIBRARY_PATH';
const CAPABILITIES = 'NVIDIA_DRIVER_CAPABILITIES=compute,utility';
const LEAVE_OUT = 'exclude this strategy with --strategy';

/** What the user can do about each status that occurs in practice. */
const REMEDIES: Readonly<Record<number, string>> = {
  1: OWN_BUG,
  2: 'use a smaller batch or dataset, or free memory on the device',
  34: 'the library is the stub of the CUDA toolkit: install the NVIDIA driver',
  46: 'another process may use the device exclusively (nvidia-smi -q -d COMPUTE shows the mode, sudo nvidia-smi -c DEFAULT resets it), or a sandbox such as gVisor blocks access to it',
  100: 'check that a CUDA device is visible: nvidia-smi, CUDA_VISIBLE_DEVICES',
  101: 'run pinbench engines to list the devices',
  209: 'this GPU is too old for pinbench, whose kernels need compute capability 5.0 (Maxwell) or later',
  214: 'the GPU has an uncorrectable memory error: see nvidia-smi -q -d ECC, then reset the GPU or restart the machine',
  218: 'update the NVIDIA driver',
  221: `the driver's PTX compiler is missing: start a container with ${CAPABILITIES}; on Jetson install nvidia-l4t-cuda`,
  222: 'update the NVIDIA driver: it does not know this PTX version',
  223: 'unset CUDA_DISABLE_PTX_JIT',
  304: 'the operating system refused a call by the driver, as gVisor does: run outside the sandbox, or see dmesg',
  400: OWN_BUG,
  719: 'the device is lost to this process: run again; if the error persists, see dmesg',
  801: `the device or its driver does not support this: ${LEAVE_OUT}`,
  802: 'the device is not ready: check that the fabric manager is running',
  803: `the driver library and the kernel module have different versions: ${COMPAT}, reboot after a driver update, and start a container with ${CAPABILITIES}`,
  804: `this GPU does not support the compatibility libraries: ${COMPAT}, or update the NVIDIA driver`,
  805: 'the MPS server does not respond: start nvidia-cuda-mps-control -d, or unset CUDA_MPS_PIPE_DIRECTORY',
  900: `the driver cannot do this while a CUDA graph is being recorded: ${LEAVE_OUT}`,
  999: 'the driver is installed but does not respond: see dmesg and nvidia-smi',
};

/** Statuses whose remedy depends on the call that returned them. */
const REMEDIES_OF_CALLS: { readonly [name in CallName]?: Readonly<Record<number, string>> } = {
  cuMemHostAlloc: {
    2: 'use a smaller dataset, or free memory on the host; WSL limits page-locked memory',
    304: 'the operating system does not allow the driver to page-lock memory, as under gVisor: run outside the sandbox',
    801: 'the operating system does not allow the driver to page-lock memory: run outside the sandbox or virtual machine',
  },
};

/** Statuses after which the context is unusable (cuda.h: the process "must be relaunched"). */
const DEVICE_LOST = new Set([226, 700, 702, 710, 714, 715, 716, 717, 718, 719, 721, 810, 911]);

/** A driver call returned an error. This is an engine error: exit code 4. */
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

  /** Whether the context is lost: freeing memory fails too, and only a new process can use the device again. */
  get deviceIsLost(): boolean {
    return DEVICE_LOST.has(this.status);
  }
}

/** Converts an error of `steps`: running out of memory makes the strategy unavailable; any other error is returned unchanged. */
export function orUnavailable(error: unknown): unknown {
  if (error instanceof CudaError && error.status === STATUS.outOfMemory) return unavailable(error);
  if (error instanceof RangeError && /^array buffer allocation failed/i.test(error.message)) {
    return new StrategyUnavailable('the host ran out of memory', { cause: error });
  }
  return error;
}

/**
 * Converts an error of allocating or uploading: any driver error except a lost device makes the strategy unavailable, so that the
 * others can go on.
 */
export function orCannotBeSetUp(error: unknown): unknown {
  return error instanceof CudaError && !error.deviceIsLost ? unavailable(error) : orUnavailable(error);
}

function unavailable(error: CudaError): StrategyUnavailable {
  return new StrategyUnavailable(error.message, { cause: error });
}
