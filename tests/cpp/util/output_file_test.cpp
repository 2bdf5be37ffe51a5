#include "torch_tensorrt/core/util/output_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>
#include <thread>

#include "torch_tensorrt/core/util/Exception.h"

namespace torch_tensorrt::core::util {
namespace {

namespace fs = std::filesystem;

class OutputFileTest : public ::testing::Test {
 protected:
  OutputFileTest() { fs::create_directories(folder_); }
  ~OutputFileTest() override { fs::remove_all(folder_); }

  static std::string read(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream content;
    content << file.rdbuf();
    return content.str();
  }
  static std::string replace(const fs::path& path, const std::string& content) {
    OutputFile file(path.string());
    file.write(content.data(), content.size());
    return file.commit().reason();
  }
  size_t files() const {
    return static_cast<size_t>(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()));
  }
  // Runs the function in a child process, which then ends; returns waitpid's status.
  static int in_child(const std::function<void()>& work) {
    const pid_t child = fork();
    if (child == 0) {
      work();
      _exit(0);
    }
    int status = 0;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    return status;
  }

  fs::path folder_ = fs::path(::testing::TempDir()) / ("output_file_test_" + std::to_string(getpid()));
  fs::path path_ = folder_ / "file";
};

TEST_F(OutputFileTest, WritesInPieces) {
  OutputFile file(path_.string());
  for (const char* piece : {"one ", "two ", "three"}) file.write(piece, std::string(piece).size());
  EXPECT_FALSE(fs::exists(path_));
  EXPECT_TRUE(file.commit());
  EXPECT_EQ(read(path_), "one two three");
  EXPECT_EQ(files(), 1U);
}

TEST_F(OutputFileTest, WithoutCommitTheOldFileStays) {
  std::ofstream(path_) << "old";
  {
    OutputFile file(path_.string());
    file.write("new", 3);
    EXPECT_EQ(read(path_), "old");
    EXPECT_EQ(files(), 2U);
  }
  EXPECT_EQ(read(path_), "old");
  EXPECT_EQ(files(), 1U);
}

TEST_F(OutputFileTest, EachSignalThatEndsTheProcessLeavesTheOldFileAndNothingElse) {
  std::ofstream(path_) << "old";
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) {
    for (const bool other_thread : {false, true}) {
      const int status = in_child([&] {
        const rlimit no_core{0, 0};
        setrlimit(RLIMIT_CORE, &no_core);
        std::signal(signal, SIG_DFL);
        remove_unfinished_files_on_signals();
        OutputFile first(path_.string());
        OutputFile second((folder_ / "second").string());
        first.write("new", 3);
        if (other_thread) {
          std::thread([&] { raise(signal); }).join();
        } else {
          raise(signal);
        }
      });
      EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == signal) << status;
      EXPECT_EQ(read(path_), "old");
      EXPECT_EQ(files(), 1U) << signal;
    }
  }
}

TEST_F(OutputFileTest, ASignalThatIsIgnoredStaysSo) {
  const int status = in_child([&] {
    std::signal(SIGHUP, SIG_IGN);
    remove_unfinished_files_on_signals();
    raise(SIGHUP);
    _exit(7);
  });
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 7);
}

TEST_F(OutputFileTest, AChildProcessDoesNotRemoveItsParentsFile) {
  OutputFile file(path_.string());
  file.write("new", 3);
  in_child([] {
    std::signal(SIGTERM, SIG_DFL);
    remove_unfinished_files_on_signals();
    raise(SIGTERM);
  });
  EXPECT_TRUE(file.commit());
  EXPECT_EQ(read(path_), "new");
}

TEST_F(OutputFileTest, AFullDiskLeavesTheOldFile) {
  std::ofstream(path_) << "old";
  const int status = in_child([&] {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{1000, 1000};
    setrlimit(RLIMIT_FSIZE, &limit);
    OutputFile file(path_.string());
    const std::string content(5000, 'x');
    file.write(content.data(), content.size());
    file.write(content.data(), 1);
    _exit(file.commit().reason() == "File too large" ? 3 : 4);
  });
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 3);
  EXPECT_EQ(read(path_), "old");
  EXPECT_EQ(files(), 1U);
}

TEST_F(OutputFileTest, NamesAsLongAsAFileSystemTakes) {
  const fs::path path = folder_ / std::string(255, 'n');
  for (const char* content : {"first", "second"}) {
    EXPECT_EQ(replace(path, content), "");
    EXPECT_EQ(read(path), content);
  }
  EXPECT_EQ(files(), 1U);
}

TEST_F(OutputFileTest, PipesAndDevicesAreWrittenDirectly) {
  ASSERT_EQ(mkfifo(path_.c_str(), 0600), 0);
  const int reader = open(path_.c_str(), O_RDONLY | O_NONBLOCK);
  EXPECT_EQ(replace(path_, "through the pipe"), "");
  char bytes[32] = {};
  EXPECT_EQ(::read(reader, bytes, sizeof(bytes)), 16);
  close(reader);
  EXPECT_TRUE(fs::is_fifo(path_));
  EXPECT_EQ(replace("/dev/null", "gone"), "");
  EXPECT_EQ(replace("/dev/full", "more than there is"), "No space left on device");
}

TEST_F(OutputFileTest, AnOpenFileThatALinkOfTheProcessLeadsToIsWrittenDirectly) {
  const int file = open(path_.c_str(), O_RDWR | O_CREAT, 0600);
  EXPECT_EQ(replace("/proc/self/fd/" + std::to_string(file), "to the open file"), "");
  char bytes[32] = {};
  EXPECT_EQ(pread(file, bytes, sizeof(bytes), 0), 16);
  close(file);
}

TEST_F(OutputFileTest, WhereTheFolderTakesNoFileTheFileIsWrittenInPlace) {
  std::ofstream(path_) << "old and longer";
  ASSERT_EQ(chmod(path_.c_str(), 0666), 0);
  ASSERT_EQ(chmod(folder_.c_str(), 0555), 0);
  const bool was_root = geteuid() == 0;
  if (was_root) {
    ASSERT_EQ(seteuid(65534), 0);
  }
  const std::string in_place = replace(path_, "new");
  const std::string another = replace(folder_ / "another", "new");
  if (was_root) {
    ASSERT_EQ(seteuid(0), 0);
  }
  chmod(folder_.c_str(), 0755);
  EXPECT_EQ(in_place, "");
  EXPECT_EQ(read(path_), "new");
  EXPECT_EQ(another, "Permission denied");
}

TEST_F(OutputFileTest, WriteFileNamesTheFile) {
  try {
    write_file((folder_ / "no" / "file").string(), "text");
    ADD_FAILURE() << "no error";
  } catch (const Error& error) {
    EXPECT_NE(error.msg().find("cannot write " + (folder_ / "no" / "file").string() + ": No such file or directory"),
              std::string::npos);
  }
}

}  // namespace
}  // namespace torch_tensorrt::core::util
