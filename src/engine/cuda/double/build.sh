#!/usr/bin/env bash
# Builds the software driver and its NVML into .cache/double or the given folder. CFLAGS is passed to the compiler. Needs
# only gcc.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
out=${1:-$here/../../../../.cache/double}
mkdir -p "$out"
compile=("${CC:-gcc}" -std=gnu11 -O2 -g -Wall -Wextra -Werror -ffp-contract=off -fvisibility=hidden -shared -fPIC)
read -ra flags <<<"${CFLAGS:-}"
cd "$here"
"${compile[@]}" "${flags[@]}" -o "$out/libcuda.so.1" config.c objects.c memory.c stream.c cuda.c ptx_parse.c ptx_exec.c -lm
"${compile[@]}" "${flags[@]}" -o "$out/libnvidia-ml.so.1" config.c nvml.c
