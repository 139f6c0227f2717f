// The graph, sum(square(batch)), as one launch. Compiled once per dtype by make.sh, with clang and no CUDA toolkit.
//
// Entry points, `ELEMENT` being one of the twelve dtypes (one PTX file each):
//   slice_ELEMENT   the mini-batch is `per` contiguous elements
//   gather_ELEMENT  the mini-batch is rows named by an index list
//   empty           nothing: the floor under every step, a launch and a wait
//   gate            blocks its stream until the host opens it, so that the work queued behind it runs without a gap
//
// In each block, the threads read the mini-batch in 16-byte loads, several of them in flight, and add the squares. The sum of a
// thread and that of a block have the type `Sum`: float, or double if float would lose integers. The sums of several blocks are
// added in double. If there is only one block, it writes the scalar. Otherwise each block stores its partial sum in `state`, and
// the block that takes the last ticket adds them in index order. The result is therefore bit-identical for a given grid and block
// size, and no float atomics are needed (double ones need sm_60). The ticket wraps to zero, so nothing is cleared between launches.
//
// If there are several passes (`work`), each reads the mini-batch again at an offset of `pass * zero`, and adds the bits of the
// previous sum masked by `zero`. The host always passes 0, but the compiler cannot know that, so it cannot merge the passes.
//
// Most sums of type float are added in float, because double runs at 1/64 of the rate on GPUs made for graphics. In any order, a
// float sum of n squares has at most n roundings, which the bound in ../../reference.ts allows.

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

/// The state of a stream between launches, in device memory that is zeroed once: `16 + 8 * blocks` bytes.
struct State {
  u32 ticket;
  u32 reserved[3];
  double partial[1];
};

template <typename To, typename From> DEVICE To bits(From from) {
  To to;
  __builtin_memcpy(&to, &from, sizeof(To));
  return to;
}

// --- Elements ----------------------------------------------------------------------------------------------------------

/// How an element is stored, and the type its square is added in. `value` must be exact except for 64-bit integers.
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

/// Returns the sum of the squares that this worker, one of `workers`, reads of `run[0, count)`. There must be at least as many
/// workers as a 16-byte load has elements, or `count` of them. A run may begin at any element: the elements before the first and
/// after the last aligned 16 bytes are read one per worker. 16-byte loads are counted in 32 bits, which is enough for 64 GiB. Up
/// to `inFlight` of them are in flight at once, at the end of the run too: loads beyond the end are not made and count as zeros.
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
  Words words[inFlight];
  u32 at = worker;
  for (; at + (inFlight - 1) * workers < vectors; at += inFlight * workers) {
#pragma unroll
    for (int i = 0; i < inFlight; i++) words[i] = load(body + at + i * workers);
#pragma unroll
    for (int i = 0; i < inFlight; i++) sums[i] += squares<Element>(words[i]);
  }
  // Fewer than `inFlight` loads are left. Where it is one, as on small mini-batches, it is made alone.
  if (at + workers < vectors) {
#pragma unroll
    for (int i = 0; i < inFlight - 1; i++)
      words[i] = at + i * workers < vectors ? load(body + at + i * workers) : Words(0);
#pragma unroll
    for (int i = 0; i < inFlight - 1; i++) sums[i] += squares<Element>(words[i]);
  } else if (at < vectors) {
    sums[0] += squares<Element>(load(body + at));
  }
#pragma unroll
  for (int i = 0; i < inFlight; i++) sum += sums[i];
  return sum;
}

// --- Across threads ----------------------------------------------------------------------------------------------------

/// The value of the lane `distance` further on.
DEVICE float fromLane(float value, u32 distance) {
  return bits<float>(__nvvm_shfl_sync_down_i32(ALL_LANES, bits<int>(value), distance, 31));
}
DEVICE double fromLane(double value, u32 distance) {
  u64 mine = bits<u64>(value);
  u32 low = __nvvm_shfl_sync_down_i32(ALL_LANES, (int)mine, distance, 31);
  u32 high = __nvvm_shfl_sync_down_i32(ALL_LANES, (int)(mine >> 32), distance, 31);
  return bits<double>((u64)high << 32 | low);
}

template <typename Sum> DEVICE Sum sumOfWarp(Sum value) {
#pragma unroll
  for (int distance = 16; distance > 0; distance /= 2) value += fromLane(value, distance);
  return value;
}

/// The sum over the block's threads, in thread 0. The block is a whole number of warps.
template <typename Sum> DEVICE Sum sumOfBlock(Sum value, u32 thread, u32 threads) {
  SHARED static Sum warps[LANES];
  value = sumOfWarp(value);
  if (thread % LANES == 0) warps[thread / LANES] = value;
  __nvvm_barrier_sync(0);
  if (thread < LANES) value = sumOfWarp(thread < threads / LANES ? warps[thread] : Sum(0));
  return value;
}

/// The sum of `count` partial sums, in index order within each thread, in thread 0. Several loads are in flight at once.
DEVICE double sumOfPartials(const volatile double *partial, u32 count, u32 thread, u32 threads) {
  const int inFlight = 4;
  double total = 0;
  for (u32 at = thread; at < count; at += inFlight * threads) {
    double values[inFlight];
#pragma unroll
    for (int i = 0; i < inFlight; i++) values[i] = at + i * threads < count ? partial[at + i * threads] : 0.0;
#pragma unroll
    for (int i = 0; i < inFlight; i++) total += values[i];
  }
  return sumOfBlock(total, thread, threads);
}

