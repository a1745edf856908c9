# Contrasts that share a control, with true effects of one trial that correlate by 1/2: metafor's rma.mv.
# Run in this folder: Rscript correlated.R; needs metafor, numDeriv, jsonlite. Newton steps sharpen tau2.
suppressMessages(library(metafor))
con <- read.csv("design_contrasts.csv")
V <- outer(seq_len(nrow(con)), seq_len(nrow(con)), function(i, j) ifelse(i == j, con$vi[i], ifelse(con$trial[i] == con$trial[j], con$v_control[i], 0)))
con$class <- factor(con$class, c("anti_ctla4", "anti_pd1"))
one <- function(mods, method) {
  fit <- function(t2) suppressWarnings(rma.mv(yi, V, mods = mods, random = ~ arm_id | trial, struct = "CS", tau2 = t2, rho = 0.5, data = con, method = method))
  ll <- function(t2) as.numeric(logLik(fit(t2)))
  t2 <- optimize(ll, c(1e-6, 1), maximum = TRUE, tol = 1e-10)$maximum
  for (i in 1:4) { h <- 1e-3 * t2; g <- (ll(t2 - 2*h) - 8*ll(t2 - h) + 8*ll(t2 + h) - ll(t2 + 2*h)) / (12*h)
    H <- (-ll(t2 - 2*h) + 16*ll(t2 - h) - 30*ll(t2) + 16*ll(t2 + h) - ll(t2 + 2*h)) / (12*h^2); t2 <- t2 - g / H }
  m <- fit(t2); f <- function(x) paste0("[", paste(format(x, digits = 15), collapse = ","), "]")
  sprintf('{"tau2":%s,"beta":%s,"se":%s,"log_likelihood":%s,"QE":%s,"QM":%s}', format(t2, digits = 15), f(m$beta), f(m$se), format(ll(t2), digits = 15), format(m$QE, digits = 15), format(m$QM, digits = 15))
}
cat(sprintf('{"source":"R metafor %s","intercept":{"REML":%s,"ML":%s},"class":{"REML":%s,"ML":%s}}\n', packageVersion("metafor"),
  one(~ 1, "REML"), one(~ 1, "ML"), one(~ class, "REML"), one(~ class, "ML")), file = "correlated.json")
