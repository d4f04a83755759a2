"""The page of update rules: each written once, as formulas with named state.

``w`` is the parameter, ``grad`` its gradient, ``t`` counts updates from 1. Options such as
``maximize`` are 1 or 0. See :class:`~twingrad.optim.rule.Rule`.
"""

from .rule import Rule

SGD = Rule(
    "SGD",
    ["lr", "momentum", "dampening", "weight_decay", "nesterov", "maximize"],
    {"b": "momentum_buffer"},
    """
    g = -grad if maximize else grad
    g = g + weight_decay * w if weight_decay != 0 else g
    b = b if momentum == 0 else g if t == 1 else momentum * b + (1 - dampening) * g
    d = g if momentum == 0 else g + momentum * b if nesterov else b
    w = w - lr * d
    """,
    reference="Robbins and Monro 1951; Polyak 1964; Sutskever et al. 2013",
)

ADAM = Rule(
    "Adam",
    ["lr", "beta1", "beta2", "eps", "weight_decay", "amsgrad", "maximize", "decoupled"],
    {"m": "exp_avg", "v": "exp_avg_sq", "v_max": "max_exp_avg_sq"},
    """
    g = -grad if maximize else grad
    g = g + weight_decay * w if weight_decay != 0 and not decoupled else g
    w = w - lr * weight_decay * w if weight_decay != 0 and decoupled else w
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g * g
    v_max = maximum(v_max, v) if amsgrad else v_max
    m_hat = m / (1 - beta1 ** t)
    v_hat = (v_max if amsgrad else v) / (1 - beta2 ** t)
    w = w - lr * m_hat / (sqrt(v_hat) + eps)
    """,
    reference="Kingma and Ba 2015; Reddi et al. 2018; Loshchilov and Hutter 2019",
)
