#pragma once

#include "torch_tensorrt/core/compat/ir.h"
