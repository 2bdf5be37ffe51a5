#include "torch_tensorrt/core/engine/tactics/onednn/row.h"

#include "torch_tensorrt/core/engine/tactics/onednn/descs.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::engine::onednn {
namespace {

bool same(const TensorDesc& a, const TensorDesc& b) {
  return a.dtype == b.dtype && a.dims == b.dims && a.format == b.format;
}

class RowTactic final : public Tactic {
 public:
  explicit RowTactic(const Row& row) : row_(row) {}

  const char* name() const override { return row_.name; }

  Decision supports(const network::ILayer& layer, const DeviceTarget& device) const override {
    if (layer.getType() != row_.kind) return Decision::no("another kind of layer");
    const auto basics = check_basics(layer, device);
    if (!basics) return basics;
    const auto epilogue = check_epilogue(layer);
    return epilogue && row_.supports != nullptr ? row_.supports(layer) : epilogue;
  }

  bool takes_format(const network::ILayer&, network::TensorFormat format) const override {
    return format == network::TensorFormat::kLINEAR || (!row_.only_linear && is_plain_or_hwc(format));
  }

  // Tries to make the primitive: for these kinds that takes microseconds, and oneDNN caches it.
  Decision takes(const LayerInstance& instance) const override {
    try {
      row_.prepare(instance);
      return Decision::yes();
    } catch (const dnnl::error& error) {
      return declined(error);
    } catch (const Error& error) {
      return Decision::no(error.msg());
    }
  }

  double estimate_microseconds(const LayerInstance& instance) const override {
    return roofline_microseconds(instance, static_cast<double>(instance.outputs[0].dims.volume()));
  }

  int32_t in_place_input(const LayerInstance& instance) const override {
    const bool free = row_.in_place && instance.constants[0] == nullptr;
    return free && same(instance.inputs[0], instance.outputs[0]) ? 0 : -1;
  }

  std::unique_ptr<Kernel> prepare(const LayerInstance& instance, WeightStore&, const DeviceTarget&) const override {
    try {
      return row_.prepare(instance);
    } catch (const dnnl::error& error) {
      TORCHTRT_THROW_ERROR("oneDNN: " << error.what());
    }
  }

 private:
  Row row_;
};

}  // namespace

std::unique_ptr<Tactic> make_row_tactic(const Row& row) { return std::make_unique<RowTactic>(row); }

void require_optimized(const char* implementation) {
  const auto decision = check_implementation(implementation);
  TORCHTRT_CHECK(decision, decision.reason());
}

}  // namespace torch_tensorrt::engine::onednn
