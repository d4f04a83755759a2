"""The range test: how rates grow, when it ends, and what it suggests."""

import math
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import twingrad
from support.twins import TWINS
from twingrad import data, nn, optim
from twingrad.optim import RangeTest
from twingrad.optim.names import OPTIMIZERS

ENDED = "all steps were made"


def prepared(name, seed=0):
    source = data.toys.moons(300, seed=seed) if name == "moons" else data.load(name)
    parts = data.split(source, validation=0.2, test=0.1, seed=seed)
    preparation = data.Preparation.fit(parts.train)
    return preparation.apply(parts.train), preparation.apply(parts.validation)


def network(train, **options):
    twingrad.manual_seed(0)
    outputs = 1 if train.classes is None else len(train.classes)
    return nn.MLP(train.x.shape[1], [32, 16], outputs, **options)


def curve(best, begin=2.0, end=0.5, noise=0.0, steps=100):
    """Rates, and losses that fall around one rate and rise beyond it, until they diverge."""
    rates = np.geomspace(1e-7, 10, steps)
    decades = np.log10(rates / best)
    fall = 1 / (1 + np.exp(-4 * decades))
    rise = np.exp(np.minimum(8 * (decades - 1.5), 50))
    losses = begin + (begin - end) * (rise - fall)
    losses += noise * np.random.default_rng(0).normal(size=steps)
    kept = rise < 50
    return rates[kept], losses[kept]


def found_for(rates, losses, smoothing=0.95):
    """What a test with these losses finds."""
    mean, smoothed = 0.0, []
    for step, loss in enumerate(losses):
        mean = smoothing * mean + (1 - smoothing) * loss
        smoothed.append(mean / (1 - smoothing ** (step + 1)))
    return RangeTest(tuple(rates), tuple(losses), tuple(smoothed), smoothing, ENDED)


def found_with(losses):
    """What a test with these losses, at some rates, finds."""
    return found_for(np.geomspace(1e-7, 10, len(losses)), losses)


@pytest.mark.parametrize("twin", TWINS)
def test_rates_grow_by_one_factor_and_losses_are_smoothed_by_the_equation(twin):
    moons = data.toys.moons(40, seed=0)
    model = network(moons).to(twin)
    found = optim.lr_find(
        model, moons, start=1e-5, end=1e-2, steps=13, smoothing=0.8, seed=0, batch_size=8
    )
    assert found.rates == pytest.approx([1e-5 * 1000 ** (k / 12) for k in range(13)])
    assert found.smoothed == pytest.approx(found_for(found.rates, found.losses, 0.8).smoothed)
    assert (found.smoothing, found.ended) == (0.8, ENDED)


def test_losses_are_those_of_a_loop_by_hand_with_these_rates():
    moons = data.toys.moons(40, seed=0)
    found = optim.lr_find(network(moons), moons, optimizer="sgd", steps=20, seed=3, batch_size=16)
    model = network(moons).double().float()
    optimizer = optim.SGD(model.parameters(), lr=1.0)
    loader = data.DataLoader(moons.astype("float32"), batch_size=16, shuffle=True, seed=3)
    losses, batches = [], (batch for _ in range(20) for batch in loader)
    for rate, (x, y) in zip(found.rates, batches, strict=False):
        optimizer.param_groups[0]["lr"] = rate
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert list(found.losses) == losses


def test_groups_keep_the_proportions_of_their_rates():
    model = nn.MLP(2, [4], 2)
    groups = [{"params": model[0].parameters()}, {"params": model[2].parameters(), "lr": 0.03}]
    optimizer = optim.SGD(groups, lr=0.01)
    seen = []
    optimizer.register_step_pre_hook(
        lambda optimizer, args, kwargs: seen.append([g["lr"] for g in optimizer.param_groups])
    )
    found = optim.lr_find(model, data.toys.moons(40, seed=0), optimizer=optimizer, steps=10)
    assert [first for first, _ in seen] == pytest.approx(found.rates)
    assert [second / first for first, second in seen] == pytest.approx([3.0] * len(seen))
    assert [group["lr"] for group in optimizer.param_groups] == [0.01, 0.03]


def test_a_rate_of_zero_has_no_proportions():
    model = nn.MLP(2, [4], 2)
    optimizer = optim.SGD(model.parameters(), lr=0.0)
    found = optim.lr_find(model, data.toys.moons(40, seed=0), optimizer=optimizer, seed=0)
    assert found.losses[-1] != found.losses[0]


