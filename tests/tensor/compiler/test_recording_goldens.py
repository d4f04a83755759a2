"""Everything that is compared with PyTorch elsewhere, recorded on one order of its numbers."""

import json
import re

import numpy as np
import pytest

import twingrad
from support import products, selections
from support.expressions import OF_JOINING, OF_MOVES, golden_expressions, golden_input
from support.golden import DTYPES, FOLDER
from support.recordings import check_step
from twingrad.tensor import Tensor

MOVES, JOINING = golden_expressions("moves"), golden_expressions("joining")
REDUCTIONS = json.loads((FOLDER / "reductions.json").read_text())

REFUSED = "depends on numbers|cannot be read inside"


def moves():
    for case in MOVES["cases"]:
        yield case["expression"], {"x": golden_input(MOVES, case["on"])}, OF_MOVES


def joining():
    inputs = {n: np.array(data, t) for n, (data, t) in JOINING["inputs"].items()}
    for case in JOINING["cases"]:
        yield case["expression"], inputs, OF_JOINING


def reductions():
    for cases in REDUCTIONS["sections"].values():
        for case in cases:
            inputs = {"x": np.array(REDUCTIONS["inputs"][case["on"]])}
            if case["on"] == "bytes":
                inputs["x"] = inputs["x"].astype(np.uint8)
            if case["on"] in REDUCTIONS["others"]:
                inputs["y"] = np.array(REDUCTIONS["others"][case["on"]])
            yield case["expression"], inputs, {"inf": np.inf, **DTYPES}


def picked():
    for section in ("indexing", "assignments", "gathering", "sorting"):
        for case in selections.GOLDEN[section]:
            inputs = {"x": np.array(selections.GOLDEN["inputs"][case["on"]])}
            yield case["case"], inputs, selections.NAMES


def multiplied():
    inputs = {n: np.array(data, t) for n, (data, t) in products.GOLDEN["inputs"].items()}
    functions = {
        name: each for name, each in products.named_inputs().items() if type(each) is not Tensor
    }
    for cases in products.GOLDEN["sections"].values():
        for case in cases:
            yield case["expression"], inputs, functions


def stepped(expression, names, functions, create_graph):
    """The expression and its gradients by everything that may have one, as a step."""

    def step(*tensors):
        leaves = [
            each.detach().requires_grad_() if each.dtype.kind == "f" else each for each in tensors
        ]
        found = evaluated(expression, functions | dict(zip(names, leaves, strict=True)))
        roots = [each for each in found if each.requires_grad]
        if not roots:
            return found
        weights = [
            twingrad.arange(1.0, each.numel() + 1).reshape(each.shape).to(each.dtype)
            for each in roots
        ]
        wanted = [leaf for leaf in leaves if leaf.requires_grad]
        slopes = twingrad.autograd.grad(
            roots, wanted, weights, create_graph=create_graph, allow_unused=True
        )
        return [*found, *[each for each in slopes if each is not None]]

    return step


def evaluated(expression, names):
    if expression.startswith("out"):
        names["out"] = names["x"] * 1
        exec(expression, names)
        return [names["out"]]
    found = eval(expression, names)
    found = found if isinstance(found, tuple | list) else [found]
    return [each for each in found if isinstance(each, Tensor)]


def shuffled(array, seed):
    """The same numbers of a float array in another order."""
    if array.dtype.kind != "f":
        return Tensor(array)
    order = np.random.default_rng(seed).permutation(array.size)
    return Tensor(array.reshape(-1)[order].reshape(array.shape))


def parameters():
    for source in (moves, joining, reductions, picked, multiplied):
        for expression, inputs, functions in source():
            names = "x" if expression.startswith("out") else expression
            used = {n: each for n, each in inputs.items() if re.search(rf"\b{n}\b", names)}
            shapes = ", ".join(str(each.shape) for each in used.values())
            yield pytest.param(expression, used, functions, id=f"{expression} {shapes}")


@pytest.mark.parametrize(("expression", "inputs", "functions"), [*parameters()])
def test_a_recording_gives_for_other_numbers_what_an_eager_step_does(expression, inputs, functions):
    is_single = any(each.dtype == np.float32 for each in inputs.values()) or "32" in expression
    for create_graph in (False, True):
        step = stepped(expression, [*inputs], functions, create_graph)
        first, second = [[shuffled(each, seed) for each in inputs.values()] for seed in (1, 2)]
        try:
            check_step(step, first, second, tolerance=1e-5 if is_single else 1e-11)
        except RuntimeError as refusal:
            if not re.search(REFUSED, str(refusal)):
                raise
            return
