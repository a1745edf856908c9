"""An empty study that explains itself."""

from pathlib import Path

from perdure.study.figures import FOLDER
from perdure.study.free_folder import refuse_what_is_there
from perdure.study.naming import DATA_FOLDERS
from perdure.study.writing import write_text

__all__ = ["TITLE", "new"]

TITLE = "Title of the study"
"""Stands in study.toml until the user writes another."""

STUDY = f"""\
# The study: its question, and how it is answered. Lines that start with # are remarks.

title = "{TITLE}"
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
# interval = "likelihood"    # or plain, log, logit, arcsin; log-log where it is left out
# models = true              # parametric models of every arm too, shown as extrapolated

[reconstruct]
method = "chain"             # histories that fit a curve, and how sure we are; or "guyot": one
draws = 50                   # so many histories an arm; their spread is part of every interval
# own = ["median", "hr"]     # published numbers that are the curves' own (not stratified, not
                             # adjusted, same cut-off): they constrain; left out, they are checks;
                             # "survival" is one too
# keep_ensemble = false      # results/ keeps every history and a picture of each arm; or not

[pool]
by = ["drug_class"]          # columns of arms.csv or trials.csv that group arms
model = "random"             # or "common"
method = "REML"              # between-arm variance; or "ML", "DL", "PM", "EB", "HE", "HS", "SJ"
measure = "odds ratio"       # of contrasts that are drawn; or "ratio", "difference"
# alike = 1.25               # classes are alike if their odds ratio is shown to lie between
                             # 1 / 1.25 and 1.25; chosen before the data are seen
# test = "knha"              # left out: Hartung-Knapp, not below 1 ("adhoc"); or "t", "z"

# How the trials were found, for the PRISMA 2020 flow diagram. The counts must add up; one that is
# left out of those with = 0 is 0. Also: records_from_websites, records_from_organisations,
# records_from_citations, other_reports_sought, other_reports_not_retrieved,
# other_reports_assessed, other_reports_excluded; previous_studies, previous_reports,
# total_studies, total_reports; note.
# [prisma]
# records_from_databases = 940
# records_from_registers = 60
# removed_duplicates = 200
# removed_by_automation = 0
# removed_for_other_reasons = 0
# records_screened = 800
# records_excluded = 700
# reports_sought = 100
# reports_not_retrieved = 0
# reports_assessed = 100
# reports_excluded = {{ "not randomised" = 50, "no curve published" = 30 }}
# studies_included = 19
# reports_included = 20

# How certain the evidence is, one table an outcome: high, moderate, low or very low.
# [certainty."Durable PFS, anti-PD-1 v chemotherapy"]
# level = "moderate"
# reasons = ["classes are compared across trials"]
# note = "Judged by two of us."
# [published_facts]
# pooled = "verified"        # arms known by published_facts.csv alone are pooled where every fact
                             # was verified; or "all"; left out: shown and not pooled
# from_memory = false        # facts that nobody checked are not used; left out: used and marked
"""

TRIALS = "trial,label,year,doi,registry_id,tumour,line,phase\n"

ARMS = "trial,arm,label,drug,drug_class,comparator,n,events_PFS,median_PFS,events_OS,median_OS\n"

