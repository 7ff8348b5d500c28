"""What one training run changes as it goes, and how that survives a kill, a crash or a full disk."""

from __future__ import annotations

import hashlib
import json
import math
import pickle
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import torch
from accelerate import Accelerator
from torch import nn
from torch.optim.swa_utils import AveragedModel
from tqdm import tqdm

from cxr_demo.errors import TrainingError
from cxr_demo.networks.checkpoint import Network
from cxr_demo.networks.whole_file import write_file
from train.data.table import Table
from train.recipe import Recipe

STATE_FILE, LOG_FILE = "state.pt", "log.jsonl"
CURVES_FOLDER = "tensorboard"  # beside the unfinished run
STATE_EVERY_S = 60.0  # the state of a large network takes seconds to write


@dataclass(eq=False)
class RunState:
    """`model` as accelerate wraps it, `plain` the network in it. `fingerprint`: see `compute_fingerprint`;
    `environment`: see `Fitted`."""

    model: nn.Module
    plain: Network
    average: AveragedModel | None  # the exponential moving average; if there is one, it is what is evaluated and stored
    optimiser: torch.optim.Optimizer
    fingerprint: str
    environment: dict
    log: list[dict] = field(default_factory=list)  # one row per finished epoch
    best: float = -math.inf
    best_weights: dict = field(default_factory=dict)  # none before the last stage
    written_s: float = field(default_factory=time.monotonic)

    @property
    def epoch(self) -> int:
        return len(self.log)

    @property
    def evaluated(self) -> Network:
        """The network that is validated, and stored if it is the best."""
        return cast(Network, self.average.module) if self.average else self.plain


def compute_fingerprint(recipe: Recipe, table: Table, start_sha256: str) -> str:
    """The sha256 of what must be the same for a run to go on: every setting, the weights it started from, and every
    film with its split, targets and, where a pattern finds it, patient."""
    films = zip(table.paths, table.split, table.targets.tolist(), strict=True)
    rows = "\n".join(f"{path.name} {split} {targets}" for path, split, targets in films)
    return hashlib.sha256(f"{recipe!r}\n{start_sha256}\n{rows}{recipe.reading.patient_pattern}".encode()).hexdigest()


def resume_run(run: RunState, folder: Path) -> None:
    path = folder / STATE_FILE
    if not path.exists():
        return
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
        is_same = state["identity"] == run.fingerprint
    except (RuntimeError, OSError, EOFError, KeyError, TypeError, pickle.UnpicklingError):
        raise TrainingError(f"The state in {folder} is damaged.", "Delete that folder to start again.") from None
    if not is_same:
        raise TrainingError(
            f"{folder} holds an unfinished run with other settings or other films.",
            "Delete that folder, or give another --out.",
        )
    run.plain.load_state_dict(state["model"])
    if run.average:
        run.average.load_state_dict(state["average"])
    run.optimiser.load_state_dict(state["optimiser"])
    run.log, run.environment = state["log"], state["made_with"]
    run.best, run.best_weights = state["best"], state["best_weights"]
    tqdm.write(f"Going on after epoch {run.epoch}.")


def write_state(run: RunState, folder: Path, accelerator: Accelerator, *, is_over: bool) -> None:
    """The log at each epoch, the state at most once in STATE_EVERY_S and at the end; each by rename, so that a crash or
    a full disk leaves the last good ones."""
    if not accelerator.is_main_process:
        return
    lines = "".join(json.dumps(row) + "\n" for row in run.log)
    try:
        write_file(folder / LOG_FILE, lines)
        if is_over or time.monotonic() - run.written_s >= STATE_EVERY_S:
            write_file(folder / STATE_FILE, lambda scratch: torch.save(_state(run), scratch))
            run.written_s = time.monotonic()
    except (OSError, RuntimeError) as error:  # torch's zip writer raises RuntimeError on a full disk
        raise TrainingError(
            f"The state of epoch {run.epoch} cannot be written ({error}).",
            "Make room on the disk and start the same command again; it goes on from the last good state.",
        ) from error


def _state(run: RunState) -> dict:
    return {
        "identity": run.fingerprint,
        "made_with": run.environment,
        "model": run.plain.state_dict(),
        "average": run.average.state_dict() if run.average else None,
        "optimiser": run.optimiser.state_dict(),
        "log": run.log,
        "best": run.best,
        "best_weights": run.best_weights,
    }
