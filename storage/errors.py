"""What can go wrong with the record; each message is a sentence for a person."""

from __future__ import annotations


class StorageError(Exception):
    """The database cannot be used right now."""


class JobNotFound(StorageError):
    """There is no job with this id."""


class IllegalMove(StorageError):
    """The job is in a state that does not allow this."""


class EditionNotFound(StorageError):
    """There is no edition with this id."""


class EditionChanged(StorageError):
    """Somebody else changed, published or discarded the draft since it was read; nothing was overwritten."""


class NewerDatabase(StorageError):
    """The database was written by a newer Anaquel; upgrade the program or restore a backup."""


class UnusableAddress(StorageError):
    """The address names no database that can be used; it is not in the message: it may hold a password."""


class Unavailable(StorageError):
    """The database is away, locked or its disk is full; what is in memory is kept and tried again."""
