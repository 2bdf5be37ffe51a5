"""A name of Torch-TensorRT; the import raises ``ImportError`` with the reason."""

from torch_tensorrt._absent import refuse_import

refuse_import("dynamo.conversion")
