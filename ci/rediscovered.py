"""The table of rediscover.sh: python3 rediscovered.py BUGS FOLDER."""

import json
import re
import statistics
import sys
from pathlib import Path


def bugs(path):
    """The rows of bugs.tsv."""
    for line in Path(path).read_text().splitlines():
        if line and not line.startswith("#"):
            yield line.split("\t")


def shows_as(text, release, gone):
    """Whether a shrunk case shows on every release from the one that has the bug to the last before it was gone, and on no later."""
    lines = re.findall(r"^;; Shows on wasmtime (.*)$", text, re.M)
    shows = {int(major) for line in lines for major in re.findall(r"(\d+)\.\d+\.\d+", line)}
    return shows.issuperset(range(int(release), int(gone))) and all(major < int(gone) for major in shows)


def found(kinds, release, gone, signature):
    """The first kind of a campaign that is the bug: cases and seconds until then, and the lines of its smallest file."""
    hits = []
    for kind in kinds:
        if not re.search(signature, kind["signature"]):
            continue
        texts = [Path(file).read_text() for file in kind["files"] if file.endswith(".wast")]
        sizes = [len(text.splitlines()) for text in texts if shows_as(text, release, gone)]
        if sizes:
            hits.append((kind["after_cases"], kind["after_seconds"], min(sizes)))
    return min(hits, default=None), min((size for _, _, size in hits), default=None)


def main():
    table, folder = sys.argv[1:]
    campaigns = {}
    for path in sorted(Path(folder).glob("*.json")):
        release = path.stem.split("-")[0]
        campaigns.setdefault(release, []).append(json.loads(path.read_text())["kinds"])
    print(f"{'bug':>6} {'release':>8} {'found':>6} {'cases':>7} {'seconds':>8} {'lines':>6}")
    missed = 0
    for bug, release, gone, signature in bugs(table):
        seeds = campaigns.get(release, [])
        results = [found(kinds, release, gone, signature) for kinds in seeds]
        hits = [(first, size) for first, size in results if first]
        missed += len(hits) * 2 <= len(seeds)
        if hits:
            cases = statistics.median(first[0] for first, _ in hits)
            seconds = statistics.median(first[1] for first, _ in hits)
            lines = min(size for _, size in hits)
            row = f"{cases:>7.0f} {seconds:>8.1f} {lines:>6}"
        else:
            row = f"{'-':>7} {'-':>8} {'-':>6}"
        print(f"{bug:>6} {release:>8} {len(hits)}/{len(seeds):<4} {row}")
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
