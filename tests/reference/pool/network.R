# Networks of treatments with true contrasts of one trial that correlate by 1/2: metafor's rma.mv, consistency and design-by-treatment interaction.
# Run in this folder: Rscript network.R; needs metafor, metadat. Newton steps sharpen tau2. Every contrast is with the first arm of its trial.
suppressMessages({library(metafor); library(metadat)})
num <- function(x) paste0("[", paste(format(x, digits = 15, trim = TRUE), collapse = ","), "]")
str <- function(x) paste0('["', paste(x, collapse = '","'), '"]')
one <- function(study, treatment, y, v, reference) {
  study <- as.character(study); treatment <- gsub("[^a-z ]", "", tolower(as.character(treatment)))
  names <- setdiff(unique(treatment), reference)
  con <- NULL; blocks <- list(); X <- NULL
  for (s in unique(study)) {
    at <- which(study == s); if (length(at) < 2) next
    B <- cbind(-1, diag(length(at) - 1)); Z <- sapply(names, function(n) as.numeric(treatment[at] == n))
    con <- rbind(con, data.frame(study = s, arm = seq_along(at)[-1], design = paste(sort(treatment[at]), collapse = ":"), yi = as.vector(B %*% y[at])))
    blocks[[length(blocks) + 1]] <- B %*% diag(v[at]) %*% t(B); X <- rbind(X, B %*% Z)
  }
  V <- bldiag(blocks); colnames(X) <- gsub(" ", "_", names)
  full <- X
  for (d in unique(con$design)) for (j in seq_along(names)) {
    wide <- cbind(full, ifelse(con$design == d, X[, j], 0)); if (qr(wide)$rank > ncol(full)) full <- wide
  }
  colnames(full) <- c(colnames(X), if (ncol(full) > ncol(X)) paste0("w", seq_len(ncol(full) - ncol(X))))
  fit <- function(M, method, t2) suppressWarnings(rma.mv(yi, V, mods = M, intercept = FALSE, random = ~ arm | study, struct = "CS", tau2 = t2, rho = 0.5, data = con, method = method))
  best <- function(M, method) {
    ll <- function(t2) as.numeric(logLik(fit(M, method, t2)))
    t2 <- optimize(ll, c(1e-6, 3), maximum = TRUE, tol = 1e-10)$maximum
    for (i in 1:4) { h <- 1e-3 * t2; g <- (ll(t2 - 2*h) - 8*ll(t2 - h) + 8*ll(t2 + h) - ll(t2 + 2*h)) / (12*h)
      H <- (-ll(t2 - 2*h) + 16*ll(t2 - h) - 30*ll(t2) + 16*ll(t2 + h) - ll(t2 + 2*h)) / (12*h^2); t2 <- t2 - g / H }
    fit(M, method, t2)
  }
  out <- function(m) sprintf('{"tau2":%s,"beta":%s,"se":%s,"log_likelihood":%s,"QE":%s,"QEdf":%d,"extra":%s}', num(m$tau2), num(as.vector(m$beta)), num(m$se), num(as.numeric(logLik(m))), num(m$QE), m$k - m$p,
    if (m$p > length(names)) { w <- (length(names) + 1):m$p; num(as.numeric(t(m$beta[w]) %*% solve(m$vb[w, w], m$beta[w]))) } else "null")
  com <- function(M) rma.mv(yi, V, mods = M, intercept = FALSE, data = con, method = "ML")
  sprintf('{"arms":{"trial":%s,"treatment":%s,"y":%s,"v":%s},"reference":"%s","names":%s,\n"common":%s,\n"REML":%s,\n"ML":%s,\n"interaction_common":%s,\n"interaction_REML":%s}', str(study), str(treatment), num(y), num(v), reference, str(names),
    out(com(X)), out(best(X, "REML")), out(best(X, "ML")), out(com(full)), out(best(full, "REML")))
}
s <- dat.senn2013
h <- escalc(measure = "PLO", xi = xi, ni = ni, data = dat.hasselblad1998, add = 1/2, to = "only0")
cat(sprintf('{"source":"R metafor %s, metadat %s",\n"senn2013":%s,\n"hasselblad1998":%s}\n', packageVersion("metafor"), packageVersion("metadat"),
  one(s$study, s$treatment, s$mi, s$sdi^2 / s$ni, "placebo"), one(h$study, h$trt, as.vector(h$yi), as.vector(h$vi), "nocontact")), file = "network.json")
