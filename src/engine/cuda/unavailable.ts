import type { Availability } from '../engine.js';
import { CudaError, STATUS } from './cuda-error.js';
import { LibraryNotFound, type TriedPath } from './library.js';
import type { LibraryFault } from './library-fault.js';

const OR =
  'or name its library in PINBENCH_CUDA_LIBRARY; start a container with the GPU (docker run --gpus all)';
const INSTALL = `install the NVIDIA driver, ${OR}`;
const AGAIN = `install the NVIDIA driver again, ${OR}`;
/** Functions of a library that are named where it lacks many. */
const MOST_NAMES = 3;
const VISIBLE = 'check CUDA_VISIBLE_DEVICES and nvidia-smi';

type Unavailable = Extract<Availability, { readonly available: false }>;

/** Thrown where the driver answers and shows no device. */
export class NoDevice extends Error {
  override readonly name = 'NoDevice';
}

/** Why CUDA is not there: no library that is whole, a library without a device, a device that refuses. Each wants its own remedy. */
export function unavailable(error: unknown): Unavailable {
  if (error instanceof LibraryNotFound) return withoutLibrary(error.tried);
  if (error instanceof NoDevice) {
    return because('the CUDA driver is there but shows no device', VISIBLE);
  }
  if (error instanceof CudaError && error.status === STATUS.noDevice) {
    return because('the CUDA driver library is there but finds no device', VISIBLE);
  }
  if (error instanceof CudaError) {
    return because(`the CUDA driver refused: ${error.subject}: ${error.observed}`, error.remedy ?? VISIBLE);
  }
  return because(`the CUDA driver library cannot be used: ${error}`, INSTALL);
}

/** Of several paths, one where something is wrong says more than those where nothing is. */
function withoutLibrary(tried: readonly TriedPath[]): Unavailable {
  if (tried.length === 0) return because('this system has no CUDA', INSTALL);
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
      return [`the CUDA driver library ${path} is a link to a file that is not there`, AGAIN];
    case 'empty':
      return [`the CUDA driver library ${path} is an empty file`, AGAIN];
    case 'not-a-library':
      return [`the CUDA driver library ${path} is no library for this system`, AGAIN];
    case 'damaged':
      return [
        `the CUDA driver library ${fault.file} is damaged: the file ends before the library does`,
        AGAIN,
      ];
    case 'working-folder':
      return [
        `the CUDA driver library ${fault.file} is in the working folder, from which none is loaded`,
        'remove relative and empty parts from LD_LIBRARY_PATH, or name the library in PINBENCH_CUDA_LIBRARY',
      ];
    case 'not-cuda':
      return [
        `${path} is no CUDA driver: it lacks cuInit`,
        `name a CUDA driver in PINBENCH_CUDA_LIBRARY, or leave it unset`,
      ];
    case 'lacks-library':
      return [
        `the CUDA driver library ${path} needs ${fault.needed}, which is not there`,
        `install all of the NVIDIA driver, or add the folder of ${fault.needed} to LD_LIBRARY_PATH`,
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

/** The first few of the names, and how many more there are. */
function firstOf(names: readonly string[]): string {
  const more = names.length - MOST_NAMES;
  return `${names.slice(0, MOST_NAMES).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

function because(reason: string, remedy: string): Unavailable {
  return { available: false, reason, remedy };
}
