/* Runs a kernel: blocks in random order, the warps of a block in random turns, the lanes of a warp in lockstep. */
#include "ptx.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { OK = 0, ILLEGAL_ADDRESS = 700, TIME_OUT = 702, MISALIGNED = 716, LAUNCH_FAILED = 719 };
enum { TURN = 64 }; /* the most instructions a warp runs before another warp's turn */

typedef struct {
  uint64_t *registers[LANES];
  uint8_t *written[LANES]; /* which registers are initialized */
  int pc[LANES];
  int done[LANES], waiting[LANES]; /* the lane has ended; the lane waits at a barrier */
} Warp;

typedef struct {
  const PtxKernel *kernel;
  const uint8_t *parameters;
  const PtxLaunch *launch;
  uint32_t block;
  uint8_t *shared;
  uint64_t random, left;
  int undefined; /* whether an uninitialized register was read */
} Run;

static uint64_t next(Run *r) {
  r->random ^= r->random << 13;
  r->random ^= r->random >> 7;
  r->random ^= r->random << 17;
  return r->random;
}

/* Truncates a value to its type's width; signed values are sign-extended. */
static uint64_t cut(uint64_t value, Type type) {
  if (type.kind == 'p') return value & 1;
  if (type.bytes == 8) return value;
  int bits = type.bytes * 8;
  uint64_t low = value & ((1ull << bits) - 1);
  return type.kind == 's' && low >> (bits - 1) ? low | ~0ull << bits : low;
}

static double asDouble(uint64_t v) { double d; memcpy(&d, &v, 8); return d; }
static uint64_t ofDouble(double d) { uint64_t v; memcpy(&v, &d, 8); return v; }
static float asFloat(uint64_t v) { uint32_t w = (uint32_t)v; float f; memcpy(&f, &w, 4); return f; }
static uint64_t ofFloat(float f) { uint32_t w; memcpy(&w, &f, 4); return w; }

/* Converts from IEEE binary16. */
static float ofHalf(uint16_t h) {
  int exponent = h >> 10 & 31, fraction = h & 1023;
  float magnitude = exponent == 31 ? (fraction ? NAN : INFINITY)
                    : exponent     ? ldexpf((float)(1024 + fraction), exponent - 25)
                                   : ldexpf((float)fraction, -24);
  return h & 0x8000 ? -magnitude : magnitude;
}

static uint64_t special(const Run *r, Special which, uint32_t thread) {
  switch (which) {
    case SPECIAL_TID: return thread;
    case SPECIAL_NTID: return r->launch->threads;
    case SPECIAL_CTAID: return r->block;
    default: return r->launch->blocks;
  }
}

static uint64_t get(Run *r, const Warp *w, int lane, uint32_t thread, Operand o) {
  if (o.kind == OPERAND_IMMEDIATE) return o.value;
  if (o.kind == OPERAND_SPECIAL) return special(r, (Special)o.index, thread);
  if (!w->written[lane][o.index]) r->undefined = 1;
  return w->registers[lane][o.index];
}

static void set(Warp *w, int lane, Operand o, uint64_t value) {
  w->registers[lane][o.index] = value;
  w->written[lane][o.index] = 1;
}

static uint64_t integer(Op op, Type t, uint64_t a, uint64_t b, uint64_t c) {
  int64_t sa = (int64_t)cut(a, t), sb = (int64_t)cut(b, t);
  uint64_t ua = cut(a, t), ub = cut(b, t);
  int isSigned = t.kind == 's', bits = t.bytes * 8;
  switch (op) {
    case OP_ADD: return a + b;
    case OP_SUB: return a - b;
    case OP_MUL_LO: return a * b;
    case OP_MUL_WIDE: return isSigned ? (uint64_t)(sa * sb) : ua * ub;
    case OP_MAD_LO: return a * b + c;
    case OP_MIN: return isSigned ? (uint64_t)(sa < sb ? sa : sb) : ua < ub ? ua : ub;
    case OP_MAX: return isSigned ? (uint64_t)(sa > sb ? sa : sb) : ua > ub ? ua : ub;
    case OP_NEG: return 0 - a;
    case OP_AND: return a & b;
    case OP_OR: return a | b;
    case OP_SHL: return (uint32_t)b >= (uint32_t)bits ? 0 : ua << (uint32_t)b;
    case OP_SHR:
      if ((uint32_t)b >= (uint32_t)bits) return isSigned && sa < 0 ? ~0ull : 0;
      return isSigned ? (uint64_t)(sa >> (uint32_t)b) : ua >> (uint32_t)b;
    case OP_BFE: return (c & 255) >= 64 ? ua >> (b & 255) : ua >> (b & 255) & ((1ull << (c & 255)) - 1);
    default: return 0;
  }
}

