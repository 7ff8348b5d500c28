"""One edition for all tests of this folder, with the smaller network of the lessons."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from cxr_demo.export.static.edition import write_edition
from tests.conftest import make_once

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="session")
def edition(shared_folder, tmp_path_factory) -> Path:
    """In weights of its own, which are no others beside it."""

    def make(folder: Path) -> None:
        weights = tmp_path_factory.mktemp("weights")
        for name in ("phantom-honest", "gate"):
            shutil.copytree(ROOT / "weights" / name, weights / name)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("CXR_WEIGHTS", str(weights))
            write_edition(folder, ["phantom-honest"])

    return make_once(shared_folder / "small-edition", make)