README = """\
A perdure study: one folder of plain files
==========================================

Fill in 1 to 3, then:

    perdure check {folder}       every problem at once: file, row, column, what to do
    perdure run {folder}         results/ and report/index.html
    perdure report {folder} --format pdf,docx,xlsx,figures
                                 the same report to print, to edit and to submit

CSV files may come from Excel: commas, semicolons or tabs, decimal points or commas. Columns with
other names than these are kept and can group arms ([pool] by in study.toml).


1. study.toml        the question, the endpoints with their multiple k of the median, the reference


2. trials.csv        one row a trial

    trial,label,year,doi,registry_id,tumour,line,phase
    EX1,Example 1,2018,10.1000/example,NCT00000000,melanoma,first,III
    EX2,Example 2,2019,,,lung,second,III

    trial   a short name for files: letters, digits, - and _     (needed)
    label   what people read; the others may stay empty

    Risk of bias (RoB 2) may stand in the columns rob_d1, rob_d2, rob_d3, rob_d4, rob_d5 and
    rob_overall: low, some concerns or high.

   arms.csv          one row an arm

    trial,arm,label,drug,drug_class,comparator,n,events_PFS,median_PFS,events_OS,median_OS
    EX1,nivo,Nivolumab,nivolumab,anti-PD-1,chemo,210,139,5.1,109,37.5
    EX1,chemo,Dacarbazine,dacarbazine,chemotherapy,,208,,2.2,160,11.2
    EX2,atezo,Atezolizumab,atezolizumab,anti-PD-L1,doce,,,,,
    EX2,doce,Docetaxel,docetaxel,chemotherapy,,,,,,

    trial, arm   names for files                                 (needed)
    drug_class   arms are pooled by it
    comparator   the arm's control; empty for a control
    n            patients randomised; n_PFS, n_OS where it differs by endpoint
    events_*, median_*, hr_*   as published, where they were, with all digits that were printed
    survival_*   published survival at times: 12=0.31 24=0.18


3. The survival of each arm, in one of five ways

   a) curves/ and risk/: a published Kaplan-Meier curve, digitised, and the numbers under it

    curves/EX1.PFS.nivo.csv          one row a point; survival from 0 to 1, or in per cent

        time,survival
        0,1
        1.4,0.93
        2.1,0.62
        12.5,0.41

    curves/EX1.PFS.chemo.csv

        time,survival
        0,1
        2.2,0.5
        12.5,0.14

    risk/EX1.PFS.csv                 one column an arm

        time,nivo,chemo
        0,210,208
        6,98,41

    Without the file in risk/, n of arms.csv is used; when patients were censored is then known
    from the size of the curve's drops alone, and the intervals grow.

   b) patients/: real or rebuilt patient data

    patients/EX2.OS.csv              one row a patient; event 1, or 0 where censored

        arm,time,event
        atezo,3.2,1
        atezo,17.5,0
        doce,9.6,1
        doce,14.8,0

   c) published_estimates.csv: a durable response as published, with its 95% interval

    trial,arm,endpoint,k,reference,proportion,ci_low,ci_high
    EX2,atezo,PFS,3,own,0.28,0.21,0.36
    EX2,doce,PFS,3,own,0.11,0.07,0.16

    reference is that of study.toml: own, control, trial or fixed.

   d) figures.csv and figures/: published figures (PDF, SVG, PNG, JPEG, TIFF, WebP, GIF), which
      perdure reads itself (needs: pip install 'perdure[digitise]')

    figures.csv                      one row a curve

        file,page,panel,curve_label,trial,endpoint,analysis,arm,time_unit
        EX1.pdf,4,B,Nivolumab,EX1,OS,,nivo,
        EX1.pdf,4,B,Dacarbazine,EX1,OS,,chemo,

    file         in figures/                                      (needed)
    page         of a PDF with several
    panel        where a page has several figures: 1, 2, ... or A, B, ... in order of reading
    curve_label  the curve's name in the figure; empty: the arm's label of arms.csv
    time_unit    where the figure does not say it, or says it wrongly

    What was read lies in results/digitised/. Look at each overlay.png: the figure with what was
    read drawn over it. Files in curves/ and risk/ win over what is read: so you correct it.


   e) published_facts.csv: an arm whose curve is not at hand, by what was printed of it

    trial,arm,endpoint,fact,time,value,low,high,level,against,certainty,source
    EX1,nivo,OS,median,,9.2,7.3,13.3,,,verified,10.1000/example: abstract
    EX1,nivo,OS,survival,12,0.42,0.34,0.50,,,verified,10.1000/example: abstract
    EX1,nivo,OS,hazard ratio,,0.59,0.44,0.79,,chemo,verified,10.1000/example: table 2
    EX1,nivo,OS,n,,210,,,,,verified,10.1000/example: abstract
    EX1,chemo,OS,median,,6.0,5.1,7.3,,,from memory,an earlier slide
    EX1,chemo,OS,n,,208,,,,,verified,10.1000/example: abstract

    fact         median, survival, hazard ratio, at risk, n or events
    time         of survival and of numbers at risk; of events, where follow-up ended; of a median
                 NR (not reached), until when patients were followed
    value        with all digits that were printed; survival as a proportion
    low, high    its interval, NR where open; without one the error is that of n patients
    level        of the interval, such as 0.98; empty: 0.95
    against      the arm in the denominator of a hazard ratio (needs n of both)
    certainty    verified, or from memory: then every number that rests on it says so
    source       where it was printed

    Curves are drawn that agree with these facts, wide where nothing is known. They are shown and
    marked, and stay out of the pool unless [published_facts] in study.toml asks for them. Facts
    that no patients can show together are named by perdure run, and never pooled as verified.


More than one analysis of an endpoint (a later cut-off, a subgroup): give each a name in its files,
such as patients/EX2.OS.2018.csv or curves/EX1.PFS.2018.nivo.csv, and say in analyses.csv which one
is pooled:

    trial,endpoint,analysis,primary,time_unit,label
    EX2,OS,2015,no,months,first report
    EX2,OS,2018,yes,months,final analysis

analyses.csv also holds time_unit, percent (yes or no), resolution (half the height of a pixel as a
proportion) and cumulative_incidence (yes where the figure shows 1 - survival) of a data set where
they differ from the rest.
"""


def new(folder: str | Path) -> None:
    """Write an empty study into a new or empty folder.

    Raises
    ------
    InputError
        If there is a file of that name, or the folder holds anything: nothing is overwritten.
    OutputError
        If it cannot be written.
    """
    root = Path(folder)
    refuse_what_is_there(root)
    write_text(root / "study.toml", STUDY)
    write_text(root / "trials.csv", TRIALS)
    write_text(root / "arms.csv", ARMS)
    shown = str(root).encode("utf-8", "replace").decode()  # a name may be no text
    write_text(root / "README.txt", README.format(folder=f'"{shown}"' if " " in shown else shown))
    for name in (*DATA_FOLDERS, FOLDER):
        write_text(root / name / ".keep", "")
