#!/usr/bin/env bash
# Runs the commands of README.md and docs/*.md, so that none of them is wrong: each block of code is run from the top of the repository,
# and stops at the first command that fails.
#
#   ci/docs.sh            the blocks that begin with ```sh: they need no other build
#   ci/docs.sh long       those that begin with ```sh long: they build something else, or take long
#   ci/docs.sh checkout   those that begin with ```sh checkout: the folders component-model and wasmtime lie in this one
#
#   SPAWNDIFF             what the blocks call `spawndiff` [default: target/debug/spawndiff]
set -euo pipefail
cd "$(dirname "$0")/.."
kind=${1:-}
case $kind in '' | long | checkout) ;; *) sed -n '2,10s/^# \?//p' "$0" >&2; exit 2 ;; esac

blocks=$(mktemp -d)
trap 'rm -rf "$blocks"' EXIT
mkdir "$blocks/bin"
ln -s "$(realpath "${SPAWNDIFF:-target/debug/spawndiff}")" "$blocks/bin/spawndiff"
fence='```sh'
awk -v fence="$fence${kind:+ $kind}" -v out="$blocks" '
  FNR == 1 { name = FILENAME; gsub("/", "_", name) }
  inside && /^```/ { inside = 0; close(file) }
  inside { print > file }
  !inside && $0 == fence { inside = 1; file = sprintf("%s/%s.%04d.sh", out, name, FNR) }
' README.md docs/*.md

count=0
for block in "$blocks"/*.sh; do
  [ -e "$block" ] || { echo "no block begins with $fence${kind:+ $kind}" >&2; exit 1; }
  echo "== $(basename "$block" .sh)"
  PATH="$blocks/bin:$PATH" bash -euo pipefail -x "$block" > "$blocks/output" || { cat "$blocks/output"; exit 1; }
  count=$((count + 1))
done
echo "$count blocks"
