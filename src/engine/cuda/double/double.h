/*
 * A CUDA driver in software, for tests: it implements the calls pinbench makes on host memory, and interprets the shipped PTX. It
 * is stricter than hardware. Queued work runs only when something waits for it, in a pseudo-random order among those that CUDA
 * allows, so that a missing wait gives wrong data. Device memory is filled with poison, faults when the host accesses it, and is
 * bounds-checked to the byte. Only one thread may call it, as pinbench does.
 *
 * Environment variables (PINBENCH_DOUBLE_...) and their defaults:
 *   DEVICES 1   MEMORY 1073741824   SMS 2   CC 8.6   DRIVER 12040   L2 1048576   NAME "Software driver"   INTEGRATED 0
 *   SEED 1      for the order of streams, blocks and warps
 *   PAGEABLE    when a copy reads pageable memory: at-once, when it is queued; deferred, when it runs; waits, when it is queued,
 *               after all earlier work of the stream. By default, chosen at random for each copy; waits is chosen only for copies
 *               of over 64 KiB, because smaller ones never wait for earlier work
 *   BUDGET 1e8  instructions after which a kernel counts as endless
 *   FAIL        "cuMemAlloc_v2:2=2,exec:4=719": the second such call returns 2, the fourth kernel ends with 719
 *   REPORT      a file to write at exit, in JSON: calls, bytes, and the resources not released
 */
#ifndef PINBENCH_DOUBLE_H
#define PINBENCH_DOUBLE_H

#include "ptx.h"

/* Statuses, with their names in cuda.h. */
enum {
  SUCCESS = 0, INVALID_VALUE = 1, OUT_OF_MEMORY = 2, NOT_INITIALIZED = 3, NO_DEVICE = 100, INVALID_DEVICE = 101,
  INVALID_CONTEXT = 201, INVALID_PTX = 218, INVALID_HANDLE = 400, NOT_FOUND = 500, NOT_READY = 600, ILLEGAL_ADDRESS = 700,
  TOO_MANY_RESOURCES = 701, HOST_MEMORY_ALREADY_REGISTERED = 712, HOST_MEMORY_NOT_REGISTERED = 713, CAPTURE_UNSUPPORTED = 900, CAPTURE_INVALIDATED = 901
};

/* --- config.c: settings from the environment --- */
const char *setting(const char *name, const char *otherwise);
uint64_t number(const char *name, uint64_t otherwise);
/* The status with which the nth call of a function, or the nth kernel ("exec"), must fail; 0 if it must not fail. */
int fault(const char *name, uint64_t nth);
/* A pseudo-random number below `bound`, derived from the seed. */
uint32_t drawn(uint32_t bound);

/* --- objects.c: handles, which are never reused, so that use after destruction is detected --- */
typedef enum { CONTEXT, STREAM, EVENT, MODULE, FUNCTION, GRAPH, GRAPH_EXEC, KINDS } Kind;
uint64_t handleOf(Kind kind, void *object);
/* NULL if the handle is not of that kind or was destroyed. */
void *objectOf(Kind kind, uint64_t handle);
void forget(uint64_t handle);
/* Like forget, but takes the object. Does nothing if the object has no handle. */
void forgetObject(Kind kind, const void *object);
void forgetAll(void);
int livingCount(Kind kind);

/* --- memory.c --- */
/* REGISTERED is the caller's own memory, page-locked in place. */
typedef enum { DEVICE, PAGE_LOCKED, REGISTERED } Place;
int allocate(Place place, uint64_t *address, size_t bytes);
int lockInPlace(uint64_t address, size_t bytes);
int release(Place place, uint64_t address);
void releaseAll(void);
size_t used(Place place);
int allocations(Place place);
/* The host pointer to the bytes at an address that the device can access; NULL unless a single allocation contains them all. */
uint8_t *translated(uint64_t address, size_t bytes);
/* Whether an address is in page-locked memory. */
int isPageLocked(uint64_t address);

/* --- stream.c: queued work --- */
typedef struct Stream Stream;
typedef struct Event Event;
typedef struct Graph Graph;
typedef struct {
  const PtxKernel *kernel;
  uint32_t blocks, threads;
  uint8_t parameters[256];
} Launch;

Stream *newStream(void);
void freeStream(Stream *stream);
int isCapturing(const Stream *stream);
int queueCopyToDevice(Stream *stream, uint64_t to, const uint8_t *from, size_t bytes);
int queueCopyToHost(Stream *stream, uint8_t *to, uint64_t from, size_t bytes);
int queueFill(Stream *stream, uint64_t to, uint8_t value, size_t bytes);
int queueLaunch(Stream *stream, const Launch *launch);
int queueWait(Stream *stream, Event *event);
/* Runs everything queued on a stream, and the work of other streams that it waits for. */
int drain(Stream *stream);
int drainAll(void);
void freeAllStreams(void);

Event *newEvent(void);
void freeEvent(Event *event);
int record(Event *event, Stream *stream);
int waitFor(Event *event);
int elapsed(const Event *from, const Event *to, float *milliseconds);

void beginCapture(Stream *stream);
Graph *endCapture(Stream *stream);
Graph *copyOf(const Graph *graph);
int queueGraph(Stream *stream, const Graph *graph);
void freeGraph(Graph *graph);

/* Bytes copied over the link, kernels run, and the number of instructions that their warps ran. */
extern struct Traffic {
  uint64_t h2dBytes, d2hBytes, kernels, instructions;
} traffic;
/* Nonzero after an error that loses the context: every later call returns this status. */
extern int lost;
void lose(int status);

#endif
