#pragma once

#include "torch_tensorrt/core/compat/TensorRTBindingNames.h"
