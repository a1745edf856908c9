"""Cut what the tests of `pool` need out of the team's reference values.

Run beside a checkout of the shared folder: ``python subset.py ../../../../shared/reference``.
"""

import csv
import json
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

HERE = Path(__file__).parent
METHODS = ("FE", "EE", "DL", "HE", "HS", "HSk", "SJ", "PM", "PMM", "ML", "REML", "EB")
TESTS = ("z", "t", "knha", "adhoc")
INTERVALS = ("tau2_ci_QP", "tau2_ci_PL")
FIT = (
    *("k", "p", "tau2", "se_tau2", "I2", "H2", "R2", "QE", "QE_df", "QE_p", "fit", "warnings"),
    *("weights_percent", *INTERVALS, "error"),
)
TEST = (
    *("terms", "beta", "se", "p", "ci_lower", "ci_upper", "df", "s2w", "vcov", "prediction"),
    *("QM", "QM_df", "QM_p", "error"),
)
REGRESSION = (*FIT, *TEST, "prediction_at_data")
WHOLE = ("multilevel", "diagnostics", "small_study", "binomial", "escalc")
TABLES = (
    *("dat.assink2016", "dat.bcg", "dat.berkey1998", "dat.collins1985b"),
    *("dat.hackshaw1998", "dat.konstantopoulos2011", "dat.nielweise2007", "dat.normand1999"),
    *("dat.pritz1997", "hand_two_by_two", "hand_proportions", "design_42_arms"),
    *("design_contrasts",),
)

Json = Mapping[str, "Json"] | Sequence["Json"] | str | float | int | bool | None
Tree = dict[str, Json]


def tree(value: Json) -> Tree:
    """Return a JSON object; anything else is a mistake."""
    if not isinstance(value, dict):
        raise TypeError(type(value).__name__)
    return value


def kept(found: Tree, keys: Iterable[str]) -> Tree:
    return {key: found[key] for key in keys if key in found}


def model(found: Tree) -> Tree:
    """Keep the two tests of each of the methods that the stage has."""
    result: Tree = {}
    for method in METHODS:
        if method in found:
            fit = tree(found[method])
            tests = tree(fit.get("tests", {}))
            chosen: Tree = {test: kept(tree(tests[test]), TEST) for test in TESTS if test in tests}
            result[method] = {**kept(fit, FIT), "tests": chosen}
    return result


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def effects(found: Iterable[dict[str, str]], y: str = "yi", v: str = "vi") -> Tree:
    table = list(found)
    return {"yi": [float(row[y]) for row in table], "vi": [float(row[v]) for row in table]}


def write(name: str, content: Tree) -> None:
    text = json.dumps(content, separators=(",", ":")).replace('},"', '},\n"')
    (HERE / name).write_text(text + "\n", encoding="utf-8")


def values(source: Path, name: str) -> Tree:
    return tree(json.loads((source / "values" / f"{name}.json").read_text(encoding="utf-8")))


def pooled_outcomes(source: Path) -> Tree:
    escalc, rma = values(source, "metafor_escalc"), values(source, "metafor_rma")
    inputs = {f"bcg_{name}": tree(tree(escalc["bcg"])[name]) for name in ("RR", "OR", "RD")}
    inputs["normand1999_SMD"] = tree(tree(escalc["normand1999"])["SMD"])
    for name in ("PLO", "PAS", "PFT"):
        inputs[f"pritz1997_{name}"] = tree(tree(escalc["pritz1997"])[name])
    for name in ("hackshaw1998", "raudenbush1985", "konstantopoulos2011"):
        inputs[name] = effects(rows(source / "data" / f"dat.{name}.csv"))
    outcomes: Tree = {
        name: {**found, "fits": model(tree(rma[name]))} for name, found in inputs.items()
    }
    hand = rows(source / "data" / "hand_meta.csv")
    for case, fits in tree(rma["hand"]).items():
        inside = effects(row for row in hand if row["case"] == case)
        outcomes[f"hand_{case}"] = {**inside, "fits": model(tree(fits))}
    contrasts = rows(source / "data" / "design_contrasts.csv")
    found = tree(values(source, "design")["contrasts"])
    for name, y, v in (
        ("ignoring_shared_control", "yi", "vi"),
        ("risk_difference", "rd", "rd_vi"),
        ("log_risk_ratio", "rr", "rr_vi"),
    ):
        inside = effects(contrasts, y, v)
        outcomes[f"contrasts_{name}"] = {**inside, "fits": model(tree(found[name]))}
    return outcomes


def regressions(source: Path) -> Tree:
    found = values(source, "metafor_regression")
    bcg = rows(source / "data" / "dat.bcg.csv")
    data = tree(tree(values(source, "metafor_escalc")["bcg"])["RR"])
    data["alloc"] = [row["alloc"] for row in bcg]
    for key in ("ablat", "year"):
        data[key] = [float(row[key]) for row in bcg]
    models: Tree = {}
    for name, entry in tree(found["models"]).items():
        fits = tree(tree(entry)["fits"])
        models[name] = {
            method: {
                test: kept(tree(tree(fits[method])[test]), REGRESSION)
                for test in TESTS
                if test in tree(fits[method])
            }
            for method in METHODS
            if method in fits
        }
    weeks = rows(source / "data" / "dat.raudenbush1985.csv")
    raudenbush: Tree = {
        **effects(weeks),
        "weeks": [min(float(row["weeks"]), 3.0) for row in weeks],
        "fits": model(tree(found["raudenbush_weeks"])),
    }
    asked = ("alloc_plus_ablat_tests", "ablat_ML_likelihood_ratio")
    return {"bcg": data, "models": models, "raudenbush": raudenbush, **kept(found, asked)}


def forty_two_arms(source: Path) -> Tree:
    design, arms = values(source, "design"), rows(source / "data" / "design_42_arms.csv")
    columns: Tree = {
        key: [row[key] for row in arms] for key in ("trial", "arm_id", "class", "line", "tumour")
    }
    for key in ("n", "n_effective", "p", "yi", "se"):
        columns[key] = [float(row[key]) for row in arms]
    pooled: Tree = {
        grouping: {
            name: {**kept(tree(found), ("k", "mean_of_proportions")), **model(tree(found))}
            for name, found in tree(design[grouping]).items()
        }
        for grouping in ("by_class", "ici_against_control")
    }
    return {"arms": columns, **pooled, "two_level_regression": design["two_level_regression"]}


def nested_arms(source: Path) -> Tree:
    asked = ("three_level", "predicted_by_class", "contrasts", "binomial_normal")
    return kept(values(source, "design"), asked)


def main(source: Path) -> None:
    for name in WHOLE:
        write(f"{name}.json", values(source, f"metafor_{name}"))
    write("nested.json", nested_arms(source))
    patients = json.dumps(values(source, "design_patients"), separators=(",", ":"))
    (HERE / "design_patients.json").write_text(patients + "\n", encoding="utf-8")
    for name in TABLES:
        shutil.copyfile(source / "data" / f"{name}.csv", HERE / f"{name}.csv")
    write("rma.json", pooled_outcomes(source))
    write("regression.json", regressions(source))
    write("design.json", forty_two_arms(source))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
