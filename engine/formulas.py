"""The page of calculus: one row per elementary function, and nothing elementary anywhere else.

A row says ``name, arguments, value, partials`` and, where there is something to say, ``domain``,
``kinks`` and ``reference``. The same row is evaluated by ``Value``, printed by the stepper with
the numbers filled in, differentiated again for gradients of gradients, and sampled by the tests.

Values are written so that they hold to a few units in the last place from -1e4 to 1e4 and
beyond, and partials in terms of ``out`` where that is stable, because it saves work. At a kink
the slope is PyTorch's. nan in is nan out, which is why relu is ``0 if x < 0 else x``.

References: DLMF is the NIST Digital Library of Mathematical Functions; names of people stand for
the papers in which an activation function was proposed.
"""

from .declaration import built_in as row
from .declaration import check_table
from .formula import table

__all__ = ["table"]

# Arithmetic

pos = row("pos", "x", "x", "1", symbol="+")
neg = row("neg", "x", "-x", "-1", symbol="-")
add = row("add", "a, b", "a + b", "1 ; 1", symbol="+")
sub = row("sub", "a, b", "a - b", "1 ; -1", symbol="-")
mul = row("mul", "a, b", "a * b", "b ; a", symbol="*", reference="product rule")
div = row(
    "div",
    "a, b",
    "a / b",
    "1 / b ; -out / b",
    symbol="/",
    domain="b != 0",
    reference="quotient rule",
)
pow = row(
    "pow",
    "a, b",
    "a ** b",
    "b * a**(b - 1) if b != 0 or a * a > 0 else 0 ; 0 if a == 0 and b >= 0 else out * log(a)",
    symbol="**",
    domain="a > 0 or b == floor(b) and (a != 0 or b >= 0)",
    note="at a = 0 the slopes are PyTorch's, the mixed second one at b = 0 is not: 1 / a, not 0;",
    reference="power rule",
)
reciprocal = row("reciprocal", "x", "1 / x", "-out * out", domain="x != 0")
square = row("square", "x", "x * x", "2 * x")
sqrt = row("sqrt", "x", "sqrt(x)", "0.5 / out", domain="x >= 0")
rsqrt = row("rsqrt", "x", "1 / sqrt(x)", "-0.5 * out / x", domain="x > 0")
abs = row("abs", "x", "abs(x)", "sign(x)", kinks="x", note="at 0 the slope is 0.")
sign = row(
    "sign",
    "x",
    "1 if x > 0 else -1 if x < 0 else 0 if x == 0 else x",
    "0",
    kinks="x",
    note="the slope is 0.",
)
floor = row("floor", "x", "floor(x)", "0", kinks="x - floor(x)", note="the slope is 0.")
hypot = row(
    "hypot",
    "a, b",
    "hypot(a, b)",
    "0 if out == 0 else a / out ; 0 if out == 0 else b / out",
    kinks="abs(a) + abs(b)",
    note="where both are 0, 0 is chosen; PyTorch's slopes are nan there.",
    reference="DLMF 1.9.3",
)

# Exponentials and logarithms

exp = row("exp", "x", "exp(x)", "out", reference="DLMF 4.2, 4.20.1")
exp2 = row("exp2", "x", "exp2(x)", "out * log(2)")
expm1 = row("expm1", "x", "expm1(x)", "out + 1")
log = row("log", "x", "log(x)", "1 / x", domain="x > 0", reference="DLMF 4.2, 4.7.1")
log2 = row("log2", "x", "log2(x)", "1 / (x * log(2))", domain="x > 0")
log10 = row("log10", "x", "log10(x)", "1 / (x * log(10))", domain="x > 0")
log1p = row("log1p", "x", "log1p(x)", "1 / (1 + x)", domain="x > -1")
logaddexp = row(
    "logaddexp",
    "a, b",
    "a + log(2) if a == b else a + log1p(exp(b - a)) if a > b else b + log1p(exp(a - b))",
    "sigmoid(a - b) ; sigmoid(b - a)",
    reference="log(exp(a) + exp(b)) with the larger argument taken out",
)

# Trigonometric and hyperbolic functions

