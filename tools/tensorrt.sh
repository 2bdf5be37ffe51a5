#!/usr/bin/env bash
# Builds the TensorRT backend, and a program that checks it on a machine with a GPU.
#
#   tools/tensorrt.sh [TENSORRT_ROOT]    the vendor's tree (headers are enough); default: where CMake finds the headers
#
# The backend is build/lib/libtorchtrt_tensorrt.so. Copy build/tensorrt_check to a machine with a GPU and TensorRT 10,
# and check the backend there with `LD_LIBRARY_PATH=TENSORRT/lib ./trt_conformance cases.bin`.
set -euo pipefail
root="${1:-}"
[[ -z $root ]] || root="$(realpath "$root")"
cd "$(dirname "${BASH_SOURCE[0]}")/.."

source tools/env.sh
readonly check=$build/tensorrt_check
mkdir -p "$build"
exec 8>"$build/.lock"
flock 8

cmake -S . -B "$build" -G Ninja -DTORCHTRT_PYTHON="$PWD/$python" ${root:+"-DTensorRT_ROOT=$root"} \
  ${TORCHTRT_CMAKE_ARGS:-} >"$build/tensorrt.log"
if ! grep -q '^-- TensorRT 10' "$build/tensorrt.log"; then
  grep '^-- TensorRT' "$build/tensorrt.log" >&2 || true
  echo "error: no headers of TensorRT 10; run tools/tensorrt.sh ROOT, or make tensorrt TensorRT_ROOT=ROOT" >&2
  exit 1
fi
mkdir -p "$check"
NINJA_STATUS='[%f/%t %es] ' cmake --build "$build" \
  --target torchtrt_tensorrt test_tensorrt trt_conformance export_cases tensorrt_alone seed_example flatten_converter
"$build/bin/test_tensorrt" --gtest_brief=1
cp "$build"/bin/{trt_conformance,seed_example} "$build/lib/libflatten_converter.so" "$check/"
"$build/bin/export_cases" "$check/cases.bin"
du -sh "$check"
