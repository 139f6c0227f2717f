import { decodeToFloat64 } from '../../../data/cast.js';
import { allocate, ELEMENT_BYTES, type Values } from '../../../data/dataset.js';
import { DTYPES, type DType } from '../../../words.js';
import { sumTypeOf } from '../../reference.js';
import { type Argument, type CallName, DECLARATIONS, type RawCalls } from '../declarations.js';
import type { Library } from '../library.js';

/** One allocation in the address space. */
interface Region {
  readonly base: number;
  readonly bytes: Uint8Array;
  kind: 'device' | Source;
}

type Operation = () => void;
interface Stream {
  /** The context it was created in. Work can be queued only while that context is current. */
  readonly context: number;
  readonly queue: Operation[];
  capturing: Operation[] | undefined;
}
interface Recorded {
  done: boolean;
  readonly stream: Stream;
}

/** Default attributes by number: multiprocessors, integrated, L2 bytes and compute capability. */
const USUAL_ATTRIBUTES: Readonly<Record<number, number>> = { 16: 4, 18: 0, 38: 65536, 75: 9, 76: 0 };

/** The calls that need no current context. */
const WITHOUT_CONTEXT = /^cu(?:Init|Driver|Device|CtxSetCurrent)/;

/** The properties and injected faults of the library. */
export interface MemoryOptions {
  readonly devices?: number;
  readonly memoryBytes?: number;
  readonly name?: string;
  /** Device attributes, by number, that differ from the defaults. */
  readonly attributes?: Readonly<Record<number, number>>;
  /** The status that the nth call of a function (from 1) returns. */
  readonly fail?: Partial<Record<CallName, readonly [nth: number, status: number]>>;
}

/** The kind of host memory a copy reads from; `registered` is ordinary host memory that was page-locked in place. */
type Source = 'page-locked' | 'registered' | 'pageable';

const OUT_OF_MEMORY = 2;
const NO_DEVICE = 100;
const INVALID_CONTEXT = 201;
const INVALID_HANDLE = 400;
const ALREADY_REGISTERED = 712;

/**
 * A CUDA driver in JavaScript memory, which tests the loops without a GPU or a C compiler. Queued work runs only when its stream
 * is synchronized, and a copy reads host memory of any kind only then. A real driver may also read pageable memory when the copy
 * is queued. Kernels are recognized by name.
 */
export class MemoryLibrary implements Library {
  readonly path = 'in memory';
  readonly call: RawCalls;
  /** How often each function was called. */
  readonly calls = new Map<CallName, number>();
  /** Bytes copied to the device, by the kind of source memory. */
  readonly copied: Record<Source, number> = { 'page-locked': 0, registered: 0, pageable: 0 };
  readonly #options: MemoryOptions;
  readonly #faults = new Map<CallName, readonly [nth: number, status: number]>();
  readonly #regions: Region[] = [];
  readonly #bases = new WeakMap<ArrayBufferLike, number>();
  readonly #handles = new Map<number, unknown>();
  /** The retained primary context of each device, with its reference count. */
  readonly #contexts = new Map<number, { readonly handle: number; retained: number }>();
  #current = 0;
  #nextHost = 0x10_0000;
  #nextDevice = 0x7_0000_0000;
  #nextHandle = 0x100;

  constructor(options: MemoryOptions = {}) {
    this.#options = options;
    for (const [name, fault] of Object.entries(options.fail ?? {})) this.#faults.set(name as CallName, fault);
    const names = Object.keys(DECLARATIONS) as CallName[];
    const entries = names.map((name) => [name, (...args: Argument[]) => this.#enter(name, args)] as const);
    this.call = Object.fromEntries(entries) as RawCalls;
  }

  /** The number of resources not yet released: contexts, memory, streams, events, modules, graphs. */
  get live(): number {
    return this.#handles.size + this.#regions.filter(({ kind }) => kind !== 'pageable').length;
  }

  /** Makes the nth call of a function from now on (from 1) return this status. */
  fail(name: CallName, nth: number, status: number): void {
    this.#faults.set(name, [(this.calls.get(name) ?? 0) + nth, status]);
  }

  /** Removes the faults. Returns whether any of them occurred. */
  mend(): boolean {
    const met = [...this.#faults].some(([name, [nth]]) => (this.calls.get(name) ?? 0) >= nth);
    this.#faults.clear();
    return met;
  }

  harmless(): RawCalls[CallName] {
    return (at) => {
      this.#memory(at as number, 4).set(Uint8Array.of(0xc8, 0x32, 0, 0));
      return 0;
    };
  }

  describe(status: number) {
    return status === OUT_OF_MEMORY ? { name: 'CUDA_ERROR_OUT_OF_MEMORY', sentence: 'out of memory' } : {};
  }

  /** Supports only whole allocations, because an ArrayBuffer cannot be a part of another one. */
  view(address: number, bytes: number): ArrayBuffer {
    const { base, bytes: memory } = this.#region(address, bytes);
    if (address !== base || bytes !== memory.length) throw new Error('only a whole allocation can be viewed');
    return memory.buffer as ArrayBuffer;
  }

  address(array: ArrayBufferView): number {
    const known = this.#bases.get(array.buffer);
    const base = known ?? this.#host(array.buffer.byteLength);
    if (known === undefined) {
      this.#bases.set(array.buffer, base);
      this.#regions.push({ base, bytes: new Uint8Array(array.buffer), kind: 'pageable' });
    }
    return base + array.byteOffset;
  }

  #host(bytes: number): number {
    const base = this.#nextHost;
    this.#nextHost += Math.ceil(bytes / 4096 + 1) * 4096;
    return base;
  }

  #region(address: number, bytes: number): Region {
    const found = this.#regions.find((r) => address >= r.base && address + bytes <= r.base + r.bytes.length);
    if (found === undefined) throw new Error(`${bytes} bytes at ${address.toString(16)} are not allocated`);
    return found;
  }

  #memory(address: number, bytes: number): Uint8Array {
    const region = this.#region(address, bytes);
    return region.bytes.subarray(address - region.base, address - region.base + bytes);
  }

