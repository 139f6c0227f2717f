import type { Kept } from './unpack.js';

/** A wheel on PyPI for Linux x64. `sha256` is the hash that the index states for the file. */
export interface Wheel {
  readonly requirement: string;
  readonly sha256: string;
  readonly bytes: number;
}

/** TensorFlow without CUDA. */
export const CPU_WHEELS: readonly Wheel[] = [
  {
    requirement: 'tensorflow-cpu==2.20.0',
    sha256: 'cf756bbe2d256e942ab5d0ad2c858fb40017581494febdb4387c149b1afde780',
    bytes: 258_876_263,
  },
];

const wheel = (requirement: string, bytes: number, sha256: string): Wheel => ({ requirement, bytes, sha256 });

/** TensorFlow with machine code for sm_60 to sm_90, and the CUDA libraries that it was built with. */
export const GPU_WHEELS: readonly Wheel[] = [
  wheel(
    'tensorflow==2.20.0',
    620_570_129,
    '481499fd0f824583de8945be61d5e827898cdaa4f5ea1bc2cc28ca2ccff8229e',
  ),
  wheel(
    'nvidia-cublas-cu12==12.5.3.2',
    363_313_169,
    'ca070ad70e9fa6654084575d01bd001f30cc4665e33d4bb9fc8e0f321caa034b',
  ),
  wheel(
    'nvidia-cuda-runtime-cu12==12.5.82',
    895_707,
    '3e79a060e126df40fd3a068f3f787eb000fa51b251ec6cd97d09579632687115',
  ),
  wheel(
    'nvidia-cuda-cupti-cu12==12.5.82',
    13_811_507,
    'bde77a5feb66752ec61db2adfe47f56b941842825b4c7e2068aff27c9d107953',
  ),
  wheel(
    'nvidia-cuda-nvrtc-cu12==12.5.82',
    24_873_108,
    '3dbd97b0104b4bfbc3c4f8c79cd2496307c89c43c29a9f83125f1d76296ff3fd',
  ),
  wheel(
    'nvidia-nvjitlink-cu12==12.5.82',
    21_298_879,
    'f9b37bc5c8cf7509665cb6ada5aaa0ce65618f2332b7d3e78e9790511f111212',
  ),
  wheel(
    'nvidia-cudnn-cu12==9.3.0.75',
    577_163_502,
    '9ad9c6929ebb5295eb4a1728024666d1c88283373e265a0c5c883e6f9d5cd76d',
  ),
  wheel(
    'nvidia-cufft-cu12==11.2.3.61',
    192_524_114,
    '9a6e8df162585750f61983a638104a48c756aa13f9f48e19ab079b38e3c828b8',
  ),
  wheel(
    'nvidia-curand-cu12==10.3.6.82',
    56_309_107,
    '2823fb27de4e44dbb22394a6adf53aa6e1b013aca0f8c22867d1cfae58405536',
  ),
  wheel(
    'nvidia-cusolver-cu12==11.6.3.83',
    130_341_232,
    '93cfafacde4428b71778eeb092ec615a02a3d05404da1bcf91c53e3fa1bce42b',
  ),
  wheel(
    'nvidia-cusparse-cu12==12.5.1.3',
    217_558_979,
    '016df8e993c437e8301e62739f01775cba988fd5253cd4c64173f8e8d2f8e752',
  ),
  wheel(
    'nvidia-nccl-cu12==2.25.1',
    201_352_353,
    '362aed5963fb9ea2ed2f264409baae30143498fd0e5c503aeaa1badd88cdc54a',
  ),
];

/** What is kept of the wheels, as a prefix of the file names, and where it goes below `deps`. */
export const KEPT: Kept = [
  ['tensorflow/libtensorflow_cc.so.2', 'lib/libtensorflow_cc.so.2'],
  ['tensorflow/libtensorflow_framework.so.2', 'lib/libtensorflow_framework.so.2'],
  ['tensorflow/include/tensorflow/c/', 'include/tensorflow/c/'],
  ['tensorflow/include/tensorflow/core/', 'include/tensorflow/core/'],
  ['tensorflow/include/xla/', 'include/xla/'],
  ['tensorflow/include/tsl/', 'include/tsl/'],
  // libtensorflow looks for them in ../nvidia relative to itself.
  ['nvidia/', 'nvidia/'],
];
