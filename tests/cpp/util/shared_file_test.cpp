#include "torch_tensorrt/core/util/shared_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <thread>

#include "torch_tensorrt/core/util/Exception.h"

namespace torch_tensorrt::core::util {
namespace {

namespace fs = std::filesystem;

std::string error_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.msg();
  }
  return {};
}

// Drops root's rights, as root may read and write everything.
class AsOrdinaryUser {
 public:
  AsOrdinaryUser() : was_root_(geteuid() == 0) {
    if (was_root_) become(kNobody);
  }
  AsOrdinaryUser(const AsOrdinaryUser&) = delete;
  AsOrdinaryUser& operator=(const AsOrdinaryUser&) = delete;
  ~AsOrdinaryUser() {
    if (was_root_) become(0);
  }

 private:
  static constexpr uid_t kNobody = 65534;
  static void become(uid_t user) { EXPECT_EQ(seteuid(user), 0); }
  bool was_root_;
};

class SharedFileTest : public ::testing::Test {
 protected:
  SharedFileTest() {
    fs::create_directories(folder_ / "elsewhere");
    for (const auto& folder : {folder_, folder_ / "elsewhere"}) chmod(folder.c_str(), 0777);
    umask_ = umask(027);
  }
  ~SharedFileTest() override {
    umask(umask_);
    fs::remove_all(folder_);
  }

  static void make(const fs::path& path, mode_t mode) {
    std::ofstream(path) << "old";
    ASSERT_EQ(chmod(path.c_str(), mode), 0);
  }
  static mode_t mode_of(const fs::path& path) {
    struct stat status {};
    EXPECT_EQ(stat(path.c_str(), &status), 0) << path;
    return status.st_mode & 07777;
  }
  static std::string read(const fs::path& path) { return read_shared_file(path.string()).value_or("no file"); }
  static std::string replace(const fs::path& path) { return replace_shared_file(path.string(), "new").reason(); }
  size_t files() const {
    return static_cast<size_t>(
        std::distance(fs::recursive_directory_iterator(folder_), fs::recursive_directory_iterator()));
  }

  fs::path folder_ = fs::path(::testing::TempDir()) / ("shared_file_test_" + std::to_string(getpid()));
  fs::path path_ = folder_ / "file";
  mode_t umask_ = 0;
};

TEST_F(SharedFileTest, ANewFileHasTheModeThatTheUmaskLeaves) {
  EXPECT_EQ(read(path_), "no file");
  EXPECT_EQ(replace(path_), "");
  EXPECT_EQ(read(path_), "new");
  EXPECT_EQ(mode_of(path_), 0640U);
  EXPECT_EQ(files(), 2U) << "a temporary file is left";
}

TEST_F(SharedFileTest, AFileThatIsThereKeepsItsMode) {
  for (const mode_t mode : {0666, 0600, 0664}) {
    make(path_, mode);
    EXPECT_EQ(replace(path_), "");
    EXPECT_EQ(read(path_), "new");
    EXPECT_EQ(mode_of(path_), mode);
  }
}

TEST_F(SharedFileTest, AFileThatIsThereKeepsItsOwnerWhereItCan) {
  make(path_, 0644);
  const bool given_away = geteuid() != 0 || chown(path_.c_str(), 65534, 65534) == 0;
  ASSERT_TRUE(given_away);
  const auto owner = [&] {
    struct stat status {};
    EXPECT_EQ(stat(path_.c_str(), &status), 0);
    return std::pair(status.st_uid, status.st_gid);
  };
  const auto before = owner();
  EXPECT_EQ(replace(path_), "");
  EXPECT_EQ(owner(), before);
}

TEST_F(SharedFileTest, LinksStayAndTheFileBehindThemIsReplaced) {
  const fs::path file = folder_ / "elsewhere" / "file";
  fs::create_symlink("elsewhere/file", folder_ / "second");  // to a file that does not exist yet
  fs::create_symlink(folder_ / "second", path_);
  for (const char* before : {"no file", "new"}) {
    EXPECT_EQ(read(path_), before);
    EXPECT_EQ(replace(path_), "");
    EXPECT_TRUE(fs::is_symlink(path_) && fs::is_symlink(folder_ / "second"));
    EXPECT_FALSE(fs::is_symlink(file));
    EXPECT_EQ(read(file), "new");
  }
  fs::remove(path_);
  fs::create_symlink(path_, path_);
  EXPECT_NE(replace(path_).find("symbolic links"), std::string::npos);
  EXPECT_NE(error_of([&] { read(path_); }).find("symbolic links"), std::string::npos);
}

