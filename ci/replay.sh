#!/usr/bin/env bash
# The stored cases on every engine, as a gate. Exit 1: a directive failed, or the engines differ.
set -euo pipefail
cd "$(dirname "$0")/.."

cargo run --release -- replay corpus/cases