static uint64_t floating(Op op, Type t, uint64_t a, uint64_t b, uint64_t c) {
  if (t.bytes == 8) {
    double x = asDouble(a), y = asDouble(b);
    return ofDouble(op == OP_FMA ? fma(x, y, asDouble(c)) : op == OP_ADD ? x + y : op == OP_SUB ? x - y : x * y);
  }
  float x = asFloat(a), y = asFloat(b);
  return ofFloat(op == OP_FMA ? fmaf(x, y, asFloat(c)) : op == OP_ADD ? x + y : op == OP_SUB ? x - y : x * y);
}

static int compared(Compare compare, Type t, uint64_t a, uint64_t b) {
  int less, equal;
  if (t.kind == 'f') {
    double x = t.bytes == 8 ? asDouble(a) : asFloat(a), y = t.bytes == 8 ? asDouble(b) : asFloat(b);
    less = x < y, equal = x == y;
  } else if (t.kind == 's') less = (int64_t)cut(a, t) < (int64_t)cut(b, t), equal = cut(a, t) == cut(b, t);
  else less = cut(a, t) < cut(b, t), equal = cut(a, t) == cut(b, t);
  switch (compare) {
    case CMP_EQ: return equal;
    case CMP_NE: return !equal;
    case CMP_LT: return less;
    case CMP_LE: return less || equal;
    case CMP_GT: return !less && !equal;
    default: return !less;
  }
}

static uint64_t converted(Type to, Type from, uint64_t v) {
  v = cut(v, from);
  if (to.kind == 'f' && from.kind == 'f') {
    if (from.bytes == 2) return ofFloat(ofHalf((uint16_t)v));
    return to.bytes == 8 ? ofDouble(asFloat(v)) : ofFloat((float)asDouble(v));
  }
  if (to.kind == 'f') {
    if (to.bytes == 8) return ofDouble(from.kind == 's' ? (double)(int64_t)v : (double)v);
    return ofFloat(from.kind == 's' ? (float)(int64_t)v : (float)v);
  }
  return v;
}

/* Finds the host memory of an access. Returns an error status if it is misaligned or out of bounds. */
static int reach(Run *r, Space space, uint64_t address, size_t bytes, uint8_t **memory) {
  if (address % bytes) return MISALIGNED;
  if (space == SPACE_SHARED) {
    if (address + bytes > r->kernel->sharedBytes) return ILLEGAL_ADDRESS;
    *memory = r->shared + address;
    return OK;
  }
  *memory = r->launch->translate(address, bytes);
  return *memory ? OK : ILLEGAL_ADDRESS;
}

static int load(Run *r, Warp *w, int lane, uint32_t thread, const Instruction *in) {
  const Operand *at = &in->operand[in->vector];
  size_t bytes = (size_t)in->type.bytes;
  uint64_t address = at->kind == OPERAND_IMMEDIATE ? at->value : get(r, w, lane, thread, *at) + at->value;
  uint8_t *memory;
  if (in->space == SPACE_PARAM) {
    if (address + bytes > r->kernel->parameterBytes) return ILLEGAL_ADDRESS;
    memory = (uint8_t *)r->parameters + address;
  } else {
    int status = reach(r, in->space, address, bytes * (size_t)in->vector, &memory);
    if (status) return status;
  }
  for (int i = 0; i < in->vector; i++) {
    uint64_t value = 0;
    memcpy(&value, memory + (size_t)i * bytes, bytes);
    set(w, lane, in->operand[i], cut(value, in->type));
  }
  return OK;
}

static int store(Run *r, Warp *w, int lane, uint32_t thread, const Instruction *in) {
  const Operand *at = &in->operand[0];
  uint64_t address = at->kind == OPERAND_IMMEDIATE ? at->value : get(r, w, lane, thread, *at) + at->value;
  uint64_t value = get(r, w, lane, thread, in->operand[1]);
  uint8_t *memory;
  int status = reach(r, in->space, address, (size_t)in->type.bytes, &memory);
  if (!status) memcpy(memory, &value, (size_t)in->type.bytes);
  return status;
}

