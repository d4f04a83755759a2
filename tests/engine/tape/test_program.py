"""Programs: what is merged, what is left out, and in which order the rest runs."""

import math

import numpy as np
import pytest

from twingrad.engine.formulas import tanh
from twingrad.engine.tape.operations import PRODUCTS, value_step
from twingrad.engine.tape.program import Program
from twingrad.engine.tape.schedule import LANES, Schedule
from twingrad.engine.tape.writer import kernel, kernel_source


def run(program, wanted, inputs):
    schedule = Schedule(program, wanted, program.inputs, [len(program)])
    schedule.numbers[: len(inputs)] = inputs
    kernel(kernel_source(schedule.steps))(schedule.numbers, schedule.groups, schedule.operands)
    return schedule, schedule.numbers[schedule.places(wanted)].tolist()


def test_chains_of_sums_are_one_sum_in_their_order():
    program = Program()
    one, minus = program.one, program.minus_one
    a, b, c, d = (program.input() for _ in range(4))
    chain = program.sum((program.sum((program.sum((a, one, b, one)), one, c, one)), one, d, minus))
    fused = program.fused([chain])
    assert [*fused[chain]] == [a, one, b, one, c, one, d, minus]
    assert len([n for n in fused if program.steps[n] is PRODUCTS]) == 1
    numbers = [1e16, 1.0, -1e16, 0.5]
    assert run(program, [chain], numbers)[1] == [((1e16 + 1.0) + -1e16) - 0.5]


def test_products_are_merged_into_sums_on_either_side():
    program = Program()
    a, b, c = (program.input() for _ in range(3))
    product, other = program.sum((a, b)), program.sum((b, c, a, program.one))
    both = program.sum((product, program.one, other, program.one))
    assert [*program.fused([both])[both]] == [b, c, a, program.one, a, b]


def test_a_sum_that_stands_behind_another_keeps_its_own_order():
    program = Program()
    one = program.one
    numbers = [program.input() for _ in range(4)]
    left = program.sum((numbers[0], one, numbers[1], one))
    right = program.sum((numbers[2], one, numbers[3], one))
    total = program.sum((left, one, right, one))
    assert right in program.fused([total])
    values = [1e16, 1.0, 1.0, 1.0]
    assert run(program, [total], values)[1] == [(1e16 + 1.0) + (1.0 + 1.0)]


def test_what_is_used_twice_or_wanted_is_not_merged():
    program = Program()
    a, b = program.input(), program.input()
    inner = program.sum((a, b))
    twice = program.sum((inner, program.one, inner, program.one))
    assert inner in program.fused([twice])
    outer = program.sum((inner, program.one, a, program.one))
    assert inner in program.fused([outer, inner])
    assert inner not in program.fused([outer])


def test_what_nobody_needs_is_not_computed():
    program = Program()
    a = program.input()
    program.apply(value_step(tanh), (a,))
    kept = program.sum((a, a))
    assert [n for n in program.fused([kept]) if program.steps[n] is not None] == [kept]


def test_constants_are_computed_once():
    program = Program()
    two = program.constant(2.0)
    assert program.constant(2.0) == two
    assert program.constant(0.0) != program.constant(-0.0)
    assert program.known[program.sum((two, two, two, program.one))] == 6.0
    assert program.known[program.apply(value_step(tanh), (two,))] == math.tanh(2.0)
    a = program.input()
    assert program.sum((a, program.one)) == program.sum((program.one, a)) == a


@pytest.mark.parametrize("count", range(1, 3 * LANES))
def test_sums_side_by_side(count):
    program = Program()
    inputs = [program.input() for _ in range(count + 3)]
    wanted = [
        program.sum([factor for j in range(3) for factor in (inputs[k + j], inputs[j])])
        for k in range(count)
    ]
    numbers = np.random.default_rng(count).normal(size=len(inputs))
    schedule, found = run(program, wanted, numbers)
    assert len(schedule.groups) == 1
    np.testing.assert_allclose(found, np.convolve(numbers, numbers[2::-1], "valid")[:count])


def test_equal_steps_of_a_level_are_one_loop():
    program = Program()
    inputs = [program.input() for _ in range(10)]
    first = [program.apply(value_step(tanh), (x,)) for x in inputs]
    second = [program.apply(value_step(tanh), (x,)) for x in first]
    schedule, found = run(program, [*second, inputs[0]], np.arange(10.0))
    assert schedule.groups[:, 1].tolist() == [10, 10]
    np.testing.assert_allclose(found, [*np.tanh(np.tanh(np.arange(10.0))), 0.0])
