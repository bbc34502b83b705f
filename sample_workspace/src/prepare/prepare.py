"""Turn the raw flights and the hourly weather into one clean table that a model can learn from.

One row is one flight that left New York and arrived. Everything but `arr_delay` is known when the aircraft leaves the
gate: anything that is known only later, such as the time in the air, would make a model look good and be of no use.
"""

import argparse
from math import cos as cosine
from math import pi
from math import sin as sine
from pathlib import Path

import pandas as pd

# A hurricane blows at about 75 mph; the records hold one wind of 1,048 mph, a typing error.
STRONGEST_WIND_MPH = 100
WEATHER = ["temp", "wind_speed", "precip", "pressure", "visib", "wind_north", "wind_east"]


def main() -> None:
    """Read both inputs, write `prepared.csv`, say what was left out."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--flights", type=Path, required=True)
    parser.add_argument("--weather", type=Path, required=True)
    parser.add_argument("--late-cap", type=int, required=True)
    parser.add_argument("--prepared", type=Path, required=True)
    args = parser.parse_args()

    # Sorted, because the order in which a folder lists its files differs from disk to disk.
    files = sorted(args.flights.glob("*.csv"))
    flights = pd.concat([pd.read_csv(file) for file in files], ignore_index=True)
    print(f"read {len(flights):,} flights from {len(files)} files")

    arrived = flights.dropna(subset=["dep_delay", "arr_delay"])
    print(f"left out {len(flights) - len(arrived):,} flights that were cancelled or landed elsewhere")
    kept = arrived[arrived["dep_delay"] <= args.late_cap]
    print(f"left out {len(arrived) - len(kept):,} flights that left more than {args.late_cap} minutes late")

    table = with_schedule(kept).merge(hourly_weather(args.weather), on=["origin", "time_hour"], how="left")
    print(f"{table['temp'].isna().sum():,} flights have no weather record; the models cope with the gaps")

    columns = ["day_of_year", "weekday", "hour", "carrier", "origin", "dest", "distance", "dep_delay", "slack"]
    table = table[[*columns, *WEATHER, "arr_delay"]].round(3)
    table.to_csv(args.prepared, index=False, lineterminator="\n")
    print(f"wrote {len(table):,} rows of {len(table.columns)} columns")


def with_schedule(flights: pd.DataFrame) -> pd.DataFrame:
    """Add the day, the hour, and how many minutes more the timetable allows than it usually does on the route."""
    date = pd.to_datetime({"year": 2013, "month": flights["month"], "day": flights["day"]})
    leave, arrive = (minutes_of_day(flights[name]) for name in ("sched_dep_time", "sched_arr_time"))
    # Both are local times. The time zones between them are the same for every flight of a route, so they cancel out.
    scheduled = (arrive - leave) % (24 * 60)
    usual = scheduled.groupby([flights["origin"], flights["dest"]]).transform("median")
    return flights.assign(
        day_of_year=date.dt.dayofyear, weekday=date.dt.dayofweek, hour=leave // 60, slack=scheduled - usual
    )


def minutes_of_day(clock: pd.Series) -> pd.Series:
    """Read 1315 (quarter past one) as 795 minutes after midnight."""
    return clock // 100 * 60 + clock % 100


def hourly_weather(path: Path) -> pd.DataFrame:
    """Read the weather; the wind's direction becomes two numbers, since 359 and 1 degree are neighbours."""
    weather = pd.read_csv(path)
    wind = weather["wind_speed"].where(weather["wind_speed"] <= STRONGEST_WIND_MPH)
    radians = weather["wind_dir"] * pi / 180
    weather = weather.assign(wind_speed=wind, wind_north=wind * radians.map(cosine), wind_east=wind * radians.map(sine))
    return weather[["origin", "time_hour", *WEATHER]]


if __name__ == "__main__":
    main()
