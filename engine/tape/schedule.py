"""The order in which a program runs: level by level, equal steps together.

A level holds what depends on the levels before it alone, so that all equal steps of it are one
loop. The numbers lie in one array: the inputs, the constants, then the results of every loop in a
row. What a loop reads is told by places in that array.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, final

import numpy as np

from .operations import PRODUCTS, Step
from .program import Program

if TYPE_CHECKING:
    from numpy.typing import NDArray

LANES = 4
"""Sums of products that are added up side by side: one alone waits for each of its additions."""


@final
class Schedule:
    """A program as data for :func:`~twingrad.engine.tape.writer.kernel_source`.

    Parameters
    ----------
    program : Program
        What is computed.
    wanted : sequence of int
        The numbers that are read when it has run.
    inputs : sequence of int
        The inputs, in the order in which they lie at the beginning of the array.
    parts : sequence of int
        How many numbers there were where each part ended; the program stops there.

    Attributes
    ----------
    steps : list of Step
        The kinds of steps, by the codes that stand for them; 0 are sums of products.
    numbers : array
        Room for all numbers, with the constants in their places.
    groups : array of shape (G, 5)
        The loops: the code, how many results, the place of the first of them, where in
        ``operands`` their operands begin, and how many each has.
    operands : array
        Places in ``numbers``.
    ends : list of int
        Where in ``groups`` each part ends.
    """

    def __init__(
        self, program: Program, wanted: Sequence[int], inputs: Sequence[int], parts: Sequence[int]
    ) -> None:
        self._program = program
        needed = program.fused(wanted)
        found = _grouped(program, needed, parts)
        steps = {step: (step.name, step.source) for _, _, step, _ in found}
        self.steps = [PRODUCTS, *sorted({*steps} - {PRODUCTS}, key=steps.__getitem__)]
        codes = {step: code for code, step in enumerate(self.steps)}
        ordered = sorted(found, key=lambda key: (key[0], key[1], codes[key[2]], key[3]))

        self._places = np.zeros(len(program), dtype=np.uint32)
        constants = [number for number in needed if number in program.known]
        constants += [each for each in wanted if each in program.known]
        results = [number for key in ordered for number in found[key]]
        in_order = [*inputs, *dict.fromkeys(constants), *results]
        self._places[in_order] = np.arange(len(in_order), dtype=np.uint32)
        self.numbers = np.zeros(len(in_order))
        for number in constants:
            self.numbers[self._places[number]] = program.known[number]

        named = array("q")
        groups = array("q")
        place = len(in_order) - len(results)
        for key in ordered:
            members = found[key]
            groups.extend((codes[key[2]], len(members), place, len(named), key[3]))
            place += len(members)
            _lay_out(key[2], [needed[number] for number in members], named)
        self.groups: NDArray[np.int64] = np.array(groups, dtype=np.int64).reshape(-1, 5)
        self.operands: NDArray[np.uint32] = self._places[np.array(named, dtype=np.int64)]
        ends = np.cumsum(np.bincount([key[0] for key in ordered], minlength=len(parts)))
        self.ends: list[int] = ends.tolist()

    def places(self, numbers: Sequence[int]) -> NDArray[np.intp]:
        """Where numbers lie."""
        return self._places[np.array(numbers, dtype=np.int64)].astype(np.intp)


Key = tuple[int, int, Step, int]
"""The part and the level of a step, what it is, and how many operands it has."""


def _grouped(
    program: Program, needed: Mapping[int, Sequence[int]], parts: Sequence[int]
) -> dict[Key, list[int]]:
    """The numbers that can be computed in one loop."""
    levels = [0] * len(program)
    found: dict[Key, list[int]] = {}
    part = 0
    for number, operands in needed.items():
        step = program.steps[number]
        if step is None:
            continue
        while number >= parts[part]:
            part += 1
        level = levels[number] = 1 + max([levels[operand] for operand in operands])
        key = (part, level, step, len(operands))
        if key in found:
            found[key].append(number)
        else:
            found[key] = [number]
    return found


def _lay_out(step: Step, operands: list[Sequence[int]], named: array[int]) -> None:
    """Append the operands of a group in the order in which its loop reads them."""
    if len(operands) < LANES:
        if step.arguments:
            for column in zip(*operands):
                named.extend(column)
        else:
            for each in operands:
                named.extend(each)
        return
    rows = np.array(operands, dtype=np.int64)
    if step.arguments:
        named.frombytes(rows.T.tobytes())
    elif step is PRODUCTS:
        whole = len(rows) - len(rows) % LANES
        blocks = rows[:whole].reshape(-1, LANES, rows.shape[1]).transpose(0, 2, 1)
        named.frombytes(blocks.tobytes())
        named.frombytes(rows[whole:].tobytes())
    else:
        named.frombytes(rows.tobytes())
