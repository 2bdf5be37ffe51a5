#pragma once

#include "torch_tensorrt/core/compat/builder.h"
