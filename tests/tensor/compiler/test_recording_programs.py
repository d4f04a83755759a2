"""Changes in place, views, and programs drawn at random, in recordings."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import twingrad
from support.recordings import check_step

F64 = "float64"


def tensors(*shapes, seed):
    rng = np.random.default_rng(seed)
    return [twingrad.tensor(rng.standard_normal(shape)) for shape in shapes]


def parts(x, y):
    z = x * 1
    z[0] = y[1]
    z[:, 1] = 5.0
    z[1:, ::2] *= y[1:, ::2]
    z[-1, -1] += 1
    return z


def operators(x, y):
    z = x * 1
    z += y
    z *= 2.0
    z -= x
    z /= 3
    z **= 2
    z.add_(y, alpha=0.5).sub_(x, alpha=2).mul_(y).neg_().exp_()
    return z.relu_().tanh_()


def views(x, y):
    z = x * 1
    column, left = z.T[1], z[:, :2]
    column += y[:, 0]
    left.mul_(2.0)
    z.reshape(-1)[5] = y[0, 0]
    return z, z * column.sum() + left.sum()


def positions(x, y):
    z = x * 1
    z[[0, 2]] = y[:2]
    z[(y[:, 0] > 0).long(), 1] = 0.0
    z[:, twingrad.tensor([1, 3])] += y[:, :2]
    z.index_put_((twingrad.tensor([0, 0]),), y[:2], accumulate=True)
    return z


def fillings(x, y):
    z = x * 1
    z.masked_fill_(y > 0, 0.0)
    z.copy_(z + y[0])
    z.clamp_(-1, 1)
    z[2].fill_(3.0)
    z[:, 0].zero_()
    z.lerp_(y, 0.3).addcmul_(x, y, value=0.5).addcdiv_(x, y * y + 1)
    return z


def scatterings(x, y):
    z = x * 1
    z.scatter_(1, y.argsort(1)[:, :2], y[:, :2])
    z.scatter_add_(1, (y > 0).long(), y)
    z.index_add_(0, twingrad.tensor([2, 0]), y[:2])
    z.index_copy_(1, twingrad.tensor([1]), y[:, :1])
    z.index_fill_(0, twingrad.tensor([1]), 0.5)
    return z


def new_memory(x, y):
    z = twingrad.zeros(3, 4, dtype=F64)
    z[1] = x[0]
    z[:, 2] += y[:, 1]
    return z.cumsum(0) + z.tril()


def a_loop(x, y):
    out = twingrad.zeros(3, 4, dtype=F64)
    state = y[:, 0]
    for k in range(4):
        state = (state + x[:, k]).tanh()
        out[:, k] = state
    return out, out.sum()


def overwritten(x, y):
    z = x * 1
    z[:] = y
    z[...] = z + x
    z.data = z * 2.0
    z.detach().add_(1.0)
    return z


CHANGES = [
    parts, operators, views, positions, fillings, scatterings, new_memory, a_loop, overwritten,
]  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("create_graph", [False, True])
def test_changes_in_place_and_their_gradients(change, create_graph):
    check_step(
        differentiated(change, create_graph), *[tensors((3, 4), (3, 4), seed=s) for s in (1, 2)]
    )


@pytest.mark.parametrize("change", CHANGES)
def test_changes_in_place_of_what_outlives_a_step(change):
    memory = tensors((3, 4), seed=3)[0]

    def step(x, y):
        with twingrad.no_grad():
            memory.copy_(change_of(change, x + memory, y))

    check_step(step, *[tensors((3, 4), (3, 4), seed=s) for s in (1, 2)])


def change_of(change, x, y):
    found = change(x, y)
    return found[0] if isinstance(found, tuple) else found


def differentiated(function, create_graph):
    """A function of tensors, and its gradients."""

    def step(*operands):
        leaves = [each.detach().clone().requires_grad_() for each in operands]
        found = function(*leaves)
        found = list(found) if isinstance(found, tuple) else [found]
        roots = [each for each in found if each.requires_grad]
        weights = [
            (twingrad.arange(1.0, each.numel() + 1, dtype=F64)).cos().reshape(each.shape)
            for each in roots
        ]
        if not roots:
            return found
        slopes = twingrad.autograd.grad(
            roots, leaves, weights, create_graph=create_graph, allow_unused=True
        )
        return [*found, *[each for each in slopes if each is not None]]

    return step


# Programs drawn at random: every step takes tensors of shape (3, 4) or (4, 3), and gives one.

UNARY = {
    "tanh": lambda x: x.tanh(),
    "relu": lambda x: x.relu(),
    "exp": lambda x: (-x * x).exp(),
    "softplus": lambda x: x.softplus(),
    "square": lambda x: x**2,
    "T": lambda x: x.T,
    "flip": lambda x: x.flip(1),
    "roll": lambda x: x.roll(1, 0),
    "reshape": lambda x: x.reshape(4, 3) if x.shape == (3, 4) else x.reshape(3, 4),
    "centred": lambda x: x - x.mean(0, keepdim=True),
    "scaled": lambda x: x / (x.square().sum(1, keepdim=True) + 1),
    "softmax": lambda x: x.softmax(1),
    "log_softmax": lambda x: x.log_softmax(0),
    "amax": lambda x: x - x.amax(1, keepdim=True),
    "clamp": lambda x: x.clamp(-0.7, 0.9),
    "half": lambda x: twingrad.cat([x[:, 1:], x[:, :1] * 2], 1),
    "picked": lambda x: x.take_along_dim(x.argsort(1), 1),
    "masked": lambda x: x.masked_fill(x > 0.5, 0.5),
    "detached": lambda x: x.detach() * x,
    "written": lambda x: parts(x, x * 2),
    "float32": lambda x: x.float().double(),
    "norm": lambda x: x * x.norm(),
    "var": lambda x: x + x.var(1, keepdim=True),
    "cumsum": lambda x: x.cumsum(1) * 0.3,
    "diagonal": lambda x: x * x.diagonal().sum(),
    "product": lambda x: x @ (x.T @ x) * 0.1,
}
BINARY = {
    "add": lambda x, y: x + y,
    "mul": lambda x, y: x * y,
    "sub": lambda x, y: x - 0.5 * y,
    "div": lambda x, y: x / (y * y + 1),
    "maximum": lambda x, y: x.maximum(y),
    "where": lambda x, y: twingrad.where(x > y, x * 2, y),
    "row": lambda x, y: x + y[0],
    "column": lambda x, y: x * y[:, 1:2],
    "hypot": lambda x, y: (x * x + y * y + 0.1).sqrt(),
    "stack": lambda x, y: twingrad.stack([x, y], 0).sum(0),
}

programs = st.lists(
    st.tuples(st.sampled_from([*UNARY, *BINARY]), st.integers(0, 5), st.integers(0, 5)),
    min_size=1,
    max_size=9,
)


def run(program, x, y):
    known = [x, y]
    for name, first, second in program:
        one, two = known[-1 - first % len(known)], known[-1 - second % len(known)]
        if name in UNARY:
            known.append(UNARY[name](one))
        else:
            known.append(BINARY[name](one, two if two.shape == one.shape else two.T))
    return known[-1]


@settings(max_examples=120, deadline=None)
@given(programs, st.booleans())
def test_programs_drawn_at_random(program, create_graph):
    step = differentiated(lambda x, y: run(program, x, y), create_graph)
    first, second = [tensors((3, 4), (3, 4), seed=s) for s in (1, 2)]
    is_single = any(name == "float32" for name, _, _ in program)
    check_step(step, first, second, tolerance=1e-4 if is_single else 1e-9)
