#!/usr/bin/env bash
# Writes lock.ts: which packages of npm `pinbench setup tensorflow` installs, each with its hash. Run where a version here changes.
set -euo pipefail
cd "$(dirname "$0")"
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

echo '{ "name": "tfjs-node-gpu", "private": true }' >"$folder/package.json"
npm install --prefix "$folder" --package-lock-only --ignore-scripts --save-exact --omit-lockfile-registry-resolved \
  @tensorflow/tfjs-node-gpu@4.22.0 node-api-headers@1
{
  echo "/** What npm makes of tfjs-node-gpu, by lock.sh: a lock file that names no registry, since npm asks the one it is set to. */"
  echo "export const LOCK ="
  cat "$folder/package-lock.json"
} >lock.ts
npx biome format --write lock.ts
