#!/usr/bin/env bash
# Remakes the npm lock files of this folder after a package.json has changed. The lock files name no registry.
set -euo pipefail
cd "$(dirname "$0")"
for manifest in */package.json; do
  npm install --prefix "$(dirname "$manifest")" --package-lock-only --ignore-scripts --omit-lockfile-registry-resolved
done
