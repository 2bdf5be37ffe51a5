# Compiler and linker settings of all targets.

if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Build type" FORCE)
endif()
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g0 -DNDEBUG")

set(CMAKE_CXX_STANDARD 17)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

set(CMAKE_LIBRARY_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/lib")
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bin")
set(TORCHTRT_GENERATED_DIR "${PROJECT_BINARY_DIR}/generated")

# ccache can cache with a precompiled header only with these relaxations and -fpch-preprocess (below). Paths under the
# source folder are hashed relative to the build folder, so that every clone on a machine shares one cache.
if(TORCHTRT_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  find_program(TORCHTRT_CCACHE_PROGRAM ccache)
  mark_as_advanced(TORCHTRT_CCACHE_PROGRAM)
  if(TORCHTRT_CCACHE_PROGRAM)
    set(CMAKE_CXX_COMPILER_LAUNCHER
        "${CMAKE_COMMAND}" -E env
        "CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_ctime,include_file_mtime"
        "CCACHE_BASEDIR=${PROJECT_SOURCE_DIR}" "CCACHE_NOHASHDIR=1"
        "${TORCHTRT_CCACHE_PROGRAM}")
  endif()
endif()

# A file that includes torch needs about 1.5 GB: the memory of the machine limits how many compile at once.
cmake_host_system_information(RESULT TORCHTRT_MEMORY_MB QUERY TOTAL_PHYSICAL_MEMORY)
math(EXPR TORCHTRT_TORCH_JOBS "${TORCHTRT_MEMORY_MB} / 2000")
if(TORCHTRT_TORCH_JOBS LESS 1)
  set(TORCHTRT_TORCH_JOBS 1)
endif()
set_property(GLOBAL PROPERTY JOB_POOLS torch_compile=${TORCHTRT_TORCH_JOBS})

# Assertions contain the name of their file (__FILE__), which must not show the build folder. ccache makes names under
# the source folder relative; this shortens other names.
function(torchtrt_hide_folders target)
  set(folders)
  if(NOT TORCHTRT_CCACHE_PROGRAM)
    list(APPEND folders "${PROJECT_SOURCE_DIR}")
  endif()
  string(FIND "${TORCHTRT_TORCH_DIR}" "${PROJECT_SOURCE_DIR}/" inside)
  if(TORCHTRT_TORCH_DIR AND (NOT inside EQUAL 0 OR NOT TORCHTRT_CCACHE_PROGRAM))
    list(APPEND folders "${TORCHTRT_TORCH_DIR}/include")
  endif()
  foreach(folder IN LISTS folders)
    target_compile_options(${target} PRIVATE "-fmacro-prefix-map=${folder}/=")
  endforeach()
endfunction()

# Flags of our own sources. Every target that reuses the precompiled header must have the same flags.
function(torchtrt_apply_settings target)
  target_compile_options(${target} PRIVATE -Wall -Wextra)
  torchtrt_hide_folders(${target})
  if(TORCHTRT_WERROR)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
  # Without torch too, so that ccache has the files that builds with and without torch share.
  if((TORCHTRT_PCH OR TORCHTRT_ENGINE_ONLY) AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(${target} PRIVATE -fpch-preprocess)
  endif()
endfunction()
