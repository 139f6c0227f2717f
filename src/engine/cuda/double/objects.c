#include "double.h"
#include <stdlib.h>

enum { FIRST = 0x1000, STRIDE = 16 };

static struct {
  Kind kind;
  void *object;
} *table;
static size_t count, room;

uint64_t handleOf(Kind kind, void *object) {
  if (count == room) table = realloc(table, (room = room ? 2 * room : 64) * sizeof *table);
  table[count].kind = kind;
  table[count].object = object;
  return FIRST + STRIDE * count++;
}

static size_t indexOf(uint64_t handle) {
  return handle < FIRST || (handle - FIRST) % STRIDE ? SIZE_MAX : (handle - FIRST) / STRIDE;
}

void *objectOf(Kind kind, uint64_t handle) {
  size_t index = indexOf(handle);
  return index < count && table[index].kind == kind ? table[index].object : NULL;
}

void forget(uint64_t handle) {
  size_t index = indexOf(handle);
  if (index < count) table[index].object = NULL;
}

void forgetObject(Kind kind, const void *object) {
  for (size_t i = 0; i < count; i++)
    if (table[i].kind == kind && table[i].object == object) table[i].object = NULL;
}

void forgetAll(void) {
  for (size_t i = 0; i < count; i++) table[i].object = NULL;
}

int livingCount(Kind kind) {
  int found = 0;
  for (size_t i = 0; i < count; i++) found += table[i].kind == kind && table[i].object;
  return found;
}
