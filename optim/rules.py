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

NADAM = Rule(
    "NAdam",
    ["lr", "beta1", "beta2", "eps", "weight_decay", "momentum_decay", "decoupled", "maximize"],
    {"m": "exp_avg", "v": "exp_avg_sq", "mu_product": "mu_product = 1"},
    """
    g = -grad if maximize else grad
    g = g + weight_decay * w if weight_decay != 0 and not decoupled else g
    w = w - lr * weight_decay * w if weight_decay != 0 and decoupled else w
    mu = beta1 * (1 - 0.5 * 0.96 ** (momentum_decay * t))
    mu_next = beta1 * (1 - 0.5 * 0.96 ** (momentum_decay * (t + 1)))
    mu_product = mu_product * mu
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g * g
    m_hat = mu_next / (1 - mu_product * mu_next) * m + (1 - mu) / (1 - mu_product) * g
    v_hat = v / (1 - beta2 ** t)
    w = w - lr * m_hat / (sqrt(v_hat) + eps)
    """,
    reference="Dozat 2016",
)

RADAM = Rule(
    "RAdam",
    ["lr", "beta1", "beta2", "eps", "weight_decay", "decoupled", "maximize"],
    {"m": "exp_avg", "v": "exp_avg_sq"},
    """
    g = -grad if maximize else grad
    g = g + weight_decay * w if weight_decay != 0 and not decoupled else g
    w = w - lr * weight_decay * w if weight_decay != 0 and decoupled else w
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g * g
    m_hat = m / (1 - beta1 ** t)
    rho_max = 2 / (1 - beta2) - 1
    rho = rho_max - 2 * t * beta2 ** t / (1 - beta2 ** t)
    r = (rho - 4) * (rho - 2) * rho_max / ((rho_max - 4) * (rho_max - 2) * rho)
    scale = sqrt(1 - beta2 ** t) / (sqrt(v) + eps)
    w = w - lr * sqrt(r) * m_hat * scale if rho > 5 else w - lr * m_hat
    """,
    reference="Liu et al. 2020",
)

ADAMAX = Rule(
    "Adamax",
    ["lr", "beta1", "beta2", "eps", "weight_decay", "maximize"],
    {"m": "exp_avg", "u": "exp_inf"},
    """
    g = -grad if maximize else grad
    g = g + weight_decay * w if weight_decay != 0 else g
    m = beta1 * m + (1 - beta1) * g
    u = maximum(beta2 * u, abs(g) + eps)
    w = w - lr / (1 - beta1 ** t) * m / u
    """,
    reference="Kingma and Ba 2015",
)

ADAGRAD = Rule(
    "Adagrad",
    ["lr", "lr_decay", "weight_decay", "initial_accumulator_value", "eps", "maximize"],
    {"total": "sum = initial_accumulator_value"},
    """
    g = -grad if maximize else grad
    g = g + weight_decay * w if weight_decay != 0 else g
    total = total + g * g
    w = w - lr / (1 + (t - 1) * lr_decay) * g / (sqrt(total) + eps)
    """,
    reference="Duchi, Hazan and Singer 2011",
)

ADADELTA = Rule(
    "Adadelta",
    ["lr", "rho", "eps", "weight_decay", "maximize"],
    {"v": "square_avg", "u": "acc_delta"},
    """
    g = -grad if maximize else grad
    g = g + weight_decay * w if weight_decay != 0 else g
    v = rho * v + (1 - rho) * g * g
    d = sqrt(u + eps) / sqrt(v + eps) * g
    u = rho * u + (1 - rho) * d * d
    w = w - lr * d
    """,
    reference="Zeiler 2012",
)

RMSPROP = Rule(
    "RMSprop",
    ["lr", "alpha", "eps", "weight_decay", "momentum", "centered", "maximize"],
    {"v": "square_avg", "b": "momentum_buffer", "mean": "grad_avg"},
    """
    g = -grad if maximize else grad
    g = g + weight_decay * w if weight_decay != 0 else g
    v = alpha * v + (1 - alpha) * g * g
    mean = alpha * mean + (1 - alpha) * g if centered else mean
    variance = v - mean * mean if centered else v
    d = g / (sqrt(variance) + eps)
    b = momentum * b + d if momentum > 0 else b
    w = w - lr * (b if momentum > 0 else d)
    """,
    reference="Hinton, Srivastava and Swersky 2012; Graves 2013",
)

RPROP = Rule(
    "Rprop",
    ["lr", "eta_minus", "eta_plus", "least", "greatest", "maximize"],
    {"before": "prev", "step": "step_size = lr"},
    """
    g = -grad if maximize else grad
    agreement = g * before
    step = step * (eta_plus if agreement > 0 else eta_minus if agreement < 0 else 1)
    step = clamp(step, least, greatest)
    before = 0 if agreement < 0 else g
    w = w - sign(before) * step
    """,
    reference="Riedmiller and Braun 1993",
)

ASGD = Rule(
    "ASGD",
    ["lr", "lambd", "alpha", "t0", "weight_decay", "maximize"],
    {"average": "ax", "eta": "eta = lr", "mu": "mu = 1"},
    """
    g = -grad if maximize else grad
    g = g + weight_decay * w if weight_decay != 0 else g
    w = w - eta * lambd * w - eta * g
    average = w if mu == 1 else average + mu * (w - average)
    eta = lr / (1 + lambd * lr * t) ** alpha
    mu = 1 / maximum(1, t - t0)
    """,
    reference="Polyak and Juditsky 1992; Xu 2011",
)

LION = Rule(
    "Lion",
    ["lr", "beta1", "beta2", "weight_decay", "maximize"],
    {"m": "exp_avg"},
    """
    g = -grad if maximize else grad
    d = sign(beta1 * m + (1 - beta1) * g)
    w = w - lr * (d + weight_decay * w if weight_decay != 0 else d)
    m = beta2 * m + (1 - beta2) * g
    """,
    reference="Chen et al. 2023",
)
