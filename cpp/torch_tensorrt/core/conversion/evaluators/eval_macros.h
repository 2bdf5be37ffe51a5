#pragma once

#include "torch_tensorrt/core/compat/eval_macros.h"
