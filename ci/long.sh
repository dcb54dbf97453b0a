#!/usr/bin/env bash
# What takes longer than the check of every change: the adapters of old releases, the verdicts of another revision, the bench, campaigns
# on all engines, the fuzz targets with instrumentation, and the commands of the documentation that take long. Prints what it did, and
# fails at the first thing that is not as it should be.
#
#   ci/long.sh REV [CASES]      REV: held against this checkout; CASES: on each engine, 20000 without it
#   SUITES                      a folder in which component-model and wasmtime are checked out, for the commands that need them
set -euo pipefail
cd "$(dirname "$0")/.."
[ $# -ge 1 ] || { sed -n '2,8s/^# \?//p' "$0" >&2; exit 2; }
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
command -v cargo-fuzz >/dev/null || step cargo install cargo-fuzz --version 0.13.2 --locked
step cargo +nightly fuzz build
# A store in which the engine panics (a known divergence does that) is leaked on purpose.
export ASAN_OPTIONS=detect_leaks=0
for target in threads instances smith; do
  # Into a folder of its own: libFuzzer adds to the first one that it is given.
  step cargo +nightly fuzz run "$target" "$(mktemp -d)" "corpus/seeds/$target" -- \
    -seed=1 -max_total_time=30 -entropic=0 -max_len=1024
done
step ci/docs.sh long
if [ -n "${SUITES:-}" ]; then
  ln -sfn "$SUITES/component-model" component-model
  ln -sfn "$SUITES/wasmtime" wasmtime
  step ci/docs.sh checkout
  rm component-model wasmtime
else
  printf '\nSUITES is not set: the suites of others were not run\n'
fi
printf '\n[%s s] done\n' "$SECONDS"
