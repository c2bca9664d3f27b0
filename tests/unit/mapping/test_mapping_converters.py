"""Each converter's promise: what a side stores is what reading it back gives."""

from __future__ import annotations

import unicodedata
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from cosell.core.record import Member, Side, SolutionLine
from cosell.mapping import MappingSettings
from cosell.mapping.cells import MISSING, UnreadableValueError
from cosell.mapping.converters import CONVERTERS
from cosell.mapping.converters.base import PLAIN, Spec
from cosell.mapping.converters.country import Country
from cosell.mapping.converters.country_names import alpha_2_codes
from cosell.mapping.converters.people import members_in
from cosell.mapping.converters.shorten import shorten, units
from cosell.mapping.converters.solutions import lines_in
from cosell.mapping.schema import FieldLine
from cosell.mapping.shape import ColumnLimit
from hypothesis import given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from cosell.core.record import Value
    from cosell.mapping.converters.base import Converter

PC, DV = Side.PARTNER_CENTER, Side.DATAVERSE
WORDS = {
    "partner_center": {"New/Pending": "new", "New/*": "new", "Active/Accepted": "open", "Closed/Won": "won"},
    "dataverse": {"0/1": "open", "0/2": "on_hold", "0/*": "open", "1/*": "won"},
}
INSTEAD = {"partner_center": {"on_hold": "open"}, "dataverse": {"new": "on_hold"}}
CHOICES = {"Yes": 727000000, "No": 727000001}
LINE = FieldLine.model_validate({"partner_center": "a", "choices": CHOICES, "words": WORDS, "instead": INSTEAD})
VISIBILITY_LINE = FieldLine.model_validate({"choices": {"Not visible": 1, "Visible": 2}})
PARTS = {part: part for part in ("rows", *Member._fields, *SolutionLine._fields)}
LIMITS = dict.fromkeys((PLAIN, *Member._fields, "id", "name"), ColumnLimit("text", max_length=9)) | {
    "price": ColumnLimit("money", precision=2),
    "quantity": ColumnLimit("integer", precision=0),
}
ZONES = ["Pacific/Pago_Pago", "Europe/Paris", "Pacific/Apia", "Etc/GMT+12", "Pacific/Kiritimati"]
QUICK = settings(max_examples=60, deadline=None)

