/* The exported functions of the driver. Each validates its arguments as the real driver does. */
#include "double.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))
/* What must hold before a call: nothing, cuInit, or a current context. */
enum { NOTHING, INIT, CURRENT };
#define CALL(needs) \
  int refused = enter(__func__, needs); \
  if (refused) return refused
#define OBJECT(type, kind, name, handle) \
  type *name = objectOf(kind, handle); \
  if (!name) return INVALID_HANDLE

enum { MOST_THREADS = 1024, THREADS_PER_SM = 1536 };

static int initialised, retained, capturing, capturedBadly;
static uint64_t context, current;

/* --- Calls: counted, failed on request, refused once the context is lost --- */

static struct {
  const char *name;
  uint64_t times;
} calls[64];

static int enter(const char *name, int needs) {
  size_t i = 0;
  while (calls[i].name && strcmp(calls[i].name, name)) i++;
  calls[i].name = name;
  int injected = fault(name, ++calls[i].times);
  if (injected) {
    lose(injected);
    return injected;
  }
  if (needs >= INIT && !initialised) return NOT_INITIALIZED;
  if (needs == CURRENT && !current) return INVALID_CONTEXT;
  return needs == CURRENT ? lost : SUCCESS;
}

/* For calls that are not allowed during a stream capture: they invalidate the capture. */
static int whileCapturing(void) {
  if (capturing) capturedBadly = 1;
  return capturing ? CAPTURE_UNSUPPORTED : SUCCESS;
}

__attribute__((destructor)) static void report(void) {
  const char *path = setting("REPORT", NULL);
  FILE *file = path ? fopen(path, "w") : NULL;
  if (!file) return;
  static const char *KIND[] = {"contexts", "streams", "events", "modules", "functions", "graphs", "graphExecs"};
  fprintf(file, "{\"live\":{\"device\":%d,\"pageLocked\":%d,\"registered\":%d", allocations(DEVICE), allocations(PAGE_LOCKED),
          allocations(REGISTERED));
  for (int kind = STREAM; kind < KINDS; kind++) fprintf(file, ",\"%s\":%d", KIND[kind], livingCount((Kind)kind));
  fprintf(file, ",\"contexts\":%d,\"bytes\":%zu},", retained, used(DEVICE) + used(PAGE_LOCKED));
  fprintf(file, "\"h2dBytes\":%llu,\"d2hBytes\":%llu,\"kernels\":%llu,\"instructions\":%llu,\"lost\":%d,\"calls\":{",
          (unsigned long long)traffic.h2dBytes, (unsigned long long)traffic.d2hBytes, (unsigned long long)traffic.kernels,
          (unsigned long long)traffic.instructions, lost);
  for (size_t i = 0; calls[i].name; i++)
    fprintf(file, "%s\"%s\":%llu", i ? "," : "", calls[i].name, (unsigned long long)calls[i].times);
  fprintf(file, "}}\n");
  fclose(file);
}

/* For tests that continue after the context was lost: resets all state. Frees only memory and streams; other objects leak. */
EXPORT void pinbenchDoubleReset(void) {
  freeAllStreams();
  releaseAll();
  forgetAll();
  capturing = retained = lost = 0;
  context = current = 0;
}

/* --- Errors --- */

