# Rscript slope.R: arms (simulated) and the odds ratio for one year later, by metafor and clubSandwich.
suppressMessages({library(metafor); library(clubSandwich)})
set.seed(20190519)
k <- 36
arms <- data.frame(
  registered = paste0("T", rep(1:14, length.out = k)),
  drug_class = sample(c("a", "b", "c"), k, replace = TRUE),
  tumour = sample(c("lung", "breast"), k, replace = TRUE),
  year = sample(2014:2017, k, replace = TRUE)
)
y <- -2 + 0.15 * (arms$year - 2015) + rnorm(k, 0, 0.35)
arms$value <- round(plogis(y), 6)
arms$se <- round(arms$value * (1 - arms$value) * runif(k, 0.12, 0.4), 6)
write.csv(arms, "slope_arms.csv", row.names = FALSE, quote = FALSE)
y <- qlogis(arms$value)
v <- (arms$se / (arms$value * (1 - arms$value)))^2
found <- lapply(c("year", "drug_class + tumour + year"), function(formula) {
  fit <- rma(y, v, mods = as.formula(paste("~", formula)), data = arms, method = "REML",
             control = list(threshold = 1e-10, maxiter = 1000))
  ci <- conf_int(fit, vcov = "CR2", cluster = arms$registered)
  at <- nrow(ci)
  data.frame(formula, ratio = exp(ci$beta[at]), low = exp(ci$CI_L[at]), high = exp(ci$CI_U[at]))
})
write.csv(format(do.call(rbind, found), digits = 12), "slope.csv", row.names = FALSE, quote = FALSE)
