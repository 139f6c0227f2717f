#!/usr/bin/env bash
# Writes sum_of_squares_DTYPE.ptx next to sum_of_squares.cu, or to the given folder. Needs Debian's clang-14 but not CUDA. The PTX
# is version 6.0 for sm_50, which every driver since CUDA 9 compiles for any architecture from Maxwell to Blackwell.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
out=${1:-$here}
compiler=${CLANG:-clang-14}
cd "$here"
for pair in bool:Bool int8:Int8 uint8:Uint8 int16:Int16 uint16:Uint16 int32:Int32 uint32:Uint32 int64:Int64 \
  uint64:Uint64 float16:Float16 float32:Float32 float64:Float64; do
  name=${pair%:*} element=${pair#*:}
  {
    echo "// Made from src/engine/cuda/kernels/sum_of_squares.cu by make.sh beside it (clang 14, NAME=$name, ELEMENT=$element): do not edit."
    "$compiler" -x cuda --cuda-device-only --cuda-gpu-arch=sm_50 -nocudainc -nocudalib -Wno-unknown-cuda-version \
      -Xclang -target-feature -Xclang +ptx60 -std=c++14 -O3 -ffp-contract=fast -Wall -Wextra -Werror \
      -DNAME="$name" -DELEMENT="$element" -S -o - sum_of_squares.cu |
      sed -e '/^\/\//d' -e 's/[ \t]*\/\/.*$//' -e '/^[[:space:]]*$/d'
  } >"$out/sum_of_squares_$name.ptx"
done
