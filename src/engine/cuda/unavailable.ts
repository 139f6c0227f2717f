import type { Availability } from '../engine.js';
import { CudaError, STATUS } from './cuda-error.js';
import { LibraryNotFound, type TriedPath } from './library.js';
import type { LibraryFault } from './library-fault.js';

const OR =
  'or set PINBENCH_CUDA_LIBRARY to the path of its library; a container must be started with the GPU (docker run --gpus all)';
const INSTALL = `install the NVIDIA driver, ${OR}`;
const AGAIN = `reinstall the NVIDIA driver, ${OR}`;
/** At most this many missing functions are named in the reason. */
const MAX_NAMES = 3;
const VISIBLE = 'check CUDA_VISIBLE_DEVICES and nvidia-smi';

type Unavailable = Extract<Availability, { readonly available: false }>;

/** Thrown when the driver works but reports no device. */
export class NoDevice extends Error {
  override readonly name = 'NoDevice';
}

/** Why CUDA is unavailable: no usable library, no device, or a driver error. Each cause has its own remedy. */
export function unavailable(error: unknown): Unavailable {
  if (error instanceof LibraryNotFound) return withoutLibrary(error.tried);
  if (error instanceof NoDevice) {
    return because('the CUDA driver is installed but shows no device', VISIBLE);
  }
  if (error instanceof CudaError && error.status === STATUS.noDevice) {
    return because('the CUDA driver library is installed but finds no device', VISIBLE);
  }
  if (error instanceof CudaError) {
    return because(
      `the CUDA driver returned an error: ${error.subject}: ${error.observed}`,
      error.remedy ?? VISIBLE,
    );
  }
  return because(`the CUDA driver library cannot be used: ${error}`, INSTALL);
}

/** Reports the first path where a faulty library was found; only if every path is empty does the reason list all of them. */
function withoutLibrary(tried: readonly TriedPath[]): Unavailable {
  if (tried.length === 0) return because('this operating system has no CUDA driver', INSTALL);
  const telling = tried.find(({ fault }) => fault.kind !== 'absent');
  if (telling !== undefined) return because(...wordsOf(telling.path, telling.fault));
  const paths = tried.map(({ path }) => path).join(', ');
  return because(`no CUDA driver library: looked for ${paths}`, INSTALL);
}

function wordsOf(path: string, fault: LibraryFault): [reason: string, remedy: string] {
  switch (fault.kind) {
    case 'absent':
      return [`no CUDA driver library: looked for ${path}`, INSTALL];
    case 'dangling':
      return [`the CUDA driver library ${path} is a symbolic link to a missing file`, AGAIN];
    case 'empty':
      return [`the CUDA driver library ${path} is an empty file`, AGAIN];
    case 'not-a-library':
      return [`the CUDA driver library ${path} is not a library for this system`, AGAIN];
    case 'damaged':
      return [`the CUDA driver library ${fault.file} is damaged: the file is truncated`, AGAIN];
    case 'working-folder':
      return [
        `the CUDA driver library ${fault.file} is in the working folder, and pinbench loads no library from there`,
        'remove relative and empty parts from LD_LIBRARY_PATH, or set PINBENCH_CUDA_LIBRARY to the path of the library',
      ];
    case 'not-cuda':
      return [
        `${path} is not a CUDA driver: it lacks cuInit`,
        'set PINBENCH_CUDA_LIBRARY to the path of a CUDA driver library, or unset it',
      ];
    case 'lacks-library':
      return [
        `the CUDA driver library ${path} needs ${fault.needed}, which was not found`,
        `install the complete NVIDIA driver, or add the folder that contains ${fault.needed} to LD_LIBRARY_PATH`,
      ];
    case 'lacks-functions':
      return [
        `the CUDA driver is too old: ${path} lacks ${firstOf(fault.functions)}`,
        'update the NVIDIA driver to 470 or later',
      ];
    case 'other':
      return [`the CUDA driver library ${path} cannot be loaded: ${fault.said}`, INSTALL];
  }
}

/** The first few names, followed by the number of the others. */
function firstOf(names: readonly string[]): string {
  const more = names.length - MAX_NAMES;
  return `${names.slice(0, MAX_NAMES).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

function because(reason: string, remedy: string): Unavailable {
  return { available: false, reason, remedy };
}
