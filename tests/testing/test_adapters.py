"""Functions of other libraries as subjects of a check."""

import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest

import twingrad as tg
from support.subjects import cotangents_of, pulled, verdict
from twingrad.testing import Verdict, gradcheck
from twingrad.testing.adapters import from_autograd, from_jax, from_numpy, from_torch
from twingrad.testing.adapters.torch_functions import Torch
from twingrad.testing.snippets import snippet
from twingrad.testing.subjects import subject_of

X = np.array([[0.1, -0.7, 1.3], [0.4, 2.0, -0.2]])
W = np.array([0.5, -1.5, 2.5])


@pytest.fixture
def torch():
    return pytest.importorskip("torch", reason="PyTorch is not installed: pip install torch")


@pytest.fixture
def jax():
    return pytest.importorskip("jax", reason="JAX is not installed: pip install jax")


@pytest.fixture
def autograd():
    return pytest.importorskip("autograd", reason="autograd is not installed: pip install autograd")


def loss(module):
    """The same function in every library that imitates NumPy."""

    def f(x, batch):
        hidden = module.tanh(x * batch["w"])
        return {"loss": hidden.sum(), "parts": (hidden * batch["scale"], x[0])}

    return f


def complex_slope(subject):
    """The derivative along ones, from one complex step."""
    arrays = [each + 1e-30j for each in subject.inputs]
    return [each.imag / 1e-30 for each in subject.complex_values(arrays)]


LIBRARIES = ["torch", "jax", "autograd"]


@pytest.fixture(params=LIBRARIES)
def wrapped(request):
    """The function of a library, ready to be checked."""
    library = request.getfixturevalue(request.param)
    if request.param == "torch":
        return from_torch(loss(library))
    if request.param == "jax":
        return from_jax(loss(library.numpy))
    return from_autograd(loss(pytest.importorskip("autograd.numpy")))


class TestEveryLibrary:
    def test_all_its_derivatives_are_those_of_the_values(self, wrapped):
        subject = subject_of(wrapped, (X, {"w": W, "scale": 2.0}))
        assert subject.input_names == ("x", "batch['w']", "batch['scale']")
        assert subject.output_names() == ("f['loss']", "f['parts'][0]", "f['parts'][1]")
        assert {each.dtype.name for each in subject.values(subject.inputs)} == {"float64"}
        assert verdict(subject) is Verdict.OK
        ones = [np.ones_like(each) for each in subject.inputs]
        for step, pushed in zip(
            complex_slope(subject), subject.push(subject.inputs, ones), strict=True
        ):
            np.testing.assert_allclose(step, pushed, rtol=1e-12)

    def test_so_are_those_of_its_gradient(self, wrapped):
        derived = subject_of(wrapped, (X, {"w": W, "scale": 2.0})).derived()
        assert derived.output_names()[0] == "df/dx"
        assert verdict(derived) is Verdict.OK
        assert verdict(derived.derived()) is Verdict.OK

    def test_it_agrees_with_ours(self, wrapped):
        inputs = (X, {"w": W, "scale": 2.0})
        ours = pulled(subject_of(loss(tg), inputs))
        for own, other in zip(ours, pulled(subject_of(wrapped, inputs)), strict=True):
            np.testing.assert_allclose(own, other, rtol=1e-12)

    def test_float32_stays_and_is_precise_in_float64(self, wrapped):
        subject = subject_of(wrapped, (X.astype(np.float32), {"w": W.astype("f"), "scale": 2.0}))
        assert [each.dtype.name for each in subject.inputs] == ["float32", "float32", "float64"]
        assert pulled(subject)[0].dtype == np.float32
        assert verdict(subject.precise()) is Verdict.OK

    @pytest.mark.parametrize("shape", [(), (0,), (2, 0), (1,)], ids=str)
    def test_shapes_may_be_empty(self, wrapped, shape):
        subject = subject_of(
            type(wrapped)(lambda x, y: x * x * y, *list(vars(wrapped).values())[1:]),
            (np.full(shape, 3.0), 2.0),
        )
        assert [each.shape for each in pulled(subject)] == [shape, ()]
        assert verdict(subject) is Verdict.OK

    def test_an_input_that_is_not_used_has_zeros_or_nothing(self, wrapped):
        function = type(wrapped)(lambda x, y: x * 2.0, *list(vars(wrapped).values())[1:])
        gradient = pulled(subject_of(function, (X, X)))[1]
        assert gradient is None or not gradient.any()

    def test_nothing_is_written_to(self, wrapped):
        x, w = X.copy(), W.copy()
        subject = subject_of(wrapped, (x, {"w": w, "scale": 2.0}))
        passage = subject.passage([x, w, np.array(2.0)], cotangents_of(subject))
        np.testing.assert_array_equal(passage.inputs_after[0], X)
        np.testing.assert_array_equal(x, X)
        np.testing.assert_array_equal(w, W)

    def test_what_gives_no_operand_is_refused(self, wrapped):
        function = type(wrapped)(lambda x: "text", *list(vars(wrapped).values())[1:])
        with pytest.raises(TypeError, match=r"f must give a .* got str 'text'"):
            subject_of(function, (X,))
        with pytest.raises(ValueError, match=r"f must have an input .* got int"):
            subject_of(wrapped, (1,))


