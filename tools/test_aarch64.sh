#!/usr/bin/env bash
# Cross-compiles the library of engines (the part without torch) with oneDNN for aarch64 and runs its tests under qemu.
# tools/setup.sh aarch64 installs the compiler and makes the root, whose libraries the tests use.
#
# All tests run on a processor without SVE, and those of oneDNN's tactics on one with SVE, too: oneDNN has other kernels
# for it. With QEMU_CPU in the environment, all tests run on that processor alone.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly build=build-aarch64
mkdir -p "$build"
exec 8>"$build/.lock"
flock 8

cmake -S . -B "$build" -G Ninja --toolchain "$PWD/cmake/aarch64-linux-gnu.cmake" -DTORCHTRT_ENGINE_ONLY=ON \
  -DTORCHTRT_AARCH64_ROOT="$PWD/$build/root" -DTORCHTRT_TEST_TIMEOUT=1800 ${TORCHTRT_CMAKE_ARGS:-} >"$build/configure.log" ||
  { cat "$build/configure.log" >&2 && exit 1; }
NINJA_STATUS='[%f/%t %es] ' cmake --build "$build"

run_tests() {
  echo "== tests on ${QEMU_CPU%%,*}"
  ctest --test-dir "$build" --output-on-failure --no-tests=error "$@"
}

if [[ -n ${QEMU_CPU:-} ]]; then
  run_tests
  exit
fi
QEMU_CPU=neoverse-n1 run_tests
# The kernels of Winograd's convolution are for NEON. The default signing of pointers (pauth) is slow.
QEMU_CPU=max,pauth-impdef=on GTEST_FILTER='-*Winograd*' run_tests --tests-regex '^test_onednn$'
