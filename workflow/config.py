"""``Config``: all options of a run, checked, and as a file of TOML."""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import Any, final

from ..engine.files import told
from ..engine.wording import suggestion
from .option_checks import checked

StrPath = str | os.PathLike[str]

_SWITCHES: Mapping[str, tuple[str, Any]] = MappingProxyType(
    {"batch_norm": ("norm", "batch"), "no_compile": ("compile", False)}
)
"""What the command line has for one choice of an option, and the option with that choice."""


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """What ``twingrad train`` can be told, each option by the name that it has there.

    Attributes
    ----------
    data : str
        The name of a data set, or the path of a file: see :func:`twingrad.data.load`.
    target : str or None
        What is to be predicted; None where the data say it themselves.
    task : {"auto", "classification", "regression", "binary", "multiclass"}
        Whether the target is classes or numbers; ``"auto"`` by the rule of
        :class:`~twingrad.data.Preparation`.
    ignore : tuple of str
        Columns of a table that are left out.
    hidden : tuple of int
        The widths of the hidden layers; a linear model if there are none.
    activation : str
        A name of :data:`twingrad.nn.activations.ACTIVATIONS`.
    norm : {None, "batch", "layer", "rms"}
        What normalizes the hidden layers.
    dropout : float
        The share of hidden units that is left out while training: from 0 up to, but without, 1.
    optimizer : str
        A name of :data:`twingrad.optim.names.OPTIMIZERS`.
    lr : float, "auto" or None
        The learning rate; ``"auto"`` finds one with a range test, None takes the optimizer's own.
    schedule : str
        How the learning rate changes: ``"onecycle"``, ``"cosine"``, ``"linear"``, ``"step"``,
        ``"warmup"``, ``"plateau"`` or ``"constant"``.
    l1, l2 : float
        Strengths of penalties on the weights, at least 0.
    weight_decay : float or None
        What the optimizer takes off the weights, at least 0; None for its own default.
    loss : str
        A name of :data:`twingrad.workflow.tasks.LOSS_NAMES` that suits the task; ``"auto"`` for
        the usual one.
    epochs : int or None
        How many times the training rows are gone through at most; None chooses by the number of
        rows, see :func:`twingrad.workflow.choices.epochs_of`.
    batch_size : int, "all" or None
        How many rows make a step; None chooses by the number of rows, see
        :func:`twingrad.workflow.choices.batch_size_of`.
    validation, test : float or int
        A share of the rows from 0 up to 1, or a number of rows; 0 makes no such part.
    patience : int
        After so many epochs without progress on the validation part training stops; 0 never stops
        before its time. Either way the model has the weights of the best epoch, if there is a
        validation part.
    clip : float or None
        The greatest norm that a gradient may have.
    augment : tuple of str
        Random changes of training batches, such as ``"noise=0.1"``; see
        :data:`twingrad.workflow.augmenting.AUGMENTATIONS`.
    class_weight : {None, "balanced"}
        ``"balanced"`` gives all classes the same weight in all.
    seed : int
        What parts, weights and the order of the rows follow from; from 0 up to ``2**63``.
    backend : {"tensor", "scalar"}
        The twin that is trained.
    compile : bool
        Turn the training step into machine code where that pays, see :func:`twingrad.fit`; False
        never does.

    Raises
    ------
    TypeError, ValueError
        For an option that is of another kind, or out of range: a sentence that begins with its
        name.

    Examples
    --------
    >>> from twingrad import workflow
    >>> config = workflow.Config(data="iris", hidden=[16], epochs=20)
    >>> config.hidden, config.test
    ((16,), 0.1)
    >>> workflow.Config(data="iris", epochs=0)
    Traceback (most recent call last):
    ValueError: epochs must be at least 1, got 0: it says how many
    """

    data: str
    target: str | None = None
    task: str = "auto"
    ignore: tuple[str, ...] = ()
    hidden: tuple[int, ...] = (128, 64)
    activation: str = "relu"
    norm: str | None = None
    dropout: float = 0.0
    optimizer: str = "adamw"
    lr: float | str | None = None
    schedule: str = "onecycle"
    l1: float = 0.0
    l2: float = 0.0
    weight_decay: float | None = None
    loss: str = "auto"
    epochs: int | None = None
    batch_size: int | str | None = None
    validation: float = 0.1
    test: float = 0.1
    patience: int = 20
    clip: float | None = None
    augment: tuple[str, ...] = ()
    class_weight: str | None = None
    seed: int = 0
    backend: str = "tensor"
    compile: bool = True

    def __post_init__(self) -> None:
        for name, given in self.options().items():
            object.__setattr__(self, name, checked(name, given))

    def options(self) -> dict[str, Any]:
        """All options by name, in order."""
        return {each.name: getattr(self, each.name) for each in fields(self)}

    def differing(self, other: Config) -> list[str]:
        """The names of the options in which another one differs."""
        mine, others = self.options(), other.options()
        return [name for name in mine if mine[name] != others[name]]

    def to_toml(self) -> str:
        """The options as the text of a TOML file, without those that are None.

        Examples
        --------
        >>> from twingrad import workflow
        >>> print(workflow.Config(data="my.csv", target="price").to_toml().splitlines()[1])
        target = "price"
        """
        given = {name: each for name, each in self.options().items() if each is not None}
        return "".join(f"{name} = {_toml(each)}\n" for name, each in given.items())


def read_options(path: StrPath) -> dict[str, Any]:
    """The options in a TOML file, checked; any of them may be left out.

    Parameters
    ----------
    path : str or path
        The file: a line such as ``hidden = [64, 32]`` for each option, by the names that
        :class:`Config` has for them, or as they are written on the command line, with dashes.

    Raises
    ------
    OSError
        If there is no such file, or it cannot be read.
    TypeError, ValueError
        If it is no TOML, has an option that is unknown (with what may have been meant), or one that
        a Config cannot have: a sentence that names the file and the option.
    """
    found: dict[str, Any] = {}
    known = [each.name for each in fields(Config)]
    where = repr(os.fspath(path))
    for written, given in _read(path).items():
        name = written.replace("-", "_")
        if name in _SWITCHES and isinstance(given, bool):
            if not given:
                continue
            name, given = _SWITCHES[name]
        if name in found:
            raise ValueError(f"{where}: {name} is said twice: leave out one of the lines")
        if name not in known:
            cure = suggestion(name, known, f"the options are {', '.join(known)}")
            raise ValueError(f"{where}: there is no option {written!r:.40}: {cure}")
        try:
            found[name] = checked(name, given)
        except (TypeError, ValueError) as error:
            raise type(error)(f"{where}: {error}") from None
    return found


def _read(path: StrPath) -> dict[str, Any]:
    try:
        with open(path, "rb") as file:
            return tomllib.load(file)
    except OSError as error:
        raise told(error, "options must be in a file", path, "check it") from None
    except (ValueError, RecursionError) as error:  # of TOML, and of UTF-8
        reason = str(error).splitlines()[0]
        raise ValueError(
            f"{os.fspath(path)!r}: it must be a file of TOML, got another ({reason}): write lines "
            "such as hidden = [64, 32]"
        ) from None


def _toml(value: Any) -> str:
    """A value as TOML writes it.

    >>> print(_toml(["a", 1e-05, True]))
    ["a", 1e-05, true]
    """
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_toml, value))}]"
    if isinstance(value, str):
        # Texts of JSON are texts of TOML, but for one character that has to be escaped there.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return str(value).lower() if isinstance(value, bool) else repr(value)
