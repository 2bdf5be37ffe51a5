#!/usr/bin/env bash
# Runs every check of style and structure, then fails if one failed.
#
#   tools/lint.sh          checks
#   tools/lint.sh --fix    first fixes what the tools can fix
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

source tools/env.sh
readonly bin=$venv/bin
folders=()
for folder in cpp tests examples benchmarks tools python zoo; do
  [[ -d $folder ]] && folders+=("$folder")
done
mapfile -t cpp_files < <(find "${folders[@]}" -type f \( -name '*.h' -o -name '*.cpp' \) | sort)
python_paths=(setup.py "${folders[@]}")
status=0

check() {
  local name="$1"
  shift
  if "$@"; then
    printf 'ok    %s\n' "$name"
  else
    printf 'FAIL  %s\n' "$name"
    status=1
  fi
}

format_cpp() { [[ ${#cpp_files[@]} -eq 0 ]] || printf '%s\0' "${cpp_files[@]}" | xargs -0 -n 50 "$bin/clang-format" "$@"; }

if [[ ${1:-} == --fix ]]; then
  format_cpp -i
  "$bin/ruff" check --quiet --fix "${python_paths[@]}"
  "$bin/ruff" format --quiet "${python_paths[@]}"
  [[ -x $bin/torchtrtc ]] && "$bin/python" tools/command_line_pages.py
fi

check 'layers and sizes (tools/check_layers.py)' "$bin/python" tools/check_layers.py
check 'clang-format' format_cpp --dry-run --Werror
check 'ruff check' "$bin/ruff" check --quiet "${python_paths[@]}"
check 'ruff format' "$bin/ruff" format --quiet --check "${python_paths[@]}"
# The installed program says what the pages must say; without one the tests check them.
[[ ! -x $bin/torchtrtc ]] || check 'man page and completions' "$bin/python" tools/command_line_pages.py --check
exit "$status"
