"""What other programs write: the same curve comes out of every one of their formats."""

import io
import json
import tarfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perdure.errors import InputError
from perdure.study import read_curve, read_marks, read_numbers_at_risk
from perdure.study.exports import grid_curves

TIME = (0.0, 2.5, 6.0, 12.25)
FIRST = (1.0, 0.8, 0.55, 0.31)
SECOND = (1.0, 0.7, 0.4, 0.2)

ONE_CURVE = {
    "WebPlotDigitizer, one dataset": "0, 1\n2.5, 0.8\n6, 0.55\n12.25, 0.31\n",
    "WebPlotDigitizer, decimal commas": "0;1\n2,5;0,8\n6;0,55\n12,25;0,31\n",
    "DigitizeIt, tabs": "# Curve\n0\t1\n2.5\t0.8\n6\t0.55\n12.25\t0.31\n",
    "DigitizeIt, spaces and decimal commas": "0,0 1,0\n2,5 0,8\n6,0 0,55\n12,25 0,31\n",
    "ScanIt": "Time\tSurvival\n0\t1\n2.5\t0.8\n6\t0.55\n12.25\t0.31\n",
    "Engauge": "x,Curve1\n0,1\n2.5,0.8\n6,0.55\n12.25,0.31\n",
    "survHE": "ID\ttime\tsurvival\n1\t0\t1\n2\t2.5\t0.8\n3\t6\t0.55\n4\t12.25\t0.31\n",
    "survHE, spaces": "k time survival\n1 0 1\n2 2.5 0.8\n3 6 0.55\n4 12.25 0.31\n",
    "R's row names": "time survival\n1 0 1\n2 2.5 0.8\n3 6 0.55\n4 12.25 0.31\n",
    "IPDfromKM, per cent": "Time,Survival probability (%)\n0,100\n2.5,80\n6,55\n12.25,31\n",
    "other words": "Time (months);OS\n0;1\n2.5;0.8\n6;0.55\n12.25;0.31\n",
    "BOM and Windows lines": "\ufeffx,y\r\n0,1\r\n2.5,0.8\r\n6,0.55\r\n12.25,0.31\r\n",
}

TWO_CURVES = {
    "WebPlotDigitizer, all datasets": (
        "nivo,,doce,\nX,Y,X,Y\n0,1,0,1\n2.5,0.8,2.5,0.7\n6,0.55,6,0.4\n12.25,0.31,12.25,0.2\n"
    ),
    "WebPlotDigitizer, one shorter": (
        "nivo,,doce,\nX,Y,X,Y\n0,1,0,1\n2.5,0.8,2.5,0.7\n6,0.55,6,0.4\n12.25,0.31,12.25,0.2\n"
        "13,0.31,,\n"
    ),
    "Engauge, all curves on each line": (
        "x,nivo,doce\n0,1,1\n2.5,0.8,0.7\n6,0.55,0.4\n12.25,0.31,0.2\n"
    ),
    "Engauge, all curves, holes": (
        "x,nivo,doce\n0,1,1\n2.5,0.8,\n2.5,,0.7\n6,0.55,0.4\n12.25,0.31,0.2\n"
    ),
    "Engauge, one curve on each line": (
        "x,nivo\n0,1\n2.5,0.8\n6,0.55\n12.25,0.31\n\nx,doce\n0,1\n2.5,0.7\n6,0.4\n12.25,0.2\n"
    ),
    "DigitizeIt, titles over blocks": (
        "nivo\n0 1\n2.5 0.8\n6 0.55\n12.25 0.31\n\ndoce\n0 1\n2.5 0.7\n6 0.4\n12.25 0.2\n"
    ),
}


def written(path: Path, text: str) -> Path:
    path.write_bytes(text.encode())
    return path


@pytest.mark.parametrize("text", ONE_CURVE.values(), ids=ONE_CURVE)
def test_one_curve(tmp_path: Path, text: str) -> None:
    curve, _ = read_curve(written(tmp_path / "curve.txt", text), time_unit="months")
    np.testing.assert_allclose(curve.time, TIME)
    np.testing.assert_allclose(curve.survival, FIRST)


