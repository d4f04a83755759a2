"""The methods of tensors as functions: ``twingrad.sum(x, dim=0)`` is ``x.sum(dim=0)``.

Each calls the method of that name on its first argument, which may be a tensor or, where it has
the method, an Array of the scalar twin.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from ..engine import functions as of_arrays
from ..engine.operation import Operand
from .operations import joining
from .tensor import Tensor

P = ParamSpec("P")
R = TypeVar("R")


def _function(method: Callable[P, R]) -> Callable[P, R]:
    """The method of Tensor as a function of any operand that has it."""
    name = method.__name__

    @wraps(method)
    def function(*args: P.args, **kwargs: P.kwargs) -> R:
        operand = args[0] if args else kwargs.pop("input", None)
        found = getattr(operand, name, None) if isinstance(operand, Operand) else None
        if found is None:
            raise TypeError(
                f"{name}: input must be a Tensor, got {type(operand).__name__}: make one with "
                "twingrad.tensor(...)"
            )
        result: R = found(*args[1:], **kwargs)
        return result

    return function


# Sums, extremes, norms

sum = _function(Tensor.sum)
nansum = _function(Tensor.nansum)
mean = _function(Tensor.mean)
nanmean = _function(Tensor.nanmean)
prod = _function(Tensor.prod)
cumsum = _function(Tensor.cumsum)
cumprod = _function(Tensor.cumprod)
logcumsumexp = _function(Tensor.logcumsumexp)
var = _function(Tensor.var)
std = _function(Tensor.std)
norm = _function(Tensor.norm)
amax = _function(Tensor.amax)
amin = _function(Tensor.amin)
aminmax = _function(Tensor.aminmax)
max = _function(Tensor.max)
min = _function(Tensor.min)
argmax = _function(Tensor.argmax)
argmin = _function(Tensor.argmin)
all = _function(Tensor.all)
any = _function(Tensor.any)
count_nonzero = _function(Tensor.count_nonzero)
logsumexp = _function(Tensor.logsumexp)
softmax = _function(Tensor.softmax)
log_softmax = _function(Tensor.log_softmax)

# Comparisons, logic, rounding

eq = _function(Tensor.eq)
ne = _function(Tensor.ne)
lt = _function(Tensor.lt)
le = _function(Tensor.le)
gt = _function(Tensor.gt)
ge = _function(Tensor.ge)
equal = _function(Tensor.equal)
isclose = _function(Tensor.isclose)
allclose = _function(Tensor.allclose)
isnan = _function(Tensor.isnan)
isinf = _function(Tensor.isinf)
isfinite = _function(Tensor.isfinite)
isposinf = _function(Tensor.isposinf)
isneginf = _function(Tensor.isneginf)
logical_and = _function(Tensor.logical_and)
logical_or = _function(Tensor.logical_or)
logical_xor = _function(Tensor.logical_xor)
logical_not = _function(Tensor.logical_not)
ceil = _function(Tensor.ceil)
trunc = _function(Tensor.trunc)
round = _function(Tensor.round)
frac = _function(Tensor.frac)
floor_divide = _function(Tensor.floor_divide)
remainder = _function(Tensor.remainder)
fmod = _function(Tensor.fmod)
nan_to_num = _function(Tensor.nan_to_num)

# Shapes

numel = _function(Tensor.numel)
reshape = _function(Tensor.reshape)
flatten = _function(Tensor.flatten)
unflatten = _function(Tensor.unflatten)
ravel = _function(Tensor.ravel)
permute = _function(Tensor.permute)
transpose = _function(Tensor.transpose)
swapaxes = _function(Tensor.swapaxes)
t = _function(Tensor.t)
movedim = _function(Tensor.movedim)
squeeze = _function(Tensor.squeeze)
unsqueeze = _function(Tensor.unsqueeze)
broadcast_to = _function(Tensor.broadcast_to)
tile = _function(Tensor.tile)
repeat_interleave = _function(Tensor.repeat_interleave)
flip = _function(Tensor.flip)
fliplr = _function(Tensor.fliplr)
flipud = _function(Tensor.flipud)
roll = _function(Tensor.roll)
rot90 = _function(Tensor.rot90)
pad = _function(Tensor.pad)
tril = _function(Tensor.tril)
triu = _function(Tensor.triu)
diagonal = _function(Tensor.diagonal)
diag = _function(Tensor.diag)
diag_embed = _function(Tensor.diag_embed)
trace = _function(Tensor.trace)
clone = _function(Tensor.clone)

# Parts

split = _function(Tensor.split)
chunk = _function(Tensor.chunk)
tensor_split = _function(Tensor.tensor_split)
unbind = _function(Tensor.unbind)
select = _function(Tensor.select)
narrow = _function(Tensor.narrow)
gather = _function(Tensor.gather)
scatter = _function(Tensor.scatter)
scatter_add = _function(Tensor.scatter_add)
take = _function(Tensor.take)
take_along_dim = _function(Tensor.take_along_dim)
index_select = _function(Tensor.index_select)
index_add = _function(Tensor.index_add)
index_copy = _function(Tensor.index_copy)
index_fill = _function(Tensor.index_fill)
index_put = _function(Tensor.index_put)
masked_fill = _function(Tensor.masked_fill)
masked_select = _function(Tensor.masked_select)
masked_scatter = _function(Tensor.masked_scatter)
nonzero = _function(Tensor.nonzero)
sort = _function(Tensor.sort)
argsort = _function(Tensor.argsort)
topk = _function(Tensor.topk)
kthvalue = _function(Tensor.kthvalue)
median = _function(Tensor.median)
unique = _function(Tensor.unique)
bincount = _function(Tensor.bincount)

# Products

mm = _function(Tensor.mm)
bmm = _function(Tensor.bmm)
mv = _function(Tensor.mv)
dot = _function(Tensor.dot)
inner = _function(Tensor.inner)
outer = _function(Tensor.outer)
addmm = _function(Tensor.addmm)
addmv = _function(Tensor.addmv)
addbmm = _function(Tensor.addbmm)
vdot = _function(Tensor.vdot)
kron = _function(Tensor.kron)
baddbmm = _function(Tensor.baddbmm)


def matmul(input: Any, other: Any) -> Any:
    """The matrix product ``input @ other`` of tensors, or of Arrays of the scalar twin.

    (n) by (n) gives (), (m, n) by (n) gives (m), (n) by (n, p) gives (p), (m, n) by (n, p)
    gives (m, p); dimensions before the last two broadcast. Raises ``ValueError`` with both
    shapes where they do not fit.
    """
    return input @ other if _has_tensor((input, other)) else of_arrays.matmul(input, other)


def cat(tensors: Sequence[Any], dim: int = 0) -> Any:
    """The tensors one behind the other along ``dim``; their other lengths must be equal.

    Without a tensor among them it is an Array of the scalar twin.
    """
    join = joining.cat if _has_tensor(tensors) else of_arrays.cat
    return join(tensors, dim)


def stack(tensors: Sequence[Any], dim: int = 0) -> Any:
    """The tensors one behind the other along a new dimension ``dim``; shapes must be equal.

    Without a tensor among them it is an Array of the scalar twin.
    """
    join = joining.stack if _has_tensor(tensors) else of_arrays.stack
    return join(tensors, dim)


def _has_tensor(operands: Sequence[Any]) -> bool:
    return True in [type(operand) is Tensor for operand in operands]
