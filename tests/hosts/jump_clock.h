/* SPDX-License-Identifier: MIT */
/* The wall clock of this process, and of nobody else, as if somebody had set it. */
#ifndef JUMP_CLOCK_H
#define JUMP_CLOCK_H

/* By so many seconds; it jumps back with a negative number. From a signal handler too. */
void jump_clock(long seconds);

#endif
