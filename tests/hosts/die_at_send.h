/* SPDX-License-Identifier: MIT */
/* Ends this process by SIGKILL instead of one of its next sends to other peers: between what some
 * of them have got and others have not. */
#ifndef DIE_AT_SEND_H
#define DIE_AT_SEND_H

/* From now on, `count` is the number of that send; 0: none. */
void die_at_send(int count);

#endif
