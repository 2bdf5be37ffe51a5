#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace torch_tensorrt {

/// One setting. All readers use this row: JSON, plans, the flags of torchtrtc, Python's signature and docstring, and
/// the page docs/settings.md.
struct SettingRow {
  const char* name;         ///< in C++, Python, JSON and plans
  const char* flags;        ///< torchtrtc's flags, as CLI11 takes them
  const char* placeholder;  ///< torchtrtc's help shows it for the value; empty for flags and numbers
  const char* help;         ///< its description, with the unit
  /// For numbers only. A number that may be left open (None in Python) has the value -1 then.
  int64_t low = 0;                                     ///< the least number
  int64_t high = std::numeric_limits<int64_t>::max();  ///< the largest number
  bool may_be_open = false;                            ///< whether -1 is allowed too
  bool is_recorded = true;                             ///< stored in the plan, for rebuilding the engine
};

/// Build settings that are numbers, texts and switches; CompileSpec adds those of other types (device, precisions,
/// capability). To add a setting, add a field here, its row below, and the code that obeys it.
struct Settings {
  /// @{
  /// docs/settings.md describes each with its unit and range: the help texts of the rows below.
  bool disable_tf32 = false;
  bool sparse_weights = false;
  bool refit = false;
  bool debug = false;
  uint64_t num_avg_timing_iters = 1;
  uint64_t workspace_size = 0;
  uint64_t dla_sram_size = 1048576;
  uint64_t dla_local_dram_size = 1073741824;
  uint64_t dla_global_dram_size = 536870912;
  bool truncate_long_and_double = false;
  bool require_full_compilation = false;
  uint64_t min_block_size = 3;
  std::vector<std::string> torch_executed_ops;
  std::vector<std::string> torch_executed_modules;
  bool allow_shape_tensors = false;
  uint64_t max_specializations = 8;
  std::string backend = "auto";
  bool mix_backends = false;
  std::string timing_cache_path;
  int64_t optimization_level = -1;
  bool version_compatible = false;
  bool hardware_compatible = false;
  bool use_explicit_typing = false;
  std::vector<std::string> precision_overrides;
  bool strict_precisions = false;
  bool deterministic = false;
  std::string weight_only;
  uint64_t num_threads = 0;
  /// @}
};

