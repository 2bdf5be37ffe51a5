# Finds the libtorch inside a Python torch package and makes the target torchtrt::libtorch (CPU API).
#
# It replaces torch's own TorchConfig.cmake, which demands a CUDA toolkit for a torch built with CUDA; nothing here needs
# the toolkit. This file is also installed beside torchtrtConfig.cmake.
#
# Reads:  TORCHTRT_TORCH_DIR    directory of the torch package
#         TORCHTRT_TORCH_HINTS  directories tried first
#         TORCHTRT_PYTHON       interpreter to ask last
# Sets:   Libtorch_FOUND, Libtorch_VERSION, TORCHTRT_TORCH_DIR

function(_torchtrt_torch_from_python python out)
  execute_process(
    COMMAND "${python}" -c
            "import importlib.util as u; print(list(u.find_spec('torch').submodule_search_locations)[0])"
    OUTPUT_VARIABLE found
    ERROR_QUIET
    OUTPUT_STRIP_TRAILING_WHITESPACE)
  set(${out} "${found}" PARENT_SCOPE)
endfunction()

function(_torchtrt_find_torch_dir out)
  foreach(dir IN LISTS TORCHTRT_TORCH_HINTS)
    if(EXISTS "${dir}/include/torch/script.h")
      get_filename_component(dir "${dir}" REALPATH)
      set(${out} "${dir}" PARENT_SCOPE)
      return()
    endif()
  endforeach()
  foreach(python IN ITEMS "${TORCHTRT_PYTHON}" "$ENV{VIRTUAL_ENV}/bin/python" python3 python)
    if(python STREQUAL "")
      continue()
    endif()
    _torchtrt_torch_from_python("${python}" dir)
    if(dir AND EXISTS "${dir}/include/torch/script.h")
      set(${out} "${dir}" PARENT_SCOPE)
      return()
    endif()
  endforeach()
endfunction()

if(NOT TORCHTRT_TORCH_DIR OR NOT EXISTS "${TORCHTRT_TORCH_DIR}/include/torch/script.h")
  _torchtrt_find_torch_dir(_torchtrt_torch_dir)
  set(TORCHTRT_TORCH_DIR "${_torchtrt_torch_dir}" CACHE PATH "Directory of the torch Python package" FORCE)
endif()

if(TORCHTRT_TORCH_DIR AND EXISTS "${TORCHTRT_TORCH_DIR}/version.py")
  file(STRINGS "${TORCHTRT_TORCH_DIR}/version.py" _torchtrt_line REGEX "^__version__ = '")
  string(REGEX REPLACE "^__version__ = '([0-9.]+).*" "\\1" Libtorch_VERSION "${_torchtrt_line}")
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(
  Libtorch
  REQUIRED_VARS TORCHTRT_TORCH_DIR
  VERSION_VAR Libtorch_VERSION
  REASON_FAILURE_MESSAGE
    "No torch package found. Install it (pip install torch), or set TORCHTRT_PYTHON or TORCHTRT_TORCH_DIR.")

if(Libtorch_FOUND AND NOT TARGET torchtrt::libtorch)
  # The C++ ABI must be torch's own; packages older than 2.7 may still have the one before C++11.
  set(_torchtrt_abi 1)
  if(EXISTS "${TORCHTRT_TORCH_DIR}/share/cmake/Torch/TorchConfig.cmake")
    file(STRINGS "${TORCHTRT_TORCH_DIR}/share/cmake/Torch/TorchConfig.cmake" _torchtrt_line
         REGEX "_GLIBCXX_USE_CXX11_ABI=0")
    if(_torchtrt_line)
      set(_torchtrt_abi 0)
    endif()
  endif()

  # The standard that torch's headers demand.
  set(TORCHTRT_CXX_STANDARD 17)
  file(STRINGS "${TORCHTRT_TORCH_DIR}/include/torch/csrc/api/include/torch/all.h" _torchtrt_line
       REGEX "#error C\\+\\+20 ")
  if(_torchtrt_line)
    set(TORCHTRT_CXX_STANDARD 20)
  endif()

  foreach(_torchtrt_lib IN ITEMS c10 torch_cpu)
    add_library(torchtrt::${_torchtrt_lib} SHARED IMPORTED)
    set_target_properties(
      torchtrt::${_torchtrt_lib}
      PROPERTIES IMPORTED_LOCATION "${TORCHTRT_TORCH_DIR}/lib/lib${_torchtrt_lib}.so"
                 IMPORTED_SONAME "lib${_torchtrt_lib}.so")
  endforeach()

  find_package(Threads REQUIRED)
  add_library(torchtrt::libtorch INTERFACE IMPORTED)
  set_target_properties(
    torchtrt::libtorch
    PROPERTIES
      INTERFACE_INCLUDE_DIRECTORIES
      "${TORCHTRT_TORCH_DIR}/include;${TORCHTRT_TORCH_DIR}/include/torch/csrc/api/include"
      INTERFACE_COMPILE_DEFINITIONS "_GLIBCXX_USE_CXX11_ABI=${_torchtrt_abi}"
      INTERFACE_COMPILE_FEATURES cxx_std_${TORCHTRT_CXX_STANDARD}
      INTERFACE_LINK_LIBRARIES "torchtrt::torch_cpu;torchtrt::c10;Threads::Threads")
endif()