class TestTorch:
    def test_only_what_requires_a_gradient_is_differentiated_by(self, torch):
        w = torch.ones(3, requires_grad=True)
        subject = subject_of(from_torch(lambda x, w: x @ w), (torch.ones(2, 3), w))
        assert subject.input_names == ("w",)
        assert subject.inputs[0].dtype == np.float32
        assert w.grad is None

    def test_a_module_is_checked_with_its_parameters_and_left_as_it_was(self, torch):
        nn = torch.nn
        module = nn.Sequential(
            nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Tanh(), nn.Dropout(0.3), nn.Linear(4, 1)
        ).double()
        module[0].bias.grad = torch.ones(4, dtype=torch.float64)
        before = {name: each.clone() for name, each in module.state_dict().items()}
        pointers = [each.data_ptr() for each in module.parameters()]
        stream = torch.get_rng_state()
        subject = subject_of(from_torch(module), (np.vstack([X, X + 1, X * 2]),))
        assert subject.input_names[:3] == ("input", "0.weight", "0.bias")
        assert verdict(subject, projections=2) is Verdict.OK
        assert verdict(subject.derived(), projections=2) is Verdict.OK
        assert subject.push(subject.inputs, subject.inputs) is None
        cotangents = cotangents_of(subject)
        for twice, once in zip(
            subject.accumulated(subject.inputs, cotangents), pulled(subject), strict=True
        ):
            np.testing.assert_allclose(twice, 2 * once, rtol=1e-12)
        assert all(torch.equal(before[name], each) for name, each in module.state_dict().items())
        assert [each.data_ptr() for each in module.parameters()] == pointers
        assert torch.equal(module[0].bias.grad, torch.ones(4, dtype=torch.float64))
        assert torch.equal(torch.get_rng_state(), stream)

    def test_precise_modules_are_float64_for_a_moment(self, torch):
        module = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4))
        module[0].weight.grad = torch.ones(4, 3)
        before = [each.data_ptr() for each in module.parameters()]
        precise = subject_of(from_torch(module), (X.astype(np.float32),)).precise()
        assert precise.values(precise.inputs)[0].dtype == np.float64
        assert verdict(precise) is Verdict.OK
        assert [each.data_ptr() for each in module.parameters()] == before
        assert {each.dtype for each in module.parameters()} == {torch.float32}

    def test_leaves_of_a_closure_are_inputs(self, torch):
        w = torch.tensor(W, requires_grad=True)
        wrapped = from_torch(lambda x: (x * w).sin())
        for parameters in ({"w": w}, [w], iter([w]), w):
            subject = subject_of(wrapped, (X,), parameters=parameters)
            assert verdict(subject) is Verdict.OK
        assert w.tolist() == W.tolist()
        with pytest.raises(ValueError, match="must be a leaf"):
            subject_of(wrapped, (X,), parameters=[w * 2])
        with pytest.raises(TypeError, match=r"parameters\[0\] must be a torch.Tensor .* ndarray"):
            subject_of(wrapped, (X,), parameters=[W])

    def test_a_waiting_graph_is_not_disturbed(self, torch):
        w = torch.tensor(W, requires_grad=True)
        loss = (w * w).sum()
        subject = subject_of(from_torch(lambda x: x * w), (X,), parameters=[w])
        subject.values([each + 1 for each in subject.inputs])
        loss.backward()
        np.testing.assert_allclose(w.grad.numpy(), 2 * W)

    def test_a_function_without_forward_mode_has_none(self, torch):
        class Square(torch.autograd.Function):
            @staticmethod
            def forward(ctx, x):
                ctx.save_for_backward(x)
                return x * x

            @staticmethod
            def backward(ctx, gradient):
                return gradient * 2 * ctx.saved_tensors[0]

        subject = subject_of(from_torch(lambda x: Square.apply(x)), (X,))
        assert subject.push([X], [X]) is None
        assert verdict(subject) is Verdict.OK
        assert verdict(subject.derived()) is Verdict.OK

    def test_a_gradient_that_cannot_be_differentiated_is_told_from_zero(self, torch):
        class Once(torch.autograd.Function):
            @staticmethod
            def forward(ctx, x):
                ctx.save_for_backward(x)
                return x * x

            @staticmethod
            @torch.autograd.function.once_differentiable
            def backward(ctx, gradient):
                return gradient * 2 * ctx.saved_tensors[0]

        subject = subject_of(from_torch(lambda x, y: Once.apply(x) * y), (X, X))
        assert verdict(subject) is Verdict.OK
        with pytest.raises(TypeError, match="marked with @once_differentiable"):
            pulled(subject.derived())

    def test_graphs_of_torch_are_no_graphs_of_ours(self, torch):
        assert subject_of(from_torch(torch.tanh), (X,)).roots() == []

    def test_what_runs_on_another_device_goes_there(self, torch):
        like = torch.ones(2, dtype=torch.float64, device="meta")
        moved = Torch(torch).leaf(np.ones(2), like)
        assert moved.device.type == "meta"

    def test_a_function_that_is_not_defined_at_complex_numbers_gives_none(self, torch):
        for function in (torch.relu, lambda x: x.abs(), lambda x: x.double().exp()):
            subject = subject_of(from_torch(function), (X,))
            assert subject.complex_values([X + 1e-30j]) is None

    def test_non_contiguous_and_pending_are_offered(self, torch):
        class Stale(torch.autograd.Function):
            @staticmethod
            def forward(ctx, x):
                Stale.last = x
                return x * x

            @staticmethod
            def backward(ctx, gradient):
                return gradient * 2 * Stale.last

        subject = subject_of(from_torch(lambda x: Stale.apply(x)), (X,))
        ones = [np.ones_like(X)]
        assert not np.allclose(subject.pending([X], [3 * X], ones)[0], pulled(subject)[0])
        values, gradients = subject.scattered([X], ones)
        np.testing.assert_allclose(values[0], X * X)
        np.testing.assert_allclose(gradients[0], 2 * X)

    def test_modules_and_tensors_that_are_not_wrapped_are_told_so(self, torch):
        with pytest.raises(TypeError, match=r"testing.from_torch\(f\)"):
            subject_of(torch.nn.Linear(3, 1), (X,))
        with pytest.raises(TypeError, match=r"an input must be of twingrad .* got torch.Tensor"):
            subject_of(lambda batch: batch["x"], ({"x": torch.ones(2)},))


