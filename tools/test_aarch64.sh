#!/usr/bin/env bash
# Cross-compiles the library of engines (the part without torch) for aarch64 and runs its tests under qemu.
#
# Debian has no oneDNN that is new enough for arm64, so this build has only what needs neither oneDNN nor torch: networks,
# the optimizer, plans, the runtime of engines, and the translation to TensorRT.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly build=build-aarch64
mkdir -p "$build"
exec 8>"$build/.lock"
flock 8

cmake -S . -B "$build" -G Ninja --toolchain "$PWD/cmake/aarch64-linux-gnu.cmake" -DTORCHTRT_ENGINE_ONLY=ON \
  ${TORCHTRT_CMAKE_ARGS:-} >"$build/configure.log" || { cat "$build/configure.log" >&2 && exit 1; }
NINJA_STATUS='[%f/%t %es] ' cmake --build "$build"
ctest --test-dir "$build" --output-on-failure --no-tests=error
