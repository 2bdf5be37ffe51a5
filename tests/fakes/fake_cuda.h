#pragma once

#include <cstddef>

// What the fake driver was asked for, and what it is to fail at.
struct FakeCuda {
  size_t allocated_bytes = 0;  // all that is not freed
  int allocations = 0;
  int captures = 0;
  int launches = 0;
  int graphs = 0;  // that are ready to launch and not destroyed
  bool fails_at_end_of_capture = false;
  size_t memory_bytes = 0;  // an allocation that would go above fails; 0: none does
};
