#pragma once

#include <cstdint>
#include <string>
#include <vector>

// Counts (and lets fail) what is allocated in the whole process (every thread, every library) while a counter lives.
// The program that links allocation_counter.cpp has its malloc and operator new replaced.
namespace torch_tensorrt::engine::testing {

class AllocationCounter {
 public:
  AllocationCounter();
  ~AllocationCounter();
  AllocationCounter(const AllocationCounter&) = delete;
  AllocationCounter& operator=(const AllocationCounter&) = delete;

  // Ends the counting. Number of allocations that none of the named libraries ("libdnnl") made.
  int64_t stop(const std::vector<std::string>& libraries_to_ignore = {});
};

// While it lives, allocation `number` of this thread (counted from 0) fails as on a machine without memory.
class FailingAllocation {
 public:
  explicit FailingAllocation(int64_t number);
  ~FailingAllocation();
  FailingAllocation(const FailingAllocation&) = delete;
  FailingAllocation& operator=(const FailingAllocation&) = delete;

  // Whether there were as many allocations.
  bool has_failed() const;
};

// False where the program's allocator cannot be replaced (under a sanitizer).
bool can_count_allocations();

}  // namespace torch_tensorrt::engine::testing
