"""Write formulas.json: what PyTorch answers where formulas have edges.

Run it with PyTorch and NumPy installed: ``python make_formulas.py``. Every row of the table that
PyTorch knows is evaluated in float64 at kinks, ties, bounds, poles, zeros of both signs,
infinities and nan; with the gradient by every tensor argument.
"""

import itertools
import json
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional

INF = float("inf")
NAN = float("nan")

SPECIAL = (0.0, -0.0, 1.0, -1.0, 2.0, -2.0, 0.5, -0.5, 3.0, -3.0, 6.0, -6.0, 1e4, -1e4, INF, -INF)
UNARY = (*SPECIAL, NAN, 20.0, -20.0, 800.0, -800.0, 5e-324, -5e-324, 1e-300, -1e-300)
BINARY = (0.0, -0.0, 1.0, -1.0, 2.0, -2.0, 0.5, -3.0, 800.0, INF, -INF, NAN)


def huber(x: Tensor, delta: float) -> Tensor:
    return functional.huber_loss(x, torch.zeros_like(x), delta=delta)


unary: dict[str, Callable[[Tensor], Tensor]] = {
    **{
        name: getattr(torch, name)
        for name in (
            *("abs", "acos", "acosh", "asin", "asinh", "atan", "atanh", "cos", "cosh", "erf"),
            *("erfc", "exp", "exp2", "expm1", "floor", "log", "log10", "log1p", "log2", "neg"),
            *("reciprocal", "relu", "rsqrt", "selu", "sigmoid", "sign", "sin", "sinh", "sqrt"),
            *("square", "tan", "tanh"),
        )
    },
    "pos": torch.positive,
    "logsigmoid": functional.logsigmoid,
    "softplus": functional.softplus,
    "relu6": functional.relu6,
    "gelu": functional.gelu,
    "gelu_tanh": lambda x: functional.gelu(x, approximate="tanh"),
    "silu": functional.silu,
    "mish": functional.mish,
    "softsign": functional.softsign,
    "hardsigmoid": functional.hardsigmoid,
    "hardswish": functional.hardswish,
    "leaky_relu": functional.leaky_relu,
    "elu": functional.elu,
    "celu": functional.celu,
    "hardtanh": functional.hardtanh,
    "huber": lambda x: huber(x, 1.0),
}
binary: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "add": torch.add,
    "sub": torch.sub,
    "mul": torch.mul,
    "div": torch.div,
    "pow": torch.pow,
    "hypot": torch.hypot,
    "atan2": torch.atan2,
    "logaddexp": torch.logaddexp,
    "maximum": torch.maximum,
    "minimum": torch.minimum,
    "heaviside": torch.heaviside,
}
with_constants: dict[str, tuple[Callable[..., Tensor], Iterable[tuple[float, ...]]]] = {
    "leaky_relu": (functional.leaky_relu, [(0.2,), (0.0,), (-0.1,), (1.5,)]),
    "elu": (functional.elu, [(0.5,), (2.0,)]),
    "celu": (functional.celu, [(0.5,), (2.0,)]),
    "hardtanh": (functional.hardtanh, [(-2.0, 3.0), (0.0, 0.5), (-3.0, -1.0)]),
    "huber": (huber, [(0.5,), (3.0,)]),
}
ternary: dict[str, Callable[[Tensor, Tensor, Tensor], Tensor]] = {
    "clamp": torch.clamp,
    "where": lambda condition, a, b: torch.where(condition != 0, a, b),
}
CLAMPED = (0.0, -0.0, 1.0, -1.0, 0.5, 3.0, INF, -INF, NAN)
BOUNDS = (0.0, 1.0, -1.0, 3.0, INF, -INF, NAN)
CHOICES = (0.0, -0.0, 1.0, -2.0, INF, NAN)
CHOSEN = (0.0, -0.0, 3.0, INF, NAN)


def record(
    function: Callable[..., Tensor], point: tuple[float, ...], constants: tuple = ()
) -> dict:
    inputs = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in point]
    out = function(*inputs, *constants)
    gradients: tuple[Tensor | None, ...] = (None,) * len(inputs)
    if out.requires_grad:
        with suppress(NotImplementedError, RuntimeError):  # by the bound of a bound, and such
            gradients = torch.autograd.grad(out, inputs, allow_unused=True)
    return {
        "point": [plain(x) for x in (*point, *constants)],
        "value": plain(out.item()),
        "partials": [None if each is None else plain(each.item()) for each in gradients],
    }


def plain(number: float) -> float | str:
    return number if abs(number) < INF else str(number)


def main() -> None:
    golden: dict[str, list[dict]] = {}
    for name, function in unary.items():
        golden[name] = [record(function, (x,)) for x in UNARY]
    for name, (function, choices) in with_constants.items():
        golden[name] += [record(function, (x,), each) for x in UNARY for each in choices]
    for name, function in binary.items():
        golden[name] = [record(function, point) for point in itertools.product(BINARY, BINARY)]
    golden["clamp"] = [
        record(torch.clamp, point) for point in itertools.product(CLAMPED, BOUNDS, BOUNDS)
    ]
    golden["where"] = [
        record(ternary["where"], point) for point in itertools.product(CHOICES, CHOSEN, CHOSEN)
    ]
    lines = [
        f"{json.dumps(name)}: [\n" + ",\n".join(map(json.dumps, rows)) + "\n]"
        for name, rows in sorted(golden.items())
    ]
    text = "{\n" + f'"torch": {json.dumps(torch.__version__)},\n' + ",\n".join(lines) + "\n}\n"
    Path(__file__).with_name("formulas.json").write_text(text)


if __name__ == "__main__":
    main()
