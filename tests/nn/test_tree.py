"""Modules drawn as a tree, and as a table."""

import numpy as np
import pytest

import twingrad
from support.twins import TWINS
from twingrad import nn


def network():
    return nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 1))


class Net(nn.Module):
    """Parameters of its own, a shared one, one that is frozen, a module that is not there."""

    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter([1.0, 1.0])
        self.body = network()
        self.tied = nn.Linear(2, 16, bias=False)
        self.tied.weight = self.body[0].weight
        self.body[2].requires_grad_(False)
        self.register_module("nothing", None)

    def forward(self, x):
        return self.body(x * self.scale), [self.scale, "text"]

    def extra_repr(self):
        return "kind=net\nsecond line"


def test_a_single_layer_is_written_as_in_pytorch():
    assert repr(nn.Linear(2, 3)) == "Linear(in_features=2, out_features=3, bias=True)"
    assert repr(nn.Tanh()) == "Tanh()"
    assert repr(nn.Sequential()) == "Sequential()"


def test_a_network_is_a_tree_with_shapes_and_counts():
    assert repr(network()).split("\n") == [
        "Sequential(",
        "  (0): Linear(in_features=2, out_features=16, bias=True)  weight (16, 2), bias (16,)  48",
        "  (1): Tanh()",
        "  (2): Linear(in_features=16, out_features=1, bias=True)  weight (1, 16), bias (1,)   17",
        ")",
        "65 parameters, all trainable",
    ]


def test_what_is_shared_is_counted_once_and_what_is_frozen_is_said():
    lines = repr(Net()).split("\n")
    assert [line.split("  weight")[0].split("  scale")[0].rstrip() for line in lines] == [
        "Net(",
        "  kind=net",
        "  second line",
        "  (body): Sequential(",
        "    (0): Linear(in_features=2, out_features=16, bias=True)",
        "    (1): Tanh()",
        "    (2): Linear(in_features=16, out_features=1, bias=True)",
        "  )",
        "  (tied): Linear(in_features=2, out_features=16, bias=False)",
        "  (nothing): None",
        ")",
        "67 parameters, 50 trainable",
    ]
    columns = {line.index("weight") for line in lines if "weight" in line}
    assert columns == {lines[0].index("scale")}
    assert lines[8].endswith("weight (16, 2) shared")
    assert {len(line) for line in (lines[0], lines[4], lines[6])} == {len(lines[4])}


def test_the_total_is_a_sentence():
    assert repr(nn.Sequential(nn.Tanh())).endswith(")\nno parameters")
    one = nn.Sequential(nn.Linear(1, 1, bias=False)).requires_grad_(False)
    assert repr(one).endswith(")\n1 parameter, none trainable")
    assert repr(nn.Sequential(nn.Linear(999, 2))).endswith("2,000 parameters, all trainable")


def test_a_long_line_has_its_parameters_on_the_next():
    lines = repr(nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))).split("\n")
    assert lines[1].endswith("bias=True)  weight (3, 2), bias (3,)  9")
    assert lines[2].endswith("track_running_stats=True)")
    assert lines[3].strip() == "weight (3,), bias (3,)    6"
    assert lines[1].index("weight") == lines[3].index("weight")
    alone = repr(nn.Sequential(nn.BatchNorm1d(3))).split("\n")
    assert alone[2].strip() == "weight (3,), bias (3,)  6"


def test_many_parameters_are_cut_short():
    module = nn.Sequential(nn.Module())
    for name in "abcdef":
        module[0].register_parameter(name, nn.Parameter([1.0]))
    assert "a (1,), b (1,), c (1,), d (1,), ...  6" in repr(module)


def test_a_module_may_write_itself():
    class Own(nn.Module):
        def __repr__(self):
            return "Own:\nline"

    class Wrapped(nn.Linear):
        def __repr__(self):
            return f"<{super().__repr__()}>"

    assert repr(nn.Sequential(Own())) == "Sequential(\n  (0): Own:\n  line\n)\nno parameters"
    assert repr(Wrapped(1, 1)) == "<Wrapped(in_features=1, out_features=1, bias=True)>"


@pytest.mark.parametrize("twin", TWINS)
def test_a_summary_has_a_row_for_each_module(twin):
    summary = Net().to(twin).summary((4, 2))
    assert [tuple(row) for row in summary.rows] == [
        ("", "Net", [(4, 1), [(2,), None]], 2, 2),
        ("body", "Sequential", (4, 1), 0, 0),
        ("body.0", "Linear", (4, 16), 48, 48),
        ("body.1", "Tanh", (4, 16), 0, 0),
        ("body.2", "Linear", (4, 1), 17, 0),
        ("tied", "Linear", None, 0, 0),
    ]
    assert (summary.total, summary.trainable) == (67, 50)


