# Maximum likelihood of parametric models by R's own optimisers, on the CSV files of this folder.
#     Rscript parametric.R          (from this folder; about two minutes)
# optim (Nelder-Mead, then BFGS) from several starts, Newton steps with numDeriv's Hessian to the end; the spline's knots
# by R's quantile(), its space compared with splines::ns; piecewise exponential by glm(poisson) on survSplit().
# Survival at three times the model's own median moves with theta by numDeriv::grad through uniroot: nothing analytic.
suppressMessages({ library(survival); library(numDeriv); library(splines) })

lse <- function(a, b) { m <- pmax(a, b); m + log(exp(a - m) + exp(b - m)) }
softplus <- function(x) ifelse(x > 0, x + log1p(exp(-x)), log1p(exp(x)))

# Each model: log density and log survival of times t at theta.
weibull <- list(
  f = function(p, t) dweibull(t, exp(p[1]), exp(p[2]), log = TRUE),
  S = function(p, t) pweibull(t, exp(p[1]), exp(p[2]), lower.tail = FALSE, log.p = TRUE))
lognormal <- list(
  f = function(p, t) dlnorm(t, p[1], exp(p[2]), log = TRUE),
  S = function(p, t) plnorm(t, p[1], exp(p[2]), lower.tail = FALSE, log.p = TRUE))
loglogistic <- list(
  f = function(p, t) dlogis(log(t), p[2], exp(-p[1]), log = TRUE) - log(t),
  S = function(p, t) plogis(log(t), p[2], exp(-p[1]), lower.tail = FALSE, log.p = TRUE))
exponential <- list(
  f = function(p, t) dexp(t, exp(p[1]), log = TRUE),
  S = function(p, t) pexp(t, exp(p[1]), lower.tail = FALSE, log.p = TRUE))
gam <- list(
  f = function(p, t) dgamma(t, exp(p[1]), exp(p[2]), log = TRUE),
  S = function(p, t) pgamma(t, exp(p[1]), exp(p[2]), lower.tail = FALSE, log.p = TRUE))
gompertz <- list(
  f = function(p, t) p[2] + p[1] * t - exp(p[2]) * expm1(p[1] * t) / p[1],
  S = function(p, t) -exp(p[2]) * expm1(p[1] * t) / p[1])
gengamma <- list(
  f = function(p, t) { # dgamma does not cancel where Q is small
    Q <- p[3]; w <- (log(t) - p[1]) / exp(p[2]); a <- Q^-2; u <- a * exp(Q * w)
    dgamma(u, a, log = TRUE) + log(u) + log(abs(Q)) - p[2] - log(t)
  },
  S = function(p, t) {
    Q <- p[3]; w <- (log(t) - p[1]) / exp(p[2]); a <- Q^-2
    pgamma(a * exp(Q * w), a, lower.tail = Q < 0, log.p = TRUE)
  })
mixture <- function(l) list(
  f = function(p, t) -softplus(p[1]) + l$f(p[-1], t),
  S = function(p, t) lse(-softplus(-p[1]), -softplus(p[1]) + l$S(p[-1], t)))
nonmixture <- function(l) list(
  f = function(p, t) log(softplus(-p[1])) + l$f(p[-1], t) + softplus(-p[1]) * expm1(l$S(p[-1], t)),
  S = function(p, t) softplus(-p[1]) * expm1(l$S(p[-1], t)))

