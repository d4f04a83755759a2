"""Products that are added to what is in memory, and products that are transposed by BLAS."""

import re

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

import twingrad
from support import compiled_cases, source_runner
from support.compiler_cases import Case
from support.compiler_graphs import graphs
from twingrad import optim
from twingrad.nn import functional as F
from twingrad.tensor.compiler.accumulation import accumulated
from twingrad.tensor.compiler.explaining import products
from twingrad.tensor.compiler.graph import Check, Graph
from twingrad.tensor.compiler.limits import Product
from twingrad.tensor.compiler.printing import GraphView
from twingrad.tensor.compiler.source_writer import SourceWriter

PRODUCTS = ["sum_of_products", "sum_of_products", "chain", "reduction", "matmul", "layer", "view"]
RUNS = [source_runner.run, compiled_cases.run]
unhurried = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]


class Made:
    """A graph of matrices ``(4, 3)``, and arrays to run it on."""

    def __init__(self, shape=(4, 3), dtype="float64", inner=5):
        self.shape, self.dtype, self.inner = shape, dtype, inner
        self.graph = Graph()
        self.arrays = []
        self.generator = np.random.default_rng(0)

    def leaf(self, *shape, dtype=None):
        """An argument."""
        self.arrays.append(self.generator.normal(size=shape).astype(dtype or self.dtype))
        return self.graph.argument(shape, dtype or self.dtype)

    def product(self, turned=False, inner=None):
        """A product of new matrices, of the shape of all, or what the transpose of one is."""
        *batch, n, m = self.shape
        rows, columns = (m, n) if turned else (n, m)
        inner = self.inner if inner is None else inner
        operands = self.leaf(*batch, rows, inner), self.leaf(*batch, inner, columns)
        found = self.graph.value("matmul", operands, (), (*batch, rows, columns), self.dtype)
        return self.turned(found) if turned else found

    def turned(self, value):
        *batch, n, m = value.shape
        steps = [n * m] if batch else []
        return self.graph.view(value, (*batch, m, n), (*steps, 1, m))

    def scaled(self, value, factor):
        return self.graph.elementwise("mul", value, self.graph.constant(factor, self.dtype))

    def sum(self, *values):
        found = values[0]
        for value in values[1:]:
            found = self.graph.elementwise("add", found, value)
        return found

    def scattered(self):
        index = self.graph.argument(self.shape, "int64")
        self.arrays.append(self.generator.integers(0, self.shape[0], self.shape))
        part = self.leaf(*self.shape)
        return self.graph.value("scatter", (part, index), (0,), self.shape, self.dtype)

    def case(self, *results):
        self.graph.results = [*results]
        return Case(self.graph, self.arrays)


def reshaped(made, value):
    return made.graph.view(value, (2, 2, 3), (6, 3, 1))


SUMS = {
    "two": lambda m: m.sum(m.product(), m.product()),
    "three": lambda m: m.sum(m.product(), m.product(), m.product()),
    "the other order": lambda m: m.sum(*[m.product() for _ in range(4)][::-1]),
    "the second transposed": lambda m: m.sum(m.product(), m.product(True)),
    "the first transposed": lambda m: m.sum(m.product(True), m.product()),
    "both transposed": lambda m: m.sum(m.product(True), m.product(True)),
    "scaled": lambda m: m.sum(m.product(), m.scaled(m.product(), 0.5)),
    "both scaled": lambda m: m.sum(m.scaled(m.product(True), -2.0), m.scaled(m.product(), 0.5)),
    "negative": lambda m: m.sum(m.product(), m.graph.elementwise("neg", m.product())),
    "a bias each": lambda m: m.sum(m.sum(m.product(), m.leaf(3)), m.sum(m.product(), m.leaf(3))),
    "others between": lambda m: m.sum(m.product(), m.leaf(4, 3), m.product(), m.leaf(4, 1)),
    "biases between": lambda m: m.sum(m.product(), m.leaf(3), m.leaf(3), m.product()),
    "a scatter before": lambda m: m.sum(m.scattered(), m.product(), m.product()),
    "a scatter behind": lambda m: m.sum(m.product(), m.scattered()),
    "a sum before": lambda m: m.sum(m.graph.reduce("add", m.leaf(2, 4, 3), (0,)), m.product()),
    "in another shape": lambda m: m.sum(*[reshaped(m, m.product()) for _ in range(3)]),
    "a chain behind": lambda m: m.graph.elementwise("tanh", m.sum(m.product(), m.product())),
}
WITH_A_BASE = ("a scatter before", "a scatter behind", "a sum before")


