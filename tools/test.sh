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
# Several processes, each with threads of its own, share the processors: threads that wait must not take their time.
export OMP_WAIT_POLICY=passive
step pytest "$python" -m pytest -n auto --maxprocesses 8 --dist worksteal

if [[ ${#failed[@]} -gt 0 ]]; then
  printf '\nFAILED: %s\n' "${failed[*]}"
  exit 1
fi
printf '\nall passed: lint, ctest, pytest\n'