/// Calls visit(row, field) for every setting, in the order of Python's arguments. `settings` may be const.
template <typename S, typename Visit>
void visit_settings(S& settings, Visit&& visit) {
  constexpr int64_t kDlaBytes = 4096;  ///< the smallest memory size of a DLA
  constexpr int64_t kInt32 = std::numeric_limits<int32_t>::max();
  constexpr int64_t kMostThreads = 1024;
  constexpr int64_t kAny = std::numeric_limits<int64_t>::max();
  using Row = SettingRow;
  visit(Row{"disable_tf32", "--disable-tf32", "", "GPUs: compute products of fp32 matrices in fp32, not in TF32."},
        settings.disable_tf32);
  visit(Row{"sparse_weights", "--sparse-weights", "", "Allow kernels for weights with 2:4 sparsity."},
        settings.sparse_weights);
  visit(Row{"refit", "--refit", "",
            "GPUs: keep the weights of the engine replaceable (refit_module_weights). Weights of the native backend's "
            "engines are always replaceable."},
        settings.refit);
  visit(Row{"debug", "--build-debuggable-engine", "",
            "GPUs: keep the details of all layers in the engine for inspection; engines for the CPU always keep them. "
            "To dump networks as text, set the environment variable TORCHTRT_DUMP_DIRECTORY to a folder."},
        settings.debug);
  visit(Row{"num_avg_timing_iters", "--num-avg-timing-iters", "",
            "Number of runs over which the time of a tactic is averaged.", 0, kInt32},
        settings.num_avg_timing_iters);
  visit(Row{"workspace_size", "--workspace-size", "",
            "Bytes of scratch memory that a layer may use on a GPU; 0: no limit."},
        settings.workspace_size);
  visit(Row{"dla_sram_size", "--dla-sram-size", "", "DLA: bytes of the core's own fast memory, used within a layer.",
            kDlaBytes},
        settings.dla_sram_size);
  visit(Row{"dla_local_dram_size", "--dla-local-dram-size", "", "DLA: bytes of main memory for tensors between layers.",
            kDlaBytes},
        settings.dla_local_dram_size);
  visit(Row{"dla_global_dram_size", "--dla-global-dram-size", "", "DLA: bytes of main memory for weights.", kDlaBytes},
        settings.dla_global_dram_size);
  visit(Row{"truncate_long_and_double", "--truncate,--truncate-long-double,--truncate-64bit", "",
            "Narrow int64 and float64 weights to 32 bits. A warning names them; weights that do not fit are an error."},
        settings.truncate_long_and_double);
  visit(Row{"require_full_compilation", "--require-full-compilation", "",
            "Make one engine, or an error that lists every operation that no engine can run. Without this setting, a "
            "module that cannot be one engine becomes several, and PyTorch runs the rest. With it, torch_executed_ops "
            "and torch_executed_modules must be empty.",
            0, kAny, false, /*is_recorded=*/false},
        settings.require_full_compilation);
  visit(Row{"min_block_size", "--mbs,--min-block-size", "",
            "Fewest operations that are worth an engine; PyTorch runs smaller groups, unless an operator stands for a "
            "whole layer of a transformer. A module that can be one engine "
            "becomes one, however small.",
            0, kAny, false,
            /*is_recorded=*/false},
        settings.min_block_size);
  visit(Row{"torch_executed_ops", "--teo,--torch-executed-op", "OP",
            "Operators that PyTorch runs, named without overload and arguments (aten::add).", 0, kAny, false,
            /*is_recorded=*/false},
        settings.torch_executed_ops);
  visit(Row{"torch_executed_modules", "--tem,--torch-executed-mod", "MOD",
            "Modules that PyTorch runs: qualified names of classes (torch.nn.modules.linear.Linear), or paths of "
            "submodules (encoder.layers.0).",
            0, kAny, false, /*is_recorded=*/false},
        settings.torch_executed_modules);
  visit(Row{"allow_shape_tensors", "--allow-shape-tensors", "",
            "Allow the model to use elements of integer inputs as sizes (x.view(int(n[0]), -1)). The Input gives the "
            "range of their values. Sizes of dynamic inputs may always be used.",
            0, kAny, false, /*is_recorded=*/false},
        settings.allow_shape_tensors);
  visit(Row{"max_specializations", "--max-specializations", "",
            "Number of combinations of input shapes that an engine stays prepared for; it keeps the most recent ones.",
            1, kInt32},
        settings.max_specializations);
  visit(Row{"backend", "--backend", "NAME",
            "Backend that builds the engine: native (this library's own), the name of another backend (tensorrt), auto "
            "(the preferred backend among those that are available on the device and take the whole network) or "
            "fastest (all such backends build, and the engine that is fastest on the device is kept, with the measured "
            "times in it).",
            0, kAny, false, /*is_recorded=*/false},
        settings.backend);
  visit(Row{"mix_backends", "--mix-backends", "",
            "With backend auto: if the preferred backend does not take the whole network, it builds engines for the "
            "layers that it takes, and the next available backend for the rest. Without this setting, the next backend "
            "builds the whole network. Not with require_full_compilation.",
            0, kAny, false, /*is_recorded=*/false},
        settings.mix_backends);
  visit(Row{"timing_cache_path", "--timing-cache", "PATH",
            "File of measured times, read before and written after each build. A file that exists and cannot be read "
            "is an error before the build; a file that cannot be written is a warning after it.",
            0, kAny, false, /*is_recorded=*/false},
        settings.timing_cache_path);
  visit(Row{"optimization_level", "--optimization-level", "",
            "GPUs: 0 (quick build) to 5 (fast engine), for backends with such levels. If left open, the backend's "
            "default.",
            0, 5,
            /*may_be_open=*/true},
        settings.optimization_level);
  visit(Row{"version_compatible", "--version-compatible", "",
            "GPUs: the engine loads with later versions of the backend's library too."},
        settings.version_compatible);
  visit(Row{"hardware_compatible", "--hardware-compatible", "",
            "GPUs: the engine loads on later generations of GPUs too."},
        settings.hardware_compatible);
  visit(Row{"use_explicit_typing", "--explicit-typing", "",
            "Each layer computes in the dtypes of its tensors, whatever enabled_precisions allows."},
        settings.use_explicit_typing);
  visit(
      Row{"precision_overrides", "--precision-override", "PATTERN=PRECISION",
          "CPU and TensorRT: precisions of layers by name, as '*layer4*=f32': f32, f16, bf16 or i8. The first pattern "
          "that matches "
          "the whole name of a layer holds (*, ? and [...] as in a shell); torch_tensorrt.inspect and verify show the "
          "names. Precisions beyond f32 must be in enabled_precisions; a layer that cannot compute in its precision "
          "computes in f32, with a note in the engine."},
      settings.precision_overrides);
  visit(Row{"strict_precisions", "--strict-precisions", "",
            "CPU: if enabled_precisions lacks float, layers that can compute in f32 only are an error. Without this "
            "setting, a warning names them."},
        settings.strict_precisions);
  visit(Row{"deterministic", "--deterministic", "",
            "CPUs: choose tactics and precisions by rules and estimates instead of measured times, so that builds on "
            "machines of one kind give the same bytes. A timing cache (timing_cache_path) also does, with measured "
            "times."},
        settings.deterministic);
  visit(Row{"weight_only", "--weight-only", "PRECISION",
            "CPU: precision of the constant matrices of products, which multiply floats: int8, with a scale for each "
            "column of the result. The builder takes it where that is faster, as with few rows; such engines are up to "
            "four times smaller. Empty: weights keep their precision."},
        settings.weight_only);
  visit(Row{"num_threads", "--num-threads", "",
            "CPU: number of threads for calls of the engine and for timing its layers; 0: as many as PyTorch uses in "
            "the calling thread.",
            0, kMostThreads},
        settings.num_threads);
}

}  // namespace torch_tensorrt
