"""What the comparison leaves out, and the disagreements of which the reason is known: data."""

from metafor_compare import Explained, LeftOut

__all__ = ["EXPLAINED", "INPUTS", "LEFT_OUT", "NOT_COMPARED_YET"]

INPUTS = (
    *("**/source", "**/note", "*/selmodel_note", "design_patients/csv"),
    *("**/terms", "**/warnings", "**/error", "**/method", "**/test", "**/fit/statistic"),
    *("**/tau2_ci_QP/rows", "**/tau2_ci_PL/rows", "**/ranef/*/level", "binomial/glmm/**/model"),
    *("rma/*/yi", "rma/*/vi", "rma/*/fits/*/p", "design/arms/*", "design/by_class/*/*/p"),
    *("design/ici_against_control/*/*/p", "regression/bcg/*", "regression/raudenbush/yi"),
    *("regression/raudenbush/vi", "regression/raudenbush/weeks", "regression/raudenbush/fits/*/p"),
    *("regression/**/X", "multilevel/berkey_V", "nested/predicted_by_class/class"),
    *("nested/contrasts/V", "nested/contrasts/*/*/p", "network/*/arms/*", "network/*/reference"),
    *("network/*/names", "escalc/back_transforms/logit_x", "escalc/back_transforms/pft_*"),
    *("multiplicity/p", "multiplicity/single_step/beta", "multiplicity/single_step/covariance"),
    *("multiplicity/single_step/contrasts", "power/*/k", "power/*/effect", "power/*/sd"),
    *("design_patients/k/*/*/arms/*", "design_patients/k/*/*/pseudo", "design_patients/**/usable"),
)
"""What perdure is given, and words. The pseudo-values and arms of design_patients are inputs here;
tests/durable/test_durable_against_r.py compares them."""

_EXCHANGEABLE = (
    "Exchangeable GEE is not built: under a working matrix other than independence the row of"
    " another arm's patient, who moves the threshold, has no residual of its own. For k = 3 under"
    " the own reference geepack's values are marked unusable, too: a correlation below"
    " -1 / (cluster size - 1)."
)
_GEEPACK_JACKKNIFE = (
    "geepack's approximate jackknife is not built: perdure gives CR2 and Mancl and DeRouen's"
    " correction (CR3), which one_stage.json compares."
)
_SEARCH = "Tells how R searched: no answer. metafor's own stops are up to 2e-5 off, by README."
_OTHER_LIKELIHOOD = (
    "The likelihood that the model does not maximise (ML of a REML fit, REML of an ML fit):"
    " perdure gives that of the method which was asked for."
)
_INTERACTION = (
    "Coefficients and log-likelihood of the design-by-treatment model in R's coding: perdure gives"
    " its tests and tau2, which do not depend on the coding, and are compared."
)

LEFT_OUT = (
    LeftOut("design_patients/k/*/*/gee/exchangeable/*/*", _EXCHANGEABLE),
    LeftOut("design_patients/k/*/*/gee/independence/*/approx_jackknife_se", _GEEPACK_JACKKNIFE),
    LeftOut(
        "escalc/normand1999/*/*",
        "MD and SMD are differences of means: durable response is a proportion, never a mean.",
    ),
    LeftOut("**/last_relative_newton_step", _SEARCH),
    LeftOut("**/metafor_default_components", _SEARCH),
    LeftOut("multilevel/**/fit/*ML", _OTHER_LIKELIHOOD),
    LeftOut("nested/**/fit/*ML", _OTHER_LIKELIHOOD),
    LeftOut("network/*/interaction_*/beta", _INTERACTION),
    LeftOut("network/*/interaction_*/se", _INTERACTION),
    LeftOut("network/*/interaction_*/log_likelihood", _INTERACTION),
    LeftOut("network/*/interaction_common/tau2", "0 by definition: the model has none."),
    LeftOut(
        "regression/ablat_ML_likelihood_ratio/p",
        "The tail of chi-square at the statistic, which is compared: perdure's likelihood_ratio is"
        " of multilevel models.",
    ),
    LeftOut("regression/ablat_ML_likelihood_ratio/df", "1: see p beside it."),
    LeftOut(
        "small_study/selmodel_bcg_RR_ML/step_025_5/error",
        "R refused: its optimiser did not converge, no effect has p <= 0.025. Perdure's maximum is"
        " that of a differential evolution (tests/pool/test_selection.py).",
    ),
)

NOT_COMPARED_YET: tuple[LeftOut, ...] = ()


