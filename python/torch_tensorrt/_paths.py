"""Paths of the installed package. Imports only the standard library."""

from pathlib import Path

package_dir = Path(__file__).resolve().parent
lib_dir = package_dir / "lib"
include_dir = package_dir / "include"
bin_dir = package_dir / "bin"

#: The CMAKE_PREFIX_PATH for find_package(torchtrt CONFIG).
cmake_prefix_path = str(package_dir / "share" / "cmake")
