/**
 * The driver functions that pinbench calls, with their parameters in koffi's syntax. The versioned names are the current ABI: an
 * unversioned `cuMemAlloc` is the symbol of the 32-bit era. Handles and device pointers are below 2⁵³ and are passed as Numbers,
 * the cheapest way; `void *` takes an array for an output.
 */
export const DECLARATIONS = {
  cuInit: 'uint32_t',
  cuDriverGetVersion: 'void *',
  cuDeviceGetCount: 'void *',
  cuDeviceGet: 'void *, int',
  cuDeviceGetName: 'void *, int, int',
  cuDeviceGetUuid_v2: 'void *, int',
  cuDeviceTotalMem_v2: 'void *, int',
  cuDeviceGetAttribute: 'void *, int, int',
  cuDeviceGetPCIBusId: 'void *, int, int',
  cuDevicePrimaryCtxRetain: 'void *, int',
  cuDevicePrimaryCtxSetFlags_v2: 'int, uint32_t',
  cuDevicePrimaryCtxRelease_v2: 'int',
  cuCtxSetCurrent: 'uintptr_t',
  cuMemGetInfo_v2: 'void *, void *',
  cuMemAlloc_v2: 'void *, size_t',
  cuMemFree_v2: 'uint64_t',
  cuMemHostAlloc: 'void *, size_t, uint32_t',
  cuMemFreeHost: 'uintptr_t',
  cuMemHostRegister_v2: 'uintptr_t, size_t, uint32_t',
  cuMemHostUnregister: 'uintptr_t',
  cuMemHostGetDevicePointer_v2: 'void *, uintptr_t, uint32_t',
  cuMemcpyHtoDAsync_v2: 'uint64_t, uintptr_t, size_t, uintptr_t',
  cuMemcpyDtoHAsync_v2: 'uintptr_t, uint64_t, size_t, uintptr_t',
  cuMemsetD8Async: 'uint64_t, uint8_t, size_t, uintptr_t',
  cuStreamCreate: 'void *, uint32_t',
  cuStreamSynchronize: 'uintptr_t',
  cuStreamWaitEvent: 'uintptr_t, uintptr_t, uint32_t',
  cuStreamBeginCapture_v2: 'uintptr_t, int',
  cuStreamEndCapture: 'uintptr_t, void *',
  cuStreamDestroy_v2: 'uintptr_t',
  cuEventCreate: 'void *, uint32_t',
  cuEventRecord: 'uintptr_t, uintptr_t',
  cuEventSynchronize: 'uintptr_t',
  cuEventElapsedTime: 'void *, uintptr_t, uintptr_t',
  cuEventDestroy_v2: 'uintptr_t',
  cuModuleLoadDataEx: 'void *, void *, uint32_t, void *, void *',
  cuModuleGetFunction: 'void *, uintptr_t, const char *',
  cuModuleUnload: 'uintptr_t',
  cuOccupancyMaxActiveBlocksPerMultiprocessor: 'void *, uintptr_t, int, size_t',
  cuLaunchKernel:
    'uintptr_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uintptr_t, uintptr_t, uintptr_t',
  cuGraphInstantiateWithFlags: 'void *, uintptr_t, uint64_t',
  cuGraphLaunch: 'uintptr_t, uintptr_t',
  cuGraphExecDestroy: 'uintptr_t',
  cuGraphDestroy: 'uintptr_t',
} as const;

export type CallName = keyof typeof DECLARATIONS;

/** An argument of a driver function: a number, an array for an output, a name, or null. */
export type Argument = number | ArrayBufferView | string | null;

/** The functions declared above; each returns the driver's status code. */
export type RawCalls = { readonly [name in CallName]: (...args: Argument[]) => number };
