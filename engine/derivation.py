"""One derivative on its own: the steps that lead to it, and the chain rule written out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .backward import evaluation_order
from .notation import number, parenthesised
from .steps import BackwardStep, SeedStep, Step

if TYPE_CHECKING:
    from .stepper import Stepper
    from .value import Value

MOST_CHAINS = 1000
"""Beyond this many, the chains of a derivative are not written out."""

_MOST_TERMS = 8


def derivation(stepper: Stepper, name: str) -> str:
    """How the derivative of the root by the node called ``name`` comes about, as text.

    The backward steps on the paths from the root to that node, then every chain of local
    derivatives with its numbers, and their sum.

    Raises
    ------
    ValueError
        If the graph has no node of that name, or if it is a constant.
    """
    leaf = stepper.names.find(name, "the name")
    if not leaf.requires_grad:
        raise ValueError(f"{name} is a constant here, and nothing is differentiated by it")
    root = stepper.root
    target = stepper.names.derivative(root, leaf)
    steps = [line for step in steps_towards(stepper, leaf) for line in _lines(step)]
    blocks = ["\n".join(["Backward", *steps])]
    total = number(stepper.gradients[leaf])
    try:
        chains = stepper.paths(leaf, MOST_CHAINS)
    except ValueError:
        return "\n\n".join(
            [*blocks, f"Chains\n  more than {MOST_CHAINS}, not written out; {target} = {total}\n"]
        )
    if len(chains) == 1:
        blocks.append(f"Chain\n  {chains[0]}")
    else:
        lines = [f"  {chain}" for chain in chains]
        terms = [parenthesised(number(chain.product)) for chain in chains]
        if len(terms) > _MOST_TERMS:
            terms = [*terms[: _MOST_TERMS - 2], "...", terms[-1]]
        blocks.append("\n".join([f"Chains: {len(chains)}", *lines]))
        blocks.append(f"Sum of the chains\n  {target} = {' + '.join(terms)} = {total}")
    return "\n\n".join(blocks) + "\n"


def steps_towards(stepper: Stepper, leaf: Value) -> list[Step]:
    """The steps of the backward pass that lie on a path from the root to ``leaf``."""
    above = {leaf}
    for node in evaluation_order(stepper.root):
        if any(parent in above for parent in node.parents):
            above.add(node)
    return [
        step
        for step in stepper
        if isinstance(step, SeedStep)
        or (isinstance(step, BackwardStep) and step.parent in above and step.node is not leaf)
    ]


def _lines(step: Step) -> list[str]:
    where = [f"      where {step.local}"] if isinstance(step, BackwardStep) else []
    return [f"  {step}", *where]
