#!/usr/bin/env bash
# Whether this checkout, as it is, gives the verdicts that another revision gives: prints the lines that differ, and fails if
# there are any.
#
#   ci/same-verdicts.sh REV [PART...]
#   ci/same-verdicts.sh --record REV [PART...]    only runs what REV gives, and keeps it
#
# Each of the two is built twice: with Wasmtime 44 on the stable toolchain, and with Wasmtime 50 on the nightly one. A part is
# one of the names below; without any, all of them. What REV gave is kept in target/same-verdicts, and not asked again.
# The verdicts are compared with the number of schedules that each took and a hash of the choices that those asked
# (`run --verdicts`), so that a choice which moves shows although no verdict has changed. An engine may itself choose by chance: a
# case that differs is run again on both (differ.py). Both draw from the mix that is REV's default.
set -euo pipefail
cd "$(dirname "$0")/.."
record=no
if [ "${1-}" = --record ]; then record=yes; shift; fi
[ $# -ge 1 ] || { sed -n '2,13s/^# \?//p' "$0" >&2; exit 2; }
rev=$(git rev-parse --verify "$1^{commit}")
shift
all=(run-901 run-902 run-903 run-904 replay findings known)
parts=("$@")
[ ${#parts[@]} -gt 0 ] || parts=("${all[@]}")
top=$PWD
keep=$top/target/same-verdicts
mkdir -p "$keep/$rev" "$keep/now"

# The program of a folder, for a toolchain: built in the target directory of this checkout, so that dependencies are shared.
# (Cargo takes the crates of two checkouts for the same, and goes by the age of their files: so they are all new.)
build() { # FOLDER OUT
  find "$1" \( -name target -o -name .git \) -prune -o -name '*.rs' -print0 | xargs -0 touch
  (cd "$1" && CARGO_TARGET_DIR=$top/target cargo build --release --quiet --features wasmtime-44)
  cp target/release/spawndiff "$2/stable"
  case " ${parts[*]} " in *" run-904 "*)
    (cd "$1" && CARGO_TARGET_DIR=$top/target cargo +nightly build --release --quiet --features wasmtime-50)
    cp target/release/spawndiff "$2/nightly"
  esac
}

# Of a campaign: how many cases, with which arguments, and which of the two programs makes it.
cases_of() { case $1 in run-901) echo 10000 ;; run-902) echo 5000 ;; run-903) echo 3000 ;; run-904) echo 5000 ;; esac; }
arguments_of() {
  case $1 in
    run-901) echo --seed 901 ;;
    run-902) echo --seed 902 --instances 1 ;;
    run-903) echo --seed 903 --engine wasmtime-44 ;;
    run-904) echo --seed 904 --engine wasmtime-50 ;;
  esac
}
# The mix that is the default of a program: 1 where it has no option for it.
mix_of() { # PROGRAM
  local mix
  mix=$("$1" run --help | tr '\n' ' ' | sed -n 's/.*--mix <N>[^[]*\[default: \([0-9]*\)\].*/\1/p')
  echo "${mix:-1}"
}
program_of() { case $1 in run-904) echo nightly ;; *) echo stable ;; esac; }

# What a part gives: keys and numbers only, no text for people and no path of this machine.
part() { # PROGRAMS PART [ARGUMENTS OF A CAMPAIGN...]
  local stable=$1/stable found
  found=$(mktemp -d)
  campaign() { # PROGRAM ARGUMENTS...
    local program=$1; shift
    "$program" run --shrink 0 --out "$found" --verdicts "$found/verdicts" "$@" >"$found/summary" 2>&1 || [ $? -eq 1 ] ||
      { cat "$found/summary" >&2; return 1; }
    cat "$found/verdicts"
  }
  case $2 in
    run-*) campaign "$1/$(program_of "$2")" --cases "$(cases_of "$2")" $(arguments_of "$2") "${@:3}" ;;
    replay) { "$stable" replay --json || true; } | python3 ci/keys.py ;;
    findings) { "$stable" replay --engine reference --json findings || true; } | python3 ci/keys.py ;;
    known) { "$stable" known --json || true; } | python3 ci/keys.py ;;
    *) echo "no part $2, only ${all[*]}" >&2; return 2 ;;
  esac
  rm -rf "$found"
}

if [ ! -x "$keep/$rev/stable" ] || { [[ " ${parts[*]} " == *" run-904 "* ]] && [ ! -x "$keep/$rev/nightly" ]; }; then
  tree=$(mktemp -d)
  trap 'git worktree remove --force "$tree" >/dev/null 2>&1 || true' EXIT
  git worktree add --detach --quiet "$tree" "$rev"
  build "$tree" "$keep/$rev"
fi
for name in "${parts[@]}"; do
  if [ ! -s "$keep/$rev/$name" ]; then
    part "$keep/$rev" "$name" >"$keep/$rev/$name.partial"
    mv "$keep/$rev/$name.partial" "$keep/$rev/$name"
  fi
done
[ "$record" = no ] || exit 0

build "$top" "$keep/now"
mix=(--mix "$(mix_of "$keep/$rev/stable")")
differ=0
for name in "${parts[@]}"; do
  part "$keep/now" "$name" "${mix[@]}" >"$keep/now/$name"
  case $name in
    run-*)
      program=$(program_of "$name")
      python3 ci/differ.py "$name" "$keep/$rev/$name" "$keep/now/$name" "$keep/$rev/$program" "$keep/now/$program" \
        "${mix[*]}" $(arguments_of "$name") || differ=1
      ;;
    *)
      diff --unchanged-line-format= --old-line-format="$name < %L" --new-line-format="$name > %L" \
        "$keep/$rev/$name" "$keep/now/$name" || differ=1
      ;;
  esac
done
exit "$differ"