/* atom.inc: returns the old value; the new value wraps to 0 after the bound. */
static int increment(Run *r, Warp *w, int lane, uint32_t thread, const Instruction *in) {
  uint64_t address = get(r, w, lane, thread, in->operand[1]) + in->operand[1].value;
  uint32_t bound = (uint32_t)get(r, w, lane, thread, in->operand[2]), old;
  uint8_t *memory;
  int status = reach(r, SPACE_GLOBAL, address, 4, &memory);
  if (status) return status;
  memcpy(&old, memory, 4);
  uint32_t new = old >= bound ? 0 : old + 1;
  memcpy(memory, &new, 4);
  set(w, lane, in->operand[0], old);
  return OK;
}

static void move(Run *r, Warp *w, int lane, uint32_t thread, const Instruction *in) {
  const Operand *o = in->operand;
  if (in->packs == 1) set(w, lane, o[0], (get(r, w, lane, thread, o[1]) & 0xffffffff) | get(r, w, lane, thread, o[2]) << 32);
  else if (in->packs == 2) {
    uint64_t whole = get(r, w, lane, thread, o[2]);
    set(w, lane, o[0], whole & 0xffffffff);
    set(w, lane, o[1], whole >> 32);
  } else set(w, lane, o[0], get(r, w, lane, thread, o[1]));
}

static int execute(Run *r, Warp *w, int lane, uint32_t thread, const Instruction *in) {
  const Operand *o = in->operand;
  switch (in->op) {
    case OP_LD: return load(r, w, lane, thread, in);
    case OP_ST: return store(r, w, lane, thread, in);
    case OP_ATOM_INC: return increment(r, w, lane, thread, in);
    case OP_MOV: return move(r, w, lane, thread, in), OK;
    case OP_MEMBAR: return OK;
    default: break;
  }
  uint64_t v[3] = {0};
  for (int i = 1; i < in->operands && i <= 3; i++) v[i - 1] = get(r, w, lane, thread, o[i]);
  uint64_t result;
  if (in->op == OP_SETP) result = (uint64_t)compared(in->compare, in->type, v[0], v[1]);
  else if (in->op == OP_SELP) result = v[2] & 1 ? v[0] : v[1];
  else if (in->op == OP_CVT) result = converted(in->type, in->source, v[0]);
  else result = in->type.kind == 'f' ? floating(in->op, in->type, v[0], v[1], v[2]) : integer(in->op, in->type, v[0], v[1], v[2]);
  Type type = in->type;
  if (in->op == OP_MUL_WIDE) type.bytes *= 2;
  set(w, lane, o[0], in->op == OP_SETP ? result : cut(result, type));
  return OK;
}

/* shfl.sync.down: every lane in its mask must execute it together. */
static int shuffle(Run *r, Warp *w, uint32_t here, uint32_t firstThread, const Instruction *in) {
  uint64_t before[LANES] = {0};
  const Operand *o = in->operand;
  for (int lane = 0; lane < LANES; lane++)
    if (here >> lane & 1) before[lane] = get(r, w, lane, firstThread + (uint32_t)lane, o[1]);
  for (int lane = 0; lane < LANES; lane++) {
    if (!(here >> lane & 1)) continue;
    uint32_t thread = firstThread + (uint32_t)lane;
    if ((uint32_t)get(r, w, lane, thread, o[4]) != here) return LAUNCH_FAILED;
    int from = lane + (int)get(r, w, lane, thread, o[2]), last = (int)(get(r, w, lane, thread, o[3]) & 31);
    set(w, lane, o[0], before[from > last ? lane : from] & 0xffffffff);
  }
  return OK;
}

/* Runs one instruction for the lanes with the lowest program counter, so that diverged lanes converge again. */
static int step(Run *r, Warp *w, uint32_t firstThread) {
  int pc = r->kernel->instructionCount;
  for (int lane = 0; lane < LANES; lane++)
    if (!w->done[lane] && !w->waiting[lane] && w->pc[lane] < pc) pc = w->pc[lane];
  if (pc >= r->kernel->instructionCount) return LAUNCH_FAILED; /* past the end */
  const Instruction *in = &r->kernel->instructions[pc];
  uint32_t here = 0, active = 0;
  for (int lane = 0; lane < LANES; lane++) {
    if (w->done[lane] || w->waiting[lane] || w->pc[lane] != pc) continue;
    here |= 1u << lane;
    Operand predicate = {OPERAND_REGISTER, in->predicate, 0};
    if (in->predicate < 0 || (get(r, w, lane, 0, predicate) & 1) != (uint64_t)in->negated) active |= 1u << lane;
  }
  if (r->left == 0) return TIME_OUT;
  r->left--;
  if (in->op == OP_SHFL_DOWN) {
    int status = shuffle(r, w, here, firstThread, in);
    if (status) return status;
  }
  for (int lane = 0; lane < LANES; lane++) {
    if (!(here >> lane & 1)) continue;
    w->pc[lane] = pc + 1;
    if (!(active >> lane & 1)) continue;
    if (in->op == OP_BRA) w->pc[lane] = in->target;
    else if (in->op == OP_RET) w->done[lane] = 1;
    else if (in->op == OP_BAR) w->waiting[lane] = 1;
    else if (in->op != OP_SHFL_DOWN) {
      int status = execute(r, w, lane, firstThread + (uint32_t)lane, in);
      if (status) return status;
    }
  }
  return r->undefined ? LAUNCH_FAILED : OK;
}

