"""The log's use cases; everything that others need from the log stands here."""

from bot.audit.checkpoint import (
    BadCheckpoint,
    BadVerifierKey,
    Checkpoint,
    NoteSigner,
    NoteVerifier,
    NotSigned,
    WrongLog,
)
from bot.audit.entry import Actor, Details, content_digest
from bot.audit.service.errors import (
    CheckpointFileFailed,
    CheckpointFileWrong,
    EntryDamaged,
    LogBehind,
    LogRewritten,
    NothingLogged,
    NotResumable,
)
from bot.audit.service.file import CheckpointFile
from bot.audit.service.log import BELL, EVERY, Agreement, AuditLog
from bot.audit.service.logged import Logged
from bot.audit.verify import BadReceipt, CheckedReceipt, ReceiptRefuted, Report, check_receipt

__all__ = [
    "BELL",
    "EVERY",
    "Actor",
    "Agreement",
    "AuditLog",
    "BadCheckpoint",
    "BadReceipt",
    "BadVerifierKey",
    "CheckedReceipt",
    "Checkpoint",
    "CheckpointFile",
    "CheckpointFileFailed",
    "CheckpointFileWrong",
    "Details",
    "EntryDamaged",
    "LogBehind",
    "LogRewritten",
    "Logged",
    "NotResumable",
    "NotSigned",
    "NoteSigner",
    "NoteVerifier",
    "NothingLogged",
    "ReceiptRefuted",
    "Report",
    "WrongLog",
    "check_receipt",
    "content_digest",
]
