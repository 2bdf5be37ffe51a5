#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

// Plain value types of the layer network. Names and enumerator order follow nvinfer1, whose vocabulary converters
// use.
namespace torch_tensorrt::network {

enum class DataType : int32_t {
  kFLOAT = 0,
  kHALF = 1,
  kINT8 = 2,
  kINT32 = 3,
  kBOOL = 4,
  kUINT8 = 5,
  kFP8 = 6,
  kBF16 = 7,
  kINT64 = 8,
  kINT4 = 9,
  kDOUBLE = 32,  // ours: PyTorch's float64
  kINT16 = 33,   // ours: PyTorch's int16
};

// Bytes of one element; kINT4 counts as one byte.
int64_t element_size(DataType type);
bool is_floating_point(DataType type);
bool is_integral(DataType type);  // signed and unsigned integers, not bool

class Dims {
 public:
  // nvinfer1 allows 8; PyTorch models have more.
  static constexpr int32_t MAX_DIMS = 16;
  Dims() = default;
  // Throws Error above MAX_DIMS.
  Dims(std::initializer_list<int64_t> values);
  Dims(int32_t count, const int64_t* values);
  explicit Dims(const std::vector<int64_t>& values);

  std::vector<int64_t> to_vector() const { return {d, d + nbDims}; }
  bool is_static() const;  // no -1
  // Product; 1 for a scalar; -1 when not static. Throws Error if 64 bits cannot hold it.
  int64_t volume() const;