static int live(const Warp *w, int orWaiting) {
  for (int lane = 0; lane < LANES; lane++)
    if (!w->done[lane] && (orWaiting || !w->waiting[lane])) return 1;
  return 0;
}

/* Opens the barrier if every thread that has not ended waits at it. */
static int openBarrier(Warp *warps, uint32_t count) {
  int opened = 0;
  for (uint32_t i = 0; i < count; i++)
    if (live(&warps[i], 0)) return 0;
  for (uint32_t i = 0; i < count; i++)
    for (int lane = 0; lane < LANES; lane++) opened |= warps[i].waiting[lane], warps[i].waiting[lane] = 0;
  return opened;
}

static int runBlock(Run *r, Warp *warps, uint32_t count) {
  size_t registers = (size_t)r->kernel->registerCount;
  if (r->kernel->sharedBytes) memset(r->shared, 0xa5, r->kernel->sharedBytes);
  for (uint32_t i = 0; i < count; i++) {
    uint64_t *memory = warps[i].registers[0];
    uint8_t *written = warps[i].written[0];
    memset(&warps[i], 0, sizeof(Warp));
    memset(written, 0, registers * LANES);
    for (int lane = 0; lane < LANES; lane++) {
      warps[i].registers[lane] = memory + (size_t)lane * registers;
      warps[i].written[lane] = written + (size_t)lane * registers;
      warps[i].done[lane] = i * LANES + (uint32_t)lane >= r->launch->threads;
    }
  }
  for (;;) {
    uint32_t first = (uint32_t)(next(r) % count), chosen = count;
    for (uint32_t i = 0; i < count && chosen == count; i++)
      if (live(&warps[(first + i) % count], 0)) chosen = (first + i) % count;
    if (chosen == count) {
      if (!openBarrier(warps, count)) return OK;
      continue;
    }
    for (uint64_t turn = next(r) % TURN + 1; turn && live(&warps[chosen], 0); turn--) {
      int status = step(r, &warps[chosen], chosen * LANES);
      if (status) return status;
    }
  }
}

int ptxRun(const PtxKernel *kernel, const uint8_t *parameters, const PtxLaunch *launch) {
  if (!kernel->instructionCount) return OK;
  Run r = {.kernel = kernel, .parameters = parameters, .launch = launch, .random = launch->seed | 1, .left = launch->instructions};
  uint32_t count = (launch->threads + LANES - 1) / LANES;
  Warp *warps = calloc(count, sizeof *warps);
  uint32_t *order = malloc(launch->blocks * sizeof *order);
  size_t registers = (size_t)(kernel->registerCount ? kernel->registerCount : 1) * LANES;
  for (uint32_t i = 0; i < count; i++) {
    warps[i].registers[0] = calloc(registers, sizeof(uint64_t));
    warps[i].written[0] = malloc(registers);
  }
  r.shared = malloc(kernel->sharedBytes + 1);
  for (uint32_t i = 0; i < launch->blocks; i++) order[i] = i;
  for (uint32_t i = launch->blocks; i > 1; i--) {
    uint32_t j = (uint32_t)(next(&r) % i), held = order[i - 1];
    order[i - 1] = order[j];
    order[j] = held;
  }
  int status = OK;
  for (uint32_t i = 0; i < launch->blocks && !status; i++) {
    r.block = order[i];
    status = runBlock(&r, warps, count);
  }
  *launch->ran += launch->instructions - r.left;
  for (uint32_t i = 0; i < count; i++) {
    free(warps[i].registers[0]);
    free(warps[i].written[0]);
  }
  free(warps);
  free(order);
  free(r.shared);
  return status;
}
