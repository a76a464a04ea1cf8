#!/bin/sh
# Write the lock files: hashes only, no address of any package index (needs uv).
set -eu
cd "$(dirname "$0")/.."
uv lock --quiet "$@"
common="--frozen --no-emit-project --no-header --no-annotate --quiet --format requirements-txt"
uv export $common --no-dev --group build -o requirements.lock >/dev/null
uv export $common --all-groups --no-group spark -o requirements-dev.lock >/dev/null
uv export $common --only-group spark -o requirements-spark.lock >/dev/null
if grep -nE 'https?://' requirements.lock requirements-dev.lock requirements-spark.lock; then echo "an address in a lock file" >&2; exit 1; fi
