#pragma once

#include "torch_tensorrt/core/compat/prelude.h"