sin = row("sin", "x", "sin(x)", "cos(x)", reference="DLMF 4.20.2")
cos = row("cos", "x", "cos(x)", "-sin(x)", reference="DLMF 4.20.3")
tan = row("tan", "x", "tan(x)", "1 + out * out", reference="DLMF 4.20.4")
asin = row(
    "asin",
    "x",
    "asin(x)",
    "1 / sqrt((1 - x) * (1 + x))",
    domain="-1 <= x <= 1",
    reference="DLMF 4.24.7",
)
acos = row(
    "acos",
    "x",
    "acos(x)",
    "-1 / sqrt((1 - x) * (1 + x))",
    domain="-1 <= x <= 1",
    reference="DLMF 4.24.8",
)
atan = row("atan", "x", "atan(x)", "1 / (1 + x * x)", reference="DLMF 4.24.9")
atan2 = row(
    "atan2",
    "a, b",
    "atan2(a, b)",
    "0 if a == 0 and b == 0 else b / hypot(a, b) / hypot(a, b) ; "
    "0 if a == 0 and b == 0 else -a / hypot(a, b) / hypot(a, b)",
    domain="a != 0 or b > 0",
    note="where both are 0 the slopes are 0;",
    reference="the angle of the point (b, a)",
)
sinh = row("sinh", "x", "sinh(x)", "cosh(x)", reference="DLMF 4.34.1")
cosh = row("cosh", "x", "cosh(x)", "sinh(x)", reference="DLMF 4.34.2")
tanh = row("tanh", "x", "tanh(x)", "1 - out * out", reference="DLMF 4.28.2, 4.34.8")
asinh = row("asinh", "x", "asinh(x)", "1 / hypot(1, x)", reference="DLMF 4.38.9")
acosh = row(
    "acosh",
    "x",
    "acosh(x)",
    "1 / (sqrt(x - 1) * sqrt(x + 1))",
    domain="x >= 1",
    reference="DLMF 4.38.10",
)
atanh = row(
    "atanh",
    "x",
    "atanh(x)",
    "1 / ((1 - x) * (1 + x))",
    domain="-1 < x < 1",
    reference="DLMF 4.38.11",
)
erf = row("erf", "x", "erf(x)", "2 / sqrt(pi) * exp(-x * x)", reference="DLMF 7.2.1")
erfc = row("erfc", "x", "erfc(x)", "-2 / sqrt(pi) * exp(-x * x)", reference="DLMF 7.2.2")

# Activations

sigmoid = row(
    "sigmoid",
    "x",
    "1 / (1 + exp(-x)) if x >= 0 else exp(x) / (1 + exp(x))",
    "out * (1 - out)",
    reference="the logistic function, in the form that cannot overflow",
)
logsigmoid = row(
    "logsigmoid", "x", "-log1p(exp(-x)) if x >= 0 else x - log1p(exp(x))", "sigmoid(-x)"
)
softplus = row(
    "softplus",
    "x",
    "x + log1p(exp(-x)) if x > 0 else log1p(exp(x))",
    "sigmoid(x)",
    reference="Dugas et al. 2001",
)
relu = row(
    "relu",
    "x",
    "0 if x < 0 else x",
    "0 if out <= 0 else 1",
    kinks="x",
    note="at 0 the slope is 0.",
    reference="Nair and Hinton 2010",
)
relu6 = row(
    "relu6",
    "x",
    "0 if x < 0 else 6 if x > 6 else x",
    "0 if x <= 0 else 0 if x >= 6 else 1",
    kinks="x ; x - 6",
    note="at 0 and 6 the slope is 0.",
    reference="Krizhevsky 2010",
)
leaky_relu = row(
    "leaky_relu",
    "x, negative_slope=0.01",
    "x if x > 0 else negative_slope * x",
    "1 if x > 0 else negative_slope ; 0 if x > 0 else x",
    kinks="x",
    note="at 0 the slope is the negative one.",
    reference="Maas et al. 2013",
)
elu = row(
    "elu",
    "x, alpha=1",
    "x if x > 0 else alpha * expm1(x)",
    "1 if x > 0 else alpha * exp(x) ; 0 if x > 0 else expm1(x)",
    kinks="x",
    note="at 0 the slope is alpha.",
    reference="Clevert et al. 2016",
)
selu = row(
    "selu",
    "x",
    "1.0507009873554805 * x if x > 0 else 1.7580993408473766 * expm1(x)",
    "1.0507009873554805 if x > 0 else 1.7580993408473766 * exp(x)",
    kinks="x",
    note="at 0 the slope is the left one.",
    reference="Klambauer et al. 2017",
)
celu = row(
    "celu",
    "x, alpha=1",
    "x if x > 0 else alpha * expm1(x / alpha)",
    "1 if x > 0 else exp(x / alpha) ; "
    "0 if x > 0 else expm1(x / alpha) - x / alpha * exp(x / alpha)",
    domain="alpha != 0",
    reference="Barron 2017",
)
gelu = row(
    "gelu",
    "x",
    "0.5 * x * erfc(-x / sqrt(2))",
    "0.5 * erfc(-x / sqrt(2)) + x * exp(-0.5 * x * x) / sqrt(2 * pi)",
    reference="Hendrycks and Gimpel 2016",
)
gelu_tanh = row(
    "gelu_tanh",
    "x",
    "x * sigmoid(sqrt(8 / pi) * (x + 0.044715 * x * x * x))",
    "sigmoid(sqrt(8 / pi) * (x + 0.044715 * x * x * x))"
    " + out * sigmoid(-sqrt(8 / pi) * (x + 0.044715 * x * x * x))"
    " * sqrt(8 / pi) * (1 + 0.134145 * x * x)",
    reference="Hendrycks and Gimpel 2016; (1 + tanh(u)) / 2 is sigmoid(2 * u)",
)
silu = row(
    "silu",
    "x",
    "x * sigmoid(x)",
    "sigmoid(x) * (1 + x * sigmoid(-x))",
    reference="Elfwing et al. 2018",
)
mish = row(
    "mish",
    "x",
    "x * tanh(softplus(x))",
    "tanh(softplus(x)) + x * sigmoid(x) * (1 - square(tanh(softplus(x))))",
    reference="Misra 2019",
)
softsign = row(
    "softsign",
    "x",
    "x / (1 + abs(x))",
    "1 / square(1 + abs(x))",
    reference="Turian et al. 2009",
)
hardtanh = row(
    "hardtanh",
    "x, min_val=-1, max_val=1",
    "min_val if x < min_val else max_val if x > max_val else x",
    "0 if x <= min_val or x >= max_val else 1 ; "
    "1 if x <= min_val else 0 ; 1 if x >= max_val else 0",
    domain="min_val < max_val",
    kinks="x - min_val ; x - max_val",
    note="at the bounds the slope is 0.",
    reference="Collobert 2004",
)
hardsigmoid = row(
    "hardsigmoid",
    "x",
    "0 if x <= -3 else 1 if x >= 3 else (x + 3) / 6",
    "1 / 6 if -3 < x < 3 else 0",
    kinks="x + 3 ; x - 3",
    note="at -3 and 3 the slope is 0.",
    reference="Courbariaux et al. 2015",
)
hardswish = row(
    "hardswish",
    "x",
    "0 if x <= -3 else x if x >= 3 else x * (x + 3) / 6",
    "0 if x <= -3 else 1 if x >= 3 else x / 3 + 0.5",
    kinks="x + 3 ; x - 3",
    note="at -3 the slope is 0, at 3 it is 1.",
    reference="Howard et al. 2019",
)