static const struct {
  int status;
  const char *name, *sentence;
} STATUSES[] = {
    {0, "CUDA_SUCCESS", "no error"},
    {1, "CUDA_ERROR_INVALID_VALUE", "invalid argument"},
    {2, "CUDA_ERROR_OUT_OF_MEMORY", "out of memory"},
    {3, "CUDA_ERROR_NOT_INITIALIZED", "initialization error"},
    {34, "CUDA_ERROR_STUB_LIBRARY", "CUDA driver is a stub library"},
    {100, "CUDA_ERROR_NO_DEVICE", "no CUDA-capable device is detected"},
    {101, "CUDA_ERROR_INVALID_DEVICE", "invalid device ordinal"},
    {201, "CUDA_ERROR_INVALID_CONTEXT", "invalid device context"},
    {218, "CUDA_ERROR_INVALID_PTX", "a PTX JIT compilation failed"},
    {221, "CUDA_ERROR_JIT_COMPILER_NOT_FOUND", "PTX JIT compiler library not found"},
    {222, "CUDA_ERROR_UNSUPPORTED_PTX_VERSION", "the provided PTX was compiled with an unsupported toolchain."},
    {304, "CUDA_ERROR_OPERATING_SYSTEM", "OS call failed or operation not supported on this OS"},
    {400, "CUDA_ERROR_INVALID_HANDLE", "invalid resource handle"},
    {500, "CUDA_ERROR_NOT_FOUND", "named symbol not found"},
    {600, "CUDA_ERROR_NOT_READY", "device not ready"},
    {700, "CUDA_ERROR_ILLEGAL_ADDRESS", "an illegal memory access was encountered"},
    {701, "CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES", "too many resources requested for launch"},
    {702, "CUDA_ERROR_LAUNCH_TIMEOUT", "the launch timed out and was terminated"},
    {716, "CUDA_ERROR_MISALIGNED_ADDRESS", "misaligned address"},
    {712, "CUDA_ERROR_HOST_MEMORY_ALREADY_REGISTERED", "part or all of the requested memory range is already mapped"},
    {713, "CUDA_ERROR_HOST_MEMORY_NOT_REGISTERED", "pointer does not correspond to a registered memory region"},
    {719, "CUDA_ERROR_LAUNCH_FAILED", "unspecified launch failure"},
    {801, "CUDA_ERROR_NOT_SUPPORTED", "operation not supported"},
    {802, "CUDA_ERROR_SYSTEM_NOT_READY", "system not yet initialized"},
    {803, "CUDA_ERROR_SYSTEM_DRIVER_MISMATCH", "system has unsupported display driver / cuda driver combination"},
    {900, "CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED", "operation not permitted when stream is capturing"},
    {901, "CUDA_ERROR_STREAM_CAPTURE_INVALIDATED", "operation failed due to a previous error during capture"},
    {999, "CUDA_ERROR_UNKNOWN", "unknown error"},
};

static int describe(int status, const char **text, int wantsName) {
  *text = NULL;
  for (size_t i = 0; i < sizeof STATUSES / sizeof *STATUSES; i++)
    if (STATUSES[i].status == status) *text = wantsName ? STATUSES[i].name : STATUSES[i].sentence;
  return *text ? SUCCESS : INVALID_VALUE;
}

EXPORT int cuGetErrorName(int status, const char **text) { return describe(status, text, 1); }
EXPORT int cuGetErrorString(int status, const char **text) { return describe(status, text, 0); }

/* --- The driver, its devices, the context --- */

EXPORT int cuInit(unsigned flags) {
  CALL(NOTHING);
  if (flags) return INVALID_VALUE;
  if (!number("DEVICES", 1)) return NO_DEVICE;
  initialised = 1;
  return SUCCESS;
}

EXPORT int cuDriverGetVersion(int *version) {
  CALL(NOTHING);
  *version = (int)number("DRIVER", 12040);
  return SUCCESS;
}

EXPORT int cuDeviceGetCount(int *count) {
  CALL(INIT);
  *count = (int)number("DEVICES", 1);
  return SUCCESS;
}

static int isDevice(int device) { return device >= 0 && device < (int)number("DEVICES", 1); }

EXPORT int cuDeviceGet(int *device, int ordinal) {
  CALL(INIT);
  if (!isDevice(ordinal)) return INVALID_DEVICE;
  *device = ordinal;
  return SUCCESS;
}

EXPORT int cuDeviceGetName(char *text, int bytes, int device) {
  CALL(INIT);
  if (!isDevice(device)) return INVALID_DEVICE;
  snprintf(text, (size_t)bytes, "%s", setting("NAME", "Software driver"));
  return SUCCESS;
}

EXPORT int cuDeviceGetUuid_v2(uint8_t *uuid, int device) {
  CALL(INIT);
  if (!isDevice(device)) return INVALID_DEVICE;
  for (int i = 0; i < 16; i++) uuid[i] = (uint8_t)(16 * i + device);
  return SUCCESS;
}

EXPORT int cuDeviceTotalMem_v2(size_t *bytes, int device) {
  CALL(INIT);
  if (!isDevice(device)) return INVALID_DEVICE;
  *bytes = number("MEMORY", 1 << 30);
  return SUCCESS;
}