def gemms(source):
    """The last but two operands of the calls of BLAS: 'zero' where a product is written."""
    return [line.split(", ")[-3] for line in re.findall(r"gemm\((.*)\)\n", source)]


def code_of(graph):
    return SourceWriter(graph, "sums").source()


@pytest.mark.parametrize(("run", "dtype"), [*zip(RUNS, ["float64", "float32"])])
@pytest.mark.parametrize("name", SUMS)
def test_sums_of_products_are_what_they_mean(name, dtype, run):
    made = Made(dtype=dtype)
    case = made.case(SUMS[name](made))
    case.check(run(case))


@pytest.mark.parametrize("name", SUMS)
def test_graphs_with_sums_of_products_keep_to_what_a_graph_is(name):
    made = Made()
    case = made.case(SUMS[name](made))
    found = accumulated(case.graph)
    assert any(value.kind == "gemm" for value in found.needed())
    case.check(Case(found, case.arguments).evaluated())


@pytest.mark.parametrize("name", SUMS)
def test_only_the_first_product_is_written_by_itself(name):
    made = Made()
    case = made.case(SUMS[name](made))
    source = code_of(case.graph)
    first = 0 if name in WITH_A_BASE else 1
    assert gemms(source.text).count("zero") == first
    assert gemms(source.text).count("one") == len(gemms(source.text)) - first
    assert {each.position for each in source.buffers.of.values() if each.kind == "temporary"} <= {0}


@pytest.mark.parametrize("run", RUNS)
@pytest.mark.parametrize("shape", [(2, 4, 3), (2, 2, 3, 1), (1, 7), (6, 1), (1, 1), (3, 2)])
def test_stacks_and_narrow_matrices(shape, run):
    for terms in (2, 3):
        for turned in (False, True):
            made = Made(shape, inner=2)
            if len(shape) > 3 and turned:
                continue
            case = made.case(made.sum(*[made.product(turned) for _ in range(terms)]))
            case.check(run(case))


@pytest.mark.parametrize("run", RUNS)
def test_the_place_of_a_sum_that_stays_takes_all_of_it(run):
    made = Made()
    total = made.sum(made.product(), made.product(True), made.product())
    case = made.case(total, made.graph.elementwise("exp", total))
    source = code_of(case.graph)
    assert source.temporary == 0
    assert gemms(source.text) == ["zero", "one", "one"]
    case.check(run(case))


KEPT = {
    "used twice": lambda m: lambda p: [m.sum(p, m.product()), m.graph.elementwise("exp", p)],
    "a result": lambda m: lambda p: [m.sum(m.product(), p), p],
    "twice in a sum": lambda m: lambda p: [m.sum(p, p)],
    "beside an argument": lambda m: lambda p: [m.sum(p, m.leaf(4, 3))],
    "beside an element": lambda m: lambda p: [m.sum(p, m.graph.elementwise("exp", m.leaf(4, 3)))],
    "in a sum used twice": lambda m: (
        lambda p: (lambda s: [m.sum(s, m.product()), m.graph.elementwise("exp", s)])(
            m.sum(p, m.leaf(4, 3))
        )
    ),
    "beside a product of nothing": lambda m: lambda p: [m.sum(p, m.product(inner=0))],
    "times 0": lambda m: lambda p: [m.sum(m.product(), m.scaled(p, 0.0))],
    "times infinity": lambda m: lambda p: [m.sum(m.product(), m.scaled(p, float("inf")))],
    "a product of it": lambda m: lambda p: [m.sum(m.product(), m.graph.elementwise("mul", p, p))],
}


