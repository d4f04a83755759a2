"""All that a training on trial must leave as it was."""

import numpy as np

from twingrad.nn.backend import numbers_of
from twingrad.tensor.random.generator import get_rng_state


def everything(model, optimizer=None, loader=None):
    """Numbers, gradients, modes, states and random numbers, in a form that compares to the bit."""
    operands = {**dict(model.named_parameters()), **dict(model.named_buffers())}
    return {
        "numbers": {name: _bits(each) for name, each in operands.items()},
        "gradients": {name: _bits(each.grad) for name, each in model.named_parameters()},
        "modes": [module.training for module in model.modules()],
        "attributes": [sorted(module.__dict__) for module in model.modules()],
        "hooks": [module._hooks for module in model.modules()],
        "optimizer": None if optimizer is None else _plain(optimizer.state_dict()),
        "loader": None if loader is None else loader.state_dict(),
        "random": _bits(get_rng_state()),
    }


def _bits(operand):
    if operand is None:
        return None
    numbers = numbers_of(operand)
    return numbers.dtype.str, numbers.shape, np.ascontiguousarray(numbers).tobytes()


def _plain(state):
    if isinstance(state, dict):
        return {key: _plain(each) for key, each in state.items()}
    if isinstance(state, list | tuple):
        return [_plain(each) for each in state]
    return state if isinstance(state, bool | int | float | str | None) else _bits(state)
