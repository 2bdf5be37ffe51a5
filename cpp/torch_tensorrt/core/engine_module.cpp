#include "torch_tensorrt/core/engine_module.h"

#include <cctype>
#include <functional>
#include <map>

#include "torch/csrc/jit/ir/ir.h"
#include "torch/csrc/jit/serialization/export.h"

#include "torch_tensorrt/core/util/jit_util.h"
#include "torch_tensorrt/core/util/macros.h"
#include "torch_tensorrt/core/util/output_file.h"

namespace torch_tensorrt::core {
namespace {

using ir::ValueTree;
using torch::jit::Value;

constexpr const char* kEngineAttribute = "engine";

ValueTree tuple_tree(const c10::TupleTypePtr& type);

ValueTree tree_of_type(const c10::TypePtr& type) {
  if (const auto tuple = type->cast<c10::TupleType>()) return tuple_tree(tuple);
  TORCHTRT_CHECK(type->isSubtypeOf(*c10::OptionalType::ofTensor()),
                 "arguments and results must be tensors, or tuples and lists of tensors, found " << type->str());
  return {};
}

ValueTree tuple_tree(const c10::TupleTypePtr& type) {
  ValueTree tree;
  tree.kind = ValueTree::Kind::kTuple;
  if (type->schema() != nullptr) tree.declared = type;
  for (const auto& element : type->elements()) tree.children.push_back(tree_of_type(element));
  return tree;
}

ValueTree list_tree(size_t count) {
  ValueTree tree;
  tree.kind = ValueTree::Kind::kList;
  tree.children.resize(count);
  return tree;
}

bool is_list(const Value* value) { return value->type()->kind() == c10::TypeKind::ListType; }

void unpack(torch::jit::Graph& graph, Value* value, const ValueTree& tree, std::vector<Value*>& tensors) {
  if (tree.kind == ValueTree::Kind::kTensor) {
    tensors.push_back(value);
    return;
  }
  auto* node = tree.kind == ValueTree::Kind::kTuple ? graph.createTupleUnpack(value)
                                                    : graph.createListUnpack(value, tree.children.size());
  graph.insertNode(node);
  for (size_t i = 0; i < tree.children.size(); ++i) unpack(graph, node->outputs()[i], tree.children[i], tensors);
}

// Converts a tensor of one element to a number.
Value* unpack_number(torch::jit::Graph& graph, Value* tensor, const c10::Type& type) {
  static const std::map<c10::TypeKind, const char*> kOperators = {
      {c10::TypeKind::IntType, "Int"}, {c10::TypeKind::FloatType, "Float"}, {c10::TypeKind::BoolType, "Bool"}};
  const auto found = kOperators.find(type.kind());
  return graph.insert(c10::Symbol::aten(found == kOperators.end() ? "item" : found->second), {tensor});
}

Value* pack(torch::jit::Graph& graph, const ValueTree& tree, c10::ArrayRef<Value*> tensors, size_t& next);

// Keeps the names of the fields if the module's tuple is a named tuple.
Value* pack_tuple(torch::jit::Graph& graph, const ValueTree& tree, const std::vector<Value*>& elements) {
  const auto type = tree.declared == nullptr ? nullptr : tree.declared->cast<c10::TupleType>();
  const bool has_names = type != nullptr && type->schema() != nullptr;
  auto* tuple = graph.insertNode(graph.createTuple(elements, has_names ? type : nullptr))->output();
  if (type != nullptr) tuple->setType(type);
  return tuple;
}

Value* pack(torch::jit::Graph& graph, const ValueTree& tree, c10::ArrayRef<Value*> tensors, size_t& next) {
  using Kind = ValueTree::Kind;
  if (tree.kind == Kind::kTensor) return tensors[next++];
  if (tree.kind == Kind::kNumber) return unpack_number(graph, tensors[next++], *tree.type());
  if (tree.kind == Kind::kConstant) return graph.insertConstant(tree.constant);
  std::vector<Value*> elements;
  for (const auto& child : tree.children) elements.push_back(pack(graph, child, tensors, next));
  if (tree.kind == Kind::kTuple) return pack_tuple(graph, tree, elements);
  const auto element_type = tree.type()->expectRef<c10::ListType>().getElementType();
  return graph.insertNode(graph.createList(element_type, elements))->output();
}

// True for "x", false for "0": an unnamed value of a graph has a number for its name.
bool is_name(const std::string& text) {
  return !text.empty() && std::isdigit(static_cast<unsigned char>(text[0])) == 0;
}

// Makes the call fail if a written input shares memory with another input.
void insert_check(torch::jit::Graph& graph, Value* inputs, Value* engine, const std::vector<WrittenInput>& writes) {
  static const auto kCheck = c10::Symbol::fromQualString("tensorrt::check_written_inputs");
  std::vector<int64_t> written;
  for (const auto& write : writes) written.push_back(static_cast<int64_t>(write.input));
  graph.insertNode(graph.create(kCheck, {inputs, graph.insertConstant(written), engine}, /*num_outputs=*/0));
}

Value* insert_list(torch::jit::Graph& graph, const std::vector<Value*>& tensors) {
  return graph.insertNode(graph.createList(c10::TensorType::get(), tensors))->output();
}

std::vector<Value*> insert_call(torch::jit::Graph& graph, Value* engine, Value* inputs, size_t output_count) {
  static const auto kExecute = c10::Symbol::fromQualString("tensorrt::execute_engine");
  auto* call = graph.insertNode(graph.create(kExecute, {inputs, engine}));
  call->output()->setType(c10::ListType::ofTensors());
  auto* outputs = graph.insertNode(graph.createListUnpack(call->output(), output_count));
  return {outputs->outputs().begin(), outputs->outputs().end()};
}

// An output that is copied into an input is replaced by this input.
void insert_writes(torch::jit::Graph& graph, const std::vector<Value*>& inputs, std::vector<Value*>& outputs,
                   const std::vector<WrittenInput>& writes) {
  auto* no = writes.empty() ? nullptr : graph.insertConstant(false);
  for (const auto& write : writes) {
    auto* copy = graph.create(c10::Symbol::aten("copy_"), {inputs.at(write.input), outputs.at(write.output), no});
    outputs.at(write.output) = graph.insertNode(copy)->output();
  }
}

}  // namespace

ValueTree argument_tree(const Value* value, size_t spec_count) {
  auto tree = is_list(value) ? list_tree(spec_count) : tree_of_type(value->type());
  TORCHTRT_CHECK(count_tensors(tree) == spec_count, "argument " << util::value_info(value) << " holds "
                                                                << count_tensors(tree) << " tensors, but " << spec_count
                                                                << " input specs are given for it");
  tree.name = value->hasDebugName() ? value->debugNameBase() : std::string();
  return tree;
}

std::vector<Value*> insert_engine_call(torch::jit::Graph& graph, Value* engine, const std::vector<Value*>& tensors,
                                       size_t output_count) {
  return insert_call(graph, engine, insert_list(graph, tensors), output_count);
}

std::vector<Value*> insert_engine_call(torch::jit::Graph& graph, Value* engine, const std::vector<Value*>& tensors,
                                       size_t output_count, const std::vector<ValueTree>& results,
                                       const std::shared_ptr<torch::jit::Graph>& fallback) {
  const auto call = [&] {
    const auto outputs = insert_engine_call(graph, engine, tensors, output_count);
    size_t next = 0;
    std::vector<Value*> values;
    for (const auto& tree : results) values.push_back(insert_result(graph, tree, outputs, next));
    return values;
  };
  if (fallback == nullptr) return call();
  static const auto kTakes = c10::Symbol::fromQualString("tensorrt::takes_inputs");
  auto* takes = graph.insert(kTakes, {insert_list(graph, tensors), engine});
  auto* node = graph.insertNode(graph.create(c10::prim::If, {takes}, results.size()));
  const auto add_block = [&](const std::function<std::vector<Value*>()>& insert) {
    auto* block = node->addBlock();
    const torch::jit::WithInsertPoint inside(block);
    for (auto* value : insert()) block->registerOutput(value);
  };
  add_block(call);
  add_block([&] { return torch::jit::insertGraph(graph, *fallback, tensors); });
  for (size_t i = 0; i < results.size(); ++i) node->outputs()[i]->setType(fallback->outputs()[i]->type());
  return node->outputs().vec();
}

Value* insert_result(torch::jit::Graph& graph, const ValueTree& tree, c10::ArrayRef<Value*> outputs, size_t& next) {
  return pack(graph, tree, outputs, next);
}

void register_engine(torch::jit::Module& module, const std::string& attribute,
                     const c10::intrusive_ptr<runtime::TRTEngine>& engine) {
  if (!module.hasattr(kImportHint)) {
    module.register_attribute(kImportHint, c10::BoolType::get(), true, /*is_param=*/false);
  }
  const c10::IValue value(engine);
  module.register_attribute(attribute, value.type(), value, /*is_param=*/false);
}

torch::jit::Module make_engine_module(const std::string& name, c10::intrusive_ptr<runtime::TRTEngine> engine,
                                      const std::vector<ValueTree>& arguments, const std::vector<ValueTree>& results,
                                      const std::vector<WrittenInput>& writes) {
  TORCHTRT_CHECK(count_tensors(arguments) == engine->inputs().size(),
                 "the arguments of the method hold " << count_tensors(arguments) << " tensors, but the engine has "
                                                     << engine->inputs().size() << " inputs");
  torch::jit::Module module{c10::QualifiedName(name)};
  const size_t output_count = engine->outputs().size();
  register_engine(module, kEngineAttribute, engine);
  // Every module from Python has this attribute.
  module.register_attribute("training", c10::BoolType::get(), false, /*is_param=*/false);

  auto graph = std::make_shared<torch::jit::Graph>();
  auto* self = graph->addInput("self");
  self->setType(module._ivalue()->type());
  std::vector<Value*> tensors;
  for (size_t i = 0; i < arguments.size(); ++i) {
    const std::string argument = is_name(arguments[i].name) ? arguments[i].name : "input_" + std::to_string(i);
    auto* input = graph->addInput(argument)->setType(arguments[i].type());
    unpack(*graph, input, arguments[i], tensors);
  }
  auto* engine_of_self = graph->insertGetAttr(self, kEngineAttribute)->setType(module.attr(kEngineAttribute).type());
  auto* list = insert_list(*graph, tensors);
  if (!writes.empty() && tensors.size() > 1) insert_check(*graph, list, engine_of_self, writes);
  auto outputs = insert_call(*graph, engine_of_self, list, output_count);
  insert_writes(*graph, tensors, outputs, writes);
  size_t next = 0;
  std::vector<Value*> returned;
  for (const auto& tree : results) returned.push_back(pack(*graph, tree, outputs, next));
  // A method returns one value.
  const bool one = returned.size() == 1;
  graph->registerOutput(one ? returned[0] : graph->insertNode(graph->createTuple(returned))->output());

  auto* method = module._ivalue()->compilation_unit()->create_function(
      c10::QualifiedName(*module.type()->name(), "forward"), graph);
  method->setSchema(util::GenerateGraphSchema(method->name(), graph));
  module.type()->addMethod(method);
  return module;
}

// Does not let PyTorch see a failed write, because PyTorch would end the process.
void save_module(const torch::jit::Module& module, const std::string& path,
                 const torch::jit::ExtraFilesMap& extra_files) {
  util::OutputFile file(path);
  const auto write = [&](const void* bytes, size_t count) {
    file.write(bytes, count);
    return count;
  };
  torch::jit::ExportModule(module, write, extra_files);
  const Decision written = file.commit();
  if (!written) TORCHTRT_THROW_ERROR("cannot write " << path << ": " << written.reason());
}

}  // namespace torch_tensorrt::core
