#!/usr/bin/env bash
# Makes the locks of npm's packages again, where a package.json beside one has changed. They name no registry.
set -euo pipefail
cd "$(dirname "$0")"
for manifest in */package.json; do
  npm install --prefix "$(dirname "$manifest")" --package-lock-only --ignore-scripts --omit-lockfile-registry-resolved
done
