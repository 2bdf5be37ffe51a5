"""Loads a saved module in a process of its own, runs it, and saves the scores.

Usage: python load_saved.py MODEL.ts PICTURES.pt SCORES.pt
"""

import sys

import torch

import torch_tensorrt  # noqa: F401 - registers the engine class of the module

model_path, pictures_path, scores_path = sys.argv[1:]
torch.save(torch.jit.load(model_path)(torch.load(pictures_path)), scores_path)
