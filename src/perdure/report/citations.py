"""The papers that a report can cite; a report lists those that its own run rests on."""

import re
from dataclasses import dataclass

__all__ = [
    "ALTMAN",
    "BEGG",
    "BELL_MCCAFFREY",
    "BROOKMEYER_CROWLEY",
    "DERSIMONIAN_LAIRD",
    "DUVAL_TWEEDIE",
    "EGGER",
    "ELLIPTICAL_SLICE",
    "GREENWOOD",
    "GUYATT",
    "GUYOT",
    "HAMZA",
    "HARDY_THOMPSON",
    "HARTUNG_KNAPP",
    "HIGGINS_THOMPSON",
    "HIGGINS_WHITEHEAD",
    "HOLM",
    "KAPLAN_MEIER",
    "LIANG_ZEGER",
    "LITTLE",
    "MONTIEL_PLAGBORG",
    "PAGE",
    "PAULE_MANDEL",
    "PONS_TOSTIVINT",
    "PUSTEJOVSKY_TIPTON",
    "Q_PROFILE",
    "RUBIN",
    "RUECKER_SCHWARZER",
    "SCHEMPER_SMITH",
    "SCHUIRMANN",
    "SIDIK_JONKMAN",
    "STANLEY_DOUCOULIAGOS",
    "STERNE",
    "THOMAS_GRUNKEMEIER",
    "UNO",
    "VEVEA_HEDGES",
    "VIECHTBAUER",
    "VIECHTBAUER_CHEUNG",
    "ZOU_DONNER",
    "Citation",
    "cited_in",
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
ELLIPTICAL_SLICE = Citation(
    "elliptical-slice",
    "Murray I, Adams RP, MacKay DJC. Elliptical slice sampling. Proc Mach Learn Res"
    " 2010;9:541–548.",
    "",
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
HIGGINS_WHITEHEAD = Citation(
    "higgins-whitehead",
    "Higgins JPT, Whitehead A. Borrowing strength from external trials in a meta-analysis."
    " Stat Med 1996;15:2733–49.",
)
PAULE_MANDEL = Citation(
    "paule-mandel",
    "DerSimonian R, Kacker R. Random-effects model for meta-analysis of clinical trials: an update."
    " Contemp Clin Trials 2007;28:105–14.",
    "10.1016/j.cct.2006.04.004",
)
SIDIK_JONKMAN = Citation(
    "sidik-jonkman",
    "Sidik K, Jonkman JN. Simple heterogeneity variance estimation for meta-analysis."
    " J R Stat Soc C 2005;54:367–84.",
    "10.1111/j.1467-9876.2005.00489.x",
)
Q_PROFILE = Citation(
    "viechtbauer-2007",
    "Viechtbauer W. Confidence intervals for the amount of heterogeneity in meta-analysis."
    " Stat Med 2007;26:37–52.",
    "10.1002/sim.2514",
)
ZOU_DONNER = Citation(
    "zou-donner",
    "Zou GY, Donner A. Construction of confidence limits about effect measures: a general approach."
    " Stat Med 2008;27:1693–702.",
    "10.1002/sim.3095",
)
ALTMAN = Citation(
    "altman",
    "Altman DG. Confidence intervals for the number needed to treat. BMJ 1998;317:1309–12.",
    "10.1136/bmj.317.7168.1309",
)
MONTIEL_PLAGBORG = Citation(
    "montiel-plagborg",
    "Montiel Olea JL, Plagborg-Møller M. Simultaneous confidence bands: theory, implementation, and"
    " an application to SVARs. J Appl Econom 2019;34:1–17.",
    "10.1002/jae.2656",
)
UNO = Citation(
    "uno",
    "Uno H, Claggett B, Tian L, et al. Moving beyond the hazard ratio in quantifying the"
    " between-group difference in survival analysis. J Clin Oncol 2014;32:2380–5.",
    "10.1200/JCO.2014.55.2208",
)
BEGG = Citation(
    "begg-mazumdar",
    "Begg CB, Mazumdar M. Operating characteristics of a rank correlation test for"
    " publication bias. Biometrics 1994;50:1088–101.",
    "10.2307/2533446",
)
BELL_MCCAFFREY = Citation(
    "bell-mccaffrey",
    "Bell RM, McCaffrey DF. Bias reduction in standard errors for linear regression with"
    " multi-stage samples. Surv Methodol 2002;28:169–81.",
)
DUVAL_TWEEDIE = Citation(
    "duval-tweedie",
    "Duval S, Tweedie R. Trim and fill: a simple funnel-plot-based method of testing and"
    " adjusting for publication bias in meta-analysis. Biometrics 2000;56:455–63.",
    "10.1111/j.0006-341X.2000.00455.x",
)
EGGER = Citation(
    "egger",
    "Egger M, Davey Smith G, Schneider M, Minder C. Bias in meta-analysis detected by a"
    " simple, graphical test. BMJ 1997;315:629–34.",
    "10.1136/bmj.315.7109.629",
)
HAMZA = Citation(
    "hamza",
    "Hamza TH, van Houwelingen HC, Stijnen T. The binomial distribution of meta-analysis was"
    " preferred to model within-study variability. J Clin Epidemiol 2008;61:41–51.",
    "10.1016/j.jclinepi.2007.03.016",
)
LIANG_ZEGER = Citation(
    "liang-zeger",
    "Liang KY, Zeger SL. Longitudinal data analysis using generalized linear models."
    " Biometrika 1986;73:13–22.",
    "10.1093/biomet/73.1.13",
)
PUSTEJOVSKY_TIPTON = Citation(
    "pustejovsky-tipton",
    "Pustejovsky JE, Tipton E. Small-sample methods for cluster-robust variance estimation"
    " and hypothesis testing in fixed effects models. J Bus Econ Stat 2018;36:672–83.",
    "10.1080/07350015.2016.1247004",
)
RUECKER_SCHWARZER = Citation(
    "ruecker-schwarzer",
    "Rücker G, Schwarzer G. Ranking treatments in frequentist network meta-analysis works"
    " without resampling methods. BMC Med Res Methodol 2015;15:58.",
    "10.1186/s12874-015-0060-8",
)
STANLEY_DOUCOULIAGOS = Citation(
    "stanley-doucouliagos",
    "Stanley TD, Doucouliagos H. Meta-regression approximations to reduce publication"
    " selection bias. Res Synth Methods 2014;5:60–78.",
    "10.1002/jrsm.1095",
)
VEVEA_HEDGES = Citation(
    "vevea-hedges",
    "Vevea JL, Hedges LV. A general linear model for estimating effect size in the presence"
    " of publication bias. Psychometrika 1995;60:419–35.",
    "10.1007/BF02294384",
)
VIECHTBAUER_CHEUNG = Citation(
    "viechtbauer-cheung",
    "Viechtbauer W, Cheung MWL. Outlier and influence diagnostics for meta-analysis. Res"
    " Synth Methods 2010;1:112–25.",
    "10.1002/jrsm.11",
)
HOLM = Citation(
    "holm",
    "Holm S. A simple sequentially rejective multiple test procedure. Scand J Stat 1979;6:65–70.",
)
SCHUIRMANN = Citation(
    "schuirmann",
    "Schuirmann DJ. A comparison of the two one-sided tests procedure and the power approach for"
    " assessing the equivalence of average bioavailability. J Pharmacokinet Biopharm"
    " 1987;15:657–80.",
    "10.1007/BF01068419",
)
HARDY_THOMPSON = Citation(
    "hardy-thompson",
    "Hardy RJ, Thompson SG. A likelihood approach to meta-analysis with random effects. Stat Med"
    " 1996;15:619–29.",
    "10.1002/(SICI)1097-0258(19960330)15:6<619::AID-SIM188>3.0.CO;2-A",
)
LITTLE = Citation(
    "little",
    "Little RJA. Pattern-mixture models for multivariate incomplete data. J Am Stat Assoc"
    " 1993;88:125–34.",
    "10.1080/01621459.1993.10594302",
)
PAGE = Citation(
    "page-prisma",
    "Page MJ, McKenzie JE, Bossuyt PM, et al. The PRISMA 2020 statement: an updated guideline for"
    " reporting systematic reviews. BMJ 2021;372:n71.",
    "10.1136/bmj.n71",
)
STERNE = Citation(
    "sterne-rob2",
    "Sterne JAC, Savović J, Page MJ, et al. RoB 2: a revised tool for assessing risk of bias in"
    " randomised trials. BMJ 2019;366:l4898.",
    "10.1136/bmj.l4898",
)
GUYATT = Citation(
    "guyatt-grade",
    "Guyatt GH, Oxman AD, Vist GE, et al. GRADE: an emerging consensus on rating quality of"
    " evidence and strength of recommendations. BMJ 2008;336:924–6.",
    "10.1136/bmj.39489.470347.AD",
)


def cited_in(source: str) -> tuple[Citation, ...]:
    """Return the papers that a record names as its source: "who, doi" between semicolons.

    A part that begins with a year goes on with the authors of the one before.

    Examples
    --------
    >>> [one.text for one in cited_in("Shen 2000, doi 10.1/a; A and B 1992, doi 10.1/b; 1994")]
    ['Shen 2000.', 'A and B 1992.', 'A and B 1994.']
    >>> cited_in("Shen 2000, doi 10.1/a")[0].doi
    '10.1/a'
    """
    found: list[Citation] = []
    authors = ""
    for part in source.split(";"):
        words, _, doi = part.strip().partition(", doi ")
        if re.match(r"\d{4}", words):
            words = f"{authors} {words}"
        authors = re.split(r" \d{4}", words)[0]
        key = re.sub(r"[^a-z0-9]+", "-", (doi or words).lower()).strip("-")
        found.append(Citation(key, f"{words}.", doi))
    return tuple(found)
