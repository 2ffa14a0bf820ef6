"""Makes known what marks the tests; pytest reads `pytest_plugins` in the top folder alone."""

pytest_plugins = ("detector.tests.marks",)
