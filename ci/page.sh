#!/usr/bin/env bash
# Opens the page of a campaign in headless Chromium, from the disk: it loads without an error on the console and without a request
# to anywhere, and every finding opens. Installs Chromium (Debian) and playwright-core (npm) where they are missing.
#   OUT        where the page and the findings are left [default: a temporary folder, removed]
#   SPAWNDIFF  the program [default: built here, with optimisation]
set -euo pipefail
cd "$(dirname "$0")/.."

if [ -z "${OUT:-}" ]; then
  OUT=$(mktemp -d)
  trap 'rm -rf "$OUT"' EXIT
fi
mkdir -p "$OUT/known"
command -v chromium >/dev/null || { apt-get update && apt-get install -y --no-install-recommends chromium fonts-liberation; }
npm install --silent --no-audit --no-fund --prefix "$OUT/browser" playwright-core@1.64.1

# With nothing known, what is known otherwise is a finding.
code=0
${SPAWNDIFF:-cargo run --release --} --known "$OUT/known" run --cases 300 --seed 1 --shrink 1 --out "$OUT/findings" --html "$OUT/page" \
  > "$OUT/summary.txt" || code=$?
[ "$code" = 1 ] || { cat "$OUT/summary.txt"; exit 1; }
cp ci/page.mjs "$OUT/browser/page.mjs"
node "$OUT/browser/page.mjs" "$OUT/page/index.html" "$(command -v chromium)" "$OUT/page.png"