class TestJax:
    def test_float64_does_not_become_float32(self, jax):
        subject = subject_of(from_jax(jax.numpy.exp), (np.array([1 + 1e-12]),))
        assert subject.values(subject.inputs)[0] == pytest.approx(np.exp(1 + 1e-12), rel=1e-15)
        assert jax.numpy.ones(2).dtype == np.float32

    def test_a_custom_vjp_has_no_forward_mode(self, jax):
        @jax.custom_vjp
        def square(x):
            return x * x

        square.defvjp(lambda x: (x * x, x), lambda x, gradient: (2 * x * gradient,))
        subject = subject_of(from_jax(square), (X,))
        assert subject.push([X], [X]) is None
        assert subject.name == "square"
        assert verdict(subject) is Verdict.OK
        assert verdict(subject.derived()) is Verdict.OK

    def test_arrays_and_numbers_of_jax_are_inputs(self, jax):
        inputs = (jax.numpy.ones(2), jax.numpy.arange(2), 3)
        subject = subject_of(from_jax(lambda x, k, n: x[k] * n), inputs)
        assert subject.input_names == ("x",)
        assert subject.inputs[0].dtype == np.float32

    def test_compiled_functions_are_checked(self, jax):
        assert verdict(subject_of(from_jax(jax.jit(jax.numpy.sin)), (X,))) is Verdict.OK

    def test_parameters_are_refused(self, jax):
        with pytest.raises(TypeError, match="parameters must be left out for functions of JAX"):
            subject_of(from_jax(jax.numpy.exp), (X,), parameters=[X])

    def test_it_has_no_graph_that_could_be_looked_into(self, jax):
        subject = subject_of(from_jax(jax.numpy.exp), (X,))
        assert subject.roots() == []
        assert subject.pending([X], [X], [X]) is None
        assert subject.accumulated([X], [X]) is None
        assert subject.scattered([X], [X]) is None

    def test_arrays_that_are_not_wrapped_are_told_so(self, jax):
        with pytest.raises(TypeError, match=r"testing.from_jax\(f\)"):
            subject_of(lambda x: x, (jax.numpy.ones(2),))


