#pragma once

// The interface for writing converters, with the helpers that users' converters expect in it.
#include "torch_tensorrt/core/compat/converter_util.h"
#include "torch_tensorrt/core/compat/prelude.h"
#include "torch_tensorrt/core/conversion/converters/NodeConverterRegistry.h"
#include "torch_tensorrt/core/conversion/converters/Weights.h"
