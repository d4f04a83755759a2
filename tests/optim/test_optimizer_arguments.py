"""What optimizers refuse: options out of range, and what is no list of parameters."""

import numpy as np
import pytest

from twingrad import Array, Tensor, Value, nn, optim

KINDS = [
    *["ASGD", "Adadelta", "Adagrad", "Adam", "AdamW", "Adamax", "LBFGS", "Lion", "NAdam", "RAdam"],
    *["RMSprop", "Rprop", "SGD"],
]

OUT_OF_RANGE = [
    *[(kind, {"lr": -0.1}, "lr must be at least 0") for kind in KINDS],
    *[
        (kind, {"lr": lr}, "lr must be at least 0 and finite")
        for kind in ("SGD", "Adam")
        for lr in (float("nan"), float("inf"))
    ],
    *[
        (kind, {"betas": betas}, message)
        for kind in ("Adam", "AdamW", "NAdam", "RAdam", "Adamax", "Lion")
        for betas, message in [
            ((1.0, 0.9), r"betas\[0\] must be at least 0 and below 1"),
            ((0.9, 1.0), r"betas\[1\] must be at least 0 and below 1"),
            ((-0.1, 0.9), r"betas\[0\] must be at least 0 and below 1"),
            ((0.9,), "betas must be two numbers"),
            (0.9, "betas must be two numbers"),
        ]
    ],
    *[
        (kind, {"weight_decay": -1.0}, "weight_decay must be at least 0")
        for kind in KINDS
        if kind not in ("LBFGS", "Rprop")
    ],
    *[
        (kind, {"eps": -1e-8}, "eps must be at least 0")
        for kind in ("Adam", "AdamW", "NAdam", "RAdam", "Adamax", "Adagrad", "Adadelta", "RMSprop")
    ],
    ("SGD", {"momentum": -0.5}, "momentum must be at least 0"),
    ("SGD", {"dampening": float("inf")}, "dampening must be finite"),
    ("SGD", {"nesterov": True}, "nesterov needs a momentum above 0 and no dampening"),
    ("SGD", {"nesterov": True, "momentum": 0.9, "dampening": 0.1}, "nesterov needs"),
    ("NAdam", {"momentum_decay": -0.1}, "momentum_decay must be at least 0"),
    ("Adagrad", {"lr_decay": -0.1}, "lr_decay must be at least 0"),
    ("Adagrad", {"initial_accumulator_value": -1}, "initial_accumulator_value must be at least 0"),
    ("Adadelta", {"rho": 1.5}, "rho must be at least 0 and at most 1"),
    ("RMSprop", {"alpha": -0.5}, "alpha must be at least 0"),
    ("RMSprop", {"momentum": -0.5}, "momentum must be at least 0"),
    ("Rprop", {"etas": (0.5, 0.9)}, r"etas\[1\] must be above 1 and finite"),
    ("Rprop", {"etas": (0.0, 1.2)}, r"etas\[0\] must be above 0 and below 1"),
    ("Rprop", {"step_sizes": (2.0, 1.0)}, "step_sizes: least must not be above greatest"),
    ("Rprop", {"step_sizes": (-1.0, 1.0)}, r"step_sizes\[0\] must be at least 0 and finite"),
    ("ASGD", {"lambd": -0.1}, "lambd must be at least 0"),
    ("ASGD", {"t0": -1}, "t0 must be at least 0"),
]


@pytest.mark.parametrize(("kind", "options", "message"), OUT_OF_RANGE)
def test_options_out_of_range_are_refused(kind, options, message):
    with pytest.raises(ValueError, match=f"^{kind}: {message}.*got"):
        getattr(optim, kind)([Value(1.0)], **options)
    if "nesterov" not in options:
        with pytest.raises(ValueError, match=f"^{kind}: {message}"):
            getattr(optim, kind)([{"params": [Value(1.0)], **options}])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"lr": "fast"}, "Adam: lr must be a real number, got str 'fast'"),
        ({"lr": True}, "Adam: lr must be a real number, got bool True"),
        ({"betas": (0.9, None)}, r"Adam: betas\[1\] must be a real number, got NoneType"),
        ({"amsgrad": 1}, "Adam: amsgrad must be True or False, got 1"),
        ({"maximize": None}, "Adam: maximize must be True or False, got None"),
    ],
)
def test_options_of_the_wrong_kind_are_refused(options, message):
    with pytest.raises(TypeError, match=message):
        optim.Adam([Value(1.0)], **options)


W = Value(1.0)


