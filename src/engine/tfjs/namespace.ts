import type * as tfjs from '@tensorflow/tfjs-core';

/** The part of a tfjs namespace that the engines use. Each package contains its own copy of the core. */
export type Tfjs = Pick<
  typeof tfjs,
  'tensor' | 'slice' | 'gather' | 'square' | 'sum' | 'stack' | 'memory' | 'setBackend'
>;

/** The part that is needed to register a backend. */
export type BackendNamespace = Tfjs &
  Pick<typeof tfjs, 'registerBackend' | 'removeBackend' | 'enableProdMode' | 'version_core'>;
