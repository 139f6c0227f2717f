#!/usr/bin/env bash
# Writes wasm.ts: unpack.c and the decoders of LZ4 and Zstandard, compiled to WebAssembly. The sources come from crates.io and are
# checked against Cargo.lock; the compiler comes from PyPI and is checked against ziglang.txt. Needs cargo and python3.
set -euo pipefail
cd "$(dirname "$0")"
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

python3 -m pip install --quiet --target "$folder/python" --require-hashes -r ziglang.txt
mkdir "$folder/src"
touch "$folder/src/lib.rs"
cp Cargo.toml Cargo.lock "$folder"
(cd "$folder" && cargo vendor --quiet --locked --versioned-dirs sources >/dev/null)
zstd=$(echo "$folder"/sources/zstd-sys-*/zstd/lib)
lz4=$(echo "$folder"/sources/lz4-sys-*/liblz4/lib)
version_of() { sed -n "s/^version = .*+$1[.-]\(.*\)\"/\1/p" "$folder"/sources/"$1"-sys-*/Cargo.toml; }

# Both areas are at least as large as a Zstandard block, which can then be decompressed without an intermediate copy.
PYTHONPATH=$folder/python python3 -m ziglang cc -target wasm32-wasi -mexec-model=reactor -O3 -msimd128 -mbulk-memory \
  -DNDEBUG -DPACKED_BYTES=131072 -DUNPACKED_BYTES=262144 \
  -DZSTD_DISABLE_ASM=1 -DZSTD_LEGACY_SUPPORT=0 -DDYNAMIC_BMI2=0 -DLZ4_FAST_DEC_LOOP=1 -I"$zstd" -I"$lz4" \
  unpack.c "$zstd"/common/{debug,entropy_common,error_private,fse_decompress,zstd_common,xxhash}.c "$zstd"/decompress/*.c \
  "$lz4"/{lz4,lz4frame,lz4hc,xxhash}.c -Wl,--gc-sections -Wl,--strip-all -o "$folder/unpack.wasm"

{
  echo "/*"
  echo " * Made by make.sh from unpack.c, zstd $(version_of zstd) and LZ4 $(version_of lz4), under their licenses:"
  echo " *"
  cat "$zstd/../LICENSE" <(echo) "$lz4/LICENSE" | sed 's/^/ * /; s/ *$//'
  echo " */"
  echo "export const WASM ="
  echo "  '$(base64 -w 0 "$folder/unpack.wasm")';"
} >wasm.ts