class TestAutograd:
    def test_a_primitive_without_forward_rule_has_none(self, autograd):
        extend = pytest.importorskip("autograd.extend")
        square = extend.primitive(lambda x: x * x)
        extend.defvjp(square, lambda ans, x: lambda gradient: 2 * x * gradient)
        subject = subject_of(from_autograd(lambda x: square(x)), (X,))
        assert subject.push([X], [X]) is None
        assert verdict(subject) is Verdict.OK

    def test_random_numbers_are_the_same_and_put_back(self, autograd):
        np.random.seed(3)
        expected = np.random.random(4).tolist()
        np.random.seed(3)
        subject = subject_of(from_autograd(lambda x: x * np.random.random(x.shape)), (X,))
        assert verdict(subject) is Verdict.OK
        assert np.random.random(4).tolist() == expected


class TestNumpy:
    def test_a_gradient_is_that_of_the_sum(self):
        wrapped = from_numpy(np.tanh, lambda x: 1 - np.tanh(x) ** 2)
        subject = subject_of(wrapped, (X,))
        assert subject.output_names() == ("tanh.sum()",)
        assert subject.values([X])[0] == pytest.approx(np.tanh(X).sum())
        assert verdict(subject) is Verdict.OK
        np.testing.assert_allclose(subject.pull([X], [np.array(2.0)])[0], 2 / np.cosh(X) ** 2)

    def test_a_function_that_gives_one_number_keeps_its_name(self):
        subject = subject_of(from_numpy(lambda x: (x * x).sum(), lambda x: 2 * x), (X,))
        assert subject.output_names() == ("f",)
        assert verdict(subject) is Verdict.OK

    def test_there_is_one_gradient_for_each_input(self):
        def gradient(x, k, scale):
            return scale * np.eye(3)[k], None, x[k].sum()

        wrapped = from_numpy(lambda x, k, scale: x[k] * scale, gradient)
        subject = subject_of(wrapped, (W, np.array(1), 2.0))
        assert subject.input_names == ("x", "scale")
        assert verdict(subject) is Verdict.OK

    @pytest.mark.parametrize("form", [tuple, list])
    def test_integers_may_be_left_out_of_the_gradients(self, form):
        wrapped = from_numpy(lambda x, k: x * k, lambda x, k: form([np.full_like(x, k)]))
        assert verdict(subject_of(wrapped, (W, 3))) is Verdict.OK

    def test_none_is_no_gradient(self):
        wrapped = from_numpy(lambda x, y: x * 2, lambda x, y: (2 + 0 * x, None))
        assert pulled(subject_of(wrapped, (W, W)))[1] is None
        assert pulled(subject_of(from_numpy(np.sign, lambda x: None), (W,))) == [None]

    def test_a_list_is_a_gradient_too(self):
        wrapped = from_numpy(lambda x: x.sum(), lambda x: [1.0] * 3)
        assert verdict(subject_of(wrapped, (W,))) is Verdict.OK

    def test_a_vjp_has_cotangents_nested_like_the_results(self):
        def f(x, batch):
            return x * batch["w"], {"total": x.sum(), "count": 3}

        def vjp(cotangents, x, batch):
            of_product, rest = cotangents
            assert isinstance(rest["total"], float)
            assert rest["count"] == 0
            return (
                of_product * batch["w"] + rest["total"],
                {"w": (of_product * x).sum(0)},
            )

        def jvp(tangents, x, batch):
            dx, dbatch = tangents
            return dx * batch["w"] + x * dbatch["w"], {"total": dx.sum(), "count": 0}

        subject = subject_of(from_numpy(f, vjp=vjp, jvp=jvp), (X, {"w": W}))
        assert subject.output_names() == ("f[0]", "f[1]['total']")
        assert verdict(subject) is Verdict.OK
        assert complex_slope(subject)[1] == pytest.approx(6.0)

    def test_a_layer_that_remembers_its_input_is_run_before_its_gradient(self):
        layer = SimpleNamespace()

        def forward(x):
            layer.x = x
            return x * x

        wrapped = from_numpy(forward, vjp=lambda gradient, x: 2 * layer.x * gradient)
        subject = subject_of(wrapped, (X,))
        subject.values([X * 5])
        assert verdict(subject) is Verdict.OK
        ones = [np.ones_like(X)]
        assert not np.allclose(subject.pending([X], [3 * X], ones)[0], 2 * X)

    def test_what_is_written_to_and_shared_is_seen(self):
        def f(x):
            x += 1
            return x

        subject = subject_of(from_numpy(f, vjp=lambda gradient, x: gradient), (X,))
        passage = subject.passage([X], [np.ones_like(X)])
        np.testing.assert_array_equal(passage.inputs_after[0], X + 1)
        assert np.shares_memory(passage.gradients[0], passage.cotangents[0])
        assert np.shares_memory(passage.results[0], passage.inputs[0])
        np.testing.assert_array_equal(subject.inputs[0], X)

    def test_non_contiguous_inputs_are_offered(self):
        subject = subject_of(
            from_numpy(lambda x, s: x * s, lambda x, s: (s + 0 * x, x.sum())), (X, 2.0)
        )
        values, gradients = subject.scattered(subject.inputs, [np.array(1.0)])
        assert values[0] == pytest.approx(2 * X.sum())
        assert gradients[1] == pytest.approx(X.sum())

    def test_float32_is_precise_in_float64(self):
        wrapped = from_numpy(np.exp, np.exp)
        subject = subject_of(wrapped, (X.astype(np.float32),))
        assert pulled(subject)[0].dtype == np.float32
        assert subject.precise().values([X])[0].dtype == np.float64
        casts = from_numpy(lambda x: np.exp(x.astype("f")), np.exp)
        assert subject_of(casts, (X.astype(np.float32),)).precise() is None

    def test_random_numbers_are_the_same_and_put_back(self):
        np.random.seed(5)
        expected = np.random.random()
        np.random.seed(5)
        masks = []

        def noisy(x):
            masks.append(np.random.random(x.shape) > 0.5)
            return x * masks[-1]

        subject = subject_of(from_numpy(noisy, lambda x: masks[-1] * 1.0), (np.ones(30),))
        assert verdict(subject) is Verdict.OK
        assert all(np.array_equal(mask, masks[0]) for mask in masks)
        assert np.random.random() == expected

    def test_a_function_not_defined_at_complex_numbers_gives_none(self):
        for function in (np.abs, np.floor, lambda x: np.maximum(x, 0).real):
            subject = subject_of(from_numpy(function, np.sign), (X,))
            assert subject.complex_values([X + 1e-30j]) is None

    @pytest.mark.parametrize(
        ("make", "message"),
        [
            (lambda: from_numpy(3, np.cos), "from_numpy: function must be a function, got int"),
            (lambda: from_numpy(np.sin, 3), "from_numpy: gradient must be a function, got int"),
            (lambda: from_numpy(np.sin), "gradient or vjp must be given, got none"),
            (lambda: from_numpy(np.sin, np.cos, vjp=np.cos), "must be given, got both"),
            (lambda: subject_of(from_numpy(lambda x: 3, np.cos), (X,)), "got int 3: return an"),
            (lambda: subject_of(from_numpy(np.sin, np.cos), (X,)).derived(), "order must be 1"),
            (lambda: subject_of(from_numpy(np.sin, np.cos), (X,), parameters=[X]), "left out for"),
            (
                lambda: pulled(subject_of(from_numpy(np.add, lambda x, y: (x, y, x)), (X, X))),
                r"one array for each input \(x1, x2\), got 3: return a tuple of 2",
            ),
            (
                lambda: pulled(subject_of(from_numpy(np.add, lambda x, y: x), (X, X))),
                "got 1: return a tuple of 2",
            ),
            (
                lambda: pulled(subject_of(from_numpy(np.sin, lambda x: "cos"), (X,))),
                "gradient of sin must give real numbers, got dtype <U3 for x",
            ),
        ],
    )
    def test_misuse_is_said_in_one_sentence(self, make, message):
        with pytest.raises(TypeError, match=message) as caught:
            make()
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("wrap", "package"),
    [(from_torch, "torch"), (from_jax, "jax"), (from_autograd, "autograd")],
)
def test_a_library_that_is_not_installed_is_named_with_the_command(monkeypatch, wrap, package):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ModuleNotFoundError, match=f"needs {package}: pip install {package}"):
        wrap(abs)
    with pytest.raises(TypeError, match="function must be a function, got str 'f'"):
        wrap("f")


