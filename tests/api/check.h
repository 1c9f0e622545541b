/* SPDX-License-Identifier: MIT */
/* Assertions, and a main function for programs of many cases. Each case runs in a process of its
 * own, so that it starts without connectors, cannot disturb the next one, and ends if it hangs. */
#ifndef CHECK_H
#define CHECK_H

#include <stddef.h>

/* The case fails at the first of these that does not hold; from any thread. */
#define CHECK(condition) ((condition) ? (void)0 : check_failed(__FILE__, __LINE__, #condition, ""))
/* The call returns -1 and sets errno to `code`. */
#define CHECK_ERROR(call, code) check_error(__FILE__, __LINE__, #call, (long)(call), code)
/* `part` occurs in `text`. */
#define CHECK_TEXT(text, part) check_text(__FILE__, __LINE__, text, part)

void check_failed(const char* file, int line, const char* what, const char* found);
void check_error(const char* file, int line, const char* call, long result, int code);
void check_text(const char* file, int line, const char* text, const char* part);

struct test_case {
    const char* name;
    void (*run)(void);
};
#define CASE(function) {#function, function}

/* Runs all cases, or with an argument the one of that name, without a process of its own. */
int run_cases(int argc, char** argv, const struct test_case* cases, size_t count);
#define RUN_CASES(argc, argv, cases) run_cases(argc, argv, cases, sizeof(cases) / sizeof(cases)[0])

#endif
