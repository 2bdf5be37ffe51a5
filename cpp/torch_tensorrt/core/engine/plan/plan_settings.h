#pragma once

#include <flatbuffers/flatbuffers.h>

#include "torch_tensorrt/core/engine/build/build_settings.h"
#include "torch_tensorrt/core/engine/plan/plan_generated.h"

namespace torch_tensorrt::engine {

// What a plan keeps of the settings. The name, the target and the specialisations have places of their own; paths and
// what only looks at a build (dumps) are not kept.
flatbuffers::Offset<fb::Settings> write_settings(flatbuffers::FlatBufferBuilder& buffer, const BuildSettings& settings);
// Throws Error on names that this library does not know.
BuildSettings read_settings(const fb::Settings& table);

}  // namespace torch_tensorrt::engine
