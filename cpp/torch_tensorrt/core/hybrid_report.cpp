#include "torch_tensorrt/core/hybrid_report.h"

#include <algorithm>
#include <numeric>
#include <tuple>

#include "torch_tensorrt/core/util/encodings.h"
#include "torch_tensorrt/core/util/jit_util.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::core {
namespace {

using torch::jit::Block;
using torch::jit::Node;

constexpr size_t kMostRows = 12;

// Errors of conversion repeat the node, its line and its schema, which the row has already.
std::string short_reason(const std::string& reason) {
  std::string line = reason.substr(0, reason.find('\n'));
  const size_t comment = line.find(" # ");
  const size_t end = line.front() == '%' && comment != std::string::npos ? line.find(": ", comment) : std::string::npos;
  return end == std::string::npos ? line : line.substr(end + 2);
}

bool is_of_pytorch(const std::string& place) {
  return place.empty() || place.find("-packages/torch/") != std::string::npos;
}

// "file.py:12", the innermost line of the node's calls that is not in PyTorch's own Python files.
std::string user_location(const Node* node) {
  const std::string own = util::source_location(node);
  if (!is_of_pytorch(own) || !node->callstack()) return own;
  auto calls = (*node->callstack())->vec();  // the outermost first
  for (auto call = calls.rbegin(); call != calls.rend(); ++call) {
    const auto place = std::get<1>(*call).file_line_col();
    if (!place || is_of_pytorch(std::get<0>(*place))) continue;
    return util::escape_invalid_utf8(str(std::get<0>(*place), ':', std::get<1>(*place)));
  }
  return own;
}

void collect_rows(const Block* block, const partitioning::Roles& roles, std::vector<PyTorchRow>& rows) {
  for (const auto* node : block->nodes()) {
    const std::string& reason = roles.reason(node);
    if (!reason.empty()) {
      PyTorchRow row{node->kind().toQualString(), short_reason(reason), user_location(node)};
      const auto same = [&](const PyTorchRow& other) { return other.op == row.op && other.reason == row.reason; };
      auto found = std::find_if(rows.begin(), rows.end(), same);
      if (found == rows.end()) found = rows.insert(rows.end(), std::move(row));
      ++found->uses;
    }
    for (const auto* inner : node->blocks()) collect_rows(inner, roles, rows);
  }
}

std::string counted(size_t count, const std::string& noun) { return str(count, ' ', noun, count == 1 ? "" : "s"); }

std::string row_text(const PyTorchRow& row) {
  std::string text = row.uses == 1 ? row.op : str(row.uses, " x ", row.op);
  if (!row.place.empty()) text += str(row.uses == 1 ? " at " : ", first at ", row.place);
  return text + ": " + row.reason;
}

}  // namespace

HybridReport report_hybrid(const std::string& method, const torch::jit::Graph& graph, const partitioning::Roles& roles,
                           const std::vector<size_t>& segments, const std::string& why) {
  HybridReport report{method, why, segments, {}};
  collect_rows(graph.block(), roles, report.rows);
  std::stable_sort(report.rows.begin(), report.rows.end(),
                   [](const PyTorchRow& a, const PyTorchRow& b) { return a.uses > b.uses; });
  return report;
}

std::string headline(const HybridReport& report) {
  const auto& segments = report.segments;
  if (segments.empty()) return "no part of " + report.method + " runs in an engine";
  const size_t operations = std::accumulate(segments.begin(), segments.end(), size_t{0});
  return str(counted(segments.size(), "engine"), segments.size() == 1 ? " runs " : " run ",
             counted(operations, "operation"), " of ", report.method);
}

std::string text_of(const HybridReport& report, size_t most_rows) {
  std::string text = headline(report);
  if (!report.why.empty()) text += str("; it is not one engine, because ", report.why);
  const auto& rows = report.rows;
  if (rows.empty()) return text;
  text += "; PyTorch runs:";
  for (size_t i = 0; i < std::min(rows.size(), most_rows); ++i) text += "\n  - " + row_text(rows[i]);
  if (rows.size() <= most_rows) return text;
  size_t uses = 0;
  for (size_t i = most_rows; i < rows.size(); ++i) uses += rows[i].uses;
  return text + str("\n  - and ", counted(uses, "more operation"));
}

std::string message_of(const HybridReport& report) {
  std::string text = text_of(report, kMostRows);
  if (report.rows.empty()) return text;
  return text +
         "\nrequire_full_compilation=True makes one engine of the method, or an error; torch_tensorrt.check(module, "
         "inputs) lists all operators";
}

}  // namespace torch_tensorrt::core
