#include "torch_tensorrt/core/conversion/converters/impl/families.h"

#include "torch/csrc/jit/runtime/operator.h"

#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::core::conversion::converters {
namespace {

// Operators that no engine can run, each with the reason for the user.

constexpr const char* kShapeDependsOnData =
    "the shape of the result depends on the values of the input, but the shapes in an engine must follow from the "
    "shapes of its inputs";
constexpr const char* kComplex =
    "complex numbers are not in an engine; keep the real and the imaginary part as tensors";
constexpr const char* kRandom =
    "it draws random numbers, but an engine always gives the same result for the same inputs";
constexpr const char* kDecomposition = "decompositions and inverses of matrices are not in an engine";
constexpr const char* kMemory = "it depends on where elements lie in memory, which the engine decides itself";
constexpr const char* kAnswersPython =
    "it returns a Python bool that depends on the values of tensors, but an engine returns only tensors";

void decline(Family& rows, const char* reason, std::initializer_list<const char*> operators) {
  const auto never = [reason](ConversionCtx*, const torch::jit::Node* n, args&) -> bool {
    TORCHTRT_THROW_ERROR(util::node_info(n) << ": " << reason);
  };
  for (const char* op : operators) rows.push_back({op, never, DeclinesAll{reason}});
}

Family declined_family() {
  Family rows;
  decline(rows, kShapeDependsOnData,
          {"aten::unique_dim", "aten::_unique", "aten::_unique2", "aten::unique_consecutive",
           "aten::unique_dim_consecutive", "aten::bincount", "aten::repeat_interleave.Tensor"});
  decline(rows, kComplex,
          {"aten::complex",   "aten::polar",      "aten::view_as_complex", "aten::view_as_real", "aten::imag",
           "aten::stft.*",    "aten::istft",      "aten::fft_fft",         "aten::fft_ifft",     "aten::fft_rfft",
           "aten::fft_irfft", "aten::fft_hfft",   "aten::fft_ihfft",       "aten::fft_fft2",     "aten::fft_ifft2",
           "aten::fft_rfft2", "aten::fft_irfft2", "aten::fft_fftn",        "aten::fft_ifftn",    "aten::fft_rfftn",
           "aten::fft_irfftn"});
  decline(rows, kRandom,
          {"aten::rand_like.*", "aten::randn_like.*", "aten::randint_like.*", "aten::rand.*", "aten::randn.*",
           "aten::randint.*", "aten::randperm.*", "aten::bernoulli.*", "aten::multinomial", "aten::normal.*",
           "aten::uniform.*", "aten::exponential.*", "aten::poisson"});
  decline(rows, kDecomposition, {"aten::inverse",      "aten::linalg_inv",        "aten::det",
                                 "aten::linalg_det",   "aten::slogdet",           "aten::linalg_slogdet",
                                 "aten::logdet",       "aten::cholesky",          "aten::linalg_cholesky",
                                 "aten::qr",           "aten::linalg_qr",         "aten::svd",
                                 "aten::linalg_svd",   "aten::linalg_svdvals",    "aten::linalg_eig",
                                 "aten::linalg_eigh",  "aten::linalg_eigvalsh",   "aten::linalg_solve",
                                 "aten::linalg_lstsq", "aten::pinverse",          "aten::linalg_pinv.*",
                                 "aten::matrix_exp",   "aten::linalg_matrix_exp", "aten::nuclear_norm.*"});
  decline(rows, kDecomposition, {"aten::linalg_solve_triangular"});
  decline(rows, kMemory, {"aten::as_strided", "aten::set.*", "aten::resize.*"});
  decline(rows, kAnswersPython, {"aten::equal", "aten::allclose"});
  return rows;
}

std::vector<Family> families() {
  return {
      declined_family(),      activation_family(), attention_family(),    convolution_family(), distances_family(),
      element_wise_family(),  grouping_family(),   index_family(),        joining_family(),     linear_algebra_family(),
      normalization_family(), ordering_family(),   pooling_family(),      products_family(),    rearrange_family(),
      recurrent_family(),     reduce_family(),     sampling_family(),     scatter_family(),     shape_family(),
      special_family(),       unary_family(),      quantization_family(),
  };
}

// All schemas of the operator: two schemas can share name and overload if one exists only for TorchScript. The overload
// "*" selects all overloads.
std::vector<std::string> schemas_of(const std::string& name, const std::string& overload) {
  std::vector<std::string> schemas;
  for (const auto& op : torch::jit::getAllOperatorsFor(c10::Symbol::fromQualString(name))) {
    if (overload == "*" || op->schema().overload_name() == overload)
      schemas.push_back(torch_tensorrt::str(op->schema()));
  }
  return schemas;
}

void append(const BuiltinConverter& row, const std::string& name, const std::string& overload,
            std::vector<ConversionPattern>& patterns) {
  for (auto& schema : schemas_of(name, overload)) patterns.push_back({std::move(schema), row.convert, row.supports});
}

}  // namespace

std::vector<ConversionPattern> builtin_patterns() {
  std::vector<ConversionPattern> patterns;
  for (const auto& family : families()) {
    for (const auto& row : family) {
      const std::string op = row.op;
      // A full schema: an import of a Python module registers the operator, perhaps later.
      if (op.find('(') != std::string::npos) {
        patterns.push_back({op, row.convert, row.supports});
        continue;
      }
      const size_t dot = op.find('.');
      const std::string name = op.substr(0, dot);
      const std::string overload = dot == std::string::npos ? "" : op.substr(dot + 1);
      append(row, name, overload, patterns);
      append(row, name + "_", overload, patterns);  // the in-place variant
    }
  }
  return patterns;
}

}  // namespace torch_tensorrt::core::conversion::converters
