/*
 * NVML in software, for use with the software driver: one device at 0000:01:00.0. Queries that real devices often do not support
 * can be made to return 3. Environment variables (PINBENCH_DOUBLE_...) and their defaults: LINK "4x16/4x16" (during copies, and at
 * best), THROTTLE 0 (bits of nvmlClocksEventReasons), MIG 0, NVML_REFUSES (names of unsupported functions, separated by commas).
 */
#include "double.h"
#include <stdio.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))
enum { NOT_SUPPORTED = 3, NOT_PRESENT = 6 };
#define SUPPORTED \
  if (strstr(setting("NVML_REFUSES", ""), __func__)) return NOT_SUPPORTED

static unsigned linkOf(int index) {
  unsigned parts[4] = {4, 16, 4, 16};
  sscanf(setting("LINK", "4x16/4x16"), "%ux%u/%ux%u", &parts[0], &parts[1], &parts[2], &parts[3]);
  return parts[index];
}

static int give(unsigned *to, unsigned value) {
  *to = value;
  return SUCCESS;
}

EXPORT int nvmlInit_v2(void) { SUPPORTED; return SUCCESS; }
EXPORT int nvmlShutdown(void) { return SUCCESS; }

EXPORT int nvmlSystemGetDriverVersion(char *text, unsigned bytes) {
  SUPPORTED;
  snprintf(text, bytes, "999.01");
  return SUCCESS;
}

EXPORT int nvmlDeviceGetHandleByPciBusId_v2(const char *id, uint64_t *handle) {
  if (strcmp(id, "0000:01:00.0")) return NOT_PRESENT;
  *handle = 1;
  return SUCCESS;
}

EXPORT int nvmlDeviceGetCurrPcieLinkGeneration(uint64_t device, unsigned *value) { (void)device; SUPPORTED; return give(value, linkOf(0)); }
EXPORT int nvmlDeviceGetCurrPcieLinkWidth(uint64_t device, unsigned *value) { (void)device; SUPPORTED; return give(value, linkOf(1)); }
EXPORT int nvmlDeviceGetMaxPcieLinkGeneration(uint64_t device, unsigned *value) { (void)device; SUPPORTED; return give(value, linkOf(2)); }
EXPORT int nvmlDeviceGetMaxPcieLinkWidth(uint64_t device, unsigned *value) { (void)device; SUPPORTED; return give(value, linkOf(3)); }
EXPORT int nvmlDeviceGetClockInfo(uint64_t device, int clock, unsigned *mhz) { (void)device; SUPPORTED; return give(mhz, clock == 1 ? 1500 : 2600); }
EXPORT int nvmlDeviceGetPowerUsage(uint64_t device, unsigned *milliwatts) { (void)device; SUPPORTED; return give(milliwatts, 123456); }
EXPORT int nvmlDeviceGetTemperature(uint64_t device, int sensor, unsigned *celsius) { (void)device; (void)sensor; SUPPORTED; return give(celsius, 45); }
EXPORT int nvmlDeviceGetPersistenceMode(uint64_t device, unsigned *mode) { (void)device; SUPPORTED; return give(mode, 1); }

EXPORT int nvmlDeviceGetCurrentClocksThrottleReasons(uint64_t device, uint64_t *reasons) {
  (void)device;
  SUPPORTED;
  *reasons = number("THROTTLE", 0);
  return SUCCESS;
}

EXPORT int nvmlDeviceGetMigMode(uint64_t device, unsigned *now, unsigned *pending) {
  (void)device;
  SUPPORTED;
  *now = *pending = (unsigned)number("MIG", 0);
  return SUCCESS;
}

EXPORT int nvmlDeviceGetEccMode(uint64_t device, unsigned *now, unsigned *pending) {
  (void)device;
  SUPPORTED;
  *now = *pending = 1;
  return SUCCESS;
}
