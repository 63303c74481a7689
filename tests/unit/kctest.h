/* kctest.h - what unit tests share: cmocka with its includes, and comparing slices. */
#ifndef KC_TEST_H
#define KC_TEST_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include "kc/arena.h"
#include "kc/str.h"

#define assert_str(x, text)                                                                                  \
    do {                                                                                                     \
        struct str got_ = (x), want_ = str_of(text);                                                         \
        if (!str_eq(got_, want_))                                                                            \
            fail_msg("got '%.*s', want '%.*s'", STR_ARG(got_), STR_ARG(want_));                              \
    } while (0)

#endif
