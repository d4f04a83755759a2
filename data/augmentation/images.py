"""Changes of pictures: moved, turned, mirrored, or with a part missing."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from math import prod
from typing import Any, final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from ...engine.checks import FINITE, FROM_ZERO, UNIT, checked_count, checked_number
from ...engine.shapes import whole_numbers
from ...tensor.broadcasting import NDArray
from ...tensor.dtypes import float64, int64
from ...tensor.random import draws
from ...tensor.random.generator import Generator
from .base import Augmentation, Batch, check_numbers


class ImageAugmentation(Augmentation):
    """A change of pictures of shape (N, H, W) or (N, C, H, W), or of flat rows of a given shape.

    Targets stay as they are.
    """

    def __init__(self, shape: Sequence[int] | None) -> None:
        self.shape = None if shape is None else _checked_shape(shape, type(self).__name__)

    @abstractmethod
    def images(self, images: NDArray, generator: Generator) -> NDArray:
        """The changed pictures, of shape (N, C, H, W), in new memory."""

    @abstractmethod
    def options(self) -> str:
        """The arguments without the shape, as they are written."""

    def __call__(self, x: NDArray, y: NDArray, generator: Generator) -> Batch:
        """The batch with its pictures changed, in their shape.

        Raises ``TypeError`` or ``ValueError`` for inputs that are no pictures.
        """
        return self.images(self._opened(x), generator).reshape(x.shape), y

    def _opened(self, x: NDArray) -> NDArray:
        """The inputs as (N, C, H, W)."""
        name = type(self).__name__
        check_numbers(x, name)
        if self.shape is None:
            if x.ndim not in (3, 4):
                raise ValueError(
                    f"{name}: x must be pictures of shape (N, H, W) or (N, C, H, W), got shape "
                    f"{x.shape}: for flat rows give shape=(H, W)"
                )
            _check_channels_first(x.shape[1:], f"{name}: x")
            return x[:, None] if x.ndim == 3 else x
        if prod(x.shape[1:]) != prod(self.shape):
            raise ValueError(
                f"{name}: x must have rows of shape {self.shape}, got {x.shape[1:]}: give the "
                "height and the width of the pictures as shape"
            )
        return x.reshape(len(x), -1, *self.shape[-2:])

    def __repr__(self) -> str:
        shape = "" if self.shape is None else f", shape={self.shape}"
        return f"{type(self).__name__}({self.options()}{shape})"


@final
class Shift(ImageAugmentation):
    """Move each picture by whole pixels, up or down and to the left or right.

    ``out[i, j] = x[i - a, j - b]``, with a and b drawn from ``-pixels`` to ``pixels``, all equally
    likely; what comes in from outside is ``fill``.

    Parameters
    ----------
    pixels : int
        How far at most; at least 0.
    fill : float
        The number outside: what stands for the background in the data as they are scaled.
    shape : (H, W) or (C, H, W), optional
        The shape of a picture, where ``x`` has flat rows (N, C * H * W).

    Raises
    ------
    TypeError, ValueError
        For arguments out of range.

    References
    ----------
    Simard, Steinkraus and Platt 2003, "Best Practices for Convolutional Neural Networks Applied to
    Visual Document Analysis".

    Examples
    --------
    >>> import numpy as np
    >>> from twingrad import Generator
    >>> from twingrad.data.augmentation import Shift
    >>> x, y = np.eye(3)[None], np.array([0])
    >>> Shift(1)(x, y, Generator().manual_seed(1))[0]
    array([[[1., 0., 0.],
            [0., 1., 0.],
            [0., 0., 0.]]])
    """

    def __init__(self, pixels: int, fill: float = 0.0, shape: Sequence[int] | None = None) -> None:
        super().__init__(shape)
        self.pixels = checked_count(pixels, "Shift: pixels", at_least=0)
        self.fill = checked_number(fill, "Shift: fill", FINITE)

    def images(self, images: NDArray, generator: Generator) -> NDArray:
        """The pictures, each moved by two numbers of its own."""
        reach = self.pixels
        down, right = draws.integers(-reach, reach + 1, (2, len(images)), int64, generator, "Shift")
        return shifted(images, down, right, self.fill)

    def options(self) -> str:
        """``pixels`` and ``fill``."""
        return f"pixels={self.pixels}, fill={self.fill:g}"


@final
class Rotate(ImageAugmentation):
    """Turn each picture around its center, counterclockwise where the angle is positive.

    A pixel at ``(x, y)`` from the center, x to the right and y downwards, takes the number at
    ``(x cos a - y sin a, x sin a + y cos a)`` of the picture, with an angle a drawn evenly from
    ``-degrees`` to ``degrees``. Between pixels numbers are interpolated along both directions;
    outside they are ``fill``.

    Parameters
    ----------
    degrees : float
        How far at most; at least 0.
    fill, shape
        See :class:`Shift`.

    Raises
    ------
    TypeError, ValueError
        For arguments out of range.

    References
    ----------
    Simard, Steinkraus and Platt 2003; see :class:`Shift`.

    Examples
    --------
    >>> import numpy as np
    >>> from twingrad import Generator
    >>> from twingrad.data.augmentation import Rotate
    >>> x, y = np.ones((10, 8, 8), np.float32), np.zeros(10)
    >>> turned, _ = Rotate(20)(x, y, Generator().manual_seed(0))
    >>> turned.shape, turned[:, 3:5, 3:5].min()
    ((10, 8, 8), np.float32(1.0))
    """

    def __init__(
        self, degrees: float, fill: float = 0.0, shape: Sequence[int] | None = None
    ) -> None:
        super().__init__(shape)
        self.degrees = checked_number(degrees, "Rotate: degrees", FROM_ZERO)
        self.fill = checked_number(fill, "Rotate: fill", FINITE)

    def images(self, images: NDArray, generator: Generator) -> NDArray:
        """The pictures, each turned by an angle of its own."""
        angles = draws.uniform((len(images),), float64, generator, "Rotate")
        return rotated(images, self.degrees * (2 * angles - 1), self.fill)

    def options(self) -> str:
        """``degrees`` and ``fill``."""
        return f"degrees={self.degrees:g}, fill={self.fill:g}"


@final
class HorizontalFlip(ImageAugmentation):
    """Mirror a picture, left to right, with probability p.

    Parameters
    ----------
    p : float
        From 0 to 1.
    shape
        See :class:`Shift`.

    Raises
    ------
    TypeError, ValueError
        For arguments out of range.

    References
    ----------
    Krizhevsky, Sutskever and Hinton 2012, "ImageNet Classification with Deep Convolutional Neural
    Networks".

    Examples
    --------
    >>> import numpy as np
    >>> from twingrad import Generator
    >>> from twingrad.data.augmentation import HorizontalFlip
    >>> HorizontalFlip(p=1.0)(np.eye(2)[None], np.array([0]), Generator())[0].tolist()
    [[[0.0, 1.0], [1.0, 0.0]]]
    """

    def __init__(self, p: float = 0.5, shape: Sequence[int] | None = None) -> None:
        super().__init__(shape)
        self.p = checked_number(p, "HorizontalFlip: p", UNIT)

    def images(self, images: NDArray, generator: Generator) -> NDArray:
        """The pictures, some of them mirrored."""
        is_flipped = draws.bernoulli(self.p, (len(images),), generator, "HorizontalFlip")
        found = images.copy()
        found[is_flipped] = images[is_flipped, ..., ::-1]
        return found

    def options(self) -> str:
        """The probability."""
        return f"p={self.p:g}"


@final
class Cutout(ImageAugmentation):
    """Cover a square of each picture.

    The square has ``size`` pixels to a side; its center is drawn from all pixels, so that a part
    of it may lie outside.

    Parameters
    ----------
    size : int
        At least 1.
    fill, shape
        See :class:`Shift`.

    Raises
    ------
    TypeError, ValueError
        For arguments out of range.

    References
    ----------
    DeVries and Taylor 2017, "Improved Regularization of Convolutional Neural Networks with Cutout".

    Examples
    --------
    >>> import numpy as np
    >>> from twingrad import Generator
    >>> from twingrad.data.augmentation import Cutout
    >>> x, _ = Cutout(1)(np.ones((5, 8, 8)), np.zeros(5), Generator().manual_seed(0))
    >>> (x == 0).sum((1, 2)).tolist()
    [1, 1, 1, 1, 1]
    """

    def __init__(self, size: int, fill: float = 0.0, shape: Sequence[int] | None = None) -> None:
        super().__init__(shape)
        self.size = checked_count(size, "Cutout: size", at_least=1)
        self.fill = checked_number(fill, "Cutout: fill", FINITE)

    def images(self, images: NDArray, generator: Generator) -> NDArray:
        """The pictures, each with a square of its own covered."""
        is_covered = [self._covered(length, len(images), generator) for length in images.shape[2:]]
        mask = is_covered[0][:, None, :, None] & is_covered[1][:, None, None, :]
        return np.where(mask, images.dtype.type(self.fill), images)

    def _covered(self, length: int, count: int, generator: Generator) -> NDArray:
        """Which places along a side the squares cover, of shape (N, length)."""
        centers = draws.integers(0, length, (count, 1), int64, generator, "Cutout")
        after_start = np.arange(length) - (centers - self.size // 2)
        covered: NDArray = (after_start >= 0) & (after_start < self.size)
        return covered

    def options(self) -> str:
        """``size`` and ``fill``."""
        return f"size={self.size}, fill={self.fill:g}"


def shifted(images: NDArray, down: NDArray, right: NDArray, fill: float = 0.0) -> NDArray:
    """Pictures (N, C, H, W), each moved by its numbers of pixels down and to the right."""
    height, width = images.shape[2:]
    down, right = np.clip(down, -height, height), np.clip(right, -width, width)
    reach = int(np.abs([down, right]).max(initial=0))
    windows = sliding_window_view(_framed(images, reach, reach, fill), (height, width), (2, 3))
    moved: NDArray = windows[np.arange(len(images)), :, reach - down, reach - right]
    return moved


def rotated(images: NDArray, degrees: NDArray, fill: float = 0.0) -> NDArray:
    """Pictures (N, C, H, W), each turned counterclockwise by its angle."""
    count, channels, height, width = images.shape
    y, x = np.arange(height)[:, None] - (height - 1) / 2, np.arange(width) - (width - 1) / 2
    angles = np.radians(degrees).reshape(-1, 1, 1, 1)
    cos, sin = np.cos(angles), np.sin(angles)
    row, down = _between(x * sin + y * cos + (height - 1) / 2, height, images.dtype)
    column, right = _between(x * cos - y * sin + (width - 1) / 2, width, images.dtype)
    framed = _framed(images, 1, 2, fill)
    starts = np.arange(count * channels).reshape(count, channels, 1, 1) * framed[0, 0].size
    stride = framed.shape[-1]
    place, pixels = starts + row * stride + column, framed.reshape(-1)
    above = _interpolated(pixels.take(place), pixels[1:].take(place), right)
    below = _interpolated(pixels[stride:].take(place), pixels[stride + 1 :].take(place), right)
    return _interpolated(above, below, down)


def _interpolated(first: NDArray, second: NDArray, share: NDArray) -> NDArray:
    """``first + share * (second - first)``, in the memory of the second."""
    second -= first
    second *= share
    second += first
    return second


def _between(places: NDArray, length: int, dtype: Any) -> tuple[NDArray, NDArray]:
    """Places along a side as the framed pixel before each, and how far beyond it they lie."""
    inside = np.clip(places, -1, length) + 1
    before = inside.astype(np.int64)
    return before, (inside - before).astype(dtype)


def _framed(images: NDArray, before: int, after: int, fill: float) -> NDArray:
    """Pictures with a frame."""
    count, channels, height, width = images.shape
    margin = before + after
    framed = np.full((count, channels, height + margin, width + margin), fill, images.dtype)
    framed[:, :, before : before + height, before : before + width] = images
    return framed


def _checked_shape(shape: Any, what: str) -> tuple[int, ...]:
    if not isinstance(shape, list | tuple) or len(shape) not in (2, 3):
        raise ValueError(
            f"{what}: shape must be (H, W) or (C, H, W), got {shape!r:.40}: give the shape of a "
            "picture"
        )
    found = whole_numbers(shape, f"{what}: shape")
    if min(found) < 1:
        raise ValueError(f"{what}: shape must be of lengths from 1 on, got {found}: count pixels")
    _check_channels_first(found, f"{what}: shape")
    return found


def _check_channels_first(shape: tuple[int, ...], what: str) -> None:
    """Refuse what can only be height, width and channels."""
    if len(shape) == 3 and shape[-1] in (1, 3, 4) and min(shape[:2]) > 4:
        height, width, channels = shape
        raise ValueError(
            f"{what} must be of pictures with their channels first, (C, H, W), got {shape}: move "
            f"them to the front with x.reshape(-1, {height}, {width}, {channels})"
            ".transpose(0, 3, 1, 2)"
        )
