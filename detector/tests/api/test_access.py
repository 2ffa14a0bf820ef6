"""Who may use the API, how often, and what of whom they see."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from detector.models import ApiToken, Upload
from detector.models.refusals import FREE
from detector.tests.factories.asking import Asker
from detector.tests.factories.stubs import Stub

pytestmark = pytest.mark.django_db

AFAR = "203.0.113.9"


# Tokens


@pytest.mark.slow
def test_from_elsewhere_only_a_token_is_let_in(afar: Asker, jpeg: bytes) -> None:
    for asker in (Asker(address=AFAR), Asker("aid_wrong", address=AFAR), Asker("aid_wrong")):
        response = asker.send(jpeg)
        assert response.status_code == 401
        assert response.headers["WWW-Authenticate"].startswith("Bearer")
        assert response.headers["Content-Type"] == "application/problem+json"
    assert not Upload.objects.exists()
    assert afar.send(jpeg).status_code == 200


@pytest.mark.parametrize("name", ["x-forwarded-for", "forwarded", "via", "x-real-ip"])
def test_what_a_proxy_passes_on_is_not_of_this_machine(jpeg: bytes, name: str) -> None:
    assert Asker().ask("get", "detections", headers={name: "127.0.0.1"}).status_code == 401


def test_behind_a_proxy_nobody_is_of_this_machine(settings: Settings) -> None:
    settings.HTTPS = True
    assert Asker().get("detections").status_code == 401


def test_only_the_digest_of_a_token_is_kept(make_token: Callable[..., str]) -> None:
    token = make_token()
    row = ApiToken.objects.values().get()
    assert token not in map(str, row.values()) and token.startswith("aid_")
    assert len(token) >= 40


def test_a_token_that_may_only_read_changes_nothing(
    make_token: Callable[..., str], jpeg: bytes
) -> None:
    reader = Asker(make_token(scope="read"), AFAR)
    for response in (
        reader.send(jpeg),
        reader.delete("detections/00000000-0000-0000-0000-000000000000"),
        reader.post_json("batches", {"name": "a"}),
        reader.ask("post", "/api/detect", data={}),
    ):
        assert response.status_code == 403 and "may only read" in response.text
    assert reader.get("detections").status_code == 200


@pytest.mark.slow
def test_each_token_sees_its_own_alone(
    asker: Asker, afar: Asker, make_token: Callable[..., str], jpeg: bytes, stub: type[Stub]
) -> None:
    other = Asker(make_token("jury"))
    places = [each.send(jpeg).headers["Location"] for each in (asker, afar, other)]
    assert len(stub.asked) == 3  # how fast an answer comes tells nothing of others
    for each, own in zip((asker, afar, other), places, strict=True):
        assert [each.get(place).status_code for place in places] == [
            200 if place == own else 404 for place in places
        ]
        assert [item["url"] for item in each.get("detections").json()["items"]] == [own]
        assert [each.delete(place).status_code for place in places if place != own] == [404, 404]


# Open to everybody


def test_where_the_api_is_open_the_address_of_a_result_is_its_key(
    settings: Settings, jpeg: bytes, stub: type[Stub]
) -> None:
    settings.API_OPEN = True
    first, second = Asker(address=AFAR), Asker(address="198.51.100.7")
    place = first.send(jpeg).headers["Location"]
    second.send(jpeg)
    assert len(stub.asked) == 2
    assert first.get(place).status_code == 200
    assert first.get("detections").status_code == 401


@pytest.mark.slow
def test_strangers_of_two_addresses_may_use_the_same_key(settings: Settings, jpeg: bytes) -> None:
    settings.API_OPEN = True
    places = {
        Asker(address=address).send(jpeg, headers={"Idempotency-Key": "1"}).headers["Location"]
        for address in (AFAR, AFAR, "198.51.100.7")
    }
    assert len(places) == 2


# How often


@pytest.fixture
def frozen(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The clock of the limits, which stands."""
    clock = [1_000_000_000.0]  # 20 seconds before the end of a minute
    monkeypatch.setattr("detector.web.limits.time.time", lambda: clock[0])
    return clock


