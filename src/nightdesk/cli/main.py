"""The entry point: finds a command without loading the others, and turns errors into one plain line."""

import importlib
import sys
from typing import Final

import click

from nightdesk import __version__
from nightdesk.cli.failures import describe
from nightdesk.cli.options import ExitStatus

#: Where each command lives; its module is imported when it is asked for.
COMMANDS: Final = {
    "up": "nightdesk.cli.up:up",
    "web": "nightdesk.cli.processes:web",
    "worker": "nightdesk.cli.processes:worker",
    "beat": "nightdesk.cli.processes:beat",
    "manage": "nightdesk.cli.processes:manage",
    "prepare": "nightdesk.cli.prepare:prepare",
    "status": "nightdesk.cli.status:status",
    "job": "nightdesk.cli.job_commands:job",
    "token": "nightdesk.cli.sign_in:token",
    "sign-in-link": "nightdesk.cli.sign_in:sign_in_link",
}


class Commands(click.Group):
    """A group that imports a command's module when it is needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name the commands in the order in which a newcomer needs them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command."""
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="nightdesk")
def cli() -> None:
    """Nightdesk: a studio for small creative teams, whose slow work runs in the background.

    `nightdesk up` runs everything on this machine.
    """


def main() -> int:
    """Run one command and return its exit status; an expected error is one line on standard error."""
    try:
        status = cli.main(prog_name="nightdesk", standalone_mode=False)
    except click.UsageError as error:
        error.show()  # with the usage of the command
        return error.exit_code
    except click.ClickException as error:
        click.echo(f"nightdesk: {error.format_message()}", err=True)
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        return ExitStatus.INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()  # whoever read our output has left: nothing to say, and nobody to say it to
        return ExitStatus.FAILED
    except Exception as error:
        described = describe(error)
        if described is None:
            raise
        sentence, failed_with = described
        click.echo(f"nightdesk: {sentence}", err=True)
        return failed_with
    return status if isinstance(status, int) else ExitStatus.DONE
