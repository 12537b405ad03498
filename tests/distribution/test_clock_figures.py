"""The figures of the cadence over changes of the clocks: they are whole, and they see what is wrong."""

from pathlib import Path

from benchmarks.clock_changes import measure

HEAD = "zone,kind,offset_before_min,offset_after_min,local_midpoint\n"
ROWS = (
    "Europe/Berlin,gap,60,120,2026-03-29T02:30\n"
    "America/New_York,overlap,-240,-300,2026-11-01T01:30\n"
    "Australia/Lord_Howe,gap,630,660,2026-10-04T02:15\n"
    "Antarctica/Troll,overlap,120,0,2026-10-25T02:00\n"
    "Asia/Kolkata,none,330,330,\n"
)


def test_every_step_is_where_it_should_be(tmp_path: Path) -> None:
    (tmp_path / "clock_changes.csv").write_text(HEAD + ROWS)
    figures = measure(tmp_path)
    assert (figures.kinds, figures.steps, figures.windows) == ({"gap": 2, "overlap": 2}, 12, 12)
    # In Berlin the whole hour is skipped: its step waits for the day after.
    assert (figures.next_day, figures.wrong) == (3, [])


def test_a_step_at_another_hour_is_seen(tmp_path: Path) -> None:
    (tmp_path / "clock_changes.csv").write_text(HEAD + "Europe/Berlin,gap,0,60,2026-03-29T02:30\n")
    assert len(measure(tmp_path).wrong) == 3