  int32_t nbDims = 0;
  int64_t d[MAX_DIMS] = {};
};
using Dims64 = Dims;
using Dims32 = Dims;
bool operator==(const Dims& a, const Dims& b);
bool operator!=(const Dims& a, const Dims& b);

struct Dims2 : Dims {
  Dims2() : Dims{0, 0} {}
  Dims2(int64_t d0, int64_t d1) : Dims{d0, d1} {}
};
struct DimsHW : Dims2 {
  DimsHW() = default;
  DimsHW(int64_t height, int64_t width) : Dims2(height, width) {}
  int64_t& h() { return d[0]; }
  int64_t h() const { return d[0]; }
  int64_t& w() { return d[1]; }
  int64_t w() const { return d[1]; }
};
struct Dims3 : Dims {
  Dims3() : Dims{0, 0, 0} {}
  Dims3(int64_t d0, int64_t d1, int64_t d2) : Dims{d0, d1, d2} {}
};
struct Dims4 : Dims {
  Dims4() : Dims{0, 0, 0, 0} {}
  Dims4(int64_t d0, int64_t d1, int64_t d2, int64_t d3) : Dims{d0, d1, d2, d3} {}
};

// order[i] is the input dimension that becomes output dimension i.
struct Permutation {
  int32_t order[Dims::MAX_DIMS] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
};
bool is_identity(const Permutation& p, int32_t rank);
// The permutation that applies first p, then q.
Permutation compose(const Permutation& p, const Permutation& q, int32_t rank);
Permutation inverse(const Permutation& permutation, int32_t rank);

// A borrowed, dense, row-major block of elements. The memory must live as long as the network that refers to it:
// pass its owner to INetworkDefinition::keep_alive, or copy the elements with INetworkDefinition::own.
struct Weights {
  DataType type = DataType::kFLOAT;
  const void* values = nullptr;
  int64_t count = 0;
  int64_t bytes() const { return count * element_size(type); }
};

enum class TensorFormat : int32_t {
  kLINEAR = 0,  // row-major
  kHWC = 8,     // channels last: strides of a row-major N, H, W, C (any rank >= 3: N, spatial..., C)
};

enum class LayerType : int32_t {
  kINPUT,  // ours
  kCONSTANT,
  kCONVOLUTION,
  kDECONVOLUTION,
  kPOOLING,
  kACTIVATION,
  kELEMENTWISE,
  kUNARY,
  kSCALE,
  kREDUCE,
  kMATRIX_MULTIPLY,
  kSOFTMAX,
  kSHUFFLE,
  kCONCATENATION,
  kSLICE,
  kSHAPE,
  kGATHER,
  kSELECT,
  kCAST,
  kIDENTITY,
  kNORMALIZATION,
  kRESIZE,
  kREFORMAT,  // ours: same values in another TensorFormat
  kTOPK,
  kCUMULATIVE,
  kSCATTER,
  kGRID_SAMPLE,
  kATTENTION,
  kNON_ZERO,
  kRECURRENT,  // ours
  kQUANTIZE,
  kDEQUANTIZE,
};
constexpr int32_t kLayerTypeCount = static_cast<int32_t>(LayerType::kDEQUANTIZE) + 1;

enum class ActivationType : int32_t {
  kRELU = 0,               // max(0, x)
  kSIGMOID = 1,            // 1 / (1 + exp(-x))
  kTANH = 2,               // tanh(x)
  kLEAKY_RELU = 3,         // x >= 0 ? x : alpha * x
  kELU = 4,                // x >= 0 ? x : alpha * (exp(x) - 1)
  kSELU = 5,               // beta * (x > 0 ? x : alpha * (exp(x) - 1))
  kSOFTSIGN = 6,           // x / (1 + |x|)
  kSOFTPLUS = 7,           // alpha * log(exp(beta * x) + 1)
  kCLIP = 8,               // x < alpha ? alpha : x > beta ? beta : x
  kHARD_SIGMOID = 9,       // max(0, min(1, alpha * x + beta))
  kSCALED_TANH = 10,       // alpha * tanh(beta * x)
  kTHRESHOLDED_RELU = 11,  // x > alpha ? x : 0
  kGELU_ERF = 12,          // 0.5 * x * (1 + erf(x / sqrt 2))
  kGELU_TANH = 13,         // 0.5 * x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 x^3)))
  kSILU = 64,              // ours: x * sigmoid(x)
  kHARD_SWISH = 65,        // ours: x * max(0, min(1, alpha * x + beta)), PyTorch's alpha is 1/6 and beta 1/2
  kMISH = 66,              // ours: x * tanh(log(1 + exp(x)))
};

enum class ElementWiseOperation : int32_t {
  kSUM = 0,
  kPROD,
  kMAX,
  kMIN,
  kSUB,
  kDIV,  // true division of floats; integers truncate toward zero
  kPOW,
  kFLOOR_DIV,
  kAND,
  kOR,
  kXOR,
  kEQUAL,
  kGREATER,
  kLESS,
  kATAN2 = 64,  // ours: the angle of (b, a); floats
  kFMOD,        // ours: the remainder with the sign of a
  kREMAINDER,   // ours: the remainder with the sign of b, Python's %
  kBIT_AND,     // ours: bits of integers
  kBIT_OR,
  kBIT_XOR,
};

enum class UnaryOperation : int32_t {
  kEXP = 0,
  kLOG,
  kSQRT,
  kRECIP,
  kABS,
  kNEG,
  kSIN,
  kCOS,
  kTAN,
  kSINH,
  kCOSH,
  kASIN,
  kACOS,
  kATAN,
  kASINH,
  kACOSH,
  kATANH,
  kCEIL,
  kFLOOR,
  kERF,
  kNOT,
  kSIGN,
  kROUND,  // half to even
  kISINF,
  kISNAN,
  kLOG2 = 64,  // ours
  kLOG10,
  kLOG1P,  // log(1 + x), exact near 0
  kEXPM1,  // exp(x) - 1, exact near 0
  kEXP2,
  kERFC,   // 1 - erf(x), exact for large x
  kTRUNC,  // toward zero
};

enum class ReduceOperation : int32_t { kSUM = 0, kPROD, kMAX, kMIN, kAVG, kNONE };
enum class MatrixOperation : int32_t { kNONE = 0, kTRANSPOSE, kVECTOR };
enum class PoolingType : int32_t { kMAX = 0, kAVERAGE, kMAX_AVERAGE_BLEND };
// kEXPLICIT_ROUND_UP follows PyTorch's ceil_mode: the last window must start inside the input or its leading padding.
enum class PaddingMode : int32_t { kEXPLICIT_ROUND_DOWN = 0, kEXPLICIT_ROUND_UP, kSAME_UPPER, kSAME_LOWER };
enum class ScaleMode : int32_t { kUNIFORM = 0, kCHANNEL, kELEMENTWISE };
enum class SampleMode : int32_t { kSTRICT_BOUNDS = 0, kWRAP, kCLAMP, kFILL, kREFLECT };
using SliceMode = SampleMode;
enum class GatherMode : int32_t { kDEFAULT = 0, kELEMENT, kND };
enum class TopKOperation : int32_t { kMAX = 0, kMIN };
// From kPROD on these are ours.
enum class CumulativeOperation : int32_t { kSUM = 0, kPROD = 64, kMAX, kMIN };
enum class ScatterMode : int32_t { kELEMENT = 0, kND };
// Ours: how an update combines with the element (or earlier update) at its place. kNONE replaces it.
enum class ScatterReduction : int32_t { kNONE = 0, kSUM, kPROD, kMAX, kMIN, kMEAN };
// Ours: the step of a recurrent layer. kGRU is PyTorch's: the reset gate scales the hidden state's share.
enum class RecurrentCell : int32_t { kRELU = 0, kTANH, kLSTM, kGRU };
enum class InterpolationMode : int32_t { kNEAREST = 0, kLINEAR, kCUBIC };
using ResizeMode = InterpolationMode;
enum class ResizeCoordinateTransformation : int32_t { kALIGN_CORNERS = 0, kASYMMETRIC, kHALF_PIXEL };
enum class ResizeSelector : int32_t { kFORMULA = 0, kUPPER };
enum class ResizeRoundMode : int32_t { kHALF_UP = 0, kHALF_DOWN, kFLOOR, kCEIL };

enum class DeviceType : int32_t { kGPU = 0, kDLA = 1, kCPU = 32 /* ours */ };
enum class EngineCapability : int32_t { kSTANDARD = 0, kSAFETY = 1, kDLA_STANDALONE = 2 };
enum class TensorIOMode : int32_t { kNONE = 0, kINPUT, kOUTPUT };
enum class TensorLocation : int32_t { kDEVICE = 0, kHOST };
enum class OptProfileSelector : int32_t { kMIN = 0, kOPT, kMAX };

// "1x3x-1x224", "scalar" for rank 0.
std::string to_string(const Dims& dims);

}  // namespace torch_tensorrt::network
