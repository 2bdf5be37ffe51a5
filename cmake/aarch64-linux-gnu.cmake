# Toolchain file: Debian's cross compiler for aarch64, and qemu to run what it makes.
#
# TORCHTRT_AARCH64_ROOT is the root of a Debian 13 for arm64, which tools/setup.sh makes: programs run with its
# libraries, and oneDNN comes from it. Headers and libraries of C and C++ are those of the cross compiler, which are older.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
set(CMAKE_TRY_COMPILE_PLATFORM_VARIABLES TORCHTRT_AARCH64_ROOT)
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64 -L "${TORCHTRT_AARCH64_ROOT}")
set(CMAKE_FIND_ROOT_PATH /usr/aarch64-linux-gnu "${TORCHTRT_AARCH64_ROOT}")
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
# The root's libraries need symbols of newer C and C++ libraries than the cross compiler's.
set(CMAKE_EXE_LINKER_FLAGS_INIT -Wl,--allow-shlib-undefined)
