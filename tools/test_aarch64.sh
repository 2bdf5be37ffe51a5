#!/usr/bin/env bash
# Cross-compiles the library of engines (the part without torch) with oneDNN for aarch64 and runs its tests under qemu.
# tools/setup.sh aarch64 installs the compiler and makes the root, whose libraries the tests use.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly build=build-aarch64
mkdir -p "$build"
exec 8>"$build/.lock"
flock 8

cmake -S . -B "$build" -G Ninja --toolchain "$PWD/cmake/aarch64-linux-gnu.cmake" -DTORCHTRT_ENGINE_ONLY=ON \
  -DTORCHTRT_AARCH64_ROOT="$PWD/$build/root" ${TORCHTRT_CMAKE_ARGS:-} >"$build/configure.log" ||
  { cat "$build/configure.log" >&2 && exit 1; }
NINJA_STATUS='[%f/%t %es] ' cmake --build "$build"
ctest --test-dir "$build" --output-on-failure --no-tests=error
