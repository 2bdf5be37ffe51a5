#include "tensorrt/case_file.h"

#include <fstream>
#include <iomanip>

#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::tensorrt_test {
namespace {

void write_bytes(std::ostream& out, const std::string& bytes) { out << bytes.size() << '\n' << bytes << '\n'; }

std::string read_bytes(std::istream& in) {
  size_t size = 0;
  in >> size;
  in.get();
  std::string bytes(in ? size : 0, '\0');
  in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  return bytes;
}

void write_tensor(std::ostream& out, const CaseTensor& tensor) {
  out << tensor.name << ' ' << static_cast<int32_t>(tensor.dtype) << ' ' << tensor.dims.size();
  for (const int64_t dim : tensor.dims) out << ' ' << dim;
  out << ' ';
  write_bytes(out, tensor.bytes);
}

CaseTensor read_tensor(std::istream& in) {
  CaseTensor tensor;
  int32_t dtype = 0;
  size_t rank = 0;
  in >> tensor.name >> dtype >> rank;
  tensor.dtype = static_cast<network::DataType>(dtype);
  tensor.dims.resize(in ? rank : 0);
  for (int64_t& dim : tensor.dims) in >> dim;
  tensor.bytes = read_bytes(in);
  return tensor;
}

}  // namespace

void write_cases(const std::string& path, const std::vector<FileCase>& cases) {
  std::ofstream out(path, std::ios::binary);
  out << "torchtrt-cases " << cases.size() << '\n' << std::setprecision(17);
  for (const FileCase& row : cases) {
    out << row.name << ' ' << row.relative << ' ' << row.absolute << ' ' << row.inputs.size() << ' ';
    write_bytes(out, row.network);
    for (const CaseTensor& input : row.inputs) write_tensor(out, input);
    write_tensor(out, row.expected);
    write_tensor(out, row.rounded);
  }
  TORCHTRT_CHECK(out.good(), "cannot write " << path);
}

std::vector<FileCase> read_cases(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::string magic;
  size_t count = 0;
  in >> magic >> count;
  TORCHTRT_CHECK(in.good() && magic == "torchtrt-cases", path << " is no file of cases");
  std::vector<FileCase> cases(count);
  for (FileCase& row : cases) {
    size_t inputs = 0;
    in >> row.name >> row.relative >> row.absolute >> inputs;
    row.network = read_bytes(in);
    for (size_t i = 0; in && i < inputs; ++i) row.inputs.push_back(read_tensor(in));
    row.expected = read_tensor(in);
    row.rounded = read_tensor(in);
    TORCHTRT_CHECK(in.good(), path << " ends early, in case " << row.name);
  }
  return cases;
}

}  // namespace torch_tensorrt::tensorrt_test