@pytest.mark.parametrize("run", RUNS)
@pytest.mark.parametrize("name", KEPT)
def test_what_is_needed_by_itself_stays(name, run):
    made = Made()
    case = made.case(*KEPT[name](made)(made.product()))
    assert "one" not in gemms(code_of(case.graph).text)
    case.check(run(case))


@pytest.mark.parametrize("run", RUNS)
@pytest.mark.parametrize("kind", ["memory", "scatter", "sum"])
def test_what_is_read_again_is_not_added_to(kind, run):
    made = Made()
    bases = {
        "memory": lambda: made.graph.captured((4, 3), "float64"),
        "scatter": made.scattered,
        "sum": lambda: made.graph.reduce("add", made.leaf(2, 4, 3), (0,)),
    }
    base = bases[kind]()
    total = made.sum(base, made.product())
    case = made.case(made.graph.elementwise("mul", base, made.graph.elementwise("exp", total)))
    if kind == "memory":
        made.graph.memories[0].after = total
        case.captured.append(np.ones((4, 3)))
    assert gemms(code_of(case.graph).text) == ["zero"]
    case.check(run(case))


def test_matrices_of_other_shapes_stay_apart():
    made = Made((3, 3))
    row = made.graph.value("matmul", (made.leaf(1, 5), made.leaf(5, 3)), (), (1, 3), "float64")
    column = made.graph.value("matmul", (made.leaf(3, 5), made.leaf(5, 1)), (), (3, 1), "float64")
    beside = made.graph.value("matmul", (made.leaf(3, 5), made.leaf(5, 1)), (), (3, 1), "float64")
    along = made.graph.view(beside, (3,), (1,))
    case = made.case(made.sum(row, column, along))
    assert gemms(code_of(case.graph).text) == ["zero"] * 3
    case.check(source_runner.run(case))


@pytest.mark.parametrize("run", RUNS)
def test_rows_that_are_added_to_all_rows(run):
    made = Made((1, 3))
    rows = made.sum(made.product(), made.leaf(3)), made.product()
    case = made.case(made.sum(rows[0], made.leaf(4, 1), rows[1], made.leaf(4, 3)))
    assert gemms(code_of(case.graph).text) == ["zero", "one"]
    case.check(Case(accumulated(case.graph), case.arguments).evaluated())
    case.check(run(case))


def test_arguments_and_memory_are_never_added_to():
    made = Made()
    memory = made.graph.captured((4, 3), "float64")
    total = made.sum(memory, made.product(), made.product())
    made.graph.memories[0].after = total
    case = made.case(made.sum(made.leaf(4, 3), made.product(), made.product()), memory)
    case.captured.append(np.ones((4, 3)))
    before = [each.copy() for each in case.arguments]
    for run in RUNS:
        case.check(run(case))
    for old, new in zip(before, case.arguments, strict=True):
        np.testing.assert_array_equal(old, new)


@pytest.mark.parametrize("run", RUNS)
@pytest.mark.parametrize("is_turned", [False, True])
def test_memory_that_a_product_is_added_to_is_added_to_where_it_lies(is_turned, run):
    made = Made()
    memory = made.graph.captured((4, 3), "float64")
    total = made.sum(memory, made.product(is_turned))
    made.graph.memories[0].after = total
    case = made.case(made.graph.elementwise("exp", total))
    case.captured.append(np.ones((4, 3)))
    source = code_of(case.graph)
    assert gemms(source.text) == ["one"]
    assert source.temporary == 0
    assert source.buffers.copies == []
    case.check(run(case))


