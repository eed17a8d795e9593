"""``python -m examples.demo``: run the pipeline, report it, ask the question, check and print the answer."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from platformdirs import user_cache_path
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from examples.demo.answer import ask, link, show
from examples.demo.pipeline import STEPS, V3, Pipeline
from examples.demo.reporting import RecordFile, Registry, RegistryError, Sink
from examples.demo.surroundings import SCIKIT_LEARN, registry_url


def main(arguments: list[str] | None = None) -> int:
    """Exit code: 0 when the registry's answer is right, 1 when it is not or when there is none."""
    options = _parser().parse_args(arguments)
    console = Console(highlight=False)
    try:
        if options.dry_run:
            _run(options.workdir, RecordFile(options.dry_run), console)
            console.print(f"Nothing was sent; the records are in {options.dry_run}.", soft_wrap=True)
            return 0
        return _report_and_ask(options, console)
    except (RegistryError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped. The next run goes on where this one was.", file=sys.stderr)
        return 130


def _report_and_ask(options: argparse.Namespace, console: Console) -> int:
    registry = Registry(options.url or registry_url())
    pipeline = _run(options.workdir, registry, console)
    _show_totals(console, registry)
    answer = ask(registry, pipeline.workspace.account, V3)
    if answer.differences:
        print("The registry's answer is not what the pipeline did:", *answer.differences, sep="\n  ", file=sys.stderr)
        return 1
    show(console, registry, pipeline.workspace.account, answer)
    _show_next(console, registry)
    return 0


def _run(folder: Path, sink: Sink, console: Console) -> Pipeline:
    columns = (TextColumn("{task.description:<28}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        steps = progress.add_task("pipeline", total=STEPS)
        current = progress.add_task("", total=1)

        def tell(what: str, done: int, total: int) -> None:
            progress.update(current, description=what, completed=done, total=total)

        pipeline = Pipeline(folder, sink, tell, lambda: progress.advance(steps))
        pipeline.run()
        progress.remove_task(current)
    console.print(
        f"{STEPS} steps, {pipeline.workspace.done_before} of them done before; files in {folder}", soft_wrap=True
    )
    return pipeline


def _show_totals(console: Console, registry: Registry) -> None:
    totals = registry.totals
    console.print(
        f"Reported {totals.events} events to {registry.url}, {totals.replayed} of them known already: "
        f"created {totals.created}, changed {totals.changed}",
        soft_wrap=True,
    )
    for finding in totals.findings:
        console.print(f"  finding ({finding['severity']}): {escape(finding['message'])}")


def _show_next(console: Console, registry: Registry) -> None:
    console.print("\n[bold]The same question in the GraphQL page:[/]")
    console.print(f"  {link(registry, V3)}", markup=False, soft_wrap=True)
    console.print("\n[bold]Try next:[/]")
    for command, what in (
        (f"lineage impact {V3.urn}", "the same answer in the terminal"),
        ("lineage upstream urn:lineage:Deployment:demo:reserve-desk", "where a deployment comes from"),
        ("lineage search cultivar", "find things by name"),
        (f"lineage impact {SCIKIT_LEARN.urn}", "who is touched by a library"),
        ("lineage down", "stop the server; the data stay"),
    ):
        console.print(f"  {command:<66} [dim]{what}[/]", soft_wrap=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m examples.demo", description=__doc__.partition(": ")[2])
    parser.add_argument(
        "--url",
        help="the registry (default: LINEAGE_URL, else the one that `lineage up` started here)",
    )
    cache = os.environ.get("LINEAGE_CACHE_DIR") or user_cache_path("lineage-registry", appauthor=False)
    parser.add_argument(
        "--workdir", type=Path, default=Path(cache) / "demo", help="where the files go (default: %(default)s)"
    )
    parser.add_argument("--dry-run", type=Path, metavar="FILE", help="write the records to FILE and send nothing")
    return parser


if __name__ == "__main__":
    sys.exit(main())