@pytest.mark.parametrize("text", TWO_CURVES.values(), ids=TWO_CURVES)
def test_several_curves_are_asked_for_by_name(tmp_path: Path, text: str) -> None:
    path = written(tmp_path / "curves.csv", text)
    with pytest.raises(InputError, match="holds 2 curves: nivo, doce"):
        read_curve(path, time_unit="months")
    with pytest.raises(InputError, match="Did you mean doce"):
        read_curve(path, time_unit="months", dataset="dose")
    for name, survival in (("nivo", FIRST), ("doce", SECOND)):
        curve, notices = read_curve(path, time_unit="months", dataset=name)
        np.testing.assert_allclose(curve.time[:4], TIME)
        np.testing.assert_allclose(curve.survival[:4], survival)
        assert any(f"curve {name} of 2" in notice for notice in notices)


def project(version: int) -> dict[str, object]:
    """Return a WebPlotDigitizer project as versions 2 and 4 lay it out."""
    sets = [
        {
            "name": name,
            "axesName": "XY",
            "data": [
                {"x": 10 * x, "y": 100 * y, "value": [x, y]}
                for x, y in zip(TIME, survival, strict=True)
            ],
        }
        for name, survival in (("nivo", FIRST), ("doce", SECOND))
    ]
    if version == 2:
        return {"wpd": {"version": [2, 0], "axesType": "XYAxes", "dataSeries": sets}}
    return {"version": [4, 2], "axesColl": [{"name": "XY"}], "datasetColl": sets}


@pytest.mark.parametrize("version", [2, 4])
@pytest.mark.parametrize("kind", ["json", "tar", "tar.gz"])
def test_projects_of_webplotdigitizer(tmp_path: Path, version: int, kind: str) -> None:
    content = json.dumps(project(version)).encode()
    path = tmp_path / f"wpd_project.{kind}"
    if kind == "json":
        path.write_bytes(content)
    else:
        with tarfile.open(path, "w:gz" if kind == "tar.gz" else "w") as archive:
            for name, held in (("info.json", b"{}"), ("wpd.json", content), ("image.png", b"png")):
                member = tarfile.TarInfo(f"wpd_project/{name}")
                member.size = len(held)
                archive.addfile(member, io.BytesIO(held))
    curve, notices = read_curve(path, time_unit="months", dataset="doce")
    np.testing.assert_allclose(curve.time, TIME)
    np.testing.assert_allclose(curve.survival, SECOND)
    assert "WebPlotDigitizer project" in notices[0]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b'{"version": [4, 2], "datasetColl": [', "not whole"),
        (b'{"hello": 1}', "no WebPlotDigitizer project"),
        (b'{"datasetColl": [{"name": "a", "data": [{"x": 1, "y": 2}]}]}', "has no values"),
        (b'{"datasetColl": [{"name": "a", "data": []}]}', "holds no points"),
        (b'{"datasetColl": [3]}', "dataset 1 cannot be read"),
        (b'{"datasetColl": [{"data": [{"value": [null, 1]}, {"value": [1, 1]}]}]}', "not a number"),
        (b"\x00" * 257 + b"ustar" + b"\x00" * 500, "archive"),
        (b"\x1f\x8b" + b"\x00" * 50, "archive"),
        (b"0,1,1,1\n1,0.9,1,0.8\n", "no header"),
        (b"0 1 nan\n", "column"),
    ],
)
def test_a_broken_export_is_refused_with_its_name(
    tmp_path: Path, content: bytes, says: str
) -> None:
    path = tmp_path / "export.dat"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        read_curve(path, time_unit="months")
    assert "export.dat" in str(caught.value)
    assert says in str(caught.value)


def test_clicks_out_of_order_are_sorted_and_that_is_said(tmp_path: Path) -> None:
    path = written(tmp_path / "clicks.csv", "0, 1\n6, 0.55\n2.5, 0.8\n12.25, 0.31\n")
    curve, notices = read_curve(path, time_unit="months")
    np.testing.assert_allclose(curve.survival, FIRST)
    assert any("2 points were not in the order of time" in notice for notice in notices)


