#!/usr/bin/env bash
# Installs the requirements for building, testing or benchmarking: Debian packages, .venv, and pinned Python packages.
# The site's packages (docs) are in .venv-docs.
#
#   tools/setup.sh build|test|bench|docs|aarch64
#
# With TORCH=2.15 in the environment, the environment is .venv-2.15 with that torch. The script skips steps that are
# done: it asks dpkg for the Debian packages, and looks in .venv for a stamp named after the hash of the requirement
# files. A second run takes a fraction of a second.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly group="${1:-build}"
[[ $group != docs ]] || TORCH= # the site needs no torch
source tools/env.sh
folder="$venv" # of the Python packages
[[ $group != docs ]] || folder=.venv-docs
data= # a file of packages that are installed without their dependencies
case "$group" in
  build) requirements=(requirements/build.txt) ;;
  test) requirements=(requirements/build.txt requirements/test.txt requirements/zoo.txt requirements/serving.txt) ;;
  bench)
    requirements=(requirements/build.txt requirements/test.txt requirements/zoo.txt requirements/bench.txt)
    data=requirements/data.txt
    ;;
  docs) requirements=(requirements/docs.txt) ;;
  aarch64) requirements=() ;;
  *) echo "usage: tools/setup.sh build|test|bench|docs|aarch64" >&2 && exit 2 ;;
esac

system_packages=(
  g++ cmake ninja-build ccache pkg-config
  flatbuffers-compiler libflatbuffers-dev libcli11-dev nlohmann-json3-dev libfmt-dev libxxhash-dev libgtest-dev libgmock-dev
  libminizip-dev zlib1g-dev libstb-dev # torchtrtc: archives of NumPy, images
)

# Tests need speech from espeak-ng, a locale with another decimal point from locales, doxygen for the C++ comments, a
# browser for pages, and for torchtrtc the shells that it completes in and a checker of manual pages.
[[ $group == test ]] && system_packages+=(espeak-ng locales doxygen chromium zsh fish mandoc)

[[ $group == docs ]] && system_packages=(doxygen)

[[ $group == aarch64 ]] && system_packages+=(g++-aarch64-linux-gnu qemu-user googletest debootstrap debian-archive-keyring)

say() { printf '\033[1m== %s\033[0m\n' "$*"; }

# --- Python --------------------------------------------------------------------------------------------------------

# Prints the first Python that is new enough and can make a virtual environment.
find_python() {
  local candidate
  for candidate in python3 python3.13 python3.12 python3.11 python3.10 /usr/bin/python3; do
    if "$candidate" -c 'import sys, venv, ensurepip; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 14))' 2>/dev/null; then
      command -v "$candidate"
      return
    fi
  done
  return 1
}

venv_works() { "$folder/bin/python" -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; }

# --- steps ---------------------------------------------------------------------------------------------------------

missing_system_packages() {
  local package
  for package in "$@"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || printf '%s ' "$package"
  done
}

install_system_packages() {
  # One query for all packages is fast; the list of missing packages is needed only if one is missing.
  if dpkg-query -W -f='${Status}\n' "$@" 2>/dev/null | grep -c 'ok installed' | grep -qx "$#"; then
    return
  fi
  local missing
  read -r -a missing <<<"$(missing_system_packages "$@")"
  if ! command -v apt-get >/dev/null; then
    echo "error: these Debian packages, or your system's equivalents, are missing: ${missing[*]}" >&2
    exit 1
  fi
  if [[ $EUID -ne 0 ]]; then
    echo "error: Debian packages are missing; install them and run this again:" >&2
    echo "  sudo apt-get install ${missing[*]}" >&2
    exit 1
  fi
  say "installing Debian packages: ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update
  apt-get install --yes --no-install-recommends "${missing[@]}"
}

make_venv() {
  venv_works && return
  local base
  if ! base="$(find_python)"; then
    install_system_packages python3 python3-venv python3-dev
    base="$(find_python)" || {
      echo "error: Python 3.10 or newer is needed, found $(python3 --version 2>&1)" >&2
      exit 1
    }
  fi
  say "making $folder with $base"
  "$base" -m venv --clear "$folder"
}

# The requirements without the packages that $pins has in another version.
without_pinned() {
  local names
  names="$(grep -o '^[a-z]*==' "$pins" | paste -sd '|')"
  cat "${requirements[@]}" | grep -vE "^($names)"
}

install_requirements() {
  local hash stamp arguments=() file
  hash="$(cat "${requirements[@]}" $pins $data | sha256sum | cut -c1-16)"
  stamp="$folder/.installed-$group-$hash"
  [[ -e "$stamp" ]] && return
  for file in "${requirements[@]}"; do arguments+=(-r "$file"); done
  if [[ -n $pins ]]; then
    without_pinned >"$folder/requirements.txt"
    arguments=(-r "$folder/requirements.txt" -r "$pins")
  fi
  say "installing Python packages (${requirements[*]}); torch is large, the first time takes minutes"
  "$folder/bin/python" -m pip install --disable-pip-version-check "${arguments[@]}"
  [[ -z $data ]] || "$folder/bin/python" -m pip install --disable-pip-version-check --no-deps -r "$data"
  rm -f "$folder/.installed-$group-"*
  touch "$stamp"
}

# Makes the root of a Debian 13 for arm64 with Python and oneDNN; Debian 12's oneDNN is too old. The packages are only
# unpacked: no program of the root runs, so this needs no emulation.
make_aarch64_root() {
  local root=build-aarch64/root archive
  [[ -e $root/.complete ]] && return
  if [[ $EUID -ne 0 ]]; then
    echo "error: debootstrap needs root to make $root; run this once: sudo tools/setup.sh aarch64" >&2
    exit 1
  fi
  say "making $root, a Debian 13 for arm64"
  rm -rf "$root"
  mkdir -p "$root"
  debootstrap --foreign --arch=arm64 --variant=minbase --include=python3,libdnnl-dev trixie "$root" >"$root.log" || {
    tail -n 20 "$root.log" "$root/debootstrap/debootstrap.log" >&2
    exit 1
  }
  for archive in "$root"/var/cache/apt/archives/*.deb; do
    dpkg-deb -x "$archive" "$root"
  done
  rm -rf "$root"/var/cache/apt/archives "$root/debootstrap"
  touch "$root/.complete"
}

exec 9>"/tmp/torchtrt-setup-$(id -u).lock"
flock 9
install_system_packages "${system_packages[@]}"
[[ $group == aarch64 ]] && make_aarch64_root
[[ ${#requirements[@]} -gt 0 ]] || exit 0
make_venv
install_requirements
