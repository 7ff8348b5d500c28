"""What needs no network loads none of the heavy libraries: each in a fresh process, read from its sys.modules."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
HEAVY = ("torch", "timm", "scipy", "sklearn", "gradio")
PROGRAM = """
import contextlib, io, sys
with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
    {act}
print(*(name for name in {heavy} if name in sys.modules))
"""


def list_heavy_modules(act: str) -> str:
    program = PROGRAM.format(act=act, heavy=HEAVY)
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.mark.parametrize("module", ["cxr_demo", "cxr_demo.labels", "cxr_demo.networks.card", "cxr_demo.__main__"])
def test_a_light_module_loads_nothing_heavy(module):
    assert list_heavy_modules(f"import {module}") == ""


@pytest.mark.parametrize("order", ["--help", "methods", "predict --help", "card-schema"])
def test_a_command_without_a_network_loads_nothing_heavy(order):
    assert list_heavy_modules(f"import cxr_demo.__main__ as it; it.main({order.split()!r})") == ""


def test_a_command_that_needs_torch_is_seen_to_load_it():
    assert "torch" in list_heavy_modules("from cxr_demo.networks import checkpoint")
