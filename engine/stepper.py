"""The stepper: a forward and a backward pass, one elementary step at a time, there and back.

A :class:`Stepper` computes from None, as if no ``backward`` had been called before, and leaves
the ``grad`` of the nodes alone. Its contributions are those of ``backward``, in its order, so
they add up to the same gradients bit for bit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, overload

from .backward import check_fresh, contributions, evaluation_order, propagate
from .naming import Names, is_plain
from .operation import real_number
from .paths import Path, chains
from .shapes import whole_numbers
from .steps import BackwardStep, ForwardStep, SeedStep, State, Step
from .updates import UpdateStep
from .writer import Writer

if TYPE_CHECKING:
    from .value import Value


class Stepper(Sequence[Step]):
    """All steps of a forward and a backward pass, and a cursor that moves over them.

    It is a sequence of :class:`Step`. :meth:`next`, :meth:`back`, :meth:`jump` and :meth:`run`
    move; :attr:`state` is what is known at the cursor. At first the leaves are known, nothing
    else.

    Parameters
    ----------
    root : Value
        The result to differentiate.

    Raises
    ------
    RuntimeError
        If some ``data`` has been changed since the forward pass: the steps would not fit it.

    Examples
    --------
    >>> from twingrad import Value
    >>> w, x = Value(0.3, label="w"), Value(2.0, label="x")
    >>> stepper = (w * x + w).tanh().steps()
    >>> print(stepper.next())
    v1 = w * x = 0.3 * 2.0 = 0.6
    >>> stepper.break_at("w")
    >>> print(stepper.run())
    dv3/dw += dv3/dv2 * dv2/dw = 0.486917 * 1.0 = 0.486917
    >>> stepper.position, len(stepper)
    (7, 9)
    """

    def __init__(self, root: Value) -> None:
        self.root = root
        order = evaluation_order(root)
        check_fresh(order)
        self.nodes = _leaves_first(root, order)
        self.names = Names(self.nodes)
        self.data = {node: node.data for node in self.nodes}
        """The numbers of the nodes; what is assigned to them later changes no step."""
        self.gradients = propagate(order, root, 1.0)
        """The gradients at the end of the backward pass, constants' included."""
        self.written = Writer(self.names, self.data)
        self._steps: list[Step] = [*self._forward(order), *self._backward(order)]
        self.state = State({node: self.data[node] for node in self.nodes if node.is_leaf})
        self.position = 0
        """How many steps have been carried out."""
        self.introduction = ""
        """Shown before the first step by views that have room for it."""
        self.conclusion = ""
        """Shown after the last step, line by line as it stands."""
        self._breakpoints: list[Callable[[Step], bool]] = []

    def _forward(self, order: Iterable[Value]) -> Iterable[Step]:
        return (ForwardStep(node, self.data[node], self.written) for node in order)

    def _backward(self, order: Sequence[Value]) -> Iterable[Step]:
        if not self.root.requires_grad:
            return
        yield SeedStep(self.root, 1.0, self.written)
        known: dict[Value, float] = {self.root: 1.0}
        for each in contributions(order, self.gradients):
            before = known.get(each.parent)
            after = each.contribution if before is None else before + each.contribution
            known[each.parent] = after
            yield BackwardStep(self.root, *each, before, after, self.written)

    @overload
    def __getitem__(self, index: int) -> Step: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Step]: ...
    def __getitem__(self, index: int | slice) -> Step | Sequence[Step]:
        return self._steps[index]

    def __len__(self) -> int:
        return len(self._steps)

    def next(self) -> Step | None:
        """Carry out the next step and give it; None at the end."""
        if self.position == len(self):
            return None
        step = self[self.position]
        step.do(self.state)
        self.position += 1
        return step

    def back(self) -> Step | None:
        """Undo the last step carried out and give it; None at the beginning."""
        if self.position == 0:
            return None
        self.position -= 1
        step = self[self.position]
        step.undo(self.state)
        return step

    def jump(self, position: int) -> None:
        """Move to where ``position`` steps have been carried out; -1 is the end.

        Raises ``IndexError`` outside ``-len - 1 .. len``.
        """
        (position,) = whole_numbers([position], "jump: position")
        target = position + len(self) + 1 if position < 0 else position
        if not 0 <= target <= len(self):
            raise IndexError(
                f"jump: position must lie between {-len(self) - 1} and {len(self)}, "
                f"got {position}: there are {len(self)} steps"
            )
        while self.position < target:
            self.next()
        while self.position > target:
            self.back()

    def run(self) -> Step | None:
        """Go on to the next breakpoint and give the step that hit it; None at the end."""
        while (step := self.next()) is not None:
            if any(hit(step) for hit in self._breakpoints):
                return step
        return None

    def break_at(
        self, node: Value | str | None = None, *, gradient_above: float | None = None
    ) -> None:
        """Set a breakpoint for :meth:`run`.

        Parameters
        ----------
        node : Value or str
            Stop after each step that sets the value or the gradient of this node; a text is the
            node's label, or its name in the steps.
        gradient_above : float
            Stop after each step that leaves a gradient of an absolute value above this, nan too.

        Raises
        ------
        ValueError
            If the graph has no such node, or if neither or both of the arguments are given.
        """
        if node is not None and gradient_above is None:
            target = self.names.find(node, "break_at: node")
            self._breakpoints.append(lambda step: _sets(step, target))
        elif gradient_above is not None and node is None:
            limit = real_number(gradient_above, "break_at: gradient_above")
            self._breakpoints.append(
                lambda step: (
                    isinstance(step, SeedStep | BackwardStep)
                    and not abs(self.state.gradients.get(step.target, 0.0)) <= limit
                )
            )
        else:
            raise ValueError(
                f"break_at takes either a node or gradient_above, got node={node!r} and "
                f"gradient_above={gradient_above!r}: give one of them"
            )

    def clear_breakpoints(self) -> None:
        """Forget every breakpoint."""
        self._breakpoints.clear()

    def extend(self, steps: Iterable[Step]) -> None:
        """Append further steps, such as those of ``optimizer.steps()``.

        They are written with the names of the graph, and what they start from is known from now
        on.

        Examples
        --------
        >>> from twingrad import Value, optim
        >>> w = Value(3.0, label="w")
        >>> L = w * w
        >>> L.label = "L"
        >>> L.backward()
        >>> stepper = L.steps()
        >>> stepper.extend(optim.SGD([w], lr=0.1).steps())
        >>> for step in stepper[-2:]:
        ...     print(step)
        g = dL/dw = 6.0
        w = w - lr * g = 3.0 - 0.1 * 6.0 = 2.4
        """
        for step in steps:
            if not isinstance(step, Step):
                raise TypeError(
                    f"extend: steps must hold steps, got {type(step).__name__} {step!r:.40}: pass "
                    "what optimizer.steps() gives"
                )
            written = step.within(self)
            if isinstance(written, UpdateStep):
                written.give(self.state)
            self._steps.append(written)

    @property
    def values(self) -> dict[str, float | None]:
        """Every node's value at the cursor, by name; None: not computed."""
        return self._by_name(self.state.values)

    @property
    def gradients_so_far(self) -> dict[str, float | None]:
        """Every node's gradient at the cursor, by name; None: not computed."""
        return self._by_name(self.state.gradients)

    def _by_name(self, known: Mapping[Any, float]) -> dict[str, float | None]:
        return {self.names[node]: known.get(node) for node in self.nodes if not is_plain(node)}

    def paths(self, leaf: Value | str, limit: int = 1000) -> list[Path]:
        """Every chain of local derivatives from the root to ``leaf``, a node or its name.

        Raises ``ValueError`` with their count where there are more than ``limit``.
        """
        return chains(self.root, self.names.find(leaf, "paths: leaf"), self.names, limit)

    @property
    def trace(self) -> dict[str, Any]:
        """The whole trace as plain data, ready for JSON: what every view is drawn from."""
        from .trace import trace_of

        return trace_of(self)

    def to_json(self) -> str:
        """The trace as JSON text. Infinities and nan are the strings "inf", "-inf", "nan"."""
        import json

        return json.dumps(self.trace, allow_nan=False, ensure_ascii=False, indent=1)

    def to_text(self) -> str:
        """Every step on a line of its own, under headings: for a terminal or a file."""
        from .drawing import draw_text

        return draw_text(self.trace)

    def to_svg(self, position: int | None = None) -> str:
        """The graph with values and gradients as an SVG picture.

        With a ``position``, only what is known after that many steps; ``IndexError`` outside.
        """
        from .drawing import draw_svg

        return draw_svg(self.trace, position)

    def to_dot(self) -> str:
        """The graph in Graphviz's DOT language."""
        from .drawing import draw_dot

        return draw_dot(self.trace)

    def to_html(self) -> str:
        """A page that steps through the trace, in one file, without a network."""
        from .drawing import draw_html

        return draw_html(self.trace)

    def _repr_svg_(self) -> str | None:
        return self.to_svg() if len(self.nodes) <= LARGEST_PICTURE else None

    def _repr_html_(self) -> str | None:
        from .drawing import draw_frame

        return draw_frame(self.trace) if len(self.nodes) <= LARGEST_PICTURE else None

    def __repr__(self) -> str:
        return (
            f"<Stepper of {self.names[self.root]}: {len(self.nodes)} nodes, "
            f"step {self.position} of {len(self)}>"
        )


LARGEST_PICTURE = 300
"""Nodes beyond which a notebook shows the text of a graph, not its picture."""


def _sets(step: Step, node: Value) -> bool:
    """Whether a step sets the value or the gradient of a node, not what leads to an update."""
    return step.target is node and (not isinstance(step, UpdateStep) or step.is_of_value)


def _leaves_first(root: Value, order: Sequence[Value]) -> list[Value]:
    """Every node: the leaves in the order of their first use, then the others as computed."""
    leaves = {parent: None for node in order for parent in node.parents if parent.is_leaf}
    return [*leaves, *(order or [root])]
