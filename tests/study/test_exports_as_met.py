"""Files as programs really write them: each of these was misread or refused once."""

from pathlib import Path

import numpy as np
import pytest

from perdure.errors import InputError
from perdure.study import read_curve, read_marks, read_numbers_at_risk

TIME = [0.0, 2.5, 6.0]
FIRST, SECOND = [1.0, 0.8, 0.55], [1.0, 0.7, 0.4]


def written(folder: Path, content: str | bytes) -> Path:
    path = folder / "export.txt"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


ONE_CURVE = {
    "R, write.csv": '"","time","survival"\n"1",0,1\n"2",2.5,0.8\n"3",6,0.55\n',
    "R, write.table": '"time" "survival"\n"1" 0 1\n"2" 2.5 0.8\n"3" 6 0.55\n',
    "pandas": ",time,survival\n0,0,1\n1,2.5,0.8\n2,6,0.55\n",
    "Guyot's names": "k\tT.S\tS\n1\t0\t1\n2\t2.5\t0.8\n3\t6\t0.55\n",
    "spreadsheet, % signs": "time;survival\n0;100%\n2,5;80,0 %\n6;55%\n",
    "UTF-16 without a mark": "time\tsurvival\r\n0\t1\r\n2,5\t0,8\r\n6\t0,55\r\n".encode(
        "utf-16-le"
    ),
    "UTF-16 big end first": "time,survival\n0,1\n2.5,0.8\n6,0.55\n".encode("utf-16-be"),
    "Engauge for gnuplot": "# x\tCurve1\n0\t1\n2.5\t0.8\n6\t0.55\n",
    "a lonely quotation mark": '"\n0 1\n2.5 0.8\n6 0.55\n',
}


@pytest.mark.parametrize("content", ONE_CURVE.values(), ids=ONE_CURVE)
def test_one_curve(tmp_path: Path, content: str | bytes) -> None:
    curve, _ = read_curve(written(tmp_path, content), time_unit="months")
    np.testing.assert_allclose(curve.time, TIME)
    np.testing.assert_allclose(curve.survival, FIRST)


BODY = "0,1,0,1\n2.5,0.8,2.5,0.7\n6,0.55,6,0.4\n"
TWO_CURVES = {
    "Engauge, relations": ("nivo", "doce", f"x,nivo,x,doce\n{BODY}"),
    "Engauge for gnuplot": ("nivo", "doce", "# x\tnivo\tdoce\n0\t1\t1\n2.5\t.8\t.7\n6\t.55\t.4\n"),
    "Engauge for gnuplot, blocks": (
        "nivo",
        "doce",
        "# x\tnivo\n0\t1\n2.5\t.8\n6\t.55\n\n\n# x\tdoce\n0\t1\n2.5\t.7\n6\t.4\n",
    ),
    "DigitizeIt, numbered": ("curve 1", "curve 2", f"x1,y1,x2,y2\n{BODY}"),
    "ScanIt, titles with spaces": (
        "Curve 1",
        "Curve 2",
        "Curve 1\n0 1\n2.5 .8\n6 .55\nCurve 2\n0 1\n2.5 .7\n6 .4\n",
    ),
    "WebPlotDigitizer, names that are numbers": ("1", "2", f"1,,2,\nX,Y,X,Y\n{BODY}"),
    "WebPlotDigitizer, commas in names": (
        "a, 3 mg, b",
        "c",
        f"a, 3 mg, b,,c,\nX,Y,X,Y\n{BODY}",
    ),
}


@pytest.mark.parametrize(("one", "other", "text"), TWO_CURVES.values(), ids=TWO_CURVES)
def test_each_name_has_its_own_times_and_survival(
    tmp_path: Path, one: str, other: str, text: str
) -> None:
    path = written(tmp_path, text.replace("2.5,0.7", "3,0.7"))
    for name, survival in ((one, FIRST), (other, SECOND)):
        curve, _ = read_curve(path, time_unit="months", dataset=name)
        moved = "2.5,0.7" in text and name == other
        np.testing.assert_allclose(curve.time, [0, 3, 6] if moved else TIME)
        np.testing.assert_allclose(curve.survival, survival)


def test_points_that_lack_survival_are_not_dropped_in_silence(tmp_path: Path) -> None:
    for hole in ("", "NA"):
        with pytest.raises(InputError, match="row 2, column survival: survival is empty"):
            read_curve(written(tmp_path, f"0,1\n2.5,{hole}\n6,0.5\n"), time_unit="months")


@pytest.mark.parametrize("header", ["time;survival\n", ""])
def test_a_point_among_decimal_commas_may_group_thousands(tmp_path: Path, header: str) -> None:
    path = written(tmp_path, f"{header}0;1\n365;0,8\n1.000;0,5\n")
    with pytest.raises(InputError, match=r"may be in thousands or have decimals .found '1\.000'"):
        read_curve(path, time_unit="days")
    path = written(tmp_path, f"{header}0;1\n365;0.801\n1000.125;0.555\n")
    assert read_curve(path, time_unit="days")[0].time[-1] == 1000.125


