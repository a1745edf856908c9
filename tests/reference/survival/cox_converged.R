# Two-arm Cox models with Efron's ties, iterated until nothing moves: R's default stops when the log-likelihood has
# settled to 1e-9, which leaves the coefficient up to 5e-9 from the maximum and its p-value up to 4e-8.
#   cd tests/reference/survival && Rscript cox_converged.R        (writes cox_converged.csv)
suppressMessages(library(survival))
tight <- coxph.control(eps = 1e-15, toler.chol = 1e-16, iter.max = 50)
fit <- function(case, time, status, group) {
  s <- summary(coxph(Surv(time, status) ~ group, ties = "efron", control = tight))
  data.frame(case = case, coef = s$coefficients[1, "coef"], se = s$coefficients[1, "se(coef)"],
             ci_lower = s$conf.int[1, "lower .95"], ci_upper = s$conf.int[1, "upper .95"], p = s$coefficients[1, "Pr(>|z|)"])
}
two_level <- c(lung = "sex", veteran = "trt", ovarian = "rx", gbsg = "hormon", rotterdam = "hormon", kidney = "sex")
rows <- lapply(names(two_level), function(set) {
  d <- read.csv(paste0(set, ".csv"))
  fit(set, d$time, d$status, as.integer(factor(d[[two_level[[set]]]])) - 1)
})
edge <- read.csv("edge_two_groups.csv")
for (case in setdiff(unique(edge$case), "one_group_without_events")) {
  d <- edge[edge$case == case, ]
  rows[[length(rows) + 1]] <- fit(case, d$time, d$status, d$group)
}
out <- do.call(rbind, rows)
out[-1] <- lapply(out[-1], sprintf, fmt = "%.15g")
write.csv(out, "cox_converged.csv", row.names = FALSE, quote = FALSE)
