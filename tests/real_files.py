"""What becomes of each file in `tests/data/files`: the kind that it is kept as, or the code of its refusal.

`README.md` there says which program made each of them.
"""

from pathlib import Path

FOLDER = Path(__file__).parent / "data" / "files"
ACTING = {
    "a01_altchunk_rtf_with_object.docx": "active_content:alt_chunk",
    "a02_altchunk_mht.docx": "active_content:alt_chunk",
    "a04_word_field_ddeauto.docx": "active_content:dde",
    "a05_word_field_includepicture.docx": "active_content:linked_field",
    "a07_powerpoint_hover_runs_program.pptx": "active_content:program",
    "a08_webservice_formula.xlsx": "active_content:formula",
}
# "*": the record is another file than the one that was sent, which is remembered by its digest.
PEOPLE_HAVE = {
    "d03_powerpoint_chart.pptx": "pptx",
    "d03_word_chart.docx": "docx",
    "d04_wmz_picture.docx": "docx",
    "d05_signature_cid_picture.docx": "active_content:linked_picture",
    "d07_svg_logo_doctype.docx": "docx",
    "d09_embedded_workbook.docx": "docx",
    "d12_zip_comment.xlsx": "xlsx",
    "d15_external_link_365_long_path.xlsx": "xlsx",
    "d15_external_link_startup.xlsx": "xlsx",
    "d18_leftover_bin_type.docx": "docx",
    "i09_no_eoi.jpg": "jpg*",
    "i10_jpeg_named.png": "jpg*",
    "i10_webp_named.jpg": "webp*",
    "i19_photo.jfif": "jpg*",
    "p11_pdfa3_invoice_xml.pdf": "active_content:embedded_file",
    "p13_owner_password_R6.pdf": "pdf",
    "p16_bom_before.pdf": "pdf*",
    "p16_html_comment_after.pdf": "pdf*",
    "p16_http_header_before.pdf": "pdf*",
    "p16_nul_padding_8k.pdf": "pdf*",
    "p17_startxref_off_by_one.pdf": "pdf*",
    "p17_startxref_zero.pdf": "pdf*",
    "p17_xref_first_1.pdf": "pdf*",
    "p20_empty_embeddedfiles_tree.pdf": "pdf",
    "p20_empty_javascript_tree.pdf": "pdf",
    "t03_excel_unicode_text.txt": "txt",
    "t03_utf16.csv": "csv",
    "t09_mail.txt": "txt",
    "t15_mention_html.txt": "txt",
}
PROGRAMS = {
    "cairo.pdf": "pdf",
    "chromium.pdf": "pdf",
    "ghostscript.pdf": "pdf",
    "img2pdf_scan_ccitt.pdf": "pdf",
    "img2pdf_scan_jpeg.pdf": "pdf",
    "libreoffice_calc.ods": "ods",
    "libreoffice_calc.xlsx": "xlsx",
    "libreoffice_hybrid.pdf": "active_content:hybrid",
    "libreoffice_impress.odp": "odp",
    "libreoffice_impress.pptx": "pptx",
    "libreoffice_pdfa2.pdf": "pdf",
    "libreoffice_permissions.pdf": "pdf",
    "libreoffice_writer.docx": "docx",
    "libreoffice_writer.odt": "odt",
    "libreoffice_writer.pdf": "pdf",
    "qpdf_linearized.pdf": "pdf",
    "qpdf_packed.pdf": "pdf",
    "qpdf_restricted.pdf": "pdf",
}
FILES = {
    **{FOLDER / "acting" / name: expected for name, expected in ACTING.items()},
    **{FOLDER / "people-have" / name: expected for name, expected in PEOPLE_HAVE.items()},
    **{FOLDER / "programs" / name: expected for name, expected in PROGRAMS.items()},
}