EXPORT int cuDeviceGetPCIBusId(char *text, int bytes, int device) {
  CALL(INIT);
  if (!isDevice(device)) return INVALID_DEVICE;
  snprintf(text, (size_t)bytes, "0000:%02X:00.0", device + 1);
  return SUCCESS;
}

EXPORT int cuDeviceGetAttribute(int *value, int attribute, int device) {
  CALL(INIT);
  if (!isDevice(device)) return INVALID_DEVICE;
  double capability = atof(setting("CC", "8.6"));
  switch (attribute) {
    case 16: *value = (int)number("SMS", 2); break;
    case 18: *value = (int)number("INTEGRATED", 0); break;
    case 38: *value = (int)number("L2", 1 << 20); break;
    case 75: *value = (int)capability; break;
    case 76: *value = (int)(capability * 10 + 0.5) % 10; break;
    default: *value = 0;
  }
  return SUCCESS;
}

EXPORT int cuDevicePrimaryCtxSetFlags_v2(int device, unsigned flags) {
  (void)flags;
  CALL(INIT);
  return isDevice(device) ? SUCCESS : INVALID_DEVICE;
}

EXPORT int cuDevicePrimaryCtxRetain(uint64_t *handle, int device) {
  CALL(INIT);
  if (!isDevice(device)) return INVALID_DEVICE;
  if (!context) context = handleOf(CONTEXT, &context);
  retained++;
  *handle = context;
  return SUCCESS;
}

EXPORT int cuDevicePrimaryCtxRelease_v2(int device) {
  CALL(INIT);
  if (!isDevice(device)) return INVALID_DEVICE;
  if (!retained) return INVALID_CONTEXT;
  retained--;
  return SUCCESS;
}

EXPORT int cuCtxSetCurrent(uint64_t handle) {
  CALL(INIT);
  if (handle && !objectOf(CONTEXT, handle)) return INVALID_CONTEXT;
  current = handle;
  return SUCCESS;
}

/* --- Memory --- */

EXPORT int cuMemGetInfo_v2(size_t *unused, size_t *total) {
  CALL(CURRENT);
  *total = number("MEMORY", 1 << 30);
  *unused = *total - used(DEVICE);
  return SUCCESS;
}

EXPORT int cuMemAlloc_v2(uint64_t *address, size_t bytes) {
  CALL(CURRENT);
  int status = whileCapturing();
  return status ? status : allocate(DEVICE, address, bytes);
}

EXPORT int cuMemFree_v2(uint64_t address) {
  CALL(CURRENT);
  int status = whileCapturing();
  if (!status) status = drainAll();
  return status ? status : release(DEVICE, address);
}

EXPORT int cuMemHostAlloc(uint64_t *address, size_t bytes, unsigned flags) {
  CALL(CURRENT);
  if (flags & ~7u) return INVALID_VALUE;
  int status = whileCapturing();
  return status ? status : allocate(PAGE_LOCKED, address, bytes);
}

EXPORT int cuMemFreeHost(uint64_t address) {
  CALL(CURRENT);
  int status = whileCapturing();
  if (!status) status = drainAll();
  return status ? status : release(PAGE_LOCKED, address);
}

EXPORT int cuMemHostRegister_v2(uint64_t address, size_t bytes, unsigned flags) {
  CALL(CURRENT);
  if (flags & ~15u) return INVALID_VALUE;
  int status = whileCapturing();
  return status ? status : lockInPlace(address, bytes);
}

EXPORT int cuMemHostUnregister(uint64_t address) {
  CALL(CURRENT);
  int status = whileCapturing();
  if (!status) status = drainAll();
  return status ? status : release(REGISTERED, address) ? HOST_MEMORY_NOT_REGISTERED : SUCCESS;
}

EXPORT int cuMemHostGetDevicePointer_v2(uint64_t *device, uint64_t address, unsigned flags) {
  CALL(CURRENT);
  if (flags || !isPageLocked(address)) return INVALID_VALUE;
  *device = address;
  return SUCCESS;
}

EXPORT int cuMemcpyHtoDAsync_v2(uint64_t to, const uint8_t *from, size_t bytes, uint64_t handle) {
  CALL(CURRENT);
  OBJECT(Stream, STREAM, stream, handle);
  return queueCopyToDevice(stream, to, from, bytes);
}