rp <- function(scale, inner, time, status) { # Royston and Parmar 2002, equations 2 and 4
  k <- quantile(log(time[status == 1]), seq(0, 1, length.out = inner + 2), names = FALSE)
  n <- length(k)
  V <- function(x) cbind(1, x, if (n > 2) do.call(cbind, lapply(2:(n - 1), function(j) {
    lam <- (k[n] - k[j]) / (k[n] - k[1])
    pmax(x - k[j], 0)^3 - lam * pmax(x - k[1], 0)^3 - (1 - lam) * pmax(x - k[n], 0)^3 })))
  D <- function(x) cbind(0 * x, 1, if (n > 2) do.call(cbind, lapply(2:(n - 1), function(j) {
    lam <- (k[n] - k[j]) / (k[n] - k[1])
    3 * pmax(x - k[j], 0)^2 - 3 * lam * pmax(x - k[1], 0)^2 - 3 * (1 - lam) * pmax(x - k[n], 0)^2 })))
  x <- seq(k[1] - 1, k[n] + 1, length.out = 200)
  stopifnot(max(abs(lm.fit(cbind(1, ns(x, knots = k[-c(1, n)], Boundary.knots = k[c(1, n)])), V(x))$residuals)) < 1e-8)
  A <- solve(qr.R(qr(V(log(time))))) * sqrt(length(time)) # gamma = A z: z is well scaled
  eta <- function(z, t) V(log(t)) %*% (A %*% z)
  up <- function(z, t) log(pmax(D(log(t)) %*% (A %*% z), 1e-300)) - log(t)
  S <- switch(scale, hazard = function(z, t) -exp(eta(z, t)), odds = function(z, t) -softplus(eta(z, t)),
              normal = function(z, t) pnorm(-eta(z, t), log.p = TRUE))
  f <- switch(scale, hazard = function(z, t) up(z, t) + eta(z, t) - exp(eta(z, t)),
              odds = function(z, t) up(z, t) + dlogis(eta(z, t), log = TRUE),
              normal = function(z, t) up(z, t) + dnorm(eta(z, t), log = TRUE))
  g0 <- c(-mean(log(time)), 1, rep(0, n - 2)) # rises everywhere
  list(f = f, S = S, A = A, start = list(solve(A, g0), solve(A, 1.5 * g0)))
}

# Derivatives at p along the columns of L, in steps of a tenth of a column: numDeriv's steps are relative, so p stands at 1.
along <- function(fun, p, L) function(z) fun(p + as.numeric(L %*% (z - 1)))
slope <- function(fun, p, L, d = .1) grad(along(fun, p, L), rep(1, length(p)), method.args = list(d = d, r = 6))
curve2 <- function(fun, p, L) hessian(along(fun, p, L), rep(1, length(p)), method.args = list(d = .1, r = 4))

fit <- function(m, time, status, starts, A = diag(length(starts[[1]])), cured = NULL) {
  e <- status == 1
  nll <- function(p) { v <- -(sum(m$f(p, time[e])) + sum(m$S(p, time[!e]))); if (is.finite(v)) v else 1e10 }
  best <- NULL
  for (s in starts) {
    o <- optim(s, nll, method = if (length(s) > 1) "Nelder-Mead" else "BFGS", control = list(reltol = 1e-14, maxit = 5000))
    for (i in 1:3) o <- optim(o$par, nll, method = "BFGS", control = list(reltol = 1e-16, maxit = 2000, parscale = pmax(abs(o$par), 1e-2)))
    if (is.null(best) || o$value < best$value) best <- o
  }
  p <- best$par
  L <- t(chol(solve(hessian(nll, p))))
  for (i in 1:8) { # in coordinates of one standard error
    H <- curve2(nll, p, L); step <- solve(H, slope(nll, p, L))
    p <- p - as.numeric(L %*% step); L <- L %*% solve(chol(H))
  }
  H <- curve2(nll, p, L); V <- L %*% solve(H) %*% t(L); L <- t(chol(V))
  error <- function(fun) sqrt(sum(slope(fun, p, L, .02)^2))
  half <- function(p) { # the model's own median
    h <- function(x) as.numeric(m$S(p, exp(x))) + log(2)
    exp(uniroot(h, log(range(time)) + c(-5, 40), tol = 1e-15, maxiter = 10000)$root)
  }
  out <- list(loglik = -nll(p), theta = as.numeric(A %*% p), vcov = A %*% V %*% t(A),
              newton_step_over_se = sqrt(sum(step^2)))
  lasting <- if (is.null(cured)) -Inf else cured(p)
  if (lasting < log(.5)) {
    ll <- function(p) log(-as.numeric(m$S(p, 3 * half(p))))
    out <- c(out, median = half(p), loglog_at_3_medians = ll(p), loglog_se = error(ll))
  }
  fixed <- function(p) log(-as.numeric(m$S(p, 2 * max(time)))) # a fixed threshold, beyond follow-up
  out <- c(out, loglog_at_twice_the_end = fixed(p), loglog_se_at_twice_the_end = error(fixed))
  if (is.finite(lasting)) {
    logit <- function(p) { c <- cured(p); c - log(-expm1(c)) }
    out <- c(out, logit_cured = logit(p), logit_cured_se = error(logit))
  }
  out
}

