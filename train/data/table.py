"""Table: the films of a data set, one row each."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from cxr_demo.labels import LabelWords


@dataclass(frozen=True, eq=False)
class Table:
    """N films. `targets` (N, L) float32 holds 1, 0 or NaN (not stated); the rest are (N,) arrays of strings, empty
    where not known. `split` is one of splits.SPLITS; "external" is a source that is never trained on. `patient` starts
    with the data set's name, so that no two data sets share one. `folder` is the name of a person's own folder of
    films, `split_by` what split these; `caveat` is what an honest report adds about how these films were read;
    `label_words` are what their own labels are called, where a key cannot say it."""

    paths: np.ndarray
    labels: tuple[str, ...]
    targets: np.ndarray
    patient: np.ndarray
    split: np.ndarray
    source: np.ndarray
    view: np.ndarray
    licence: np.ndarray
    fold: np.ndarray | None = None  # see splits.with_folds
    folder: str = ""
    split_by: str = ""
    caveat: str = ""
    label_words: dict[str, LabelWords] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.paths)

    def where(self, chosen: np.ndarray) -> Table:
        """The rows of a boolean mask or of an index array (N,)."""
        columns = ("paths", "targets", "patient", "split", "source", "view", "licence")
        fold = None if self.fold is None else self.fold[chosen]
        return replace(self, fold=fold, **{name: getattr(self, name)[chosen] for name in columns})
