#include "lowering/pass_case.h"

// The passes after which operators write nothing and raise nothing.
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

const PassCase kInPlace[] = {
    {"later_readers_of_the_name", passes::replace_in_place_operators,
     R"(graph(%x : Tensor):
          %a : Tensor = aten::sigmoid(%x)
          %b : Tensor = aten::relu_(%a)
          %c : Tensor = aten::tanh(%a)
          return (%c))",
     R"(graph(%x : Tensor):
          %a : Tensor = aten::sigmoid(%x)
          %b : Tensor = aten::relu(%a)
          %c : Tensor = aten::tanh(%b)
          return (%c))"},
    {"the_result_has_the_dtype_of_self", passes::replace_in_place_operators,
     R"(graph(%x : Tensor, %y : Tensor):
          %one : int = prim::Constant[value=1]()
          %a : Tensor = aten::sigmoid(%x)
          %b : Tensor = aten::add_(%a, %y, %one)
          return (%b))",
     R"(graph(%x : Tensor, %y : Tensor):
          %one : int = prim::Constant[value=1]()
          %a : Tensor = aten::sigmoid(%x)
          %b : Tensor = aten::add(%a, %y, %one)
          %f : bool = prim::Constant[value=0]()
          %none : NoneType = prim::Constant()
          %c : Tensor = aten::to(%b, %a, %f, %f, %none)
          return (%c))"},
    {"no_functional_form", passes::replace_in_place_operators,
     R"(graph(%x : Tensor):
          %one : int = prim::Constant[value=1]()
          %wrap : bool = prim::Constant[value=0]()
          %a : Tensor = aten::sigmoid(%x)
          %b : Tensor = aten::fill_diagonal_(%a, %one, %wrap)
          %c : Tensor = aten::tanh(%a)
          return (%c))",
     R"(graph(%x : Tensor):
          %one : int = prim::Constant[value=1]()
          %wrap : bool = prim::Constant[value=0]()
          %a : Tensor = aten::sigmoid(%x)
          %b : Tensor = aten::fill_diagonal_(%a, %one, %wrap)
          %c : Tensor = aten::tanh(%b)
          return (%c))"},
    {"no_functional_form_and_no_later_reader", passes::replace_in_place_operators,
     R"(graph(%x : Tensor):
          %one : int = prim::Constant[value=1]()
          %wrap : bool = prim::Constant[value=0]()
          %a : Tensor = aten::sigmoid(%x)
          %b : Tensor = aten::fill_diagonal_(%a, %one, %wrap)
          return (%b))",
     ""},
    {"no_functional_form_and_a_view_that_is_read_later", passes::replace_in_place_operators,
     R"(graph(%x : Tensor):
          %one : int = prim::Constant[value=1]()
          %wrap : bool = prim::Constant[value=0]()
          %a : Tensor = aten::sigmoid(%x)
          %v : Tensor = aten::t(%a)
          %b : Tensor = aten::fill_diagonal_(%a, %one, %wrap)
          %c : Tensor = aten::tanh(%a)
          return (%c, %v))",
     ""},
    {"a_view_that_is_read_later", passes::replace_in_place_operators,
     R"(graph(%x : Tensor):
          %zero : int = prim::Constant[value=0]()
          %a : Tensor = aten::sigmoid(%x)
          %v : Tensor = aten::select(%a, %zero, %zero)
          %b : Tensor = aten::relu_(%a)
          return (%v))",
     ""},
    {"a_view_that_is_written", passes::replace_in_place_operators,
     R"(graph(%x : Tensor):
          %zero : int = prim::Constant[value=0]()
          %a : Tensor = aten::sigmoid(%x)
          %v : Tensor = aten::select(%a, %zero, %zero)
          %b : Tensor = aten::relu_(%v)
          return (%a))",
     ""},
    {"a_tensor_of_the_round_before", passes::replace_in_place_operators,
     R"(graph(%x : Tensor, %n : int):
          %true : bool = prim::Constant[value=1]()
          %s : Tensor = aten::sigmoid(%x)
          %y : Tensor = prim::Loop(%n, %true, %s)
            block0(%i : int, %t : Tensor):
              %r : Tensor = aten::relu_(%t)
              -> (%true, %r)
          return (%y))",
     ""},
    {"inside_a_block", passes::replace_in_place_operators,
     R"(graph(%x : Tensor, %c : bool):
          %y : Tensor = prim::If(%c)
            block0():
              %a : Tensor = aten::sigmoid(%x)
              %b : Tensor = aten::relu_(%a)
              -> (%a)
            block1():
              -> (%x)
          return (%y))",
     R"(graph(%x : Tensor, %c : bool):
          %y : Tensor = prim::If(%c)
            block0():
              %a : Tensor = aten::sigmoid(%x)
              %b : Tensor = aten::relu(%a)
              -> (%b)
            block1():
              -> (%x)
          return (%y))"},
};
INSTANTIATE_TEST_SUITE_P(ReplaceInPlaceOperators, Pass, testing::ValuesIn(kInPlace));

}  // namespace
}  // namespace torch_tensorrt::core::lowering
