#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace torch_tensorrt {

// One setting. All readers use this row: JSON, plans, the flags of torchtrtc, Python's signature and docstring, and the
// page docs/settings.md.
struct SettingRow {
  const char* name;         // in C++, Python, JSON and plans
  const char* flags;        // torchtrtc's flags, as CLI11 takes them
  const char* placeholder;  // torchtrtc's help shows it for the value; empty for flags and numbers
  const char* help;
  // For numbers only. A number that may be left open (None in Python) has the value -1 then.
  int64_t low = 0;
  int64_t high = std::numeric_limits<int64_t>::max();
  bool may_be_open = false;
  bool is_recorded = true;  // stored in the plan, for rebuilding the engine
};

// Build settings that are numbers, texts and switches; CompileSpec adds those of other types (device, precisions,
// capability). To add a setting, add a field here, its row below, and the code that obeys it.
struct Settings {
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
  std::string timing_cache_path;
  int64_t optimization_level = -1;
  bool version_compatible = false;
  bool hardware_compatible = false;
  bool use_explicit_typing = false;
  uint64_t num_threads = 0;
};

// Calls visit(row, field) for every setting, in the order of Python's arguments. `settings` may be const.
template <typename S, typename Visit>
void visit_settings(S& settings, Visit&& visit) {
  constexpr int64_t kDlaBytes = 4096;  // the smallest memory size of a DLA
  constexpr int64_t kInt32 = std::numeric_limits<int32_t>::max();
  constexpr int64_t kMostThreads = 1024;
  constexpr int64_t kAny = std::numeric_limits<int64_t>::max();
  using Row = SettingRow;
  visit(Row{"disable_tf32", "--disable-tf32", "", "GPUs: products of fp32 matrices use fp32, not TF32."},
        settings.disable_tf32);
  visit(Row{"sparse_weights", "--sparse-weights", "", "Allow kernels for weights with 2:4 sparsity."},
        settings.sparse_weights);
  visit(Row{"refit", "--refit", "",
            "Keep the weights of a GPU's engine replaceable (refit_module_weights); those of the native backend always "
            "are."},
        settings.refit);
  visit(Row{"debug", "--build-debuggable-engine", "",
            "Keep in a GPU's engine what tells its layers apart when it is inspected; engines for the CPU always do. "
            "Networks are dumped as text where the environment's TORCHTRT_DUMP_DIRECTORY names a folder."},
        settings.debug);
  visit(Row{"num_avg_timing_iters", "--num-avg-timing-iters", "", "Runs that each candidate's time is averaged over.",
            0, kInt32},
        settings.num_avg_timing_iters);
  visit(Row{"workspace_size", "--workspace-size", "",
            "Bytes of scratch memory that a layer may use on a GPU; 0: no limit."},
        settings.workspace_size);
  visit(Row{"dla_sram_size", "--dla-sram-size", "", "Bytes of a DLA core's own memory.", kDlaBytes},
        settings.dla_sram_size);
  visit(Row{"dla_local_dram_size", "--dla-local-dram-size", "", "Bytes of memory between the layers of a DLA core.",
            kDlaBytes},
        settings.dla_local_dram_size);
  visit(Row{"dla_global_dram_size", "--dla-global-dram-size", "", "Bytes of memory for the weights of a DLA core.",
            kDlaBytes},
        settings.dla_global_dram_size);
  visit(Row{"truncate_long_and_double", "--truncate,--truncate-long-double,--truncate-64bit", "",
            "Narrow weights of int64 and float64 to 32 bits; a warning names them, and weights that do not fit are "
            "refused."},
        settings.truncate_long_and_double);
  visit(Row{"require_full_compilation", "--require-full-compilation", "",
            "List every operation that cannot be compiled before anything is built. Methods are compiled whole or not "
            "at all, with this setting and without; with it, torch_executed_ops and torch_executed_modules must be "
            "empty.",
            0, kAny, false, /*is_recorded=*/false},
        settings.require_full_compilation);
  visit(Row{"min_block_size", "--mbs,--min-block-size", "",
            "Fewest operations that are worth an engine. Changes nothing: methods are compiled whole.", 0, kAny, false,
            /*is_recorded=*/false},
        settings.min_block_size);
  visit(Row{"torch_executed_ops", "--teo,--torch-executed-op", "OP",
            "Operators that must not go into an engine, without overload and arguments (aten::add). A method that uses "
            "one is refused: this version leaves no operation to PyTorch.",
            0, kAny, false, /*is_recorded=*/false},
        settings.torch_executed_ops);
  visit(Row{"torch_executed_modules", "--tem,--torch-executed-mod", "MOD",
            "Classes of modules that must not go into an engine. Refused unless it is empty, for the same reason.", 0,
            kAny, false, /*is_recorded=*/false},
        settings.torch_executed_modules);
  visit(Row{"allow_shape_tensors", "--allow-shape-tensors", "",
            "Let the model use elements of integer inputs as sizes (x.view(int(n[0]), -1)); Input says what values "
            "they have. Sizes of dynamic inputs can always be computed with.",
            0, kAny, false, /*is_recorded=*/false},
        settings.allow_shape_tensors);
  visit(Row{"max_specializations", "--max-specializations", "",
            "Combinations of input shapes that an engine stays prepared for: the last ones that it met.", 1, kInt32},
        settings.max_specializations);
  visit(Row{"backend", "--backend", "NAME",
            "Who builds the engine: native (the engine of this library), another backend's name (tensorrt), auto (the "
            "available one that is preferred on the device and takes the whole network) or fastest (all that can, "
            "timed on the device; the times are recorded in the engine).",
            0, kAny, false, /*is_recorded=*/false},
        settings.backend);
  visit(Row{"timing_cache_path", "--timing-cache", "PATH",
            "File of measured times, read before and written after each build. One that is there and cannot be read is "
            "an error before the build; one that cannot be written is a warning after it.",
            0, kAny, false, /*is_recorded=*/false},
        settings.timing_cache_path);
  visit(Row{"optimization_level", "--optimization-level", "",
            "0 (quick build) to 5 (fast engine), for backends of GPUs that have it. Left open: their default.", 0, 5,
            /*may_be_open=*/true},
        settings.optimization_level);
  visit(Row{"version_compatible", "--version-compatible", "",
            "GPUs: the engine loads with later versions of the backend's library too."},
        settings.version_compatible);
  visit(Row{"hardware_compatible", "--hardware-compatible", "",
            "GPUs: the engine loads on later generations of GPUs too."},
        settings.hardware_compatible);
  visit(Row{"use_explicit_typing", "--explicit-typing", "",
            "GPUs: each layer computes in the dtypes of its tensors, whatever enabled_precisions allows."},
        settings.use_explicit_typing);
  visit(
      Row{"num_threads", "--num-threads", "",
          "CPU: threads that a call of the engine uses, and that its layers are timed with; 0: as many as PyTorch uses "
          "in the thread that calls.",
          0, kMostThreads},
      settings.num_threads);
}

}  // namespace torch_tensorrt
