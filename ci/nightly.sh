#!/usr/bin/env bash
# One night: a campaign of SECONDS_TO_RUN (default: an hour) with a seed of its own. Findings are left in findings/.
# Exit 1: there are findings.
set -euo pipefail
cd "$(dirname "$0")/.."

cargo run --release -- run --seconds "${SECONDS_TO_RUN:-3600}" --out findings
