"""The command line: one group; every error is one line and an exit code."""

import importlib
import logging
import sys

import click
from sqlalchemy.exc import DBAPIError, OperationalError, ProgrammingError

from surveyd import __version__
from surveyd.base.errors import BadFile, ConfigError, SurveydError
from surveyd.base.log import start_logging
from surveyd.cli.house import CreateApp

FAILED = 1
WRONG_CALL = 2
log = logging.getLogger("surveyd.cli")


class Commands(click.Group):
    """The commands, each imported when it is called: the others need not be loaded for it."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names, in the order in which a newcomer meets them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, or None."""
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        found: click.Command = getattr(importlib.import_module(f"surveyd.cli.{module}"), name)
        return found


COMMANDS = {
    "up": "up:up",
    "init": "users:init",
    "user": "users:user",
    "check": "checks:check",
    "migrate": "tables:migrate",
    "import": "imports:import_",
    "mappings": "mappings:mappings",
    "duplicates": "duplicates:duplicates",
    "program": "programs:program",
    "calendar": "calendars:calendar",
    "template": "templates:template",
    "questionnaire": "questionnaires:questionnaire",
    "policy": "policies:policy",
    "wave": "waves:wave",
    "trigger": "triggers:trigger",
    "preflight": "preflight:preflight",
    "outbox": "outbox:outbox",
    "sending": "sending:sending",
    "calls": "calls:calls",
    "cases": "cases:cases",
    "actions": "actions:actions",
    "letter": "letters:letter",
    "summary": "summary:summary",
    "papers": "papers:papers",
    "responses": "responses:responses",
    "rates": "rates:rates",
    "churn": "churn:churn",
    "benchmarks": "benchmarks:benchmarks",
    "bounce": "bounces:bounce",
    "probe": "probes:probe",
    "suppressions": "suppressions:suppressions",
    "tick": "outbox:tick",
    "web": "processes:web",
    "sender": "processes:sender",
    "worker": "processes:worker",
    "schedule": "processes:schedule",
}


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="surveyd")
def surveyd() -> None:
    """Asks business customers how the relationship is going, and closes the loop."""


def run(create_app: CreateApp) -> None:
    """Run the command line and exit: 0 done, 1 the work failed, 2 the call was wrong."""
    start_logging(logging.WARNING)
    sys.exit(_exit_code(create_app))


def _exit_code(create_app: CreateApp) -> int:  # noqa: C901  # one line an error, nothing nested
    try:
        result = surveyd.main(prog_name="surveyd", standalone_mode=False, obj=create_app)
    except click.exceptions.Abort:
        return _say("stopped", FAILED)
    except click.UsageError as error:
        command = error.ctx.command_path if error.ctx else "surveyd"
        return _say(f"{error.format_message()} Try: {command} --help", WRONG_CALL)
    except click.ClickException as error:
        return _say(error.format_message(), FAILED)
    except BadFile as error:
        for fault in error.faults:
            print(fault, file=sys.stderr)
        return _say("nothing was changed", FAILED)
    except ConfigError as error:
        for finding in error.findings:
            print(f"surveyd: {finding}", file=sys.stderr)
        return WRONG_CALL
    except SurveydError as error:
        return _say(str(error), FAILED)
    except BrokenPipeError:
        sys.stderr.close()
        return FAILED
    except DBAPIError as error:
        return _say(_database_trouble(error), FAILED)
    return result if isinstance(result, int) else 0


def _say(sentence: str, code: int) -> int:
    print(f"surveyd: {' '.join(sentence.split())}", file=sys.stderr)
    return code


def _database_trouble(error: DBAPIError) -> str:
    cause = str(error.orig).splitlines()[0] if error.orig else type(error).__name__
    if isinstance(error, OperationalError | ProgrammingError) and (
        "no such table" in cause or "does not exist" in cause
    ):
        return "The database has no tables yet; run `surveyd init --email YOU@COMPANY` or `surveyd migrate`."
    log.info("the database refused", extra={"facts": {"error": type(error.orig).__name__}})
    return f"The database does not answer as it should: {cause}"