EXPORT int cuMemcpyDtoHAsync_v2(uint8_t *to, uint64_t from, size_t bytes, uint64_t handle) {
  CALL(CURRENT);
  OBJECT(Stream, STREAM, stream, handle);
  return queueCopyToHost(stream, to, from, bytes);
}

/* Called only by the benchmark in bench/gpu. */
EXPORT int cuMemcpyDtoDAsync_v2(uint64_t to, uint64_t from, size_t bytes, uint64_t handle) {
  CALL(CURRENT);
  OBJECT(Stream, STREAM, stream, handle);
  if (!translated(to, bytes) || !translated(from, bytes)) return INVALID_VALUE;
  int status = drain(stream);
  if (!status) memmove(translated(to, bytes), translated(from, bytes), bytes);
  return status;
}

EXPORT int cuMemsetD8Async(uint64_t to, uint8_t value, size_t bytes, uint64_t handle) {
  CALL(CURRENT);
  OBJECT(Stream, STREAM, stream, handle);
  return queueFill(stream, to, value, bytes);
}

/* --- Streams and events --- */

EXPORT int cuStreamCreate(uint64_t *handle, unsigned flags) {
  CALL(CURRENT);
  if (flags & ~1u) return INVALID_VALUE;
  *handle = handleOf(STREAM, newStream());
  return SUCCESS;
}

EXPORT int cuStreamSynchronize(uint64_t handle) {
  CALL(CURRENT);
  OBJECT(Stream, STREAM, stream, handle);
  int status = whileCapturing();
  return status ? status : drain(stream);
}

EXPORT int cuStreamWaitEvent(uint64_t handle, uint64_t eventHandle, unsigned flags) {
  CALL(CURRENT);
  OBJECT(Stream, STREAM, stream, handle);
  OBJECT(Event, EVENT, event, eventHandle);
  return flags ? INVALID_VALUE : queueWait(stream, event);
}

EXPORT int cuStreamDestroy_v2(uint64_t handle) {
  CALL(CURRENT);
  OBJECT(Stream, STREAM, stream, handle);
  freeStream(stream);
  forget(handle);
  return SUCCESS;
}

EXPORT int cuEventCreate(uint64_t *handle, unsigned flags) {
  CALL(CURRENT);
  if (flags & ~7u) return INVALID_VALUE;
  *handle = handleOf(EVENT, newEvent());
  return SUCCESS;
}

EXPORT int cuEventRecord(uint64_t handle, uint64_t streamHandle) {
  CALL(CURRENT);
  OBJECT(Event, EVENT, event, handle);
  OBJECT(Stream, STREAM, stream, streamHandle);
  return record(event, stream);
}

EXPORT int cuEventSynchronize(uint64_t handle) {
  CALL(CURRENT);
  OBJECT(Event, EVENT, event, handle);
  return waitFor(event);
}

EXPORT int cuEventElapsedTime(float *milliseconds, uint64_t from, uint64_t to) {
  CALL(CURRENT);
  OBJECT(Event, EVENT, first, from);
  OBJECT(Event, EVENT, second, to);
  return elapsed(first, second, milliseconds);
}

EXPORT int cuEventDestroy_v2(uint64_t handle) {
  CALL(CURRENT);
  OBJECT(Event, EVENT, event, handle);
  freeEvent(event);
  forget(handle);
  return SUCCESS;
}

/* --- Modules and kernels --- */

EXPORT int cuModuleLoadDataEx(uint64_t *handle, const char *image, unsigned count, const int *options, void **values) {
  CALL(CURRENT);
  char error[200] = "", *log = NULL;
  size_t bytes = 0;
  for (unsigned i = 0; i < count; i++) {
    if (options[i] == 5) log = values[i];
    if (options[i] == 6) bytes = (size_t)values[i];
  }
  PtxModule *module = ptxParse(image, error, sizeof error);
  if (!module) {
    if (log && bytes) snprintf(log, bytes, "ptxas fatal: %s", error);
    return INVALID_PTX;
  }
  *handle = handleOf(MODULE, module);
  return SUCCESS;
}

EXPORT int cuModuleGetFunction(uint64_t *handle, uint64_t moduleHandle, const char *name) {
  CALL(CURRENT);
  OBJECT(PtxModule, MODULE, module, moduleHandle);
  PtxKernel *kernel = ptxFind(module, name);
  if (!kernel) return NOT_FOUND;
  *handle = handleOf(FUNCTION, kernel);
  return SUCCESS;
}

