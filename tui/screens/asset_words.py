"""Assets as rows of a table and as lines to read: pure."""

from collections.abc import Sequence

from tui.reading.asset_views import AssetView, Facts, VersionView
from tui.views import Kind
from tui.widgets.document import Line
from tui.widgets.status import Status
from tui.widgets.table import Column, Row
from tui.wording import units

_SHOWN_DIGEST = 12

_NAME = Column("name", 30)
_VERSIONS = Column("version", 12)
_LABELS = Column("labels", 16, drop=4)
_MADE = Column("made", 13, drop=2)
_SIZE = Column("size", 9, right=True, drop=1)
_FILE = Column("file", 60)
COLUMNS: dict[Kind, tuple[Column, ...]] = {
    Kind.DATA: (_NAME, _VERSIONS, _SIZE, Column("type", 12, drop=3), _MADE, _LABELS, _FILE),
    Kind.MODEL: (_NAME, _VERSIONS, _SIZE, Column("made by", 20, drop=1), Column("type", 16, drop=4), _MADE, _FILE),
    Kind.ENVIRONMENT: (_NAME, _VERSIONS, _MADE, _LABELS, _FILE),
    Kind.COMPONENT: (_NAME, _VERSIONS, Column("title", 32, drop=3), Column("type", 10, drop=2), _MADE, _FILE),
}  # fmt: skip

#: What an empty table of a kind says.
WHY_EMPTY = {
    Kind.DATA: "no data asset yet: mlpw data create -f FILE keeps a version",
    Kind.MODEL: "no model yet: a step's output with a name registers one, or mlpw model create -f FILE",
    Kind.ENVIRONMENT: "no environment yet: components may still name images and packages themselves",
    Kind.COMPONENT: "no component yet: a YAML with a command and typed inputs is one",
}

TITLES = {
    Kind.DATA: "Data",
    Kind.MODEL: "Models",
    Kind.ENVIRONMENT: "Environments",
    Kind.COMPONENT: "Components",
}


def asset_row(asset: AssetView, now: float) -> Row:
    """An asset as a row of its kind's table."""
    cells = {
        "name": (asset.name or str(asset.path), "paint--title"),
        "version": (_version(asset), "status--stale" if asset.is_archived else "paint--text"),
        "type": (_type(asset), "paint--muted"),
        "title": (asset.title or asset.description, "paint--text"),
        "labels": (", ".join(asset.newest.labels) if asset.newest else "", "status--reused"),
        "made": (units.ago(_made(asset), now), "paint--muted"),
        "made by": (_maker(asset.newest), "paint--text"),
        "size": (_size(asset.newest), "paint--text"),
        "file": _file(asset),
    }
    orders: dict[str, float | str] = {
        "made": -_made(asset),
        "size": asset.newest.size if asset.newest else -1,
        "made by": asset.newest.made_by_run if asset.newest else 0,
    }
    columns = [column.title for column in COLUMNS[asset.kind]]
    return Row(asset.key, tuple(cells[title] for title in columns), tuple(orders.get(title) for title in columns))


def _version(asset: AssetView) -> str:
    if asset.is_archived:
        return "archived"
    newest = asset.newest
    if newest is None:
        return asset.version
    return newest.name + (f" of {len(asset.versions)}" if len(asset.versions) > 1 else "")


def _type(asset: AssetView) -> str:
    defaults = {Kind.DATA: "uri_folder", Kind.MODEL: "custom_model", Kind.COMPONENT: "command"}
    return asset.type or (asset.newest.type if asset.newest else "") or defaults.get(asset.kind, "")


def _made(asset: AssetView) -> float:
    return asset.newest.created_at if asset.newest else 0.0


def _maker(version: VersionView | None) -> str:
    return f"run {version.made_by_run}, {version.made_by_step}" if version and version.made_by_run else ""


def _size(version: VersionView | None) -> str:
    return units.size(version.size) if version and version.size >= 0 else ""


def _file(asset: AssetView) -> tuple[str, str]:
    if asset.trouble is not None:
        return f"{asset.path}: {asset.trouble.message}", "status--failed"
    if asset.path is None:
        return "registered only", "paint--muted"
    return str(asset.path), "paint--muted"


def asset_lines(
    asset: AssetView, found: Facts | None, users: Sequence[str] | None, *, versions: bool = True
) -> list[Line]:
    """An asset in short: what it is, its facts, versions, where it is used; None for what is not known yet."""
    lines = [Line(asset.description, wrap=True), Line()] if asset.description else []
    lines += [Line(asset.title, label="title")] if asset.title else []
    lines += [Line(_type(asset), label="type")] if _type(asset) else []
    lines += [Line(str(asset.path), label="file")] if asset.path else []
    trouble = asset.trouble or (found.trouble if found else None)
    if trouble is not None:
        where = f"{trouble.place.file}:{trouble.place.line}" if trouble.place and trouble.place.line else ""
        lines += [Line(), Line(trouble.message, status=Status.FAILED)]
        lines += [Line(where, label="at")] if where else []
        lines += [Line(trouble.hint, label="hint")] if trouble.hint else []
    for title, rows in found.tables if found else ():
        lines += [Line(), Line(title, style="paint--muted")] if title and rows else []
        lines += [Line(text, label=f" {name}" if title and name else name or " ") for name, text in rows]
    if found is not None and found.command:
        lines += [Line(), Line("command", style="paint--muted"), Line(found.command)]
    lines += _listing(found)
    lines += version_lines(asset.versions) if versions else []
    lines += [Line(), Line("used by", style="paint--muted")]
    if users is None:
        lines.append(Line("reading the pipelines ...", style="paint--muted"))
    else:
        lines += [Line(f"- {user}") for user in users] or [Line("no pipeline of this workspace")]
    return lines


def _listing(found: Facts | None) -> list[Line]:
    if found is None or not found.listing:
        return []
    shown = found.listing[:12]
    lines = [Line(), Line("files", style="paint--muted")]
    lines += [Line(f"{units.size(size):>8}  {name}", wrap=False) for name, size in shown]
    more = len(found.listing) - len(shown)
    return [*lines, Line(f"and {more:,} more", style="paint--muted")] if more else lines


def version_lines(versions: Sequence[VersionView]) -> list[Line]:
    """Registered versions, newest first, archived ones told as such."""
    if not versions:
        return []
    lines = [Line(), Line("registered versions", style="paint--muted")]
    return [*lines, *(Line(_told(version), label=f" {version.name}") for version in versions)]


def _told(version: VersionView) -> str:
    parts = (
        "archived" if version.archived else "",
        ", ".join(version.labels),
        _maker(version),
        _size(version),
        units.moment(version.created_at),
        version.digest[:_SHOWN_DIGEST],
    )
    return " · ".join(part for part in parts if part)


VERSION_COLUMNS = (
    Column("version", 14),
    Column("state", 10, drop=1),
    Column("labels", 16, drop=4),
    Column("size", 9, right=True, drop=2),
    Column("made", 20, drop=5),
    Column("by", 22, drop=3),
    Column("digest", 66),
)


def version_row(version: VersionView) -> Row:
    """A version as a row."""
    return Row(
        version.name,
        (
            (version.name, "paint--title"),
            ("archived" if version.archived else "", "status--stale"),
            (", ".join(version.labels), "status--reused"),
            (_size(version), "paint--text"),
            (units.moment(version.created_at), "paint--muted"),
            (_maker(version), "paint--text"),
            (version.digest, "paint--muted"),
        ),
        (None, None, None, version.size, version.created_at, version.made_by_run, None),
    )
