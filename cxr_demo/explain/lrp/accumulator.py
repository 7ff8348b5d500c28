"""What has reached one value on the way back through a network."""

from __future__ import annotations

import torch


class RelevanceAccumulator:
    """What has reached one value so far: the sum of coefficients (L, K, h, w) times factors (1, K, h, w) or None."""

    def __init__(self) -> None:
        self._terms: list[tuple[torch.Tensor, torch.Tensor | None]] = []
        self._sum: torch.Tensor | None = None
        self._is_ours = True  # the sum, to write on

    def add(self, coefficients: torch.Tensor, factor: torch.Tensor | None = None) -> None:
        self._terms.append((coefficients, factor))

    def add_owned(self, total: torch.Tensor, is_ours: bool = True) -> None:
        """Add a tensor that nobody else reads any more, so that it may be written on. One that is a part of a wider one
        `is_ours` not: written on, it could not be recorded (`export.static`) but by a copy of all of the wider one."""
        if self._sum is None:
            self._sum, self._is_ours = total, is_ours
        else:
            self._terms.append((total, None))

    def forward_to(self, other: RelevanceAccumulator) -> None:
        """Hand all of it to another value, unchanged."""
        for coefficients, factor in self._terms:
            other.add(coefficients, factor)
        if self._sum is not None:
            other.add_owned(self._sum, self._is_ours)

    def sum_terms(self) -> torch.Tensor:
        """Multiplied out, once."""
        if self._sum is None and len(self._terms) == 1 and self._terms[0][1] is None:
            return self._terms[0][0]
        if self._sum is None:
            coefficients, factor = self._terms.pop(0)
            self._sum, self._is_ours = coefficients if factor is None else coefficients * factor, factor is not None
        for coefficients, factor in self._terms:
            if not self._is_ours:
                self._sum = self._sum + coefficients if factor is None else self._sum.addcmul(coefficients, factor)
                self._is_ours = True
            else:
                self._sum = self._sum.add_(coefficients) if factor is None else self._sum.addcmul_(coefficients, factor)
        self._terms.clear()
        return self._sum

    def get_single_product(self) -> tuple[torch.Tensor, torch.Tensor | None]:
        """Coefficients and the factor that they wait for; None where there is no single one."""
        if self._sum is None and len(self._terms) == 1:
            return self._terms[0]
        return self.sum_terms(), None

    def select_labels(self, labels: slice) -> RelevanceAccumulator:
        """The part of some labels; the parts of others are not touched by what is done to it."""
        part = RelevanceAccumulator()
        part._terms = [(coefficients[labels], factor) for coefficients, factor in self._terms]
        part._sum, part._is_ours = None if self._sum is None else self._sum[labels], self._is_ours
        return part
