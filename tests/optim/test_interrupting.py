"""Ctrl-C and SIGTERM while training: once, twice, and what they do before and after."""

import os
import signal
import threading

import numpy as np
import pytest

import twingrad
from twingrad import nn
from twingrad.optim import Callback, StopOnInterrupt

X = np.linspace(-1, 1, 40, dtype=np.float32).reshape(20, 2)
DATA = (X, (X[:, 0] > 0).astype(np.int64))
SIGNALS = pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])


class Send(Callback):
    """Signals to this process, at steps counted from 1, of 5 in an epoch."""

    def __init__(self, *signals):
        self.signals = dict(signals)
        self.last = 0

    def on_step_end(self, training):
        self.last = training.step
        if training.step in self.signals:
            os.kill(os.getpid(), self.signals[training.step])


def train(*callbacks, **options):
    twingrad.manual_seed(0)
    options = {"epochs": 4, "batch_size": 4, "seed": 0} | options
    return twingrad.fit(nn.MLP(2, [4], 2), DATA, callbacks=[*callbacks], **options)


def handlers():
    return [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]


@pytest.fixture(autouse=True)
def unchanged_signals():
    before = handlers()
    yield
    assert handlers() == before


@SIGNALS
def test_the_first_signal_ends_training_with_the_epoch(capsys, number):
    history = train(StopOnInterrupt(), Send((7, number)))
    assert len(history) == 2
    assert history["step"] == [5, 10]
    assert history.stopped == "interrupted"
    name = "Ctrl-C" if number == signal.SIGINT else "SIGTERM"
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"{name}: training ends with this epoch, or at once with ")
    assert err.count("\n") == 1


@pytest.mark.parametrize("first", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_stops_at_once_when_it_is_not_the_first(first):
    send = Send((7, first), (8, signal.SIGINT))
    with pytest.raises(KeyboardInterrupt):
        train(StopOnInterrupt(), send)
    assert send.last == 8


def test_sigterm_may_come_again_and_again():
    """As from a system that sends it to a process and to its group."""
    send = Send((6, signal.SIGINT), (7, signal.SIGTERM), (8, signal.SIGTERM))
    assert len(train(StopOnInterrupt(), send)) == 2


def test_training_that_is_over_for_another_reason_is_stopped_at_once_all_the_same():
    class Stop(Callback):
        def on_step_end(self, training):
            training.stop("enough")

    send = Send((2, signal.SIGINT))
    assert train(StopOnInterrupt(), Stop(), send).stopped == "enough"
    with pytest.raises(KeyboardInterrupt):
        train(StopOnInterrupt(), Stop(), Send((2, signal.SIGINT), (3, signal.SIGINT)))


def test_a_signal_behind_the_last_step_is_told_too(capsys):
    def send(training):
        if training.epoch == 2:
            os.kill(os.getpid(), signal.SIGINT)

    assert len(train(StopOnInterrupt(), send)) == 2
    assert "Ctrl-C: training ends" in capsys.readouterr().err


def test_an_interrupted_training_is_gone_on_with(tmp_path):
    whole = train()
    interrupter = StopOnInterrupt()
    assert len(train(interrupter, Send((7, signal.SIGTERM)), checkpoints=tmp_path)) == 2
    resumed = train(interrupter, Send(), checkpoints=tmp_path, resume=True)
    assert resumed["loss"] == whole["loss"]
    assert resumed.stopped is None


def test_what_signals_did_before_they_do_again():
    def mine(number, frame):
        caught.append(number)

    caught = []
    before = [signal.signal(number, mine) for number in (signal.SIGINT, signal.SIGTERM)]
    try:
        for send in (Send((7, signal.SIGINT)), Send((7, signal.SIGTERM))):
            train(StopOnInterrupt(), send)
            assert handlers() == [mine, mine]
        assert caught == []
        os.kill(os.getpid(), signal.SIGTERM)
        assert caught == [signal.SIGTERM]
    finally:
        for number, handler in zip((signal.SIGINT, signal.SIGTERM), before, strict=True):
            signal.signal(number, handler)


@pytest.mark.parametrize("method", ["on_train_begin", "on_epoch_begin", "on_epoch_end"])
@pytest.mark.parametrize("is_behind", [False, True])
def test_handlers_are_put_back_after_exceptions(method, is_behind):
    def fail(self, training):
        raise ZeroDivisionError

    trouble = type("Trouble", (Callback,), {method: fail})()
    pair = [StopOnInterrupt(), trouble] if is_behind else [trouble, StopOnInterrupt()]
    with pytest.raises(ZeroDivisionError):
        train(*pair)


def test_ignored_signals_stay_ignored():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        assert len(train(StopOnInterrupt(), Send((2, signal.SIGINT)))) == 4
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


def test_training_in_a_training_is_interrupted_by_itself():
    inner = []

    def again(training):
        inner.append(len(train(StopOnInterrupt(), Send((2, signal.SIGINT)))))

    assert len(train(StopOnInterrupt(), again)) == 4
    assert inner == [1, 1, 1, 1]


def test_in_other_threads_nothing_is_changed():
    found = []

    def work():
        found.append((len(train(StopOnInterrupt())), handlers()))

    before = handlers()
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == [(4, before)]


def test_an_error_stream_that_is_gone_is_no_trouble(monkeypatch, capsys):
    class Gone:
        def write(self, text):
            raise BrokenPipeError

        def flush(self):
            raise BrokenPipeError

    monkeypatch.setattr("sys.stderr", Gone())
    assert len(train(StopOnInterrupt(), Send((2, signal.SIGINT)))) == 1
    monkeypatch.setattr("sys.stderr", None)
    assert len(train(StopOnInterrupt(), Send((2, signal.SIGINT)))) == 1
    assert capsys.readouterr().out == ""
