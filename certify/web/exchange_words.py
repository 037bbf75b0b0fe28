"""The words of the workbook that people take along, in the language of the page."""

from flask_babel import gettext

from certify.exchange_xlsx import Words


def workbook_words() -> Words:
    """The help, the heads of the columns and the words of the lists."""
    return Words(
        help_title=gettext("How to fill in"),
        help=(
            gettext("1. Each area of the standard has a sheet of its own: look at the tabs below."),
            gettext(
                "2. In the row of a criterion choose the level from the list. The column beside it describes them."
            ),
            gettext(
                "3. In the rows under it describe each indicator in a few sentences: what you do, with whom, how often."
            ),
            gettext(
                "4. When a criterion does not concern you, choose “not applicable” from the list and give the reason."
            ),
            gettext("5. Write in the white cells only. Don't use formulas. Alt+Enter begins a new line in a cell."),
            gettext("6. Save the file as XLSX and bring it back on the same page where you took it."),
            gettext(
                "There you see what would change before anything is saved. Evidence is added on the page, not here."
            ),
        ),
        heads=(
            gettext("No."),
            gettext("Criterion or indicator"),
            gettext("Levels"),
            gettext("Level"),
            gettext("Why it is not applicable"),
            gettext("Description"),
            gettext("Evidence (to read only)"),
        ),
        not_applicable=gettext("not applicable"),
        wrong_level=gettext("Choose one of the levels from the list."),
    )
