"""From a formula to the code that runs on arrays: programs, NumPy kernels, compiled loops."""

import json
import os
import subprocess
import sys
import threading

import numpy as np
import pytest

from twingrad import formula
from twingrad.engine import code_cache
from twingrad.engine.expression import parse
from twingrad.engine.formulas import table
from twingrad.tensor import Tensor
from twingrad.tensor.dtypes import float32, float64
from twingrad.tensor.kernels import tiers
from twingrad.tensor.kernels.loops import is_worthwhile, loop_source, split
from twingrad.tensor.kernels.numpy_code import program_kernel, value_kernel
from twingrad.tensor.kernels.program import Constant, gradient_program, value_program
from twingrad.tensor.kernels.tiers import TieredProgram

WORTHWHILE = [
    (name, part)
    for name, row in table.items()
    for part in ("value", *range(len(row.partials)))
    if is_worthwhile(
        value_program(row.arguments, row.value)
        if part == "value"
        else gradient_program(row.arguments, [row.partials[part]])
    )
]


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """A cache folder of one's own."""
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    return tmp_path


def program_of(name, part):
    row = table[name]
    if part == "value":
        return value_program(row.arguments, row.value)
    return gradient_program(row.arguments, [row.partials[part]])


def test_a_formula_becomes_steps():
    program = gradient_program(["x"], [parse("1 - out * out")])
    steps = [(step.target, step.function, step.operands) for step in program.steps]
    assert steps == [
        ("t1", "mul", ("out", "out")),
        ("t2", "sub", (Constant(1.0), "t1")),
        ("t3", "mul", ("__gradient__", "t2")),
    ]
    assert program.results == ("t3",)
    assert program.used == {"__gradient__", "out"}


def test_a_step_that_occurs_twice_is_taken_once():
    program = value_program(["x"], parse("exp(x) / (1 + exp(x))"))
    assert [step.function for step in program.steps] == ["exp", "add", "div"]


def test_constants_are_computed_beforehand():
    program = value_program(["x"], parse("x * sqrt(2 / pi)"))
    (step,) = program.steps
    assert step.operands == ("a0", Constant((2 / np.pi) ** 0.5))


def test_a_slope_of_one_hands_the_gradient_on():
    assert gradient_program(["a", "b"], [parse("1"), parse("-1")]).results[0] == "__gradient__"


def test_a_single_step_is_the_function_of_numpy():
    assert value_kernel(program_of("mul", "value"), float32, "mul") is np.multiply
    assert value_kernel(program_of("tanh", "value"), float32, "tanh") is np.tanh


def test_relu_is_one_maximum_and_passes_nan():
    program = program_of("relu", "value")
    assert [step.function for step in program.steps] == ["maximum"]
    kernel = value_kernel(program, float64, "relu")
    assert kernel(np.array([-1.0, 2.0])).tolist() == [0.0, 2.0]
    assert np.isnan(kernel(np.array([np.nan])))


def test_exponentials_stay_before_the_loop():
    parts = split(program_of("sigmoid", "value"))
    assert {step.function for step in parts.before.steps} == {"neg", "exp"}
    assert "exp" not in {step.function for step in parts.loop.steps}
    assert parts.loop.is_exact


@pytest.mark.parametrize(("name", "part"), WORTHWHILE)
@pytest.mark.parametrize("dtype", [float32, float64], ids=str)
def test_a_compiled_loop_gives_the_bits_of_numpy(name, part, dtype):
    """The loop is run as Python here, element by element; Numba compiles the same text."""
    program = program_of(name, part)
    generator = np.random.default_rng(3)
    special = [0.0, -0.0, 1.0, -1.0, 3.0, -3.0, 6.0, np.inf, -np.inf, np.nan, 1e4, -1e4]
    columns = [
        np.concatenate([generator.permutation(special), generator.normal(size=50) * 3]).astype(
            dtype
        )
        for _ in program.arguments
    ]
    with np.errstate(all="ignore"):
        expected = program_kernel(program, dtype, name)(*columns)
        parts = split(program)
        named = dict(zip(program.arguments, columns, strict=True))
        before = program_kernel(parts.before, dtype, name)(*columns)
        named |= zip(parts.before.results, before, strict=True)
        namespace = {}
        exec(loop_source(parts.loop, dtype, ()), namespace)
        results = [np.empty(columns[0].shape, dtype) for _ in program.results]
        namespace["kernel"](*[named[each] for each in parts.loop.arguments], *results)
    for own, other in zip(results, expected, strict=True):
        np.testing.assert_array_equal(own, np.broadcast_to(other, own.shape))


