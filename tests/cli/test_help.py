"""Every command says what it does and how it is called."""

from collections.abc import Iterator

import pytest
from click import Command, Group
from click.testing import CliRunner

from surveyd.cli.main import surveyd


def commands(command: Command, *words: str) -> Iterator[tuple[tuple[str, ...], Command]]:
    """A command and all below it, each with the words that call it."""
    yield words, command
    if isinstance(command, Group):
        for name, below in command.commands.items():
            yield from commands(below, *words, name)


@pytest.mark.parametrize("words", [words for words, _ in commands(surveyd)], ids=" ".join)
def test_every_command_explains_itself(words: tuple[str, ...]) -> None:
    answer = CliRunner().invoke(surveyd, [*words, "--help"], prog_name="surveyd")
    assert answer.exit_code == 0
    usage, _, rest = answer.output.partition("\n\n")
    assert usage.startswith(f"Usage: {' '.join(['surveyd', *words])}")
    assert rest.split("\n\n")[0].strip().endswith(".")
