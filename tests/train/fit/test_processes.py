"""Two processes train as one: real ones, started as a person would start them."""

import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from accelerate import Accelerator
from torch import nn

from cxr_demo.errors import TrainingError
from train.fit.processes import gather_batch, synchronise_batch_norms, take_part

ROOT = Path(__file__).parents[3]


class Pretended:
    """What `take_part` reads of an accelerator."""

    def __init__(self, index: int, count: int) -> None:
        self.process_index, self.num_processes = index, count


def test_each_process_has_its_part_of_every_batch():
    parts = [take_part(Pretended(i, 4), 32) for i in range(4)]
    assert [list(range(32))[part] for part in parts] == [list(range(i, i + 8)) for i in (0, 8, 16, 24)]
    with pytest.raises(TrainingError, match="32 films cannot be shared by 3 processes"):
        take_part(Pretended(0, 3), 32)


def test_one_process_is_left_as_it_is():
    logits, before = torch.randn(4, 3), nn.functional.batch_norm
    assert gather_batch(logits, Accelerator()) is logits
    with synchronise_batch_norms(Accelerator()):
        assert nn.functional.batch_norm is before


# All layers with their batch norms; and a step that grows with the gradient, to whose scale Adam is blind. Without
# ImageNet weights both start from the bundled paediatric network, where rounding stays small. From noise it grows in
# Adam's first steps: there the validation loss of one process moved by 0.0014 between two instruction sets, and by
# 0.0010 to two processes.
RUNS = "boit2019/depth-all", "boit2019/finetuning-sgd"


def launch(run: str, data: Path, out: Path, count: int, stages: str, precision: str = "no", *more: str) -> list[dict]:
    """The log of a run by `count` processes; each of the synthetic data sets of adults fills one batch an epoch."""
    processes = ["--num_processes", str(count), "--cpu", "--mixed_precision", precision]
    order = ["run", run, "--data", data, "--out", out, "--from-scratch", "--stages", stages, *more]
    started = [sys.executable, "-m", "accelerate.commands.launch", *processes, "-m", "train", *order]
    done = subprocess.run(started, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert json.loads((out / "config.json").read_text())["training"]["processes"] == count
    return [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]


@pytest.fixture(scope="module", params=RUNS)
def runs(request, data, tmp_path_factory) -> dict[int, list[dict]]:
    """Number of processes -> the log of the same recipe, films and batch."""
    root = tmp_path_factory.mktemp("processes")
    return {count: launch(request.param, data, root / f"by-{count}", count, "32x2") for count in (1, 2)}


def test_two_processes_give_what_one_gives(runs):
    assert len(runs[1]) == len(runs[2]) == 2
    for one, two in zip(runs[1], runs[2], strict=True):
        assert one.keys() == two.keys()
        for key in one.keys() - {"s"}:
            assert two[key] == pytest.approx(one[key], abs=5e-5), key
    assert runs[1][0]["loss"] != runs[1][1]["loss"]  # something was learned


def test_two_processes_in_half_precision_follow_two_in_full(data, tmp_path):
    """Sums and statistics of the batch norms, which are the layers that reach across processes, stay float32."""
    full, half = (
        launch("kermany-densenet121", data, tmp_path / precision, 2, "32x4", precision, "--backbone", "densenet_tiny")
        for precision in ("no", "bf16")
    )
    losses = [row["loss"] for row in full]
    assert [row["loss"] for row in half] == pytest.approx(losses, abs=2e-2)
    assert [row["loss"] for row in half] != losses and len(losses) == 4
    assert losses[0] - losses[-1] > 0.1  # what they follow is a way


ORDER = """
import sys
from train.fit import run_state
from train.__main__ import main
run_state.STATE_EVERY_S = 0.0
sys.exit(main(sys.argv[1:]))
"""


def test_a_process_killed_at_some_moment_goes_on_to_the_same_weights(data, tmp_path):
    def start(name: str) -> subprocess.Popen:
        order = ["run", "rajaraman2021/encoder", "--data", data, "--out", tmp_path / name, "--from-scratch",
                 "--stages", "32x3,48x12"]  # fmt: skip
        with (tmp_path / f"{name}.txt").open("w") as said:
            return subprocess.Popen([sys.executable, "-c", ORDER, *order], cwd=ROOT, stdout=said, stderr=said)

    whole, killed = start("whole"), start("killed")
    state = tmp_path / "killed" / "unfinished" / "state.pt"
    while not state.exists() and killed.poll() is None:
        time.sleep(0.05)
    moment = random.random()
    print(f"killed {moment:.3f} s after the first state")
    time.sleep(moment)
    assert killed.poll() is None
    killed.send_signal(signal.SIGKILL)
    assert killed.wait() == -signal.SIGKILL
    resumed = start("killed")
    assert (resumed.wait(), whole.wait()) == (0, 0)
    assert "Going on after epoch" in (tmp_path / "killed.txt").read_text()
    one, other = ((tmp_path / name / "model.safetensors").read_bytes() for name in ("whole", "killed"))
    assert one == other
