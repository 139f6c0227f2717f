#!/usr/bin/env bash
# Writes lock.ts: the npm packages that `pinbench setup tensorflow` installs, each with its hash. Run it after changing a version
# here.
set -euo pipefail
cd "$(dirname "$0")"
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

echo '{ "name": "tfjs-node-gpu", "private": true }' >"$folder/package.json"
npm install --prefix "$folder" --package-lock-only --ignore-scripts --save-exact --omit-lockfile-registry-resolved \
  @tensorflow/tfjs-node-gpu@4.22.0 node-api-headers@1
{
  echo "/** npm's lock file for tfjs-node-gpu, made by lock.sh. It names no registry, so that npm uses the one that it is configured with. */"
  echo "export const LOCK ="
  cat "$folder/package-lock.json"
} >lock.ts
npx biome format --write lock.ts
