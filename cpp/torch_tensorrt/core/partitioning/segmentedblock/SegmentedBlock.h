#pragma once

#include "torch_tensorrt/core/compat/segmented_block.h"
