#include "lowering/pass_case.h"

// The pass that removes exceptions.
namespace torch_tensorrt::core::lowering {
namespace {

const PassCase kExceptions[] = {
    {"guard", passes::remove_exceptions,
     R"(graph(%x : Tensor, %c : bool):
          %m : str = prim::Constant[value="no"]()
          %none : NoneType = prim::Constant()
          prim::If(%c)
            block0():
              prim::RaiseException(%m, %none)
              -> ()
            block1():
              -> ()
          %r : Tensor = aten::relu(%x)
          return (%r))",
     R"(graph(%x : Tensor, %c : bool):
          %r : Tensor = aten::relu(%x)
          return (%r))"},
    {"guard_with_a_result_in_a_block", passes::remove_exceptions,
     R"(graph(%x : Tensor, %c : bool, %d : bool):
          %m : str = prim::Constant[value="no"]()
          %none : NoneType = prim::Constant()
          %y : Tensor = prim::If(%d)
            block0():
              %z : Tensor = prim::If(%c)
                block0():
                  %r : Tensor = aten::relu(%x)
                  -> (%r)
                block1():
                  prim::RaiseException(%m, %none)
                  %u : Tensor = prim::Uninitialized()
                  -> (%u)
              -> (%z)
            block1():
              -> (%x)
          return (%y))",
     R"(graph(%x : Tensor, %c : bool, %d : bool):
          %y : Tensor = prim::If(%d)
            block0():
              %r : Tensor = aten::relu(%x)
              -> (%r)
            block1():
              -> (%x)
          return (%y))"},
    {"two_guards_of_one_condition", passes::remove_exceptions,
     R"(graph(%x : Tensor, %c : bool):
          %m : str = prim::Constant[value="no"]()
          %none : NoneType = prim::Constant()
          prim::If(%c)
            block0():
              prim::RaiseException(%m, %none)
              -> ()
            block1():
              -> ()
          prim::If(%c)
            block0():
              prim::RaiseException(%m, %none)
              -> ()
            block1():
              -> ()
          %y : Tensor = aten::relu(%x)
          return (%y))",
     R"(graph(%x : Tensor, %c : bool):
          %y : Tensor = aten::relu(%x)
          return (%y))"},
    {"a_guard_in_a_branch_says_nothing_of_the_rest", passes::remove_exceptions,
     R"(graph(%x : Tensor, %c : bool, %d : bool):
          %m : str = prim::Constant[value="no"]()
          %none : NoneType = prim::Constant()
          prim::If(%d)
            block0():
              prim::If(%c)
                block0():
                  prim::RaiseException(%m, %none)
                  -> ()
                block1():
                  -> ()
              -> ()
            block1():
              -> ()
          %y : Tensor = prim::If(%c)
            block0():
              %r : Tensor = aten::relu(%x)
              -> (%r)
            block1():
              -> (%x)
          return (%y))",
     R"(graph(%x : Tensor, %c : bool, %d : bool):
          %y : Tensor = prim::If(%c)
            block0():
              %r : Tensor = aten::relu(%x)
              -> (%r)
            block1():
              -> (%x)
          return (%y))"},
    {"a_guard_of_a_size_stays_before_the_rest", passes::remove_exceptions,
     R"(graph(%x : Tensor):
          %m : str = prim::Constant[value="no"]()
          %none : NoneType = prim::Constant()
          %two : int = prim::Constant[value=2]()
          %zero : int = prim::Constant[value=0]()
          %n : int = aten::size(%x, %zero)
          %c : bool = aten::eq(%n, %two)
          prim::If(%c)
            block0():
              -> ()
            block1():
              prim::RaiseException(%m, %none)
              -> ()
          %r : Tensor = aten::relu(%x)
          return (%r))",
     R"(graph(%x : Tensor):
          %m : str = prim::Constant[value="no"]()
          %none : NoneType = prim::Constant()
          %two : int = prim::Constant[value=2]()
          %zero : int = prim::Constant[value=0]()
          %n : int = aten::size(%x, %zero)
          %c : bool = aten::eq(%n, %two)
          prim::If(%c)
            block0():
              -> ()
            block1():
              prim::RaiseException(%m, %none)
              -> ()
          %r : Tensor = aten::relu(%x)
          return (%r))"},
    {"no_guard", passes::remove_exceptions,
     R"(graph(%x : Tensor, %c : bool):
          %y : Tensor = prim::If(%c)
            block0():
              %r : Tensor = aten::relu(%x)
              -> (%r)
            block1():
              -> (%x)
          return (%y))",
     ""},
};
INSTANTIATE_TEST_SUITE_P(RemoveExceptions, Pass, testing::ValuesIn(kExceptions));

}  // namespace
}  // namespace torch_tensorrt::core::lowering