def _each(path: str, up_to: dict[str, float], reason: str) -> tuple[Explained, ...]:
    return tuple(Explained(f"{path}/{name}", most, reason) for name, most in up_to.items())


_ONE_EFFECT = (
    "metafor repeats the confidence interval as prediction interval of one effect, as if tau2 were"
    " known to be 0; perdure gives none: one effect says nothing of tau2."
)
_ROOT = (
    "The REML or ML estimate lies on the boundary: perdure says 0; metafor stops at a tau2 of 4e-13"
    " or less, which agrees, but tau is its root, 7e-7 or less."
)
_UNIROOT = (
    "R's limits are those of uniroot at its default tolerance of 1.2e-4 (absolute); the"
    " profile likelihood at perdure's limits is the cut, at R's it is not (below). Against confint"
    " with a tolerance of 1e-10 perdure's are within 1e-8"
    " (tests/pool/test_component_profile.py)."
)
_DEFAULT_CONTROL = (
    "glmer stopped early and says so (its warning: gradient 0.0089); at R's numbers the"
    " likelihood is below perdure's (below). With a tighter control R agrees: nielweise2007_OR."
)
_UM_RS_WALD = (
    "Q by Wald rests on glmer's differenced Hessian of the model with an odds ratio for every"
    " trial. In the tight run R found it singular and fell back to another covariance, by its"
    " warning; R's two runs differ by 0.4%. Perdure's is that of an independent Laplace"
    " approximation, differentiated numerically (below)."
)
_UM_RS_BCG = (
    "Arms of up to 88,391 patients: glmer's inner iterations leave noise in its differenced"
    " Hessian, and its log-likelihood is 1e-5 below perdure's. Perdure's standard error is that of"
    " an independent Laplace approximation, by two correlated logits a trial, within 2e-5"
    " (tests/pool/test_binomial_contrasts.py), and so is its Q by Wald (below)."
)
_CM_EL = (
    "metafor maximises by nlminb and differences its Hessian; at its numbers the log-likelihood is"
    " not above perdure's (below). Perdure's likelihood is scipy's integral over the"
    " noncentral hypergeometric distribution within 1e-9 (tests/pool/test_binomial_contrasts.py)."
)
_CM_EL_FE = (
    "metafor differences its Hessian. Perdure's standard error is one over the root of the summed"
    " variances of scipy's noncentral hypergeometric distributions (below)."
)
_CM_EL_WALD = (
    "Q by Wald rests on metafor's differenced Hessian; perdure's is that of scipy's"
    " noncentral hypergeometric distribution, within 1e-6 (tests/pool/test_binomial_contrasts.py)."
)
_CM_AL = (
    "glmer stopped 1.5e-5 short in tau2: at its numbers the likelihood is below perdure's (below)."
)
_TRIM_FILL = (
    "metafor's inner REML fits stop at a step of 1e-5 in tau2, its default; on the filled effects"
    " the likelihood at its tau2 is below that at perdure's (below). With a threshold of 1e-13"
    " metafor gives perdure's numbers to 1e-9 (tests/pool/test_trim_fill.py)."
)
_INTEGRAL = (
    "Probabilities of the largest of six correlated contrasts have no formula. mvtnorm's error is"
    " 1e-6; perdure integrates by quasi-random numbers and states its error, 3e-5 here. Over 30"
    " seeds its mean is within 4e-6 of mvtnorm's."
)

_INTEGRATED = (
    "R's integral of the weights has a relative tolerance of 1e-4 by default, and its second"
    " differences, likelihood ratio and P value with it. Perdure's errors are within 1e-3 those of"
    " an independent adaptive quadrature (tests/pool/test_selection.py)."
)
_STOPPED = (
    "R's search stopped short: its log-likelihood is below perdure's (below). With tighter"
    " control metafor gives perdure's numbers to 1e-4 (tests/pool/test_selection.py)."
)
_NEAR_ZERO = "The mean is 0.005: the two are 6e-7 apart, 4e-6 of its standard error."
_EMPTY_INTERVAL = (
    "No effect has p <= 0.025: the likelihood rises to the weight's bound of 100. R stops at 98;"
    " perdure goes to 100, says so, and gives a weight on its bound no error."
)
_NO_SELECTION = (
    "The likelihood is highest without selection, at 0: perdure says so, gives a parameter on its"
    " bound no error, and the mean its error without selection. R stops at 0.017, with a"
    " log-likelihood below that without selection (below)."
)

