"""The entry point `anaquel`."""

from __future__ import annotations

import typer

from cli import classify, edition, files, jobs, migrate, people, report, serve, taxonomy, token, worker

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
                  help="Put every product on its shelf: classify product texts into a taxonomy.")  # fmt: skip
app.command()(classify.classify)
app.command("jobs")(jobs.list_jobs)
app.command()(jobs.status)
app.command()(jobs.cancel)
app.command()(jobs.pause)
app.command()(jobs.resume)
app.command()(jobs.retry)
app.command()(jobs.export)
app.command()(report.report)
app.command()(report.compare)
app.command()(report.estimate)
app.add_typer(taxonomy.app, name="taxonomy")
app.add_typer(edition.app, name="edition")
app.add_typer(files.bundle, name="bundle")
app.add_typer(files.corrections, name="corrections")
app.add_typer(token.app, name="token")
app.add_typer(people.app, name="people")
app.command()(serve.serve)
app.command()(worker.worker)
app.command()(migrate.migrate)

if __name__ == "__main__":
    app()
