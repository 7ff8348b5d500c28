"""Which of several processes this is, where `accelerate launch` or `torchrun` has started many of one command."""

from __future__ import annotations

import os
import re
import sys
from dataclasses import dataclass
from datetime import timedelta

from cxr_demo.errors import CxrError


@dataclass(frozen=True)
class Rank:
    """Process `place` of `count`; the first sees to what there is once."""

    place: int = 0
    count: int = 1

    def wait(self) -> None:
        """Until all processes have come here."""
        if self.count > 1:
            from accelerate import PartialState

            PartialState().wait_for_everyone()


def start_the_others(program: str) -> None:
    """Without MPI, `accelerate launch --cpu --num_processes N` starts one process and says nothing (1.15): then this
    process becomes torch's own launcher of N of `python -m PROGRAM`. Returns in every other case."""
    if "ACCELERATE_MIXED_PRECISION" not in os.environ:  # which that launcher sets, whatever it is asked
        return
    import psutil

    launcher = psutil.Process().parent()
    words = " ".join(launcher.cmdline()) if launcher else ""
    asked = re.search(r"accelerate.* --num[-_]processes[ =](\d+)", words)
    if asked and int(asked[1]) > 1 and " --cpu" in words and "WORLD_SIZE" not in os.environ:
        launch = ["-m", "torch.distributed.run", "--standalone", "--nproc_per_node", asked[1], "-m", program]
        os.execv(sys.executable, [sys.executable, *launch, *sys.argv[1:]])


def find_rank() -> Rank:
    """CxrError where several were started and the package that lets them wait for each other is missing."""
    if int(os.environ.get("WORLD_SIZE") or 1) < 2:
        return Rank()
    try:
        from accelerate import PartialState
    except ImportError:
        raise CxrError("launched-no-accelerate") from None
    # Those who are done first wait for the others, whose films may take longer than the half hour of the library.
    state = PartialState(cpu=True, timeout=timedelta(days=1))
    return Rank(state.process_index, state.num_processes)
