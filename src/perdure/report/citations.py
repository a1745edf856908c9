"""The papers that a report can cite; a report lists those that its own run rests on."""

from dataclasses import dataclass

__all__ = [
    "BROOKMEYER_CROWLEY",
    "DERSIMONIAN_LAIRD",
    "GREENWOOD",
    "GUYOT",
    "HARTUNG_KNAPP",
    "HIGGINS_THOMPSON",
    "KAPLAN_MEIER",
    "PONS_TOSTIVINT",
    "RUBIN",
    "SCHEMPER_SMITH",
    "THOMAS_GRUNKEMEIER",
    "VIECHTBAUER",
    "Citation",
]


@dataclass(frozen=True)
class Citation:
    """One paper: how it is printed in the list of references, and its DOI where it has one."""

    key: str
    text: str
    doi: str = ""


PONS_TOSTIVINT = Citation(
    "pons-tostivint",
    "Pons-Tostivint E, Latouche A, Vaflard P, et al. Comparative analysis of durable responses on"
    " immune checkpoint inhibitors versus other systemic therapies: a pooled analysis of phase III"
    " trials. JCO Precis Oncol 2019;3.",
    "10.1200/PO.18.00114",
)
KAPLAN_MEIER = Citation(
    "kaplan-meier",
    "Kaplan EL, Meier P. Nonparametric estimation from incomplete observations."
    " J Am Stat Assoc 1958;53:457–81.",
    "10.1080/01621459.1958.10501452",
)
GREENWOOD = Citation(
    "greenwood",
    "Greenwood M. The natural duration of cancer. Reports on Public Health and Medical Subjects 33."
    " London: HMSO; 1926.",
)
BROOKMEYER_CROWLEY = Citation(
    "brookmeyer-crowley",
    "Brookmeyer R, Crowley J. A confidence interval for the median survival time."
    " Biometrics 1982;38:29–41.",
    "10.2307/2530286",
)
SCHEMPER_SMITH = Citation(
    "schemper-smith",
    "Schemper M, Smith TL. A note on quantifying follow-up in studies of failure time."
    " Control Clin Trials 1996;17:343–6.",
    "10.1016/0197-2456(96)00075-X",
)
THOMAS_GRUNKEMEIER = Citation(
    "thomas-grunkemeier",
    "Thomas DR, Grunkemeier GL. Confidence interval estimation of survival probabilities for"
    " censored data. J Am Stat Assoc 1975;70:865–71.",
    "10.1080/01621459.1975.10480315",
)
GUYOT = Citation(
    "guyot",
    "Guyot P, Ades AE, Ouwens MJNM, Welton NJ. Enhanced secondary analysis of survival data:"
    " reconstructing the data from published Kaplan-Meier survival curves."
    " BMC Med Res Methodol 2012;12:9.",
    "10.1186/1471-2288-12-9",
)
RUBIN = Citation(
    "rubin",
    "Rubin DB. Multiple imputation for nonresponse in surveys. New York: Wiley; 1987.",
    "10.1002/9780470316696",
)
DERSIMONIAN_LAIRD = Citation(
    "dersimonian-laird",
    "DerSimonian R, Laird N. Meta-analysis in clinical trials. Control Clin Trials 1986;7:177–88.",
    "10.1016/0197-2456(86)90046-2",
)
VIECHTBAUER = Citation(
    "viechtbauer",
    "Viechtbauer W. Bias and efficiency of meta-analytic variance estimators in the random-effects"
    " model. J Educ Behav Stat 2005;30:261–93.",
    "10.3102/10769986030003261",
)
HARTUNG_KNAPP = Citation(
    "hartung-knapp",
    "Hartung J, Knapp G. On tests of the overall treatment effect in meta-analysis with normally"
    " distributed responses. Stat Med 2001;20:1771–82.",
    "10.1002/sim.791",
)
HIGGINS_THOMPSON = Citation(
    "higgins-thompson",
    "Higgins JPT, Thompson SG. Quantifying heterogeneity in a meta-analysis."
    " Stat Med 2002;21:1539–58.",
    "10.1002/sim.1186",
)
