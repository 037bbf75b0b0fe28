"""Small files that cost much, for the tests of limits: PDFs of few bytes with much behind them."""

import zlib


def heavy_pdf(content: bytes, to_unicode: bytes, pages: int = 1) -> bytes:
    """A PDF of `pages` pages that share one content stream and one two-byte font."""

    def stream(data: bytes) -> bytes:
        packed = zlib.compress(data, 9)
        return b"<</Length %d/Filter/FlateDecode>>stream\n" % len(packed) + packed + b"\nendstream"

    kids = b" ".join(b"%d 0 R" % (6 + page) for page in range(pages))
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 900 900]/Contents 3 0 R/Resources<</Font<</F 4 0 R>>>>>>"
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Count %d/Kids[%s]>>" % (pages, kids),
        stream(content),
        b"<</Type/Font/Subtype/Type0/BaseFont/A/Encoding/Identity-H/ToUnicode 5 0 R>>",
        stream(to_unicode),
        *[page] * pages,
    ]
    out, offsets = b"%PDF-1.7\n", []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n" % number + body + b"\nendobj\n"
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    return (
        out
        + b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
        + table
        + (b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, len(out)))
    )


_ONE_LETTER = b"beginbfchar\n<0001> <0041>\nendbfchar"

HEAVY_PDFS = {
    "pages": heavy_pdf(b"BT /F 1 Tf " + b"<0001> Tj " * 20_000 + b" ET", _ONE_LETTER, 100),
    "ranges": heavy_pdf(
        b"BT /F 1 Tf <0001> Tj ET", b"beginbfrange\n" + b"<0000> <ffff> <0000>\n" * 100 + b"endbfrange"
    ),
    "letters": heavy_pdf(
        b"BT /F 1 Tf <" + b"0001" * 60_000 + b"> Tj ET",
        b"beginbfchar\n<0001> <" + b"0041" * 10_000 + b">\nendbfchar",
    ),
}