def test_a_failure_of_a_module_of_pytorch_is_shown_again_by_its_snippet(torch):
    torch.manual_seed(0)
    layers = [torch.nn.Linear(3, 2), torch.nn.Hardshrink(0.25), torch.nn.Flatten(0)]
    model = torch.nn.Sequential(*layers).double()
    x = torch.tensor(np.linspace(0.5, 2, 6).reshape(2, 3), requires_grad=True)
    report = gradcheck(from_torch(lambda x: model(x).detach() * x.sum()), x, raise_exception=False)
    code = report.snippet
    assert "to be filled in" not in code
    assert "    torch.nn.Hardshrink(0.25),\n" in code
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd="/")
    assert not report.ok
    assert f"GradientError: {str(report).splitlines()[0]}" in ran.stderr


def test_what_cannot_be_made_again_is_not_written_as_if_it_could(torch):
    class Doubled(torch.nn.Module):
        def __init__(self, layer):
            super().__init__()
            self.inner = layer

        def forward(self, x):
            return 2 * self.inner(x)

    code = snippet(from_torch(torch.nn.Sequential(Doubled(torch.nn.Tanh()))), [0.5])
    assert code.startswith("# to be filled in: model (Sequential)")
    assert "testing.gradcheck(testing.from_torch(model), 0.5)" in code
