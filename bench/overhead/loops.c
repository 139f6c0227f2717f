/*
 * The loops of src/engine/cuda in C: the same calls in the same order, with every status checked and the scalar of each step
 * kept.
 *   loops LIBRARY STEPS ROUNDS   prints "name ns" for each strategy: the ns per step of the fastest round
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef int Copy(uint64_t, uint64_t, size_t, uint64_t);
typedef int Launch(uint64_t, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, uint64_t, void **, void **);
typedef int Two(uint64_t, uint64_t);
typedef int Wait(uint64_t, uint64_t, unsigned);
typedef int One(uint64_t);

static Copy *copy;
static Launch *launch;
static Two *record, *graphLaunch;
static Wait *waitEvent;
static One *synchronise;
static uint64_t parameters[16];
static void *pointers[16];
static volatile double scalar;
static int32_t *order;
static double *out;
static int steps;

static void must(int status) {
  if (status) exit(1);
}
static void run(void) { must(launch(1, 1, 1, 1, 256, 1, 1, 0, 1, pointers, NULL)); }
static void finish(int i) {
  must(synchronise(1));
  out[i] = scalar;
}

static void feed(void) {
  for (int i = 0; i < steps; i++) must(copy(1, 4096 + (uint64_t)order[i] * 24, 24, 1)), run(), finish(i);
}
static void pin(void) {
  for (int i = 0; i < steps; i++) memcpy(&parameters[6], &order[i], 4), run(), finish(i);
}
static void bring(int i) {
  must(copy(1 + (i & 1), 4096 + (uint64_t)order[i] * 24, 24, 2));
  must(record(1 + (i & 1), 2));
}
static void ahead(void) {
  bring(0);
  for (int i = 0; i < steps; i++) {
    must(waitEvent(1, 1 + (i & 1), 0));
    run();
    if (i + 1 < steps) bring(i + 1);
    finish(i);
  }
}
/* The chunks have 1/16 of the steps, then 1/8, and so on: see src/plan/chunks.ts. Chunk c + 2 is staged between the steps of
 * chunk c. */
static char *rows, *chunks[2];
static int chunkSteps(int c, int from) {
  int size = (steps + 15) / 16 << (c < 4 ? c : 4);
  return size < steps - from ? size : steps - from;
}
static void stage(int c, int k, int i) { memcpy(chunks[c & 1] + (size_t)k * 24, rows + (size_t)order[i] * 24, 24); }
static void send(int c, int size) {
  must(copy(1 + (c & 1), (uint64_t)chunks[c & 1], (size_t)size * 24, 2));
  must(record(1 + (c & 1), 2));
}
static void chunk(void) {
  int from = 0, size = chunkSteps(0, 0), next = chunkSteps(1, size);
  for (int k = 0; k < size; k++) stage(0, k, k);
  send(0, size);
  for (int k = 0; k < next; k++) stage(1, k, size + k);
  for (int c = 0; size > 0; c++) {
    int third = chunkSteps(c + 2, from + size + next), staged = 0;
    if (next > 0) send(c + 1, next);
    must(waitEvent(1, 1 + (c & 1), 0));
    for (int k = 0; k < size; k++) {
      memcpy(&parameters[6], &k, 4);
      run();
      if (staged < third) stage(c, staged, from + size + next + staged), staged++;
      finish(from + k);
    }
    for (; staged < third; staged++) stage(c, staged, from + size + next + staged);
    from += size, size = next, next = third;
  }
}
/* A graph holds at most 4096 steps; the remaining steps of an epoch are launched one by one: see src/engine/cuda/replay.ts. */
static void replay(void) {
  int recorded = steps / ((steps + 4095) / 4096);
  for (int at = 0; at < steps; at += recorded) {
    int count = steps - at < recorded ? steps - at : recorded;
    must(copy(1, (uint64_t)(order + at), (size_t)count * 4, 1));
    if (count == recorded) must(graphLaunch(1, 1));
    else
      for (int i = 0; i < count; i++) memcpy(&parameters[6], &i, 4), run();
    must(synchronise(1));
    memcpy(out + at, out + steps, (size_t)count * sizeof *out);
  }
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void time_(const char *name, void (*loop)(void), int rounds) {
  double best = 1e30;
  for (int i = 0; i < rounds; i++) {
    double begin = now();
    loop();
    double ns = (now() - begin) / steps;
    if (ns < best) best = ns;
  }
  printf("%s %.3f\n", name, best);
}

int main(int count, char **arguments) {
  if (count != 4) return 2;
  void *library = dlopen(arguments[1], RTLD_NOW);
  if (!library) return fprintf(stderr, "%s\n", dlerror()), 1;
  steps = atoi(arguments[2]);
  int rounds = atoi(arguments[3]);
  copy = (Copy *)dlsym(library, "cuMemcpyHtoDAsync_v2");
  launch = (Launch *)dlsym(library, "cuLaunchKernel");
  record = (Two *)dlsym(library, "cuEventRecord");
  graphLaunch = (Two *)dlsym(library, "cuGraphLaunch");
  waitEvent = (Wait *)dlsym(library, "cuStreamWaitEvent");
  synchronise = (One *)dlsym(library, "cuStreamSynchronize");
  order = malloc((size_t)steps * sizeof *order);
  out = calloc(2 * (size_t)steps, sizeof *out);
  for (int i = 0; i < steps; i++) order[i] = i;
  for (int i = 0; i < 16; i++) pointers[i] = &parameters[i];
  time_("feed", feed, rounds);
  time_("pin", pin, rounds);
  time_("feed-locked", feed, rounds);
  time_("feed-ahead", ahead, rounds);
  rows = calloc((size_t)steps, 24);
  chunks[0] = malloc((size_t)steps * 24);
  chunks[1] = malloc((size_t)steps * 24);
  time_("feed-chunk", chunk, rounds);
  time_("pin-replay", replay, rounds);
  time_("zero-copy", pin, rounds);
  return 0;
}
