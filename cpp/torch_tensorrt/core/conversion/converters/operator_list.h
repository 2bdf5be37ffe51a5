#pragma once

#include <string>
#include <vector>

// What is registered, for lists of operators.
namespace torch_tensorrt::core::conversion::converters {

struct ConverterEntry {
  std::string signature;
  std::string declines;  // when it is not converted, or why it never is (see declines.h)
  bool never = false;    // registered for the reason alone
};

// Every registration, by signature.
std::vector<ConverterEntry> list_converters();

}  // namespace torch_tensorrt::core::conversion::converters