def test_an_error_names_the_line_of_the_file(tmp_path: Path) -> None:
    path = written(tmp_path / "curve.csv", "x,nivo\n0,1\n2,0.8\n4,0.95\n6,0.5\n")
    with pytest.raises(InputError) as caught:
        read_curve(path, time_unit="months")
    assert {problem.row for problem in caught.value.problems} & {3, 4}


def test_a_header_in_another_unit_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "curve.csv", "Time (weeks),OS\n0,1\n2,0.8\n4,0.7\n")
    with pytest.raises(InputError, match="times are in weeks, and the time unit is months"):
        read_curve(path, time_unit="months")
    assert read_curve(path, time_unit="weeks")[0].time_unit == "weeks"


def test_cumulative_incidence_when_told(tmp_path: Path) -> None:
    for text in ("0,0\n2.5,0.2\n6,0.45\n12.25,0.69\n", "0,0\n2.5,20\n6,45\n12.25,69\n"):
        path = written(tmp_path / "curve.csv", text)
        with pytest.raises(InputError, match="--cumulative-incidence"):
            read_curve(path, time_unit="months")
        curve, notices = read_curve(path, time_unit="months", cumulative_incidence=True)
        np.testing.assert_allclose(curve.survival, FIRST)
        assert any("no other event competes" in notice for notice in notices)
    path = written(tmp_path / "curve.csv", ONE_CURVE["Engauge"])
    with pytest.raises(InputError, match="it shows survival"):
        read_curve(path, time_unit="months", cumulative_incidence=True)


@pytest.mark.parametrize(
    "text",
    [
        "Interval\tTime\tLower\tUpper\tnrisk\n1\t0\t1\t12\t120\n2\t6\t13\t30\t80\n3\t12\t31\t40\t9\n",
        "k time lower upper nrisk\n1 0 1 12 120\n2 6 13 30 80\n3 12 31 40 9\n",
        "1 0 1 12 120\n2 6 13 30 80\n3 12 31 40 9\n",
        "trisk,nrisk\n0,120\n6,80\n12,9\n",
        "0 120\n6 80\n12 9\n",
        "time,n_at_risk\n0,120\n6,80\n12,9\n",
    ],
    ids=["survHE", "survHE, spaces", "survHE, bare", "IPDfromKM", "bare", "perdure"],
)
def test_numbers_at_risk(tmp_path: Path, text: str) -> None:
    found, _ = read_numbers_at_risk(written(tmp_path / "risk.txt", text), time_unit="months")
    assert found.time.tolist() == [0, 6, 12]
    assert found.n.tolist() == [120, 80, 9]


def test_marks(tmp_path: Path) -> None:
    marks, _ = read_marks(written(tmp_path / "marks.csv", "time\n5\n3.5\n3.5\n"))
    assert marks == (3.5, 3.5, 5.0)
    with pytest.raises(InputError, match="before time 0"):
        read_marks(written(tmp_path / "marks.csv", "time\n-5\n"))
    with pytest.raises(InputError, match="the column time is missing"):
        read_marks(written(tmp_path / "marks.csv", "when\n5\n"))


CELLS = st.one_of(
    st.floats(-5, 200).map("{:.3g}".format), st.sampled_from(["", "x", "time", "nan", '"', "1,5"])
)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.lists(CELLS, max_size=5), max_size=8),
    st.sampled_from([",", ";", "\t", " ", ", "]),
    st.sampled_from(["", "#", "\n", "x,y\n", "{", "\ufeff"]),
)
def test_whatever_the_text_no_error_is_bare(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]], separator: str, head: str
) -> None:
    text = head + "\n".join(separator.join(row) for row in rows)
    path = tmp_path_factory.mktemp("fuzz") / "points.txt"
    path.write_bytes(text.encode())
    for read in (read_curve, read_numbers_at_risk):
        said = "points.txt"
        try:
            read(path, time_unit="months")
        except InputError as error:
            said = str(error)
        assert "points.txt" in said


def test_columns_that_are_none_of_these_are_left_to_the_reader_of_tables() -> None:
    assert grid_curves("time,survial\n0,1\n", "a.csv") is None
    assert grid_curves("dose,response\n0,1\n", "a.csv") is None
    assert grid_curves("", "a.csv") is None