@pytest.mark.parametrize(
    ("params", "error", "message"),
    [
        ([], ValueError, "SGD: params must hold at least one parameter, got none"),
        (iter([]), ValueError, "SGD: params must hold .*in nn.ModuleList, as those in a plain li"),
        (W, TypeError, "SGD: params must be an iterable of parameters, got Value"),
        (Tensor([1.0]), TypeError, "SGD: params must be an iterable of parameters, got Tensor"),
        (3.0, TypeError, "SGD: params must be an iterable of parameters, got float"),
        ({"params": [W]}, TypeError, "SGD: params must be an iterable of parameters, got dict"),
        ([W, W], ValueError, "SGD: params must hold each parameter once, got number 1 again"),
        (
            [{"params": [W]}, {"params": [W]}],
            ValueError,
            "SGD: params must hold each parameter once, got number 1 again",
        ),
        ([W * 2], ValueError, "SGD: params must be leaves, got number 0, which was computed"),
        (
            [Tensor([1.0], requires_grad=True) * 2],
            ValueError,
            "SGD: params must be leaves, got number 0, which was computed",
        ),
        ([1.0], TypeError, "SGD: params must hold tensors, Arrays or Values, got float"),
        ([Tensor([1])], TypeError, "SGD: params must be floating point numbers, got dtype int64"),
        ([W, {"params": [W]}], TypeError, "SGD: params must be parameters or dictionaries"),
        ([{"parameters": [W]}], TypeError, "SGD: a group must be a dictionary with the key"),
        ([("w", W), Value(2.0)], TypeError, "SGD: params must be all with names or all without"),
    ],
)
def test_what_is_no_list_of_parameters_is_refused(params, error, message):
    with pytest.raises(error, match=message):
        optim.SGD(params)


ELEMENT = Value(1.0)
MEMORY = np.ones((4, 4))


@pytest.mark.parametrize(
    "params",
    [
        [Array([ELEMENT, Value(2.0)]), Array([[ELEMENT], [Value(3.0)]])],
        [ELEMENT, Array([ELEMENT, Value(2.0)])],
        [{"params": [Array([ELEMENT])]}, {"params": [ELEMENT]}],
        [nn.Parameter(MEMORY), nn.Parameter(MEMORY)],
        [nn.Parameter(MEMORY[:, :2]), nn.Parameter(MEMORY[2])],
        [nn.Parameter(each) for each in (MEMORY, MEMORY[0, :1], MEMORY[3, 3:])],
    ],
)
def test_a_number_must_not_belong_to_two_parameters(params):
    with pytest.raises(ValueError, match="each number once, got number 1, which shares some with"):
        optim.SGD(params)


def test_parameters_may_be_parts_of_one_piece_of_memory():
    memory = np.ones((4, 4))
    parts = [memory[:2, ::2], memory[:2, 1::2], memory[2:], memory[:0]]
    parameters = [nn.Parameter(part) for part in parts]
    optimizer = optim.SGD(parameters, lr=1.0)
    for k, parameter in enumerate(parameters):
        parameter.grad = Tensor(np.full(parameter.shape, k + 1.0))
    optimizer.step()
    np.testing.assert_array_equal(memory, [[0, -1, 0, -1]] * 2 + [[-2] * 4] * 2)


def test_memory_that_cannot_be_written_to_is_refused():
    memory = np.ones(3)
    memory.flags.writeable = False
    for data in (memory, Tensor([1.0]).expand(3)):
        with pytest.raises(ValueError, match="params must be in memory that can be written to"):
            optim.SGD([nn.Parameter(data)])


def test_an_option_that_will_not_do_is_found_before_anything_is_updated():
    first, second = Value(1.0), Value(1.0)
    optimizer = optim.SGD([{"params": [first]}, {"params": [second]}], lr=0.1, momentum=0.9)
    first.grad = second.grad = 1.0
    optimizer.param_groups[1]["lr"] = "fast"
    with pytest.raises(TypeError, match="SGD: lr must be a real number, got str 'fast'"):
        optimizer.step()
    assert (first.data, optimizer.state) == (1.0, {})


def test_a_group_that_is_refused_is_not_added():
    optimizer = optim.SGD([W])
    with pytest.raises(ValueError, match="once"):
        optimizer.add_param_group({"params": [W]})
    with pytest.raises(ValueError, match="lr"):
        optimizer.add_param_group({"params": [Value(1.0)], "lr": -1.0})
    assert len(optimizer.param_groups) == 1


def test_a_class_without_a_rule_is_refused():
    class Descent(optim.Optimizer):
        def step(self, closure=None):
            pass

    with pytest.raises(TypeError, match="Descent: an optimizer must state its rule, got none: wri"):
        Descent([W], {"lr": 0.1})
