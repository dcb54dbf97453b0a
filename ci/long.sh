#!/usr/bin/env bash
# What takes longer than the check of every change: the adapters of old releases, the verdicts of another revision, the bench against
# it, and campaigns on all engines. Prints what it did, and fails at the first thing that is not as it should be.
#
#   ci/long.sh REV [CASES]      REV: held against this checkout; CASES: on each engine, 20000 without it
set -euo pipefail
cd "$(dirname "$0")/.."
[ $# -ge 1 ] || { sed -n '2,6s/^# \?//p' "$0" >&2; exit 2; }
rev=$1
cases=${2:-20000}

step() {
  printf '\n[%s s] %s\n' "$SECONDS" "$*"
  "$@"
}

# The adapters of the other releases that the stable toolchain builds.
step cargo clippy --workspace --all-targets --features old-releases -- -D warnings
step ci/same-verdicts.sh "$rev"
step cargo bench
step cargo run --release -- run --each --cases "$cases" --seed 905
printf '\n[%s s] done\n' "$SECONDS"