def compiled_now(name, part, dtype, numbers=frozenset()):
    tiered = TieredProgram(program_of(name, part), dtype, name)
    tiered.compile(numbers)
    return tiered


@pytest.mark.parametrize(
    ("name", "part"), [("sigmoid", "value"), ("tanh", 0), ("relu", 0), ("silu", 0), ("div", 1)]
)
@pytest.mark.parametrize("dtype", [float32, float64], ids=str)
def test_numba_gives_the_bits_of_numpy(cache, name, part, dtype):
    tiered = compiled_now(name, part, dtype)
    generator = np.random.default_rng(3)
    arrays = [(generator.normal(size=(7, 9)) * 5).astype(dtype) for _ in tiered._program.arguments]
    arrays[0].flat[:4] = np.inf, -np.inf, np.nan, 0.0
    with np.errstate(all="ignore"):
        expected = program_kernel(tiered._program, dtype, name)(*arrays)
        found = tiered(arrays)
    assert found is not None
    np.testing.assert_array_equal(found[0], expected[0])
    assert found[0].dtype == dtype


def test_single_numbers_have_a_loop_of_their_own(cache):
    tiered = compiled_now("leaky_relu", "value", float32, frozenset({"a1"}))
    x = np.linspace(-1, 1, 11, dtype="f")
    (found,) = tiered((x, np.array(0.5, "f")))
    np.testing.assert_array_equal(found, np.where(x > 0, x, np.float32(0.5) * x))
    assert tiered((x, x)) is None


def test_what_a_loop_is_not_made_for_is_left_to_numpy(cache):
    tiered = compiled_now("tanh", 0, float32)
    x = np.zeros((4, 6), "f")
    assert tiered((x, None, x)) is not None
    assert tiered((x[:, ::2], None, x[:, ::2])) is None
    assert tiered((x.T, None, x.T)) is None
    assert tiered((x[:1], None, x)) is None
    assert tiered((x, None, x.astype("d"))) is None


def test_much_work_brings_the_loop_in_and_does_not_change_a_bit(cache, monkeypatch):
    monkeypatch.setattr(tiers, "PATIENCE", 50_000)
    own = formula(
        "bent", "x", "x if x > 0.25 else x * x if x > 0 else -x", "1 if x > 0.25 else 2*x"
    )
    try:
        x = Tensor(np.linspace(-1, 1, 10_000), requires_grad=True)

        def run():
            x.grad = None
            y = own(x)
            (y * y).sum().backward()
            return y.detach().numpy().copy(), x.grad.numpy().copy()

        first = run()
        for _ in range(20):
            run()
        waited = threading.Event()
        for _ in range(600):
            if all(t.loops for t in tiered_programs(own)):
                break
            waited.wait(0.1)
        assert all(t.loops for t in tiered_programs(own)), "no loop was compiled"
        for before, after in zip(first, run(), strict=True):
            np.testing.assert_array_equal(before, after)
    finally:
        own.remove()


def tiered_programs(row):
    """The tiered programs behind a row's float64 kernels."""
    from twingrad.tensor.kernels.elementwise import rows

    kernels = rows[row].kernels[float64]
    functions = [kernels.value, *[each.array_contributions for each in kernels.applied.values()]]
    found = [function.__globals__.get("__large__") for function in functions]
    return [each for each in found if each is not None]


