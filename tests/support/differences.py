"""Gradients of tensor functions against central differences, to any order."""

import numpy as np

from twingrad.tensor import Tensor, autograd


def check_gradients(function, *arrays, order=2, step=1e-6, tolerance=1e-6, seed=0):
    """Check the derivatives of ``function`` by all float64 ``arrays``, up to ``order``.

    ``function`` takes tensors and gives one tensor, or a tuple of tensors of which the floating
    point ones are checked. The weighted sum of its results, with random weights, is differentiated
    along random directions; then the gradient, as a function of its own, is checked in turn.
    """
    generator = np.random.default_rng(seed)
    arrays = [np.array(array, dtype=np.float64) for array in arrays]

    def scalar(*tensors):
        results = function(*tensors)
        results = results if isinstance(results, tuple) else (results,)
        weights = np.random.default_rng(seed + 1)
        total = None
        for result in results:
            if result.dtype.kind == "f":
                term = (result * weights.uniform(0.5, 1.5, result.shape)).sum()
                total = term if total is None else total + term
        return total

    leaves = [Tensor(array, requires_grad=True) for array in arrays]
    root = scalar(*leaves)
    assert root.dtype == np.float64, "a float64 function must stay float64"
    gradients = autograd.grad(root, leaves, create_graph=order > 1, allow_unused=True)
    for k, (array, gradient) in enumerate(zip(arrays, gradients, strict=True)):
        direction = generator.uniform(-1, 1, array.shape)
        moved = [[*arrays], [*arrays]]
        moved[0][k] = array + step * direction
        moved[1][k] = array - step * direction
        above, below = (scalar(*map(Tensor, each)).item() for each in moved)
        numeric = (above - below) / (2 * step)
        exact = 0.0 if gradient is None else float((gradient.detach().numpy() * direction).sum())
        scale = max(1.0, abs(above), abs(exact))
        assert abs(numeric - exact) <= tolerance * scale, (k, numeric, exact)
        assert gradient is None or gradient.shape == array.shape
        assert gradient is None or gradient.dtype == array.dtype

    if order > 1:

        def slope(*tensors):
            tensors = [t if t.requires_grad else t.requires_grad_() for t in tensors]
            inner = scalar(*tensors)
            if not inner.requires_grad:
                return inner * 0.0
            found = autograd.grad(inner, list(tensors), create_graph=True, allow_unused=True)
            known = [g for g in found if g is not None and g.requires_grad]
            if not known:
                return sum((t * 0.0).sum() for t in tensors)
            return sum(g.sin().sum() for g in known)

        check_gradients(
            slope, *arrays, order=order - 1, step=step, tolerance=10 * tolerance, seed=seed + 2
        )
