"""Which operation of a graph of ours is wrong by itself.

The function is run once more, a witness notes every operation with the operands that it has, and
each is then checked alone, there.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any, final

import numpy as np

from ..engine.formula import Formula
from ..engine.modes import current_mode, witnessed
from ..engine.operation import Operation
from ..engine.value import Value
from ..tensor import Primitive, Tensor
from .arguments import BY_POSITION, parameters_of
from .findings import Finding, Verdict, Violation
from .glance import looks_wrong
from .judging import judge
from .promises import broken_promises
from .snippets import UNFINISHED, snippet
from .subject import Subject
from .subjects import subject_of

_MOST = 1000
"""How many operations of a graph are checked."""

_LARGE = 10_000
"""Derivatives beyond which an operation is looked at along a few directions only."""

_SMALL = 1000
"""Numbers up to which operands are looked at thoroughly at once."""

_DIRECTIONS = 4
_SHOWN = 6
"""Elements of an operand that are written out."""

_PACKAGE = Path(__file__).resolve().parents[1]
_ROOMS = tuple(f"{_PACKAGE / room}/" for room in ("engine", "tensor", "nn"))
_HERE = f"{_PACKAGE / 'testing'}/"


@final
@dataclass(frozen=True)
class Application:
    """An operation that was applied while a function ran.

    Attributes
    ----------
    operation : Operation or Primitive
        A row of the table, a sum or product of Values, or a primitive of tensors.
    operands : tuple
        Copies of what it was applied to, as leaves.
    parameters : tuple
        What else it was told.
    place : str
        The line outside this library that led to it: ``"model.py:12"``; empty if there is none.
    """

    operation: Any
    operands: tuple[Any, ...]
    parameters: tuple[Any, ...]
    place: str

    def apply(self, *operands: Any) -> Any:
        """The operation on other operands."""
        if isinstance(self.operation, Primitive):
            return self.operation.apply(operands, self.parameters)
        return type(self.operands[0]).apply(self.operation, *operands)

    def subject(self) -> Subject:
        """The operation alone, at these operands, by those of them that require a gradient."""
        subject = subject_of(self.apply, self.operands, name=self.operation.name)
        subject.input_names = tuple([self.argument(position) for position in self.varied])
        return subject

    @property
    def varied(self) -> list[int]:
        """The positions of the operands that require a gradient."""
        return [k for k, each in enumerate(self.operands) if each.requires_grad]

    def argument(self, position: int) -> str:
        """What the operation calls the operand at a position."""
        if isinstance(self.operation, Formula):
            return self.operation.arguments[position]
        if isinstance(self.operation, Operation):
            inputs = [operand.data for operand in self.operands]
            return self.operation.notation(inputs, self.apply(*self.operands).data).arguments[
                position
            ]
        known = [each for each in parameters_of(self.operation) or () if each.kind in BY_POSITION]
        return known[position].name if position < len(known) else f"operand {position + 1}"


@final
@dataclass(frozen=True)
class Culprit:
    """An operation that is wrong by itself.

    Attributes
    ----------
    name : str
        Of the operation.
    position : int
        Which one of the graph, counted from 1 in the order of computation.
    place : str
        The line outside this library that led to it: ``"model.py:12"``; empty if there is none.
    operands : tuple of str
        What it was applied to: ``"x = 0.5"``.
    argument : str
        The operand by which its derivative is wrong; empty where that is not known.
    partial : str
        The formula of that derivative, for a row of the table.
    finding : Finding or None
        The worst of its wrong derivatives.
    violation : Violation or None
        The promise that it breaks, if its numbers are right.
    alone : str
        Code that checks the operation alone; empty where it cannot be written.
    """

    name: str
    position: int
    place: str
    operands: tuple[str, ...]
    argument: str = ""
    partial: str = ""
    finding: Finding | None = None
    violation: Violation | None = None
    alone: str = ""


@final
@dataclass(frozen=True)
class Blame:
    """What came of checking the operations of a graph one by one.

    Attributes
    ----------
    operations : int
        How many there are; 0 for a function of another library.
    culprit : Culprit or None
        The first that is wrong by itself.
    """

    operations: int
    culprit: Culprit | None = None


def blame(subject: Subject, order: int = 1, seed: int = 0) -> Blame:
    """Find the operation because of which the derivatives of a subject are wrong.

    Parameters
    ----------
    subject : Subject
        A function of Values or Tensors that is wrong at its inputs.
    order : int
        Which derivatives are wrong; with 2, those of an operation's gradient are checked too.
    seed : int
        For the directions of large operands.
    """
    return _first(subject, partial(_wrong, order=order, seed=seed))


def blame_for_promises(subject: Subject, seed: int = 0) -> Blame:
    """Find the operation that breaks a promise, for a subject that breaks one."""
    return _first(subject, partial(_broken, seed=seed))


def _first(subject: Subject, find: Callable[[Application, int], Culprit | None]) -> Blame:
    """Look at each operation, in the order of computation, until something is found.

    Large operations that look right at a glance come last: to be sure of them takes long.
    """
    applications = applied(subject)
    numbered = [*enumerate(applications[:_MOST], 1)]
    later = []
    for position, application in numbered:
        if len(numbered) > 1 and _is_large(application) and not _looks_wrong(application):
            later.append((position, application))
        elif culprit := _found(find, application, position):
            return Blame(len(applications), culprit)
    for position, application in later:
        if culprit := _found(find, application, position):
            return Blame(len(applications), culprit)
    return Blame(len(applications))


def _found(
    find: Callable[[Application, int], Culprit | None], application: Application, position: int
) -> Culprit | None:
    try:
        return find(application, position)
    except Exception:  # an operation may take no operands but those that it was made for
        return None


def _is_large(application: Application) -> bool:
    size: int = sum(_array(each).size for each in application.operands)
    return size > _SMALL


def _looks_wrong(application: Application) -> bool:
    try:
        return looks_wrong(application.subject())
    except Exception:  # as above
        return False


def quick_projections(subject: Subject) -> int | None:
    """How many directions do for a question that a large subject was not made for; else None."""
    inputs = sum(array.size for array in subject.inputs)
    outputs = sum(array.size for array in subject.values(subject.inputs))
    return _DIRECTIONS if inputs * outputs > _LARGE else None


def applied(subject: Subject) -> list[Application]:
    """Every operation that leads from the inputs of a subject on, in the order of computation."""
    found: list[Application] = []

    def note(operation: Any, operands: Sequence[Any], parameters: Sequence[Any], out: Any) -> None:
        if out.requires_grad and current_mode().record:
            copies = tuple([_copy(each) for each in operands])
            found.append(Application(operation, copies, tuple(parameters), _place()))

    with witnessed(note):
        subject.roots()
    return found


def _copy(operand: Any) -> Any:
    if isinstance(operand, Value):
        return Value(operand.data, requires_grad=operand.requires_grad)
    return Tensor(operand._data, requires_grad=operand.requires_grad)


def _place() -> str:
    """The innermost line outside this library, unless it is only what called the check."""
    frame: FrameType | None = sys._getframe(2)
    while frame is not None and frame.f_code.co_filename.startswith(_ROOMS):
        frame = frame.f_back
    if frame is None or frame.f_code.co_filename.startswith(_HERE):
        return ""
    return f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno}"


def _broken(application: Application, position: int, seed: int) -> Culprit | None:
    """The first promise that one operation breaks; None if it breaks none."""
    for violation in broken_promises(application.subject(), seed):
        if violation.rule != "random":
            operands = _operands(application, None)
            return _culprit(application, position, operands, violation=violation)
    return None


def _wrong(application: Application, position: int, order: int, seed: int) -> Culprit | None:
    """What is wrong with the derivatives of one operation; None if nothing is."""
    subject = application.subject()
    projections = quick_projections(subject)
    for judgement in judge(subject, order=order, projections=projections, seed=seed):
        for finding in judgement.findings:
            if finding.verdict is Verdict.WRONG:
                return _of_finding(finding, application, subject, position)
    return None


def _of_finding(
    finding: Finding, application: Application, subject: Subject, position: int
) -> Culprit:
    operands = _operands(application, finding)
    varied = _varied(finding, application, subject)
    if varied is None:
        return _culprit(application, position, operands, finding=finding)
    row = application.operation
    return _culprit(
        application,
        position,
        operands,
        argument=application.argument(varied),
        partial=row.partials[varied].text if isinstance(row, Formula) else "",
        finding=finding,
    )


def _culprit(
    application: Application, position: int, operands: tuple[str, ...], **found: Any
) -> Culprit:
    operation = application.operation
    given = [*application.operands, *application.parameters]
    code = snippet(operation, given) if isinstance(operation, Formula | Primitive) else ""
    alone = "" if UNFINISHED in code else code
    return Culprit(operation.name, position, application.place, operands, alone=alone, **found)


def _varied(finding: Finding, application: Application, subject: Subject) -> int | None:
    """The position of the operand by which the operation's own derivative is wrong."""
    if finding.order == 1:
        names, name = subject.input_names, finding.input
    else:
        names, name = subject.derived().output_names(), finding.output
    return application.varied[names.index(name)] if name in names else None


def _operands(application: Application, finding: Finding | None) -> tuple[str, ...]:
    """What each operand was: the elements concerned, if an elementwise derivative is wrong."""
    arrays = [_array(each) for each in application.operands]
    if isinstance(application.operation, Formula) and finding and finding.output_index:
        shape = np.broadcast_shapes(*[array.shape for array in arrays])
        arrays = [np.broadcast_to(array, shape)[finding.output_index] for array in arrays]
    return tuple(f"{application.argument(k)} = {_numbers(array)}" for k, array in enumerate(arrays))


def _array(operand: Any) -> Any:
    return np.asarray(operand.data if isinstance(operand, Value) else operand._data)


def _numbers(array: Any) -> str:
    """A small array as nested lists; of a large one its shape and range."""
    if array.size == 1:
        return repr(array.item())
    if array.size <= _SHOWN:
        return np.array2string(array, separator=", ", max_line_width=1000).replace("\n", "")
    text = f"{array.dtype} of shape {array.shape}"
    if array.dtype.kind != "f" or not np.isfinite(array).any():
        return text
    known = array[np.isfinite(array)]
    return f"{text} from {known.min():.4g} to {known.max():.4g}"
