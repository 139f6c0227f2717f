// The graph, sum(square(batch)), as one launch. Compiled once per dtype by make.sh, with clang and no CUDA toolkit.
//
// Entry points, `ELEMENT` being one of the twelve dtypes (one PTX file each):
//   slice_ELEMENT   the mini-batch is `per` contiguous elements
//   gather_ELEMENT  the mini-batch is rows named by an index list
//   empty           nothing: the floor under every step, a launch and a wait
//
// What every block does: threads stride over the mini-batch in 16-byte loads, several in flight, and add squares in
// `Sum` (float, or double where float would lose the integers); everything across threads is double. A block leaves its
// partial sum in `state`; the block that takes the last ticket adds them in index order. So for one grid and block the
// result is the same to the bit, and no float atomics are needed (double ones need sm_60). The ticket wraps to zero by
// itself: nothing is cleared between launches.
//
// `work` passes: each reads the mini-batch again at an offset of `pass * zero`, and carries the bits of the sum before
// masked by `zero`, which the host always passes as 0. No compiler can know that, so none may fold the passes into one.

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef u32 Words __attribute__((ext_vector_type(4)));

#define DEVICE __attribute__((device, always_inline)) inline
#define ENTRY extern "C" __attribute__((global, launch_bounds(256)))
#define SHARED __attribute__((shared))

static const u32 LANES = 32;
static const u32 ALL_LANES = 0xffffffffu;
static const u32 VECTOR_BYTES = 16;

/// What a stream keeps between launches, in device memory, zeroed once: `16 + 8 * blocks` bytes.
struct State {
  u32 ticket;
  u32 step;
  u64 reserved;
  double partial[1];
};

template <typename To, typename From> DEVICE To bits(From from) {
  To to;
  __builtin_memcpy(&to, &from, sizeof(To));
  return to;
}

// --- Elements ----------------------------------------------------------------------------------------------------------

/// How an element is stored, and the type its square is added in. `value` must be exact but for 64-bit integers.
struct Float16 {
  typedef u16 Stored;
  typedef float Sum;
  static DEVICE float value(u16 stored) {
    float f;
    asm("cvt.f32.f16 %0, %1;" : "=f"(f) : "h"(stored));
    return f;
  }
};
struct Bool {
  typedef u8 Stored;
  typedef float Sum;
  static DEVICE float value(u8 stored) { return stored ? 1.0f : 0.0f; }
};
template <typename T, typename Bits, typename S> struct Number {
  typedef Bits Stored;
  typedef S Sum;
  static DEVICE S value(Bits stored) { return (S)bits<T>(stored); }
};
typedef Number<float, u32, float> Float32;
typedef Number<double, u64, double> Float64;
typedef Number<signed char, u8, float> Int8;
typedef Number<u8, u8, float> Uint8;
typedef Number<short, u16, float> Int16;
typedef Number<u16, u16, float> Uint16;
typedef Number<int, u32, double> Int32;
typedef Number<u32, u32, double> Uint32;
typedef Number<long long, u64, double> Int64;
typedef Number<u64, u64, double> Uint64;

/// The `k`-th element of a 16-byte load.
template <typename Stored> DEVICE Stored elementOf(Words words, int k) {
  const int perWord = 4 / (int)sizeof(Stored);
  return (Stored)(words[k / perWord] >> (8 * (int)sizeof(Stored) * (k % perWord)));
}
template <> DEVICE u64 elementOf<u64>(Words words, int k) {
  return (u64)words[2 * k] | (u64)words[2 * k + 1] << 32;
}

template <typename Element> DEVICE typename Element::Sum square(typename Element::Stored stored) {
  typename Element::Sum value = Element::value(stored);
  return value * value;
}

template <typename Element> DEVICE typename Element::Sum squares(Words words) {
  typename Element::Sum sum = 0;
#pragma unroll
  for (int k = 0; k < (int)(VECTOR_BYTES / sizeof(typename Element::Stored)); k++)
    sum += square<Element>(elementOf<typename Element::Stored>(words, k));
  return sum;
}

