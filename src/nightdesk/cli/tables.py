"""Tables on standard output: fitted to a terminal, one row a line elsewhere."""

from typing import TYPE_CHECKING, Final

import click

if TYPE_CHECKING:
    from rich.table import Table

#: Nothing has to fit into a file or a pipe: a row that is one line can be searched and cut.
_WIDE: Final = 400


def print_table(table: "Table") -> None:
    """Print a table."""
    from rich.console import Console

    console = Console()
    if console.is_terminal:
        console.print(table)
        return
    wide = Console(width=_WIDE)
    with wide.capture() as captured:
        wide.print(table)
    click.echo("\n".join(line.rstrip() for line in captured.get().splitlines()))
