import { type CallName, DECLARATIONS, type RawCalls } from './declarations.js';

/** A CUDA driver library: its functions as they are, and the way to memory behind an address. */
export interface Library {
  readonly path: string;
  /** Return the driver's status code; nothing is checked. */
  readonly call: RawCalls;
  /**
   * A function that takes what `call[name]` takes and does nothing but write a number: what it costs to call is what a call
   * from JavaScript costs. Its first argument is the address of at least four bytes of host memory; the others are ignored.
   */
  harmless(name: CallName): RawCalls[CallName];
  /** The driver's own name of a status and its sentence; absent where it knows none. */
  describe(status: number): { readonly name?: string; readonly sentence?: string };
  /** Host memory at an address as an array. The array must not be touched once the memory is freed; at most 1 GiB. */
  view(address: number, bytes: number): ArrayBuffer;
  /** Where an array's memory is. It does not move while the array lives, if it is longer than 64 bytes. */
  address(array: ArrayBufferView): number;
}

/** Why no library could be loaded, by path. */
export class LibraryNotFound extends Error {
  override readonly name = 'LibraryNotFound';
}

/**
 * Where drivers put their library, tried in this order: the plain name for the system's loader, then WSL's, Jetson's and NixOS'
 * places. Never `libcuda.so`, which is the toolkit's stub.
 */
export function libraryPaths(platform: string, override: string | undefined): string[] {
  if (override !== undefined && override !== '') return [override];
  if (platform === 'win32') return ['nvcuda.dll'];
  if (platform !== 'linux') return [];
  return [
    'libcuda.so.1',
    '/usr/lib/wsl/lib/libcuda.so.1',
    '/usr/lib/aarch64-linux-gnu/tegra/libcuda.so.1',
    '/run/opengl-driver/lib/libcuda.so.1',
  ];
}

/** Loads the first library there is, through koffi. Throws `LibraryNotFound`. */
export async function loadLibrary(paths: readonly string[]): Promise<Library> {
  const { default: koffi } = await import('koffi');
  const failures: string[] = [];
  for (const path of paths) {
    try {
      const handle = koffi.load(path);
      const entries = Object.entries(DECLARATIONS).map(([name, parameters]) => [
        name,
        handle.func(`int ${name}(${parameters})`),
      ]);
      const name = handle.func('int cuGetErrorName(int status, _Out_ const char **text)');
      const sentence = handle.func('int cuGetErrorString(int status, _Out_ const char **text)');
      const text = (ask: typeof name, status: number): string | undefined => {
        const box: (string | null)[] = [null];
        return ask(status, box) === 0 ? (box[0] ?? undefined) : undefined;
      };
      return {
        path,
        call: Object.fromEntries(entries) as RawCalls,
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
      failures.push(`${path}${reasonOf(error)}`);
    }
  }
  throw new LibraryNotFound(failures.join(', '));
}

/** Nothing where there is no such file, which is what is expected of most paths. */
function reasonOf(error: unknown): string {
  const [message] = (error instanceof Error ? error.message : String(error)).split('\n');
  return /no such file|cannot find the/i.test(message!) ? '' : ` (${message})`;
}
