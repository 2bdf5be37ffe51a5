#pragma once

#include <flatbuffers/flatbuffers.h>

#include "torch_tensorrt/core/engine/build/build_settings.h"
#include "torch_tensorrt/core/engine/plan/plan_generated.h"

namespace torch_tensorrt::engine {

// The settings recorded in a plan. The name, the target and the number of specializations have fields of their own;
// paths and settings that only observe a build (dumps) are left out.
flatbuffers::Offset<fb::Settings> write_settings(flatbuffers::FlatBufferBuilder& buffer, const BuildSettings& settings);
// Throws Error on names that are unknown to this library.
BuildSettings read_settings(const fb::Settings& table);

}  // namespace torch_tensorrt::engine
