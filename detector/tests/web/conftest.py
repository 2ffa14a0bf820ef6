"""The page of a verdict that a test makes."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from detector.inference.results import Verdict
from detector.models import Upload
from detector.tests.factories.pages import assert_well_formed, get_html

Show = Callable[..., str]


@pytest.fixture
def show(
    client: Client, make_upload: Callable[..., Upload], verdict: Callable[..., Verdict]
) -> Show:
    """The page of a verdict; the arguments are those of the fixture `verdict`."""

    def page(*given: object, change: Callable[[Verdict], Verdict] | None = None, **named: object):
        result = verdict(*given, **named)
        detection = make_upload(change(result) if change else result)
        html = get_html(client.get(detection.get_absolute_url()))
        assert_well_formed(html)
        return html

    return page
