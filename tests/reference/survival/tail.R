# What the end of a curve says, written from the definitions with base R and survival only: events in the windows of
# Maller and Zhou and of Shen, the extrapolation of Xie et al., survival at the last time, follow-up, conditional
# survival (a curve of those still at risk later than the landmark), restricted means and their residual part.
#   cd tests/reference/survival && Rscript tail.R        (writes tail.csv)
suppressMessages(library(survival))
window <- function(time, status, low, closed) {
  last <- max(time[status == 1])
  sum(status == 1 & time <= last & (if (closed) time >= low else time > low))
}
step <- function(fit, t) summary(fit, times = t, extend = TRUE)$surv
one <- function(case, d) {
  n <- nrow(d); t <- max(d$time); last <- max(d$time[d$status == 1])
  fit <- survfit(Surv(time, status) ~ 1, d, conf.type = "log-log")
  w <- (t - last) / t
  shen <- (w * last + (1 - w) * t) * last / t
  e <- if (2 * (t - last) >= t) t else 9 / 8 * t - last / 4
  f <- 1 - c(step(fit, t - e), step(fit, t - e / 2), step(fit, t))
  curved <- 2 * f[2] - f[1] - f[3]
  level <- if (abs(curved) < 1e-12) f[3] else f[1] + (f[2] - f[1])^2 / curved
  end <- summary(fit, times = t)
  reverse <- summary(survfit(Surv(time, 1 - status) ~ 1, d, conf.type = "log-log"))$table
  mark <- unname(quantile(d$time, 0.4)); ahead <- unname(quantile(d$time, 0.6)); tau <- unname(quantile(d$time, 0.9))
  later <- d[d$time > mark, ]
  left <- survfit(Surv(time, status) ~ 1, later, conf.type = "log-log")
  at <- summary(left, times = ahead)
  means <- summary(left, rmean = tau)$table
  all <- summary(fit, rmean = tau)$table
  data.frame(case = case, n = n, end = t, last_event = last, mz = window(d$time, d$status, 2 * last - t, FALSE),
             shen_low = shen, shen = window(d$time, d$status, shen, TRUE), extremes = min(max(level, f[3]), 1) - f[3],
             cured = end$surv, cured_low = end$lower, cured_high = end$upper,
             follow_up = reverse[["median"]], follow_up_low = reverse[["0.95LCL"]], follow_up_high = reverse[["0.95UCL"]],
             survivors_median = median(d$time[d$status == 0]), mark = mark, ahead = ahead, tau = tau,
             conditional = at$surv, conditional_se = at$std.err, conditional_low = at$lower, conditional_high = at$upper,
             residual = means[["rmean"]] - mark, residual_se = means[["se(rmean)"]],
             rmst = all[["rmean"]], rmst_se = all[["se(rmean)"]])
}
sets <- c("lung", "veteran", "ovarian", "colon", "gbsg", "rotterdam", "kidney")
out <- do.call(rbind, lapply(sets, function(set) one(set, read.csv(paste0(set, ".csv")))))
out[-1] <- lapply(out[-1], sprintf, fmt = "%.15g")
write.csv(out, "tail.csv", row.names = FALSE, quote = FALSE)
