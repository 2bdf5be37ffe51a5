#!/usr/bin/env bash
# Builds the wheel and the source distribution into dist/ (dist/torch-2.15/ with TORCH=2.15 in the environment).
#
# One wheel serves every CPython from 3.10, because the Python package reaches C++ through torch's ops, and the torch of
# the build. auditwheel finds the oldest glibc that the binaries run with and writes it into the tag; torch's libraries
# stay out of the wheel.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source tools/env.sh

readonly made="$build/dist" dist="dist${torch:+/torch-$torch}"
rm -rf "$made"
"$python" -m pip wheel --disable-pip-version-check --quiet --no-deps --no-build-isolation --wheel-dir "$made" .
PATH="$PWD/$venv/bin:$PATH" "$python" -m auditwheel repair --exclude libtorch_cpu.so --exclude libc10.so \
  --exclude libgomp.so.1 --wheel-dir "$dist" "$made"/*.whl
"$python" -c "from setuptools import build_meta; build_meta.build_sdist('$dist')" >"$build/sdist.log" 2>&1 ||
  { cat "$build/sdist.log" >&2 && exit 1; }
ls -l "$dist"
