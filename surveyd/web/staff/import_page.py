"""What the page of one file of people says: how far it is, how it is read, what it would do."""

from dataclasses import dataclass

from flask_babel import gettext as _
from flask_babel import ngettext
from wtforms import Form

from surveyd.people.batches import Progress
from surveyd.people.columns import ImportKind
from surveyd.people.encodings import NAMES
from surveyd.people.models import Upload, UploadState
from surveyd.people.outlines import Outline
from surveyd.web.filters import number
from surveyd.web.staff.import_forms import SEPARATOR_WORDS

WORKING = (UploadState.UPLOADED, UploadState.PLANNING, UploadState.APPLYING)


@dataclass(frozen=True, slots=True)
class PreviewPage:
    """One file, and what it would do."""

    upload: Upload
    outline: Outline
    columns: Form
    reading: Form
    progress: Progress
    pairs: int = 0
    """How many contacts and accounts may be duplicates, once the file is imported."""

    @property
    def is_working(self) -> bool:
        return self.upload.state in WORKING

    @property
    def may_be_applied(self) -> bool:
        return self.upload.state is UploadState.PLANNED and self.outline.may_be_applied

    @property
    def done(self) -> int:
        """The share of the present work that is done, in hundredths."""
        now = self.progress
        done, of = (now.written, now.parcels) if now.written else (now.looked_at, now.rows)
        return 100 * done // of if of else 0

    @property
    def read_as(self) -> str:
        """How the file is read, in words; empty before anybody has looked."""
        reading = self.outline.reading
        if reading.sheet:
            return _("Sheet %(name)s of a spreadsheet.", name=reading.sheet)
        if not reading.encoding:
            return ""
        facts = {"encoding": NAMES[reading.encoding], "separator": SEPARATOR_WORDS[reading.separator]}
        return _("Text in %(encoding)s, %(separator)s between the cells.", **facts)

    @property
    def rows(self) -> int:
        """How many rows were looked at."""
        seen = self.outline
        return seen.added + seen.changed + seen.unchanged + seen.rejected

    @property
    def things(self) -> str:
        """What would be written, counted: "1,204 contacts"."""
        count = self.outline.effect
        if self.upload.kind == ImportKind.CONTACTS:
            return ngettext("1 contact", "%(n)s contacts", count, n=number(count))
        return ngettext("1 account", "%(n)s accounts", count, n=number(count))

    @property
    def title(self) -> str:
        """The page's answer."""
        match self.upload.state:
            case UploadState.UPLOADED | UploadState.PLANNING:
                return _("The file is being read")
            case UploadState.APPLYING:
                return _("Being imported: %(things)s", things=self.things)
            case UploadState.APPLIED:
                return _("Imported: %(things)s", things=self.things)
            case UploadState.FAILED:
                return _("This file was not imported")
        return self._decision()

    def _decision(self) -> str:
        seen = self.outline
        if not seen.headings:
            return _("This file cannot be read")
        if not seen.columns_fit:
            return _("Say which column is which")
        if seen.rejected:
            facts = {"bad": number(seen.rejected), "all": number(self.rows)}
            return _("%(bad)s of %(all)s rows cannot be imported", **facts)
        if not seen.effect:
            return _("Nothing to change: every row is there already")
        return _("%(things)s can be imported", things=self.things)
