"""What generated code calls its values, and the formulas that stand above its loops."""

import builtins
import keyword
import re

import numpy as np
import pytest

import twingrad
from twingrad import nn, optim
from twingrad.tensor.compiler.graph import Graph
from twingrad.tensor.compiler.labels import argument_labels
from twingrad.tensor.compiler.recording import Recorder
from twingrad.tensor.compiler.source_writer import SourceWriter
from twingrad.tensor.compiler.wording import identifier

X = np.linspace(-1, 1, 24, dtype=np.float32).reshape(12, 2)
Y = (X[:, 0] > 0).astype(np.int64)


def source_of(function, *given):
    """The code of a function of tensors, which is not compiled."""
    with Recorder() as recorder:
        for each in given:
            recorder.argument(each)
        recorder.finish([function(*given)])
    for value, label in zip(recorder.graph.arguments, argument_labels(function, given, {})):
        value.label = label
    return SourceWriter(recorder.graph, "A step.").source().text


def training_step(model, optimizer):
    def step(x, y):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    return step


def comments(source):
    """Each comment of the code as one line."""
    text = re.sub(r"\n +#     ", " ", source)
    return [line.strip() for line in text.split("\n") if line.lstrip().startswith("# ")]


@pytest.fixture(scope="module")
def trained():
    model = nn.MLP(2, [4], 2)
    step = training_step(model, optim.Adam(model.parameters(), lr=0.01))
    return source_of(step, twingrad.tensor(X), twingrad.tensor(Y))


def test_a_training_step_reads_like_a_book(trained):
    said = comments(trained)
    for formula in (
        "# product_1 = x @ weight0.T",
        "# relu = maximum(product_1 + bias0, 0.0)",
        "# product_2 = relu @ weight2.T",
        "# gradient_of_bias0 = sum(multiple_2, dim=0)",
        "# m_of_weight0 = beta1 * m_of_weight0 + one_minus_beta1 * gradient_of_weight0",
    ):
        assert formula in [re.sub(r"multiple_\d", "multiple_2", line) for line in said], said
    assert "one_minus_beta1_given = numbers[1]  # 1 - beta1" in trained
    assert all(len(line) <= 100 for line in trained.split("\n") if line.lstrip().startswith("#"))


def test_a_formula_is_computed_below_the_comment_that_tells_it(trained):
    place = trained.index("# weight0 = weight0 - ")
    assert trained.index("weight0[i] = t", place) > place
    between = trained[place : trained.index("weight0[i] = t", place)]
    assert re.search(r"for i in range\((8|length_\d)\):", between)


def test_the_old_and_the_new_are_told_apart_where_both_are_used():
    a = twingrad.tensor(X)
    b = twingrad.tensor(X[::-1].copy())

    def swap():
        before = a.clone()
        a.copy_(b * 2)
        b.copy_(before)
        return a.sum() + b.sum()

    said = comments(source_of(swap))
    assert any(line.startswith("# new_memory_1 = ") for line in said), said


def test_names_of_parameters_are_those_of_the_outermost_module():
    class Two(nn.Module):
        def __init__(self):
            super().__init__()
            self.encoder = nn.Linear(2, 3)
            self.decoder = nn.Linear(3, 2)

        def forward(self, x):
            return self.decoder(self.encoder(x))

    source = source_of(lambda x: Two()(x).sum(), twingrad.tensor(X))
    for name in ("encoder_weight", "encoder_bias", "decoder_weight", "decoder_bias"):
        assert f"    {name} = float32_at(" in source


def test_two_models_of_one_kind_are_told_apart():
    first, second = nn.Linear(2, 2), nn.Linear(2, 2)
    source = source_of(lambda x: second(first(x)).sum(), twingrad.tensor(X))
    assert "    weight = float32_at(" in source
    assert "    weight_1 = float32_at(" in source


TROUBLE = [
    *"ijklmntc",
    *("t1", "c1", "n1", "length_4", "x_row", "x_memory", "all_x", "result", "result_0", "found"),
    *("step", "kernel", "memory", "numbers", "words", "order", "results", "code", "at", "row"),
    *("addresses", "sizes", "shares", "temporary", "sgemm", "gemm", "moved", "called", "opaque"),
    *("exp", "log", "sqrt", "maximum", "where", "float32", "int64", "float32_at", "any_order_add"),
    *("start", "stop", "tile", "job", "shared", "crew", "uniform_32", "gradient_0", "k_chosen"),
    *("zero", "one", "infinity", "one_given", "loss"),
    *("sum_1", "exp_1", "product_1", "greatest_1", "min", "max", "range", "é"),
]


def test_arguments_may_be_called_anything():
    given = {name: twingrad.tensor(X + k) for k, name in enumerate(TROUBLE)}

    def step(**named):
        total = sum(named.values())
        scores = total @ named["x_row"].T
        return scores.log_softmax(1).sum() + named["exp"].sqrt().exp().maximum(named["c1"]).sum()

    compiled = twingrad.compile(step)
    for _ in range(2):
        found = compiled(**given)
    np.testing.assert_allclose(found.numpy(), step(**given).numpy(), rtol=1e-4)
    names = re.findall(r"^    (\w+) = ", compiled.source, re.MULTILINE)
    assert len(names) == len({*names}), "one name for two things"
    assert not {*names} & {*dir(builtins), *keyword.kwlist}


@pytest.mark.parametrize("steps", [3, 400])
def test_formulas_of_what_is_used_twice_stay_short(steps):
    graph = Graph()
    x = value = graph.argument((8,), "float32")
    for _ in range(steps):
        value = graph.elementwise("add", value, graph.elementwise("mul", value, value))
    graph.results = [graph.elementwise("sub", value, x)]
    source = SourceWriter(graph, "A step.").source().text
    assert len(source) < 500 * steps + 2000


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("layers.0.weight", "layers_0_weight"),
        ("m of weight0", "m_of_weight0"),
        ("1 - beta1 ** t", "one_minus_beta1_to_the_t"),
        ("lr * eps", "lr_times_eps"),
        ("a / b + 1", "a_over_b_plus_one"),
        ("", ""),
        ("0.5 * x", ""),
        ("long " * 20, ""),
        ("\n", ""),
    ],
)
def test_labels_as_names(label, name):
    assert identifier(label) == name


def test_arguments_are_called_as_the_function_calls_them():
    def step(x, pair, /, *others, scale=1.0, **more): ...

    labels = argument_labels(step, (1, [2, (3, None)], 4, 5), {"scale": 6, "z": {"a": 7}})
    assert labels == ["x", "pair_0", "pair_1_0", "others_0", "others_1", "scale", "z_a"]
    assert argument_labels(min, (1, 2), {}) == ["argument_0", "argument_1"]
    assert argument_labels(nn.Linear(2, 1), (X,), {}) == ["args_0"]