// --- Runs of elements --------------------------------------------------------------------------------------------------

DEVICE Words load(const Words *at) { return __nvvm_ldg_ui4(at); }

/// Adds the squares of `run[0, count)` that are this worker's, of `workers` (at least 32). A run may begin at any element:
/// what stands before the first and behind the last whole 16 bytes is peeled, an element a worker. 16-byte loads are
/// counted in 32 bits, which is enough for 64 GiB; `inFlight` of them are under way at once.
template <typename Element, int inFlight>
DEVICE typename Element::Sum squaresOfRun(const typename Element::Stored *run, u64 count, u32 worker, u32 workers) {
  typedef typename Element::Sum Sum;
  const u32 perVector = VECTOR_BYTES / sizeof(typename Element::Stored);
  u64 head = (0 - (u64)run) % VECTOR_BYTES / sizeof(typename Element::Stored);
  if (head > count) head = count;
  const Words *body = (const Words *)(run + head);
  u32 vectors = (u32)((count - head) / perVector);
  const typename Element::Stored *tail = (const typename Element::Stored *)(body + vectors);
  u32 rest = (u32)(count - head) % perVector;

  Sum sum = 0;
  if (worker < head) sum += square<Element>(run[worker]);
  if (worker < rest) sum += square<Element>(tail[worker]);
  Sum sums[inFlight] = {};
  u32 at = worker;
  for (; at + (inFlight - 1) * workers < vectors; at += inFlight * workers) {
    Words words[inFlight];
#pragma unroll
    for (int i = 0; i < inFlight; i++) words[i] = load(body + at + i * workers);
#pragma unroll
    for (int i = 0; i < inFlight; i++) sums[i] += squares<Element>(words[i]);
  }
  for (; at < vectors; at += workers) sums[0] += squares<Element>(load(body + at));
#pragma unroll
  for (int i = 0; i < inFlight; i++) sum += sums[i];
  return sum;
}

// --- Across threads ----------------------------------------------------------------------------------------------------

DEVICE double sumOfWarp(double value) {
#pragma unroll
  for (int distance = 16; distance > 0; distance /= 2) {
    u64 mine = bits<u64>(value);
    u32 low = __nvvm_shfl_sync_down_i32(ALL_LANES, (int)mine, distance, 31);
    u32 high = __nvvm_shfl_sync_down_i32(ALL_LANES, (int)(mine >> 32), distance, 31);
    value += bits<double>((u64)high << 32 | low);
  }
  return value;
}

/// The sum over the block's threads, in thread 0. The block is a whole number of warps.
DEVICE double sumOfBlock(double value, u32 thread, u32 threads) {
  SHARED static double warps[LANES];
  value = sumOfWarp(value);
  if (thread % LANES == 0) warps[thread / LANES] = value;
  __nvvm_barrier_sync(0);
  if (thread < LANES) value = sumOfWarp(thread < threads / LANES ? warps[thread] : 0.0);
  return value;
}

/// Leaves the block's sum in `state`; the last block to do so adds all of them in index order into `*out`. A float sum is
/// rounded to float, so that it overflows where float does. With `steps` the state counts them, from 0 again after the last.
template <typename Sum> DEVICE void conclude(double sum, double *out, State *state, u32 steps) {
  u32 thread = __nvvm_read_ptx_sreg_tid_x(), threads = __nvvm_read_ptx_sreg_ntid_x();
  u32 block = __nvvm_read_ptx_sreg_ctaid_x(), blocks = __nvvm_read_ptx_sreg_nctaid_x();
  SHARED static u32 last;
  sum = sumOfBlock(sum, thread, threads);
  if (thread == 0) {
    *(volatile double *)&state->partial[block] = sum;
    __nvvm_membar_gl();
    last = __nvvm_atom_inc_gen_ui(&state->ticket, blocks - 1) == blocks - 1;
  }
  __nvvm_barrier_sync(0);
  if (!last) return;
  __nvvm_membar_gl();
  double total = 0;
  for (u32 i = thread; i < blocks; i += threads) total += *(volatile double *)&state->partial[i];
  total = sumOfBlock(total, thread, threads);
  if (thread == 0) {
    *out = (double)(Sum)total;
    if (steps != 0) state->step = state->step + 1 == steps ? 0 : state->step + 1;
  }
}

