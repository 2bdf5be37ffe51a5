#include "torch_tensorrt/core/backends/tensorrt/loader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

// Uses fake libraries (tests/fakes), each in FOLDER/NAME/lib/libnvinfer.so.10.
namespace torch_tensorrt::backends::tensorrt {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

constexpr Version kHeaders{10, 6, 0};

std::string fake(const std::string& name) { return std::string(TORCHTRT_FAKE_TENSORRT_DIR) + "/" + name; }

SearchPlaces only_root(const std::string& root) {
  SearchPlaces places;
  places.root = root;
  places.process = false;
  places.linker = false;
  return places;
}

// A folder that is removed when the test ends.
class ScratchFolder {
 public:
  ScratchFolder() : path_(fs::temp_directory_path() / ("torchtrt_loader_" + std::to_string(getpid()))) {
    fs::create_directories(path_);
  }
  ~ScratchFolder() { fs::remove_all(path_); }
  std::string path(const std::string& below) const { return (path_ / below).string(); }
  void write(const std::string& below, const std::string& bytes) const {
    fs::create_directories((path_ / below).parent_path());
    std::ofstream(path(below), std::ios::binary) << bytes;
  }

 private:
  fs::path path_;
};

std::string read_file(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

std::string reason(const SearchPlaces& places) {
  const LoadResult result = load_library(places, kHeaders);
  EXPECT_EQ(result.library, nullptr);
  EXPECT_FALSE(result.decision);
  return result.decision.reason();
}

TEST(TensorRTLoader, OpensTheVendorsTree) {
  const LoadResult result = load_library(only_root(fake("good")), kHeaders);
  ASSERT_NE(result.library, nullptr) << result.decision.reason();
  EXPECT_TRUE(result.decision);
  EXPECT_EQ(to_string(result.library->version()), "10.6.0");
  EXPECT_EQ(result.library->path(), fake("good") + "/lib/libnvinfer.so.10");
}

TEST(TensorRTLoader, CallsTheEntryPointsAndPassesTheHeadersVersion) {
  const auto library = load_library(only_root(fake("good")), kHeaders).library;
  ASSERT_NE(library, nullptr);
  int logger = 0;
  int engine = 0;
  for (void* made : {library->create_builder(&logger), library->create_runtime(&logger),
                     library->create_refitter(&engine, &logger)}) {
    ASSERT_NE(made, nullptr);
    EXPECT_EQ(*static_cast<int64_t*>(made), 100600);
  }
  EXPECT_EQ(library->create_runtime(nullptr), nullptr);
  EXPECT_EQ(library->create_refitter(nullptr, &logger), nullptr);
}

TEST(TensorRTLoader, TellsAnOlderLibraryNoVersionAboveItsOwn) {
  const auto library = load_library(only_root(fake("older")), kHeaders).library;
  ASSERT_NE(library, nullptr);
  int logger = 0;
  EXPECT_EQ(*static_cast<int64_t*>(library->create_runtime(&logger)), 100001);
}

TEST(TensorRTLoader, TakesALaterMinorVersion) {
  const auto library = load_library(only_root(fake("newer")), kHeaders).library;
  ASSERT_NE(library, nullptr);
  int logger = 0;
  EXPECT_EQ(to_string(library->version()), "10.13.3");
  EXPECT_EQ(*static_cast<int64_t*>(library->create_runtime(&logger)), 100600);
}

TEST(TensorRTLoader, RefusesAnotherMajorVersionAndSaysWhy) {
  const std::string text = reason(only_root(fake("version8")));
  EXPECT_THAT(text, HasSubstr("libnvinfer.so.10 is TensorRT 8.6.1, but only TensorRT 10.x can be used"));
  EXPECT_THAT(text, HasSubstr("the layout of its classes changes with every major version"));
  EXPECT_THAT(text, HasSubstr("TensorRT_ROOT=" + fake("version8")));
}

TEST(TensorRTLoader, NamesTheFilesOfAnotherVersion) {
  const ScratchFolder folder;
  folder.write("lib/libnvinfer.so.8.6.1", "");
  const std::string text = reason(only_root(folder.path("")));
  EXPECT_THAT(text, HasSubstr("other versions there: "));
  EXPECT_THAT(text, HasSubstr("lib/libnvinfer.so.8.6.1"));
}

TEST(TensorRTLoader, NamesTheMissingFunctions) {
  const std::string text = reason(only_root(fake("incomplete")));
  EXPECT_THAT(text, HasSubstr("libnvinfer.so.10 lacks the function createInferRuntime_INTERNAL, "
                              "createInferRefitter_INTERNAL"));
}

TEST(TensorRTLoader, SaysThatAFileIsTruncated) {
  const ScratchFolder folder;
  const std::string whole = read_file(fake("good") + "/lib/libnvinfer.so.10");
  for (const size_t bytes : {size_t{1000}, whole.size() / 2}) {
    folder.write("lib/libnvinfer.so.10", whole.substr(0, bytes));
    EXPECT_THAT(reason(only_root(folder.path(""))),
                HasSubstr("libnvinfer.so.10 is truncated: it has " + std::to_string(bytes) + " bytes"));
  }
  folder.write("lib/libnvinfer.so.10", whole.substr(0, 10));
  EXPECT_THAT(reason(only_root(folder.path(""))),
              HasSubstr("libnvinfer.so.10 has 10 bytes, so it is not a shared library"));
  folder.write("lib/libnvinfer.so.10", std::string(1000, 'x'));
  EXPECT_THAT(reason(only_root(folder.path(""))), HasSubstr("libnvinfer.so.10 is not a 64-bit shared library"));
}

TEST(TensorRTLoader, SaysWhereItLookedWhenThereIsNone) {
  SearchPlaces places;
  places.python_folders = {"/nowhere/site-packages"};
  const std::string text = reason(places);
  EXPECT_THAT(text, HasSubstr("TensorRT_ROOT is not set"));
  EXPECT_THAT(text, HasSubstr("the libraries of this process: no libnvinfer.so.10 is loaded"));
  EXPECT_THAT(text, HasSubstr("the dynamic linker, LD_LIBRARY_PATH"));
  EXPECT_THAT(text, HasSubstr("/nowhere/site-packages/tensorrt_libs"));
  EXPECT_THAT(text, HasSubstr("Install TensorRT 10"));
}

TEST(TensorRTLoader, AnUnusableFileInTheRootEndsTheSearch) {
  SearchPlaces places = only_root(fake("version8"));
  places.python_folders = {fake("python")};
  EXPECT_THAT(reason(places), Not(HasSubstr(fake("python"))));
}

TEST(TensorRTLoader, ARootWithoutLibraryDoesNotEndTheSearch) {
  const ScratchFolder folder;
  SearchPlaces places = only_root(folder.path("headers_only"));
  places.python_folders = {fake("python")};
  const LoadResult result = load_library(places, kHeaders);
  ASSERT_NE(result.library, nullptr) << result.decision.reason();
  EXPECT_EQ(result.library->path(), fake("python") + "/tensorrt_libs/libnvinfer.so.10");
}

TEST(TensorRTLoader, FindsTheVendorsOtherLayouts) {
  for (const char* below : {"lib64/libnvinfer.so.10", "targets/aarch64-linux-gnu/lib/libnvinfer.so.10.3.0",
                            "lib/x86_64-linux-gnu/libnvinfer.so.10"}) {
    const ScratchFolder folder;
    folder.write(below, read_file(fake("good") + "/lib/libnvinfer.so.10"));
    const LoadResult result = load_library(only_root(folder.path("")), kHeaders);
    EXPECT_NE(result.library, nullptr) << below << ": " << result.decision.reason();
  }
}

TEST(TensorRTLoader, WarnsOfKernelsThatTheBuilderWillNotFind) {
  const ScratchFolder folder;
  folder.write("lib/libnvinfer.so.10", read_file(fake("good") + "/lib/libnvinfer.so.10"));
  const auto library = load_library(only_root(folder.path("")), kHeaders).library;
  ASSERT_NE(library, nullptr);
  int logger = 0;
  testing::internal::CaptureStderr();
  library->create_builder(&logger);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  folder.write("lib/libnvinfer_builder_resource.so.10.6.0", "");
  testing::internal::CaptureStderr();
  library->create_builder(&logger);
  EXPECT_THAT(testing::internal::GetCapturedStderr(),
              testing::AllOf(HasSubstr("TensorRT needs libnvinfer_builder_resource.so.10.6.0 to build engines"),
                             HasSubstr("add that folder to LD_LIBRARY_PATH")));
}

TEST(TensorRTLoader, PlacesComeFromTheEnvironment) {
  setenv("TensorRT_ROOT", "/opt/TensorRT", 1);
  setenv("TORCHTRT_PYTHON_PATH", "/a/site-packages:/b/site-packages", 1);
  add_python_folder("/c/site-packages");
  add_python_folder("/c/site-packages");
  const SearchPlaces places = SearchPlaces::from_environment();
  unsetenv("TensorRT_ROOT");
  unsetenv("TORCHTRT_PYTHON_PATH");
  EXPECT_EQ(places.root, "/opt/TensorRT");
  ASSERT_GE(places.python_folders.size(), 4U);  // the last is the folder of this program
  const std::vector<std::string> first(places.python_folders.begin(), places.python_folders.begin() + 3);
  EXPECT_THAT(first, testing::ElementsAre("/a/site-packages", "/b/site-packages", "/c/site-packages"));
  EXPECT_TRUE(places.process);
  EXPECT_TRUE(places.linker);
}

TEST(TensorRTLoader, TakesALibraryThatTheProcessHasLoaded) {
  // A loaded library is known by its soname, whichever file it came from.
  ASSERT_NE(load_library(only_root(fake("named")), kHeaders).library, nullptr);
  SearchPlaces places;
  places.linker = false;
  const LoadResult result = load_library(places, kHeaders);
  ASSERT_NE(result.library, nullptr) << result.decision.reason();
  EXPECT_EQ(result.library->path(), fake("named") + "/lib/libnvinfer.so.10");
}

}  // namespace
}  // namespace torch_tensorrt::backends::tensorrt
