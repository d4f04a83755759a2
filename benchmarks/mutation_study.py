"""Planted gradient bugs: which ones are caught by three gradient checkers, and at what cost.

Every bug of ``mutants/`` is written once and run as a function of each library: checked by
``twingrad.testing.gradcheck``, by ``torch.autograd.gradcheck`` and ``gradgradcheck``, and by
``jax.test_util.check_grads``, all with their own tolerances, in float64, to the second order. All
get the same inputs: standard normal numbers, and what our strategies for Hypothesis draw. Beside
each bug stands the right derivative, checked at the same inputs: what is said against it is a
false alarm. A bug is caught if the checker finds a fault at an input at which it finds none with
the right derivative.

    python benchmarks/mutation_study.py [--only sign tie] [--examples 50] [--seed 0] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from twingrad.benchmarks import measure
from twingrad.benchmarks.checkers.base import Checker
from twingrad.benchmarks.checkers.ours import Twingrad
from twingrad.benchmarks.mutants import KINDS, MUTANTS, Mutant
from twingrad.benchmarks.mutants.inputs import SOURCES, inputs_for
from twingrad.benchmarks.mutants.outcome import Outcome, markdown
from twingrad.benchmarks.mutants.trials import Calm, Hunt, calm, hunt
from twingrad.engine.files import write_text
from twingrad.nn.tables import aligned


def installed_checkers() -> list[Checker]:
    """Ours, and those of the libraries that are there; the others are said to be missing."""
    checkers: list[Checker] = [Twingrad()]
    if torch := measure.installed("torch"):
        from twingrad.benchmarks.checkers.pytorch import PyTorch

        torch.set_num_threads(1)
        checkers.append(PyTorch())
    if measure.installed("jax"):
        from twingrad.benchmarks.checkers.jax_library import JAX

        checkers.append(JAX())
    return checkers


def study(
    mutants: Sequence[Mutant], checkers: Sequence[Checker], examples: int, seed: int
) -> Outcome:
    """All mutants and their right versions, by all checkers, at the same inputs."""
    calms: list[Calm] = []
    hunts: list[Hunt] = []
    operations = dict.fromkeys(mutant.operation for mutant in mutants)
    for number, operation in enumerate(operations, start=1):
        print(f"{number} of {len(operations)}: {operation.name}", file=sys.stderr)
        own = [mutant for mutant in mutants if mutant.operation is operation]
        for source in SOURCES:
            inputs = inputs_for(operation, source, examples, seed)
            for checker in checkers:
                right = calm(operation, checker, source, inputs)
                calms.append(right)
                hunts += [
                    hunt(mutant, checker, right, inputs)
                    for mutant in own
                    if checker.name not in mutant.missing
                ]
    return Outcome(calms, hunts)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=KINDS, default=list(KINDS), metavar="KIND")
    parser.add_argument("--examples", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path, metavar="FILE")
    arguments = parser.parse_args()
    checkers = installed_checkers()
    mutants = [mutant for mutant in MUTANTS if mutant.kind in arguments.only]
    outcome = study(mutants, checkers, arguments.examples, arguments.seed)
    about: dict[str, Any] = {
        "machine": measure.machine(),
        "versions": [checker.version() for checker in checkers],
        "examples": arguments.examples,
        "seed": arguments.seed,
    }
    print(f"{about['machine']}; {', '.join(about['versions'])}")
    print(f"{arguments.examples} inputs of each source, seed {arguments.seed}:")
    for source, words in SOURCES.items():
        print(f"  {source}: {words}")
    rows = outcome.rows()
    print("", *aligned(rows, "<" + ">" * (len(rows[0]) - 1)), "", sep="\n")
    print(*outcome.remarks(Twingrad.name), "", *markdown(rows), sep="\n")
    if arguments.json:
        write_text(arguments.json, json.dumps(about | outcome.as_data(), indent=1) + "\n")


if __name__ == "__main__":
    main()
