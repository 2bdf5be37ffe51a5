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

struct Row {
  std::string op;
  std::string reason;
  std::string place;  // of the first use
  size_t uses = 0;
};

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

void collect_rows(const Block* block, const partitioning::Roles& roles, std::vector<Row>& rows) {
  for (const auto* node : block->nodes()) {
    const std::string& reason = roles.reason(node);
    if (!reason.empty()) {
      Row row{node->kind().toQualString(), short_reason(reason), user_location(node)};
      const auto same = [&](const Row& other) { return other.op == row.op && other.reason == row.reason; };
      auto found = std::find_if(rows.begin(), rows.end(), same);
      if (found == rows.end()) found = rows.insert(rows.end(), std::move(row));
      ++found->uses;
    }
    for (const auto* inner : node->blocks()) collect_rows(inner, roles, rows);
  }
}

std::string counted(size_t count, const std::string& noun) { return str(count, ' ', noun, count == 1 ? "" : "s"); }

std::string text_of(const Row& row) {
  std::string text = row.uses == 1 ? row.op : str(row.uses, " x ", row.op);
  if (!row.place.empty()) text += str(row.uses == 1 ? " at " : ", first at ", row.place);
  return text + ": " + row.reason;
}

std::string headline(const std::string& method, const std::vector<size_t>& segments) {
  if (segments.empty()) return "no part of " + method + " runs in an engine";
  const size_t operations = std::accumulate(segments.begin(), segments.end(), size_t{0});
  return str(counted(segments.size(), "engine"), segments.size() == 1 ? " runs " : " run ",
             counted(operations, "operation"), " of ", method);
}

}  // namespace

HybridReport report_hybrid(const std::string& method, const torch::jit::Graph& graph, const partitioning::Roles& roles,
                           const std::vector<size_t>& segments, const std::string& why) {
  std::vector<Row> rows;
  collect_rows(graph.block(), roles, rows);
  std::stable_sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) { return a.uses > b.uses; });
  HybridReport report{headline(method, segments), !rows.empty()};
  if (!why.empty()) report.text += str("; it is not one engine, because ", why);
  if (rows.empty()) return report;
  report.text += "; PyTorch runs:";
  for (size_t i = 0; i < std::min(rows.size(), kMostRows); ++i) report.text += "\n  - " + text_of(rows[i]);
  if (rows.size() > kMostRows) {
    size_t uses = 0;
    for (size_t i = kMostRows; i < rows.size(); ++i) uses += rows[i].uses;
    report.text += str("\n  - and ", counted(uses, "more operation"));
  }
  report.text +=
      "\nrequire_full_compilation=True makes one engine of the method, or an error; torch_tensorrt.check(module, "
      "inputs) lists all operators";
  return report;
}

}  // namespace torch_tensorrt::core
