"""Commands whose help shows the option ``--help`` without a kind of value, as it takes none."""

from __future__ import annotations

from typing import Any, final

from typer.core import TyperCommand, TyperGroup


@final
class Command(TyperCommand):
    """A command."""

    def get_help_option(self, ctx: Any) -> Any:
        """The option ``--help``."""
        return _plain(super().get_help_option(ctx))


@final
class Group(TyperGroup):
    """A command that has others."""

    def get_help_option(self, ctx: Any) -> Any:
        """The option ``--help``."""
        return _plain(super().get_help_option(ctx))


def _plain(option: Any) -> Any:
    if option is not None:
        option.metavar = ""
    return option
