#pragma once

#include <optional>
#include <string>

namespace torchtrtc {

enum class Expected { kModule, kEngine };

// Why the file cannot be of the expected kind, and what to do, as the end of a sentence ("it is empty"). Nothing if it
// may be of that kind. Also nothing for pipes and devices, because they can be read only once. Reads the first bytes
// and, from a zip archive, the names of its files.
std::optional<std::string> why_unusable(const std::string& path, Expected expected);

}  // namespace torchtrtc
