#pragma once

#include <optional>
#include <string>

namespace torchtrtc {

enum class Expected { kModule, kEngine };

// Why the file cannot be what is expected, and what to do, as the end of a sentence ("it is empty"). Nothing where it
// may be, and where it is no regular file, which can be read once only. Looks at the first bytes and, of a zip
// archive, at the names in it.
std::optional<std::string> why_unusable(const std::string& path, Expected expected);

}  // namespace torchtrtc
