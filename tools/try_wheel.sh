#!/usr/bin/env bash
# Installs a wheel with its dependencies into a new environment of each given Python, and tries it there.
#
#   tools/try_wheel.sh dist/torch_tensorrt-0.1.0-py3-none-manylinux_2_34_x86_64.whl python3.10 python3.13
#
# Each environment takes 5 GB below TMPDIR, and is deleted afterwards.
set -euo pipefail
if [[ $# -lt 2 ]]; then
  sed -n '2,6s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2
  exit 2
fi
readonly wheel="$(realpath "$1")"
readonly program="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/packaging/try_package.py"
shift

for base in "$@"; do
  folder="$(mktemp -d)"
  trap 'rm -rf "$folder"' EXIT
  "$base" -m venv "$folder/venv"
  "$folder/venv/bin/python" -m pip install --disable-pip-version-check --quiet "$wheel"
  (cd "$folder" && venv/bin/python "$program")
  rm -rf "$folder"
done
