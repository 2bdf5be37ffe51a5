#include "torch_tensorrt/core/backends/tensorrt/run/vendor_network.h"

#include <mutex>

#include "torch_tensorrt/core/backends/tensorrt/run/build.h"
#include "torch_tensorrt/core/backends/tensorrt/run/vendor.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::backends::tensorrt {
namespace {

std::unique_ptr<nvinfer1::IBuilder> make_builder(const Library& library, MessageGatherer& messages) {
  std::unique_ptr<nvinfer1::IBuilder> builder(
      static_cast<nvinfer1::IBuilder*>(library.create_builder(vendor_logger())));
  if (builder == nullptr) {
    TORCHTRT_THROW_ERROR("TensorRT " << to_string(library.version()) << " makes no builder. "
                                     << messages.take_errors());
  }
  return builder;
}

uint32_t network_flags(bool strongly_typed) {
  using nvinfer1::NetworkDefinitionCreationFlag;
  return strongly_typed ? 1U << static_cast<uint32_t>(NetworkDefinitionCreationFlag::kSTRONGLY_TYPED) : 0U;
}

// TensorRT loads its kernels for the first builder of a process, which takes half a minute, and unloads them with the
// last. Keep one builder until the process ends, so that later builds load only their own needs.
void keep_a_builder(const Library& library, MessageGatherer& messages) {
  static auto* const mutex = new std::mutex();
  static nvinfer1::IBuilder* kept = nullptr;
  const std::lock_guard lock(*mutex);
  if (kept == nullptr) kept = make_builder(library, messages).release();
}

}  // namespace

VendorNetwork translate_network(const network::INetworkDefinition& network, const engine::BuildSettings& settings,
                                const Library& library, MessageGatherer& messages) {
  keep_a_builder(library, messages);
  VendorNetwork made;
  made.builder = make_builder(library, messages);
  made.precisions.strongly_typed = is_strongly_typed(network, settings);
  made.precisions.quantized = is_quantized(network, settings);
  made.network.reset(made.builder->createNetworkV2(network_flags(made.precisions.strongly_typed)));
  if (made.network == nullptr) TORCHTRT_THROW_ERROR("TensorRT makes no network. " << messages.take_errors());
  const Translator::Options options{made.precisions.strongly_typed, made.precisions.quantized, settings.refit};
  made.translator = std::make_unique<Translator>(network, *made.network, options, messages);
  made.translator->run();
  const std::string remarks = messages.take_errors();  // on layers that it took all the same
  LOG_DEBUG("TensorRT took the layers. " << remarks);
  return made;
}

}  // namespace torch_tensorrt::backends::tensorrt