RISK = {
    "survHE, a tab at the header's end": (
        "Interval\ttime\tlower\tupper\tnrisk \t\n1\t0\t1\t9\t73\n2\t4\t10\t12\t52\n"
    ),
    "survHE, no points there": (
        "Interval\ttime\tlower\tupper\tnrisk\n1\t0\t1\t9\t73\n2\t4\tNA\tNA\t52\n"
    ),
    "survHE, by write.table": '"time" "lower" "upper" "nrisk"\n"1" 0 1 7 73\n"2" 4 8 14 52\n',
    "R, write.csv": '"","time","n.risk"\n"1",0,73\n"2",4,52\n',
    "capitals": "Time,Nivo,Doce\n0,60,73\n4,50,52\n",
    "months": "Months;Nivo;Doce\n0;60;73\n4;50;52\n",
}


@pytest.mark.parametrize("text", RISK.values(), ids=RISK)
def test_numbers_at_risk(tmp_path: Path, text: str) -> None:
    arm = "Doce" if "Doce" in text else None
    found, _ = read_numbers_at_risk(written(tmp_path, text), time_unit="months", arm=arm)
    assert found.time.tolist() == [0, 4]
    assert found.n.tolist() == [73, 52]


def test_a_table_may_have_another_unit_than_the_curve(tmp_path: Path) -> None:
    path = written(tmp_path, "Time (weeks),n\n0,61\n52,55\n")
    found, notices = read_numbers_at_risk(path, time_unit="months")
    assert found.time_unit == "weeks"
    assert found.in_unit("months").time[1] == pytest.approx(52 * 7 / 30.4375)
    assert any("times are in weeks, and so they were read" in notice for notice in notices)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("time,doce\n0,61\n4,NR\n", "leave empty what was not printed"),
        ("arm,time,n\nnivo,0,61\ndoce,0,60\n", "one column for each arm"),
    ],
)
def test_what_to_do_is_said(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(InputError, match=says):
        read_numbers_at_risk(written(tmp_path, text), time_unit="months")


@pytest.mark.parametrize(
    "text",
    [
        "5\n3.5\n",
        "x,y\n5,0.5\n3.5,0.6\n",
        "5; 0,5\n3,5; 0,6\n",
        "Time (months)\n5\n3.5\n",
        "# x\tmarks\n5\t0.4\n3.5\t0.6\n",
        '{"datasetColl": [{"name": "m", "data": [{"value": [5, 0.5]}, {"value": [3.5, 1]}]}]}',
    ],
)
def test_marks_as_a_digitiser_exports_them(tmp_path: Path, text: str) -> None:
    assert read_marks(written(tmp_path, text), time_unit="months")[0] == (3.5, 5.0)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("Time (weeks)\n5\n", "times are in weeks"),
        (f"a,,b,\nX,Y,X,Y\n{BODY}", "more than the marks of a curve"),
        (
            '{"datasetColl": [{"data": [{"value": [1, 1]}]}, {"data": [{"value": [1, 1]}]}]}',
            "holds 2: dataset 1, dataset 2",
        ),
        ("x,y\n-3,0.5\n", "row 2, column time: a censoring mark lies before time 0"),
    ],
)
def test_marks_that_are_refused(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(InputError, match=says):
        read_marks(written(tmp_path, text), time_unit="months")


def test_an_arm_without_numbers_is_no_unknown_arm(tmp_path: Path) -> None:
    path = written(tmp_path, "time,nivo,doce\n0,50,\n4,24,\n")
    with pytest.raises(InputError, match="column doce: the column holds no numbers"):
        read_numbers_at_risk(path, time_unit="months", arm="doce")


def test_a_curve_that_starts_below_1_at_time_0_is_said(tmp_path: Path) -> None:
    for start, said in (("1", False), ("0.996", False), ("0.97", True)):
        curve, notices = read_curve(
            written(tmp_path, f"time,survival\n0,{start}\n3,0.8\n"), time_unit="months"
        )
        assert curve.survival[0] == 1
        assert any("at time 0 was read as 0.97" in notice for notice in notices) == said


def test_names_of_datasets_are_one_printable_line(tmp_path: Path) -> None:
    one = '{"name": "\\ud800\\u0007 a\\n b", "data": [{"value": [0, 1]}]}'
    other = f'{{"name": "{"long " * 40}", "data": [{{"value": [0, 1]}}]}}'
    path = written(tmp_path, f'{{"datasetColl": [{one}, {other}]}}')
    with pytest.raises(InputError, match=r"2 curves: \?\? a b, long long") as caught:
        read_curve(path, time_unit="months")
    assert len(str(caught.value)) < 300
    assert str(caught.value).encode()


def test_a_long_header_is_not_all_said(tmp_path: Path) -> None:
    path = written(tmp_path, ",".join(f"column{at}" for at in range(60)) + "\n")
    with pytest.raises(InputError) as caught:
        read_curve(path, time_unit="months")
    assert "and 48 more" in str(caught.value) or "48 more" in str(caught.value)
    assert all(len(str(problem)) < 400 for problem in caught.value.problems)
