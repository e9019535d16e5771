"""What every test may use."""

pytest_plugins = [
    "tests.support.plugin",
    "tests.support.emptying",
    "tests.support.people",
    "tests.support.portal",
    "tests.support.clock",
    "tests.support.deciding",
]
