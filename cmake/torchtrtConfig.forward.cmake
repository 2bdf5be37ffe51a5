# Installed as PREFIX/lib/cmake/torchtrt/torchtrtConfig.cmake (and ...ConfigVersion.cmake): redirects
# find_package(torchtrt) from the prefix of a Python to the package inside its site-packages.

get_filename_component(_torchtrt_name "${CMAKE_CURRENT_LIST_FILE}" NAME)
get_filename_component(_torchtrt_prefix "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)
file(
  GLOB
  _torchtrt_candidates
  "${_torchtrt_prefix}/lib*/python3*/site-packages/torch_tensorrt/share/cmake/torchtrt/${_torchtrt_name}"
  "${_torchtrt_prefix}/lib*/python3*/dist-packages/torch_tensorrt/share/cmake/torchtrt/${_torchtrt_name}"
  "${_torchtrt_prefix}/local/lib*/python3*/dist-packages/torch_tensorrt/share/cmake/torchtrt/${_torchtrt_name}")
if(_torchtrt_candidates)
  list(GET _torchtrt_candidates 0 _torchtrt_config)
  include("${_torchtrt_config}")
elseif(_torchtrt_name STREQUAL "torchtrtConfig.cmake")
  set(torchtrt_FOUND FALSE)
  set(torchtrt_NOT_FOUND_MESSAGE "the package torch_tensorrt is not installed below ${_torchtrt_prefix}")
else()
  set(PACKAGE_VERSION_COMPATIBLE FALSE)
endif()