# Losses

huber = row(
    "huber",
    "x, delta=1",
    "0.5 * x * x if abs(x) <= delta else delta * (abs(x) - 0.5 * delta)",
    "x if abs(x) <= delta else delta * sign(x) ; 0 if abs(x) <= delta else abs(x) - delta",
    domain="delta > 0",
    kinks="x - delta ; x + delta",
    note="at delta the slope is delta, from both sides.",
    reference="Huber 1964",
)

# Choices

heaviside = row(
    "heaviside",
    "x, values",
    "values if x == 0 else 0 if x < 0 else 1 if x > 0 else x",
    "0 ; 1 if x == 0 else 0",
    kinks="x",
    note="the slope by x is 0.",
)
maximum = row(
    "maximum",
    "a, b",
    "a if a >= b or a != a else b",
    "0.5 if a == b else 0 if a < b else 1 ; 0.5 if a == b else 0 if b < a else 1",
    kinks="a - b",
    note="a tie shares the slope equally.",
)
minimum = row(
    "minimum",
    "a, b",
    "a if a <= b or a != a else b",
    "0.5 if a == b else 0 if a > b else 1 ; 0.5 if a == b else 0 if b > a else 1",
    kinks="a - b",
    note="a tie shares the slope equally.",
)
clamp = row(
    "clamp",
    "x, min=-inf, max=inf",
    "minimum(maximum(x, min), max)",
    "1 if min <= x <= max else 0 ; 1 if x < min <= max else 0 ; 1 if x > max or min > max else 0",
    kinks="x - min ; x - max ; max - min",
    note="at the bounds the slope is 1; max wins where min > max, and min, where x is below both "
    "and they are equal (PyTorch: all slopes are 0 there).",
)
where = row(
    "where",
    "condition, a, b",
    "a if condition != 0 else b",
    "0 ; 1 if condition != 0 else 0 ; 0 if condition != 0 else 1",
    kinks="condition",
    note="the slope by the condition is 0.",
    accepts_bool=True,
)

check_table()
