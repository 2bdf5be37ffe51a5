# Components (one object library per source folder), the torch precompiled header, and generated headers.
#
# A component without sources yet becomes an empty target of the same name, so that `ninja NAME` always works and the
# tree configures at every stage.

# Headers made from the VERSION file and from plan.fbs.
configure_file("${PROJECT_SOURCE_DIR}/cmake/version.h.in" "${TORCHTRT_GENERATED_DIR}/torch_tensorrt/version.h" @ONLY)

set(TORCHTRT_PLAN_SCHEMA "${PROJECT_SOURCE_DIR}/cpp/torch_tensorrt/core/engine/plan/plan.fbs")
set(TORCHTRT_PLAN_HEADER "${TORCHTRT_GENERATED_DIR}/torch_tensorrt/core/engine/plan/plan_generated.h")
file(GLOB _torchtrt_schema CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/cpp/torch_tensorrt/core/engine/plan/*.fbs")
if(TORCHTRT_PLAN_SCHEMA IN_LIST _torchtrt_schema)
  add_custom_command(
    OUTPUT "${TORCHTRT_PLAN_HEADER}"
    COMMAND "${TORCHTRT_FLATC}" --cpp --cpp-std c++17 --scoped-enums -o "${TORCHTRT_GENERATED_DIR}/torch_tensorrt/core/engine/plan"
            "${TORCHTRT_PLAN_SCHEMA}"
    DEPENDS "${TORCHTRT_PLAN_SCHEMA}"
    COMMENT "Generating plan_generated.h"
    VERBATIM)
  add_custom_target(torchtrt_generated DEPENDS "${TORCHTRT_PLAN_HEADER}")
else()
  add_custom_target(torchtrt_generated)
endif()

# Sources under the given folders of cpp/ (globs are relative to cpp/torch_tensorrt).
function(torchtrt_glob out)
  set(patterns ${ARGN})
  list(TRANSFORM patterns PREPEND "${PROJECT_SOURCE_DIR}/cpp/torch_tensorrt/")
  file(GLOB_RECURSE files CONFIGURE_DEPENDS ${patterns})
  set(${out} ${files} PARENT_SCOPE)
endfunction()

function(torchtrt_use_torch target)
  target_link_libraries(${target} PRIVATE torchtrt::libtorch)
  set_target_properties(${target} PROPERTIES JOB_POOL_COMPILE torch_compile)
  if(TORCHTRT_PCH AND NOT target STREQUAL "torchtrt_pch")
    target_precompile_headers(${target} REUSE_FROM torchtrt_pch)
  endif()
endfunction()

# torchtrt_add_objects(NAME [TORCH] SOURCES files...)
function(torchtrt_add_objects name)
  cmake_parse_arguments(ARG "TORCH" "" "SOURCES" ${ARGN})
  if(NOT ARG_SOURCES OR (ARG_TORCH AND TORCHTRT_ENGINE_ONLY))
    add_custom_target(${name})
    return()
  endif()
  add_library(${name} OBJECT ${ARG_SOURCES})
  torchtrt_apply_settings(${name})
  add_dependencies(${name} torchtrt_generated)
  target_include_directories(${name} PRIVATE "${PROJECT_SOURCE_DIR}/cpp" "${TORCHTRT_GENERATED_DIR}")
  target_link_libraries(${name} PRIVATE torchtrt_third_party)
  if(OneDNN_FOUND)
    target_compile_definitions(${name} PRIVATE TORCHTRT_WITH_ONEDNN=1)
  endif()
  if(ARG_TORCH)
    torchtrt_use_torch(${name})
  endif()
endfunction()

# TYPE of a target, or an empty string if it does not exist.
function(torchtrt_target_type out target)
  set(type)
  if(TARGET ${target})
    get_target_property(type ${target} TYPE)
  endif()
  set(${out} "${type}" PARENT_SCOPE)
endfunction()

# Puts the object files of the components into a variable; components without sources have none.
function(torchtrt_objects out)
  set(objects)
  foreach(name IN LISTS ARGN)
    torchtrt_target_type(type ${name})
    if(type STREQUAL "OBJECT_LIBRARY")
      list(APPEND objects $<TARGET_OBJECTS:${name}>)
    endif()
  endforeach()
  set(${out} ${objects} PARENT_SCOPE)
endfunction()

# torchtrt_add_shared(NAME OBJECTS components...)
function(torchtrt_add_shared name)
  cmake_parse_arguments(ARG "" "" "OBJECTS" ${ARGN})
  torchtrt_objects(objects ${ARG_OBJECTS})
  if(NOT objects)
    set(objects "${TORCHTRT_GENERATED_DIR}/${name}_empty.cpp")
    file(GENERATE OUTPUT "${objects}" CONTENT "// This library has no sources yet.\n")
  endif()
  add_library(${name} SHARED ${objects})
  set_target_properties(${name} PROPERTIES LINKER_LANGUAGE CXX)
  target_include_directories(${name} INTERFACE "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/cpp>"
                                               "$<BUILD_INTERFACE:${TORCHTRT_GENERATED_DIR}>" "$<INSTALL_INTERFACE:include>")
  target_compile_features(${name} INTERFACE cxx_std_17)
  target_link_options(${name} PRIVATE -Wl,--no-undefined)
  add_dependencies(${name} torchtrt_generated)
endfunction()

# One precompiled header for every file that includes torch, ours and the tests'.
if(TORCHTRT_PCH)
  set(_torchtrt_pch_source "${TORCHTRT_GENERATED_DIR}/torchtrt_pch.cpp")
  file(GENERATE OUTPUT "${_torchtrt_pch_source}" CONTENT "// Exists so that the precompiled header has a target.\n")
  torchtrt_add_objects(torchtrt_pch TORCH SOURCES "${_torchtrt_pch_source}")
  target_precompile_headers(
    torchtrt_pch
    PRIVATE
    <algorithm>
    <map>
    <memory>
    <optional>
    <set>
    <string>
    <unordered_map>
    <unordered_set>
    <vector>
    <ATen/ATen.h>
    <torch/custom_class.h>
    <torch/script.h>)
endif()
