# Finds oneDNN and makes the target oneDNN::oneDNN.
#
# Searches: ONEDNN_ROOT, CMAKE_PREFIX_PATH, the prefix of TORCHTRT_PYTHON (where the PyPI packages put it), the system.
# Sets: OneDNN_FOUND, OneDNN_VERSION, OneDNN_LIBRARY (with links resolved), OneDNN_INCLUDE_DIR

set(_onednn_hints ${ONEDNN_ROOT} $ENV{ONEDNN_ROOT})
if(TORCHTRT_PYTHON)
  # Uses the link and not its target: a virtual environment's python points outside of it.
  get_filename_component(_onednn_bin "${TORCHTRT_PYTHON}" DIRECTORY)
  get_filename_component(_onednn_prefix "${_onednn_bin}" DIRECTORY)
endif()

# A build directory may outlive the environment of its configuration.
if(OneDNN_INCLUDE_DIR AND NOT EXISTS "${OneDNN_INCLUDE_DIR}/oneapi/dnnl/dnnl.hpp")
  unset(OneDNN_INCLUDE_DIR CACHE)
  unset(OneDNN_LIBRARY CACHE)
endif()

# Searches the prefix of the Python before the system, whose oneDNN may be too old.
find_path(
  OneDNN_INCLUDE_DIR oneapi/dnnl/dnnl.hpp
  HINTS ${_onednn_hints} ${_onednn_prefix}
  PATH_SUFFIXES include)

if(OneDNN_INCLUDE_DIR)
  get_filename_component(_onednn_found_prefix "${OneDNN_INCLUDE_DIR}" DIRECTORY)
  find_library(OneDNN_LIBRARY NAMES dnnl HINTS "${_onednn_found_prefix}" ${_onednn_hints} PATH_SUFFIXES lib lib64)
  set(_onednn_version_header "${OneDNN_INCLUDE_DIR}/oneapi/dnnl/dnnl_version.h")
  if(EXISTS "${_onednn_version_header}")
    foreach(_onednn_part IN ITEMS MAJOR MINOR PATCH)
      file(STRINGS "${_onednn_version_header}" _onednn_line REGEX "#define DNNL_VERSION_${_onednn_part} +[0-9]+")
      string(REGEX REPLACE ".* ([0-9]+).*" "\\1" _onednn_${_onednn_part} "${_onednn_line}")
    endforeach()
    set(OneDNN_VERSION "${_onednn_MAJOR}.${_onednn_MINOR}.${_onednn_PATCH}")
  endif()
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(
  OneDNN
  REQUIRED_VARS OneDNN_LIBRARY OneDNN_INCLUDE_DIR
  VERSION_VAR OneDNN_VERSION)

if(OneDNN_FOUND AND NOT TARGET oneDNN::oneDNN)
  add_library(oneDNN::oneDNN SHARED IMPORTED)
  set_target_properties(oneDNN::oneDNN PROPERTIES IMPORTED_LOCATION "${OneDNN_LIBRARY}"
                                                  INTERFACE_INCLUDE_DIRECTORIES "${OneDNN_INCLUDE_DIR}")
endif()
mark_as_advanced(OneDNN_INCLUDE_DIR OneDNN_LIBRARY)
