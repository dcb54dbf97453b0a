#!/usr/bin/env bash
# Builds the fuzz targets for OSS-Fuzz or ClusterFuzzLite: binaries, options and seed corpora into $OUT.
set -euo pipefail
cd "$(dirname "$0")/.."

cargo +nightly fuzz build -O --debug-assertions
for target in fuzz/fuzz_targets/*.rs; do
  name=$(basename "$target" .rs)
  find target fuzz -path "*/release/$name" -type f -perm -u+x -exec cp {} "$OUT/" \; -quit
  cp "ci/$name.options" "$OUT/"
  (cd "corpus/seeds/$name" && zip -q -r "$OUT/${name}_seed_corpus.zip" .)
done