def test_a_token_has_so_many_requests_in_a_minute(
    make_token: Callable[..., str], settings: Settings, frozen: list[float]
) -> None:
    settings.API_TOKEN_RATE = 2
    asker, other = Asker(make_token()), Asker(make_token("other"))
    assert [asker.get("detections").status_code for _ in range(3)] == [200, 200, 429]
    refused = asker.get("detections")
    assert refused.headers["Retry-After"] == "20" and refused.json()["status"] == 429
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert other.get("detections").status_code == 200
    frozen[0] += 20
    assert asker.get("detections").status_code == 200


def test_an_address_has_so_many_requests_with_whatever_token(
    settings: Settings, frozen: list[float]
) -> None:
    settings.API_ADDRESS_RATE = 2
    guesses = [Asker(f"aid_{n}", AFAR).get("detections").status_code for n in range(3)]
    assert guesses == [401, 401, 429]
    assert Asker(address=AFAR).get("version").status_code == 429
    assert Asker(address=AFAR).ask("post", "/api/detect").status_code == 429
    assert Asker(address="198.51.100.7").get("version").status_code == 200


def test_who_sends_damaged_files_alone_has_to_wait_and_nobody_else(
    make_token: Callable[..., str], jpeg: bytes
) -> None:
    bad, good = Asker(make_token(), AFAR), Asker(make_token("other"), AFAR)
    for number in range(FREE + 1):
        assert bad.send(b"damaged %d" % number).json()["items"][0]["state"] == "failed"
    refused = bad.send(jpeg)
    assert refused.status_code == 429 and int(refused.headers["Retry-After"]) >= 1
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert good.send(jpeg).status_code == 200
    for number in range(FREE + 2):  # from this machine
        assert Asker().send(b"damaged %d" % number).status_code == 200


def test_strangers_of_one_address_are_one_sender(settings: Settings, jpeg: bytes) -> None:
    settings.API_OPEN = True
    for number in range(FREE + 1):
        Asker(address=AFAR).send(b"damaged %d" % number)
    assert Asker(address=AFAR).send(jpeg).status_code == 429
    assert Asker(address="198.51.100.7").send(jpeg).status_code == 200


def test_a_network_of_ipv6_counts_as_one(settings: Settings, frozen: list[float]) -> None:
    settings.API_ADDRESS_RATE = 1
    addresses = ("2001:db8::1", "2001:db8::2:1", "2001:db8:0:1::1")
    assert [Asker(address=a).get("version").status_code for a in addresses] == [200, 429, 200]


def test_behind_a_proxy_its_last_word_is_the_address(
    settings: Settings, frozen: list[float]
) -> None:
    settings.API_ADDRESS_RATE, settings.HTTPS = 1, True
    passed = ("192.0.2.1, 203.0.113.1", "192.0.2.2, 203.0.113.1", "203.0.113.1, 203.0.113.2")
    told = [{"x-forwarded-for": each} for each in passed]
    answers = [Asker().ask("get", "version", headers=each).status_code for each in told]
    assert answers == [200, 429, 200]


def test_a_cache_that_is_away_stops_nobody(monkeypatch: pytest.MonkeyPatch, asker: Asker) -> None:
    def fail(*args: object, **named: object) -> None:
        raise ConnectionError("no cache")

    monkeypatch.setattr("django.core.cache.backends.locmem.LocMemCache.add", fail)
    assert asker.get("version").status_code == 200


# The command


def call(*arguments: str) -> str:
    text = io.StringIO()
    call_command("create_api_token", *arguments, stdout=text)
    return text.getvalue()


def test_the_command_makes_a_token_that_works_until_it_is_revoked() -> None:
    token = call("press", "--scope", "read").split()[1]
    assert Asker(token, AFAR).get("detections").status_code == 200
    assert "read   press" in call("--list") and token not in call("--list")
    call("--revoke", "press")
    assert Asker(token, AFAR).get("detections").status_code == 401
    assert "no token" in call("--list")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ([], "Give the NAME"),
        (["a", "--list"], "Give the NAME"),
        (["--list", "--scope", "read"], "Give the NAME"),
        (["--revoke", "nobody"], "no token 'nobody'"),
        (["taken"], "a token 'taken' already"),
        (["a\nb"], "printable"),
        (["x" * 101], "1 to 100"),
    ],
)
def test_the_command_says_what_is_wrong(arguments: list[str], why: str) -> None:
    call("taken")
    with pytest.raises(CommandError, match=why):
        call(*arguments)
    assert ApiToken.objects.count() == 1
