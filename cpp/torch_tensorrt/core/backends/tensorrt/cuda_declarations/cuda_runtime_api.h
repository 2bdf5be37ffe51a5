#pragma once

// TensorRT's headers include CUDA's, but use only the names of two of its opaque types. This file replaces CUDA's
// headers, so that the backend builds without a CUDA toolkit.
typedef struct CUstream_st* cudaStream_t;
typedef struct CUevent_st* cudaEvent_t;
