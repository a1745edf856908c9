# What `perdure pool` asks of a table: several outcomes with one supposed correlation of their errors, levels tested, pairs of classes.
# Rscript table.R > table.json; R 4.2.2, metafor 3.8-1, jsonlite; run here, where the tables are.
suppressMessages({library(metafor); library(jsonlite)})
tight <- list(optimizer = "optim", optmethod = "BFGS", reltol = 1e-14)
d <- read.csv("dat.berkey1998.csv")
several <- function(rho, struct) {
  V <- vcalc(vi, cluster = trial, type = outcome, rho = rho, data = d)
  m <- rma.mv(yi, V, mods = ~ factor(outcome, c("PD", "AL")) - 1, random = ~ factor(outcome, c("PD", "AL")) | trial, struct = struct, data = d, test = "t", control = tight)
  list(correlation = rho, structure = struct, beta = c(m$beta), se = m$se, p = m$pval, sigma2 = m$tau2, rho = m$rho, logLik = c(logLik(m)))
}
a <- read.csv("design_42_arms.csv")
a$class <- factor(a$class, unique(a$class))
fit <- function(random) rma.mv(yi, se^2, random = random, data = a, test = "t", control = tight)
both <- fit(~ 1 | trial/arm_id)
levels <- list(both = c(logLik(both)), without_trial = c(logLik(fit(~ 1 | arm_id))), without_effect = c(logLik(fit(~ 1 | trial))))
m <- rma(yi, se^2, mods = ~ class, data = a, method = "REML", test = "knha", control = list(threshold = 1e-12))
X <- rbind(c(0, -1, 0), c(0, 0, -1), c(0, 1, -1))
e <- c(X %*% m$beta); s <- sqrt(diag(X %*% vcov(m) %*% t(X))); df <- m$k - m$p
p <- 2 * pt(-abs(e / s), df)
alike <- pt((abs(e) - 1.2) / s, df)
cat(toJSON(list(outcomes = list(several(0, "UN"), several(0.5, "UN"), several(0.5, "CS")), levels = levels,
  pairs = list(estimate = e, se = s, p = p, holm = p.adjust(p, "holm"), bonferroni = p.adjust(p, "bonferroni"), alike_holm = p.adjust(alike, "holm"))),
  digits = 15, auto_unbox = TRUE))
