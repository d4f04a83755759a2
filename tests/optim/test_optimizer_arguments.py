"""What optimizers refuse: options out of range, and what is no list of parameters."""

import pytest

from twingrad import Tensor, Value, optim

KINDS = [
    *["ASGD", "Adadelta", "Adagrad", "Adam", "AdamW", "Adamax", "LBFGS", "Lion", "NAdam", "RAdam"],
    *["RMSprop", "Rprop", "SGD"],
]

OUT_OF_RANGE = [
    *[(kind, {"lr": -0.1}, "lr must be at least 0") for kind in KINDS],
    *[(kind, {"lr": float("nan")}, "lr must be at least 0") for kind in ("SGD", "Adam")],
    *[
        (kind, {"betas": betas}, "betas must be two numbers in")
        for kind in ("Adam", "AdamW", "NAdam", "RAdam", "Adamax", "Lion")
        for betas in [(1.0, 0.9), (0.9, 1.0), (-0.1, 0.9), (0.9,), 0.9]
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
    ("Adadelta", {"rho": 1.5}, "rho must be between 0 and 1"),
    ("RMSprop", {"alpha": -0.5}, "alpha must be at least 0"),
    ("RMSprop", {"momentum": -0.5}, "momentum must be at least 0"),
    ("Rprop", {"etas": (0.5, 0.9)}, "etas must be two numbers with 0 < etaminus < 1 < etaplus"),
    ("Rprop", {"etas": (0.0, 1.2)}, "etas must be two numbers with 0 < etaminus < 1 < etaplus"),
    (
        "Rprop",
        {"step_sizes": (2.0, 1.0)},
        "step_sizes must be two numbers with 0 <=",
    ),
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
        (iter([]), ValueError, "SGD: params must hold at least one parameter, got none"),
        (W, TypeError, "SGD: params must be an iterable of parameters, got Value"),
        (Tensor([1.0]), TypeError, "SGD: params must be an iterable of parameters, got Tensor"),
        (3.0, TypeError, "SGD: params must be an iterable of parameters, got float"),
        ({"params": [W]}, TypeError, "SGD: params must be an iterable of parameters, got dict"),
        ([W, W], ValueError, "SGD: params must hold each parameter once, got number 1 again"),
        (
            [{"params": [W]}, {"params": [W]}],
            ValueError,
            "SGD: params must hold each parameter once, got one of another group again",
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


def test_a_group_that_is_refused_is_not_added():
    optimizer = optim.SGD([W])
    with pytest.raises(ValueError, match="once"):
        optimizer.add_param_group({"params": [W]})
    with pytest.raises(ValueError, match="lr"):
        optimizer.add_param_group({"params": [Value(1.0)], "lr": -1.0})
    assert len(optimizer.param_groups) == 1
