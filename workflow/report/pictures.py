"""All pictures of a report."""

from __future__ import annotations

from .canvas import Picture, styled
from .contents import Contents
from .curves import accuracy_picture, flow_picture, loss_picture, rate_picture
from .outcomes import confusion_picture, predicted_picture, residuals_picture
from .surface import boundary_picture
from .thumbnails import worst_picture


def pictures_of(contents: Contents) -> dict[str, Picture]:
    """The pictures by their names, those only that there is something to show in."""
    makers = [loss_picture, accuracy_picture, rate_picture, flow_picture]
    if contents.task == "regression":
        makers += [predicted_picture, residuals_picture]
    else:
        makers += [confusion_picture]
    with styled():
        made = [make(contents) for make in [*makers, boundary_picture, worst_picture]]
    return {picture.name: picture for picture in made if picture is not None}
