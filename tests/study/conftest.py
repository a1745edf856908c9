"""A small valid study of two trials and five arms, to be broken in one way at a time."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from perdure.errors import InputError, Problem
from perdure.study import Study

FILES = {
    "study.toml": """\
title = "Two trials"
time_unit = "months"
reference = ["own", "control"]

[endpoints.PFS]
k = 3

[endpoints.OS]
k = 2

[pool]
by = ["drug_class"]
""",
    "trials.csv": "trial,label,year,line\nEX1,Example 1,2018,first\nEX2,Example 2,2019,second\n",
    "arms.csv": """\
trial,arm,label,drug_class,comparator,n,events_PFS,median_PFS
EX1,nivo,Nivolumab,anti-PD-1,chemo,210,139,5.1
EX1,chemo,Dacarbazine,chemotherapy,,208,180,2.2
EX2,atezo,Atezolizumab,anti-PD-L1,doce,4,2,6
EX2,doce,Docetaxel,chemotherapy,,3,3,4
EX2,ipi,Ipilimumab,anti-CTLA-4,doce,,,
""",
    "curves/EX1.PFS.nivo.csv": "time,survival\n0,1\n2,0.8\n4,0.62\n8,0.4\n12.5,0.3\n",
    "curves/EX1.PFS.chemo.csv": "time,survival\n0,1\n2,0.55\n4,0.3\n8,0.1\n12.5,0.05\n",
    "risk/EX1.PFS.csv": "time,nivo,chemo\n0,210,208\n6,98,41\n12,40,9\n",
    "patients/EX2.PFS.csv": """\
arm,time,event
atezo,3.25,1
atezo,6,1
atezo,9,0
atezo,14.5,0
doce,1.5,1
doce,4,1
doce,7.75,1
""",
    "published_estimates.csv": """\
trial,arm,endpoint,k,reference,proportion,ci_low,ci_high
EX2,ipi,PFS,3,own,0.11,0.07,0.16
""",
}


def fingerprint(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): (
            hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "folder"
        )
        for path in folder.rglob("*")
    }


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """The folder of the valid study."""
    folder = tmp_path / "my study"
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    return folder


@pytest.fixture
def problems_of() -> Callable[[Path], tuple[Problem, ...]]:
    """Open a study that must be refused; return its problems, each one plain sentence or two."""

    def opened(folder: Path) -> tuple[Problem, ...]:
        before = fingerprint(folder)
        with pytest.raises(InputError) as caught:
            Study.open(folder)
        assert fingerprint(folder) == before
        problems = caught.value.problems
        assert problems
        for problem in problems:
            said = str(problem)
            assert "\n" not in said
            assert len(said) < 400
            assert said.endswith((".", "?."))  # a remedy always ends it
            assert problem.message
            assert problem.remedy
            for jargon in ("pydantic", "Traceback", "Errno", "None", "object", "codec", "  "):
                assert jargon not in said
        return problems

    return opened
