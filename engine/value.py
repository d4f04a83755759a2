"""``Value``: one number of a computation, which remembers how it was computed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, final

import numpy as np

from .backward import (
    check_anomalies_backward,
    check_anomalies_forward,
    differentiable_edges,
    evaluation_order,
    propagate,
)
from .modes import Mode, current_mode, enable_grad, special_mode
from .operation import Operand, Operation, real_number
from .operators import Operators
from .tape import hooks
from .tape.traced import TracedNumber

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .paths import Path
    from .stepper import Stepper

_new = object.__new__


@final
class Value(Operators):
    """A real number that remembers the operation and the numbers it came from.

    Arithmetic on Values builds a graph; :meth:`backward` walks it from the result down and
    leaves in every node's :attr:`grad` the derivative of the result by that node.

    Parameters
    ----------
    data : int or float
        The number; any real number type. It is kept as a Python float.
    label : str
        A name for it in steps, drawings and error messages.
    requires_grad : bool
        Whether derivatives by it are wanted.

    Attributes
    ----------
    parents : tuple of Value
        What it was computed from, in order; an operand used twice stands there twice.
    local_derivatives : sequence of float
        The derivative of this node by each of its parents, at the forward pass.
    operation : Operation or None
        The row of the table that made it; None for a leaf.

    Notes
    -----
    ``==`` is identity, as in micrograd, so that nodes can be members of sets and keys of
    dictionaries; compare ``.data`` for equality. ``<``, ``<=``, ``>``, ``>=`` compare numbers.

    Raises
    ------
    TypeError
        If ``data`` is not a real number: text, a complex number, an array, a bool.

    Examples
    --------
    >>> from twingrad import Value
    >>> a, b = Value(2.0), Value(-3.0)
    >>> c = a * b + a**2
    >>> c.backward()
    >>> c, a.grad, b.grad
    (Value(data=-2.0, grad=1.0), 1.0, 2.0)
    """

    __slots__ = (
        "__weakref__",
        "_data",
        "_grad",
        "_label",
        "_requires_grad",
        "local_derivatives",
        "operation",
        "parents",
    )

    precedence: ClassVar[int] = 0

    _grad: float | Value | None
    local_derivatives: Sequence[float]
    operation: Operation | None
    parents: tuple[Value, ...]
    _label: str | None
    _requires_grad: bool

    def __init_subclass__(cls) -> None:
        raise TypeError(
            f"{cls.__name__} cannot be a subclass of Value: its operators make plain Values; "
            "wrap a Value, or add a function with twingrad.formula(...)"
        )

    def __init__(self, data: float, label: str = "", *, requires_grad: bool = True) -> None:
        self._data = hooks.number(data) if special_mode() is None else hooks.made(self, data)
        self._grad = None
        self.label = label
        self.local_derivatives = ()
        self.operation = None
        self.parents = ()
        self.requires_grad = requires_grad

    @property
    def data(self) -> float:
        """The number. Assigning to it changes this node alone, not what was computed from it."""
        return self._data if special_mode() is None else hooks.data_of(self)

    @data.setter
    def data(self, data: float) -> None:
        self._data = hooks.number(data) if special_mode() is None else hooks.assigned(self, data)

    @property
    def grad(self) -> Any:
        """The derivative of the last root by this number; None as long as it is not computed.

        For leaves, ``backward`` adds to it. It is a float, or a Value after
        ``backward(create_graph=True)``. Assigning None forgets it. The plain numbers of a formula
        get one too, as in micrograd; nothing is made of it.
        """
        return self._grad if special_mode() is None else hooks.gradient_of(self)

    @grad.setter
    def grad(self, grad: float | Value | None) -> None:
        if special_mode() is not None:
            grad = hooks.gradient_assigned(self, grad)
        is_free = grad is None or type(grad) is Value
        self._grad = grad if is_free else real_number(grad, "Value: grad")

    @property
    def label(self) -> str:
        """The name in steps, drawings and messages; empty for none. Assign text to it."""
        return self._label or ""

    @label.setter
    def label(self, label: str) -> None:
        if not isinstance(label, str):
            raise TypeError(
                f"Value: label must be text, got {type(label).__name__} {label!r}: "
                "write for example label='w'"
            )
        self._label = label

    @property
    def requires_grad(self) -> bool:
        """Whether derivatives by this number are computed. It can be assigned to a leaf.

        Assign it before computing with the leaf.
        """
        return self._requires_grad

    @requires_grad.setter
    def requires_grad(self, wanted: bool) -> None:
        if not isinstance(wanted, bool):
            raise TypeError(
                f"Value: requires_grad must be True or False, got {type(wanted).__name__} "
                f"{wanted!r}: write one of them"
            )
        if self.parents:
            raise RuntimeError(
                f"requires_grad can be changed for leaves only, and {self!r} was computed by "
                f"{self.operation!r}: use its detach() for a constant"
            )
        self._requires_grad = wanted

    @staticmethod
    def apply(operation: Operation, *operands: Any) -> Any:
        """Apply a formula or a variadic primitive to Values and numbers: a new node.

        Gives ``NotImplemented`` where an operand is a NumPy array, so that NumPy may go
        through its elements.
        """
        # One and two operands are spelt out: nearly every node has no more, and it saves a third.
        if len(operands) == 2:
            a, b = operands
            if type(a) is not Value or type(b) is not Value:
                return _apply_mixed(operation, operands)
            data, derivatives = operation.linearize(a._data, b._data)
            requires_grad = a._requires_grad or b._requires_grad
        elif len(operands) == 1:
            (a,) = operands
            if type(a) is not Value:
                return _apply_mixed(operation, operands)
            data, derivatives = operation.linearize(a._data)
            requires_grad = a._requires_grad
        else:
            if not _VALUES.issuperset(map(type, operands)):
                return _apply_mixed(operation, operands)
            data, derivatives = operation.linearize(*[operand._data for operand in operands])
            requires_grad = any([operand._requires_grad for operand in operands])

        out = _new(Value)
        out._data = data
        out._label = ""
        out._requires_grad = requires_grad
        out._grad = None
        out.local_derivatives = derivatives
        out.operation = operation
        out.parents = operands
        if not requires_grad or special_mode() is not None:
            return _restricted(out, current_mode())
        return out

    @property
    def is_leaf(self) -> bool:
        """Whether it was given, not computed."""
        return not self.parents

    @property
    def _prev(self) -> tuple[Value, ...]:
        """Micrograd's name for :attr:`parents`, which its ``draw_dot`` reads."""
        return self.parents

    @property
    def _op(self) -> str:
        """Micrograd's name for the symbol of the operation; empty for a leaf."""
        return self.operation.symbol if self.operation else ""

    def backward(self, gradient: float | Value = 1.0, *, create_graph: bool = False) -> None:
        """Compute the derivative of this number by every node that it was computed from.

        ``dL/da += dL/dc * dc/da`` for every edge a -> c of the graph, from this root down. The
        result is in the nodes' :attr:`grad`: leaves add it to what they have, nodes in between
        start afresh, so that a second call on ``x**3`` at 2 gives ``x.grad`` 12, then 24.

        The local derivatives are those of the forward pass: assigning to a leaf's ``data``
        between the two does not mix old numbers with new ones.

        Parameters
        ----------
        gradient : float or Value
            The derivative of what you want to differentiate by this number.
        create_graph : bool
            Make every ``grad`` a Value with a graph of its own, for gradients of gradients. Such
            a gradient holds on to the graph that holds it; assign None to it when you are done.

        Raises
        ------
        RuntimeError
            If this number does not depend on anything that requires a gradient, or, with
            ``create_graph``, if some ``data`` has been changed since the forward pass.
        """
        if not self.requires_grad:
            raise RuntimeError(
                f"backward: {self!r} does not depend on any Value that requires a gradient: "
                "build it outside no_grad() from at least one Value(..., requires_grad=True)"
            )
        order = evaluation_order(self)
        if (tape := current_mode().tape) is not None:
            gradient = tape.backward(self, order, gradient, create_graph)
        seed = gradient if type(gradient) is Value else real_number(gradient, "backward: gradient")
        if create_graph:
            with enable_grad():
                seed = seed if type(seed) is Value else constant(seed)
                self._deliver(order, propagate(order, self, seed, differentiable_edges))
        else:
            self._deliver(order, propagate(order, self, float(seed)))

    @staticmethod
    def _deliver(order: list[Value], gradients: dict[Value, Any]) -> None:
        """Write the gradients of one pass to the nodes."""
        if current_mode().anomaly:
            check_anomalies_backward(order, gradients)
        for node in order:
            node._grad = gradients.pop(node)
        for leaf, total in gradients.items():
            if leaf._requires_grad or leaf._label is None:
                leaf._grad = total if leaf._grad is None else leaf._grad + total

    def zero_grad(self) -> None:
        """Forget the gradient: :attr:`grad` is None again."""
        self.grad = None

    def detach(self) -> Value:
        """The same number as a constant leaf, without its history."""
        return Value(self.data, self.label, requires_grad=False)

    def item(self) -> float:
        """The number as a Python float."""
        return self._data if special_mode() is None else hooks.known(self, "item()")

    def steps(self) -> Stepper:
        """Every step of the forward and of the backward pass, to walk through one by one.

        Raises ``RuntimeError`` if some ``data`` has been changed since the forward pass.

        >>> from twingrad import Value
        >>> a, b = Value(6.0, label="a"), Value(-2.0, label="b")
        >>> c = a * b
        >>> c.label = "c"
        >>> for step in c.steps():
        ...     print(step)
        c = a * b = 6.0 * (-2.0) = -12.0
        dc/dc = 1.0
        dc/da += dc/dc * dc/da = 1.0 * (-2.0) = -2.0
        dc/db += dc/dc * dc/db = 1.0 * 6.0 = 6.0
        """
        from .stepper import Stepper

        return Stepper(self)

    def paths(self, leaf: Value | str, limit: int = 1000) -> list[Path]:
        """Every chain of local derivatives from this root down to ``leaf``.

        The products along the chains add up to the derivative by ``leaf``: the chain rule,
        written out. Raises ``ValueError`` with their count where there are more than ``limit``.
        """
        return self.steps().paths(leaf, limit)

    def _repr_svg_(self) -> str | None:
        try:
            return self.steps()._repr_svg_()
        except RuntimeError:  # its steps cannot be told, and a notebook shows its text
            return None

    def __lt__(self, other: Any) -> bool:
        return NotImplemented if _leads(other) else _number(self, "<") < _number(other, "<")

    def __le__(self, other: Any) -> bool:
        return NotImplemented if _leads(other) else _number(self, "<=") <= _number(other, "<=")

    def __gt__(self, other: Any) -> bool:
        return NotImplemented if _leads(other) else _number(self, ">") > _number(other, ">")

    def __ge__(self, other: Any) -> bool:
        return NotImplemented if _leads(other) else _number(self, ">=") >= _number(other, ">=")

    def __float__(self) -> float:
        return self._data if special_mode() is None else hooks.known(self, "float()")

    def __int__(self) -> int:
        return int(float(self))

    def __round__(self, digits: int | None = None) -> float:
        return round(float(self), digits)

    def __format__(self, specification: str) -> str:
        if not specification:
            return repr(self)
        return format(float(self), specification)

    def __repr__(self) -> str:
        label = f", label={self.label!r}" if self.label else ""
        return f"Value(data={self._data}, grad={_plain(self._grad)}{label})"

    def __reduce__(self) -> tuple[Callable[..., Value], tuple[Any, ...]]:
        """Copy and pickle leaves; a graph is refused, as it would be copied node by node."""
        if self.parents:
            raise TypeError(
                f"{self!r} was computed by {self.operation!r}, and only leaves can be copied or "
                "pickled: use its detach(), or copy the leaves and compute it again"
            )
        return _leaf, (self.data, self.label, self.requires_grad, _plain(self.grad))


