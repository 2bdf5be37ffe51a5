#!/usr/bin/env bash
# Cross-compiles the whole package for aarch64, makes its wheel in dist/, installs it with torch into the root that
# tools/setup.sh aarch64 made, and tries it there under qemu.
#
#   tools/package_aarch64.sh                                  builds and tries
#   tools/package_aarch64.sh tests/python/test_compile.py...  then runs these files of the Python tests (or pytest's options)
#
# The root needs 6 GB: torch's wheel for aarch64 demands CUDA's libraries. qemu must be registered for programs of aarch64,
# as the Debian package qemu-user-static does, since the package and its tests start programs.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

source tools/env.sh
readonly root="$PWD/build-aarch64/root" package_build="$PWD/build-aarch64-package"
readonly python_name="$(basename "$(readlink "$root/usr/bin/python3")")"
readonly site="$root/usr/local/lib/$python_name/dist-packages"

say() { printf '\033[1m== %s\033[0m (%s s)\n' "$*" "$SECONDS"; }

# pip of this machine, for the Python of the root.
install_in_root() {
  local minor platforms=(--platform linux_aarch64 --platform manylinux2014_aarch64)
  for minor in {17..41}; do platforms+=(--platform "manylinux_2_${minor}_aarch64"); done
  "$python" -m pip install --disable-pip-version-check --quiet --no-compile --target "$site" --upgrade --implementation cp \
    --python-version "${python_name#python}" --only-binary=:all: "${platforms[@]}" "$@"
}

install_requirements() {
  local requirements stamp
  requirements="$(grep -hE '^(torch|numpy|pytest|pytest-timeout|hypothesis)==' requirements/build.txt requirements/test.txt)"
  stamp="$root/.requirements-$(sha256sum <<<"$requirements" | cut -c1-16)"
  [[ -e $stamp ]] && return
  say "installing ${requirements//$'\n'/ } for aarch64"
  # shellcheck disable=SC2086 - one word each
  install_in_root $requirements
  touch "$stamp"
}

build_package() {
  say 'cross-compiling the package'
  cmake -S . -B "$package_build" -G Ninja --toolchain "$PWD/cmake/aarch64-linux-gnu.cmake" \
    -DTORCHTRT_AARCH64_ROOT="$root" -DTORCHTRT_TORCH_DIR="$site/torch" -DTORCHTRT_PYTHON="$PWD/$python" \
    -DTORCHTRT_BUILD_TESTS=OFF ${TORCHTRT_CMAKE_ARGS:-} >"$package_build.log" || { cat "$package_build.log" >&2 && exit 1; }
  NINJA_STATUS='[%f/%t %es] ' cmake --build "$package_build" --target torchtrt_package
  say 'making and installing the wheel'
  rm -f dist/torch_tensorrt-*-linux_aarch64.whl
  _PYTHON_HOST_PLATFORM=linux-aarch64 TORCHTRT_CROSS_BUILD="$package_build" "$python" -m pip wheel \
    --disable-pip-version-check --quiet --no-deps --no-build-isolation --wheel-dir dist .
  install_in_root --no-deps dist/torch_tensorrt-*-linux_aarch64.whl
  # pip gives programs the Python that runs pip.
  rm -rf "$site/bin"
  sed "1s|.*|#!$root/usr/bin/python3|" tools/packaging/torchtrtc >"$root/usr/local/bin/torchtrtc"
  chmod +x "$root/usr/local/bin/torchtrtc"
}

# Runs a Python program of the root. Its own programs run with the libraries of the root, too.
in_root() { QEMU_LD_PREFIX="$root" "$root/usr/bin/python3" "$@"; }

if [[ ! -e /proc/sys/fs/binfmt_misc/qemu-aarch64 ]]; then
  echo "error: this machine cannot start programs of aarch64; install the Debian package qemu-user-static (or qemu-user-binfmt)" >&2
  exit 1
fi
mkdir -p "$package_build"
exec 8>"$package_build/.lock"
flock 8

install_requirements
build_package
say 'trying the package'
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
(cd "$folder" && in_root "$OLDPWD/tools/packaging/try_package.py")
if [[ $# -gt 0 ]]; then
  say 'running tests'
  in_root -m pytest -q -p no:cacheprovider "$@"
fi
say 'done'
