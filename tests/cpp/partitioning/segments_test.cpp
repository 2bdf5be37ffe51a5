#include "torch_tensorrt/core/partitioning/segments.h"

#include "gtest/gtest.h"

#include "partitioning/bound_arguments.h"
#include "support/jit_graph.h"

namespace torch_tensorrt::core::partitioning {
namespace {

// A node marked to_compile=0 runs in PyTorch.
struct Grouped {
  std::shared_ptr<torch::jit::Graph> graph;
  GraphProbe probe;
  torch::jit::AliasDb aliases;
  Roles roles;
  Grouping grouping;

  explicit Grouped(const std::string& text, size_t inputs = 1)
      : graph(tests::parse_graph(text)),
        probe(*graph, c10::IValue(), tests::bound_arguments(*graph, std::vector<ir::Input>(inputs, ir::Input({2, 3}))),
              c10::Device(at::kCPU)),
        aliases(graph),
        roles(*graph, probe, aliases, PartitioningInfo()),
        grouping(group_nodes(*graph, roles, aliases)) {}

  // The operators of each segment: {"relu add", "tanh"}.
  std::vector<std::string> segments() const {
    std::vector<std::string> found;
    for (const auto& segment : grouping.segments) {
      std::string names;
      for (const auto* node : segment.nodes)
        names += (names.empty() ? "" : " ") + std::string(node->kind().toUnqualString());
      found.push_back(names);
    }
    return found;
  }
};

using Names = std::vector<std::string>;

TEST(Segments, AnIndependentNodeDoesNotCut) {
  const Grouped grouped(R"(graph(%self : Dict(str, str), %x : Tensor):
          %one : int = prim::Constant[value=1]()
          %a : Tensor = aten::relu(%x)
          %b : Tensor = aten::sigmoid[to_compile=0](%x)
          %c : Tensor = aten::tanh(%a)
          %d : Tensor = aten::add(%c, %b, %one)
          return (%d))");
  EXPECT_EQ(grouped.segments(), (Names{"relu tanh add"}));
}

TEST(Segments, ANodeBetweenCuts) {
  const Grouped grouped(R"(graph(%self : Dict(str, str), %x : Tensor):
          %one : int = prim::Constant[value=1]()
          %a : Tensor = aten::relu(%x)
          %b : Tensor = aten::sigmoid[to_compile=0](%a)
          %c : Tensor = aten::tanh(%b)
          %d : Tensor = aten::exp(%a)
          %e : Tensor = aten::add(%c, %d, %one)
          return (%e))");
  // exp depends on relu only, so that it may run in either engine.
  EXPECT_EQ(grouped.segments(), (Names{"relu exp", "tanh add"}));
}

TEST(Segments, AReadAfterAWriteStaysAfterIt) {
  const Grouped grouped(R"(graph(%self : Dict(str, str), %x : Tensor):
          %one : int = prim::Constant[value=1]()
          %a : Tensor = aten::relu(%x)
          %b : Tensor = aten::tanh(%a)
          %w : Tensor = aten::add_(%a, %one, %one)
          %c : Tensor = aten::exp(%a)
          %d : Tensor = aten::add(%b, %c, %one)
          return (%d))");
  EXPECT_EQ(grouped.segments(), (Names{"relu tanh", "exp add"}));
}

TEST(Segments, AWriteThroughAViewCounts) {
  const Grouped grouped(R"(graph(%self : Dict(str, str), %x : Tensor):
          %zero : int = prim::Constant[value=0]()
          %one : int = prim::Constant[value=1]()
          %a : Tensor = aten::relu(%x)
          %v : Tensor = aten::select(%a, %zero, %zero)
          %w : Tensor = aten::add_(%v, %one, %one)
          %c : Tensor = aten::exp(%a)
          return (%c))");
  EXPECT_EQ(grouped.segments(), (Names{"relu", "exp"}));
}

TEST(Segments, ViewsAreSharedAndStayViewsOutside) {
  Grouped grouped(R"(graph(%self : Dict(str, str), %x : Tensor):
          %zero : int = prim::Constant[value=0]()
          %one : int = prim::Constant[value=1]()
          %a : Tensor = aten::relu(%x)
          %v : Tensor = aten::transpose(%a, %zero, %one)
          %c : Tensor = aten::exp(%v)
          return (%a, %v, %c))");
  ASSERT_EQ(grouped.segments(), (Names{"relu exp"}));
  auto& segment = grouped.grouping.segments.front();
  const auto inside = outline(segment, segment.nodes.size(), grouped.roles);
  // The engine repeats the view; the view outside is one of the engine's result.
  EXPECT_EQ(segment.outputs.size(), 2U);
  EXPECT_EQ(segment.inputs.size(), 1U);
  inside->lint();
  size_t views = 0;
  for (const auto* node : inside->nodes()) views += node->kind() == c10::Symbol::aten("transpose") ? 1 : 0;
  EXPECT_EQ(views, 1U);
}

TEST(Segments, ACopyThatIsWrittenIsNotRepeated) {
  const Grouped grouped(R"(graph(%self : Dict(str, str), %x : Tensor):
          %none : NoneType = prim::Constant()
          %false : bool = prim::Constant[value=0]()
          %long : int = prim::Constant[value=4]()
          %one : int = prim::Constant[value=1]()
          %a : Tensor = aten::to(%x, %long, %false, %false, %none)
          %w : Tensor = aten::add_(%a, %one, %one)
          %b : Tensor = aten::neg(%a)
          return (%b))");
  EXPECT_EQ(grouped.segments(), (Names{"neg"}));
}

TEST(Segments, AListThatIsWrittenIsNotRepeated) {
  const Grouped grouped(R"(graph(%self : Dict(str, str), %x : Tensor):
          %zero : int = prim::Constant[value=0]()
          %l : Tensor[] = prim::ListConstruct(%x)
          %w : Tensor[] = aten::append(%l, %x)
          %s : Tensor = aten::cat(%l, %zero)
          %b : Tensor = aten::neg(%x)
          return (%s, %b))");
  EXPECT_EQ(grouped.segments(), (Names{"neg"}));
}

TEST(Segments, NumbersFromPyTorchAreInputs) {
  Grouped grouped(R"(graph(%self : Dict(str, str), %x : Tensor, %n : int):
          %a : Tensor = aten::mul(%x, %n)
          %b : Tensor = aten::relu(%a)
          return (%b))");
  ASSERT_EQ(grouped.segments(), (Names{"mul relu"}));
  auto& segment = grouped.grouping.segments.front();
  outline(segment, segment.nodes.size(), grouped.roles)->lint();
  ASSERT_EQ(segment.inputs.size(), 2U);
  EXPECT_EQ(segment.inputs[1]->debugName(), "n");
}

TEST(Segments, BlocksHaveSegmentsOfTheirOwn) {
  const Grouped grouped(R"(graph(%self : Dict(str, str), %x : Tensor, %c : bool):
          %a : Tensor = aten::relu(%x)
          %r : Tensor = prim::If(%c)
            block0():
              %b : Tensor = aten::exp(%a)
              -> (%b)
            block1():
              %d : Tensor = aten::tanh(%a)
              -> (%d)
          %e : Tensor = aten::neg(%r)
          return (%e))");
  EXPECT_EQ(grouped.segments(), (Names{"exp", "tanh", "relu", "neg"}));
}

// An engine prepares for each shape anew, and any int may be a size.
TEST(Segments, AnEngineInALoopTakesNoSizeThatChanges) {
  const auto in_loop = [](const std::string& body) {
    return Grouped(R"(graph(%self : Dict(str, str), %x : Tensor, %n : int, %f : float):
          %zero : int = prim::Constant[value=0]()
          %one : int = prim::Constant[value=1]()
          %two : int = prim::Constant[value=2]()
          %half : float = prim::Constant[value=0.5]()
          %yes : bool = prim::Constant[value=1]()
          %r : Tensor = prim::Loop(%n, %yes, %x)
            block0(%i : int, %a : Tensor):
              )" + body +
                   R"(
              %d : Tensor = aten::relu(%c)
              %e : Tensor = aten::tanh(%d)
              -> (%yes, %e)
          return (%r))")
        .segments();
  };
  EXPECT_EQ(in_loop("%c : Tensor = aten::mul(%a, %i)"), (Names{"relu tanh"}));
  EXPECT_EQ(in_loop("%k : int = aten::mul(%i, %two)\n              %c : Tensor = aten::mul(%a, %k)"),
            (Names{"relu tanh"}));
  EXPECT_EQ(in_loop("%k : float = aten::mul(%i, %half)\n              %c : Tensor = aten::mul(%a, %k)"),
            (Names{"mul relu tanh"}));
  EXPECT_EQ(in_loop("%c : Tensor = aten::mul(%a, %n)"), (Names{"mul relu tanh"}));
  EXPECT_EQ(in_loop("%c : Tensor = aten::mul(%a, %f)"), (Names{"mul relu tanh"}));
  EXPECT_EQ(in_loop("%k : int = aten::size(%a, %one)\n              %c : Tensor = aten::mul(%a, %k)"),
            (Names{"mul relu tanh"}));
}

TEST(Segments, AnEngineInALoopTakesNoShapeThatChanges) {
  const Grouped grouped(R"(graph(%self : Dict(str, str), %x : Tensor, %n : int):
          %zero : int = prim::Constant[value=0]()
          %one : int = prim::Constant[value=1]()
          %none : NoneType = prim::Constant()
          %yes : bool = prim::Constant[value=1]()
          %r : Tensor = prim::Loop(%n, %yes, %x)
            block0(%i : int, %a : Tensor):
              %v : Tensor = aten::slice(%x, %one, %zero, %i, %one)
              %b : Tensor = aten::relu(%v)
              %c : Tensor = aten::tanh(%b)
              %s : Tensor = aten::sum(%c, %none)
              %e : Tensor = aten::add(%a, %s, %one)
              -> (%yes, %e)
          return (%r))");
  EXPECT_EQ(grouped.segments(), (Names{"add"}));
}

}  // namespace
}  // namespace torch_tensorrt::core::partitioning