TEST_F(SharedFileTest, AFileThatMayNotBeReadIsNotAMissingOne) {
  make(path_, 0200);
  const AsOrdinaryUser user;
  EXPECT_NE(error_of([&] { read(path_); }).find("cannot read " + path_.string() + ": Permission denied"),
            std::string::npos);
}

TEST_F(SharedFileTest, AFileThatMayNotBeWrittenStays) {
  make(path_, 0444);
  const AsOrdinaryUser user;
  EXPECT_EQ(replace(path_), "Permission denied");
  EXPECT_EQ(read(path_), "old");
}

TEST_F(SharedFileTest, AFolderThatMayNotBeWrittenIsSaid) {
  make(path_, 0666);
  ASSERT_EQ(chmod(folder_.c_str(), 0555), 0);
  const AsOrdinaryUser user;
  EXPECT_EQ(replace(path_), "Permission denied");
  EXPECT_EQ(replace(folder_ / "another"), "Permission denied");
  EXPECT_EQ(replace(folder_ / "no" / "file"), "No such file or directory");
}

TEST_F(SharedFileTest, WhatIsNoFileIsLeftAlone) {
  ASSERT_EQ(mkfifo(path_.c_str(), 0666), 0);
  for (const fs::path& path : {path_, folder_ / "elsewhere"}) {
    EXPECT_NE(error_of([&] { read(path); }).find("it is not a regular file"), std::string::npos);
    EXPECT_EQ(replace(path), "it is not a regular file");
  }
  EXPECT_TRUE(fs::is_fifo(path_) && fs::is_directory(folder_ / "elsewhere"));
}

TEST_F(SharedFileTest, NamesThatAreTakenArePassedOver) {
  // Files left behind by an earlier process with the same id.
  for (int32_t i = 0; i < 30; ++i)
    std::ofstream(path_.string() + "." + std::to_string(getpid()) + "." + std::to_string(i));
  EXPECT_EQ(replace(path_), "");
  EXPECT_EQ(read(path_), "new");
}

// A lock held by another process, from the lock's point of view.
class LockOfAnother {
 public:
  explicit LockOfAnother(const fs::path& folder) : folder_(open(folder.c_str(), O_RDONLY | O_DIRECTORY)) {
    EXPECT_EQ(flock(folder_, LOCK_EX), 0);
  }
  LockOfAnother(const LockOfAnother&) = delete;
  LockOfAnother& operator=(const LockOfAnother&) = delete;
  ~LockOfAnother() { close(folder_); }

 private:
  int folder_;
};

TEST_F(SharedFileTest, ATurnThatOthersKeepIsWaitedForAndGivenUp) {
  using std::chrono::milliseconds;
  {
    const LockOfAnother other(folder_);
    testing::internal::CaptureStderr();
    const SharedFileTurn turn(path_.string(), {milliseconds(10), milliseconds(40)});
    const std::string log = testing::internal::GetCapturedStderr();
    EXPECT_NE(log.find("holds the lock of the folder " + folder_.string()), std::string::npos) << log;
    EXPECT_EQ(turn.granted().reason(),
              "another process has held the lock of the folder " + folder_.string() + " for more than 0.04 s");
  }
  const SharedFileTurn turn(path_.string(), {milliseconds(10), milliseconds(40)});
  EXPECT_TRUE(turn.granted());
  std::string reason;
  std::thread([&] {
    reason = SharedFileTurn(path_.string(), {milliseconds(10), milliseconds(40)}).granted().reason();
  }).join();
  EXPECT_NE(reason.find("another thread of this process has held the lock"), std::string::npos) << reason;
}

TEST_F(SharedFileTest, ATurnThatOthersGiveUpIsTaken) {
  auto other = std::make_unique<LockOfAnother>(folder_);
  std::thread ending([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    other.reset();
  });
  EXPECT_TRUE(SharedFileTurn(path_.string()).granted());
  ending.join();
}

}  // namespace
}  // namespace torch_tensorrt::core::util
