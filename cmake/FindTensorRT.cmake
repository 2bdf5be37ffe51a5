# Finds the headers of TensorRT and makes the target TensorRT::headers. Nothing links libnvinfer: it is opened at run time.
#
# Searches: TensorRT_ROOT (a CMake or environment variable: the vendor's tarball), then the folders of Debian's packages,
# for x86-64 and for Jetson.
# Sets: TensorRT_FOUND, TensorRT_VERSION, TensorRT_INCLUDE_DIR

set(_tensorrt_roots ${TensorRT_ROOT} $ENV{TensorRT_ROOT})

# A build directory may outlive the tree of its configuration, or get another.
if(TensorRT_INCLUDE_DIR)
  set(_tensorrt_stale FALSE)
  if(NOT EXISTS "${TensorRT_INCLUDE_DIR}/NvInfer.h")
    set(_tensorrt_stale TRUE)
  elseif(_tensorrt_roots AND NOT "${_tensorrt_roots}" STREQUAL "${_TensorRT_SEARCHED_ROOTS}")
    set(_tensorrt_stale TRUE)
  endif()
  if(_tensorrt_stale)
    unset(TensorRT_INCLUDE_DIR CACHE)
  endif()
endif()
set(_TensorRT_SEARCHED_ROOTS "${_tensorrt_roots}" CACHE INTERNAL "")

set(_tensorrt_suffixes include targets/x86_64-linux-gnu/include targets/aarch64-linux-gnu/include)
if(_tensorrt_roots)
  # A given root is the only place to search.
  find_path(TensorRT_INCLUDE_DIR NvInfer.h PATHS ${_tensorrt_roots} PATH_SUFFIXES ${_tensorrt_suffixes} NO_DEFAULT_PATH)
else()
  find_path(TensorRT_INCLUDE_DIR NvInfer.h PATHS /usr/include/x86_64-linux-gnu /usr/include/aarch64-linux-gnu)
endif()

if(TensorRT_INCLUDE_DIR)
  foreach(_tensorrt_part IN ITEMS MAJOR MINOR PATCH)
    set(_tensorrt_${_tensorrt_part} 0)
    foreach(_tensorrt_prefix IN ITEMS NV_TENSORRT TRT)
      # From 10.13 on NV_TENSORRT_MAJOR stands for TRT_MAJOR_ENTERPRISE.
      file(STRINGS "${TensorRT_INCLUDE_DIR}/NvInferVersion.h" _tensorrt_line
           REGEX "#define ${_tensorrt_prefix}_${_tensorrt_part}(_ENTERPRISE)? +[0-9]+" LIMIT_COUNT 1)
      if(_tensorrt_line)
        string(REGEX REPLACE ".*_${_tensorrt_part}[A-Z_]* +([0-9]+).*" "\\1" _tensorrt_${_tensorrt_part}
                             "${_tensorrt_line}")
        break()
      endif()
    endforeach()
  endforeach()
  set(TensorRT_VERSION "${_tensorrt_MAJOR}.${_tensorrt_MINOR}.${_tensorrt_PATCH}")
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(TensorRT REQUIRED_VARS TensorRT_INCLUDE_DIR VERSION_VAR TensorRT_VERSION)

if(TensorRT_FOUND AND NOT TARGET TensorRT::headers)
  add_library(TensorRT::headers INTERFACE IMPORTED)
  set_target_properties(TensorRT::headers PROPERTIES INTERFACE_INCLUDE_DIRECTORIES "${TensorRT_INCLUDE_DIR}")
endif()
mark_as_advanced(TensorRT_INCLUDE_DIR)
