/* A CUDA driver whose functions do nothing, so that a loop's time on it is the loop's own cost. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))
#define NOTHING(name, ...) \
  EXPORT int name(__VA_ARGS__) { return 0; }
#define HANDLE(name, ...) \
  EXPORT int name(uint64_t *out __VA_OPT__(, ) __VA_ARGS__) { return *out = 1, 0; }
#define NUMBER(name, value, ...) \
  EXPORT int name(int *out __VA_OPT__(, ) __VA_ARGS__) { return *out = value, 0; }
#pragma GCC diagnostic ignored "-Wunused-parameter"

EXPORT int cuMemAlloc_v2(uint64_t *out, size_t bytes) { return *out = (uint64_t)calloc(1, bytes), 0; }
EXPORT int cuMemHostAlloc(uint64_t *out, size_t bytes, unsigned f) { return *out = (uint64_t)calloc(1, bytes), 0; }
EXPORT int cuMemFree_v2(uint64_t at) { return free((void *)at), 0; }
EXPORT int cuMemFreeHost(uint64_t at) { return free((void *)at), 0; }
EXPORT int cuMemHostGetDevicePointer_v2(uint64_t *out, uint64_t at, unsigned f) { return *out = at, 0; }
EXPORT int cuMemGetInfo_v2(uint64_t *unused, uint64_t *total) { return *unused = *total = 1ull << 34, 0; }
EXPORT int cuDeviceTotalMem_v2(uint64_t *out, int d) { return *out = 1ull << 34, 0; }
EXPORT int cuDeviceGetName(char *out, int bytes, int d) { return strcpy(out, "a driver that does nothing"), 0; }
EXPORT int cuDeviceGetPCIBusId(char *out, int bytes, int d) { return strcpy(out, "0000:00:00.0"), 0; }
EXPORT int cuGetErrorName(int status, const char **out) { return *out = 0, 1; }
EXPORT int cuGetErrorString(int status, const char **out) { return *out = 0, 1; }
NUMBER(cuDriverGetVersion, 12040)
NUMBER(cuDeviceGetCount, 1)
NUMBER(cuDeviceGet, 0, int i)
NUMBER(cuDeviceGetAttribute, 8, int a, int d)
NUMBER(cuOccupancyMaxActiveBlocksPerMultiprocessor, 8, uint64_t k, int t, size_t s)
HANDLE(cuDevicePrimaryCtxRetain, int d)
HANDLE(cuStreamCreate, unsigned f)
HANDLE(cuEventCreate, unsigned f)
HANDLE(cuModuleLoadDataEx, void *i, unsigned n, void *o, void *v)
HANDLE(cuModuleGetFunction, uint64_t m, const char *n)
HANDLE(cuGraphInstantiateWithFlags, uint64_t g, uint64_t f)
NOTHING(cuInit, unsigned f)
NOTHING(cuDeviceGetUuid_v2, void *u, int d)
NOTHING(cuDevicePrimaryCtxSetFlags_v2, int d, unsigned f)
NOTHING(cuDevicePrimaryCtxRelease_v2, int d)
NOTHING(cuCtxSetCurrent, uint64_t c)
NOTHING(cuMemHostRegister_v2, uint64_t a, size_t b, unsigned f)
NOTHING(cuMemHostUnregister, uint64_t a)
NOTHING(cuMemcpyHtoDAsync_v2, uint64_t t, uint64_t f, size_t b, uint64_t s)
NOTHING(cuMemcpyDtoHAsync_v2, uint64_t t, uint64_t f, size_t b, uint64_t s)
NOTHING(cuMemsetD8Async, uint64_t t, uint8_t v, size_t b, uint64_t s)
NOTHING(cuStreamSynchronize, uint64_t s)
NOTHING(cuStreamWaitEvent, uint64_t s, uint64_t e, unsigned f)
NOTHING(cuStreamBeginCapture_v2, uint64_t s, int m)
EXPORT int cuStreamEndCapture(uint64_t s, uint64_t *graph) { return *graph = 1, 0; }
NOTHING(cuStreamDestroy_v2, uint64_t s)
NOTHING(cuEventRecord, uint64_t e, uint64_t s)
NOTHING(cuEventSynchronize, uint64_t e)
NOTHING(cuEventElapsedTime, float *m, uint64_t a, uint64_t b)
NOTHING(cuEventDestroy_v2, uint64_t e)
NOTHING(cuModuleUnload, uint64_t m)
NOTHING(cuLaunchKernel, uint64_t k, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz, unsigned sh,
        uint64_t s, void **p, void **e)
NOTHING(cuGraphLaunch, uint64_t g, uint64_t s)
NOTHING(cuGraphExecDestroy, uint64_t g)
NOTHING(cuGraphDestroy, uint64_t g)
