"""Expressions whose conditions are decided: the branches that are taken, and nothing else."""

from __future__ import annotations

import ast
from collections.abc import Callable
from copy import deepcopy
from typing import Any

from ..engine.expression import Expression, parse

Decide = Callable[[ast.expr], bool | None]
"""Whether a condition holds; None leaves it open."""


def branches_taken(expression: Expression, decide: Decide) -> Expression:
    """The expression with every conditional that is decided replaced by its branch."""
    if not any(isinstance(node, ast.IfExp) for node in ast.walk(expression.tree)):
        return expression
    return parse(ast.unparse(_Deciding(decide).visit(deepcopy(expression.tree))))


class _Deciding(ast.NodeTransformer):
    def __init__(self, decide: Decide) -> None:
        self._decide = decide

    def visit_IfExp(self, node: ast.IfExp) -> Any:
        holds = self._decide(node.test)
        if holds is None:
            return self.generic_visit(node)
        return self.visit(node.body if holds else node.orelse)
