#pragma once

#include <cstdint>
#include <string>
#include <vector>

// Counts allocations in the whole process (every thread, every library) while a counter lives, and can make them fail.
// A program that links allocation_counter.cpp gets its malloc and operator new replaced.
namespace torch_tensorrt::engine::testing {

class AllocationCounter {
 public:
  AllocationCounter();
  ~AllocationCounter();
  AllocationCounter(const AllocationCounter&) = delete;
  AllocationCounter& operator=(const AllocationCounter&) = delete;

  // Stops counting. Returns the number of allocations, without those of the named libraries ("libdnnl").
  int64_t stop(const std::vector<std::string>& libraries_to_ignore = {});
};

// While it lives, allocation `number` of this thread (from 0) fails as on a machine without memory.
class FailingAllocation {
 public:
  explicit FailingAllocation(int64_t number);
  ~FailingAllocation();
  FailingAllocation(const FailingAllocation&) = delete;
  FailingAllocation& operator=(const FailingAllocation&) = delete;

  // Whether the thread made that many allocations.
  bool has_failed() const;
};

// False if the program's allocator cannot be replaced (under a sanitizer).
bool can_count_allocations();

}  // namespace torch_tensorrt::engine::testing
