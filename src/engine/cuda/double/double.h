/*
 * A CUDA driver in software, for tests: the calls pinbench makes, on host memory, running the PTX that is shipped. It is
 * stricter than silicon. Queued work runs only when something waits for it, and then in an order that a seed draws among all
 * the driver allows, so that a missing wait gives wrong data; device memory is poisoned, faults when the host touches it, and
 * is checked to the byte. One thread may call it, as pinbench does.
 *
 * The environment says what it is (PINBENCH_DOUBLE_...):
 *   DEVICES 1   MEMORY 1073741824   SMS 2   CC 8.6   DRIVER 12040   L2 1048576   NAME "Software driver"   INTEGRATED 0
 *   SEED 1      of the order of streams, blocks and warps
 *   PAGEABLE    when a copy from pageable memory reads it: at-once, as it is queued; deferred, as it runs; waits, as it is
 *               queued, after all that the stream had to do. Without it the seed draws among them for each copy, the last for
 *               copies of over 64 KiB alone: smaller ones travel with the commands
 *   BUDGET 1e8  instructions of a kernel before it counts as endless
 *   FAIL        "cuMemAlloc_v2:2=2,exec:4=719": the second such call returns 2, the fourth kernel ends with 719
 *   REPORT      a file to write at the end: calls, bytes, what is still alive (JSON)
 */
#ifndef PINBENCH_DOUBLE_H
#define PINBENCH_DOUBLE_H

#include "ptx.h"

/* Statuses by their names in cuda.h. */
enum {
  SUCCESS = 0, INVALID_VALUE = 1, OUT_OF_MEMORY = 2, NOT_INITIALIZED = 3, NO_DEVICE = 100, INVALID_DEVICE = 101,
  INVALID_CONTEXT = 201, INVALID_PTX = 218, INVALID_HANDLE = 400, NOT_FOUND = 500, NOT_READY = 600, ILLEGAL_ADDRESS = 700,
  TOO_MANY_RESOURCES = 701, HOST_MEMORY_ALREADY_REGISTERED = 712, HOST_MEMORY_NOT_REGISTERED = 713, CAPTURE_UNSUPPORTED = 900, CAPTURE_INVALIDATED = 901
};

/* --- config.c: what the environment asks for --- */
const char *setting(const char *name, const char *otherwise);
uint64_t number(const char *name, uint64_t otherwise);
/* The status that the nth call of a function, or the nth kernel ("exec"), is to end with; 0 where none is asked for. */
int fault(const char *name, uint64_t nth);
/* Below `bound`, from the seed. */
uint32_t drawn(uint32_t bound);

/* --- objects.c: handles. They are never used again, so that a destroyed one is known --- */
typedef enum { CONTEXT, STREAM, EVENT, MODULE, FUNCTION, GRAPH, GRAPH_EXEC, KINDS } Kind;
uint64_t handleOf(Kind kind, void *object);
/* NULL where the handle is not one of that kind, or not any more. */
void *objectOf(Kind kind, uint64_t handle);
void forget(uint64_t handle);
/* The same by the object; nothing where it has no handle. */
void forgetObject(Kind kind, const void *object);
void forgetAll(void);
int livingCount(Kind kind);

/* --- memory.c --- */
/* REGISTERED is the caller's own memory, page-locked where it is. */
typedef enum { DEVICE, PAGE_LOCKED, REGISTERED } Place;
int allocate(Place place, uint64_t *address, size_t bytes);
int lockInPlace(uint64_t address, size_t bytes);
int release(Place place, uint64_t address);
void releaseAll(void);
size_t used(Place place);
int allocations(Place place);
/* Where the bytes at an address the device knows are in the host's memory; NULL where no one allocation holds them all. */
uint8_t *translated(uint64_t address, size_t bytes);
/* Whether an address is of page-locked memory. */
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
/* Runs all that is queued on a stream, and what that waits for. */
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

/* What went over the link, and what ran: kernels, and the instructions of their warps. */
extern struct Traffic {
  uint64_t h2dBytes, d2hBytes, kernels, instructions;
} traffic;
/* The context is lost after some errors: every later call returns this. */
extern int lost;
void lose(int status);

#endif
