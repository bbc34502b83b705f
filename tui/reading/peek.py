"""A look into a Parquet file or a picture, in a process of its own: a decoder that dies takes nothing with it.

Run as `python -I peek.py parquet FILE ROWS COLUMNS` or `... image FILE COLUMNS ROWS`; prints one JSON value.
Exit code 3 means that the library is not installed.
"""

import json
import sys
from typing import Any

_MISSING = 3
_MOST_CELL = 200
#: A picture with more pixels is not decoded: some hundred megabytes.
_MOST_PIXELS = 60_000_000


def parquet(path: str, rows: int, columns: int) -> dict[str, Any]:
    """The first rows and columns as text."""
    try:
        import pyarrow.parquet as pq
    except ImportError:
        sys.exit(_MISSING)
    file = pq.ParquetFile(path)
    names = list(file.schema_arrow.names)
    chosen = names[:columns]
    cells: list[list[str]] = []
    for batch in file.iter_batches(batch_size=rows, columns=chosen):
        found = [column.slice(0, rows - len(cells)).to_pylist() for column in batch.columns]
        cells += [[_text(value) for value in row] for row in zip(*found, strict=True)]
        if len(cells) >= rows:
            break
    types = {field.name: str(field.type) for field in file.schema_arrow}
    return {
        "names": chosen,
        "types": [types[name] for name in chosen],
        "rows": cells,
        "row_count": file.metadata.num_rows,
        "column_count": len(names),
    }


def image(path: str, columns: int, rows: int) -> dict[str, Any]:
    """The picture made small enough for so many cells, two pixels in each, one above the other."""
    try:
        from PIL import Image
    except ImportError:
        sys.exit(_MISSING)
    with Image.open(path) as opened:
        width, height = opened.size
        about = {"width": width, "height": height, "format": opened.format or "", "mode": opened.mode}
        if width * height > _MOST_PIXELS:
            return {**about, "pixels": []}
        scale = min(columns / width, rows * 2 / height, 1.0)
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        opened.draft("RGB", size)
        small = opened.convert("RGBA").resize(size)
    ground = Image.new("RGBA", size, (0, 0, 0, 255))
    ground.alpha_composite(small)
    data = ground.convert("RGB").tobytes()
    step = size[0] * 3
    return {**about, "pixels": [data[row * step : (row + 1) * step].hex() for row in range(size[1])]}


def _text(value: object) -> str:
    text = "" if value is None else str(value)
    return text if len(text) <= _MOST_CELL else f"{text[:_MOST_CELL]}..."


if __name__ == "__main__":
    kind, file_name, first, second = sys.argv[1:]
    look = {"parquet": parquet, "image": image}[kind]
    json.dump(look(file_name, int(first), int(second)), sys.stdout)
