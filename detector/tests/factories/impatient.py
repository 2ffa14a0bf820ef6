"""The settings, with a database that is waited for no longer than a second."""

from ai_image_detector.settings import *  # noqa: F403
from ai_image_detector.settings import DATABASES

options = DATABASES["default"]["OPTIONS"]
assert isinstance(options, dict)
options["timeout"] = 1
