# Install rules. The install prefix is the directory of the Python package, so that an installed package, a wheel and
# `cmake --install` have the same layout:
#
#   PREFIX/lib      our libraries and a copy of oneDNN's
#   PREFIX/include  torch_tensorrt/..., and the include paths of Torch-TensorRT: core/... and NvInfer.h
#   PREFIX/bin      torchtrtc
#   PREFIX/share    the manual page of torchtrtc and its completions for bash, zsh and fish
#   PREFIX/share/cmake/torchtrt   find_package(torchtrt CONFIG)
#   PREFIX/lib/pkgconfig          pkg-config torchtrt, torchtrt-runtime

include(CMakePackageConfigHelpers)

set(TORCHTRT_CMAKE_DIR share/cmake/torchtrt)
set(_torchtrt_libraries torchtrt_engine torchtrt_runtime torchtrt)

# Beside ours, then torch's: PREFIX is site-packages/torch_tensorrt and torch is its sibling.
set_target_properties(${_torchtrt_libraries} PROPERTIES INSTALL_RPATH "$ORIGIN;$ORIGIN/../../torch/lib")
set_target_properties(torchtrt_engine PROPERTIES EXPORT_NAME engine)
set_target_properties(torchtrt_runtime PROPERTIES EXPORT_NAME runtime)
add_library(torchtrt::engine ALIAS torchtrt_engine)
add_library(torchtrt::runtime ALIAS torchtrt_runtime)
add_library(torchtrt::torchtrt ALIAS torchtrt)

install(TARGETS ${_torchtrt_libraries} EXPORT torchtrtTargets LIBRARY DESTINATION lib)
if(TARGET torchtrtc)
  set_target_properties(torchtrtc PROPERTIES INSTALL_RPATH "$ORIGIN/../lib;$ORIGIN/../../torch/lib")
  install(TARGETS torchtrtc RUNTIME DESTINATION bin)
  install(DIRECTORY "${PROJECT_SOURCE_DIR}/cpp/bin/torchtrtc/share/" DESTINATION share)
endif()

# The engine's library finds it beside itself, by name.
if(TARGET torchtrt_tensorrt)
  set_target_properties(torchtrt_tensorrt PROPERTIES INSTALL_RPATH "$ORIGIN")
  install(TARGETS torchtrt_tensorrt LIBRARY DESTINATION lib)
endif()

# Installs oneDNN under the name that the loader needs, so that the package is self-contained.
if(OneDNN_FOUND)
  get_filename_component(_torchtrt_dnnl "${OneDNN_LIBRARY}" REALPATH)
  execute_process(COMMAND "${CMAKE_COMMAND}" -E env LC_ALL=C "${CMAKE_READELF}" -d "${_torchtrt_dnnl}" OUTPUT_VARIABLE _torchtrt_dynamic
                  COMMAND_ERROR_IS_FATAL ANY)
  if(NOT _torchtrt_dynamic MATCHES "soname: \\[([^]]+)\\]")
    message(FATAL_ERROR "${_torchtrt_dnnl} has no SONAME")
  endif()
  install(FILES "${_torchtrt_dnnl}" DESTINATION lib RENAME "${CMAKE_MATCH_1}")
endif()

# Headers of tactics, backends and the plan's encoding include vendor headers and are not installed.
install(
  DIRECTORY "${PROJECT_SOURCE_DIR}/cpp/torch_tensorrt"
  DESTINATION include
  FILES_MATCHING
  PATTERN "*.h"
  REGEX "core/engine/tactics/[^/]+/" EXCLUDE
  PATTERN "core/backends" EXCLUDE
  PATTERN "core/engine/plan/plan_*.h" EXCLUDE
  PATTERN "internal" EXCLUDE)
install(FILES "${TORCHTRT_GENERATED_DIR}/torch_tensorrt/version.h" DESTINATION include/torch_tensorrt)

# core/NAME.h is one line: #include "torch_tensorrt/core/NAME.h".
set(_torchtrt_forwards "${PROJECT_BINARY_DIR}/forwards")
file(REMOVE_RECURSE "${_torchtrt_forwards}")
file(GLOB_RECURSE _torchtrt_core CONFIGURE_DEPENDS RELATIVE "${PROJECT_SOURCE_DIR}/cpp/torch_tensorrt"
     "${PROJECT_SOURCE_DIR}/cpp/torch_tensorrt/core/*.h")
list(FILTER _torchtrt_core EXCLUDE REGEX "^core/(engine/tactics/[^/]+|backends)/|^core/engine/plan/plan_[^/]*$|/internal/")
foreach(header IN LISTS _torchtrt_core)
  file(WRITE "${_torchtrt_forwards}/${header}" "#pragma once\n#include \"torch_tensorrt/${header}\"\n")
endforeach()
install(DIRECTORY "${_torchtrt_forwards}/core" DESTINATION include)
install(FILES "${PROJECT_SOURCE_DIR}/cpp/stand_in/NvInfer.h" DESTINATION include)

install(EXPORT torchtrtTargets NAMESPACE torchtrt:: DESTINATION ${TORCHTRT_CMAKE_DIR})
configure_package_config_file(
  "${PROJECT_SOURCE_DIR}/cmake/torchtrtConfig.cmake.in" "${PROJECT_BINARY_DIR}/package/torchtrtConfig.cmake"
  INSTALL_DESTINATION ${TORCHTRT_CMAKE_DIR}
  NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file(
  "${PROJECT_BINARY_DIR}/package/torchtrtConfigVersion.cmake"
  VERSION ${PROJECT_VERSION}
  COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/package/torchtrtConfig.cmake"
              "${PROJECT_BINARY_DIR}/package/torchtrtConfigVersion.cmake"
              "${PROJECT_SOURCE_DIR}/cmake/FindLibtorch.cmake"
        DESTINATION ${TORCHTRT_CMAKE_DIR})

# Linkers drop a library of which a program uses no symbol, and the runtime library registers its class as it loads.
function(torchtrt_install_pc name description libraries)
  set(TORCHTRT_PC_NAME "${name}")
  set(TORCHTRT_PC_DESCRIPTION "${description}")
  set(TORCHTRT_PC_LIBRARIES "${libraries}")
  configure_file("${PROJECT_SOURCE_DIR}/cmake/torchtrt.pc.in" "${PROJECT_BINARY_DIR}/package/${name}.pc" @ONLY)
  install(FILES "${PROJECT_BINARY_DIR}/package/${name}.pc" DESTINATION lib/pkgconfig)
endfunction()
torchtrt_install_pc(torchtrt "Compiler for TorchScript modules" "-ltorchtrt -ltorchtrt_runtime -ltorchtrt_engine")
torchtrt_install_pc(torchtrt-runtime "Runs modules that torchtrt compiled" "-ltorchtrt_runtime -ltorchtrt_engine")

# Builds everything for the install rules, without the tests.
add_custom_target(torchtrt_package DEPENDS ${_torchtrt_libraries})
if(TARGET torchtrt_tensorrt)
  add_dependencies(torchtrt_package torchtrt_tensorrt)
endif()
if(TARGET torchtrtc)
  add_dependencies(torchtrt_package torchtrtc)
endif()
