#include "network/network_test_util.h"
#include "torch_tensorrt/core/network/text/text.h"

namespace torch_tensorrt::network {
namespace {

TEST(TextErrors, SayWhereAndWhat) {
  struct Row {
    const char* body;
    const char* message;
  };
  const Row rows[] = {
      {"  %x = input( {", "line 2, column 15: found \"{\", expected"},
      {"  %x = pond()\n}", "line 2, column 8: found \"pond\", which is not a layer kind"},
      {"  %y = identity(%x)\n}", "line 2, column 17: %x is not defined above"},
      {"  %x = input() {dims=[1x], dtype=f32}\n}",
       "line 2, column 23: attribute dims: found \"1x\", expected dims like"},
      {"  %x = input() {size=[1]}\n}", "line 2, column 17: input layers have no attribute size"},
      {"  %x = input() {dims=[1], dims=[1]}\n}", "line 2, column 17: attribute dims is given twice"},
      {"  %x = input() {dtype=f33}\n}", "line 2, column 23: attribute dtype: found \"f33\", expected a data type"},
      {"  %x = input() {dims=[1]} : f32[2]\n}", "line 2, column 29: the text says f32[2], but inference gives f32[1]"},
      {"  %x = input() {dims=[1]} : f32[1], f32[1]\n}", "there must be one type per output"},
      {"  %x = input() {dims=[1]} @round\n}", "line 2, column 28: \"round\" is not a tensor format"},
      {"  %x = input()\n  %x = input()\n}", "line 3, column 3: %x is defined twice"},
      {"  %x = input()\n  return %x, %x\n}", "line 3, column 14: %x is returned twice"},
      {"  %x, %y = input()\n}", "line 2, column 3: found 2 outputs, expected 1"},
      {"  %x = input()\n  return %x\n  %y = identity(%x)\n}",
       "line 4, column 3: found \"%\", expected }, because return comes last"},
      {"  %x = constant() {weights=f32\"AAAA\"}\n}", "line 2, column 31: 3 bytes are not a whole number of f32"},
      {"  %x = constant() {weights=f32\"A*AA\"}\n}", "character 1 of the text is not base64"},
      {"  %x = constant() {weights=f32\"AAAA}\n}", "line 2, column 31: this string has no closing quote"},
      {"  %x = constant() {dims=[2], weights=f32\"AACAPw==\"}\n}", "has 1 weights, must have 2"},
      {"  %x = input() {name=\"\\q\"}\n}", "attribute name: found the string"},
      {"  inputs %x\n  %y = input()\n}", "line 2, column 10: %x is not an input layer"},
      {"  inputs %x\n  %x = input()\n  %y = input()\n}", "this input is not in the list"},
      {"  profile {\"x\"=[[1], [1]]}\n}", "a range has min, opt and max"},
      {"  %x = input() {dims=[1]}\n  %y = activation(%x) {type=relu, alpha=1.5.2}\n}", "expected a number"},
      {"  %x = input() {dims=[1]}\n  %y = elementwise(%x, _)\n}", "the last input cannot be absent"},
      {"  %x = input() {dims=[1]}\n  %y = elementwise(_, %x)\n}", "cannot be set"},
      {"  %x = input() {dims=[1]}\n  %y = elementwise(%x, %x) {epilogue=[sum(%z)]}\n}",
       "%z is not an input of the layer"},
      {"  %x = input() {dims=[1]}\n  %y = gather(%x, %x) {axis=3000000000}\n}", "must be in"},
      {"} }", "expected the end of the text"},
      {"  &", "line 2, column 3: found the unexpected character \"&\""},
  };
  for (const Row& row : rows) {
    EXPECT_ERROR(parse_network(std::string("network \"n\" {\n") + row.body), row.message);
  }
}

}  // namespace
}  // namespace torch_tensorrt::network
