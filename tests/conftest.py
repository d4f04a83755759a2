"""Settings for the whole suite."""

import os

import pytest
from hypothesis import settings

# No test is timed, because machines are shared. Whether a change lands must not hang on chance,
# so CI draws the same examples every time; everywhere else they are drawn afresh.
settings.register_profile("everywhere", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if "CI" in os.environ else "everywhere")


class RootIsNoTestPackage:
    """Keep pytest from importing the repository root under the name of its folder.

    The root is the package twingrad itself, which the tests import as installed.
    """

    @staticmethod
    def pytest_collect_directory(path, parent):
        if path == parent.config.rootpath:
            return pytest.Dir.from_parent(parent, path=path)
        return None


def pytest_configure(config):
    config.pluginmanager.register(RootIsNoTestPackage())
