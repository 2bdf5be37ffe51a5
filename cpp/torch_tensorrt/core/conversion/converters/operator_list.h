#pragma once

#include <string>
#include <vector>

// Lists the registered converters.
namespace torch_tensorrt::core::conversion::converters {

struct ConverterEntry {
  std::string signature;
  std::string declines;  // when the operator is not converted, or why never (see declines.h)
  bool never = false;    // registered only to give the reason
};

// Every registration, by signature.
std::vector<ConverterEntry> list_converters();

}  // namespace torch_tensorrt::core::conversion::converters