/// Adds the sums of the threads and writes the total to `*out`. If there are several blocks, the last one to store its sum in
/// `state` adds them all, in double. A sum of type float is rounded to float, so that it overflows where float does.
template <typename Sum> DEVICE void conclude(Sum mine, double *out, State *state) {
  u32 thread = __nvvm_read_ptx_sreg_tid_x(), threads = __nvvm_read_ptx_sreg_ntid_x();
  u32 block = __nvvm_read_ptx_sreg_ctaid_x(), blocks = __nvvm_read_ptx_sreg_nctaid_x();
  SHARED static u32 last;
  Sum sum = sumOfBlock(mine, thread, threads);
  if (blocks > 1) {
    if (thread == 0) {
      *(volatile double *)&state->partial[block] = (double)sum;
      __nvvm_membar_gl();
      last = __nvvm_atom_inc_gen_ui(&state->ticket, blocks - 1) == blocks - 1;
    }
    __nvvm_barrier_sync(0);
    if (!last) return;
    __nvvm_membar_gl();
    sum = (Sum)sumOfPartials(state->partial, blocks, thread, threads);
  }
  if (thread == 0) *out = (double)sum;
}

// --- Entry points ------------------------------------------------------------------------------------------------------

#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)

DEVICE u32 masked(u32 bits, u64 mask) { return bits & (u32)mask; }
DEVICE u64 masked(u64 bits, u64 mask) { return bits & mask; }

/// Keeps the passes apart: see the head of this file.
DEVICE float carried(float before, float pass, u64 zero) { return pass + bits<float>(masked(bits<u32>(before), zero)); }
DEVICE double carried(double before, double pass, u64 zero) { return pass + bits<double>(masked(bits<u64>(before), zero)); }

/// The number of 16-byte loads that a thread has in flight at once if the mini-batch is contiguous.
static const int IN_FLIGHT = sizeof(ELEMENT::Stored) < 4 ? 2 : 4;

/// parameter  offset  meaning
/// data            0  the dataset, or the part of it that was copied
/// total           8  its elements; a mini-batch beyond them is short or empty
/// per            16  elements of a whole mini-batch
/// out            24  address of the scalar; with `order`, that of step k is out[k]
/// state          32  see State; launches that share one follow each other
/// order          40  mini-batch index of each step, or null
/// index          48  mini-batch index; with `order` the step
/// work           52  passes, at least 1
/// zero           56  0
ENTRY void JOIN(slice_, NAME)(const ELEMENT::Stored *data, u64 total, u64 per, double *out, State *state,
                              const u32 *order, u32 index, u32 work, u64 zero) {
  if (order) {
    out += index;
    index = order[index];
  }
  u64 begin = (u64)index * per;
  u64 left = begin < total ? total - begin : 0;
  u64 count = left < per ? left : per;
  u32 worker = __nvvm_read_ptx_sreg_ctaid_x() * __nvvm_read_ptx_sreg_ntid_x() + __nvvm_read_ptx_sreg_tid_x();
  u32 workers = __nvvm_read_ptx_sreg_nctaid_x() * __nvvm_read_ptx_sreg_ntid_x();
  ELEMENT::Sum sum = 0;
  for (u32 pass = 0; pass < work; pass++)
    sum = carried(sum, squaresOfRun<ELEMENT, IN_FLIGHT>(data + begin + pass * zero, count, worker, workers), zero);
  conclude<ELEMENT::Sum>(sum, out, state);
}

/// Teams of 2^teamBits lanes take the rows in turn, so that a warp reads several narrow rows at once.
///
/// parameter  offset  meaning
/// data            0  the dataset
/// rows            8  its rows; an index beyond them adds nothing
/// cols           16  elements of a row
/// out            24  address of the scalar
/// state          32  see State
/// list           40  row indexes of the mini-batch
/// count          48  how many
/// teamBits       52  0 to 5; a team must be large enough for a row: see `squaresOfRun`
/// work           56  passes, at least 1
/// zero           64  0
ENTRY void JOIN(gather_, NAME)(const ELEMENT::Stored *data, u64 rows, u64 cols, double *out, State *state,
                               const u32 *list, u32 count, u32 teamBits, u32 work, u64 zero) {
  u32 threads = __nvvm_read_ptx_sreg_ntid_x();
  u32 thread = __nvvm_read_ptx_sreg_ctaid_x() * threads + __nvvm_read_ptx_sreg_tid_x();
  u32 lanes = 1u << teamBits, lane = thread & (lanes - 1);
  u32 team = thread >> teamBits, teams = __nvvm_read_ptx_sreg_nctaid_x() * threads >> teamBits;
  ELEMENT::Sum sum = 0;
  for (u32 pass = 0; pass < work; pass++) {
    ELEMENT::Sum squared = 0;
    for (u32 i = team; i < count; i += teams) {
      u64 row = list[i];
      // One load at a time: that leaves registers for as many warps as an SM holds, whose loads are in flight at the same time.
      if (row < rows) squared += squaresOfRun<ELEMENT, 1>(data + row * cols + pass * zero, cols, lane, lanes);
    }
    sum = carried(sum, squared, zero);
  }
  conclude<ELEMENT::Sum>(sum, out, state);
}

ENTRY void empty() {}

/// Ends when the host has set `flags[0]`, which it may do at any time. After `polls` polls it sets `flags[1]` and ends too.
ENTRY void gate(volatile u32 *flags, u32 polls) {
  while (flags[0] == 0) {
    if (polls-- == 0) {
      flags[1] = 1;
      return;
    }
  }
}
