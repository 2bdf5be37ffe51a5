# Third-party packages: torch and oneDNN from Python packages, the rest from the system.

if(NOT TORCHTRT_PYTHON)
  if(EXISTS "${PROJECT_SOURCE_DIR}/.venv/bin/python")
    set(TORCHTRT_PYTHON "${PROJECT_SOURCE_DIR}/.venv/bin/python" CACHE FILEPATH "" FORCE)
  else()
    find_program(_torchtrt_python3 NAMES python3 python NO_CACHE)
    set(TORCHTRT_PYTHON "${_torchtrt_python3}" CACHE FILEPATH "" FORCE)
  endif()
endif()

find_package(Libtorch 2.8 REQUIRED)
message(STATUS "torch ${Libtorch_VERSION}: ${TORCHTRT_TORCH_DIR}")

if(TORCHTRT_WITH_ONEDNN_TACTICS)
  find_package(OneDNN 3.2)
endif()
if(OneDNN_FOUND)
  message(STATUS "oneDNN ${OneDNN_VERSION}: ${OneDNN_LIBRARY}")
else()
  message(STATUS "oneDNN: not used; ATen's tactics run every layer")
endif()

if(TORCHTRT_WITH_TENSORRT)
  find_package(TensorRT QUIET)
endif()
if(TensorRT_FOUND AND TensorRT_VERSION VERSION_GREATER_EQUAL 10.1 AND TensorRT_VERSION VERSION_LESS 11)
  message(STATUS "TensorRT ${TensorRT_VERSION}: ${TensorRT_INCLUDE_DIR}")
elseif(TensorRT_FOUND)
  message(STATUS "TensorRT ${TensorRT_VERSION} in ${TensorRT_INCLUDE_DIR}: not used; the backend is written for the headers of 10.1 and later of 10")
  set(TensorRT_FOUND FALSE)
else()
  message(STATUS "TensorRT: no headers found (TensorRT_ROOT); its backend is not built")
endif()

find_package(Threads REQUIRED)
find_package(OpenMP REQUIRED COMPONENTS CXX)
find_package(fmt REQUIRED)
find_package(CLI11 REQUIRED)
find_program(TORCHTRT_FLATC flatc REQUIRED)
find_path(TORCHTRT_FLATBUFFERS_INCLUDE_DIR flatbuffers/flatbuffers.h REQUIRED)
find_path(TORCHTRT_XXHASH_INCLUDE_DIR xxhash.h REQUIRED)
mark_as_advanced(TORCHTRT_FLATC TORCHTRT_FLATBUFFERS_INCLUDE_DIR TORCHTRT_XXHASH_INCLUDE_DIR)

# Header-only helpers for all our targets, but not for installed headers.
add_library(torchtrt_third_party INTERFACE)
target_include_directories(torchtrt_third_party SYSTEM INTERFACE ${TORCHTRT_FLATBUFFERS_INCLUDE_DIR}
                                                                  ${TORCHTRT_XXHASH_INCLUDE_DIR})
target_compile_definitions(torchtrt_third_party INTERFACE XXH_INLINE_ALL)
target_link_libraries(torchtrt_third_party INTERFACE fmt::fmt-header-only Threads::Threads)

if(TORCHTRT_BUILD_TESTS)
  find_package(GTest REQUIRED)
endif()
