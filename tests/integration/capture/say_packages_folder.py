"""Run by the Python of an environment: says where its packages are."""

import sysconfig

print(sysconfig.get_path("purelib"))  # noqa: T201 - what it is for