def test_a_small_program_never_loads_the_compiler():
    code = (
        "import sys, numpy as np; from twingrad import Tensor\n"
        "x = Tensor(np.ones((16, 16), 'f'), requires_grad=True)\n"
        "for _ in range(50): (x * x + x).tanh().sum().backward()\n"
        "print('numba' in sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "False"


SOURCE = "def kernel(x, result):\n    for i in range(result.size):\n        result[i] = x[i] + {}\n"
SIGNATURE = "void(float64[::1], float64[::1])"


def result_of(kernel):
    result = np.empty(3)
    kernel(np.zeros(3), result)
    return result.tolist()


def entry(cache):
    (folder,) = (cache / "twingrad").iterdir()
    return folder


@pytest.fixture(params=["set", "not set"])
def either_cache(request, tmp_path, monkeypatch):
    """A cache folder, with Numba's own beside it or in it."""
    import numba

    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    numba_folder = str(tmp_path / "numba") if request.param == "set" else ""
    monkeypatch.setattr(numba.config, "CACHE_DIR", numba_folder)
    return tmp_path


def test_a_kernel_is_kept_for_the_next_process(cache):
    code = (
        "from twingrad.engine import code_cache; import numpy as np\n"
        f"kernel = code_cache.compiled({SOURCE.format(2)!r}, {SIGNATURE!r})\n"
        "r = np.empty(3); kernel(np.zeros(3), r)\n"
        "print(r.tolist(), sum(kernel.stats.cache_hits.values()))"
    )
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(cache)}
    outputs = [
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True,
            env=environment,
        ).stdout.strip()
        for _ in range(2)
    ]  # fmt: skip
    assert outputs == ["[2.0, 2.0, 2.0] 0", "[2.0, 2.0, 2.0] 1"]


DAMAGES = {
    "cut short": lambda file: file.write_bytes(file.read_bytes()[: len(file.read_bytes()) // 2]),
    "empty": lambda file: file.write_bytes(b""),
    "one byte changed": lambda file: file.write_bytes(
        file.read_bytes()[:100] + b"\x00\xff" + file.read_bytes()[102:]
    ),
    "gone": lambda file: file.unlink(),
}


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("suffix", [".nbi", ".nbc", ".json", ".py"])
def test_a_damaged_entry_is_made_again(either_cache, damage, suffix):
    cache = either_cache
    code_cache.compiled(SOURCE.format(3), SIGNATURE)
    files = list(cache.rglob(f"*{suffix}"))
    assert files
    for file in files:
        DAMAGES[damage](file)
    assert result_of(code_cache.compiled(SOURCE.format(3), SIGNATURE)) == [3.0, 3.0, 3.0]
    assert result_of(code_cache.compiled(SOURCE.format(3), SIGNATURE)) == [3.0, 3.0, 3.0]
    assert json.loads((entry(cache) / "checksums.json").read_text())


def test_without_a_folder_to_write_to_a_kernel_is_compiled_all_the_same(tmp_path, monkeypatch):
    blocked = tmp_path / "file"
    blocked.write_text("")
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(blocked))
    assert result_of(code_cache.compiled(SOURCE.format(4), SIGNATURE)) == [4.0, 4.0, 4.0]


def test_two_processes_may_make_the_same_kernel_at_once(cache):
    code = (
        "from twingrad.engine import code_cache; import numpy as np\n"
        f"kernel = code_cache.compiled({SOURCE.format(5)!r}, {SIGNATURE!r})\n"
        "r = np.empty(3); kernel(np.zeros(3), r); print(r.tolist())"
    )
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(cache)}
    running = [
        subprocess.Popen(
            [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True, env=environment,
        )
        for _ in range(3)
    ]  # fmt: skip
    for process in running:
        output, errors = process.communicate()
        assert output.strip() == "[5.0, 5.0, 5.0]", errors
    assert result_of(code_cache.compiled(SOURCE.format(5), SIGNATURE)) == [5.0, 5.0, 5.0]


def test_the_cache_folder_follows_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    assert code_cache.cache_folder() == tmp_path / "twingrad"
    monkeypatch.delenv("NUMBA_CACHE_DIR")
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert code_cache.cache_folder() == tmp_path / "xdg" / "twingrad"
