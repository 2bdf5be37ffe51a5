#pragma once

#include "torch_tensorrt/core/compat/converter_util.h"
