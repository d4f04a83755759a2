"""Write members.json: what PyTorch makes of assignments to a module, one after the other.

Run with PyTorch 2.13: ``python tests/golden/make_members.py``. Each sequence begins with an empty
module; each of its steps is an operation, a name, what is assigned, and what comes of it: the
error, if any, and the names that the module has then.
"""

import json
import random
from pathlib import Path

import torch
from torch import nn

VALUES = {
    "parameter": lambda: nn.Parameter(torch.ones(1)),
    "none": lambda: None,
    "module": lambda: nn.Linear(1, 1),
    "tensor": lambda: torch.ones(1),
    "number": lambda: 1.0,
}
OPERATIONS = {
    "set": setattr,
    "delete": lambda module, name, value: delattr(module, name),
    "register_parameter": nn.Module.register_parameter,
    "register_buffer": nn.Module.register_buffer,
    "register_passing_buffer": lambda module, name, value: module.register_buffer(
        name, value, persistent=False
    ),
    "add_module": nn.Module.add_module,
}


def names(module):
    named = module.named_parameters(), module.named_buffers(), module.named_children()
    return [*([name for name, _ in each] for each in named), [*module.state_dict()]]


def sequence(chance):
    module = nn.Module()
    steps = []
    for _ in range(8):
        operation = chance.choice(["set", "set", "set", *OPERATIONS])
        name, value = chance.choice("ab"), chance.choice([*VALUES])
        error = None
        try:
            OPERATIONS[operation](module, name, VALUES[value]())
        except (AttributeError, KeyError, TypeError) as raised:
            error = type(raised).__name__
        steps.append([operation, name, value, error, names(module)])
    return steps


def main():
    chance = random.Random(0)
    sequences = [sequence(chance) for _ in range(150)]
    Path(__file__).with_name("members.json").write_text(
        "[\n" + ",\n".join(map(json.dumps, sequences)) + "\n]\n"
    )


if __name__ == "__main__":
    main()
