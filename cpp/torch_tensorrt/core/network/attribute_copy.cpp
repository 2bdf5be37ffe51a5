#include "torch_tensorrt/core/network/attribute_copy.h"

#include <any>

#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::network {
namespace {

// Takes every value in order.
class Recorder final : public AttributeVisitor {
 public:
  void visit(const char* /*name*/, bool& value) override { values_.emplace_back(value); }
  void visit(const char* /*name*/, int64_t& value) override { values_.emplace_back(value); }
  void visit(const char* /*name*/, double& value) override { values_.emplace_back(value); }
  void visit(const char* /*name*/, std::optional<double>& value) override { values_.emplace_back(value); }
  void visit(const char* /*name*/, std::string& value) override { values_.emplace_back(value); }
  void visit(const char* /*name*/, Dims& value) override { values_.emplace_back(value); }
  void visit(const char* /*name*/, std::vector<int64_t>& value) override { values_.emplace_back(value); }
  void visit(const char* /*name*/, std::vector<double>& value) override { values_.emplace_back(value); }
  void visit(const char* /*name*/, Weights& value) override { values_.emplace_back(value); }
  void visit(const char* /*name*/, Epilogue& value) override { values_.emplace_back(value); }
  void visit_enum(const char* /*name*/, int32_t& value, const EnumTable& /*table*/) override {
    values_.emplace_back(value);
  }

  const std::vector<std::any>& values() const { return values_; }

 private:
  std::vector<std::any> values_;
};

// Gives them out again in the same order.
class Player final : public AttributeVisitor {
 public:
  explicit Player(const std::vector<std::any>& values) : values_(values) {}

  void visit(const char* /*name*/, bool& value) override { play(value); }
  void visit(const char* /*name*/, int64_t& value) override { play(value); }
  void visit(const char* /*name*/, double& value) override { play(value); }
  void visit(const char* /*name*/, std::optional<double>& value) override { play(value); }
  void visit(const char* /*name*/, std::string& value) override { play(value); }
  void visit(const char* /*name*/, Dims& value) override { play(value); }
  void visit(const char* /*name*/, std::vector<int64_t>& value) override { play(value); }
  void visit(const char* /*name*/, std::vector<double>& value) override { play(value); }
  void visit(const char* /*name*/, Weights& value) override { play(value); }
  void visit(const char* /*name*/, Epilogue& value) override { play(value); }
  void visit_enum(const char* /*name*/, int32_t& value, const EnumTable& /*table*/) override { play(value); }

 private:
  template <typename T>
  void play(T& value) {
    const T* next = next_ < values_.size() ? std::any_cast<T>(&values_[next_]) : nullptr;
    TORCHTRT_ASSERT(next != nullptr, "layers of one kind state the same attributes in the same order");
    value = *next;
    ++next_;
  }

  const std::vector<std::any>& values_;
  size_t next_ = 0;
};

}  // namespace

void copy_attributes(const ILayer& from, ILayer& to) {
  TORCHTRT_ASSERT(from.getType() == to.getType(), "attributes are copied between layers of one kind");
  Recorder recorder;
  read_attributes(from, recorder);
  Player player(recorder.values());
  write_attributes(to, player);
}

}  // namespace torch_tensorrt::network