  #enter(name: CallName, args: Argument[]): number {
    const nth = (this.calls.get(name) ?? 0) + 1;
    this.calls.set(name, nth);
    const fault = this.#faults.get(name);
    if (fault !== undefined && fault[0] === nth) return fault[1];
    if (this.#current === 0 && !WITHOUT_CONTEXT.test(name)) return INVALID_CONTEXT;
    return (this[name as keyof this] as (...args: Argument[]) => number).apply(this, args);
  }

  #give(box: Argument, value: number): number {
    if (box instanceof BigUint64Array) box[0] = BigInt(value);
    else (box as Int32Array)[0] = value;
    return 0;
  }

  #made(box: Argument, thing: unknown): number {
    const handle = this.#nextHandle++;
    this.#handles.set(handle, thing);
    return this.#give(box, handle);
  }

  #of<T>(handle: Argument): T {
    return this.#handles.get(handle as number) as T;
  }

  #gone(handle: Argument): number {
    return this.#handles.delete(handle as number) ? 0 : INVALID_HANDLE;
  }

  #push(handle: Argument, operation: Operation): number {
    const stream = this.#of<Stream>(handle);
    if (stream.context !== this.#current) return INVALID_HANDLE;
    (stream.capturing ?? stream.queue).push(operation);
    return 0;
  }

  #drain(stream: Stream): void {
    for (let next = stream.queue.shift(); next !== undefined; next = stream.queue.shift()) next();
  }

  // --- The driver's functions, by their names ---

  cuInit() {
    return this.#options.devices === 0 ? NO_DEVICE : 0;
  }
  cuDriverGetVersion(box: Argument) {
    return this.#give(box, 13000);
  }
  cuDeviceGetCount(box: Argument) {
    return this.#give(box, this.#options.devices ?? 1);
  }
  cuDeviceGet(box: Argument, ordinal: number) {
    return this.#give(box, ordinal);
  }
  cuDeviceGetName(bytes: Buffer) {
    bytes.write(`${this.#options.name ?? 'In-memory device'}\0`);
    return 0;
  }
  cuDeviceGetPCIBusId(bytes: Buffer) {
    bytes.write('0000:00:1E.0\0');
    return 0;
  }
  cuDeviceGetUuid_v2(bytes: Buffer) {
    bytes.fill(0x1e);
    return 0;
  }
  cuDeviceTotalMem_v2(box: Argument) {
    return this.#give(box, this.#options.memoryBytes ?? 2 ** 30);
  }
  cuDeviceGetAttribute(box: Argument, attribute: number) {
    return this.#give(box, this.#options.attributes?.[attribute] ?? USUAL_ATTRIBUTES[attribute] ?? 0);
  }
  cuDevicePrimaryCtxSetFlags_v2() {
    return 0;
  }
  cuDevicePrimaryCtxRetain(box: Argument, device: number) {
    const known = this.#contexts.get(device);
    if (known === undefined) {
      this.#contexts.set(device, { handle: this.#nextHandle, retained: 1 });
      return this.#made(box, 'context');
    }
    known.retained += 1;
    return this.#give(box, known.handle);
  }
  cuDevicePrimaryCtxRelease_v2(device: number) {
    const known = this.#contexts.get(device);
    if (known === undefined) return INVALID_CONTEXT;
    known.retained -= 1;
    if (known.retained > 0) return 0;
    this.#contexts.delete(device);
    return this.#gone(known.handle);
  }
  cuCtxSetCurrent(handle: number) {
    if (handle !== 0 && this.#of(handle) !== 'context') return INVALID_CONTEXT;
    this.#current = handle;
    return 0;
  }
  cuMemGetInfo_v2(free: Argument, total: Argument) {
    const all = this.#options.memoryBytes ?? 2 ** 30;
    const used = this.#regions.reduce(
      (sum, { kind, bytes }) => sum + (kind === 'device' ? bytes.length : 0),
      0,
    );
    this.#give(free, all - used);
    return this.#give(total, all);
  }
  cuMemAlloc_v2(box: Argument, bytes: number) {
    const free = new BigUint64Array(1);
    this.cuMemGetInfo_v2(free, new BigUint64Array(1));
    if (bytes > Number(free[0])) return OUT_OF_MEMORY;
    const base = this.#nextDevice;
    this.#nextDevice += Math.ceil(bytes / 256 + 1) * 256;
    this.#regions.push({ base, bytes: new Uint8Array(bytes).fill(0xa5), kind: 'device' });
    return this.#give(box, base);
  }
  cuMemHostAlloc(box: Argument, bytes: number) {
    const base = this.#host(bytes);
    this.#regions.push({ base, bytes: new Uint8Array(bytes).fill(0x5a), kind: 'page-locked' });
    return this.#give(box, base);
  }
  cuMemFree_v2(address: number) {
    const at = this.#regions.findIndex(({ base, kind }) => base === address && kind !== 'pageable');
    if (at === -1) return 1;
    this.#regions.splice(at, 1);
    return 0;
  }
  cuMemFreeHost(address: number) {
    return this.cuMemFree_v2(address);
  }
  cuMemHostRegister_v2(address: number, bytes: number) {
    const region = this.#region(address, bytes);
    if (region.kind !== 'pageable') return ALREADY_REGISTERED;
    region.kind = 'registered';
    return 0;
  }
  cuMemHostUnregister(address: number) {
    const region = this.#regions.find(({ base, kind }) => base === address && kind === 'registered');
    if (region === undefined) return 1;
    region.kind = 'pageable';
    return 0;
  }
  cuMemHostGetDevicePointer_v2(box: Argument, address: number) {
    return this.#give(box, address);
  }
  cuMemcpyHtoDAsync_v2(to: number, from: number, bytes: number, stream: number) {
    const { kind } = this.#region(from, bytes);
    if (kind === 'device') return 1;
    this.copied[kind] += bytes;
    return this.#push(stream, () => this.#memory(to, bytes).set(this.#memory(from, bytes)));
  }
  cuMemcpyDtoHAsync_v2(to: number, from: number, bytes: number, stream: number) {
    return this.#push(stream, () => this.#memory(to, bytes).set(this.#memory(from, bytes)));
  }
  cuMemsetD8Async(to: number, value: number, bytes: number, stream: number) {
    return this.#push(stream, () => this.#memory(to, bytes).fill(value));
  }
  cuStreamCreate(box: Argument) {
    return this.#made(box, { context: this.#current, queue: [], capturing: undefined } satisfies Stream);
  }
  cuStreamSynchronize(stream: number) {
    this.#drain(this.#of<Stream>(stream));
    return 0;
  }
  cuStreamDestroy_v2(stream: number) {
    return this.#gone(stream);
  }
  cuStreamBeginCapture_v2(stream: number) {
    this.#of<Stream>(stream).capturing = [];
    return 0;
  }
  cuStreamEndCapture(stream: number, box: Argument) {
    const { capturing } = this.#of<Stream>(stream);
    this.#of<Stream>(stream).capturing = undefined;
    return this.#made(box, capturing);
  }
  cuGraphInstantiateWithFlags(box: Argument, graph: number) {
    return this.#made(box, this.#of(graph));
  }
  cuGraphLaunch(executable: number, stream: number) {
    for (const operation of this.#of<Operation[]>(executable)) this.#push(stream, operation);
    return 0;
  }
  cuGraphExecDestroy(handle: number) {
    return this.#gone(handle);
  }
  cuGraphDestroy(handle: number) {
    return this.#gone(handle);
  }
  cuEventCreate(box: Argument) {
    return this.#made(box, { latest: undefined as Recorded | undefined });
  }
  cuEventDestroy_v2(handle: number) {
    return this.#gone(handle);
  }
  cuEventRecord(event: number, stream: number) {
    const recorded: Recorded = { done: false, stream: this.#of<Stream>(stream) };
    this.#of<{ latest?: Recorded }>(event).latest = recorded;
    return this.#push(stream, () => {
      recorded.done = true;
    });
  }
  /** Every interval lasts one microsecond. */
  cuEventElapsedTime(box: Float32Array) {
    box[0] = 0.001;
    return 0;
  }
  cuEventSynchronize(event: number) {
    const { latest } = this.#of<{ latest?: Recorded }>(event);
    while (latest !== undefined && !latest.done) latest.stream.queue.shift()!();
    return 0;
  }
  cuStreamWaitEvent(stream: number, event: number) {
    const { latest } = this.#of<{ latest?: Recorded }>(event);
    return this.#push(stream, () => {
      while (latest !== undefined && !latest.done) latest.stream.queue.shift()!();
    });
  }
  cuModuleLoadDataEx(box: Argument, image: Buffer) {
    return this.#made(box, image.toString('latin1'));
  }
  cuModuleGetFunction(box: Argument, module: number, name: string) {
    if (!this.#of<string>(module).includes(`.entry ${name}(`)) return 500;
    const handle = this.#nextHandle++;
    this.#functions.set(handle, name);
    return this.#give(box, handle);
  }
  readonly #functions = new Map<number, string>();
  cuModuleUnload(module: number) {
    return this.#gone(module);
  }
  cuOccupancyMaxActiveBlocksPerMultiprocessor(box: Argument) {
    return this.#give(box, 2);
  }
  cuLaunchKernel(kernel: number, ...rest: number[]) {
    const [stream, pointers] = [rest[7]!, rest[8]!];
    const name = this.#functions.get(kernel)!;
    if (name === 'empty') return this.#push(stream, () => {});
    if (name === 'gate') {
      const doors = this.#u64(this.#u64(pointers));
      return this.#push(stream, () => this.#gate(doors));
    }
    const count = name.startsWith('slice_') ? 9 : 10;
    const parameters = Array.from({ length: count }, (_, i) => {
      const address = this.#u64(pointers + i * 8);
      const small = name.startsWith('slice_') ? i === 6 || i === 7 : i >= 6 && i <= 8;
      return small ? this.#u32(address) : this.#u64(address);
    });
    const dtype = DTYPES.find((candidate) => name.endsWith(`_${candidate}`))!;
    return this.#push(stream, () =>
      name.startsWith('slice_') ? this.#slice(dtype, parameters) : this.#gather(dtype, parameters),
    );
  }

  // --- The kernels ---

  /** When the gate runs, nothing can open it any more, so a closed gate gives up at once. */
  #gate(doors: number): void {
    if (this.#u32(doors) === 0) this.#memory(doors + 4, 4)[0] = 1;
  }

  #slice(dtype: DType, p: readonly number[]): void {
    const [data, total, per, out, , order] = p as [number, number, number, number, number, number];
    const index = p[6]!;
    const step = order === 0 ? 0 : index;
    const begin = (order === 0 ? index : this.#u32(order + step * 4)) * per;
    const count = Math.max(0, Math.min(per, total - begin));
    this.#put(out + step * 8, this.#squares(dtype, data + begin * ELEMENT_BYTES[dtype], count), dtype);
  }

  #gather(dtype: DType, p: readonly number[]): void {
    const [data, rows, cols, out, , list, count] = p as [
      number,
      number,
      number,
      number,
      number,
      number,
      number,
    ];
    let sum = 0;
    for (let i = 0; i < count; i++) {
      const row = this.#u32(list + i * 4);
      if (row < rows) sum += this.#squares(dtype, data + row * cols * ELEMENT_BYTES[dtype], cols);
    }
    this.#put(out, sum, dtype);
  }

  #squares(dtype: DType, address: number, count: number): number {
    const length = count * ELEMENT_BYTES[dtype];
    if (count > 0 && this.#region(address, length).kind === 'pageable') {
      throw new Error(`a kernel reads pageable memory at ${address.toString(16)}`);
    }
    const bytes = this.#memory(address, length).slice();
    const ArrayType = allocate(dtype, 0).constructor as new (buffer: ArrayBufferLike) => Values;
    const decoded = new Float64Array(count);
    decodeToFloat64(new ArrayType(bytes.buffer), dtype, 0, count, decoded);
    return decoded.reduce((sum, value) => sum + value * value, 0);
  }

  #put(address: number, sum: number, dtype: DType): void {
    const memory = this.#memory(address, 8);
    const rounded = sumTypeOf(dtype) === 'float32' ? Math.fround(sum) : sum;
    new DataView(memory.buffer, memory.byteOffset).setFloat64(0, rounded, true);
  }

  #u32(address: number): number {
    const memory = this.#memory(address, 4);
    return new DataView(memory.buffer, memory.byteOffset).getUint32(0, true);
  }

  #u64(address: number): number {
    const memory = this.#memory(address, 8);
    return Number(new DataView(memory.buffer, memory.byteOffset).getBigUint64(0, true));
  }
}
