#pragma once

#include <cstddef>
#include <cstdint>

// Counts of what the fake driver did, and what it has to fail at.
struct FakeCuda {
  size_t allocated_bytes = 0;  // all that is not freed
  int allocations = 0;
  int captures = 0;
  int launches = 0;
  int copies = 0;            // all kinds
  int streams = 0;           // made so far
  void* recorded = nullptr;  // the stream that is being recorded
  int graphs = 0;            // that are ready to launch and not destroyed
  bool fails_at_end_of_capture = false;
  int64_t until_failure = -1;  // copies to the device before one fails; -1: none does
  size_t memory_bytes = 0;     // an allocation that would go above fails; 0: none does
};