_LIMITS = "sigma2_profile_ci"
_TRIMMED = {"ci_lower": 2e-6, "tau2": 3e-6, "filled_y": 5e-6}
_EXACT = {"beta": 5e-6, "se": 1e-4, "ci_lower": 3e-5, "ci_upper": 1e-4, "tau2": 2e-5, "I2": 1e-5}
_EARLY = {"beta": 5e-4, "se": 5e-4, "ci_lower": 5e-4, "ci_upper": 5e-4, "tau2": 1e-3, "I2": 1e-3}
_UM_RS_ERROR = {"se": 5e-3, "ci_lower": 2e-3, "ci_upper": 5e-3, "QE_Wald": 5e-3}
_GLMM = "binomial/glmm"
_INF = float("inf")
_HACKSHAW, _BCG = ("small_study/selmodel_hackshaw_ML", "small_study/selmodel_bcg_RR_ML")
_OF_BETA = {
    "se": 1e-2,
    "ci_lower": 1.0,
    "ci_upper": 5e-3,
    "se_delta": 1e-2,
    "LRT": 2e-4,
    "LRT_p": 5e-4,
}
_OF_HALFNORM = {
    "tau2": 1e-3,
    "beta": 2e-3,
    "se": 2e-2,
    "ci_lower": 5e-2,
    "ci_upper": 2e-2,
    "delta": 1e-3,
    "se_delta": 2e-2,
}
_OF_STEP = {
    "se": 2e-3,
    "ci_lower": 1e-3,
    "ci_upper": 3e-3,
    "delta": 2e-2,
    "se_delta": _INF,
    "LRT": 5e-4,
    "LRT_p": 5e-4,
}
_OF_NEGEXP = {
    "tau2": 5e-3,
    "beta": 5e-3,
    "se": 0.5,
    "ci_lower": 0.2,
    "ci_upper": 2.0,
    "delta": 1.0,
    "se_delta": _INF,
}

EXPLAINED = (
    Explained("rma/hand_one_study/fits/*/tests/*/prediction/pi_*", float("inf"), _ONE_EFFECT),
    Explained("regression/models/alloc_by_ablat/ML/z/tau2_ci_QP/estimate", 1e-3, _ROOT),
    Explained("regression/raudenbush/fits/*ML/tau2_ci_*/estimate", 1e-3, _ROOT),
    Explained(f"multilevel/three_level/konstantopoulos/*/{_LIMITS}", 1e-3, _UNIROOT),
    *_each("small_study/hackshaw_REML/trimfill/*", _TRIMMED, _TRIM_FILL),
    Explained("small_study/bcg_RR_REML/trimfill/*/tau2", 2e-6, _TRIM_FILL),
    *_each(f"{_GLMM}/nielweise2007_OR_default_control/UM.FS", _EARLY, _DEFAULT_CONTROL),
    *_each(f"{_GLMM}/bcg_OR/UM.RS", _UM_RS_ERROR, _UM_RS_BCG),
    Explained(f"{_GLMM}/nielweise2007_OR/UM.RS/QE_Wald", 5e-3, _UM_RS_WALD),
    Explained(f"{_GLMM}/nielweise2007_OR_default_control/UM.RS/QE_Wald", 5e-4, _UM_RS_WALD),
    *_each(f"{_GLMM}/bcg_OR/CM.AL", {"ci_upper": 2e-5, "tau2": 2e-5}, _CM_AL),
    *_each(f"{_GLMM}/nielweise2007_OR/CM.EL", _EXACT, _CM_EL),
    *_each(f"{_GLMM}/nielweise2007_OR_default_control/CM.EL", _EXACT, _CM_EL),
    Explained(f"{_GLMM}/nielweise2007_OR*/CM.EL/QE_Wald", 1e-3, _CM_EL_WALD),
    *_each(
        f"{_GLMM}/nielweise2007_OR_FE/CM.EL",
        {"se": 5e-5, "ci_lower": 1e-5, "ci_upper": 2e-5},
        _CM_EL_FE,
    ),
    *_each(f"{_HACKSHAW}/beta", _OF_BETA, _INTEGRATED),
    *_each(f"{_HACKSHAW}/halfnorm", _OF_HALFNORM, _STOPPED),
    Explained(f"{_HACKSHAW}/negexp/beta", 2e-4, _NEAR_ZERO),
    *_each(f"{_BCG}/step_025", _OF_STEP, _EMPTY_INTERVAL),
    *_each(f"{_BCG}/beta", {"tau2": 2e-4, "beta": 3e-4, "se": 3e-4, "ci_upper": 2e-3}, _STOPPED),
    *_each(f"{_BCG}/negexp", _OF_NEGEXP, _NO_SELECTION),
    Explained("multiplicity/single_step/*", 1e-3, _INTEGRAL),
)
