import { type CallName, DECLARATIONS, type RawCalls } from './declarations.js';
import { FaultyFileError, faultOf, type LibraryFault, MissingFunctionsError } from './library-fault.js';
import { faultBeforeLoading } from './loader-path.js';

/** A CUDA driver library: its raw functions, and conversions between addresses and arrays. */
export interface Library {
  readonly path: string;
  /** The driver's functions. They return its status code unchecked. */
  readonly call: RawCalls;
  /**
   * A function with the parameters of `call[name]` that only writes a number, so that timing it gives the cost of such a call
   * from JavaScript. Its first argument is the address of at least four bytes of host memory; the others are ignored.
   */
  harmless(name: CallName): RawCalls[CallName];
  /** The driver's name and description of a status; absent if the driver has none. */
  describe(status: number): { readonly name?: string; readonly sentence?: string };
  /** The host memory at an address as an array of at most 1 GiB. The array must not be accessed once the memory is freed. */
  view(address: number, bytes: number): ArrayBuffer;
  /** The address of an array's memory. It stays fixed while the array is alive, provided the array is longer than 64 bytes. */
  address(array: ArrayBufferView): number;
}

/** A path at which a library was looked for, and what is wrong there. */
export interface TriedPath {
  readonly path: string;
  readonly fault: LibraryFault;
}

/** Thrown when none of the paths has a library that can be loaded. */
export class LibraryNotFound extends Error {
  override readonly name = 'LibraryNotFound';
  readonly tried: readonly TriedPath[];

  constructor(tried: readonly TriedPath[]) {
    super(tried.map(({ path, fault }) => `${path} (${fault.kind})`).join(', '));
    this.tried = tried;
  }
}

/**
 * The paths at which drivers install their library, in the order they are tried: the plain name, which the system's loader
 * resolves; the usual folders, where a dangling link can be told from a missing file; then the places of WSL, Jetson and NixOS.
 * `libcuda.so` is never tried, because it is the toolkit's stub.
 */
export function libraryPaths(platform: string, override: string | undefined): string[] {
  if (override !== undefined && override !== '') return [override];
  if (platform === 'win32') return ['nvcuda.dll'];
  if (platform !== 'linux') return [];
  return [
    'libcuda.so.1',
    '/usr/lib/x86_64-linux-gnu/libcuda.so.1',
    '/usr/lib/aarch64-linux-gnu/libcuda.so.1',
    '/usr/lib64/libcuda.so.1',
    '/usr/lib/wsl/lib/libcuda.so.1',
    '/usr/lib/aarch64-linux-gnu/tegra/libcuda.so.1',
    '/run/opengl-driver/lib/libcuda.so.1',
  ];
}

/** Loads the first usable library through koffi; `libraryPath` is the value of LD_LIBRARY_PATH. Throws `LibraryNotFound`. */
export async function loadLibrary(paths: readonly string[], libraryPath?: string): Promise<Library> {
  const { default: koffi } = await import('koffi');
  const tried: TriedPath[] = [];
  for (const path of paths) {
    try {
      const faulty = faultBeforeLoading(path, libraryPath);
      if (faulty !== undefined) throw new FaultyFileError(faulty);
      const handle = koffi.load(path);
      const functions = functionsOf(handle, {
        ...DECLARATIONS,
        cuGetErrorName: 'int status, _Out_ const char **text',
        cuGetErrorString: 'int status, _Out_ const char **text',
      });
      const { cuGetErrorName: name, cuGetErrorString: sentence } = functions;
      const text = (ask: typeof name, status: number): string | undefined => {
        const box: (string | null)[] = [null];
        return ask(status, box) === 0 ? (box[0] ?? undefined) : undefined;
      };
      return {
        path,
        call: functions,
        harmless: (name) => handle.func(`int cuDriverGetVersion(${DECLARATIONS[name]})`),
        describe(status) {
          const [known, said] = [text(name, status), text(sentence, status)];
          return {
            ...(known !== undefined && { name: known }),
            ...(said !== undefined && { sentence: said }),
          };
        },
        view: (address, bytes) => koffi.view(BigInt(address), bytes),
        address: (array) => Number(koffi.address(array)),
      };
    } catch (error) {
      tried.push({ path, fault: faultOf(path, error) });
    }
  }
  throw new LibraryNotFound(tried);
}

type KoffiLibrary = ReturnType<typeof import('koffi').load>;

/** Binds the declared functions of a library. Throws `MissingFunctionsError`, which names every function that is missing. */
function functionsOf<T extends Readonly<Record<string, string>>>(
  library: KoffiLibrary,
  declarations: T,
): { readonly [name in keyof T]: ReturnType<KoffiLibrary['func']> } {
  const missing: string[] = [];
  const functions = Object.entries(declarations).map(([name, parameters]) => {
    try {
      return [name, library.func(`int ${name}(${parameters})`)];
    } catch {
      missing.push(name);
      return [name, undefined];
    }
  });
  if (missing.length > 0) throw new MissingFunctionsError(missing);
  return Object.fromEntries(functions);
}
