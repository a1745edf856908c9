# Adjusted p values (p.adjust) and single-step p values of correlated t statistics (mvtnorm). Run in this folder: Rscript multiplicity.R
suppressMessages(library(mvtnorm)); set.seed(1)
num <- function(x) paste0("[", paste(format(x, digits = 15, trim = TRUE), collapse = ","), "]")
p <- c(0.01, 0.02, 0.022, 0.09, 0.04, 0.5, 0.04, 1, 0.0003)
beta <- c(0, 0.45, 0.8, 1.3)
S <- diag(c(0.02, 0.05, 0.11, 0.15)) + 0.01; S[1, 2] <- S[2, 1] <- 0.025; S[3, 4] <- S[4, 3] <- -0.04
K <- rbind(c(1,-1,0,0), c(1,0,-1,0), c(1,0,0,-1), c(0,1,-1,0), c(0,1,0,-1), c(0,0,1,-1))
V <- K %*% S %*% t(K); t <- abs(K %*% beta) / sqrt(diag(V)); R <- cov2cor(V)
one <- function(df) sapply(t, function(c) 1 - pmvt(rep(-c, 6), rep(c, 6), df = df, corr = R, algorithm = GenzBretz(maxpts = 5e6, abseps = 1e-7)))
cat(sprintf('{"source":"R %s, p.adjust; mvtnorm %s, pmvt","p":%s,%s,\n"single_step":{"beta":%s,"covariance":[%s],"contrasts":[%s],"df9":%s,"normal":%s}}\n', getRversion(), packageVersion("mvtnorm"), num(p),
  paste(sapply(c("holm", "hochberg", "bonferroni", "BH", "BY"), function(m) sprintf('"%s":%s', m, num(p.adjust(p, m)))), collapse = ","),
  num(beta), paste(apply(S, 1, num), collapse = ","), paste(apply(K, 1, num), collapse = ","), num(one(9)), num(one(0))), file = "multiplicity.json")
