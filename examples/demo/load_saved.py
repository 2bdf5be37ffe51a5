"""A process of its own: loads a saved module, runs it, and saves the scores.

Usage: python load_saved.py MODEL.ts PICTURES.pt SCORES.pt
"""

import sys

import torch

import torch_tensorrt  # noqa: F401 - brings the engine class that the module needs

model_path, pictures_path, scores_path = sys.argv[1:]
torch.save(torch.jit.load(model_path)(torch.load(pictures_path)), scores_path)