@pytest.mark.parametrize("name", ["wine", "diabetes", "breast_cancer"])
@pytest.mark.parametrize("optimizer", ["adamw", "sgd", "momentum"])
@pytest.mark.parametrize("schedule", [None, "onecycle"])
def test_the_suggestion_trains_about_as_well_as_the_best_of_all_rates(name, optimizer, schedule):
    train, held_out = prepared(name)
    suggestion = optim.lr_find(network(train), train, optimizer=optimizer, seed=0).suggestion

    def validation_loss(rate):
        model = network(train)
        made = OPTIMIZERS[optimizer](model.parameters(), lr=rate)
        twingrad.fit(model, train, optimizer=made, schedule=schedule, epochs=15, seed=0)
        return optim.evaluate(model, held_out)["loss"]

    best = min(validation_loss(rate) for rate in (1e-3, 1e-2, 1e-1))
    assert validation_loss(suggestion) < 1.5 * best + 0.1


@pytest.mark.parametrize("optimizer", ["adamw", "sgd", "momentum", "rmsprop", "lion", "nadam"])
@pytest.mark.parametrize("name", ["wine", "moons"])
def test_the_suggestion_is_safe_as_a_constant_rate(name, optimizer):
    train, held_out = prepared(name)
    model = network(train)
    suggestion = optim.lr_find(model, train, optimizer=optimizer, seed=0).suggestion
    made = OPTIMIZERS[optimizer](model.parameters(), lr=suggestion)
    twingrad.fit(model, train, optimizer=made, epochs=20, seed=0)
    assert optim.evaluate(model, held_out)["accuracy"] > 0.85


def test_both_twins_suggest_the_same():
    moons = data.toys.moons(64, seed=0)
    model = network(moons).double()
    found = [optim.lr_find(model.to(twin), moons, seed=0, steps=30) for twin in TWINS]
    assert found[0].losses == pytest.approx(found[1].losses, rel=1e-6)
    assert found[0].suggestion == pytest.approx(found[1].suggestion)


@pytest.mark.parametrize("best", [1e-3, 1e-2, 0.1])
@pytest.mark.parametrize("noise", [0.0, 0.02])
@pytest.mark.parametrize("steps", [60, 100, 300])
def test_the_suggestion_lies_about_the_rate_at_which_the_loss_falls(best, noise, steps):
    suggestion = found_for(*curve(best, noise=noise, steps=steps)).suggestion
    assert best / 5 < suggestion < best * 5


@given(
    scale=st.floats(1e-6, 1e6),
    shift=st.floats(-5, 5),
    factor=st.sampled_from([0.01, 1.0, 100.0]),
)
def test_units_of_the_loss_and_of_the_rate_do_not_matter(scale, shift, factor):
    rates, losses = curve(0.01, noise=0.01)
    plain = found_for(rates, losses)
    changed = found_for(rates * factor, scale * (losses + shift))
    assert changed.suggestion == pytest.approx(factor * plain.suggestion)


@pytest.mark.parametrize(("steps", "most"), [(50, 10), (100, 12), (300, 28)])
def test_losses_that_only_vary_seldom_suggest_anything(steps, most):
    losses = 1 + np.random.default_rng(0).normal(size=(300, steps))
    assert sum(found_with(each).suggestion is not None for each in losses) <= most


@pytest.mark.parametrize("losses", [[1.0] * 30, [*np.linspace(1, 2, 30)], [0.0] * 30, [1.0] * 3])
def test_a_loss_that_does_not_fall_suggests_nothing_and_says_why(losses):
    found = found_with(losses)
    assert found.suggestion is None
    assert re.match(r"no suggestion: the loss began at .*optim.dry_run, begin with", found.verdict)
    assert found.verdict in str(found)


