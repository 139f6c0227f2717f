import { type CallName, DECLARATIONS, type RawCalls } from './declarations.js';
import { FileFaulty, FunctionsMissing, faultOf, type LibraryFault } from './library-fault.js';
import { faultBeforeLoading } from './loader-path.js';

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

/** A path where a library was looked for, and what is wrong there. */
export interface TriedPath {
  readonly path: string;
  readonly fault: LibraryFault;
}

/** No library could be loaded: none of the paths has one that is whole. */
export class LibraryNotFound extends Error {
  override readonly name = 'LibraryNotFound';
  readonly tried: readonly TriedPath[];

  constructor(tried: readonly TriedPath[]) {
    super(tried.map(({ path, fault }) => `${path} (${fault.kind})`).join(', '));
    this.tried = tried;
  }
}

/**
 * Where drivers put their library, tried in this order: the plain name for the system's loader, then the usual folders, where a
 * link to nothing can be told from no file, and WSL's, Jetson's and NixOS' places. Never `libcuda.so`, which is the toolkit's stub.
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

/** Loads the first library there is, through koffi; `libraryPath` is LD_LIBRARY_PATH. Throws `LibraryNotFound`. */
export async function loadLibrary(paths: readonly string[], libraryPath?: string): Promise<Library> {
  const { default: koffi } = await import('koffi');
  const tried: TriedPath[] = [];
  for (const path of paths) {
    try {
      const faulty = faultBeforeLoading(path, libraryPath);
      if (faulty !== undefined) throw new FileFaulty(faulty);
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

/** The functions of a library by their names and parameters; throws `FunctionsMissing` with the names of all that it lacks. */
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
  if (missing.length > 0) throw new FunctionsMissing(missing);
  return Object.fromEntries(functions);
}
