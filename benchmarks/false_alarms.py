"""False alarms of gradient checkers: derivatives that are right, at Hypothesis's default floats.

Every row of the table, and some reductions and losses, are checked at numbers and arrays that
Hypothesis draws with its defaults, nan and infinities among them: by `twingrad.testing.gradcheck`,
and beside it PyTorch's and JAX's own functions by `torch.autograd.gradcheck` and
`jax.test_util.check_grads` with their defaults, at the same draws, if they are installed. Whatever
is said to be wrong there is a false alarm: a mismatch, or an error that is raised instead.
Draws outside of the domain of a row are left out, and counted.

    python benchmarks/false_alarms.py [--draws 200] [--seed 0] [--only relu huber] [--without JAX]
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as with_seed
from hypothesis import strategies as st
from hypothesis.extra import numpy as of_numpy

from twingrad import testing
from twingrad.benchmarks.correct import FUNCTIONS, Correct, of_package
from twingrad.benchmarks.measure import describe_machine, installed
from twingrad.nn.tables import aligned

Inputs = tuple[Any, ...]
"""Python floats, or arrays of one shape."""

Check = Callable[[Any, Inputs], bool]
"""Whether a checker calls a function right."""


@dataclass
class Count:
    """What a checker said of one function.

    Attributes
    ----------
    checks, alarms, alarms_at_finite : int
        How many inputs, how many of them were said to be wrong, and how many of these were finite.
    seconds : float
        How long that took.
    first : tuple or None
        The first inputs that were said to be wrong.
    """

    checks: int = 0
    alarms: int = 0
    alarms_at_finite: int = 0
    seconds: float = 0.0
    first: Inputs | None = None

    def take(self, is_right: bool, inputs: Inputs, seconds: float) -> None:
        """Count one check."""
        self.checks += 1
        self.seconds += seconds
        if not is_right:
            self.alarms += 1
            self.alarms_at_finite += bool(all(np.isfinite(each).all() for each in inputs))
            self.first = self.first or inputs


def draws(count: int, number: int, seed: int) -> list[Inputs]:
    """So many inputs of ``count`` arguments: floats, or arrays of one shape."""
    arrays = of_numpy.array_shapes(max_dims=2, max_side=4).flatmap(
        lambda shape: st.tuples(*[of_numpy.arrays(np.float64, shape)] * count)
    )
    found: list[Inputs] = []

    @with_seed(seed)
    @settings(
        max_examples=number,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=[*HealthCheck],
    )
    @given(st.tuples(*[st.floats()] * count) | arrays)
    def collect(example: Inputs) -> None:
        found.append(example)

    collect()
    return found


def ours(function: Any, inputs: Inputs) -> bool:
    """Whether twingrad calls its function right."""
    return bool(testing.gradcheck(function, *inputs, raise_exception=False))


def torchs(function: Any, inputs: Inputs) -> bool:
    """Whether PyTorch calls its function right, with its default step and tolerances."""
    torch: Any = installed("torch")
    tensors = [torch.tensor(each, dtype=torch.float64, requires_grad=True) for each in inputs]
    try:
        return bool(torch.autograd.gradcheck(function, tensors))
    except (RuntimeError, ValueError):
        return False


def jaxs(function: Any, inputs: Inputs) -> bool:
    """Whether JAX calls its function right, with its default step and tolerances."""
    check_grads: Any = installed("jax.test_util").check_grads
    try:
        check_grads(function, tuple(np.asarray(each) for each in inputs), order=1, modes=["rev"])
    except (AssertionError, ValueError, FloatingPointError):
        return False
    return True


def contenders() -> dict[str, tuple[Check, Callable[[Correct], Any]]]:
    """The checkers that are installed, and which function each is given."""
    found: dict[str, tuple[Check, Callable[[Correct], Any]]] = {
        "twingrad": (ours, lambda correct: correct.ours)
    }
    if installed("torch"):
        found["PyTorch"] = (torchs, lambda correct: of_package("torch", correct.torch))
    if installed("jax"):
        installed("jax").config.update("jax_enable_x64", True)
        found["JAX"] = (jaxs, lambda correct: of_package("jax", correct.jax))
    return found


def counted(check: Check, function: Any, inputs: Iterable[Inputs]) -> Count:
    """What a checker says of a function at these inputs."""
    count = Count()
    for each in inputs:
        start = time.perf_counter()
        is_right = check(function, each)
        count.take(is_right, each, time.perf_counter() - start)
    return count


def row_of_table(name: str, counts: dict[str, Count | None], skipped: int) -> list[str]:
    """A line about one function."""
    cells = [name]
    for count in counts.values():
        if count is None:
            cells += ["-", "-"]
        else:
            cells += [f"{count.alarms}/{count.checks}", str(count.alarms_at_finite)]
    return [*cells, str(skipped)]


def totals(results: Sequence[dict[str, Count | None]], checker: str) -> str:
    """What a checker said of all functions together."""
    known = [counts[checker] for counts in results]
    found = [count for count in known if count is not None]
    checks, alarms = sum(each.checks for each in found), sum(each.alarms for each in found)
    finite, seconds = sum(e.alarms_at_finite for e in found), sum(e.seconds for e in found)
    return (
        f"{checker}: {alarms} false alarms in {checks} draws of {len(found)} functions "
        f"({alarms / max(checks, 1):.2%}), {finite} of them at finite numbers; "
        f"{1e3 * seconds / max(checks, 1):.1f} ms a draw"
    )


def studied(
    correct: Correct,
    number: int,
    seed: int,
    checkers: Mapping[str, tuple[Check, Callable[[Correct], Any]]],
) -> tuple[dict[str, Count | None], int]:
    """What every checker said of a function, and how many draws lay outside of its domain."""
    drawn = draws(correct.arguments, number, seed)
    inside = [inputs for inputs in drawn if correct.is_defined(inputs)]
    counts: dict[str, Count | None] = {}
    for name, (check, chosen) in checkers.items():
        function = chosen(correct)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            counts[name] = None if function is None else counted(check, function, inside)
    return counts, len(drawn) - len(inside)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--draws", type=int, default=200, help="for each function")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", nargs="*", help="names of functions")
    parser.add_argument("--without", nargs="*", default=[], help="checkers: PyTorch, JAX")
    arguments = parser.parse_args()
    describe_machine()
    checkers = {name: each for name, each in contenders().items() if name not in arguments.without}
    heads = ["", *(f"{name}{word}" for name in checkers for word in ("", ", finite")), "outside"]
    lines, results = [heads], []
    for name in arguments.only or FUNCTIONS:
        counts, outside = studied(FUNCTIONS[name], arguments.draws, arguments.seed, checkers)
        results.append(counts)
        lines.append(row_of_table(name, counts, outside))
        own = counts["twingrad"]
        if own is not None and own.first is not None:
            print(f"{name}: twingrad is wrong at {own.first!r}")
    print("\n".join(aligned(lines, "<" + ">" * (len(heads) - 1))))
    for name in checkers:
        print(totals(results, name))


if __name__ == "__main__":
    main()
