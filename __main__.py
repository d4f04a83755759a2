"""``twingrad`` on the command line, and ``python -m twingrad``."""

import sys


def main() -> None:
    """Run the command line; say what to install where its libraries are missing."""
    try:
        from .cli import run

        run()
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("typer", "rich"):
            raise
        sys.exit('twingrad: the command line needs the extra "cli": pip install "twingrad[cli]"')


if __name__ == "__main__":
    main()