rows <- list()
keep <- function(set, model, out) for (q in names(out)) {
  v <- as.numeric(out[[q]])
  rows[[length(rows) + 1]] <<- data.frame(set, model, quantity = q, index = seq_along(v) - 1, value = sprintf("%.17g", v))
}

d <- read.csv("rotterdam.csv"); lt <- log(d$time)
keep("rotterdam", "generalised-gamma", fit(gengamma, d$time, d$status, list(c(mean(lt), log(sd(lt)), .3), c(mean(lt), log(sd(lt)), -.3))))
cure_sets <- c("colon", "gbsg", "ovarian")
for (set in c("lung", "veteran", "ovarian", "colon", "gbsg", "kidney")) {
  d <- read.csv(paste0(set, ".csv")); time <- d$time; status <- d$status; e <- status == 1
  r0 <- log(sum(e) / sum(time)); ml <- mean(log(time)); sl <- log(sd(log(time)))
  keep(set, "exponential", fit(exponential, time, status, list(r0 + .1)))
  keep(set, "weibull", fit(weibull, time, status, list(c(0, -r0))))
  keep(set, "lognormal", fit(lognormal, time, status, list(c(ml, sl))))
  keep(set, "loglogistic", fit(loglogistic, time, status, list(c(-sl, ml))))
  keep(set, "gamma", fit(gam, time, status, list(c(0, r0), c(.5, r0 + .5))))
  u <- mean(time) # the shape per mean time is well scaled
  G <- list(f = function(p, t) gompertz$f(c(p[1] / u, p[2]), t), S = function(p, t) gompertz$S(c(p[1] / u, p[2]), t))
  rate_over_shape <- function(p) if (p[1] < 0) exp(p[2]) / (p[1] / u) else -Inf
  keep(set, "gompertz", fit(G, time, status, list(c(.1, r0), c(-.5, r0)), diag(c(1 / u, 1)), rate_over_shape))
  keep(set, "generalised-gamma", fit(gengamma, time, status, list(c(ml, sl, .3), c(-r0, 0, .9), c(ml, sl, -.7))))
  for (k in 1:3) { m <- rp("hazard", k, time, status); keep(set, paste0("spline-hazard-", k), fit(m, time, status, m$start, m$A)) }
  for (s in c("odds", "normal")) for (k in 1:2) {
    m <- rp(s, k, time, status)
    if (s == "normal") m$start <- lapply(m$start, function(z) .6 * z)
    keep(set, paste("spline", s, k, sep = "-"), fit(m, time, status, m$start, m$A))
  }
  cuts <- unique(quantile(time[e], c(.25, .5, .75), names = FALSE, type = 1))
  cuts <- cuts[cuts < max(time[e])]
  long <- survSplit(Surv(time, status) ~ 1, data = d, cut = cuts, episode = "piece")
  long$spent <- long$time - long$tstart
  p <- glm(status ~ factor(piece) - 1 + offset(log(spent)), family = poisson, data = long, control = glm.control(epsilon = 1e-14))
  keep(set, "piecewise-exponential", list(theta = unname(coef(p)), vcov = unname(vcov(p)),
    loglik = as.numeric(logLik(p)) - sum(log(long$spent[long$status == 1])), cuts = cuts))
  if (set %in% cure_sets) {
    last <- min(survfit(Surv(time, status) ~ 1)$surv); lg <- qlogis(.9 * last)
    latency <- list(weibull = list(weibull, c(0, log(mean(time[e])))), loglogistic = list(loglogistic, c(.3, mean(log(time[e])))),
                    lognormal = list(lognormal, c(mean(log(time[e])), log(sd(log(time[e]))))))
    for (l in names(latency)) for (kind in c("mixture", "non-mixture")) {
      m <- (if (kind == "mixture") mixture else nonmixture)(latency[[l]][[1]])
      s <- latency[[l]][[2]]
      keep(set, paste(kind, l, sep = "-"), fit(m, time, status, list(c(lg, s), c(-2, s), c(0, s)), cured = function(p) -softplus(-p[1])))
    }
  }
}
write.csv(do.call(rbind, rows), "parametric.csv", row.names = FALSE, quote = FALSE)
