"""Compile the translations into every build; all else is in pyproject.toml."""

from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py


class BuildWithCatalogs(build_py):
    """build_py that first turns each messages.po into the messages.mo that is shipped.

    The catalogs are made in the source tree, so an editable install finds them too.
    """

    def run(self) -> None:
        if any(Path("flaskr/translations").glob("*/LC_MESSAGES/*.po")):
            self.run_command("compile_catalog")
        super().run()


setup(cmdclass={"build_py": BuildWithCatalogs})