_VALUES = frozenset((Value,))
"""The class of operands that are no numbers: asking it for all of them at once is fast."""


def constant(number: float) -> Value:
    """What a plain number in a formula becomes: a leaf that needs no gradient.

    ``number`` must be a float already. Its ``_label`` is None, by which ``backward`` knows it: as
    in micrograd, it gets a gradient nevertheless, for those who draw every node with one.
    """
    leaf = _new(Value)
    leaf._data = number
    leaf._label = None
    leaf._requires_grad = False
    leaf._grad = None
    leaf.local_derivatives = ()
    leaf.operation = None
    leaf.parents = ()
    return leaf


def _plain(grad: float | Value | None) -> float | None:
    return grad._data if type(grad) is Value else grad


def _leaf(data: float, label: str, requires_grad: bool, grad: float | None) -> Value:
    leaf = Value(data, label, requires_grad=requires_grad)
    leaf.grad = grad
    return leaf


def _apply_mixed(operation: Operation, operands: Sequence[Any]) -> Any:
    """Apply where not every operand is a Value: numbers become constants."""
    values = list(operands)
    for position, operand in enumerate(operands):
        if type(operand) is float:
            values[position] = constant(operand)
        elif type(operand) is Value:
            continue
        elif isinstance(operand, Operand) and operand.precedence > Value.precedence:
            return operand.apply(operation, *operands)
        elif isinstance(operand, np.ndarray):
            return NotImplemented
        elif type(operand) is TracedNumber:
            values[position] = operand.leaf()
        else:
            values[position] = constant(operation.number(position, operand))
    return Value.apply(operation, *values)


def _restricted(out: Value, mode: Mode) -> Value:
    """A new node under a special mode, or one that needs no gradient and keeps no history."""
    if mode.tape is not None:
        mode.tape.node(out)
    if mode.anomaly:
        check_anomalies_forward(out)
    if mode.witness is not None:
        mode.witness(out.operation, out.parents, (), out)
    if not mode.record or not out._requires_grad:
        out._requires_grad = False
        out.parents = ()
        out.local_derivatives = ()
        out.operation = None
    return out


def _leads(other: Any) -> bool:
    """Whether the other side of a comparison is an array, which then compares its elements."""
    return isinstance(other, np.ndarray) or (
        isinstance(other, Operand) and other.precedence > Value.precedence
    )


def _number(other: Any, symbol: str) -> float:
    if type(other) is TracedNumber:
        return other  # type: ignore[return-value]  # it compares as a number does
    if type(other) is Value:
        return other._data if special_mode() is None else hooks.data_of(other)
    return real_number(other, f"Value {symbol} other: other")
