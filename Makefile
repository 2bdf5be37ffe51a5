# Every target first installs its requirements; a second run skips this.

# TORCH=2.15 takes that torch, in .venv-2.15 and build-2.15; requirements/torch-*.txt lists the choice.
TORCH ?=
VENV := .venv$(if $(TORCH),-$(TORCH))
export TORCH

.DEFAULT_GOAL := help
.PHONY: help build test test-gpu test-aarch64 tensorrt demo bench zoo docs api-docs site wheel lint format clean
.NOTPARALLEL:

help: ## show this text
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: ## set up, build, and install the package into .venv
	@tools/setup.sh build
	@tools/build.sh package

test: ## build, then run lint, the C++ tests and the Python tests
	@tools/setup.sh test
	@tools/build.sh all
	@tools/test.sh

demo: ## build, then train, compile, save, load and compare a model
	@tools/setup.sh test
	@tools/build.sh package
	@$(VENV)/bin/python examples/demo/demo.py

bench: ## build, then compare the speed with other runtimes on the CPU
	@tools/setup.sh bench
	@tools/build.sh package
	@$(VENV)/bin/python benchmarks/cpu.py

zoo: ## build, then compile a collection of models and compare them with PyTorch
	@tools/setup.sh test
	@tools/build.sh package
	@$(VENV)/bin/python -W ignore zoo/zoo.py --write docs/zoo.md

docs: ## build, then write docs/supported_ops.md, docs/settings.md, and the manual page and completions of torchtrtc
	@tools/setup.sh build
	@tools/build.sh package
	@$(VENV)/bin/python tools/supported_ops.py
	@$(VENV)/bin/python tools/settings_page.py
	@$(VENV)/bin/python tools/command_line_pages.py

site: ## make the site of the documentation in build/site, and check its links
	@tools/setup.sh docs
	@tools/site.sh

wheel: ## build, then make the wheel and the source distribution in dist/
	@tools/setup.sh test
	@tools/build.sh package
	@tools/wheel.sh

test-aarch64: ## cross-compile the library of engines for aarch64, and run its tests under qemu
	@tools/setup.sh aarch64
	@tools/test_aarch64.sh

api-docs: ## write the pages of the C++ API to build/doxygen
	@tools/setup.sh test
	@mkdir -p build && doxygen docs/Doxyfile && echo "build/doxygen/html/index.html"

test-gpu: ## build, then run the tests that need a GPU (and TensorRT, for its backend)
	@tools/setup.sh test
	@tools/build.sh package
	@$(VENV)/bin/python -m pytest tests/gpu

tensorrt: ## build the TensorRT backend (TensorRT_ROOT=its folder)
	@tools/setup.sh build
	@tools/tensorrt.sh $(TensorRT_ROOT)

lint: ## check style and structure
	@tools/setup.sh test
	@tools/lint.sh

format: ## rewrite the sources in the style of the project
	@tools/setup.sh test
	@tools/lint.sh --fix

clean: ## remove the build (.venv and .venv-* stay)
	rm -rf build build-* dist .cache .pytest_cache .ruff_cache .mypy_cache .venv*/.installed-package
	rm -f $(addprefix python/torch_tensorrt/,lib bin include share _version.py)
	find . -path './.venv*' -prune -o -type d \( -name __pycache__ -o -name '*.egg-info' \) -exec rm -rf {} +