def test_a_summary_is_an_aligned_table():
    model = network()
    model[2].bias.requires_grad = False
    assert repr(model.summary((5, 2))) == "\n".join(
        [
            "layer  class       output shape  parameters  trainable",
            "------------------------------------------------------",
            "       Sequential  (5, 1)",
            "0      Linear      (5, 16)               48  yes",
            "1      Tanh        (5, 16)",
            "2      Linear      (5, 1)                17  16",
            "------------------------------------------------------",
            "65 parameters, 64 trainable",
        ]
    )
    assert "(5, 16)" not in repr(model.summary())


def test_a_network_of_single_neurons_counts_its_values():
    summary = nn.MLP(2, [3, 1]).summary()
    assert (summary.total, summary.trainable) == (13, 13)


def test_several_inputs_are_a_list_of_shapes():
    assert nn.Bilinear(2, 3, 4).summary([(5, 2), (5, 3)]).rows[0].output_shape == (5, 4)
    assert network().summary([5, 2]).rows[0].output_shape == (5, 1)


@pytest.mark.parametrize("twin", TWINS)
def test_an_embedding_takes_integers(twin):
    with twingrad.backend(twin):
        embedding = nn.Embedding(10, 3)
    assert embedding.summary((2, 4), dtype="int64").rows[0].output_shape == (2, 4, 3)


class Restless(nn.Module):
    """Draws numbers, changes and replaces its buffers, and may fail."""

    def __init__(self, fails=False):
        super().__init__()
        self.fails = fails
        self.inner = nn.Sequential(nn.BatchNorm1d(2), nn.Dropout(0.5))
        self.inner[0].eval()
        self.register_buffer("calls", twingrad.zeros(1))
        self.register_buffer("latest", None)

    def forward(self, x):
        assert not self.training
        assert not (x * nn.Parameter([1.0])).requires_grad
        self.calls += 1
        self.latest = twingrad.rand(2)
        if self.fails:
            raise KeyError("on purpose")
        return self.inner(x)


@pytest.mark.parametrize("fails", [False, True])
def test_a_summary_leaves_no_trace(fails):
    module = Restless(fails)
    seen = []
    module.inner.register_forward_hook(lambda m, args, out: seen.append(out.shape))
    modes = [each.training for each in module.modules()]
    calls = module.calls
    twingrad.manual_seed(5)
    expected = twingrad.rand(3).tolist()
    twingrad.manual_seed(5)
    if fails:
        with pytest.raises(KeyError, match="on purpose"):
            module.summary((3, 2))
    else:
        module.summary((3, 2))
    assert twingrad.rand(3).tolist() == expected
    assert [each.training for each in module.modules()] == modes
    assert module.calls is calls
    assert calls.tolist() == [0.0]
    assert module.latest is None
    assert int(module.inner[0].num_batches_tracked) == 0
    assert module._hooks is None
    assert len(module.inner._hooks.after) == 1
    assert all(parameter.grad is None for parameter in module.parameters())


@pytest.mark.parametrize(
    ("shape", "error", "message"),
    [
        (3, TypeError, "summary: input_shape must be a tuple of lengths, or a list of tuples, got"),
        ([(1, 2), 3], TypeError, "got 3: write for example"),
        ((1.5, 2), TypeError, "summary: length"),
        ((-1, 2), ValueError, r"summary: a length must not be negative, got \(-1, 2\)"),
        ((4, 3), ValueError, "linear: "),
    ],
)
def test_what_is_no_shape_is_refused(shape, error, message):
    with pytest.raises(error, match=message):
        network().summary(shape)


def test_a_summary_of_float64_is_made_with_float64():
    model = network().double()
    model.register_forward_pre_hook(lambda m, args: seen.append(args[0].dtype))
    seen = []
    model.summary((1, 2))
    assert seen == [np.float64]


def test_a_summary_that_fails_says_what_the_module_was_called_with():
    with pytest.raises(TypeError, match="must hold whole numbers") as caught:
        nn.Sequential(nn.Embedding(5, 3)).summary((4, 2))
    assert "zeros of shape (4, 2)" in caught.value.__notes__[0]
    assert "dtype='int64'" in caught.value.__notes__[0]
