#include "ATen/ATen.h"

#include "lowering/pass_case.h"
#include "support/jit_graph.h"
#include "torch_tensorrt/core/lowering/lowering.h"

// The passes that remove writes in place.
namespace torch_tensorrt::core::lowering {
namespace {

const PassCase kWrites[] = {
    {"later_readers_of_the_name", passes::write_through_views,
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
    {"the_result_has_the_shape_and_dtype_of_self", passes::write_through_views,
     R"(graph(%x : Tensor, %y : Tensor):
          %one : int = prim::Constant[value=1]()
          %a : Tensor = aten::sigmoid(%x)
          %b : Tensor = aten::add_(%a, %y, %one)
          return (%b))",
     R"(graph(%x : Tensor, %y : Tensor):
          %one : int = prim::Constant[value=1]()
          %a : Tensor = aten::sigmoid(%x)
          %b : Tensor = aten::add(%a, %y, %one)
          %t : bool = prim::Constant[value=1]()
          %c : Tensor = trt::as_written(%b, %a, %t)
          return (%c))"},
    {"no_functional_form", passes::write_through_views,
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
          %none : NoneType = prim::Constant()
          %copy : Tensor = aten::clone(%a, %none)
          %b : Tensor = aten::fill_diagonal_(%copy, %one, %wrap)
          %c : Tensor = aten::tanh(%b)
          return (%c))"},
    {"a_view_that_is_read_later", passes::write_through_views,
     R"(graph(%x : Tensor):
          %zero : int = prim::Constant[value=0]()
          %a : Tensor = aten::sigmoid(%x)
          %v : Tensor = aten::select(%a, %zero, %zero)
          %b : Tensor = aten::relu_(%a)
          return (%v))",
     R"(graph(%x : Tensor):
          %zero : int = prim::Constant[value=0]()
          %a : Tensor = aten::sigmoid(%x)
          %b : Tensor = aten::relu(%a)
          %v : Tensor = aten::select(%b, %zero, %zero)
          return (%v))"},
    {"a_view_that_is_written_twice", passes::write_through_views,
     R"(graph(%x : Tensor):
          %zero : int = prim::Constant[value=0]()
          %a : Tensor = aten::sigmoid(%x)
          %v : Tensor = aten::select(%a, %zero, %zero)
          %b : Tensor = aten::relu_(%v)
          %c : Tensor = aten::neg_(%b)
          return (%a))",
     R"(graph(%x : Tensor):
          %zero : int = prim::Constant[value=0]()
          %a : Tensor = aten::sigmoid(%x)
          %v : Tensor = aten::select(%a, %zero, %zero)
          %b : Tensor = aten::relu(%v)
          %a1 : Tensor = aten::select_scatter(%a, %b, %zero, %zero)
          %c : Tensor = aten::neg(%b)
          %a2 : Tensor = aten::select_scatter(%a1, %c, %zero, %zero)
          return (%a2))"},
    {"a_view_whose_places_are_computed", passes::write_through_views,
     R"(graph(%x : Tensor, %sizes : int[]):
          %zero : int = prim::Constant[value=0]()
          %no : bool = prim::Constant[value=0]()
          %a : Tensor = aten::sigmoid(%x)
          %e : Tensor = aten::expand(%a, %sizes, %no)
          %v : Tensor = aten::select(%e, %zero, %zero)
          %b : Tensor = aten::relu_(%v)
          return (%a))",
     R"(graph(%x : Tensor, %sizes : int[]):
          %zero : int = prim::Constant[value=0]()
          %no : bool = prim::Constant[value=0]()
          %a : Tensor = aten::sigmoid(%x)
          %e : Tensor = aten::expand(%a, %sizes, %no)
          %v : Tensor = aten::select(%e, %zero, %zero)
          %b : Tensor = aten::relu(%v)
          %p : Tensor = trt::places_of(%a)
          %pe : Tensor = aten::expand(%p, %sizes, %no)
          %pv : Tensor = aten::select(%pe, %zero, %zero)
          %twice : bool = prim::Constant[value=0]()
          %a1 : Tensor = trt::write_at(%a, %pv, %b, %twice)
          return (%a1))"},
    {"an_argument_of_the_caller", passes::write_through_views,
     R"(graph(%x : Tensor):
          %b : Tensor = aten::relu_(%x)
          %c : Tensor = aten::tanh(%x)
          return (%c))",
     R"(graph(%x : Tensor):
          %b : Tensor = aten::relu(%x)
          %c : Tensor = aten::tanh(%b)
          %no : bool = prim::Constant[value=0]()
          %w : Tensor = aten::copy_(%x, %b, %no)
          return (%c))"},
    {"a_tensor_that_every_round_writes", passes::write_through_views,
     R"(graph(%x : Tensor, %n : int):
          %true : bool = prim::Constant[value=1]()
          %s : Tensor = aten::sigmoid(%x)
          %y : Tensor = prim::Loop(%n, %true, %s)
            block0(%i : int, %t : Tensor):
              %r : Tensor = aten::relu_(%t)
              -> (%true, %r)
          return (%y))",
     R"(graph(%x : Tensor, %n : int):
          %true : bool = prim::Constant[value=1]()
          %s : Tensor = aten::sigmoid(%x)
          %y : Tensor = prim::Loop(%n, %true, %s)
            block0(%i : int, %6 : Tensor):
              %r : Tensor = aten::relu(%6)
              -> (%true, %r)
          return (%y))"},
    {"in_one_branch", passes::write_through_views,
     R"(graph(%x : Tensor, %c : bool):
          %a : Tensor = aten::sigmoid(%x)
          prim::If(%c)
            block0():
              %b : Tensor = aten::relu_(%a)
              -> ()
            block1():
              -> ()
          return (%a))",
     R"(graph(%x : Tensor, %c : bool):
          %a : Tensor = aten::sigmoid(%x)
          %y : Tensor = prim::If(%c)
            block0():
              %b : Tensor = aten::relu(%a)
              -> (%b)
            block1():
              -> (%a)
          return (%y))"},
    {"a_tensor_of_either_branch", passes::write_through_views,
     R"(graph(%x : Tensor, %c : bool):
          %a : Tensor = aten::sigmoid(%x)
          %v : Tensor = prim::If(%c)
            block0():
              -> (%a)
            block1():
              %n : Tensor = aten::neg(%a)
              -> (%n)
          %b : Tensor = aten::relu_(%v)
          return (%a, %v))",
     R"(graph(%x : Tensor, %c : bool):
          %a : Tensor = aten::sigmoid(%x)
          %v : Tensor = prim::If(%c)
            block0():
              -> (%a)
            block1():
              %n : Tensor = aten::neg(%a)
              -> (%n)
          %b : Tensor = aten::relu(%v)
          %a1 : Tensor = prim::If(%c)
            block0():
              -> (%b)
            block1():
              -> (%a)
          return (%a1, %b))"},
    {"a_view_that_a_branch_made", passes::write_through_views,
     R"(graph(%x : Tensor, %c : bool):
          %zero : int = prim::Constant[value=0]()
          %a : Tensor = aten::sigmoid(%x)
          %v : Tensor = prim::If(%c)
            block0():
              %n : int = aten::size(%x, %zero)
              %s : Tensor = aten::select(%a, %zero, %n)
              -> (%s)
            block1():
              %n : Tensor = aten::neg(%a)
              -> (%n)
          %b : Tensor = aten::relu_(%v)
          return (%a))",
     R"(graph(%x : Tensor, %c : bool):
          %zero : int = prim::Constant[value=0]()
          %a : Tensor = aten::sigmoid(%x)
          %v : Tensor, %place : int = prim::If(%c)
            block0():
              %n : int = aten::size(%x, %zero)
              %s : Tensor = aten::select(%a, %zero, %n)
              -> (%s, %n)
            block1():
              %n : Tensor = aten::neg(%a)
              %u : int = prim::Uninitialized()
              -> (%n, %u)
          %b : Tensor = aten::relu(%v)
          %a1 : Tensor = prim::If(%c)
            block0():
              %a2 : Tensor = aten::select_scatter(%a, %b, %zero, %place)
              -> (%a2)
            block1():
              -> (%a)
          return (%a1))"},
    {"a_tensor_that_rounds_make", passes::write_through_views,
     R"(graph(%x : Tensor, %n : int):
          %true : bool = prim::Constant[value=1]()
          %s : Tensor = aten::sigmoid(%x)
          %y : Tensor = prim::Loop(%n, %true, %s)
            block0(%i : int, %t : Tensor):
              %r : Tensor = aten::relu_(%t)
              %m : Tensor = aten::neg(%r)
              -> (%true, %m)
          return (%s, %y))",
     R"(graph(%x : Tensor, %n : int):
          %true : bool = prim::Constant[value=1]()
          %s : Tensor = aten::sigmoid(%x)
          %yes : bool = prim::Constant[value=1]()
          %y : Tensor, %after : Tensor, %f : bool = prim::Loop(%n, %true, %s, %s, %yes)
            block0(%i : int, %t : Tensor, %10 : Tensor, %11 : bool):
              %r : Tensor = aten::relu(%t)
              %w : Tensor = prim::If(%11)
                block0():
                  -> (%r)
                block1():
                  -> (%10)
              %m : Tensor = aten::neg(%r)
              %no : bool = prim::Constant[value=0]()
              -> (%true, %m, %w, %no)
          return (%after, %y))"},
    {"a_tensor_and_its_cast", passes::write_through_views,
     R"(graph(%x : Tensor):
          %type : int = prim::Constant[value=6]()
          %no : bool = prim::Constant[value=0]()
          %none : NoneType = prim::Constant()
          %a : Tensor = aten::sigmoid(%x)
          %v : Tensor = aten::to(%a, %type, %no, %no, %none)
          %b : Tensor = aten::relu_(%v)
          return (%a))",
     R"(graph(%x : Tensor):
          %type : int = prim::Constant[value=6]()
          %no : bool = prim::Constant[value=0]()
          %none : NoneType = prim::Constant()
          %a : Tensor = aten::sigmoid(%x)
          %v : Tensor = aten::to(%a, %type, %no, %no, %none)
          %b : Tensor = aten::relu(%v)
          %a1 : Tensor = trt::if_same_dtype(%b, %a)
          return (%a1))"},
    {"a_tensor_that_may_be_none", passes::write_through_views,
     R"(graph(%x : Tensor, %m : Tensor?):
          %zero : int = prim::Constant[value=0]()
          %a : Tensor = aten::sigmoid(%x)
          %t : Tensor = prim::unchecked_cast(%m)
          %n : int = aten::size(%t, %zero)
          %b : Tensor = aten::relu_(%a)
          %s : Tensor = aten::select(%b, %zero, %n)
          return (%s))",
     R"(graph(%x : Tensor, %m : Tensor?):
          %zero : int = prim::Constant[value=0]()
          %a : Tensor = aten::sigmoid(%x)
          %t : Tensor = prim::unchecked_cast(%m)
          %n : int = aten::size(%t, %zero)
          %b : Tensor = aten::relu(%a)
          %s : Tensor = aten::select(%b, %zero, %n)
          return (%s))"},
    {"nothing_is_written", passes::write_through_views,
     R"(graph(%x : Tensor):
          %a : Tensor = aten::sigmoid(%x)
          return (%a))",
     ""},
};
INSTANTIATE_TEST_SUITE_P(WriteThroughViews, Pass, testing::ValuesIn(kWrites));

