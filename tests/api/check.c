/* SPDX-License-Identifier: MIT */
#include "check.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CASE_SECONDS_MAX = 60 };

void check_failed(const char* file, int line, const char* what, const char* found) {
    fprintf(stderr, "%s:%d: %s%s%s\n", file, line, what, *found ? "\n    found: " : "", found);
    fflush(stderr);
    _exit(1);
}

void check_error(const char* file, int line, const char* call, long result, int code) {
    char found[200];
    int error = errno;
    if (result == -1 && error == code) return;
    snprintf(found, sizeof found, "%ld, %s; expected -1, %s", result,
             result == -1 ? strerrorname_np(error) : "no error", strerrorname_np(code));
    check_failed(file, line, call, found);
}

void check_text(const char* file, int line, const char* text, const char* part) {
    char what[500];
    if (strstr(text, part)) return;
    snprintf(what, sizeof what, "expected a text with '%s'", part);
    check_failed(file, line, what, *text ? text : "nothing");
}

static int run_apart(const struct test_case* each) {
    int status = 0;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        alarm(CASE_SECONDS_MAX);
        each->run();
        exit(0);
    }
    if (child < 0 || waitpid(child, &status, 0) < 0) return 1;
    if (WIFSIGNALED(status)) {
        fprintf(stderr, "ended by %s\n",
                WTERMSIG(status) == SIGALRM ? "its time limit" : strsignal(WTERMSIG(status)));
    }
    printf("%s  %s\n", status == 0 ? "ok    " : "FAILED", each->name);
    return status != 0;
}

int run_cases(int argc, char** argv, const struct test_case* cases, size_t count) {
    int failures = 0;
    for (size_t i = 0; i < count; ++i) {
        if (argc < 2) {
            failures += run_apart(&cases[i]);
        } else if (strcmp(argv[1], cases[i].name) == 0) {
            cases[i].run();
            return 0;
        }
    }
    if (argc >= 2) {
        fprintf(stderr, "no case '%s'\n", argv[1]);
        return 2;
    }
    return failures == 0 ? 0 : 1;
}
