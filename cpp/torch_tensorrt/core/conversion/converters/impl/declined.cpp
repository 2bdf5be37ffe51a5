#include "torch_tensorrt/core/conversion/converters/NodeConverterRegistry.h"
#include "torch_tensorrt/core/conversion/converters/impl/families.h"
#include "torch_tensorrt/core/util/macros.h"

// Operators that no engine can run, each with the reason for the user.
namespace torch_tensorrt::core::conversion::converters {
namespace {

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

void append(Family& rows, const char* reason, std::initializer_list<const char*> operators) {
  const auto never = [reason](ConversionCtx*, const torch::jit::Node* n, args&) -> bool {
    TORCHTRT_THROW_ERROR(util::node_info(n) << ": " << reason);
  };
  for (const char* op : operators) rows.push_back({op, never, DeclinesAll{reason}});
}

}  // namespace

Family declined_family() {
  Family rows;
  append(rows, kShapeDependsOnData,
         {"aten::unique_dim", "aten::_unique", "aten::_unique2", "aten::unique_consecutive",
          "aten::unique_dim_consecutive", "aten::bincount", "aten::repeat_interleave.Tensor"});
  append(rows, kComplex,
         {"aten::complex",   "aten::polar",      "aten::view_as_complex", "aten::view_as_real", "aten::imag",
          "aten::stft.*",    "aten::istft",      "aten::fft_fft",         "aten::fft_ifft",     "aten::fft_rfft",
          "aten::fft_irfft", "aten::fft_hfft",   "aten::fft_ihfft",       "aten::fft_fft2",     "aten::fft_ifft2",
          "aten::fft_rfft2", "aten::fft_irfft2", "aten::fft_fftn",        "aten::fft_ifftn",    "aten::fft_rfftn",
          "aten::fft_irfftn"});
  append(rows, kRandom,
         {"aten::rand_like.*", "aten::randn_like.*", "aten::randint_like.*", "aten::rand.*", "aten::randn.*",
          "aten::randint.*", "aten::randperm.*", "aten::bernoulli.*", "aten::multinomial", "aten::normal.*",
          "aten::uniform.*", "aten::exponential.*", "aten::poisson"});
  append(rows, kDecomposition, {"aten::inverse",      "aten::linalg_inv",        "aten::det",
                                "aten::linalg_det",   "aten::slogdet",           "aten::linalg_slogdet",
                                "aten::logdet",       "aten::cholesky",          "aten::linalg_cholesky",
                                "aten::qr",           "aten::linalg_qr",         "aten::svd",
                                "aten::linalg_svd",   "aten::linalg_svdvals",    "aten::linalg_eig",
                                "aten::linalg_eigh",  "aten::linalg_eigvalsh",   "aten::linalg_solve",
                                "aten::linalg_lstsq", "aten::pinverse",          "aten::linalg_pinv.*",
                                "aten::matrix_exp",   "aten::linalg_matrix_exp", "aten::nuclear_norm.*"});
  append(rows, kDecomposition, {"aten::linalg_solve_triangular"});
  append(rows, kMemory, {"aten::as_strided", "aten::set.*", "aten::resize.*"});
  append(rows, kAnswersPython, {"aten::equal", "aten::allclose"});
  return rows;
}

}  // namespace torch_tensorrt::core::conversion::converters
