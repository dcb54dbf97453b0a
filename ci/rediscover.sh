#!/usr/bin/env bash
# Looks for the bugs of bugs.tsv in the old releases that have them, from scratch: a campaign on each release with each seed of
# SEEDS (default: 1 2 3), of SECONDS_EACH (default: 300). Prints a table: bug, release, how many of the seeds found it, the median
# of the cases and seconds until then, the smallest shrunk case in lines. Findings are left in OUT (default: findings/rediscovered).
# SPAWNDIFF: a program that is built already, with old-releases. Exit 1: one was not found.
set -euo pipefail
cd "$(dirname "$0")/.."

out=${OUT:-findings/rediscovered}
mkdir -p "$out"
if test -z "${SPAWNDIFF:-}"; then
  cargo build --release --features old-releases
fi
for release in $(grep -v '^#' ci/bugs.tsv | cut -f 2 | sort -u); do
  for seed in ${SEEDS:-1 2 3}; do
    folder="$out/$release-$seed"
    rm -rf "$folder"
    # Exit 1 means findings, and those are what it is for.
    "${SPAWNDIFF:-target/release/spawndiff}" run --engine "wasmtime-$release" --seconds "${SECONDS_EACH:-300}" --seed "$seed" \
      --shrink "${SHRINK:-60}" --out "$folder" --json >"$out/$release-$seed.json" || test $? = 1
  done
done
python3 ci/rediscovered.py ci/bugs.tsv "$out"