def test_a_model_that_learns_nothing_gets_no_suggestion():
    class Blind(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(2, 2)

        def forward(self, x):
            return self.layer(x) * 0

    found = optim.lr_find(Blind(), data.toys.moons(100, seed=0), seed=0)
    assert (found.suggestion, found.ended) == (None, ENDED)


def test_a_loss_that_falls_to_the_very_end_asks_for_greater_rates():
    train, _ = prepared("wine")
    found = optim.lr_find(network(train), train, end=1e-2, seed=0)
    assert found.suggestion < 1e-2
    assert found.verdict.endswith("so a greater end may show greater rates")


def test_a_loss_that_diverges_ends_the_test():
    train, _ = prepared("diabetes")
    found = optim.lr_find(network(train), train, optimizer="sgd", seed=0)
    assert found.ended == "the loss diverged"
    assert len(found.losses) == len(found.rates) == len(found.smoothed) < 100
    least = min(found.smoothed)
    assert found.smoothed[-1] > least + 3 * max(least, found.smoothed[0] - least)
    assert all(math.isfinite(loss) for loss in found.losses)


def test_a_loss_that_becomes_no_number_ends_the_test_without_a_warning():
    def loss(output, target):
        found = nn.functional.cross_entropy(output, target)
        return found * math.inf if found.item() < 0.6 else found

    found = optim.lr_find(nn.MLP(2, [8], 2), data.toys.moons(100, seed=0), loss=loss, seed=0)
    assert found.ended == "the loss became inf"
    assert len(found.rates) == len(found.losses) < 100


@pytest.mark.parametrize("number", [math.nan, math.inf])
def test_a_loss_that_is_no_number_from_the_first_step_on_is_refused(number):
    model = nn.MLP(2, [4], 2)
    with pytest.raises(
        ValueError, match=rf"lr_find: the loss must be a number .* became -?{number}"
    ):
        optim.lr_find(
            model, data.toys.moons(20, seed=0), loss=lambda output, y: output.sum() * number
        )


def test_losses_below_zero_do_not_end_the_test():
    x = np.random.default_rng(0).normal(size=(64, 1))

    def loss(output, target):
        """Of a normal distribution whose logarithm of the deviation may fall below 0."""
        mean, spread = output[:, 0], output[:, 1]
        return ((target - mean).square() * (-2 * spread).exp() / 2 + spread).mean()

    found = optim.lr_find(nn.MLP(1, [16], 2), (x, 0.01 * x[:, 0]), loss=loss, seed=0)
    assert min(found.smoothed) < -0.5
    assert found.suggestion is not None


@pytest.mark.parametrize("twin", TWINS)
@pytest.mark.parametrize("size", [1, 7, "all"])
def test_data_are_gone_through_again_where_they_have_fewer_batches_than_steps(size, twin):
    moons = data.toys.moons(12, seed=0)
    found = optim.lr_find(network(moons).to(twin), moons, batch_size=size, steps=30, seed=0)
    assert len(found.losses) > 12


def test_lbfgs_is_refused():
    with pytest.raises(ValueError, match="lr_find: optimizer must make steps of a given rate"):
        optim.lr_find(nn.MLP(2, [4], 2), data.toys.moons(20, seed=0), optimizer="lbfgs")


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"start": 0.0}, ValueError, "start must be above 0"),
        ({"start": "a"}, TypeError, "start"),
        ({"start": 1.0, "end": 1.0}, ValueError, "end must be above 1.0"),
        ({"end": math.inf}, ValueError, "end must be above 1e-07 and finite"),
        ({"end": math.nan}, ValueError, "end must be above"),
        ({"steps": 9}, ValueError, "steps must be at least 10"),
        ({"steps": 20.5}, TypeError, "steps"),
        ({"smoothing": 1.0}, ValueError, "smoothing must be at least 0 and below 1"),
        ({"optimizer": "adm"}, ValueError, "optimizer must be the name of an optimizer"),
        ({"loss": "mze"}, ValueError, "loss must be the name of a loss"),
        ({"batch_size": 0}, ValueError, "batch_size must be at least 1"),
    ],
)
def test_arguments_are_checked(options, error, message):
    with pytest.raises(error, match=message):
        optim.lr_find(nn.MLP(2, [4], 2), data.toys.moons(20, seed=0), **options)


def test_other_arguments_are_those_of_fit():
    moons = data.toys.moons(40, seed=0)
    model = network(moons)
    plain = optim.lr_find(model, moons, seed=0, steps=10)
    for options in (
        {"class_weight": {0: 3.0}},
        {"sample_weight": np.arange(40.0)},
        {"regularizer": nn.L2(0.1)},
        {"accumulate": 2},
        {"augment": data.augmentation.Noise(0.5)},
        {"batch_size": 4},
    ):
        assert optim.lr_find(model, moons, seed=0, steps=10, **options).losses != plain.losses
    clipped = optim.lr_find(model, moons, optimizer="sgd", seed=0, clip=1e-9)
    assert clipped.suggestion is None


def test_printed_it_is_a_plot_with_the_suggestion():
    found = found_for(*curve(0.01))
    lines = str(found).splitlines()
    assert lines[0].split() == ["rate", "loss"]
    assert lines[1].split() == ["1e-07", "2", "#" * 32]
    assert [line for line in lines if line.endswith("<- suggestion")]
    assert lines[-2].endswith("...")
    assert lines[-1] == f"{ENDED}; {found.verdict}"
    assert max(map(len, lines[:-1])) < 80
    assert (
        repr(found) == f"<RangeTest of {len(found.rates)} steps: suggestion {found.suggestion:.3g}>"
    )


def test_immense_losses_suggest_nothing():
    assert found_with([1e200, -1e200] * 20).suggestion is None


def test_a_short_test_can_be_printed():
    assert str(found_with([1.0])).endswith("or take more steps")
