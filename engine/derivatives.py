"""Derivatives of functions: ``grad``, ``vjp``, ``jvp``, ``jacobian``, ``hessian`` and the like.

They take a function and differentiate it by its arguments, on either twin: of tensors if one of
the arguments is a tensor, else of Values, which numbers and arrays are made. They can be nested
in one another: each call differentiates by variables of its own. No ``grad`` attribute of anything
is written to.

The arguments, and the outputs of functions that may have several, are numbers, Values, Arrays
and NumPy arrays, or floating point tensors, in lists, tuples, named tuples and dictionaries that
may be nested; derivatives come in the structure of what they belong to. On tensors they are
tensors, which can be differentiated further if the function uses something else that requires a
gradient. On the scalar twin numbers give numbers, and Values, as inside another derivative, give
Values. Inside ``no_grad`` all results are constants.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import WRAPPER_ASSIGNMENTS, wraps
from typing import Any

from .evaluation import Evaluation
from .structures import rebuilt

Argnums = int | Sequence[int]


def grad(
    function: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False
) -> Callable[..., Any]:
    """The derivative of ``function`` as a function of the same arguments.

    For an argument of shape s it has the shape s: element k is ``dfunction/dx[k]``.

    Parameters
    ----------
    function : callable
        Gives one Value, or an Array or a tensor of one element.
    argnums : int or sequence of int
        Which positional argument to differentiate by; with several, a tuple is given.
    has_aux : bool
        Whether ``function`` gives a pair, of which only the first is differentiated. The second
        is given back beside the derivative: ``(derivative, aux)``.

    Returns
    -------
    callable
        Gives the derivative in the structure of the argument; 0 where the function does not
        depend on it. Keyword arguments are passed on.

    Raises
    ------
    TypeError
        If ``argnums`` is not a position, if the argument holds what cannot be differentiated
        by, such as tensors of integers, or if the function does not give one number.

    Examples
    --------
    >>> import twingrad
    >>> def cube(x):
    ...     return x**3
    >>> twingrad.grad(cube)(2.0)
    12.0
    >>> twingrad.grad(twingrad.grad(cube))(2.0)
    12.0
    >>> twingrad.grad(lambda w, x: w[0] * x + w[1])([3.0, 1.0], 5.0)
    [5.0, 1.0]

    Of tensors:

    >>> parameters = {"w": twingrad.Tensor([3.0, 1.0]), "b": twingrad.Tensor(2.0)}
    >>> twingrad.grad(lambda p: (p["w"] * p["w"]).sum() + p["b"])(parameters)
    {'w': tensor([6., 2.]), 'b': tensor(1.)}
    """
    positions = _positions(function, argnums)

    @_named_after(function)
    def derivative(*args: Any, **kwargs: Any) -> Any:
        call = _evaluated("grad", function, args, kwargs, positions, has_aux)
        call.require_single()
        found = _by_argument(call, argnums, call.slopes())
        return call.with_aux(found) if has_aux else found

    return derivative


def value_and_grad(
    function: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False
) -> Callable[..., Any]:
    """The pair (value, derivative) of ``function``, as a function of the same arguments.

    The order is JAX's; ``torch.func.grad_and_value`` has it the other way round. With
    ``has_aux`` it is ``((value, aux), derivative)``. Takes and raises what :func:`grad` does.

    >>> import twingrad
    >>> twingrad.value_and_grad(lambda x: x.tanh())(0.0)
    (0.0, 1.0)
    >>> twingrad.value_and_grad(lambda x: (x * x).sum())(twingrad.Tensor([1.0, 2.0]))
    (tensor(5.), tensor([2., 4.]))
    """
    positions = _positions(function, argnums)

    @_named_after(function)
    def value_and_derivative(*args: Any, **kwargs: Any) -> tuple[Any, Any]:
        call = _evaluated("value_and_grad", function, args, kwargs, positions, has_aux)
        call.require_single()
        value = call.result(call.output)
        found = _by_argument(call, argnums, call.slopes())
        return call.with_aux(value) if has_aux else value, found

    return value_and_derivative


def vjp(function: Callable[..., Any], *primals: Any, has_aux: bool = False) -> tuple[Any, ...]:
    """The output of ``function`` at ``primals``, and the function that pulls cotangents back.

    Reverse mode: for cotangents c, ``pullback(c)`` is ``sum over k of c[k] * doutput[k]/dprimal``,
    one derivative for each primal, at about the cost of running the function once more. It can be
    called any number of times.

    Parameters
    ----------
    function : callable
        Gives a Value, an Array or a tensor, or several in a structure.
    *primals
        Its arguments; all are differentiated by.
    has_aux : bool
        Whether ``function`` gives a pair, of which only the first is differentiated. The second
        is given back behind the rest: ``(output, pullback, aux)``.

    Returns
    -------
    tuple
        ``(output, pullback)``. The pullback takes cotangents in the structure and the shapes of
        the output (or, for several in a list or a tuple, one argument for each), and gives a tuple
        with the derivative by each primal.

    Raises
    ------
    TypeError
        If primals or outputs cannot be differentiated, or cotangents are nested differently.
    ValueError
        If a cotangent has another shape than its output.

    Examples
    --------
    >>> import twingrad
    >>> x = twingrad.Tensor([1.0, 2.0])
    >>> output, pullback = twingrad.vjp(lambda x: x * x, x)
    >>> output
    tensor([1., 4.])
    >>> pullback(twingrad.Tensor([1.0, 10.0]))
    (tensor([ 2., 40.]),)
    >>> twingrad.vjp(lambda x, y: [x * y, x + y], 2.0, 3.0)[1](1.0, 10.0)
    (13.0, 12.0)
    """
    _check_callable(function)
    call = _evaluated("vjp", function, primals, {}, range(len(primals)), has_aux)
    call.require_outputs()

    def pullback(*cotangents: Any) -> tuple[Any, ...]:
        given = cotangents[0] if len(cotangents) == 1 else cotangents
        later = call.later(given)
        seeds = later.directions(given, call.output, call.outputs, "cotangent")
        return tuple(later.rebuilt(later.pulled(seeds)))

    output = call.result(call.output)
    return call.with_aux(output, pullback) if has_aux else (output, pullback)


def jvp(
    function: Callable[..., Any], primals: Any, tangents: Any, has_aux: bool = False
) -> tuple[Any, ...]:
    """The output of ``function`` at ``primals``, and its derivative along ``tangents``.

    Forward mode: for tangents t, the derivative is ``sum over k of doutput/dprimal[k] * t[k]``, in
    the structure of the output. It is exact: the pullback of :func:`vjp` is linear in the
    cotangents, and its derivative by them is this. That costs two backward passes that
    are recorded, about four to six times the function itself.

    Parameters
    ----------
    function : callable
        Gives a Value, an Array or a tensor, or several in a structure.
    primals : tuple, or anything else
        A tuple holds one entry for each argument; anything else is the one argument.
    tangents
        In the structure and the shapes of ``primals``.
    has_aux : bool
        Whether ``function`` gives a pair, of which only the first is differentiated. The second
        is given back behind the rest: ``(output, tangent, aux)``.

    Raises
    ------
    TypeError
        If primals or outputs cannot be differentiated, or tangents are nested differently.
    ValueError
        If a tangent has another shape than its primal.

    Examples
    --------
    >>> import twingrad
    >>> twingrad.jvp(lambda x, y: x * y, (2.0, 3.0), (1.0, 10.0))
    (6.0, 23.0)
    >>> x, direction = twingrad.Tensor([1.0, 2.0]), twingrad.Tensor([1.0, 0.0])
    >>> twingrad.jvp(lambda x: x * x, x, direction)
    (tensor([1., 4.]), tensor([2., 0.]))
    """
    _check_callable(function)
    args = _arguments(primals)
    call = _evaluated("jvp", function, args, {}, range(len(args)), has_aux, tangents)
    call.require_outputs()
    directions = call.directions(tangents, primals, call.variables, "tangent")
    pushed = rebuilt(call.output, call.pushed(directions))
    results = call.result(call.output), call.result(pushed)
    return call.with_aux(*results) if has_aux else results


def jacobian(
    function: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False
) -> Callable[..., Any]:
    """All first derivatives of ``function``, as a function of the same arguments.

    For an output of shape s and an argument of shape t they have the shape s + t: entry [i, j] is
    ``doutput[i]/dx[j]``. One backward pass is made for each element of the outputs, or of the
    arguments where those have fewer elements.

    Parameters
    ----------
    function : callable
        Gives a Value, an Array or a tensor, or several in a structure.
    argnums : int or sequence of int
        Which positional argument to differentiate by; with several, a tuple is given.
    has_aux : bool
        Whether ``function`` gives a pair, of which only the first is differentiated. The second
        is given back beside the derivatives: ``(jacobian, aux)``.

    Returns
    -------
    callable
        Gives, in the structure of the output, for each of its leaves the derivatives in the
        structure of the argument (of a tuple of arguments, for several ``argnums``).

    Raises
    ------
    TypeError
        If ``argnums`` is not a position, or if arguments or outputs cannot be differentiated.

    Examples
    --------
    >>> import twingrad
    >>> twingrad.jacobian(lambda v: [v[0] * v[1], v[0] + v[1]])([2.0, 3.0])
    [[3.0, 2.0], [1.0, 1.0]]
    >>> twingrad.jacobian(lambda x: x * x)(twingrad.Tensor([1.0, 2.0]))
    tensor([[2., 0.],
            [0., 4.]])
    """
    positions = _positions(function, argnums)

    @_named_after(function)
    def derivatives(*args: Any, **kwargs: Any) -> Any:
        call = _evaluated("jacobian", function, args, kwargs, positions, has_aux)
        call.require_outputs()
        found = rebuilt(call.output, [_by_argument(call, argnums, row) for row in call.blocks()])
        return call.with_aux(found) if has_aux else found

    return derivatives


def hessian(function: Callable[..., Any], argnums: Argnums = 0) -> Callable[..., Any]:
    """The second derivatives of ``function``, as a function of the same arguments.

    For an argument of shape s they have the shape s + s: entry [i, j] is the derivative by
    element i, then by element j. For a list of n numbers they are n lists of n. For several
    ``argnums`` they are a tuple of tuples of such blocks. One backward pass is made for each
    element of the arguments. Takes and raises what :func:`grad` does, but for ``has_aux``.

    >>> import twingrad
    >>> twingrad.hessian(lambda v: v[0] ** 2 * v[1])([3.0, 2.0])
    [[4.0, 6.0], [6.0, 0.0]]
    >>> twingrad.hessian(lambda x: (x * x * x).sum())(twingrad.Tensor([1.0, 2.0]))
    tensor([[ 6.,  0.],
            [ 0., 12.]])
    """
    positions = _positions(function, argnums)
    gradient = grad(function, argnums)

    @_named_after(function)
    def second_derivative(*args: Any, **kwargs: Any) -> Any:
        call = _evaluated("hessian", gradient, args, kwargs, positions)
        rows = [call.rebuilt(row) for row in call.blocks()]
        columns = [call.rebuilt([row[k] for row in rows]) for k in range(len(positions))]
        blocks = tuple(zip(*columns, strict=True))
        return blocks[0][0] if isinstance(argnums, int) else blocks

    return second_derivative


def hvp(function: Callable[..., Any], primals: Any, tangents: Any) -> tuple[Any, Any]:
    """The value of ``function`` at ``primals``, and its Hessian times ``tangents``.

    For tangents t, the product is ``sum over k of d2function/dprimal/dprimal[k] * t[k]``, in the
    structure of the primals. The Hessian is not built: it is the derivative of the gradient
    weighted with t, at the cost of two backward passes (Pearlmutter, Fast Exact Multiplication by
    the Hessian, 1994).

    Parameters
    ----------
    function : callable
        Gives one Value, or an Array or a tensor of one element.
    primals : tuple, or anything else
        A tuple holds one entry for each argument; anything else is the one argument.
    tangents
        In the structure and the shapes of ``primals``.

    Raises
    ------
    TypeError, ValueError
        As :func:`grad` and :func:`jvp` do.

    Examples
    --------
    >>> import twingrad
    >>> twingrad.hvp(lambda v: v[0] ** 2 * v[1], [3.0, 2.0], [1.0, 10.0])
    (18.0, [64.0, 6.0])
    >>> x, direction = twingrad.Tensor([1.0, 2.0]), twingrad.Tensor([1.0, 0.0])
    >>> twingrad.hvp(lambda x: (x * x * x).sum(), x, direction)
    (tensor(9.), tensor([6., 0.]))
    """
    _check_callable(function)
    args = _arguments(primals)
    call = _evaluated("hvp", function, args, {}, range(len(args)), directions=tangents)
    call.require_single()
    directions = call.directions(tangents, primals, call.variables, "tangent")
    products = call.result(call.products(directions))
    return call.result(call.output), rebuilt(primals, products)


def _positions(function: Callable[..., Any], argnums: Argnums) -> tuple[int, ...]:
    _check_callable(function)
    positions = (argnums,) if isinstance(argnums, int) else tuple(argnums)
    if not positions or not all(type(position) is int for position in positions):
        raise TypeError(
            f"argnums must be the position of an argument, or several, got {argnums!r}: "
            "count positions from 0"
        )
    return positions


def _check_callable(function: Callable[..., Any]) -> None:
    if not callable(function):
        raise TypeError(
            f"function must be callable, got {type(function).__name__} {function!r:.60}: "
            "pass the function itself, and its arguments to what comes back"
        )


def _named_after(
    function: Callable[..., Any],
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A decorator that gives a derivative the name, the text and the signature of its function.

    The attributes of a callable object stay its own.
    """
    has_name = isinstance(getattr(function, "__name__", None), str)
    return wraps(function, WRAPPER_ASSIGNMENTS if has_name else ("__doc__",), ())


def _evaluated(
    what: str,
    function: Callable[..., Any],
    args: Sequence[Any],
    kwargs: dict[str, Any],
    positions: Sequence[int],
    has_aux: bool = False,
    directions: Any = None,
) -> Evaluation:
    for position in positions:
        if not -len(args) <= position < len(args):
            needed = position + 1 if position >= 0 else -position
            raise TypeError(
                f"argnums {position} needs {needed} positional arguments, got {len(args)} "
                f"for {getattr(function, '__name__', 'the function')}: pass it by position"
            )
    return Evaluation(
        what, function, args, kwargs, positions, has_aux=has_aux, directions=directions
    )


def _by_argument(call: Evaluation, argnums: Argnums, leaves: Sequence[Any]) -> Any:
    """Derivatives by the variables, as one for the only argument or a tuple for several."""
    found = call.rebuilt(leaves)
    return found[0] if isinstance(argnums, int) else tuple(found)


def _arguments(primals: Any) -> tuple[Any, ...]:
    """The arguments of a function: those of a plain tuple, or the only one."""
    return primals if type(primals) is tuple else (primals,)
