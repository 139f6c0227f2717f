#include "double.h"
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* The point of a stream at which an event was recorded. */
typedef struct {
  Stream *stream;
  int done, holders;
  double milliseconds;
} Mark;

typedef enum { COPY_TO_DEVICE, COPY_TO_HOST, FILL, RUN, RECORD, WAIT } What;
typedef struct {
  What what;
  uint64_t device;
  uint8_t *host; /* of a copy; `owned` if it is the driver's own staging memory */
  size_t bytes;
  int owned;
  uint8_t value;
  Mark *mark;
  Launch *launch;
} Operation;

struct Graph {
  Operation *operations;
  size_t count, room;
};
struct Stream {
  Graph queue;
  size_t first;
  Graph *capture;
};
struct Event {
  Mark *latest;
};

/* Copies of at most this many bytes from pageable memory never wait for earlier work. */
enum { PUSHED_BYTES = 65536 };

struct Traffic traffic;
int lost;

static Stream **streams;
static size_t streamCount;

void lose(int status) {
  static const int STICKY[] = {226, 700, 702, 710, 714, 715, 716, 717, 718, 719, 721, 810, 911};
  for (size_t i = 0; i < sizeof STICKY / sizeof *STICKY; i++)
    if (STICKY[i] == status) lost = status;
}

static void drop(Mark *mark) {
  if (mark && --mark->holders == 0) free(mark);
}

static Operation duplicate(Operation o) {
  if (o.launch) o.launch = memcpy(malloc(sizeof(Launch)), o.launch, sizeof(Launch));
  if (o.owned) o.host = memcpy(malloc(o.bytes), o.host, o.bytes);
  if (o.mark) o.mark->holders++;
  return o;
}

static void discard(Operation *o) {
  free(o->launch);
  if (o->owned) free(o->host);
  drop(o->mark);
}

static int append(Graph *graph, Operation operation) {
  if (graph->count == graph->room)
    graph->operations = realloc(graph->operations, (graph->room = graph->room ? 2 * graph->room : 16) * sizeof(Operation));
  graph->operations[graph->count++] = operation;
  return SUCCESS;
}

static int queue(Stream *stream, Operation operation) {
  return append(stream->capture ? stream->capture : &stream->queue, operation);
}

/* --- Running --- */

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int runKernel(const Launch *launch) {
  int injected = fault("exec", ++traffic.kernels);
  if (injected) return injected;
  PtxLaunch run = {.blocks = launch->blocks,
                   .threads = launch->threads,
                   .seed = (uint64_t)drawn(UINT32_MAX) << 1 | 1,
                   .instructions = number("BUDGET", 100000000),
                   .ran = &traffic.instructions,
                   .translate = translated};
  return ptxRun(launch->kernel, launch->parameters, &run);
}

static int run(const Operation *o) {
  uint8_t *device = o->bytes ? translated(o->device, o->bytes) : NULL;
  switch (o->what) {
    case COPY_TO_DEVICE:
    case COPY_TO_HOST:
    case FILL:
      if (!device) return ILLEGAL_ADDRESS;
      if (o->what == COPY_TO_DEVICE) memcpy(device, o->host, o->bytes);
      else if (o->what == COPY_TO_HOST) memcpy(o->host, device, o->bytes);
      else memset(device, o->value, o->bytes);
      return SUCCESS;
    case RUN: return runKernel(o->launch);
    case RECORD:
      o->mark->done = 1;
      o->mark->milliseconds = now();
      return SUCCESS;
    case WAIT: return SUCCESS;
  }
  return SUCCESS;
}

static int pending(const Stream *stream) { return stream->first < stream->queue.count; }

/* Runs the next operation of a stream; if that waits for another stream, runs the next operation of the other one instead. */
static void advance(Stream *stream) {
  Operation *next = &stream->queue.operations[stream->first];
  if (next->what == WAIT && next->mark && !next->mark->done) return advance(next->mark->stream);
  Operation operation = *next;
  if (++stream->first == stream->queue.count) stream->first = stream->queue.count = 0;
  int status = lost ? lost : run(&operation);
  if (status) lose(lost = status);
  discard(&operation);
}

/* Runs the next operation of a randomly chosen stream, since any stream may make progress in the meantime. */
static void advanceAny(void) {
  Stream *chosen = streams[drawn((uint32_t)streamCount)];
  if (pending(chosen)) advance(chosen);
}

int drain(Stream *stream) {
  while (pending(stream)) {
    if (streamCount > 1 && drawn(2)) advanceAny();
    else advance(stream);
  }
  return lost;
}

int drainAll(void) {
  for (size_t i = 0; i < streamCount; i++) drain(streams[i]);
  return lost;
}

/* --- Streams and what is queued on them --- */

