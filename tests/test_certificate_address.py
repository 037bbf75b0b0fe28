"""The address on the printed certificate, by both engines."""

import dataclasses
import io

import pikepdf
import pypdf
import pytest

from certify.pdf import Engine, render_certificate
from tests.test_pdf import FACE, both_engines

ADDRESSES = {
    "http://127.0.0.1:8000/certificates/X-26": ["http://127.0.0.1:8000/certificates/X-26"],
    "https://rejestr.example.org/certificates/OSL-2026-0012": [
        "https://rejestr.example.org/certificates/",
        "OSL-2026-0012",
    ],
    "https://certyfikaty.wzor-lokalny.example.org/certificates/OSL-2026-0012": [
        "https://certyfikaty.wzor-lokalny.example.org/certificates/",
        "OSL-2026-0012",
    ],
}


@both_engines
@pytest.mark.parametrize("address", ADDRESSES)
def test_the_printed_address_is_a_link_and_breaks_before_the_number_only(engine: Engine, address: str) -> None:
    content = render_certificate(dataclasses.replace(FACE, verify_url=address), engine=engine)
    lines = [line.strip() for line in pypdf.PdfReader(io.BytesIO(content)).pages[0].extract_text().splitlines()]
    assert [one for one in ADDRESSES[address] if one not in lines] == []
    with pikepdf.open(io.BytesIO(content)) as document:
        links = list(document.pages[0].Annots)
        assert {(str(one.Subtype), str(one.A.URI)) for one in links} == {("/Link", address)}
        if engine == "weasyprint":
            assert {str(one.Contents) for one in links} == {address}
            assert len(links) == len(ADDRESSES[address])
