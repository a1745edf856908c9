# Cluster-robust errors with small-sample corrections of the one-stage model, from clubSandwich.
# Run in this folder: Rscript one_stage.R; needs clubSandwich and jsonlite. CR3 is Mancl and DeRouen's correction.
suppressMessages({library(clubSandwich); library(jsonlite)})
d <- fromJSON("design_patients.json"); patients <- read.csv("../durable/design_patients.csv")
one <- function(pseudo, link) {
  z <- data.frame(y = pseudo, arm = patients$arm, trial = patients$trial)
  z$heavy <- (z$trial %in% c(1, 3, 4)) * 1
  fit <- function(f, start) if (link == "identity") lm(f, data = z) else
    glm(f, data = z, family = gaussian(link = "logit"), start = start, control = glm.control(epsilon = 1e-15, maxit = 200))
  said <- function(m) lapply(c(CR0 = "CR0", CR2 = "CR2", CR3 = "CR3"), function(type) {
    v <- vcovCR(m, cluster = z$trial, type = type); t <- coef_test(m, vcov = v, test = "Satterthwaite")
    list(se = t$SE, df = t$df, p = t$p_Satt) })
  a <- fit(y ~ arm, c(-1, 0)); b <- fit(y ~ arm + heavy, c(-1, 0, 0))
  list(arm = c(list(coef = unname(coef(a))), said(a)), arm_heavy = c(list(coef = unname(coef(b))), said(b)))
}
out <- list(source = paste("R clubSandwich", packageVersion("clubSandwich")),
  identity = one(d$k[["2"]]$control$pseudo, "identity"), logit = one(d$k[["2"]]$control$pseudo, "logit"))
write(toJSON(out, auto_unbox = TRUE, digits = I(15)), "one_stage.json")