AMOUNTS = st.decimals(allow_nan=False, allow_infinity=False, places=5, min_value=-(10**12), max_value=10**12)
TEXTS = st.text(max_size=14)
LINES = st.lists(
    st.builds(SolutionLine, st.text(min_size=1, max_size=12), TEXTS, st.none() | AMOUNTS, st.none() | AMOUNTS),
    max_size=4,
).map(tuple)
PEOPLE = st.lists(st.builds(Member, TEXTS, TEXTS, TEXTS, TEXTS), max_size=3).map(tuple)
STATES = st.sampled_from(["new", "open", "on_hold", "won", "lost", "other:Odd/Pair"])
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "text": TEXTS,
    "currency": st.text("ABCDEFGHIJ", min_size=3, max_size=3),
    "money": AMOUNTS,
    "decimal": AMOUNTS,
    "calendar_day": st.dates(date(1753, 1, 1), date(9998, 12, 30)),
    "time": st.datetimes(datetime(1800, 1, 1), datetime(9000, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - bounds are naive
    "country": st.sampled_from(sorted(alpha_2_codes())),
    "choice": st.sampled_from(["Yes", "No", "yes", "Perhaps", "other:5", ""]),
    "yes_no": st.booleans(),
    "visibility": st.booleans(),
    "status": STATES,
    "stage": st.sampled_from(["Qualify", "2-Propose", "20", "Dream on and on", ""]),
    "listed": st.sampled_from(["open", "on_hold", "other:Odd", "Not on the list", "other:Neither is this one", ""]),
    "contact_lines": TEXTS,
    "contacts": PEOPLE,
    "team": PEOPLE,
    "solutions": LINES,
    "marked_name": TEXTS | TEXTS.map("\u2714\ufe0f {}".format),
    "mark": st.sampled_from(["check", "cross"]),
}


def make(name: str, side: Side, *, zone: str = "UTC") -> Converter:
    """Make a converter for columns of nine signs, prices of two decimals and whole quantities."""
    paths = PARTS if side is PC or name == "solutions" else {}
    limits = LIMITS | ({PLAIN: ColumnLimit("money", precision=2)} if CONVERTERS[name].gives == "amount" else {})
    if name in {"calendar_day", "choice", "visibility"}:
        limits.pop(PLAIN)
    line = VISIBILITY_LINE if name == "visibility" else LINE
    spec = Spec(line, side, MappingSettings(time_zone=zone), limits=limits, paths=paths)
    return CONVERTERS[name].make(spec)


@pytest.mark.parametrize("side", list(Side))
@pytest.mark.parametrize("name", sorted(VALUES))
def test_reading_back_what_was_written_gives_the_fitted_value(name: str, side: Side) -> None:
    """For every value, reading what was written of its fit gives the fit, and the fit of the fit is the fit."""
    converter = make(name, side)

    @QUICK
    @given(VALUES[name])
    def holds(value: Value) -> None:
        fitted = converter.fit(value)
        assert converter.fit(fitted) == fitted
        written = converter.write(fitted)
        if written is MISSING or (isinstance(written, tuple) and MISSING in written) or name == "mark":
            return  # the side is not told; or the mapper joins it to the name
        assert _nothing(converter.read(written)) == _nothing(_as_read(fitted))

    holds()


def _nothing(value: object) -> object:
    """Take the ways to say nothing for one, as the core does."""
    return None if value in {"", ()} else value


def _as_read(value: Value) -> Value:
    """Give people as any reading gives them: without blanks around, and without those who say nothing."""
    if isinstance(value, tuple) and value and isinstance(value[0], Member):
        people = [Member(*(part.strip() for part in person)) for person in members_in(value)]
        return tuple(person for person in people if any(person))
    if isinstance(value, tuple) and value and isinstance(value[0], SolutionLine):
        lines = [line._replace(id=line.id.strip()) for line in lines_in(value)]
        return make("solutions", PC).fit(tuple(line for line in lines if line.id or line.name))
    return value


@pytest.mark.parametrize(
    ("typed", "word", "told"),
    [(" 0/1", "open", "open"), ("ODD", "other:ODD", "ODD"), (None, None, None), ("", "", None)],
)
def test_a_listed_text_is_told_in_partner_centers_word(typed: str | None, word: str | None, told: str | None) -> None:
    """The CRM's text stands for a word of the list in any case; another one is marked, and goes as it was typed."""
    assert make("listed", DV).read(typed) == word
    assert (make("listed", PC).fit(word) or None) == told
    assert make("listed", DV).fit("a brand-new word") == "other:a brand-n"


def test_an_empty_list_holds_every_text() -> None:
    """Without words nothing is marked."""
    spec = Spec(FieldLine.model_validate({"dataverse": "a"}), DV, MappingSettings())
    assert CONVERTERS["listed"].make(spec).read("Anything") == "Anything"


@QUICK
@given(st.dates(date(1900, 1, 1), date(2200, 1, 1)), st.sampled_from(ZONES))
def test_a_day_survives_in_every_zone(day: date, zone: str) -> None:
    """Noon of the day in the sellers' zone, sent in UTC, is read as that day, whatever the zone's rules that year."""
    converter = make("calendar_day", PC, zone=zone)
    assert converter.read(converter.write(day)) == day


@pytest.mark.parametrize("name", ["calendar_day", "time"])
def test_a_time_that_nobody_set_is_null(name: str) -> None:
    """The vendor's servers say 0001-01-01 where nothing was set; and Dataverse refuses a whole row before 1753."""
    assert make(name, PC).read("0001-01-01T00:00:00Z") is None
    early = make(name, PC).read("1492-10-12T12:00:00Z")
    assert early is not None
    assert make(name, DV).fit(early) is None


def test_a_datetime_column_keeps_the_day_too() -> None:
    """Where an admin made the close date a time, the day goes there as noon, as to Partner Center."""
    spec = Spec(LINE, DV, MappingSettings(time_zone="Europe/Paris"), limits={PLAIN: ColumnLimit("datetime")})
    converter = CONVERTERS["calendar_day"].make(spec)
    assert converter.write(date(2026, 7, 1)) == "2026-07-01T10:00:00Z"
    assert converter.read("2026-07-01T10:00:00Z") == date(2026, 7, 1)


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("DE", "DE"), (" de ", "DE"), ("DEU", "DE"), ("Germany", "DE"), ("Deutschland", "DE"), ("Allemagne", "DE"),
        ("Federal Republic of Germany", "DE"), ("ドイツ", "DE"), ("Německo", "DE"), ("USA", "US"), ("U.S.A.", "US"),
        ("United States of America", "US"), ("The Netherlands", "NL"), ("Holland", "NL"), ("UK", "GB"),
        ("England", "GB"), ("Great Britain", "GB"), ("Česko", "CZ"), ("Czech Republic", "CZ"), ("Czechia", "CZ"),
        ("Côte d'Ivoire", "CI"),
        ("Ivory Coast", "CI"), ("Türkiye", "TR"), ("Turkey", "TR"), ("South Korea", "KR"), ("Korea, Republic of", "KR"),
        ("Россия", "RU"), ("Viet Nam", "VN"), ("Bosnia & Herzegovina", "BA"), ("Sverige", "SE"), ("Suomi", "FI"),
        ("ESPAÑA", "ES"), ("Espana", "ES"), ("Kosovo", "XK"), ("Schweiz", "CH"), ("Suisse", "CH"), ("NO", "NO"),
        ("भारत", "IN"), ("中国", "CN"), ("香港", "HK"), ("الإمارات العربية المتحدة", "AE"),
    ],
)  # fmt: skip
def test_a_country_is_known_by_code_and_by_name(cell: str, code: str) -> None:
    """Codes, official names, everyday names and names in the users' languages give the two-letter code."""
    assert Country().read(cell) == code


