"""How Alembic runs here: on the connection that storage.schema hands over, inside its transaction."""

from alembic import context
from sqlmodel import SQLModel

import storage.tables
import storage.tables_access
import storage.tables_activity
import storage.tables_analysis
import storage.tables_batches
import storage.tables_editions
import storage.tables_examples
import storage.tables_labels
import storage.tables_limits
import storage.tables_spend  # noqa: F401

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=SQLModel.metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    transactional_ddl=True,
)
context.run_migrations()
