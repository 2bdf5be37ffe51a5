#pragma once

#include <string>
#include <utility>

namespace torch_tensorrt {

// The answer of a converter, tactic, backend or pass to a "can you?":
// yes, or no with the reason. Reports and error texts quote these reasons.
class Decision {
 public:
  static Decision yes() { return Decision(true, {}); }
  static Decision no(std::string reason) { return Decision(false, std::move(reason)); }

  explicit operator bool() const { return ok_; }
  // Empty when the answer is yes.
  const std::string& reason() const { return reason_; }

 private:
  Decision(bool ok, std::string reason) : ok_(ok), reason_(std::move(reason)) {}

  bool ok_;
  std::string reason_;
};

}  // namespace torch_tensorrt
