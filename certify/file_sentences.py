"""Sentences for refused files; `active_content` is refined by what was found inside."""

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

FILES: dict[str, LazyString] = {
    "bad_filename": _l("This file name cannot be used. Rename the file, without slashes, and add it again."),
    "file_too_large": _l("This file is too large. Split it, or save it with smaller pictures."),
    "file_too_large.check": _l(
        "The file of a certificate has at most 10 MB, so this is not one. Check the number that stands on the"
        " certificate."
    ),
    "file_too_complex": _l(
        "It would take too long to look into this file. Print it to a new PDF, or save it in a simpler form."
    ),
    "file_too_complex.workbook": _l(
        "This workbook holds more than we can read. Download a new one, put your answers into it and add that one."
    ),
    "file_too_complex.check": _l(
        "It would take too long to read this file; it is not the file that was issued. Check the number that stands on"
        " the certificate."
    ),
    "file_type_not_allowed": _l(
        "We take PDF, PNG, JPG, WEBP, DOCX, XLSX, PPTX, ODT, ODS, ODP, TXT and CSV files. Save this one as PDF."
    ),
    "file_type_not_allowed.no_ending": _l(
        "The name of this file has no ending, so we do not know what it is. Add the ending, for example .pdf, and try"
        " again."
    ),
    "file_type_not_allowed.heic": _l(
        "We can't take HEIC photos. Open the photo and save it as JPEG; on an iPhone choose Settings, Camera,"
        " Formats, “Most Compatible” and take it again."
    ),
    "file_type_not_allowed.old_office": _l(
        "We can't take this old format. Open the file and save it as DOCX, XLSX, PPTX or PDF."
    ),
    "file_type_not_allowed.macro_office": _l(
        "We can't take files that may hold macros. Save this one as DOCX, XLSX, PPTX or PDF."
    ),
    "file_type_not_allowed.other_picture": _l(
        "We take pictures as JPG, PNG or WEBP. Open this one and save it as JPG or PNG."
    ),
    "file_type_not_allowed.archive": _l("We can't take archives. Unpack this one and add each file separately."),
    "file_type_mismatch": _l(
        "The content of this file is not what its name says. Open it in the program that made it and save it again,"
        " for example as PDF."
    ),
    "file_type_mismatch.heic": _l(
        "This is a HEIC photo under another name. Open it and save it as JPEG; on an iPhone choose Settings, Camera,"
        " Formats, “Most Compatible” and take it again."
    ),
    "file_type_mismatch.workbook": _l(
        "This is another kind of workbook. Open it in Excel or LibreOffice, choose Save as and XLSX, and add that file."
    ),
    "file_empty": _l("This file is empty. Check that it was saved and add it again."),
    "file_damaged": _l(
        "This file cannot be read to its end. Open it and save it as a new file; print a PDF to a new PDF."
    ),
    "file_damaged.check": _l(
        "The file is damaged or is not a PDF, so nothing can be said about it. Check the number that stands on the"
        " certificate."
    ),
    "encrypted_file": _l(
        "This file is locked with a password, so the auditors could not read it. Save it without a password."
    ),
    "active_content": _l("We cannot take this file: it holds something that runs when it is opened. Save it as PDF."),
    "active_content.macros": _l("We cannot take this file: it contains macros. Save it as PDF."),
    "active_content.ole": _l("We cannot take this file: it contains an embedded object. Save it as PDF."),
    "active_content.activex": _l("We cannot take this file: it contains ActiveX controls. Save it as PDF."),
    "active_content.external_part": _l(
        "We cannot take this file: it fetches a part of itself from elsewhere. Save it as PDF."
    ),
    "active_content.dtd": _l("We cannot take this file: it contains a document type declaration. Save it as PDF."),
    "active_content.dde": _l("We cannot take this file: it takes data from another program. Save it as PDF."),
    "active_content.script": _l("We cannot take this file: it contains a script. Save it as PDF."),
    "active_content.javascript": _l("We cannot take this file: it contains JavaScript. Print it to a new PDF."),
    "active_content.launch": _l(
        "We cannot take this file: a link in it opens another file or program on the reader's computer. Print it to a"
        " new PDF."
    ),
    "active_content.embedded_file": _l(
        "We cannot take this file: another file is attached inside. Add each file separately."
    ),
    "active_content.rich_media": _l("We cannot take this file: it contains film or sound. Print it to a new PDF."),
    "active_content.xfa": _l("We cannot take this file: it contains an XFA form. Print it to a new PDF."),
    "active_content.submit_form": _l(
        "We cannot take this file: it contains a form that sends data. Print it to a new PDF."
    ),
    "active_content.import_data": _l(
        "We cannot take this file: it contains a form that loads data. Print it to a new PDF."
    ),
    "active_content.alt_chunk": _l(
        "We cannot take this file: another document is built into it and opens together with it. Copy its text into a"
        " new document, or save it as PDF."
    ),
    "active_content.template": _l(
        "We cannot take this file: it fetches its template from elsewhere. In Word choose File, Options, Add-ins,"
        " Manage: Templates, Go, clear the name of the template and save; or save the file as PDF."
    ),
    "active_content.linked_picture": _l(
        "We cannot take this file: it fetches a picture from elsewhere. In Word or PowerPoint choose File, Info,"
        " Edit Links to Files, Break Link, and save; or save the file as PDF."
    ),
    "active_content.linked_field": _l(
        "We cannot take this file: a field in its text fetches something from elsewhere. In Word press Ctrl+A, then"
        " Ctrl+Shift+F9, and save; or save the file as PDF."
    ),
    "active_content.online_film": _l(
        "We cannot take this file: a film or a sound in it comes from elsewhere. Take it out and write its address in"
        " the text, or save the file as PDF."
    ),
    "active_content.program": _l(
        "We cannot take this file: a click or a move of the mouse starts a program in it. Take this action off, or"
        " save the file as PDF."
    ),
    "active_content.formula": _l(
        "We cannot take this file: a formula in it takes data from outside. Replace the formula by its value (copy,"
        " then paste as values), or save the file as PDF."
    ),
    "active_content.on_opening": _l(
        "We cannot take this file: it goes somewhere or does something as soon as it is opened. Print it to a new PDF."
    ),
    "active_content.remote_file": _l(
        "We cannot take this file: a link in it opens a file on another computer. Print it to a new PDF."
    ),
    "active_content.outside_stream": _l(
        "We cannot take this file: a part of its pages lies in another file. Print it to a new PDF."
    ),
    "active_content.hybrid": _l(
        "We cannot take this file: the document for editing is put into the PDF. In LibreOffice export it again"
        " without “Hybrid PDF”."
    ),
    "archive_too_large": _l("This file is too large once it is unpacked. Save it as PDF."),
    "archive_too_large.nested_archive": _l(
        "We cannot take this file: another archive is packed inside. Add each file separately."
    ),
    "archive_unsafe": _l(
        "We cannot take this file: it is built in an unusual way or holds another file. Save it as PDF."
    ),
    "image_too_many_pixels": _l("This picture has more than 52 million pixels. Save it in a smaller size."),
    "image_damaged": _l("This picture cannot be read to its end. Save it again and add the new copy."),
    "storage_full": _l("There is no room left for files. Nothing was saved; tell the coordinator."),
    "storage_unavailable": _l("The store of files does not answer. Nothing was saved; try again in a few minutes."),
    "blob_damaged": _l(
        "The stored file differs from the one that was added, so we do not hand it out. Tell the coordinator."
    ),
    "blob_missing": _l("The stored file cannot be found. Tell the coordinator."),
    "file_missing": _l("Choose a file."),
    "quota_exceeded": _l("There are too many pieces of evidence here. Take one off before you add another."),
    "quota_exceeded.bytes": _l(
        "The evidence of one application takes at most 2 GB. Take a file off, or add a smaller one."
    ),
    "quota_exceeded.library": _l("The library of your centre is full. Remove files that nothing uses."),
    "evidence_in_library": _l("This very file is in your library already, so nothing was added."),
    "revision_unchanged": _l("This is the file that is here already. Choose the newer one."),
    "criteria_missing": _l("Tick at least one criterion."),
    "period_backwards": _l("The period ends before it begins."),
    "evidence_sealed": _l("A submitted application names this piece, so it stays in the library."),
    "evidence_in_use": _l("Criteria lean on this piece. Read the list and confirm that they lose it."),
    "bad_length": _l("The upload broke off on its way. Add the file again."),
    "malware_found": _l(
        "Malware was found in this file, so nobody can open it. Check the computer it comes from; add a clean copy."
    ),
    "scan_pending": _l("This file waits for its malware check. It opens as soon as the check is done; try again soon."),
    "evidence_already_attached": _l("This piece of evidence is attached here already."),
}
