# Checks of contrasts that share a control, trial by trial: metafor's rma.mv with trials as clusters, and its aggregate() of them.
# Run in this folder: Rscript correlated_checks.R; needs metafor, jsonlite. Refits as in correlated.R, whose Newton steps sharpen tau2;
# Cook's distance and dfbetas by metafor itself, whose optimiser stops earlier (compare to 1e-4).
suppressMessages({library(metafor); library(jsonlite)})
con <- read.csv("design_contrasts.csv")
V <- outer(seq_len(nrow(con)), seq_len(nrow(con)), function(i, j) ifelse(i == j, con$vi[i], ifelse(con$trial[i] == con$trial[j], con$v_control[i], 0)))
sharp <- function(keep) {
  d <- con[keep, ]; W <- V[keep, keep]
  fit <- function(t2) suppressWarnings(rma.mv(yi, W, random = ~ arm_id | trial, struct = "CS", tau2 = t2, rho = 0.5, data = d))
  ll <- function(t2) as.numeric(logLik(fit(t2)))
  t2 <- optimize(ll, c(1e-6, 1), maximum = TRUE, tol = 1e-10)$maximum
  for (i in 1:4) { h <- 1e-3 * t2; g <- (ll(t2 - 2*h) - 8*ll(t2 - h) + 8*ll(t2 + h) - ll(t2 + 2*h)) / (12*h)
    H <- (-ll(t2 - 2*h) + 16*ll(t2 - h) - 30*ll(t2) + 16*ll(t2 + h) - ll(t2 + 2*h)) / (12*h^2); t2 <- t2 - g / H }
  m <- fit(t2)
  list(tau2 = t2, estimate = as.numeric(m$beta), se = m$se, q = m$QE)
}
trials <- unique(con$trial)
out <- lapply(trials, function(one) sharp(con$trial != one))
column <- function(found, name) sapply(found, function(one) one[[name]])
m <- rma.mv(yi, V, random = ~ arm_id | trial, struct = "CS", rho = 0.5, data = con, control = list(optimizer = "optim", optmethod = "BFGS", reltol = 1e-15))
cook <- cooks.distance(m, cluster = con$trial)
beta <- dfbetas(m, cluster = con$trial)
hat <- tapply(hatvalues(m), con$trial, sum)
together <- aggregate(escalc(measure = "GEN", yi = yi, vi = vi, data = con), cluster = trial, V = V)
one <- rma(yi, vi, data = together, test = "knha", control = list(threshold = 1e-12))
egger <- regtest(one)
rank <- suppressWarnings(ranktest(one))
filled <- trimfill(one)
write(toJSON(list(source = paste("R metafor", packageVersion("metafor")), trial = trials,
  without = list(tau2 = column(out, "tau2"), estimate = column(out, "estimate"), se = column(out, "se"), q = column(out, "q")),
  influence = list(trial = names(cook), cook = as.numeric(cook), dfbetas = beta[[1]], hat = as.numeric(hat[names(cook)])),
  together = list(trial = together$trial, y = as.numeric(together$yi), v = together$vi, tau2 = one$tau2, estimate = as.numeric(one$beta),
    se = one$se, egger_p = egger$pval, rank_tau = as.numeric(rank$tau), rank_p = rank$pval, k0 = filled$k0)),
  digits = 15, auto_unbox = TRUE, pretty = TRUE), "correlated_checks.json")
