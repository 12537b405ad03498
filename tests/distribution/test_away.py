"""What automatic replies say: the day on which somebody is back, and who stands in for them."""

from datetime import date

import pytest

from surveyd.distribution.away import Away, read_away

ON = date(2026, 4, 28)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (
            "I am out of the office until 12 May 2026. If urgent, contact Jane Miller at jane@acme.test.",
            Away(date(2026, 5, 13), "Jane Miller", "jane@acme.test"),
        ),
        ("I am back on May 5th.", Away(date(2026, 5, 5))),
        (
            "Vom 27.04. bis zum 8.5.2026 nicht im Büro. Dringend: Frau Petra Klein (petra.klein@werk.test).",
            Away(date(2026, 5, 9), "Petra Klein", "petra.klein@werk.test"),
        ),
        (
            "Ab dem 12. Mai bin ich wieder da. Vertretung: max@werk.test",
            Away(date(2026, 5, 12), "Max", "max@werk.test"),
        ),
        (
            "Je suis absent jusqu'au 15 mai. En cas d'urgence, contactez Paul Durand : paul@usine.test",
            Away(date(2026, 5, 16), "Paul Durand", "paul@usine.test"),
        ),
        (
            "Estaré fuera hasta el 20 de mayo de 2026. Para asuntos urgentes: Ana Ruiz, ana@taller.test",
            Away(date(2026, 5, 21), "Ana Ruiz", "ana@taller.test"),
        ),
        (
            "5月10日(日)まで不在にしております。緊急の場合は山田 (yamada@kaisha.test) までご連絡ください。",
            Away(date(2026, 5, 11), "Yamada", "yamada@kaisha.test"),
        ),
        ("２０２６年５月１２日に出社いたします。", Away(date(2026, 5, 12))),
        (
            "أنا خارج المكتب حتى ١٢ مايو ٢٠٢٦. للأمور العاجلة يرجى التواصل مع sara@sharika.test",
            Away(date(2026, 5, 13), "Sara", "sara@sharika.test"),
        ),
        ("Back on 2026-05-12.", Away(date(2026, 5, 12))),
        ("Away 05/04/2026 - 05/18/2026", Away(date(2026, 5, 18))),
    ],
)
def test_the_day_and_the_stand_in_are_read_in_every_language(said: str, expected: Away) -> None:
    assert read_away(said, on=ON) == expected


@pytest.mark.parametrize(
    "said",
    [
        "I am away for a while.",
        "I was away until 12 March 2026.",
        "Back on 1 January 2031.",
        "Bis 31.12.",
        "Back on 31 February 2026 or 99.99.2026.",
        "Call +49 30 12.04.55 45.",
        "",
    ],
)
def test_without_a_day_within_reach_there_is_none(said: str) -> None:
    assert read_away(said, on=ON).back is None


def test_neither_they_themselves_nor_we_nor_a_machine_stand_in() -> None:
    said = "Urgent? Contact anna@nordwind.test, survey@northwind.test or noreply@nordwind.test."
    assert (
        read_away(said, on=ON, not_these=frozenset({"anna@nordwind.test", "survey@northwind.test"})).email
        == ""
    )


def test_an_address_in_a_signature_is_no_stand_in() -> None:
    assert read_away("I am away. Regards, Anna. Nordwind GmbH, info@nordwind.test", on=ON).email == ""
