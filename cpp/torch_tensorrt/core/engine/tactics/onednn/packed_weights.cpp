#include "torch_tensorrt/core/engine/tactics/onednn/packed_weights.h"

#include <oneapi/dnnl/dnnl_debug.h>

#include "torch_tensorrt/core/engine/tactics/onednn/tactic.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::engine::onednn {
namespace {

using Tag = dnnl::memory::format_tag;

struct LayoutRow {
  const char* name;
  Tag tag;
};
// The usual layouts under oneDNN's other names for them, which say what the dimensions are. All others have the name of
// their format tag ("Acdb8a").
const LayoutRow kLayouts[] = {
    // matrices
    {"ab", Tag::ab},
    {"ba", Tag::ba},
    {"BA16a16b", Tag::BA16a16b},
    {"BA16a32b", Tag::BA16a32b},
    {"BA16a48b", Tag::BA16a48b},
    {"BA16a64b", Tag::BA16a64b},
    {"AB16b16a", Tag::AB16b16a},
    // one spatial dimension
    {"Owi16o", Tag::Owi16o},
    {"Owi32o", Tag::Owi32o},
    {"Owi48o", Tag::Owi48o},
    {"Owi64o", Tag::Owi64o},
    {"OIw16i16o", Tag::OIw16i16o},
    // two
    {"Ohwi8o", Tag::Ohwi8o},
    {"Ohwi16o", Tag::Ohwi16o},
    {"Ohwi24o", Tag::Ohwi24o},
    {"Ohwi32o", Tag::Ohwi32o},
    {"Ohwi48o", Tag::Ohwi48o},
    {"Ohwi64o", Tag::Ohwi64o},
    {"OIhw8i8o", Tag::OIhw8i8o},
    {"OIhw16i16o", Tag::OIhw16i16o},
    {"hwio", Tag::hwio},
    // two, grouped (five dimensions)
    {"hwioG8g", Tag::decbA8a},
    {"hwioG16g", Tag::decbA16a},
    {"Goihw8g", Tag::Goihw8g},
    {"Goihw16g", Tag::Goihw16g},
    {"gOhwi16o", Tag::gOhwi16o},
    {"gOhwi32o", Tag::gOhwi32o},
    {"gOhwi48o", Tag::gOhwi48o},
    {"gOhwi64o", Tag::gOhwi64o},
    {"gOhwi8o", Tag::gOhwi8o},
    {"gOIhw16i16o", Tag::gOIhw16i16o},
    {"gOIhw8i8o", Tag::gOIhw8i8o},
    // three spatial dimensions
    {"Odhwi16o", Tag::Odhwi16o},
    {"Odhwi32o", Tag::Odhwi32o},
    {"Odhwi48o", Tag::Odhwi48o},
    {"Odhwi64o", Tag::Odhwi64o},
    // recurrent layers, and their projections
    {"ldigo", Tag::ldigo},
    {"ldgOi16o", Tag::ldgOi16o},
    {"ldgOi32o", Tag::ldgOi32o},
    {"ldio", Tag::ldio},
    {"ldOi16o", Tag::ldOi16o},
    {"ldOi32o", Tag::ldOi32o},
};

// Empty if the tag is not for this rank.
dnnl::memory::desc desc_of(const dnnl::memory::desc& like, Tag tag) {
  return {like.get_dims(), like.get_data_type(), tag, /*allow_empty=*/true};
}

// Calls the function with each public format tag until it returns true.
template <typename Function>
bool any_tag(Function is_it) {
  for (int tag = dnnl_format_tag_any + 1; tag < dnnl_format_tag_last; ++tag) {
    if (is_it(static_cast<dnnl_format_tag_t>(tag))) return true;
  }
  return false;
}

dnnl::memory::desc stored_desc(const std::string& layout, const dnnl::memory::desc& plain) {
  if (layout == "plain") return plain;
  for (const auto& row : kLayouts) {
    if (layout == row.name) return desc_of(plain, row.tag);
  }
  dnnl::memory::desc found;
  const bool is_known = any_tag([&](dnnl_format_tag_t tag) {
    if (layout != dnnl_fmt_tag2str(tag)) return false;
    found = desc_of(plain, static_cast<Tag>(tag));
    return true;
  });
  if (is_known) return found;
  TORCHTRT_THROW_ERROR("weights are stored in the layout '" << layout << "', which this library does not know");
}

// Describes a block of the store.
dnnl::memory::desc block_desc(const WeightBlock& block, const std::string& key, const dnnl::memory::desc& plain) {
  const auto desc = stored_desc(block.layout, plain);
  const auto needed = desc ? static_cast<int64_t>(desc.get_size()) : int64_t{-1};
  TORCHTRT_CHECK(needed == block.bytes, "the weights " << key << " have " << block.bytes << " bytes, their layout "
                                                       << block.layout << " needs " << needed
                                                       << " (-1: not a layout of " << plain.get_ndims()
                                                       << " dimensions)");
  return desc;
}

void reorder(const dnnl::memory::desc& from_desc, const void* from, const dnnl::memory::desc& to_desc, void* to) {
  dnnl::stream stream(cpu_engine());
  dnnl::memory source(from_desc, cpu_engine(), const_cast<void*>(from));
  dnnl::memory target(to_desc, cpu_engine(), to);
  dnnl::reorder(source, target).execute(stream, source, target);
  stream.wait();
}

}  // namespace

std::string layout_name(const dnnl::memory::desc& desc, const dnnl::memory::desc& plain) {
  if (desc == plain) return "plain";
  for (const auto& row : kLayouts) {
    const auto candidate = desc_of(desc, row.tag);
    if (candidate && candidate == desc) return row.name;
  }
  std::string name;
  any_tag([&](dnnl_format_tag_t tag) {
    const auto candidate = desc_of(desc, static_cast<Tag>(tag));
    if (!candidate || candidate != desc) return false;
    name = dnnl_fmt_tag2str(tag);
    return true;
  });
  return name;
}

PackedWeights pack(WeightStore& store, const std::string& key, const dnnl::memory::desc& plain,
                   const dnnl::memory::desc& wanted) {
  const auto repack = [&](const dnnl::memory::desc& target) {
    return [&plain, &key, target](const WeightBlock& from, void* to) {
      reorder(block_desc(from, key, plain), from.data.get(), target, to);
    };
  };
  const std::string layout = layout_name(wanted, plain);
  const auto bytes = static_cast<int64_t>(wanted.get_size());
  if (!layout.empty()) return {store.get(key, layout, bytes, repack(wanted)), {}};
  const auto plain_bytes = static_cast<int64_t>(plain.get_size());
  const void* elements = store.get(key, "plain", plain_bytes, repack(plain));
  auto copy = allocate_aligned(bytes);
  reorder(plain, elements, wanted, copy.get());
  return {copy.get(), copy};
}

void unpack(const WeightBlock& from, const std::string& key, const dnnl::memory::desc& plain, void* to) {
  reorder(block_desc(from, key, plain), from.data.get(), plain, to);
}

}  // namespace torch_tensorrt::engine::onednn
