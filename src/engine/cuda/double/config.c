#include "double.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *setting(const char *name, const char *otherwise) {
  char whole[64];
  snprintf(whole, sizeof whole, "PINBENCH_DOUBLE_%s", name);
  const char *value = getenv(whole);
  return value && *value ? value : otherwise;
}

uint64_t number(const char *name, uint64_t otherwise) {
  const char *value = setting(name, NULL);
  return value ? (uint64_t)strtod(value, NULL) : otherwise;
}

int fault(const char *name, uint64_t nth) {
  const char *at = setting("FAIL", "");
  size_t length = strlen(name);
  while (at) {
    if (*at == ',') at++;
    if (!strncmp(at, name, length) && at[length] == ':') {
      char *end;
      uint64_t wanted = strtoull(at + length + 1, &end, 10);
      if (wanted == nth && *end == '=') return atoi(end + 1);
    }
    at = strchr(at, ',');
  }
  return SUCCESS;
}

uint32_t drawn(uint32_t bound) {
  static uint64_t state;
  if (!state) state = number("SEED", 1) * 0x9e3779b97f4a7c15ull | 1;
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return (uint32_t)((state >> 32) % bound);
}
