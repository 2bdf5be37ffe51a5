#pragma once

#include "torch_tensorrt/core/compat/partitioning.h"
