#pragma once

#include "torch_tensorrt/core/compat/partitioning_ctx.h"
