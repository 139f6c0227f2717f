import type { NvmlCalls } from '../nvml.js';

const NOT_SUPPORTED = 3;
const INSUFFICIENT_SIZE = 7;

/** What the in-memory NVML reports about its one device. It does not support the queries whose answers are absent. */
export interface NvmlAnswers {
  readonly mig?: 0 | 1;
  readonly persistence?: 0 | 1;
  readonly displayActive?: 0 | 1;
  readonly displayMode?: 0 | 1;
  readonly computeMode?: 0 | 1 | 2 | 3;
  readonly processes?: number;
}

/** An NVML in memory, for tests without a GPU. */
export function nvmlSaying(answers: NvmlAnswers): NvmlCalls {
  const give = (value: number | undefined) => (_: unknown, box: unknown) => {
    if (value === undefined) return NOT_SUPPORTED;
    (box as Uint32Array)[0] = value;
    return 0;
  };
  const { processes } = answers;
  return {
    nvmlInit_v2: () => 0,
    nvmlShutdown: () => 0,
    nvmlDeviceGetHandleByPciBusId_v2: () => 0,
    nvmlDeviceGetMigMode: give(answers.mig),
    nvmlDeviceGetPersistenceMode: give(answers.persistence),
    nvmlDeviceGetDisplayActive: give(answers.displayActive),
    nvmlDeviceGetDisplayMode: give(answers.displayMode),
    nvmlDeviceGetComputeMode: give(answers.computeMode),
    nvmlDeviceGetComputeRunningProcesses_v3: (device, count, room) => {
      if (room !== 0)
        throw new Error('the caller asked for process entries, whose size differs between drivers');
      const status = give(processes)(device, count);
      return status === 0 && processes! > 0 ? INSUFFICIENT_SIZE : status;
    },
  };
}
