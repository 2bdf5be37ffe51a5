#pragma once

// TensorRT's headers include CUDA's, and use the names of two opaque types of it and no more. This stands in for them,
// so that the backend builds where there is no CUDA toolkit.
typedef struct CUstream_st* cudaStream_t;
typedef struct CUevent_st* cudaEvent_t;
