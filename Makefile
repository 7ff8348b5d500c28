PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
DATA ?= ../shared/data
NAME ?= kermany-densenet121

.DEFAULT_GOAL := help
.PHONY: help demo test lint train bench fire-page fire check space space-static clean

help: ## this list
	@grep -hE '^[a-z%-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

demo: $(VENV)/installed ## install what is missing and serve the page on http://127.0.0.1:7860; CPU=1 leaves out 4 GB of CUDA
	$(BIN)/python app.py

test: lint browser tools ## install what tests need, a browser too, and run them all
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n logical --dist worksteal --ignore=tests/browser
	$(BIN)/python -m pytest tests/browser

lint: $(VENV)/installed-node ## look for plain mistakes, untidy layout and types that do not fit
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright --pythonpath $(BIN)/python
	$(BIN)/node $(LINTERS)/typescript/bin/tsc -p tests/linters
	$(BIN)/hadolint Dockerfile
	$(BIN)/node $(LINTERS)/@biomejs/biome/bin/biome check --error-on-warnings --config-path=tests/linters cxr_demo

train: $(VENV)/installed ## train NAME on the films in DATA, from scratch
	$(BIN)/python -m train run $(NAME) --data $(DATA) --out runs/$(NAME) --from-scratch

reproduce-%: $(VENV)/installed ## a published system as it deserves: ImageNet weights, all films in DATA (reproduce-kufel2023)
	$(BIN)/python -m train run $* --data $(DATA) --out runs/$*

bench: browser ## time the loader, explanations, the start of commands and the page
	$(BIN)/python -m tests.bench.loader
	$(BIN)/python -m tests.bench.explain
	$(BIN)/python -m tests.bench.startup
	$(BIN)/python -m tests.bench.page
	$(BIN)/python -m tests.bench.classroom
	$(BIN)/python -m tests.bench.static phantom-honest
	$(BIN)/python -m tests.bench.static_graphs

fire-page: browser ## press the page at random, 300 series, and compare with slow presses (about an hour)
	CXR_SERIES=300 $(BIN)/python -m pytest tests/browser/test_presses.py

fire: browser ## everything that may come over the page and the commands, in one table (at most 30 minutes)
	OMP_NUM_THREADS=1 $(BIN)/python -m tests.fire

check: $(VENV)/installed ## let the bundled checkpoint NAME prove its explanations
	$(BIN)/python -m cxr_demo check weights/$(NAME)

# The weights travel with it, so nothing is preloaded from the Hub. "+cpu" is PyTorch's build without 4 GB of CUDA.
space: ## a folder to push as a Hugging Face Space: make space OUT=../space SPACE=owner/name
	@test -n "$(OUT)" -a ! -e "$(OUT)" -a -n "$(SPACE)" || { echo "make space OUT=new-folder SPACE=owner/name"; exit 1; }
	mkdir -p $(OUT)
	@git diff --quiet HEAD || echo "What is not committed is not in it."
	git archive HEAD app.py cxr_demo weights LICENSE | tar -x -C $(OUT)
	git show HEAD:docs/space/README.md | sed 's#OWNER/NAME#$(SPACE)#' > $(OUT)/README.md
	git show HEAD:docs/page.png > $(OUT)/page.png
	echo '--extra-index-url https://download.pytorch.org/whl/cpu' > $(OUT)/requirements.txt
	git show HEAD:requirements.lock | sed -n -E 's/^(torch|torchvision)==([0-9.]+)$$/\1==\2+cpu/p' >> $(OUT)/requirements.txt
	git show HEAD:requirements.txt | sed -E '/^# training/,$$d; /^(torch|torchvision)>/d' >> $(OUT)/requirements.txt

# NETWORKS="NAME NAME" takes some of those in weights/.
space-static: $(VENV)/installed-dev ## a folder to push as a static Hugging Face Space, without a server: make space-static OUT=../space
	@test -n "$(OUT)" -a ! -e "$(OUT)" || { echo "make space-static OUT=new-folder"; exit 1; }
	$(BIN)/python -m cxr_demo export-static $(OUT) $(if $(NETWORKS),--networks $(NETWORKS))
	cp docs/space/static.md $(OUT)/README.md

clean: ## remove what was installed and built here; weights and runs stay
	rm -rf $(VENV) build .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Its pip is looked for, not its python: without Debian's python3-venv the one is there and the other is not.
$(BIN)/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: make PYTHON=python3.11"; exit 1; }
	$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "On Debian and Ubuntu: apt install python3-venv"; exit 1; }

# torch and torchvision are resolved together, from one index: mixed builds do not import.
# CPU=1 takes them from PyTorch's own index of CPU builds and leaves out the lines of CUDA and triton.
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check
$(VENV)/installed: requirements.lock pyproject.toml | $(BIN)/pip
	@echo "Installing (torch is large: a few minutes the first time)."
ifdef CPU
	grep -E '^(torch|torchvision)==' requirements.lock > $(VENV)/torch.lock
	$(PIP_INSTALL) -r $(VENV)/torch.lock --index-url https://download.pytorch.org/whl/cpu
	grep -v 'platform_system == "Linux"' requirements.lock > $(VENV)/cpu.lock
	$(PIP_INSTALL) -r $(VENV)/cpu.lock
else
	$(PIP_INSTALL) -r requirements.lock
endif
	$(PIP_INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/installed-dev: $(VENV)/installed
	$(PIP_INSTALL) --no-build-isolation --editable '.[dev]'
	@touch $@

# What reads JavaScript and CSS, by the Node of a wheel. It lies in the environment, as all that was installed does.
LINTERS := $(VENV)/linters/node_modules
$(VENV)/installed-node: tests/linters/package.json tests/linters/package-lock.json $(VENV)/installed-dev
	@mkdir -p $(VENV)/linters
	@cp tests/linters/package.json tests/linters/package-lock.json $(VENV)/linters
	cd $(VENV)/linters && ../bin/npm ci --ignore-scripts --no-audit --no-fund --no-update-notifier --loglevel=error
	@touch $@

# Chromium: the machine's own, else Debian's, else playwright's.
.PHONY: browser
browser: $(VENV)/installed-dev
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null \
	  || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && apt-get update -qq && apt-get install -y -qq chromium >/dev/null; } \
	  || $(BIN)/python -m playwright install chromium \
	  || { echo "The tests need Chromium: install it, or name one in CXR_CHROMIUM."; exit 1; }

# dcmtk is an oracle of the reader of DICOM, nginx stands before the page of a host: without them their tests are skipped.
.PHONY: tools
tools:
	@for tool in dcmj2pnm:dcmtk nginx:nginx-light; do \
	  PATH=$$PATH:/usr/sbin command -v $${tool%%:*} >/dev/null \
	  || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && apt-get update -qq && apt-get install -y -qq $${tool##*:} >/dev/null; } \
	  || echo "Without $${tool##*:} (apt install $${tool##*:}) its tests are skipped."; \
	done
