#pragma once

#include "torch_tensorrt/version.h"  // TORCH_TENSORRT_VERSION and its parts

#define TORCHTRT_API __attribute__((__visibility__("default")))
#define TORCHTRT_HIDDEN __attribute__((__visibility__("hidden")))

#define STR(x) #x
#define XSTR(x) STR(x)

namespace torch_tensorrt {
namespace torchscript {}
namespace ts = torchscript;
}  // namespace torch_tensorrt
namespace torchtrt = torch_tensorrt;
