"""Streams of random numbers: every number is a pure function of a key and of its place.

The word at place ``k`` of a stream is ``mixed(mixed(first + k * GAMMA) ^ second)``. The inner part
is SplitMix64 [1]_: a counter in steps of the golden ratio, through the finalizer of [2]_ ("Mix13"),
a bijection whose output passes BigCrush. Seeds of plain SplitMix64 give one and the same
sequence, shifted; the second half of the key and the second mixing, a bijection too, take that
relation away, and the words of a stream still never repeat within its 2**64 places.

Why not Philox: its ten rounds of long multiplications cost about 50 passes over memory per 64
bits in NumPy, where this costs 18. Why not a state that is carried from word to word: elements
could not be computed independently, in blocks, in parallel, or in the middle of a fused loop.

Everything here is Python arithmetic on one number that Numba compiles as it stands, with ``int``
read as ``uint64``; :mod:`.blocks` computes the same on arrays. Logarithm and sine are written out
in ``+ - * /`` and square roots, which IEEE 754 rounds correctly: a stream is the same to the last
bit in Python, NumPy and compiled code, on any machine.

References
----------
.. [1] Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.
.. [2] D. Stafford, "Better bit mixing: improving on MurmurHash3's 64-bit finalizer", 2011.
"""

from __future__ import annotations

from math import frexp, pi, sqrt

MASK = 0xFFFFFFFFFFFFFFFF
GAMMA = 0x9E3779B97F4A7C15
"""2**64 divided by the golden ratio, odd: multiples of it are spread evenly."""
FIRST_FACTOR = 0xBF58476D1CE4E5B9
SECOND_FACTOR = 0x94D049BB133111EB

LOW_HALF = 0xFFFFFFFF
LOW_31 = 0x7FFFFFFF
LOW_63 = 0x7FFFFFFFFFFFFFFF

LOG_2 = 0.6931471805599453
ROOT_HALF = 0.7071067811865476
LOG_TERMS = (
    6.666666666666735130e-01,
    3.999999999940941908e-01,
    2.857142874366239149e-01,
    2.222219843214978396e-01,
    1.818357216161805012e-01,
    1.531383769920937332e-01,
    1.479819860511658591e-01,
)
"""log((1 + s) / (1 - s)) = 2s + s * (z * (c0 + z * (c1 + ...))), z = s * s, as in fdlibm."""
SINE_TERMS = (
    -1.66666666666666324348e-01,
    8.33333333332248946124e-03,
    -1.98412698298579493134e-04,
    2.75573137070700676789e-06,
    -2.50507602534068634195e-08,
    1.58969099521155010221e-10,
)
"""sin(x) = x + x * (z * (c0 + z * (c1 + ...))), z = x * x, for |x| <= pi / 4, as in fdlibm."""
QUARTER_TURN = pi / 2


def mixed(z: int) -> int:
    """A bijection of 64-bit words that lets every bit of ``z`` decide about every bit."""
    z = ((z ^ (z >> 30)) * FIRST_FACTOR) & MASK
    z = ((z ^ (z >> 27)) * SECOND_FACTOR) & MASK
    return z ^ (z >> 31)


def key_of(seed: int) -> tuple[int, int]:
    """The two halves of a key, for a seed of 64 bits: the first numbers of its SplitMix64."""
    return mixed((seed + GAMMA) & MASK), mixed((seed + 2 * GAMMA) & MASK)


def word(first: int, second: int, place: int) -> int:
    """The 64 random bits at ``place`` of the stream with the key (``first``, ``second``)."""
    return mixed(mixed((first + place * GAMMA) & MASK) ^ second)


def half(first: int, second: int, start: int, k: int) -> int:
    """The 32 random bits number ``k`` from ``start``: each word gives its low ones first."""
    return (word(first, second, (start + (k >> 1)) & MASK) >> ((k & 1) * 32)) & LOW_HALF


def uniform32(bits: int) -> float:
    """A number from [0, 1) with 24 binary digits, exact in float32, from 32 random bits."""
    return (bits >> 8) * 2.0**-24


def uniform64(bits: int) -> float:
    """A number from [0, 1) with 53 binary digits from 64 random bits."""
    return (bits >> 11) * 2.0**-53


def positive32(bits: int) -> float:
    """A number from (0, 1] with 32 binary digits from 32 random bits: it has a logarithm."""
    return (bits + 1.0) * 2.0**-32


def positive64(bits: int) -> float:
    """A number from (0, 1] with 53 binary digits from 64 random bits."""
    return ((bits >> 11) + 1.0) * 2.0**-53


def below(bits: int, limit: int) -> int:
    """A whole number from 0 to ``limit - 1``, floor(bits * limit / 2**64), from 64 random bits.

    None is likelier than another by more than ``limit / 2**64`` of its probability.
    """
    high, low = bits >> 32, bits & LOW_HALF
    limit_high, limit_low = limit >> 32, limit & LOW_HALF
    middle = high * limit_low + ((low * limit_low) >> 32)
    other = low * limit_high + (middle & LOW_HALF)
    return high * limit_high + (middle >> 32) + (other >> 32)


def logarithm(u: float) -> float:
    """log(u) for a positive number, within about one unit of the last place."""
    mantissa, exponent = frexp(u)
    if mantissa < ROOT_HALF:
        mantissa, exponent = 2.0 * mantissa, exponent - 1
    f = mantissa - 1.0
    s = f / (f + 2.0)
    z = s * s
    series = z * LOG_TERMS[6]
    for k in range(5, -1, -1):
        series = (series + LOG_TERMS[k]) * z
    return exponent * LOG_2 + (f - s * (f - series))


def normal_pair(u: float, t: float, is_mirrored: bool) -> tuple[float, float]:
    """Two independent numbers from N(0, 1), by Box and Muller (1958).

    ``sqrt(-2 log u) * (cos a, sin a)``, with ``u`` from (0, 1] and ``a = pi * (t - 1/2)``, ``t``
    from [0, 1), which is half a turn; the other half comes by a mirrored radius.
    """
    radius = sqrt(-2.0 * logarithm(u))
    if is_mirrored:
        radius = -radius
    x = (t - 0.5) * QUARTER_TURN
    z = x * x
    series = z * SINE_TERMS[5]
    for k in range(4, -1, -1):
        series = (series + SINE_TERMS[k]) * z
    sine = x + x * series
    square = sine * sine
    cosine = sqrt(1.0 - square)
    return radius * (1.0 - 2.0 * square), radius * (2.0 * sine * cosine)


def normal_pair32(bits: int) -> tuple[float, float]:
    """Two numbers from N(0, 1), up to 6.7 in size, to be rounded to float32, from one word."""
    mirrored = (bits >> 31) & 1 == 1
    return normal_pair(positive32(bits >> 32), (bits & LOW_31) * 2.0**-31, mirrored)


def normal_pair64(bits: int, more: int) -> tuple[float, float]:
    """Two numbers from N(0, 1), up to 8.6 in size, from two words."""
    return normal_pair(positive64(bits), ((more & LOW_63) >> 10) * 2.0**-53, more >> 63 == 1)
