"""The words of a standard: a page of their own, by the alphabet, where the standard explains any."""

from pathlib import Path

from certify.workflows import rubrics
from tests.factories import OSL, publish
from tests.pages import CheckingClient

PLAIN = Path(__file__).parents[1] / "data" / "rubric-small.yaml"


def test_the_words_stand_by_the_alphabet_and_can_be_linked_to(client: CheckingClient) -> None:
    publish(OSL)
    page = client.get("/standards/osl/1.0/terms").text
    words = ("animator lokalny", "mapa zasobów", "partnerstwo lokalne", "społeczność lokalna", "superwizja")
    places = [page.index(f">{word}</dt>") for word in words]
    assert places == sorted(places)
    assert 'id="supervision"' in page
    client.post("/language", data={"lang": "en"})
    assert "map of resources" in client.get("/standards/osl/1.0/terms").text
    assert 'href="/standards/osl/1.0/terms"' in client.get("/standards/osl/1.0").text


def test_a_standard_without_words_has_no_such_page(client: CheckingClient) -> None:
    rubrics.publish(None, PLAIN.read_bytes(), "small")
    assert client.get("/standards/small/1.0/terms").status_code == 404
    assert "/terms" not in client.get("/standards/small/1.0").text
    assert client.get("/standards/small/9.9/terms").status_code == 404
