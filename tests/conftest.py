"""Settings for the whole suite."""

import pytest
from hypothesis import settings

settings.register_profile("suite", deadline=None)  # the machines are shared: no test is timed
settings.load_profile("suite")


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
