"""What a run was made with: read once at its start, kept in its state, written into the card."""

from __future__ import annotations

import os
import platform
import shlex
import subprocess
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import torch

PACKAGES = ("torch", "timm", "numpy", "opencv-python-headless")


def describe_environment() -> dict:
    """`command`, `machine`, `commit` ("-dirty" behind it when files had changed) and `versions`."""
    device = torch.cuda.get_device_name() if torch.cuda.is_available() else f"{os.cpu_count()} processor cores"
    return {
        "command": shlex.join(["python", "-m", "train", *hide_folders(sys.argv[1:])]),
        "machine": f"{device}, {platform.system()} {platform.machine()}",
        "commit": _commit(),
        "versions": {name: version(name) for name in PACKAGES} | {"python": platform.python_version()},
    }


def hide_folders(arguments: Sequence[str]) -> list[str]:
    """Without the folders of one machine: a card is given to others. `--data` becomes DATA, a path from the
    root or out of this folder its name."""
    hidden, before = [], ""
    for argument in arguments:
        name, _, value = argument.partition("=")
        if before == "--data" or name == "--data" and value:
            hidden.append("DATA" if before == "--data" else "--data=DATA")
        else:
            hidden.append(Path(argument).name if _leads_out(Path(argument)) else argument)
        before = argument
    return hidden


def _leads_out(path: Path) -> bool:
    return path.is_absolute() or ".." in path.parts


def _commit() -> str:
    """The commit of this code, empty outside a git checkout."""
    here = Path(__file__).parent
    try:
        said = [
            subprocess.run(["git", *order], cwd=here, capture_output=True, text=True, check=True).stdout.strip()
            for order in (["rev-parse", "HEAD"], ["status", "--porcelain", "--untracked-files=no"])
        ]
    except (OSError, subprocess.CalledProcessError):
        return ""
    return said[0] + ("-dirty" if said[1] else "")
