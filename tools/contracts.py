"""A kind of import contract: the only things that some modules may import. Loaded by import-linter."""

import sys
from typing import Any, Final, cast

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output

_STANDARD: Final = frozenset(sys.stdlib_module_names)


class OnlyContract(Contract):
    """Modules import nothing but what is listed, the standard library, and modules of their own package.

    Options:
        importers:  expressions like `nightdesk.*.jobs`; a package stands for all its modules.
        allowed:    modules or packages, ours or others'; a package stands for all its modules.
    """

    type_name = "only"

    importers = fields.ListField(subfield=fields.ModuleExpressionField())
    allowed = fields.ListField(subfield=fields.StringField())

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        """Compare every direct import of the importers with the list."""
        strays = [
            f"{importer} imports {imported}"
            for package in self._find_packages(graph)
            for importer in sorted({package, *graph.find_descendants(package)})
            for imported in sorted(graph.find_modules_directly_imported_by(importer))
            if not self._may_import(package, imported)
        ]
        return ContractCheck(kept=not strays, metadata={"strays": strays})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Print one line for each import that is not on the list."""
        for stray in check.metadata["strays"]:
            output.print_error(f"- {stray}", bold=False)
        output.new_line()

    def _find_packages(self, graph: ImportGraph) -> list[str]:
        found: set[str] = set()
        for expression in cast("list[Any]", self.importers):
            found |= graph.find_matching_modules(expression.expression)
        return sorted(found)

    def _may_import(self, package: str, imported: str) -> bool:
        listed = [*cast("list[str]", self.allowed), package]
        return imported.partition(".")[0] in _STANDARD or any(_is_below(imported, name) for name in listed)


def _is_below(module: str, package: str) -> bool:
    return module == package or module.startswith(package + ".")
