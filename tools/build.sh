#!/usr/bin/env bash
# Configures and builds build/, and installs the package into .venv if its contents have changed (build-2.15/ and
# .venv-2.15 with TORCH=2.15 in the environment).
#
#   tools/build.sh package    builds the libraries and torchtrtc
#   tools/build.sh all        builds the C++ tests too
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

source tools/env.sh
case "${1:-all}" in
  package) target=torchtrt_package ;;
  all) target=all ;;
  *) echo "usage: tools/build.sh package|all" >&2 && exit 2 ;;
esac

mkdir -p "$build"
exec 8>"$build/.lock"
flock 8

if [[ ! -e $build/build.ninja ]]; then
  cmake -S . -B "$build" -G Ninja -DTORCHTRT_PYTHON="$PWD/$python" ${TORCHTRT_CMAKE_ARGS:-}
fi
if [[ ! -e $build/lib/libtorchtrt.so ]]; then
  echo "a first build needs about 15 minutes of processor time ($target: 30 with the tests), on $(nproc) cores here; less if ccache has its files"
fi
NINJA_STATUS='[%f/%t %es] ' cmake --build "$build" --target "$target"

# Identifies the contents of the package (names, sizes and times of its files) and its environment.
fingerprint() {
  {
    find python cpp/torch_tensorrt -type f \( -name '*.py' -o -name '*.pyi' -o -name py.typed -o -path '*/report_page/*' -o -name '*.h' \) \
      -printf '%p %s %T@\n' | sort
    find cpp/bin/torchtrtc/share -type f -printf '%p %s %T@\n' | sort
    stat -c '%n %s %Y' "$build"/lib/*.so "$build"/bin/torchtrtc setup.py pyproject.toml VERSION cmake/* \
      LICENSE licenses/* tools/packaging/* 2>/dev/null || true
    readlink -f "$python"
  } | sha256sum
}

readonly stamp=$venv/.installed-package
readonly now="$(fingerprint)"
if [[ ! -e $stamp || "$(cat "$stamp")" != "$now" ]]; then
  echo "installing torch_tensorrt into $venv"
  TORCHTRT_FAST_WHEEL=1 "$python" -m pip install --disable-pip-version-check --quiet --no-deps --no-build-isolation \
    --force-reinstall .
  printf '%s\n' "$now" >"$stamp"
fi