@pytest.mark.parametrize(("cell", "kept"), [("Atlantis", "ATLANTIS"), (" Nowhere land ", "NOWHERE LAND"), ("XX", "xx")])
def test_what_is_no_country_passes_for_no_code(cell: str, kept: str) -> None:
    """The text is kept for the seller to see, in a form that the rule on two capital letters refuses."""
    assert Country().read(cell) == kept


@pytest.mark.parametrize("cell", [0, "0", "0.00", Decimal("-0"), Decimal("0E+3"), 0.0])
def test_zero_has_one_form(cell: object) -> None:
    """Zero is zero however it is written, without sign or exponent."""
    assert str(make("money", PC).read(cell)) == "0"


@pytest.mark.parametrize(
    ("cell", "amount"),
    [("125000.50", "125000.5"), (100, "100"), (Decimal("1E+2"), "100"), (0.1, "0.1"), (" 7 ", "7"), ("1e3", "1000")],
)
def test_an_amount_is_exact_as_text_and_as_number(cell: object, amount: str) -> None:
    """Partner Center shows amounts as texts and as numbers; both give the same exact value."""
    assert str(make("money", PC).read(cell)) == amount


@pytest.mark.parametrize("cell", ["1,000", "twelve", "", "٣", True, [], "NaN", "Infinity", float("inf"), "1" * 60])
def test_what_is_no_amount_is_refused(cell: object) -> None:
    """Grouped digits, words, booleans, and numbers that no column holds are no amounts."""
    with pytest.raises(UnreadableValueError, match="expected a number"):
        make("money", PC).read(cell)


@pytest.mark.parametrize(
    ("amount", "kept"), [("2.345", "2.34"), ("2.355", "2.36"), ("-2.345", "-2.34"), ("2.3451", "2.35")]
)
def test_amounts_are_rounded_half_to_even(amount: str, kept: str) -> None:
    """A column's decimals are reached as .NET reaches them."""
    assert make("money", DV).fit(Decimal(amount)) == Decimal(kept)


@QUICK
@given(st.text(st.characters() | st.sampled_from("🚀👩‍👩‍👧🇸🇪e\u0301\u200d🏽"), max_size=30), st.integers(0, 20))
def test_a_cut_text_is_a_start_of_the_text_and_fits(text: str, longest: int) -> None:
    """A cut text is never longer than the column in UTF-16 units, and begins the original."""
    cut = shorten(text, longest)
    assert units(cut) <= longest or cut == text == ""
    assert text.startswith(cut)
    assert units(text) == len(text.encode("utf-16-le", "surrogatepass")) // 2


@pytest.mark.parametrize(
    ("text", "longest", "cut"),
    [
        ("ab🚀", 3, "ab"),
        ("ab🚀", 4, "ab🚀"),
        ("abe\u0301x", 3, "ab"),
        ("a👩\u200d👩\u200d👧", 8, "a"),
        ("a👍🏽", 4, "a"),
        ("🇸🇪🇳🇴", 6, "🇸🇪"),
        ("a\r\nb", 2, "a"),
        ("one two", 4, "one"),
        ("👩\u200d👩\u200d👧", 2, "👩"),
        ("abc", 0, ""),
    ],
)
def test_a_cut_breaks_no_character(text: str, longest: int, cut: str) -> None:
    """Surrogate pairs, accents, joined emoji, skin tones and flags stay whole or go whole."""
    assert shorten(text, longest) == cut


def test_a_cut_keeps_composed_accents() -> None:
    """A text in composed form is cut between its characters."""
    text = unicodedata.normalize("NFC", "é" * 10)
    assert shorten(text, 4) == "éééé"