// --- Entry points ------------------------------------------------------------------------------------------------------

#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)

/// Keeps the passes apart: see the head of this file.
template <typename Sum> DEVICE double carried(double before, Sum pass, u64 zero) {
  return (double)pass + bits<double>(bits<u64>(before) & zero);
}

/// parameter  offset  meaning
/// data            0  the dataset, or what was copied of it
/// total           8  its elements; a mini-batch beyond them is short or empty
/// per            16  elements of a whole mini-batch
/// out            24  where the scalar goes (with `order`: step k's to out[k])
/// state          32  see State; launches that share one follow each other
/// order          40  mini-batch index of each step, or null
/// index          48  mini-batch index, where `order` is null
/// steps          52  steps of the order, 0 where there is none
/// work           56  passes, at least 1
/// zero           64  0
ENTRY void JOIN(slice_, NAME)(const ELEMENT::Stored *data, u64 total, u64 per, double *out, State *state,
                              const u32 *order, u32 index, u32 steps, u32 work, u64 zero) {
  if (order) {
    u32 step = *(volatile u32 *)&state->step;
    index = order[step];
    out += step;
  }
  u64 begin = (u64)index * per;
  u64 left = begin < total ? total - begin : 0;
  u64 count = left < per ? left : per;
  u32 worker = __nvvm_read_ptx_sreg_ctaid_x() * __nvvm_read_ptx_sreg_ntid_x() + __nvvm_read_ptx_sreg_tid_x();
  u32 workers = __nvvm_read_ptx_sreg_nctaid_x() * __nvvm_read_ptx_sreg_ntid_x();
  const int inFlight = sizeof(ELEMENT::Stored) < 4 ? 2 : 4;
  double sum = 0;
  for (u32 pass = 0; pass < work; pass++)
    sum = carried(sum, squaresOfRun<ELEMENT, inFlight>(data + begin + pass * zero, count, worker, workers), zero);
  conclude<ELEMENT::Sum>(sum, out, state, steps);
}

/// parameter  offset  meaning
/// data            0  the dataset
/// rows            8  its rows; an index beyond them counts as nothing
/// cols           16  elements of a row
/// out            24  where the scalar goes
/// state          32  see State
/// list           40  row indexes of the mini-batch
/// count          48  how many
/// work           52  passes, at least 1
/// zero           56  0
ENTRY void JOIN(gather_, NAME)(const ELEMENT::Stored *data, u64 rows, u64 cols, double *out, State *state,
                               const u32 *list, u32 count, u32 work, u64 zero) {
  u32 thread = __nvvm_read_ptx_sreg_tid_x(), threads = __nvvm_read_ptx_sreg_ntid_x();
  u32 lane = thread % LANES;
  u32 warp = (__nvvm_read_ptx_sreg_ctaid_x() * threads + thread) / LANES;
  u32 warps = __nvvm_read_ptx_sreg_nctaid_x() * threads / LANES;
  double sum = 0;
  for (u32 pass = 0; pass < work; pass++) {
    double squared = 0;
    for (u32 i = warp; i < count; i += warps) {
      u64 row = list[i];
      if (row < rows) squared += squaresOfRun<ELEMENT, 1>(data + row * cols + pass * zero, cols, lane, LANES);
    }
    sum = carried(sum, squared, zero);
  }
  conclude<ELEMENT::Sum>(sum, out, state, 0);
}

ENTRY void empty() {}
