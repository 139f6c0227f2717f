#define _GNU_SOURCE
#include "double.h"
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { PAGE = 4096, POISON = 0xa5 };

/* Device memory: `memory` holds the contents, while the addresses are reserved without access. Page-locked memory has its
   contents at its address, between two guard pages. */
typedef struct {
  Place place;
  uint64_t address;
  size_t bytes;
  uint8_t *memory;
} Allocation;

static Allocation *all;
static size_t count, room, latest;
/* The next device address: far from the addresses of a program, its libraries and a sanitizer's shadow memory. */
static uint64_t next = 0x200000000000ull;

static size_t pages(size_t bytes) { return (bytes + PAGE - 1) / PAGE * PAGE; }

static int allocateOnDevice(Allocation *made) {
  if (made->bytes > number("MEMORY", 1 << 30) - used(DEVICE)) return OUT_OF_MEMORY;
  void *reserved = MAP_FAILED;
  for (int tries = 0; tries < 16 && reserved == MAP_FAILED; tries++) {
    made->address = next;
    next += pages(made->bytes) + PAGE;
    reserved = mmap((void *)made->address, pages(made->bytes), PROT_NONE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
  }
  made->memory = reserved == (void *)made->address ? malloc(made->bytes) : NULL;
  return made->memory ? SUCCESS : OUT_OF_MEMORY;
}

static int allocatePageLocked(Allocation *made) {
  uint8_t *whole = mmap(NULL, pages(made->bytes) + 2 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (whole == MAP_FAILED) return OUT_OF_MEMORY;
  made->memory = whole + PAGE;
  made->address = (uint64_t)made->memory;
  return mprotect(made->memory, pages(made->bytes), PROT_READ | PROT_WRITE) ? OUT_OF_MEMORY : SUCCESS;
}

static void add(Allocation made) {
  if (count == room) all = realloc(all, (room = room ? 2 * room : 16) * sizeof *all);
  all[count++] = made;
}

int lockInPlace(uint64_t address, size_t bytes) {
  if (!address || !bytes) return INVALID_VALUE;
  if (translated(address, 1) || translated(address + bytes - 1, 1)) return HOST_MEMORY_ALREADY_REGISTERED;
  add((Allocation){REGISTERED, address, bytes, (uint8_t *)address});
  return SUCCESS;
}

int allocate(Place place, uint64_t *address, size_t bytes) {
  if (!bytes || !address) return INVALID_VALUE;
  Allocation made = {.place = place, .bytes = bytes};
  int status = place == DEVICE ? allocateOnDevice(&made) : allocatePageLocked(&made);
  if (status) return status;
  memset(made.memory, POISON, bytes);
  add(made);
  *address = made.address;
  return SUCCESS;
}

int release(Place place, uint64_t address) {
  for (size_t i = 0; i < count; i++) {
    if (all[i].place != place || all[i].address != address) continue;
    if (place == DEVICE) {
      munmap((void *)address, pages(all[i].bytes));
      free(all[i].memory);
    } else if (place == PAGE_LOCKED) munmap(all[i].memory - PAGE, pages(all[i].bytes) + 2 * PAGE);
    all[i] = all[--count];
    return SUCCESS;
  }
  return INVALID_VALUE;
}

void releaseAll(void) {
  while (count) release(all[0].place, all[0].address);
}

size_t used(Place place) {
  size_t bytes = 0;
  for (size_t i = 0; i < count; i++) bytes += all[i].place == place ? all[i].bytes : 0;
  return bytes;
}

int allocations(Place place) {
  int found = 0;
  for (size_t i = 0; i < count; i++) found += all[i].place == place;
  return found;
}

static int holds(const Allocation *a, uint64_t address, size_t bytes) {
  return address >= a->address && bytes <= a->bytes && address - a->address <= a->bytes - bytes;
}

uint8_t *translated(uint64_t address, size_t bytes) {
  if (latest >= count || !holds(&all[latest], address, bytes)) {
    for (latest = 0; latest < count && !holds(&all[latest], address, bytes); latest++) continue;
    if (latest == count) return NULL;
  }
  return all[latest].memory + (address - all[latest].address);
}

int isPageLocked(uint64_t address) {
  for (size_t i = 0; i < count; i++)
    if (all[i].place != DEVICE && holds(&all[i], address, 1)) return 1;
  return 0;
}
