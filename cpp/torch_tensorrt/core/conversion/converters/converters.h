#pragma once

#include "torch_tensorrt/core/compat/converters.h"
