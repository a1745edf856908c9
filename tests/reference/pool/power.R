# Power of a synthesis of effects of equal precision under Hartung-Knapp: R's one-sample t test, both sides counted.
# Rscript power.R > power.json; R 4.2.2 (stats), jsonlite.
suppressMessages(library(jsonlite))
cat(toJSON(lapply(list(c(4, 0.5, 0.6), c(8, 0.5, 0.9), c(20, -0.2, 0.7)), function(a) list(k = a[1], effect = a[2], sd = a[3],
  power = power.t.test(n = a[1], delta = abs(a[2]), sd = a[3], type = "one.sample", strict = TRUE, tol = 1e-12)$power)), digits = 15, auto_unbox = TRUE))
