"""An empty study that explains itself."""

from pathlib import Path

from perdure.errors import InputError, Problem
from perdure.study.naming import DATA_FOLDERS
from perdure.study.writing import write_text

__all__ = ["new"]

STUDY = """\
# The study: its question, and how it is answered. Lines that start with # are remarks.

title = "Title of the study"
question = "Which question does it answer?"

# Unit of every time in every file: days, weeks, months or years.
# A trial in another unit is given its own in analyses.csv.
time_unit = "months"

# Whose median the threshold is a multiple of. One or several; the first is the primary one.
#   own      the arm's own median: how heavy is this arm's tail?  (Pons-Tostivint et al. 2019)
#   control  the median of the trial's control arm: one threshold for both arms
#   trial    the median of all the trial's arms together
#   fixed    a stated time: give fixed_time under each endpoint
reference = ["own"]

# Every random draw starts here.
seed = 20190519

# One table an endpoint: k is the multiple of the median.
[endpoints.PFS]
k = 3

[endpoints.OS]
k = 2

[estimate]
thin = 10                    # fewer patients at risk at the threshold than this: "thin"

[pool]
by = ["drug_class"]          # columns of arms.csv or trials.csv that group arms
model = "random"             # or "common"
method = "REML"              # between-arm variance; or "DL"
test = "knha"                # Hartung-Knapp; or "z"
"""

TRIALS = "trial,label,year,doi,registry_id,tumour,line,phase\n"

ARMS = "trial,arm,label,drug,drug_class,comparator,n,events_PFS,median_PFS,events_OS,median_OS\n"

README = """\
A perdure study: one folder of plain files
==========================================

Fill in 1 to 3, then:

    perdure check {folder}       every problem at once: file, row, column, what to do
    perdure run {folder}         results/ and report/index.html

CSV files may come from Excel: commas, semicolons or tabs, decimal points or commas. Columns with
other names than these are kept and can group arms ([pool] by in study.toml).


1. study.toml        the question, the endpoints with their multiple k of the median, the reference


2. trials.csv        one row a trial

    trial,label,year,doi,registry_id,tumour,line,phase
    EX1,Example 1,2018,10.1000/example,NCT00000000,melanoma,first,III

    trial   a short name for files: letters, digits, - and _     (needed)
    label   what people read; the others may stay empty

   arms.csv          one row an arm

    trial,arm,label,drug,drug_class,comparator,n,events_PFS,median_PFS,events_OS,median_OS
    EX1,nivo,Nivolumab,nivolumab,anti-PD-1,chemo,210,139,5.1,109,37.5
    EX1,chemo,Dacarbazine,dacarbazine,chemotherapy,,208,,2.2,160,11.2

    trial, arm   names for files                                 (needed)
    drug_class   arms are pooled by it
    comparator   the arm's control; empty for a control
    n            patients randomised; n_PFS, n_OS where it differs by endpoint
    events_*, median_*, hr_*   as published, where they were


3. The survival of each arm, in one of three ways

   a) curves/ and risk/: a published Kaplan-Meier curve, digitised, and the numbers under it

      curves/EX1.PFS.nivo.csv      time,survival        one row a point; 0 to 1, or per cent
                                   0,1
                                   1.4,0.93
                                   2.1,0.62

      risk/EX1.PFS.csv             time,nivo,chemo      one column an arm
                                   0,210,208
                                   6,98,41

      Without numbers at risk, n of arms.csv is used, and no censoring before the end is assumed.

   b) patients/: real or rebuilt patient data

      patients/EX1.OS.csv          arm,time,event       one row a patient; event 1, censored 0
                                   nivo,3.2,1
                                   chemo,14.8,0

   c) published_estimates.csv: a durable response as published, with its 95% interval

      trial,arm,endpoint,k,reference,proportion,ci_low,ci_high
      EX1,chemo,PFS,3,own,0.11,0.07,0.16


More than one analysis of an endpoint (a later cut-off, a subgroup): name the files
EX1.OS.<analysis>.csv, and say in analyses.csv which one is pooled:

    trial,endpoint,analysis,primary,time_unit,label
    EX1,OS,2015,no,months,first report
    EX1,OS,2018,yes,months,final analysis

analyses.csv also holds time_unit, percent (yes or no) and resolution (half the height of a pixel as
a proportion) of a data set where they differ from the rest.
"""


def new(folder: str | Path) -> None:
    """Write an empty study into a new or empty folder.

    Raises
    ------
    InputError
        If the folder holds anything: nothing is overwritten.
    OutputError
        If it cannot be written.
    """
    root = Path(folder)
    if root.exists() and (not root.is_dir() or any(root.iterdir())):
        raise InputError(Problem("the folder is not empty", "name a new folder", value=str(root)))
    write_text(root / "study.toml", STUDY)
    write_text(root / "trials.csv", TRIALS)
    write_text(root / "arms.csv", ARMS)
    write_text(root / "README.txt", README.format(folder=root))
    for name in DATA_FOLDERS:
        write_text(root / name / ".keep", "")