Stream *newStream(void) {
  streams = realloc(streams, (streamCount + 1) * sizeof *streams);
  return streams[streamCount++] = calloc(1, sizeof(Stream));
}

void freeStream(Stream *stream) {
  drain(stream);
  for (size_t i = 0; i < streamCount; i++)
    if (streams[i] == stream) streams[i] = streams[--streamCount];
  free(stream->queue.operations);
  free(stream);
}

void freeAllStreams(void) {
  while (streamCount) freeStream(streams[0]);
}

int isCapturing(const Stream *stream) { return stream->capture != NULL; }

/* When a copy reads pageable memory: see PAGEABLE in double.h. CUDA's documentation allows all three. */
typedef enum { AT_ONCE, DEFERRED, WAITS } Reading;
static Reading readingOf(size_t bytes) {
  const char *asked = setting("PAGEABLE", "drawn");
  if (!strcmp(asked, "at-once")) return AT_ONCE;
  if (!strcmp(asked, "deferred")) return DEFERRED;
  if (!strcmp(asked, "waits")) return WAITS;
  return (Reading)drawn(bytes > PUSHED_BYTES ? 3 : 2);
}

/* A copy reads page-locked memory when it runs. */
int queueCopyToDevice(Stream *stream, uint64_t to, const uint8_t *from, size_t bytes) {
  if (!translated(to, bytes)) return INVALID_VALUE;
  Operation o = {.what = COPY_TO_DEVICE, .device = to, .bytes = bytes, .host = (uint8_t *)from};
  if (isPageLocked((uint64_t)from)) {
    if (!translated((uint64_t)from, bytes)) return INVALID_VALUE;
  } else {
    if (stream->capture) return CAPTURE_UNSUPPORTED;
    Reading reading = readingOf(bytes);
    if (reading == WAITS && drain(stream)) return lost;
    if (reading != DEFERRED) {
      o.owned = 1;
      o.host = memcpy(malloc(bytes), from, bytes);
    }
  }
  traffic.h2dBytes += bytes;
  return queue(stream, o);
}

int queueCopyToHost(Stream *stream, uint8_t *to, uint64_t from, size_t bytes) {
  if (!translated(from, bytes)) return INVALID_VALUE;
  traffic.d2hBytes += bytes;
  int status = queue(stream, (Operation){.what = COPY_TO_HOST, .device = from, .bytes = bytes, .host = to});
  return status || isPageLocked((uint64_t)to) ? status : drain(stream);
}

int queueFill(Stream *stream, uint64_t to, uint8_t value, size_t bytes) {
  if (!translated(to, bytes)) return INVALID_VALUE;
  return queue(stream, (Operation){.what = FILL, .device = to, .bytes = bytes, .value = value});
}

int queueLaunch(Stream *stream, const Launch *launch) {
  return queue(stream, duplicate((Operation){.what = RUN, .launch = (Launch *)launch}));
}

int queueWait(Stream *stream, Event *event) {
  if (event->latest) event->latest->holders++;
  return queue(stream, (Operation){.what = WAIT, .mark = event->latest});
}

/* --- Events --- */

Event *newEvent(void) { return calloc(1, sizeof(Event)); }

void freeEvent(Event *event) {
  drop(event->latest);
  free(event);
}

int record(Event *event, Stream *stream) {
  drop(event->latest);
  event->latest = calloc(1, sizeof(Mark));
  event->latest->stream = stream;
  event->latest->holders = 2;
  return queue(stream, (Operation){.what = RECORD, .mark = event->latest});
}

int waitFor(Event *event) {
  while (event->latest && !event->latest->done) advance(event->latest->stream);
  return lost;
}

int elapsed(const Event *from, const Event *to, float *milliseconds) {
  if (!from->latest || !to->latest) return INVALID_HANDLE;
  if (!from->latest->done || !to->latest->done) return NOT_READY;
  *milliseconds = (float)(to->latest->milliseconds - from->latest->milliseconds);
  return SUCCESS;
}

/* --- Graphs: the operations queued during a stream capture --- */

void beginCapture(Stream *stream) { stream->capture = calloc(1, sizeof(Graph)); }

Graph *endCapture(Stream *stream) {
  Graph *graph = stream->capture;
  stream->capture = NULL;
  return graph;
}

int queueGraph(Stream *stream, const Graph *graph) {
  for (size_t i = 0; i < graph->count; i++) queue(stream, duplicate(graph->operations[i]));
  return SUCCESS;
}

Graph *copyOf(const Graph *graph) {
  Graph *copy = calloc(1, sizeof(Graph));
  for (size_t i = 0; i < graph->count; i++) append(copy, duplicate(graph->operations[i]));
  return copy;
}

void freeGraph(Graph *graph) {
  for (size_t i = 0; i < graph->count; i++) discard(&graph->operations[i]);
  free(graph->operations);
  free(graph);
}