@pytest.mark.parametrize("run", RUNS)
@pytest.mark.parametrize("holds", [True, False])
def test_memory_is_not_added_to_before_everything_is_decided(holds, run):
    made = Made()
    memory = made.graph.captured((4, 3), "float64")
    made.graph.memories[0].after = made.sum(memory, made.product())
    case = made.case()
    case.captured.append(np.ones((4, 3)))
    late = made.graph.reduce("maximum", made.graph.memories[0].after, (0, 1))
    truth = made.graph.elementwise("greater", late, made.graph.constant(0.0, "float64"))
    made.graph.checks.append(Check(truth, holds))
    found = run(case)  # which looks whether memory has stayed as it was, where a decision failed
    assert (found is not None) == holds
    if found is not None:
        case.check(found)


@settings(max_examples=100, suppress_health_check=unhurried)
@given(graphs(kinds=PRODUCTS))
@pytest.mark.filterwarnings("ignore:overflow encountered in cast:RuntimeWarning")
def test_random_sums_mean_the_same_and_the_given_graph_stays_as_it_is(case):
    text = str(GraphView(case.graph))
    found = accumulated(case.graph)
    assert str(GraphView(case.graph)) == text
    case.check(Case(found, case.arguments, case.captured, case.numbers).evaluated())
    numbers = [value.number for value in found.needed()]
    assert len({*numbers}) == len(numbers)
    for value in found.needed():
        assert all(operand.number < value.number for operand in value.operands)


@settings(max_examples=100, suppress_health_check=unhurried)
@given(graphs(kinds=PRODUCTS))
@pytest.mark.filterwarnings("ignore:overflow encountered in cast:RuntimeWarning")
def test_code_of_random_sums(case):
    found = source_runner.run(case)
    if found is not None:
        case.check(found)


@pytest.mark.parametrize("run", RUNS)
def test_a_product_of_one_number_is_there_until_it_has_been_read(run):
    made = Made((1, 1))
    wide = made.leaf(1, 4)
    case = made.case(made.sum(wide, made.product(), made.product()))
    case.check(run(case))


# Whole steps


def uses_of_a_weight():
    """Functions of an input ``(6, 8)`` and a weight ``(8, 8)`` that use it again and again."""

    def tied(x, w):
        return F.linear(F.linear(x, w[:5]).tanh(), w[:5].T)

    def transposed(x, w):
        return (x @ w.T).tanh() @ w

    def shared(x, w):
        for _ in range(3):
            x = F.linear(x, w).tanh()
        return x

    def recurrent(x, w):
        state = x
        for k in range(3):
            state = (F.linear(x + k, w) + F.linear(state, w.T)).tanh()
        return state

    def both(x, w):
        return F.linear(x, w) * (x @ w).sigmoid()

    def stacked(x, w):
        x = F.linear(x.reshape(2, 3, 8), w)
        return F.linear(x, w) * F.linear(x, w.T).tanh() + F.linear(x, w)

    def once(x, w):
        return x @ w.T.exp()

    return [tied, transposed, shared, recurrent, both, stacked, once]


def trained(function, dtype, compiled, rows=6, width=8, steps=12):
    """The losses and the weight of some steps."""
    rng = np.random.default_rng(3)
    x = twingrad.tensor(rng.normal(size=(rows, width)).astype(dtype))
    w = twingrad.tensor((0.3 * rng.normal(size=(width, width))).astype(dtype), requires_grad=True)
    optimizer = optim.Adam([w], lr=0.01)

    def step(x):
        optimizer.zero_grad()
        loss = (function(x, w) - 0.5).square().mean()
        loss.backward()
        optimizer.step()
        return loss

    step = twingrad.compile(step) if compiled else step
    losses = [step(x).item() for _ in range(steps)]
    return losses, w.detach().numpy(), w.grad.numpy(), step


@pytest.mark.parametrize(("dtype", "close"), [("float64", 1e-10), ("float32", 2e-4)])
@pytest.mark.parametrize("function", uses_of_a_weight(), ids=lambda each: each.__name__)
def test_a_weight_that_is_used_several_times(function, dtype, close):
    losses, weight, gradient, _ = trained(function, dtype, False)
    found = trained(function, dtype, True)
    np.testing.assert_allclose(found[0], losses, rtol=close)
    np.testing.assert_allclose(found[1], weight, rtol=close, atol=close)
    np.testing.assert_allclose(found[2], gradient, rtol=close, atol=close)


