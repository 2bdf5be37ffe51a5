#include "tensorrt/check_util.h"
#include "tensorrt/checks.h"

// Sizes that are values: of outputs known only at run time, and of inputs that are sizes of other tensors.
namespace torch_tensorrt::tensorrt_test {
namespace {

using network::DataType;

// Keeps the memory and the dims of outputs of late size.
class KeptMemory final : public engine::OutputAllocator {
 public:
  void* allocate(int32_t index, int64_t bytes) override {
    memory[static_cast<size_t>(index)] = blocks_.add(bytes);
    return memory[static_cast<size_t>(index)];
  }
  void set_dims(int32_t index, const Dims& given) override { dims[static_cast<size_t>(index)] = given; }
  std::string read(size_t index, DataType type) const {
    return blocks_.read(memory[index], dims[index].volume() * network::element_size(type));
  }

  std::vector<void*> memory = std::vector<void*>(4);
  std::vector<Dims> dims = std::vector<Dims>(4);

 private:
  DeviceTensors blocks_;
};

void expect_dims(const Dims& got, const Dims& expected) {
  TORCHTRT_CHECK(got == expected,
                 "the dims are " << network::to_string(got) << ", expected " << network::to_string(expected));
}

// x f32[-1x2]: indices of elements above 0, rows whose first column is above 0, and their sum.
void sizes_that_depend_on_data() {
  auto network = parse(
      "%x = input() {dims=[-1x2]}\n%z = constant() {dims=[1x1], weights=f32[0]}\n"
      "%m = elementwise(%x, %z) {op=greater}\n%places = non_zero(%m)\n"
      "%c = slice(%m) {start=[0x0], size=[-1x1], stride=[1x1]}\n%f = shuffle(%c) {has_reshape=true, reshape=[-1]}\n"
      "%n = non_zero(%f)\n%i = shuffle(%n) {has_reshape=true, reshape=[-1]}\n%rows = gather(%x, %i) {axis=0}\n"
      "%sum = reduce(%rows) {op=sum, axes=1}\nreturn %places, %rows, %sum");
  network->profiles() = {{{"x", {{1, 2}, {4, 2}, {64, 2}}}}};
  const auto engine = build(*network);
  Execution execution(engine);
  const struct {
    Floats x;
    std::vector<double> places;  // all row indices, then all column indices
    Floats rows;
    Floats sum;
  } cases[] = {
      {{1, -1, 2, 3, -4, 5}, {0, 1, 1, 2, 0, 0, 1, 1}, {1, -1, 2, 3}, {3, 2}},
      {{-1, 0}, {}, {}, {0, 0}},
      {{0, 7, NAN, 1}, {0, 1, 1, 1}, {}, {0, 0}},
      {{1, 1}, {0, 0, 0, 1}, {1, 1}, {1, 1}},
  };
  for (const auto& row : cases) {
    const engine::cuda::DeviceGuard guard(0);
    DeviceTensors memory;
    KeptMemory late;
    const auto count = static_cast<int64_t>(row.x.size()) / 2;
    const auto& dims = execution.set_input_dims({Dims{count, 2}}, nullptr);
    expect_dims(dims[0], Dims{2, -1});
    expect_dims(dims[1], Dims{-1, 2});
    expect_dims(dims[2], Dims{2});
    const void* in = memory.add(bytes_of(row.x));
    void* outputs[] = {nullptr, nullptr, memory.add(int64_t{8})};
    const engine::cuda::Stream stream;
    execution.run(&in, outputs, {stream.handle(), &late, /*use_graph=*/true});
    engine::cuda::Driver::get().synchronize(stream.handle());
    expect_dims(late.dims[0], Dims{2, static_cast<int64_t>(row.places.size()) / 2});
    expect_dims(late.dims[1], Dims{static_cast<int64_t>(row.rows.size()) / 2, 2});
    if (!row.places.empty()) {
      TORCHTRT_CHECK(to_doubles(DataType::kINT32, late.read(0, DataType::kINT32)) == row.places, "other places");
    }
    if (!row.rows.empty()) expect_close(floats_of(late.read(1, DataType::kFLOAT)), row.rows);
    expect_close(floats_of(memory.read(outputs[2], 8)), row.sum);
  }
}

// x f32[2x12], reshaped to the two numbers in n, which has the dtype.
void values_that_are_sizes(const char* type) {
  auto network = parse(std::string("%x = input() {dims=[2x12]}\n%n = input() {dims=[2], dtype=") + type +
                       "}\n%s = shuffle(%x, %n) {zero_is_placeholder=false}\n%y = unary(%s) {op=neg}\nreturn %y");
  network->profiles() = {{{"n", {{2}, {2}, {2}, {1, 1}, {4, 6}, {24, 24}}}}};
  const auto engine = build(*network);
  const VendorTensor& n = engine->inputs()[1];
  TORCHTRT_CHECK(n.on_host && n.ranges.size() == 1, "the values are not read on the host");
  TORCHTRT_CHECK(n.ranges[0].min_values == (std::vector<int64_t>{1, 1}), "the least values are others");
  TORCHTRT_CHECK(n.ranges[0].opt_values == (std::vector<int64_t>{4, 6}), "the usual values are others");
  TORCHTRT_CHECK(n.ranges[0].max_values == (std::vector<int64_t>{24, 24}), "the largest values are others");
  Execution execution(engine);
  const engine::cuda::DeviceGuard guard(0);
  DeviceTensors memory;
  const Floats x = ramp(24);
  Floats expected = x;
  for (float& value : expected) value = -value;
  const void* inputs[] = {memory.add(bytes_of(x)), nullptr};
  void* out = memory.add(int64_t{24 * 4});
  const engine::cuda::Stream stream;
  // Equal values come again and are recorded; different values have another graph.
  for (int round = 0; round < 12; ++round) {
    const std::vector<int64_t> values = round / 4 % 2 == 0 ? std::vector<int64_t>{4, 6} : std::vector<int64_t>{24, 1};
    const int64_t* shape_values[] = {nullptr, values.data()};
    expect_dims(execution.set_input_dims({Dims{2, 12}, Dims{2}}, shape_values)[0], Dims(values));
    execution.run(inputs, &out, {stream.handle(), nullptr, /*use_graph=*/true});
    engine::cuda::Driver::get().synchronize(stream.handle());
    expect_close(floats_of(memory.read(out, 24 * 4)), expected);
  }
  TORCHTRT_CHECK(execution.specialization_count() == 2,
                 "there are " << execution.specialization_count() << " slots, expected 2");
  const std::vector<int64_t> wide = {25, 1};
  const int64_t* out_of_range[] = {nullptr, wide.data()};
  expect_error(
      [&] {
        execution.set_input_dims({Dims{2, 12}, Dims{2}}, out_of_range);
      },
      "n is 2 with the values [25, 1], may be 2 to 2 with the values [1, 1] to [24, 24]");
  expect_error([&] { execution.set_input_dims({Dims{2, 12}, Dims{2}}, nullptr); }, "its values are needed on the host");
}

void values_of_32_bits() { values_that_are_sizes("i32"); }
void values_of_64_bits() { values_that_are_sizes("i64"); }

void values_without_a_range() {
  expect_error(
      [] {
        build(
            *parse("%x = input() {dims=[2x12]}\n%n = input() {dims=[2], dtype=i64}\n%y = shuffle(%x, %n) "
                   "{zero_is_placeholder=false}\nreturn %y"));
      },
      "decide on the shapes of other tensors, so a profile must have the range of each");
}

}  // namespace

const std::vector<Check>& size_checks() {
  static const std::vector<Check> checks = {
      {"sizes_that_depend_on_data", sizes_that_depend_on_data},
      {"values_of_32_bits_that_are_sizes", values_of_32_bits},
      {"values_of_64_bits_that_are_sizes", values_of_64_bits},
      {"values_without_a_range", values_without_a_range},
  };
  return checks;
}

}  // namespace torch_tensorrt::tensorrt_test
