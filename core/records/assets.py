"""Versions of data, components, environments and models: immutable once made, found by name, version or label."""

import json
import time
from collections.abc import Sequence
from dataclasses import replace

from core.errors import NotFoundError, UserError, did_you_mean
from core.records.database import Database, Row
from core.records.model import AssetKind, AssetRecord

_ASSET = (
    "kind, name, version, digest, type, definition, description, tags, archived, created_at, made_by_run, made_by_step"
)
#: The label that always names the newest version that is not archived
#: (learn.microsoft.com/azure/machine-learning/how-to-manage-components-pipelines, "@latest").
LATEST = "latest"


class AssetRecords:
    """The tables of versions and of labels."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, asset: AssetRecord) -> AssetRecord:
        """Keep a version; an empty version becomes the next number. The same content under the same version is fine.

        Raises UserError when the version exists with other content: versions are immutable.
        """
        with self._database.write():
            version = asset.version or self._next_version(asset.kind, asset.name)
            existing = self._find(asset.kind, asset.name, version)
            if existing is not None:
                if _content(existing) == _content(asset):
                    return self._describe(existing, asset)
                raise self._immutable(asset)
            made = replace(asset, version=version, created_at=time.time(), labels=())
            self._insert(made)
            for label in asset.labels:
                self._label(asset.kind, asset.name, label, version)
        return replace(made, labels=asset.labels)

    def check_new(self, asset: AssetRecord) -> None:
        """Raise what `create` would, and write nothing."""
        existing = self._find(asset.kind, asset.name, asset.version) if asset.version else None
        if existing is not None and _content(existing) != _content(asset):
            raise self._immutable(asset)

    def get(self, kind: AssetKind, name: str, version: str = "", label: str = "") -> AssetRecord:
        """One version: by exact version (archived ones too), by label, or the latest.

        Raises NotFoundError with the nearest name or the versions there are.
        """
        versions = self.versions(kind, name, archived=True)
        if not versions:
            names = {row[0] for row in self._database.rows("SELECT name FROM assets WHERE kind = ?", (str(kind),))}
            hint = did_you_mean(name, names) or f"register it: mlpw {kind} create -f FILE"
            raise NotFoundError(f"no {kind} '{name}' in this workspace", hint=hint)
        for asset in versions:
            if (version and asset.version == version) or (label and label in asset.labels):
                return asset
        live = [asset for asset in versions if not asset.archived]
        if not version and label in ("", LATEST) and live:
            return live[0]
        wanted = f"@{label or LATEST}" if not version else f":{version}"
        there = ", ".join(a.version + (" (archived)" if a.archived else "") for a in versions)
        raise NotFoundError(f"no {kind} {name}{wanted}", hint=f"versions: {there}")

    def versions(self, kind: AssetKind, name: str, *, archived: bool = False) -> list[AssetRecord]:
        """Versions of a name, newest first."""
        return self._select("kind = ? AND name = ?", (str(kind), name), archived)

    def newest(self, kind: AssetKind, *, archived: bool = False) -> list[AssetRecord]:
        """The newest version of every name, by name."""
        newest: dict[str, AssetRecord] = {}
        for asset in self._select("kind = ?", (str(kind),), archived):
            newest.setdefault(asset.name, asset)
        return [newest[name] for name in sorted(newest)]

    def all(self) -> list[AssetRecord]:
        """Every version of everything, archived ones too."""
        return self._select("1", (), archived=True)

    def digests(self) -> frozenset[str]:
        """Content that versions need, archived ones too."""
        return frozenset(row[0] for row in self._database.rows("SELECT digest FROM assets WHERE digest <> ''"))

    def set_archived(self, kind: AssetKind, name: str, version: str, archived: bool) -> list[AssetRecord]:
        """Archive or restore one version, or every version when `version` is empty; gives what changed.

        Raises NotFoundError.
        """
        chosen = [self.get(kind, name, version)] if version else self.versions(kind, name, archived=True)
        if not chosen:
            self.get(kind, name)
        with self._database.write() as connection:
            for asset in chosen:
                connection.execute(
                    "UPDATE assets SET archived = ? WHERE kind = ? AND name = ? AND version = ?",
                    (int(archived), str(kind), name, asset.version),
                )
        return [replace(asset, archived=archived) for asset in chosen]

    def _immutable(self, asset: AssetRecord) -> UserError:
        free = self._next_version(asset.kind, asset.name)
        return UserError(
            f"{asset.kind} {asset.name}:{asset.version} exists with other content, and a version never changes",
            hint=f"the next one would be {free}: give --version {free}",
        )

    def _describe(self, existing: AssetRecord, given: AssetRecord) -> AssetRecord:
        """Description and tags may change, as in Azure ML; content never does."""
        if (given.description, dict(given.tags)) == (existing.description, dict(existing.tags)):
            return existing
        described = replace(
            existing, description=given.description or existing.description, tags={**existing.tags, **given.tags}
        )
        self._database.connection.execute(
            "UPDATE assets SET description = ?, tags = ? WHERE kind = ? AND name = ? AND version = ?",
            (described.description, json.dumps(dict(described.tags)), str(given.kind), given.name, given.version),
        )
        return described

    def _select(self, where: str, values: Sequence[object], archived: bool) -> list[AssetRecord]:
        shown = "" if archived else " AND archived = 0"
        labels: dict[tuple[str, str, str], list[str]] = {}
        for kind, name, label, version in self._database.rows(
            f"SELECT kind, name, label, version FROM asset_labels WHERE {where} ORDER BY label", values
        ):
            labels.setdefault((kind, name, version), []).append(label)
        rows = self._database.rows(
            f"SELECT {_ASSET} FROM assets WHERE {where}{shown} ORDER BY name, position DESC", values
        )
        return [_asset(row, tuple(labels.get((row[0], row[1], row[2]), ()))) for row in rows]

    def _find(self, kind: AssetKind, name: str, version: str) -> AssetRecord | None:
        row = self._database.row(
            f"SELECT {_ASSET} FROM assets WHERE kind = ? AND name = ? AND version = ?", (str(kind), name, version)
        )
        return _asset(row, ()) if row else None

    def _next_version(self, kind: AssetKind, name: str) -> str:
        rows = self._database.rows("SELECT version FROM assets WHERE kind = ? AND name = ?", (str(kind), name))
        return str(max((int(row[0]) for row in rows if row[0].isdecimal()), default=0) + 1)

    def _insert(self, asset: AssetRecord) -> None:
        position = self._database.row(
            "SELECT coalesce(max(position), 0) + 1 FROM assets WHERE kind = ? AND name = ?",
            (str(asset.kind), asset.name),
        )
        assert position is not None
        self._database.connection.execute(
            f"INSERT INTO assets ({_ASSET}, position) VALUES ({','.join('?' * 13)})",
            (
                str(asset.kind),
                asset.name,
                asset.version,
                asset.digest,
                asset.type,
                json.dumps(asset.definition, sort_keys=True),
                asset.description,
                json.dumps(dict(asset.tags)),
                int(asset.archived),
                asset.created_at,
                asset.made_by_run,
                asset.made_by_step,
                position[0],
            ),
        )

    def _label(self, kind: AssetKind, name: str, label: str, version: str) -> None:
        self._database.connection.execute(
            "INSERT OR REPLACE INTO asset_labels (kind, name, label, version) VALUES (?,?,?,?)",
            (str(kind), name, label, version),
        )


def _content(asset: AssetRecord) -> tuple[object, ...]:
    """What may not change: type, address, and bytes, of which comments and descriptions in a bundle's YAML are none."""
    return asset.definition.get("content") or asset.digest, asset.type, asset.definition.get("uri", "")


def _asset(row: Row, labels: tuple[str, ...]) -> AssetRecord:
    kind, name, version, digest, type_, definition, description, tags, archived, created, run, step = row
    return AssetRecord(
        kind=AssetKind(kind),
        name=name,
        version=version,
        digest=digest,
        type=type_,
        definition=json.loads(definition),
        created_at=created,
        description=description,
        tags=json.loads(tags),
        labels=labels,
        archived=bool(archived),
        made_by_run=run,
        made_by_step=step,
    )