EXPORT int cuModuleUnload(uint64_t handle) {
  CALL(CURRENT);
  OBJECT(PtxModule, MODULE, module, handle);
  int status = drainAll();
  if (status) return status;
  for (int i = 0; i < module->count; i++) forgetObject(FUNCTION, &module->kernels[i]);
  ptxFree(module);
  forget(handle);
  return SUCCESS;
}

EXPORT int cuOccupancyMaxActiveBlocksPerMultiprocessor(int *blocks, uint64_t function, int threads, size_t shared) {
  CALL(CURRENT);
  OBJECT(PtxKernel, FUNCTION, kernel, function);
  if (threads < 1 || threads > MOST_THREADS || shared) return INVALID_VALUE;
  *blocks = kernel->instructionCount ? THREADS_PER_SM / threads : 0;
  return SUCCESS;
}

EXPORT int cuLaunchKernel(uint64_t function, unsigned gridX, unsigned gridY, unsigned gridZ, unsigned blockX, unsigned blockY,
                          unsigned blockZ, unsigned shared, uint64_t handle, void **parameters, void **extra) {
  CALL(CURRENT);
  OBJECT(PtxKernel, FUNCTION, kernel, function);
  OBJECT(Stream, STREAM, stream, handle);
  if (!gridX || gridY != 1 || gridZ != 1 || !blockX || blockY != 1 || blockZ != 1 || shared || extra) return INVALID_VALUE;
  if (blockX > MOST_THREADS) return INVALID_VALUE;
  Launch launch = {.kernel = kernel, .blocks = gridX, .threads = blockX};
  if (kernel->parameterBytes > sizeof launch.parameters) return TOO_MANY_RESOURCES;
  for (int i = 0; i < kernel->parameterCount; i++) {
    if (!parameters || !parameters[i]) return INVALID_VALUE;
    memcpy(launch.parameters + kernel->parameters[i].offset, parameters[i], kernel->parameters[i].bytes);
  }
  return queueLaunch(stream, &launch);
}

/* --- Graphs --- */

EXPORT int cuStreamBeginCapture_v2(uint64_t handle, int mode) {
  CALL(CURRENT);
  OBJECT(Stream, STREAM, stream, handle);
  if (mode < 0 || mode > 2 || capturing) return INVALID_VALUE;
  beginCapture(stream);
  capturing = 1;
  capturedBadly = 0;
  return SUCCESS;
}

/* Ends the capture even if it returns an error. */
EXPORT int cuStreamEndCapture(uint64_t handle, uint64_t *graph) {
  int refused = enter(__func__, CURRENT);
  OBJECT(Stream, STREAM, stream, handle);
  if (!isCapturing(stream)) return refused ? refused : INVALID_VALUE;
  capturing = 0;
  Graph *captured = endCapture(stream);
  if (refused || capturedBadly) {
    freeGraph(captured);
    *graph = 0;
    return refused ? refused : CAPTURE_INVALIDATED;
  }
  *graph = handleOf(GRAPH, captured);
  return SUCCESS;
}

EXPORT int cuGraphInstantiateWithFlags(uint64_t *handle, uint64_t graphHandle, uint64_t flags) {
  CALL(CURRENT);
  OBJECT(Graph, GRAPH, graph, graphHandle);
  if (flags) return INVALID_VALUE;
  *handle = handleOf(GRAPH_EXEC, copyOf(graph));
  return SUCCESS;
}

EXPORT int cuGraphLaunch(uint64_t handle, uint64_t streamHandle) {
  CALL(CURRENT);
  OBJECT(Graph, GRAPH_EXEC, graph, handle);
  OBJECT(Stream, STREAM, stream, streamHandle);
  return queueGraph(stream, graph);
}

EXPORT int cuGraphExecDestroy(uint64_t handle) {
  CALL(CURRENT);
  OBJECT(Graph, GRAPH_EXEC, graph, handle);
  drainAll();
  freeGraph(graph);
  forget(handle);
  return SUCCESS;
}

EXPORT int cuGraphDestroy(uint64_t handle) {
  CALL(CURRENT);
  OBJECT(Graph, GRAPH, graph, handle);
  freeGraph(graph);
  forget(handle);
  return SUCCESS;
}