// Values that may or may not share memory, depending on strides unknown here.
const char* const kUncertain[] = {
    R"(graph(%x : Tensor, %sizes : int[]):
         %a : Tensor = aten::sigmoid(%x)
         %t : Tensor = aten::t(%a)
         %v : Tensor = aten::reshape(%t, %sizes)
         %b : Tensor = aten::relu_(%a)
         return (%v))",
    R"(graph(%x : Tensor, %c : bool, %sizes : int[]):
         %a : Tensor = aten::sigmoid(%x)
         %t : Tensor = aten::t(%a)
         %v : Tensor = prim::If(%c)
           block0():
             %r : Tensor = aten::reshape(%t, %sizes)
             -> (%r)
           block1():
             %n : Tensor = aten::neg(%a)
             -> (%n)
         %b : Tensor = aten::relu_(%v)
         return (%a))",
    R"(graph(%x : Tensor, %n : int, %sizes : int[]):
         %true : bool = prim::Constant[value=1]()
         %a : Tensor = aten::sigmoid(%x)
         %t : Tensor = aten::t(%a)
         %v : Tensor = aten::reshape(%t, %sizes)
         %y : Tensor = prim::Loop(%n, %true, %x)
           block0(%i : int, %s : Tensor):
             %m : Tensor = aten::mul(%s, %t)
             %w : Tensor = aten::relu_(%v)
             -> (%true, %m)
         return (%y))",
    R"(graph(%x : Tensor, %n : int):
         %true : bool = prim::Constant[value=1]()
         %list : Tensor[] = prim::ListConstruct()
         %a : Tensor = aten::sigmoid(%x)
         prim::Loop(%n, %true)
           block0(%i : int):
             %r : Tensor = aten::relu_(%a)
             %l : Tensor[] = aten::append(%list, %a)
             -> (%true)
         %dim : int = prim::Constant[value=0]()
         %y : Tensor = aten::stack(%list, %dim)
         return (%y))",
};

TEST(WriteThroughViews, RefusesWhatItCannotKnow) {
  for (const char* text : kUncertain) {
    EXPECT_THROW(passes::write_through_views(tests::parse_graph(text)), Refused) << text;
  }
}

TEST(WriteThroughViews, RefusesWritesOfAttributes) {
  const auto graph = tests::parse_graph(R"(graph(%x : Tensor, %mean : Tensor):
      %one : int = prim::Constant[value=1]()
      %zero : int = prim::Constant[value=0]()
      %v : Tensor = aten::select(%mean, %zero, %zero)
      %b : Tensor = aten::add_(%v, %x, %one)
      return (%b))");
  try {
    passes::refuse_writes_of_state(graph, 1, {at::zeros({2, 3})});
    FAIL() << "no error";
  } catch (const Refused& refused) {
    EXPECT_NE(refused.msg().find("aten::add_ writes the module's attribute 'mean'"), std::string::npos)
        << refused.msg();
  }
}

}  // namespace
}  // namespace torch_tensorrt::core::lowering
