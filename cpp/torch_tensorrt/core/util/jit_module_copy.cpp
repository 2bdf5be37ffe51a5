#include "torch_tensorrt/core/util/jit_module_copy.h"

#include <map>
#include <string>
#include <utility>

#include "torch/csrc/jit/api/function_impl.h"

namespace torch_tensorrt::core::util {
namespace {

using c10::ClassType;
using c10::ClassTypePtr;
using c10::TypePtr;
using torch::jit::CompilationUnit;
using torch::jit::Function;
using ObjectPtr = c10::intrusive_ptr<c10::ivalue::Object>;

ClassTypePtr as_module_class(const TypePtr& type) {
  auto as_class = type->cast<ClassType>();
  return as_class && as_class->is_module() ? as_class : nullptr;
}

// The graphs of the copies refer to functions, classes and call stacks of the original's unit by plain pointers. A
// function of the copies' unit, which nothing calls, has a constant that owns the original's unit.
void keep_alive(CompilationUnit& unit, const std::shared_ptr<CompilationUnit>& kept, const ClassTypePtr& some_class) {
  auto graph = std::make_shared<torch::jit::Graph>();
  auto* constant = graph->insertNode(graph->create(c10::prim::Constant));
  constant->ival_(c10::attr::value, c10::ivalue::Object::create(c10::StrongTypePtr(kept, some_class), 0));
  constant->output()->setType(some_class);
  unit.create_function(c10::QualifiedName("__torch__.original"), graph, /*shouldMangle=*/true);
}

class Copier {
 public:
  ObjectPtr object(const ObjectPtr& original) {
    const auto [found, is_new] = objects_.try_emplace(original.get());
    if (!is_new) return found->second;
    const auto type = original->type();
    auto copy = c10::ivalue::Object::create(c10::StrongTypePtr(unit_, copy_of(type)), type->numAttributes());
    objects_[original.get()] = copy;
    for (size_t slot = 0; slot < type->numAttributes(); ++slot) {
      const auto& value = original->getSlot(slot);
      copy->setSlot(slot, value.isModule() ? c10::IValue(object(value.toObject())) : value);
    }
    return copy;
  }

  // Once all objects are copied: a method may use the class of any of them.
  void copy_methods() {
    for (const auto& [original, copy] : classes_) {
      for (auto* method : original->methods()) copy->addMethod(function(*method, *copy));
      for (auto* hook : original->getForwardPreHooks()) copy->addForwardPreHook(function(*hook, *copy));
      for (auto* hook : original->getForwardHooks()) copy->addForwardHook(function(*hook, *copy));
      for (const auto& property : original->properties()) copy_property(property, *copy);
    }
    std::map<std::shared_ptr<CompilationUnit>, ClassTypePtr> units;
    for (const auto& [original, copy] : classes_) units.emplace(original->compilation_unit(), original);
    for (const auto& [unit, some_class] : units) keep_alive(*unit_, unit, some_class);
  }

 private:
  ClassTypePtr copy_of(const ClassTypePtr& original) {
    const auto [found, is_new] = classes_.try_emplace(original);
    if (!is_new) return found->second;
    auto name = original->name().value_or(c10::QualifiedName("__torch__.Module"));
    if (unit_->get_type(name)) name = unit_->mangle(name);  // parts of a module may come from several units
    auto copy = ClassType::create(name, unit_, /*is_module=*/true, original->doc_string());
    unit_->register_type(copy);
    classes_[original] = copy;
    for (size_t slot = 0; slot < original->numAttributes(); ++slot) {
      copy->addAttribute(original->getAttributeName(slot), remapped(original->getAttribute(slot)),
                         original->is_parameter(slot), original->is_buffer(slot));
    }
    for (size_t slot = 0; slot < original->numConstants(); ++slot) {
      copy->addConstant(original->getConstantName(slot), original->getConstant(slot));
    }
    return copy;
  }

  TypePtr remapped(const TypePtr& type) {
    const auto module_class = as_module_class(type);
    return module_class ? copy_of(module_class) : type;
  }

  Function* function(Function& original, const ClassType& owner) {
    const auto remap = [this](TypePtr type) {
      const auto module_class = as_module_class(type);
      const auto found = module_class ? classes_.find(module_class) : classes_.end();
      return found == classes_.end() ? type : TypePtr(found->second);
    };
    auto graph = torch::jit::toGraphFunction(original).graph()->copy();
    graph->remapTypes(remap);
    const c10::QualifiedName name(*owner.name(), original.name());
    if (auto* copied = unit_->find_function(name)) return copied;  // a hook registered twice
    auto* copy = unit_->create_function(name, std::move(graph));
    copy->setSchema(original.getSchema().cloneWithRemappedTypes(remap));
    return copy;
  }

  static void copy_property(const ClassType::Property& property, ClassType& copy) {
    auto* setter = property.setter == nullptr ? nullptr : copy.findMethod(property.setter->name());
    copy.addProperty(property.name, copy.findMethod(property.getter->name()), setter);
  }

  std::shared_ptr<CompilationUnit> unit_ = std::make_shared<CompilationUnit>();
  std::map<const c10::ivalue::Object*, ObjectPtr> objects_;
  std::map<ClassTypePtr, ClassTypePtr> classes_;
};

}  // namespace

torch::jit::Module copy_module(const torch::jit::Module& module) {
  Copier copier;
  torch::jit::Module copy(copier.object(module._ivalue()));
  copier.copy_methods();
  return copy;
}

}  // namespace torch_tensorrt::core::util
