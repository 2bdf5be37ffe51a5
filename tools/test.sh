#!/usr/bin/env bash
# Runs lint, the C++ tests and the Python tests, all of them even if one fails, with the runners' own output.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source tools/env.sh
export TORCHTRT_BUILD_DIR="$PWD/$build"

failed=()
step() {
  local name="$1"
  shift
  printf '\n== %s\n' "$name"
  "$@" || failed+=("$name")
}

step lint tools/lint.sh
step ctest ctest --test-dir "$build" --output-on-failure --no-tests=error
step pytest "$python" -m pytest

if [[ ${#failed[@]} -gt 0 ]]; then
  printf '\nFAILED: %s\n' "${failed[*]}"
  exit 1
fi
printf '\nall passed: lint, ctest, pytest\n'
