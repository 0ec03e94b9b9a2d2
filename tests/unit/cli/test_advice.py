"""Every command that the product prints as advice exists, and takes what is printed behind it."""

import click
import pytest

from tests.support.connector.advised_commands import ADVISED, INCOMPLETE, PLACEHOLDER


def test_advice_is_found_in_the_source() -> None:
    names = {name for (name, _), _ in ADVISED}
    assert names >= {"locations map", "jobs retry", "jobs drop", "store resume", "store switch", "poll", "reconcile"}
    assert len(ADVISED) > 40


@pytest.mark.parametrize(
    ("name", "words", "command"),
    [(name, words, command) for (name, words), command in ADVISED if name not in INCOMPLETE],
)
def test_an_advised_command_takes_what_is_printed_behind_it(
    name: str, words: tuple[str, ...], command: click.Command
) -> None:
    with command.make_context(name, _filled(command, words)) as context:
        assert context.params is not None


def _filled(command: click.Command, words: tuple[str, ...]) -> list[str]:
    """The words with values for what is filled in: a number where one is demanded, or one of the choices."""
    arguments = [each for each in command.params if isinstance(each, click.Argument)]
    options = {name: each for each in command.params for name in each.opts if name.startswith("--")}
    filled: list[str] = []
    for word in words:
        last = options.get(filled[-1]) if filled else None
        if last is not None and not getattr(last, "is_flag", False):
            filled.append(_value(last, word))
        elif word.startswith("--"):
            filled.append(word)
        else:
            filled.append(_value(arguments[0], word))
            arguments = arguments[1:] if arguments[0].nargs > 0 else arguments
    return filled


def _value(parameter: click.Parameter, word: str) -> str:
    if not PLACEHOLDER.fullmatch(word):
        return word
    if isinstance(parameter.type, click.Choice):
        return str(parameter.type.choices[0])
    return "1" if isinstance(parameter.type, click.types.IntParamType) else "x1"