@pytest.mark.parametrize("function", uses_of_a_weight()[1:5], ids=lambda each: each.__name__)
def test_the_gradient_of_a_weight_is_added_up_by_products(function):
    source = trained(function, "float64", True, steps=2)[3].source
    added = re.findall(r"^    # (\w+) = (\w+) \+ \S+ @ \S+$", source, re.M)
    assert added[-1][0] == "gradient_of_memory_1"
    assert "one, gradient_of_memory_1" in source


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_gradients_that_are_there_are_added_to(dtype):
    def trained(compiled):
        rng = np.random.default_rng(5)
        x = twingrad.tensor(rng.normal(size=(6, 4)).astype(dtype))
        y = twingrad.tensor(rng.integers(0, 3, 6))
        w = twingrad.tensor(rng.normal(size=(3, 4)).astype(dtype), requires_grad=True)

        def step(x, y):
            F.cross_entropy(F.linear(x, w), y).backward()

        taken = twingrad.compile(step) if compiled else step
        for _ in range(6):
            taken(x, y)
        return w.grad.numpy(), taken

    found, step = trained(True)
    np.testing.assert_allclose(found, trained(False)[0], rtol=20 * np.finfo(dtype).eps, atol=1e-6)
    assert re.search(r"# (memory_\d|gradient\w*) = \1 \+ \S+ @ x\n.*one, \1, 4\)", step.source)


def test_tiles_add_to_their_own_part():
    """Threads share large products; a tile is added to what the same tile has written."""
    function = uses_of_a_weight()[1]
    losses, weight, *_ = trained(function, "float64", False, 200, 260, 3)
    *found, _, step = trained(function, "float64", True, 200, 260, 3)
    assert step.source.count("shared(") >= 5
    assert "one, moved(gradient_of_memory_1, start)" in step.source
    np.testing.assert_allclose(found[0], losses, rtol=1e-10)
    np.testing.assert_allclose(found[1], weight, rtol=1e-10, atol=1e-10)
    again = trained(function, "float64", True, 200, 260, 3)
    np.testing.assert_array_equal(again[1], found[1])


@pytest.mark.parametrize("shape", [(300, 200), (200, 300)])
def test_tiles_of_transposed_products(shape):
    rng = np.random.default_rng(4)
    rows, columns = shape
    a, b, c, d = (
        twingrad.tensor(rng.normal(size=s))
        for s in ((rows, 90), (90, columns), (columns, 90), (90, rows))
    )

    def once(a, c):
        return (a @ b) + (c @ d).T

    compiled = twingrad.compile(once)
    compiled(a, c)
    np.testing.assert_allclose(compiled(a, c).numpy(), once(a, c).numpy(), rtol=1e-10, atol=1e-10)
    assert re.search(r"# result = \w+ \+ \w+\.T @ c\.T\n *shared\(", compiled.source)


def test_what_a_sum_of_products_costs_is_that_of_its_products():
    step = trained(uses_of_a_weight()[1], "float64", True, steps=2)[3]
    explained = step.explain()
    multiplying = [work for work in explained.works if work.products]
    assert len(multiplying) == 5
    assert sum(work.flops for work in multiplying) == 5 * 2 * 6 * 8 * 8
    added = multiplying[-1]
    assert added.what.endswith("@ x")
    assert added.bytes_written == 8 * 8 * 8
    assert added.bytes_read == added.bytes_written + 2 * 6 * 8 * 8


def test_a_transposed_product_is_counted_as_the_product_that_is_computed():
    made = Made()
    (found,) = accumulated(made.case(made.product(True)).graph).results
    assert products(found) == {Product(4, 3, 5, "float64", True, True): 1}
