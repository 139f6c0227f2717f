import type * as tfjs from '@tensorflow/tfjs-core';

/** The part of a tfjs namespace the adapter uses, whichever package it comes from: each brings its own copy of the core. */
export type Tfjs = Pick<
  typeof tfjs,
  'tensor' | 'slice' | 'gather' | 'square' | 'sum' | 'stack' | 'memory' | 'setBackend'
>;

/** The part that backends are put together with. */
export type BackendNamespace = Tfjs &
  Pick<typeof tfjs, 'registerBackend' | 'removeBackend' | 'enableProdMode' | 'version_core'>;
