"""Several processes that train as one: the whole batch's logits and the whole batch's statistics in each of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, cast

import torch
import torch.distributed
import torch.nn.functional as F
from accelerate import Accelerator
from accelerate.utils import InitProcessGroupKwargs

from cxr_demo.errors import TrainingError


def make_accelerator() -> Accelerator:
    """Half precision where it helps, on GPUs that know bfloat16; elsewhere as `accelerate launch --mixed_precision`
    says, or none. The others wait as long as one reads or measures."""
    has_gpu = torch.cuda.is_available()
    return Accelerator(
        cpu=not has_gpu,
        mixed_precision="bf16" if has_gpu and torch.cuda.is_bf16_supported() else None,
        kwargs_handlers=[InitProcessGroupKwargs(timeout=timedelta(days=1))],
    )


def take_part(accelerator: Accelerator, batch: int) -> slice:
    """The rows of each batch that are this process's."""
    share, rest = divmod(batch, accelerator.num_processes)
    if rest:
        raise TrainingError(
            f"A batch of {batch} films cannot be shared by {accelerator.num_processes} processes.",
            "Start as many processes as divide it.",
        )
    return slice(accelerator.process_index * share, (accelerator.process_index + 1) * share)


def gather_batch(logits: torch.Tensor, accelerator: Accelerator) -> torch.Tensor:
    """logits (n, L) of this process -> (batch, L), those of the others as constants.

    Each process takes the loss of the whole batch, so a loss may be anything (class weights, batch accuracy), and the
    gradient of each process is that of its own films; the sum over processes is the gradient of one process alone.
    """
    if accelerator.num_processes == 1:
        return logits
    parts = list(cast(torch.Tensor, accelerator.gather(logits.detach())).chunk(accelerator.num_processes))
    parts[accelerator.process_index] = logits
    return torch.cat(parts)


@contextmanager
def synchronise_batch_norms(accelerator: Accelerator) -> Iterator[None]:
    """Batch norms take mean and variance over the films of all processes, on the CPU too, where torch's own
    SyncBatchNorm refuses to work. Every batch norm of torch and timm ends in `F.batch_norm`, so that is replaced. What
    it reads may be of half precision; sums and statistics are float32, as torch's own are."""
    if accelerator.num_processes == 1:
        yield
        return
    alone = F.batch_norm

    def batch_norm(
        x: torch.Tensor,
        running_mean: torch.Tensor | None,
        running_var: torch.Tensor | None,
        weight: torch.Tensor | None = None,
        bias: torch.Tensor | None = None,
        training: bool = False,
        momentum: float = 0.1,
        eps: float = 1e-5,
    ) -> torch.Tensor:
        if not training:
            return alone(x, running_mean, running_var, weight, bias, training, momentum, eps)
        normal, mean, variance, count = _normalised(x.float(), eps)
        if running_mean is not None and running_var is not None:
            with torch.no_grad():
                running_mean.lerp_(mean.flatten(), momentum)
                running_var.lerp_(variance.flatten() * count / (count - 1), momentum)
        shape = mean.shape
        scaled = normal if weight is None or bias is None else normal * weight.view(shape) + bias.view(shape)
        return scaled.to(x.dtype)

    F.batch_norm = batch_norm
    try:
        yield
    finally:
        F.batch_norm = alone


class _SumOverProcesses(torch.autograd.Function):
    """A tensor -> its sum over all processes; so is the gradient's, since each process takes the whole batch's loss."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
        total = x.clone()
        torch.distributed.all_reduce(total)
        return total

    @staticmethod
    def backward(ctx: Any, *grads: torch.Tensor) -> torch.Tensor:
        return _SumOverProcesses.forward(ctx, grads[0])


def _sum_over_processes(x: torch.Tensor) -> torch.Tensor:
    return cast(torch.Tensor, _SumOverProcesses.apply(x))


def _normalised(x: torch.Tensor, eps: float) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, int]:
    """x (n, K, ...) float32 -> normalised x, mean and variance (1, K, 1, ...) of all processes' films, and how many
    values a channel has."""
    others = [axis for axis in range(x.ndim) if axis != 1]
    count = x.numel() // x.shape[1] * torch.distributed.get_world_size()
    mean = _sum_over_processes(x.sum(others, keepdim=True)) / count
    centred = x - mean
    variance = _sum_over_processes(centred.square().sum(others, keepdim=True)) / count
    return centred * (variance + eps).rsqrt(), mean.detach(), variance.detach(), count
