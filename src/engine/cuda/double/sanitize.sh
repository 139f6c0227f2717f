#!/usr/bin/env bash
# Runs the tests of the software driver, built with AddressSanitizer and UndefinedBehaviorSanitizer: any finding ends the process.
# Needs gcc with its sanitizers.
set -euo pipefail
cd "$(dirname "$0")/../../../.."
runtime=$(gcc -print-file-name=libasan.so)
[[ $runtime == /* ]] || { echo "skipped: this gcc has no AddressSanitizer"; exit 0; }
export CFLAGS="-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer"
export ASAN_OPTIONS=detect_leaks=0:abort_on_error=1
LD_PRELOAD=$runtime node node_modules/vitest/vitest.mjs run "$@" \
  src/engine/cuda/double/suite src/engine/cuda/double/double.test.ts src/engine/cuda/double/faults.test.ts
