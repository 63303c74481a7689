/* plan_case.h - a test with a kit of its own, made before it and freed after. */
#ifndef PLAN_CASE_H
#define PLAN_CASE_H
#include "kctest.h"
#include "plan_kit.h"

extern struct kit *k;                                      /* the running test's */
int case_setup(void **state);
int case_teardown(void **state);
#define CASE(f) cmocka_unit_test_setup_teardown(f, case_setup, case_teardown)

#endif
